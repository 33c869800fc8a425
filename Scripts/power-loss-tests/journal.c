// Preloaded into patientvault: tells a journal file every change of the files below one folder, in order.
//
// PV_WATCH names the folder, PV_JOURNAL the journal. A record is one line of text, then `length` bytes:
//
//     write  OFFSET LENGTH PATH        after it returned
//     cut    SIZE 0 PATH               ftruncate
//     sync   POSITION 0 PATH           after fsync or fdatasync; POSITION is where the journal stood before it
//     make   0 0 PATH                  a file that was not there was opened
//     rename 0 LENGTH PATH             the bytes are the new path
//     unlink 0 0 PATH
//
// A write is told after it happened and a flush says what was told before it began: so what the journal calls
// flushed was flushed. Left out: what SQLite makes anew after a crash (`-shm`) and lock files.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int journal = -1;
static const char *watched;
static size_t watchedLength;

#define REAL(result, name, ...)                                                                    \
    static result (*real)(__VA_ARGS__);                                                            \
    if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("PV_JOURNAL");
    watched = getenv("PV_WATCH");
    if (!path || !watched) return;
    watchedLength = strlen(watched);
    int found = syscall(2 /* open */, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    // Out of the way of whoever closes low numbers.
    journal = found < 0 ? -1 : fcntl(found, F_DUPFD_CLOEXEC, 500);
    if (found >= 0) syscall(3 /* close */, found);
}

static int ends(const char *path, const char *suffix) {
    size_t a = strlen(path), b = strlen(suffix);
    return a >= b && strcmp(path + a - b, suffix) == 0;
}

static int isWatched(const char *path) {
    return journal >= 0 && strncmp(path, watched, watchedLength) == 0
        && (path[watchedLength] == '/' || path[watchedLength] == 0) && !ends(path, "-shm")
        && !ends(path, ".lock");
}

static int pathOf(int descriptor, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX);
    if (length <= 0 || length >= PATH_MAX) return 0;
    path[length] = 0;
    return isWatched(path);
}

static long long position(void) {
    struct stat status;
    return fstat(journal, &status) == 0 ? (long long)status.st_size : 0;
}

static void tell(const char *what, long long number, const void *bytes, size_t length, const char *path) {
    int kept = errno;
    char head[PATH_MAX + 64];
    int size = snprintf(head, sizeof head, "%s %lld %zu %s\n", what, number, length, path);
    struct iovec parts[2] = {{head, (size_t)size}, {(void *)bytes, length}};
    // One call, so that records of several processes never mix.
    if (writev(journal, parts, length ? 2 : 1) != (ssize_t)((size_t)size + length)) abort();
    errno = kept;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    ssize_t done = real(descriptor, bytes, count, offset);
    char path[PATH_MAX + 1];
    if (done > 0 && pathOf(descriptor, path)) tell("write", offset, bytes, (size_t)done, path);
    return done;
}
ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite64(descriptor, bytes, count, offset);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    REAL(ssize_t, "write", int, const void *, size_t);
    ssize_t done = real(descriptor, bytes, count);
    char path[PATH_MAX + 1];
    if (done > 0 && descriptor > 2 && pathOf(descriptor, path)) {
        off_t end = lseek(descriptor, 0, SEEK_CUR);
        tell("write", end - done, bytes, (size_t)done, path);
    }
    return done;
}

static int synced(int descriptor, int (*real)(int)) {
    long long before = journal < 0 ? 0 : position();
    int result = real(descriptor);
    char path[PATH_MAX + 1];
    if (result == 0 && pathOf(descriptor, path)) tell("sync", before, 0, 0, path);
    return result;
}
int fsync(int descriptor) {
    REAL(int, "fsync", int);
    return synced(descriptor, real);
}
int fdatasync(int descriptor) {
    REAL(int, "fdatasync", int);
    return synced(descriptor, real);
}

int ftruncate64(int descriptor, off_t size) {
    REAL(int, "ftruncate64", int, off_t);
    int result = real(descriptor, size);
    char path[PATH_MAX + 1];
    if (result == 0 && pathOf(descriptor, path)) tell("cut", size, 0, 0, path);
    return result;
}
int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

static int opened(int folder, const char *path, int flags, mode_t mode) {
    REAL(int, "openat64", int, const char *, int, ...);
    struct stat status;
    int isNew = journal >= 0 && (flags & O_CREAT) && fstatat(folder, path, &status, 0) != 0;
    int descriptor = real(folder, path, flags, mode);
    char found[PATH_MAX + 1];
    if (descriptor >= 0 && journal >= 0 && pathOf(descriptor, found)) {
        if (isNew) tell("make", 0, 0, 0, found);
        else if (flags & O_TRUNC) tell("cut", 0, 0, 0, found);
    }
    return descriptor;
}
#define MODE()                                                                                     \
    mode_t mode = 0;                                                                               \
    if (flags & (O_CREAT | O_TMPFILE)) {                                                           \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode = va_arg(rest, mode_t);                                                               \
        va_end(rest);                                                                              \
    }
int open64(const char *path, int flags, ...) { MODE() return opened(AT_FDCWD, path, flags, mode); }
int open(const char *path, int flags, ...) { MODE() return opened(AT_FDCWD, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE() return opened(folder, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE() return opened(folder, path, flags, mode); }

int rename(const char *old, const char *new) {
    REAL(int, "rename", const char *, const char *);
    int result = real(old, new);
    if (result == 0 && (isWatched(old) || isWatched(new))) tell("rename", 0, new, strlen(new), old);
    return result;
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    int result = real(path);
    if (result == 0 && isWatched(path)) tell("unlink", 0, 0, 0, path);
    return result;
}
