/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "server/connections.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 4

struct scene {
    struct connections *set;
    struct fastcgi_worker worker;
    int epoll_fd;
    int peers[64];
    int count;
};

/* The longest answer that there may be, nearly: most of it waits for its peer. */
#define HUGE_ANSWERS 10

/* More than a socket takes at once. */
static char long_answer[400000];

static void handle(void *context, struct request *request)
{
    int i, count = request_parameter(request, "HUGE") != NULL ? HUGE_ANSWERS : 1;

    (void)context;
    if (count == 1 && request_parameter(request, "LONG") == NULL)
        (void)request_write(request, "words", 5);
    else
        for (i = 0; i < count; i++)
            (void)request_write(request, long_answer, sizeof(long_answer));
}

static void begin_for(struct scene *scene, size_t most)
{
    *scene = (struct scene){.epoll_fd = epoll_create1(EPOLL_CLOEXEC), .worker.handler = handle};
    scene->set = connections_new(most, scene->epoll_fd);
    cr_assert(scene->epoll_fd >= 0 && scene->set != NULL);
}

static void begin(struct scene *scene)
{
    begin_for(scene, MOST);
}

static void end(struct scene *scene)
{
    int i;

    connections_free(scene->set);
    fastcgi_writer_end(&scene->worker.writer);
    for (i = 0; i < scene->count; i++)
        (void)close(scene->peers[i]);
    (void)close(scene->epoll_fd);
}

/* Those that are there have not just connected any more. */
static void grow_old(void)
{
    (void)usleep((CONNECTIONS_GRACE_MS + 20) * 1000);
}

/* Adds one; returns the number of its peer. */
static int add(struct scene *scene)
{
    struct fastcgi_connection connection;
    int pair[2];

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    scene->peers[scene->count] = pair[1];
    fastcgi_connection_begin(&connection, pair[0]);
    connections_add(scene->set, &connection);
    return scene->count++;
}

