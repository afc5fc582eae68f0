#include "server/idle.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int pairs[8][2];

static int next_connection(size_t number)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[number]), 0);
    return pairs[number][0];
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0 || errno != EBADF;
}

/* The token of the next event, which must be there. */
static uint64_t next_token(int epoll_fd)
{
    struct epoll_event event;

    cr_assert_eq(epoll_wait(epoll_fd, &event, 1, 10000), 1);
    return event.data.u64;
}

Test(idle, a_connection_with_bytes_is_taken_once)
{
    int epoll_fd = epoll_create1(0), fd = next_connection(0);
    struct idle *idle = idle_new(4, epoll_fd);
    uint64_t token;

    idle_put(idle, fd, false);
    cr_assert_eq(write(pairs[0][1], "x", 1), 1);
    token = next_token(epoll_fd);
    cr_expect_eq(idle_take(idle, token), fd);
    cr_expect_eq(idle_take(idle, token), -1, "the same event twice");
    idle_put(idle, fd, true);
    cr_expect_eq(idle_take(idle, token), -1, "an event of an earlier stay");
    cr_expect_eq(idle_take(idle, next_token(epoll_fd)), fd);
    idle_free(idle);
    cr_expect(is_open(fd), "what was taken belongs to the taker");
}

Test(idle, a_full_set_closes_the_one_that_waited_longest)
{
    int epoll_fd = epoll_create1(0);
    struct idle *idle = idle_new(2, epoll_fd);
    int first = next_connection(0), second = next_connection(1), third = next_connection(2);

    idle_put(idle, first, false);
    idle_put(idle, second, false);
    idle_put(idle, third, false);
    cr_expect_not(is_open(first));
    cr_expect(is_open(second) && is_open(third));
    cr_expect(idle_close_oldest(idle));
    cr_expect_not(is_open(second));
    cr_assert_eq(write(pairs[2][1], "x", 1), 1);
    cr_expect_eq(idle_take(idle, next_token(epoll_fd)), third);
    cr_expect_not(idle_close_oldest(idle));
    idle_put(idle, third, true);
    idle_free(idle);
    cr_expect_not(is_open(third), "the set closes what is in it");
}

Test(idle, nonsense_tokens_take_nothing)
{
    struct idle *idle = idle_new(2, epoll_create1(0));

    cr_expect_eq(idle_take(idle, 0), -1);
    cr_expect_eq(idle_take(idle, 1), -1);
    cr_expect_eq(idle_take(idle, 2), -1);
    cr_expect_eq(idle_take(idle, UINT64_MAX), -1);
    idle_free(idle);
}

Test(idle, the_one_that_waited_longest_is_taken_without_an_event)
{
    int epoll_fd = epoll_create1(0);
    struct idle *idle = idle_new(4, epoll_fd);
    int first = next_connection(0), second = next_connection(1);
    bool known = true;

    idle_put(idle, first, false);
    idle_put(idle, second, false);
    cr_expect_eq(idle_take_oldest(idle, &known), first);
    cr_expect_not(known, "it was put for the first time");
    cr_expect(is_open(first));
    idle_put(idle, first, true);
    cr_expect_eq(idle_take_oldest(idle, &known), second);
    cr_expect_not(known);
    cr_expect_eq(idle_take_oldest(idle, &known), first);
    cr_expect(known, "it was in the set before");
    cr_expect_eq(idle_take_oldest(idle, &known), -1);
    idle_free(idle);
    (void)close(epoll_fd);
}
