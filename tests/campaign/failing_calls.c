/* Preloaded into a process, this makes one system call fail that touches a file below CAMPAIGN_FOLDER.
 *
 *   CAMPAIGN_CALL    open write fsync rename link unlink mkdir read stat
 *   CAMPAIGN_NUMBER  which of those calls, counted from 1
 *   CAMPAIGN_ERRNO   what it answers; 0: a write that writes half
 *   CAMPAIGN_STAYS   set: all later ones as well
 *
 * The environment is read at each call: a child sets it after its start.
 */
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
#include <unistd.h>

static int count;

static int below(const char *path) {
    const char *folder = getenv("CAMPAIGN_FOLDER");
    char whole[2 * PATH_MAX];
    if (!folder || !path) return 0;
    if (path[0] != '/') {
        if (!getcwd(whole, PATH_MAX)) return 0;
        strcat(whole, "/");
        strncat(whole, path, PATH_MAX - 1);
        path = whole;
    }
    return strncmp(path, folder, strlen(folder)) == 0;
}

static int below_fd(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return path[0] == '/' && below(path); /* pipes have no path */
}

/* The errno that this call answers, 0 for a short write, -1 to let it pass. */
static int fault(const char *call, int hit) {
    const char *wanted = getenv("CAMPAIGN_CALL");
    if (!hit || !wanted || strcmp(wanted, call)) return -1;
    int turn = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST), number = atoi(getenv("CAMPAIGN_NUMBER"));
    if (turn != number && !(turn > number && getenv("CAMPAIGN_STAYS"))) return -1;
    return atoi(getenv("CAMPAIGN_ERRNO"));
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))
#define FAIL(call, hit)                                   \
    int answer = fault(call, hit);                        \
    if (answer > 0) { errno = answer; return -1; }

#define OPEN(name)                                                             \
    int name(const char *path, int flags, ...) {                               \
        va_list list; va_start(list, flags); int mode = va_arg(list, int); va_end(list); \
        FAIL("open", below(path))                                              \
        return REAL(int, name, const char *, int, ...)(path, flags, mode);     \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                           \
    int name(int at, const char *path, int flags, ...) {                       \
        va_list list; va_start(list, flags); int mode = va_arg(list, int); va_end(list); \
        FAIL("open", below(path))                                              \
        return REAL(int, name, int, const char *, int, ...)(at, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *data, size_t size) {
    const char *wanted = getenv("CAMPAIGN_CALL");
    int answer = wanted && !strcmp(wanted, "write") ? fault("write", below_fd(fd)) : -1;
    if (answer > 0) { errno = answer; return -1; }
    if (answer == 0 && size > 1) size /= 2;
    return REAL(ssize_t, write, int, const void *, size_t)(fd, data, size);
}

ssize_t read(int fd, void *data, size_t size) {
    const char *wanted = getenv("CAMPAIGN_CALL");
    int answer = wanted && !strcmp(wanted, "read") ? fault("read", below_fd(fd)) : -1;
    if (answer > 0) { errno = answer; return -1; }
    return REAL(ssize_t, read, int, void *, size_t)(fd, data, size);
}

int fsync(int fd) { FAIL("fsync", below_fd(fd)) return REAL(int, fsync, int)(fd); }
int rename(const char *one, const char *two) {
    FAIL("rename", below(two)) return REAL(int, rename, const char *, const char *)(one, two);
}
int link(const char *one, const char *two) {
    FAIL("link", below(two)) return REAL(int, link, const char *, const char *)(one, two);
}
int unlink(const char *path) { FAIL("unlink", below(path)) return REAL(int, unlink, const char *)(path); }
int mkdir(const char *path, mode_t mode) {
    FAIL("mkdir", below(path)) return REAL(int, mkdir, const char *, mode_t)(path, mode);
}
int stat(const char *path, struct stat *into) {
    FAIL("stat", below(path)) return REAL(int, stat, const char *, struct stat *)(path, into);
}
int stat64(const char *path, struct stat64 *into) {
    FAIL("stat", below(path)) return REAL(int, stat64, const char *, struct stat64 *)(path, into);
}