static void say(const struct scene *scene, int peer, const void *bytes, size_t length)
{
    cr_assert_eq(send(scene->peers[peer], bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* Half a head. */
static void say_part(const struct scene *scene, int peer)
{
    say(scene, peer, "\1\1\0\1\0\10\0\0\0\1\1\0\0\0\0\0\1\4\0\1\0\20\0\0ab", 26);
}

/* Lets the connections of all events go on. Returns how many there were. */
static int serve(struct scene *scene)
{
    struct epoll_event event;
    int count = 0;

    while (epoll_wait(scene->epoll_fd, &event, 1, 0) == 1) {
        struct fastcgi_connection *connection = connections_take(scene->set, &event);

        count++;
        if (connection == NULL)
            continue;
        (void)fastcgi_connection_advance(connection, &scene->worker);
        connections_put(scene->set, connection);
    }
    return count;
}

/* A request that keeps its connection, with one parameter of some length. Returns its bytes. */
static size_t make_request(unsigned char *bytes, const char *name, size_t value_length)
{
    static const unsigned char begin[16] = {1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 1};
    const size_t name_length = strlen(name), content = 5 + name_length + value_length;
    const unsigned char head[] = {1, 4, 0, 1, (unsigned char)(content >> 8), (unsigned char)content,
        0, 0, (unsigned char)name_length, 0x80, 0, (unsigned char)(value_length >> 8),
        (unsigned char)value_length};
    static const unsigned char ends[16] = {1, 4, 0, 1, 0, 0, 0, 0, 1, 5, 0, 1};

    memcpy(bytes, begin, sizeof(begin));
    memcpy(bytes + 16, head, sizeof(head));
    memcpy(bytes + 16 + sizeof(head), name, name_length);
    memset(bytes + 16 + sizeof(head) + name_length, 'v', value_length);
    memcpy(bytes + 16 + 8 + content, ends, sizeof(ends));
    return 16 + 8 + content + sizeof(ends);
}

/* Takes what has come for a peer. Returns how many bytes, and in *ends how many END_REQUESTs. */
static size_t hear(const struct scene *scene, int peer, int *ends)
{
    static unsigned char bytes[500000];
    size_t count = 0, at;
    ssize_t got;

    while ((got = recv(scene->peers[peer], bytes + count, sizeof(bytes) - count, MSG_DONTWAIT)) > 0)
        count += (size_t)got;
    *ends = 0;
    for (at = 0; at + 16 <= count; at++) {
        if (memcmp(bytes + at, "\1\3\0\1\0\10", 6) == 0)
            (*ends)++;
    }
    return count;
}

static bool is_closed(const struct scene *scene, int peer)
{
    char byte;

    return recv(scene->peers[peer], &byte, 1, MSG_DONTWAIT) == 0;
}

static size_t count_of(const struct scene *scene)
{
    size_t count, bytes;

    connections_measure(scene->set, &count, &bytes);
    return count;
}

Test(connections, an_event_comes_once_and_again_after_it_was_put_back)
{
    struct epoll_event event;
    struct fastcgi_connection *connection;
    struct scene scene;
    int peer;

    begin(&scene);
    peer = add(&scene);
    cr_expect_eq(epoll_wait(scene.epoll_fd, &event, 1, 0), 0);
    say_part(&scene, peer);
    cr_assert_eq(epoll_wait(scene.epoll_fd, &event, 1, 0), 1);
    connection = connections_take(scene.set, &event);
    cr_assert_not_null(connection);
    cr_expect_null(connections_take(scene.set, &event), "another thread has it");
    cr_expect_eq(epoll_wait(scene.epoll_fd, &event, 1, 0), 0);
    connections_put(scene.set, connection);
    cr_expect_eq(epoll_wait(scene.epoll_fd, &event, 1, 0), 1);
    end(&scene);
}

Test(connections, who_has_waited_longest_goes_first_when_there_are_too_many)
{
    struct scene scene;
    int i;

    begin(&scene);
    for (i = 0; i < MOST; i++)
        (void)add(&scene);
    cr_expect_not(connections_make_room(scene.set, false), "they have just connected");
    grow_old();
    for (i = 0; i < 2; i++) {
        cr_expect(connections_make_room(scene.set, false));
        (void)add(&scene);
    }
    cr_expect_eq(count_of(&scene), MOST);
    for (i = 0; i < MOST + 2; i++)
        cr_expect_eq(is_closed(&scene, i), i < 2, "%d", i);
    end(&scene);
}

Test(connections, an_event_of_one_that_was_closed_does_its_successor_no_harm)
{
    struct epoll_event event;
    struct fastcgi_connection *connection;
    static unsigned char bytes[100];
    struct scene scene;
    int i, first, last = 0, ends = 0;

    begin(&scene);
    first = add(&scene);
    (void)shutdown(scene.peers[first], SHUT_WR);
    cr_assert_eq(epoll_wait(scene.epoll_fd, &event, 1, 0), 1);
    connection = connections_take(scene.set, &event);
    cr_expect_eq(fastcgi_connection_advance(connection, &scene.worker), FASTCGI_CLOSED);
    connections_put(scene.set, connection);
    cr_expect_null(connections_take(scene.set, &event), "nobody has its slot");
    for (i = 0; i < MOST; i++)
        last = add(&scene);
    connection = connections_take(scene.set, &event);
    cr_assert_not_null(connection);
    cr_expect_eq(fastcgi_connection_advance(connection, &scene.worker), FASTCGI_WAIT_REQUEST);
    connections_put(scene.set, connection);
    for (i = first + 1; i <= last; i++)
        say(&scene, i, bytes, make_request(bytes, "B", 3));
    (void)serve(&scene);
    for (i = first + 1; i <= last; i++) {
        (void)hear(&scene, i, &ends);
        cr_expect_eq(ends, 1, "%d", i);
    }
    end(&scene);
}

Test(connections, those_that_have_sent_part_of_a_request_stay_longer_than_silent_ones)
{
    struct scene scene;
    int part, silent;

    begin(&scene);
    part = add(&scene);
    say_part(&scene, part);
    cr_expect_eq(serve(&scene), 1);
    silent = add(&scene);
    grow_old();
    cr_expect(connections_make_room(scene.set, true));
    cr_expect(is_closed(&scene, silent));
    cr_expect_not(is_closed(&scene, part));
    cr_expect(connections_make_room(scene.set, true));
    cr_expect(is_closed(&scene, part));
    cr_expect_not(connections_make_room(scene.set, true));
    end(&scene);
}

Test(connections, whoever_has_sent_bytes_that_nobody_has_read_yet_stays)
{
    struct scene scene;
    int sent, silent;

    begin(&scene);
    sent = add(&scene);
    silent = add(&scene);
    say_part(&scene, sent);
    cr_expect_not(connections_make_room(scene.set, true), "they have just connected");
    grow_old();
    cr_expect(connections_make_room(scene.set, true));
    cr_expect(is_closed(&scene, silent));
    cr_expect_not(connections_make_room(scene.set, true));
    cr_expect_not(is_closed(&scene, sent));
    end(&scene);
}

/* One that sends a request without the end of its body, the answer to which is "words". */
static int add_with_body(struct scene *scene)
{
    static unsigned char bytes[100];
    int peer = add(scene);

    say(scene, peer, bytes, make_request(bytes, "B", 3) - 8);
    (void)serve(scene);
    return peer;
}

/* One whose connection we have ended. */
static int add_ended(struct scene *scene)
{
    int peer = add_with_body(scene);

    say(scene, peer, "xxxxxxxx", 8);
    (void)serve(scene);
    return peer;
}

/* One that does not take its answer. */
static int add_unread(struct scene *scene)
{
    static unsigned char bytes[100];
    int peer = add(scene);

    say(scene, peer, bytes, make_request(bytes, "LONG", 1));
    (void)serve(scene);
    return peer;
}

Test(connections, who_is_answered_and_slow_with_the_rest_goes_last_and_has_its_time)
{
    struct scene scene;
    int unread, body, half, ends = 0;

    begin(&scene);
    unread = add_unread(&scene);
    body = add_with_body(&scene);
    cr_expect_not(connections_make_room(scene.set, true), "both have just been answered");
    half = add(&scene);
    say_part(&scene, half);
    (void)serve(&scene);
    grow_old();
    cr_expect(connections_make_room(scene.set, true));
    cr_expect(is_closed(&scene, half), "who has sent no request goes before");
    cr_expect(connections_make_room(scene.set, true));
    cr_expect_gt(hear(&scene, body, &ends), 0);
    cr_expect_eq(ends, 1, "its answer is whole");
    cr_expect(is_closed(&scene, body));
    cr_expect_not(connections_make_room(scene.set, true), "who takes its answer has a second");
    (void)usleep(1000 * 1000);
    cr_expect(connections_make_room(scene.set, true));
    cr_expect_eq(count_of(&scene), 0);
    cr_expect_gt(hear(&scene, unread, &ends), 0);
    cr_expect_eq(ends, 0, "a part of an answer has no end");
    end(&scene);
}

Test(connections, the_rest_of_a_body_still_ends_the_request_that_nobody_wants_the_place_of)
{
    struct scene scene;
    int body, ends = 0;

    begin(&scene);
    body = add_with_body(&scene);
    grow_old();
    cr_expect_gt(hear(&scene, body, &ends), 0);
    cr_expect_eq(ends, 0);
    say(&scene, body, "\1\5\0\1\0\0\0\0", 8);
    (void)serve(&scene);
    (void)hear(&scene, body, &ends);
    cr_expect_eq(ends, 1);
    end(&scene);
}

Test(connections, one_that_is_over_goes_first_whatever_it_sends)
{
    struct scene scene;
    int silent, over, left, ends;

    begin(&scene);
    silent = add(&scene);
    over = add_ended(&scene);
    (void)hear(&scene, over, &ends);
    say(&scene, over, "more", 4);
    grow_old();
    cr_expect(connections_make_room(scene.set, true));
    cr_expect_eq(count_of(&scene), 1);
    cr_expect_not(is_closed(&scene, silent));
    cr_expect(connections_make_room(scene.set, true));
    left = add(&scene);
    (void)shutdown(scene.peers[left], SHUT_WR);
    grow_old();
    cr_expect(connections_make_room(scene.set, true), "whose peer has left promises nothing");
    end(&scene);
}

/* Those that hold most are not known; the oldest that holds some goes. */
Test(connections, bytes_are_bounded_by_closing_the_oldest_that_hold_many)
{
    static unsigned char bytes[100];
    const int large = 12;
    size_t count, held, length;
    struct scene scene;
    int i, silent, half, first = 0, last = 0, ends;

    begin_for(&scene, 20);
    silent = add(&scene);
    half = add(&scene);
    say_part(&scene, half);
    (void)serve(&scene);
    length = make_request(bytes, "HUGE", 1);
    for (i = 0; i < large; i++) {
        last = add(&scene);
        first = i == 0 ? last : first;
        say(&scene, last, bytes, length);
        (void)serve(&scene);
        connections_measure(scene.set, &count, &held);
        cr_expect_leq(held, CONNECTIONS_MAX_BYTES);
    }
    cr_expect_lt(count, 14);
    cr_expect_gt(held, CONNECTIONS_MAX_BYTES / 2);
    cr_expect_not(is_closed(&scene, silent));
    cr_expect_not(is_closed(&scene, half), "it holds little");
    (void)hear(&scene, first, &ends);
    cr_expect(is_closed(&scene, first));
    (void)hear(&scene, last, &ends);
    cr_expect_not(is_closed(&scene, last));
    end(&scene);
}

Test(connections, the_first_deadline_counts_whatever_is_waited_for)
{
    struct scene scene;
    int64_t deadline = 0;
    int head;

    begin(&scene);
    head = add(&scene);
    say_part(&scene, head);
    (void)serve(&scene);
    cr_expect_null(connections_take_expired(scene.set, 0, &deadline));
    cr_expect_gt(deadline, clock_milliseconds() + 1000, "that of a head");
    (void)add_ended(&scene);
    cr_expect_null(connections_take_expired(scene.set, 0, &deadline));
    cr_expect_leq(deadline, clock_milliseconds() + 1000, "that of an end");
    end(&scene);
}

Test(connections, what_is_left_is_closed_with_the_set)
{
    struct scene scene;
    int peer;

    begin(&scene);
    peer = add(&scene);
    connections_free(scene.set);
    scene.set = NULL;
    cr_expect(is_closed(&scene, peer));
    end(&scene);
}

/* The abort of a request that there is not costs its peer nothing. In parts it is part of a head.
 */
Test(connections, records_that_are_no_request_save_nobody_from_going_first)
{
    static const unsigned char abort_request[8] = {1, 2, 0, 1};
    size_t parts, part;

    for (parts = 1; parts <= 2; parts++) {
        struct scene scene;
        int busy, silent;

        begin(&scene);
        busy = add(&scene);
        silent = add(&scene);
        grow_old();
        for (part = 0; part < parts; part++) {
            say(&scene, busy, abort_request + part * 8 / parts, 8 / parts);
            cr_expect_eq(serve(&scene), 1);
        }
        cr_expect(connections_make_room(scene.set, true));
        cr_expect(is_closed(&scene, parts == 1 ? busy : silent), "in %zu parts", parts);
        cr_expect(connections_make_room(scene.set, true), "in %zu parts", parts);
        cr_expect_eq(count_of(&scene), 0);
        end(&scene);
    }
}

Test(connections, a_head_has_one_deadline_however_many_events_it_takes)
{
    struct fastcgi_connection *connection;
    struct scene scene;
    int64_t deadline = 0, again = 0;
    int peer;

    begin(&scene);
    cr_expect_null(connections_take_expired(scene.set, INT64_MAX - 1, &deadline));
    cr_expect_eq(deadline, INT64_MAX, "there is none");
    peer = add(&scene);
    cr_expect_null(connections_take_expired(scene.set, INT64_MAX - 1, &deadline));
    cr_expect_eq(deadline, INT64_MAX, "an idle one may stay");
    say_part(&scene, peer);
    cr_expect_eq(serve(&scene), 1);
    cr_expect_null(connections_take_expired(scene.set, clock_milliseconds(), &deadline));
    cr_expect_leq(deadline, clock_milliseconds() + 2000);
    (void)usleep(20000);
    say(&scene, peer, "c", 1);
    cr_expect_eq(serve(&scene), 1);
    cr_expect_null(connections_take_expired(scene.set, deadline - 1, &again));
    cr_expect_eq(again, deadline);
    connection = connections_take_expired(scene.set, deadline, &again);
    cr_assert_not_null(connection);
    cr_expect_eq(fastcgi_connection_expire(connection), FASTCGI_CLOSED);
    connections_put(scene.set, connection);
    cr_expect(is_closed(&scene, peer));
    cr_expect_eq(count_of(&scene), 0);
    end(&scene);
}

Test(connections, the_end_closes_idle_ones_and_waits_a_moment_for_new_ones)
{
    struct scene scene;
    int64_t deadline = 0;
    int fresh, sent;

    begin(&scene);
    fresh = add(&scene);
    cr_expect_eq(connections_end_idle(scene.set, 200, 200), 1);
    cr_expect_null(connections_take_expired(scene.set, 0, &deadline));
    cr_expect_leq(deadline, clock_milliseconds() + 1000, "it has time without end to end");
    end(&scene);

    begin(&scene);
    fresh = add(&scene);
    sent = add(&scene);
    say_part(&scene, sent);
    cr_expect_eq(connections_end_idle(scene.set, 100, 200), 2);
    cr_expect_not(is_closed(&scene, fresh));
    cr_expect_eq(connections_end_idle(scene.set, 200, 200), 2);
    cr_expect(is_closed(&scene, fresh));
    cr_expect_not(is_closed(&scene, sent));
    (void)shutdown(scene.peers[fresh], SHUT_WR);
    cr_expect_eq(serve(&scene), 2);
    cr_expect_eq(count_of(&scene), 1, "whose peer ended too is closed");
    end(&scene);
}

Test(connections, bytes_that_come_after_those_that_were_read_are_told_of)
{
    struct epoll_event event;
    struct fastcgi_connection *connection;
    struct scene scene;
    int peer;

    begin(&scene);
    peer = add(&scene);
    say_part(&scene, peer);
    cr_expect_eq(serve(&scene), 1);
    cr_expect_eq(serve(&scene), 0, "nothing has come since");
    say(&scene, peer, "c", 1);
    cr_assert_eq(epoll_wait(scene.epoll_fd, &event, 1, 0), 1);
    connection = connections_take(scene.set, &event);
    cr_assert_not_null(connection);
    (void)fastcgi_connection_advance(connection, &scene.worker);
    /* After the read, while the thread still has it. */
    say(&scene, peer, "d", 1);
    cr_assert_eq(epoll_wait(scene.epoll_fd, &event, 1, 0), 1);
    cr_expect_null(connections_take(scene.set, &event));
    connections_put(scene.set, connection);
    cr_expect_eq(serve(&scene), 1);
    end(&scene);
}

Test(connections, a_peer_that_ends_right_after_its_bytes_is_closed)
{
    struct scene scene;
    int peer;

    begin(&scene);
    peer = add(&scene);
    say_part(&scene, peer);
    cr_assert_eq(shutdown(scene.peers[peer], SHUT_WR), 0);
    cr_expect_eq(serve(&scene), 2);
    cr_expect(is_closed(&scene, peer));
    cr_expect_eq(count_of(&scene), 0);
    end(&scene);
}

Test(connections, a_request_behind_one_that_fills_the_buffer_is_answered)
{
    static unsigned char bytes[70000];
    struct scene scene;
    size_t length;
    int peer, ends;

    begin(&scene);
    peer = add(&scene);
    length = make_request(bytes, "A", 65536 - 46);
    cr_assert_eq(length, 65536);
    length += make_request(bytes + length, "B", 3);
    say(&scene, peer, bytes, length);
    (void)serve(&scene);
    (void)hear(&scene, peer, &ends);
    cr_expect_eq(ends, 2);
    end(&scene);
}

Test(connections, a_peer_that_takes_its_answer_late_gets_all_and_may_ask_again)
{
    static unsigned char bytes[100];
    struct scene scene;
    size_t length, heard = 0;
    int peer, ends = 0, answers = 0, rounds;

    begin(&scene);
    peer = add(&scene);
    length = make_request(bytes, "LONG", 1);
    say(&scene, peer, bytes, length);
    cr_expect_geq(serve(&scene), 1);
    /* The next request is there before the answer was taken. */
    length = make_request(bytes, "B", 3);
    say(&scene, peer, bytes, length);
    cr_expect_eq(serve(&scene), 0, "it takes nothing");
    for (rounds = 0; rounds < 100 && answers < 2; rounds++) {
        heard += hear(&scene, peer, &ends);
        answers += ends;
        (void)serve(&scene);
    }
    cr_expect_gt(heard, sizeof(long_answer));
    cr_expect_eq(answers, 2);
    end(&scene);
}
