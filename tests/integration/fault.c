/* SPDX-License-Identifier: ISC */
/* Preloaded into a peercert that a test has started: lets one call of the thread that loads the
 * trust (the first one) fail with EIO. */
#include "fault_control.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/stat.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    fault_control_begin(REAL(open));
}

static bool must_fail(void)
{
    return gettid() == getpid() && fault_now(EIO);
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list more;

    va_start(more, flags);
    if ((flags & O_CREAT) != 0)
        mode = va_arg(more, mode_t);
    va_end(more);
    return must_fail() ? -1 : REAL(open)(path, flags, mode);
}

ssize_t read(int fd, void *bytes, size_t length)
{
    return must_fail() ? -1 : REAL(read)(fd, bytes, length);
}

int stat(const char *restrict path, struct stat *restrict status)
{
    return must_fail() ? -1 : REAL(stat)(path, status);
}

int fstat(int fd, struct stat *status)
{
    return must_fail() ? -1 : REAL(fstat)(fd, status);
}

DIR *opendir(const char *path)
{
    return must_fail() ? NULL : REAL(opendir)(path);
}

struct dirent *readdir(DIR *directory)
{
    return must_fail() ? NULL : REAL(readdir)(directory);
}
