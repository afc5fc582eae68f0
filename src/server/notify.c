/* SPDX-License-Identifier: ISC */
#include "server/notify.h"
#include "base/clock.h"
#include "base/text.h"

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

int64_t notify_watchdog_ms(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    int64_t period = text_number(getenv("WATCHDOG_USEC"));

    if (period <= 0 || (pid != NULL && text_number(pid) != getpid()))
        return 0;
    if (period > LONGEST_WATCHDOG_US)
        period = LONGEST_WATCHDOG_US;
    return period / 2000 > 0 ? period / 2000 : 1;
}
