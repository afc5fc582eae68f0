/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FAULT_CONTROL_H
#define PEERCERT_FAULT_CONTROL_H

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a preloaded library shares with the test that has armed it (faults.py): which call is to
 * fail, counted from 1 (0: none); whether all after it fail too; how many there were; whether one
 * failed. */
static struct fault_control {
    atomic_int fail_at, and_after, count, failed;
} * fault_control;

/* Maps the file that FAULT_CONTROL names; ends the process when there is none. `open_file` is the C
 * library's own open. */
static inline void fault_control_begin(int (*open_file)(const char *, int, ...))
{
    const char *path = getenv("FAULT_CONTROL");
    int fd = path != NULL ? open_file(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = fd >= 0
                    ? mmap(NULL, sizeof(*fault_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                    : MAP_FAILED;

    if (map == MAP_FAILED)
        abort();
    (void)close(fd);
    fault_control = map;
}

/* Counts a call; true, with errno, when it is to fail. */
static inline bool fault_now(int error)
{
    int fail_at, number;

    if (fault_control == NULL || atomic_load(&fault_control->fail_at) == 0)
        return false;
    number = atomic_fetch_add(&fault_control->count, 1) + 1;
    fail_at = atomic_load(&fault_control->fail_at);
    if (number < fail_at || (number > fail_at && atomic_load(&fault_control->and_after) == 0))
        return false;
    atomic_store(&fault_control->failed, 1);
    errno = error;
    return true;
}

#endif
