/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FAULT_CONTROL_H
#define PEERCERT_FAULT_CONTROL_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Maps the file that FAULT_CONTROL names, which a preloaded library shares with the test; ends the
 * process when there is none. `open_file` is the C library's own open. */
static inline void *fault_control_map(size_t size, int (*open_file)(const char *, int, ...))
{
    const char *path = getenv("FAULT_CONTROL");
    int fd = path != NULL ? open_file(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = fd >= 0 ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (map == MAP_FAILED)
        abort();
    (void)close(fd);
    return map;
}

#endif
