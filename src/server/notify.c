/* SPDX-License-Identifier: ISC */
#include "server/notify.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* An hour: longer periods are taken for this. */
#define LONGEST_WATCHDOG_US INT64_C(3600000000)

bool notify_send(const char *message)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length;
    ssize_t sent;
    int fd;

    if (path == NULL)
        return true;
    length = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || length < 2 || length >= sizeof(address.sun_path))
        return false;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@')
        address.sun_path[0] = '\0'; /* an abstract socket, unix(7) */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    sent = sendto(fd, message, strlen(message), MSG_NOSIGNAL, (const struct sockaddr *)&address,
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    (void)close(fd);
    return sent == (ssize_t)strlen(message);
}

bool notify_reloading(void)
{
    char message[64];

    (void)snprintf(
        message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_microseconds());
    return notify_send(message);
}

static int64_t number_of(const char *name)
{
    const char *value = getenv(name);
    char *end = NULL;
    long long number;

    if (value == NULL || value[0] < '0' || value[0] > '9')
        return -1;
    number = strtoll(value, &end, 10);
    return *end == '\0' ? (int64_t)number : -1;
}

int64_t notify_watchdog_ms(void)
{
    int64_t period = number_of("WATCHDOG_USEC"), pid = number_of("WATCHDOG_PID");

    if (period <= 0 || (getenv("WATCHDOG_PID") != NULL && pid != (int64_t)getpid()))
        return 0;
    if (period > LONGEST_WATCHDOG_US)
        period = LONGEST_WATCHDOG_US;
    return period / 2000 > 0 ? period / 2000 : 1;
}
