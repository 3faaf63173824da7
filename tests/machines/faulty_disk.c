/* Preloaded into a test process: lets one of the calls fail that change what is on disk under a folder.

   faulty_arm(folder, number, error) lets the number-th such call from now on fail with that error (number 0: none, they are
   only counted); faulty_count() tells how many there were since. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[4096];
static long wanted, counted;
static int with;

void faulty_arm(const char *where, long number, int error) {
    snprintf(folder, sizeof folder, "%s", where);
    wanted = number;
    counted = 0;
    with = error;
}

long faulty_count(void) { return counted; }

static int fails(void) {
    if (++counted != wanted) return 0;
    errno = with;
    return 1;
}

static int fails_at(const char *path) {
    return folder[0] && path && strncmp(path, folder, strlen(folder)) == 0 && fails();
}

static int fails_on(int descriptor) {
    char link[64], path[4096];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails_at(path);
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int d, const void *data, size_t size) {
    REAL(write);
    return fails_on(d) ? -1 : real(d, data, size);
}

ssize_t pwrite(int d, const void *data, size_t size, off_t at) {
    REAL(pwrite);
    return fails_on(d) ? -1 : real(d, data, size, at);
}

ssize_t pwrite64(int d, const void *data, size_t size, off64_t at) {
    REAL(pwrite64);
    return fails_on(d) ? -1 : real(d, data, size, at);
}

int fsync(int d) {
    REAL(fsync);
    return fails_on(d) ? -1 : real(d);
}

int fdatasync(int d) {
    REAL(fdatasync);
    return fails_on(d) ? -1 : real(d);
}

int ftruncate(int d, off_t size) {
    REAL(ftruncate);
    return fails_on(d) ? -1 : real(d, size);
}

int ftruncate64(int d, off64_t size) {
    REAL(ftruncate64);
    return fails_on(d) ? -1 : real(d, size);
}

int rename(const char *from, const char *to) {
    REAL(rename);
    return fails_at(to) ? -1 : real(from, to);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return fails_at(path) ? -1 : real(path, mode);
}

int open64(const char *path, int flags, ...) {
    REAL(open64);
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return flags & O_CREAT && fails_at(path) ? -1 : real(path, flags, mode);
}
