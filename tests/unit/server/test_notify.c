/* SPDX-License-Identifier: ISC */
#include "server/notify.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Listens on an abstract socket of this process's own, as a service manager does. */
static int listen_as_manager(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

    (void)snprintf(name, sizeof(name), "@peercert-test-%d", (int)getpid());
    memcpy(address.sun_path, name, strlen(name));
    address.sun_path[0] = '\0';
    cr_assert_eq(bind(fd, (struct sockaddr *)&address,
                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
        0);
    cr_assert_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
    return fd;
}

static const char *received(int fd)
{
    static char message[128];
    ssize_t length = recv(fd, message, sizeof(message) - 1, 0);

    message[length > 0 ? length : 0] = '\0';
    return message;
}

Test(notify, messages_reach_the_service_manager)
{
    int fd = listen_as_manager();

    cr_expect(notify_send("READY=1"));
    cr_expect_str_eq(received(fd), "READY=1");
    cr_expect(notify_reloading());
    cr_expect_eq(strncmp(received(fd), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    (void)close(fd);
}

Test(notify, without_a_service_manager_nothing_is_sent)
{
    (void)unsetenv("NOTIFY_SOCKET");
    cr_expect(notify_send("READY=1"));
}

Test(notify, a_socket_that_is_none_or_that_nobody_reads_is_an_error)
{
    static const char *const names[] = {"", "relative", "@", "/nonexistent/socket"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)setenv("NOTIFY_SOCKET", names[i], 1);
        cr_expect_not(notify_send("READY=1"), "%s", names[i]);
    }
}

Test(notify, the_watchdog_is_fed_at_half_of_its_period)
{
    static const struct {
        const char *period, *pid;
        int64_t expected;
    } rows[] = {{"30000000", NULL, 15000}, {"30000000", "self", 15000}, {"30000000", "1", 0},
        {"0", NULL, 0}, {"-5", NULL, 0}, {"junk", NULL, 0}, {NULL, NULL, 0}, {"1", NULL, 1},
        {"99999999999999", NULL, 1800000}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char self[16];

        (void)snprintf(self, sizeof(self), "%d", (int)getpid());
        (void)unsetenv("WATCHDOG_USEC");
        (void)unsetenv("WATCHDOG_PID");
        if (rows[i].period != NULL)
            (void)setenv("WATCHDOG_USEC", rows[i].period, 1);
        if (rows[i].pid != NULL)
            (void)setenv("WATCHDOG_PID", strcmp(rows[i].pid, "self") == 0 ? self : rows[i].pid, 1);
        cr_expect_eq(notify_watchdog_ms(), rows[i].expected, "row %zu: %lld", i,
            (long long)notify_watchdog_ms());
    }
}
