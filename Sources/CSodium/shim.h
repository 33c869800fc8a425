#include <sodium.h>

#ifdef __linux__
#include <sys/prctl.h>

// prctl takes a variable argument list, which Swift cannot call.
static inline int csodium_forbid_dumping(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
#endif
