#include <sodium.h>

#ifdef __linux__
#include <sys/prctl.h>

// prctl takes a variable argument list, which Swift cannot call.
static inline int csodium_forbid_dumping(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
#endif

#ifdef __GLIBC__
#include <malloc.h>
#endif

// Not in Swift's Glibc module; other C libraries have nothing of the kind.
static inline void csodium_trim(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
