/* SPDX-License-Identifier: ISC */
#include "fastcgi/fastcgi_connection.h"
#include "unit/fastcgi/records.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a request is answered with, and the two ends of its connection. */
struct scene {
    struct fastcgi_worker *worker;
    struct fastcgi_connection connection;
    int theirs;
    const char *words; /* NULL: none */
    size_t length;     /* of an answer of so many bytes instead */
    bool flush, give_up;
    int answered;
    enum request_role role; /* of the last one */
};

static void handle(void *context, struct request *request)
{
    struct scene *scene = context;
    char *large = NULL;

    scene->answered++;
    scene->role = request->role;
    if (scene->words != NULL)
        (void)request_write(request, scene->words, strlen(scene->words));
    if (scene->length > 0) {
        large = malloc(scene->length);
        memset(large, 'x', scene->length);
        (void)request_write(request, large, scene->length);
        free(large);
    }
    if (scene->flush)
        (void)request_flush(request);
    if (scene->give_up)
        request_abort(request);
}

static void begin(struct scene *scene)
{
    int pair[2];

    *scene = (struct scene){.words = "words"};
    scene->worker = fastcgi_worker_new(handle, scene);
    cr_assert_not_null(scene->worker);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    fastcgi_connection_begin(&scene->connection, pair[0]);
    scene->theirs = pair[1];
}

static void end(struct scene *scene)
{
    fastcgi_connection_close(&scene->connection);
    (void)close(scene->theirs);
    fastcgi_worker_free(scene->worker);
}

static void put(const struct scene *scene, const struct wire *wire, size_t from, size_t length)
{
    cr_assert_eq(send(scene->theirs, wire->bytes + from, length, MSG_NOSIGNAL), (ssize_t)length);
}

static enum fastcgi_wait advance(struct scene *scene)
{
    return fastcgi_connection_advance(&scene->connection, scene->worker);
}

/* Sends a wire's bytes and lets the connection go on. */
static enum fastcgi_wait send_wire(struct scene *scene, struct wire *wire)
{
    put(scene, wire, 0, wire->length);
    wire_free(wire);
    return advance(scene);
}

static enum fastcgi_wait send_request(struct scene *scene)
{
    struct wire *wire = wire_new();

    add_request(wire);
    return send_wire(scene, wire);
}

/* What has come: the content of STDOUT, and how many requests were ended. */
struct got {
    unsigned char *bytes;
    size_t length;
    size_t stdout_bytes;
    int records, ends, protocol_status, id;
};

static void receive(const struct scene *scene, struct got *got)
{
    unsigned char part[65536];
    ssize_t length;

    while ((length = recv(scene->theirs, part, sizeof(part), MSG_DONTWAIT)) > 0) {
        got->bytes = realloc(got->bytes, got->length + (size_t)length);
        memcpy(got->bytes + got->length, part, (size_t)length);
        got->length += (size_t)length;
    }
}

/* Reads all of it as records. */
static struct got look(const struct scene *scene, struct got got)
{
    size_t at = 0;

    receive(scene, &got);
    while (at < got.length) {
        const unsigned char *header = got.bytes + at;
        size_t length = (size_t)header[4] << 8 | header[5];

        cr_assert_eq(header[0], 1);
        cr_assert_leq(at + 8 + length + header[6], got.length, "a record is cut off");
        got.records++;
        got.id = header[2] << 8 | header[3];
        if (header[1] == FCGI_STDOUT) {
            cr_expect_eq(got.ends, 0);
            got.stdout_bytes += length;
        } else {
            cr_expect_eq(header[1], FCGI_END_REQUEST);
            got.ends++;
            got.protocol_status = header[12];
        }
        at += 8 + length + header[6];
    }
    free(got.bytes);
    return got;
}

static struct got look_now(const struct scene *scene)
{
    return look(scene, (struct got){.bytes = NULL});
}

static bool has_ended(const struct scene *scene)
{
    char byte;

    return recv(scene->theirs, &byte, 1, MSG_DONTWAIT) == 0;
}

Test(fastcgi_connection, a_request_is_answered_once_it_is_whole_and_not_before)
{
    struct wire *wire = wire_new();
    struct scene scene;
    struct got got;
    size_t at;

    begin(&scene);
    cr_expect_eq(advance(&scene), FASTCGI_WAIT_REQUEST);
    add_request(wire);
    for (at = 0; at < wire->length; at++) {
        enum fastcgi_wait wait = at == 0                 ? FASTCGI_WAIT_REQUEST
                                 : at < wire->length - 8 ? FASTCGI_WAIT_HEAD
                                                         : FASTCGI_WAIT_BODY;

        cr_expect_eq(advance(&scene), wait, "after %zu bytes", at);
        cr_expect_eq(scene.answered, at >= wire->length - 8 ? 1 : 0, "after %zu bytes", at);
        put(&scene, wire, at, 1);
    }
    cr_expect_eq(advance(&scene), FASTCGI_WAIT_REQUEST);
    got = look_now(&scene);
    cr_expect_eq(got.stdout_bytes, 5);
    cr_expect_eq(got.ends, 1);
    cr_expect_eq(got.protocol_status, FCGI_REQUEST_COMPLETE);
    cr_expect_eq(fastcgi_connection_size(&scene.connection), 0, "an idle one holds nothing");
    wire_free(wire);
    end(&scene);
}

Test(fastcgi_connection, one_that_is_kept_answers_one_request_after_another)
{
    struct scene scene;
    int i;

    begin(&scene);
    for (i = 1; i < 100; i++) {
        cr_assert_eq(send_request(&scene), FASTCGI_WAIT_REQUEST);
        cr_assert_eq(scene.answered, i);
        cr_assert_eq(look_now(&scene).ends, 1);
    }
    end(&scene);
}

Test(fastcgi_connection, an_answer_has_the_number_of_its_request)
{
    struct wire *wire = wire_new();
    struct scene scene;
    size_t at;

    begin(&scene);
    add_request(wire);
    for (at = 0; at < wire->length;
         at += 8 + wire->bytes[at + 5]) { /* no record is longer than that */
        wire->bytes[at + 2] = 0x12;
        wire->bytes[at + 3] = 0x34;
    }
    cr_expect_eq(send_wire(&scene, wire), FASTCGI_WAIT_REQUEST);
    cr_expect_eq(look_now(&scene).id, 0x1234);
    end(&scene);
}

Test(fastcgi_connection, what_is_flushed_comes_in_one_record_at_once)
{
    struct scene scene;
    struct got got;

    begin(&scene);
    scene.flush = true;
    cr_expect_eq(send_request(&scene), FASTCGI_WAIT_REQUEST);
    got = look_now(&scene);
    cr_expect_eq(got.records, 3, "the words, the end of STDOUT, the end: %d", got.records);
    end(&scene);
}

Test(fastcgi_connection, an_answer_that_is_given_up_is_not_ended)
{
    struct scene scene;
    struct got got;
    int flush;

    for (flush = 0; flush < 2; flush++) {
        begin(&scene);
        scene.give_up = true;
        scene.flush = flush != 0;
        cr_expect_eq(send_request(&scene), FASTCGI_CLOSED);
        got = look_now(&scene);
        cr_expect_eq(got.ends, 0);
        cr_expect_eq(got.stdout_bytes, flush != 0 ? 5 : 0);
        /* And nothing of it comes with the next answer of this worker. */
        scene.give_up = false;
        scene.words = "more";
        (void)close(scene.theirs);
        fastcgi_connection_close(&scene.connection);
        {
            int pair[2];

            cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
            fastcgi_connection_begin(&scene.connection, pair[0]);
            scene.theirs = pair[1];
        }
        cr_expect_eq(send_request(&scene), FASTCGI_WAIT_REQUEST);
        cr_expect_eq(look_now(&scene).stdout_bytes, 4);
        end(&scene);
    }
}

Test(fastcgi_connection, an_answer_without_any_bytes_is_not_ended)
{
    struct scene scene;

    begin(&scene);
    scene.words = NULL;
    cr_expect_eq(send_request(&scene), FASTCGI_CLOSED);
    cr_expect_eq(look_now(&scene).records, 0);
    end(&scene);
}

Test(fastcgi_connection, answers_beyond_the_bound_are_not_sent)
{
    struct scene scene;

    begin(&scene);
    scene.length = (size_t)5 * 1024 * 1024;
    cr_expect_eq(send_request(&scene), FASTCGI_CLOSED);
    cr_expect_eq(look_now(&scene).ends, 0);
    end(&scene);
}

Test(fastcgi_connection, an_answer_that_the_peer_does_not_take_at_once_is_sent_as_it_does)
{
    static const size_t lengths[] = {300000, 1000000, 4000000};
    size_t i;

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct got got = {.bytes = NULL};
        enum fastcgi_wait wait;
        struct scene scene;
        int turns = 0;

        begin(&scene);
        scene.length = lengths[i];
        scene.flush = i == 1;
        wait = send_request(&scene);
        cr_expect_eq(wait, FASTCGI_WAIT_SEND);
        cr_expect_gt(fastcgi_connection_size(&scene.connection), 0);
        while (wait == FASTCGI_WAIT_SEND && turns++ < 1000) {
            receive(&scene, &got);
            wait = advance(&scene);
        }
        cr_expect_eq(wait, FASTCGI_WAIT_REQUEST);
        got = look(&scene, got);
        cr_expect_eq(got.stdout_bytes, 5 + lengths[i]);
        cr_expect_eq(got.ends, 1);
        cr_expect_eq(fastcgi_connection_size(&scene.connection), 0);
        scene.length = 0;
        cr_expect_eq(send_request(&scene), FASTCGI_WAIT_REQUEST);
        cr_expect_eq(look_now(&scene).stdout_bytes, 5);
        end(&scene);
    }
}

Test(fastcgi_connection, a_body_is_awaited_before_the_end_and_bounded)
{
    static const char body[30000] = {0};
    struct wire *wire = wire_new();
    struct scene scene;
    struct got got;

    begin(&scene);
    add_head(wire);
    add_record(wire, FCGI_STDIN, body, sizeof(body));
    cr_expect_eq(send_wire(&scene, wire), FASTCGI_WAIT_BODY);
    got = look_now(&scene);
    cr_expect_eq(got.stdout_bytes, 5, "the answer does not wait for the body");
    cr_expect_eq(got.ends, 0);
    wire = wire_new();
    add_record(wire, FCGI_STDIN, NULL, 0);
    cr_expect_eq(send_wire(&scene, wire), FASTCGI_WAIT_REQUEST);
    cr_expect_eq(look_now(&scene).ends, 1);
    end(&scene);
}

/* Ends in order, so that the peer's system does not throw the answer away. */
Test(fastcgi_connection, a_body_that_does_not_end_makes_an_end)
{
    static const char body[30000] = {0};
    int kind;

    for (kind = 0; kind < 4; kind++) {
        struct wire *wire = wire_new();
        struct scene scene;
        int i;

        begin(&scene);
        add_head(wire);
        for (i = 0; i < (kind == 0 ? 3 : 1); i++)
            add_record(wire, FCGI_STDIN, body, sizeof(body));
        if (kind == 1)
            add_begin(wire);
        if (kind == 3)
            add_record(wire, FCGI_STDIN, NULL, 0);
        if (kind == 3)
            add_begin(wire);
        put(&scene, wire, 0, wire->length);
        wire_free(wire);
        if (kind == 2) {
            cr_expect_eq(advance(&scene), FASTCGI_WAIT_BODY);
            cr_expect_eq(fastcgi_connection_expire(&scene.connection), FASTCGI_WAIT_CLOSE);
        } else {
            cr_expect_eq(advance(&scene), FASTCGI_WAIT_CLOSE, "kind %d", kind);
        }
        cr_expect_eq(look_now(&scene).ends, 1);
        cr_expect(has_ended(&scene));
        cr_expect_eq(advance(&scene), FASTCGI_WAIT_CLOSE);
        (void)shutdown(scene.theirs, SHUT_WR);
        cr_expect_eq(advance(&scene), FASTCGI_CLOSED);
        end(&scene);
    }
}

Test(fastcgi_connection, what_comes_after_our_end_is_bounded)
{
    static const char body[60000] = {0};
    struct wire *wire = wire_new();
    struct scene scene;

    begin(&scene);
    add_request(wire);
    add_begin(wire);
    cr_expect_eq(send_wire(&scene, wire), FASTCGI_WAIT_CLOSE);
    wire = wire_new();
    add_record(wire, FCGI_STDIN, body, sizeof(body));
    cr_expect_eq(send_wire(&scene, wire), FASTCGI_WAIT_CLOSE);
    wire = wire_new();
    add_record(wire, FCGI_STDIN, body, sizeof(body));
    cr_expect_eq(send_wire(&scene, wire), FASTCGI_CLOSED);
    cr_expect_eq(scene.answered, 1);
    end(&scene);
}

Test(fastcgi_connection, a_connection_that_is_not_to_be_kept_is_closed)
{
    struct wire *wire = wire_new();
    struct scene scene;

    begin(&scene);
    add_request(wire);
    wire->bytes[8 + 2] = 0;
    cr_expect_eq(send_wire(&scene, wire), FASTCGI_CLOSED);
    cr_expect_eq(look_now(&scene).ends, 1);
    end(&scene);
}

Test(fastcgi_connection, a_peer_that_leaves_ends_it)
{
    struct wire *wire = wire_new();
    struct scene scene;

    begin(&scene);
    (void)shutdown(scene.theirs, SHUT_WR);
    cr_expect_eq(advance(&scene), FASTCGI_CLOSED);
    end(&scene);
    begin(&scene);
    add_head(wire);
    put(&scene, wire, 0, 20);
    (void)shutdown(scene.theirs, SHUT_WR);
    cr_expect_eq(advance(&scene), FASTCGI_WAIT_HEAD);
    cr_expect_eq(advance(&scene), FASTCGI_CLOSED);
    cr_expect_eq(look_now(&scene).records, 0);
    end(&scene);
    begin(&scene);
    scene.length = 1000000;
    cr_expect_eq(send_request(&scene), FASTCGI_WAIT_SEND);
    (void)close(scene.theirs);
    cr_expect_eq(advance(&scene), FASTCGI_CLOSED);
    scene.theirs = -1;
    end(&scene);
    wire_free(wire);
}

/* What that means is for who answers to say. */
Test(fastcgi_connection, a_role_that_nobody_knows_is_told_as_such_and_not_kept)
{
    struct wire *wire = wire_new();
    struct scene scene;

    begin(&scene);
    add_request(wire);
    wire->bytes[8 + 1] = 9;
    cr_expect_eq(send_wire(&scene, wire), FASTCGI_WAIT_CLOSE);
    cr_expect_eq(scene.role, REQUEST_OTHER_ROLE);
    cr_expect_eq(look_now(&scene).ends, 1);
    end(&scene);
}

Test(fastcgi_connection, get_values_is_answered_and_takes_no_reader)
{
    struct wire *wire = wire_new();
    unsigned char values[64];
    struct scene scene;

    begin(&scene);
    add_record_of(wire, FCGI_GET_VALUES, 0, "\17\0FCGI_MPXS_CONNS", 17, 0);
    cr_expect_eq(send_wire(&scene, wire), FASTCGI_WAIT_REQUEST);
    cr_assert_eq(recv(scene.theirs, values, sizeof(values), MSG_DONTWAIT), 32);
    cr_expect_eq(values[1], FCGI_GET_VALUES_RESULT);
    cr_expect_arr_eq(values + 8, "\17\1FCGI_MPXS_CONNS0", 18);
    cr_expect_eq(fastcgi_connection_size(&scene.connection), 0);
    cr_expect_eq(send_request(&scene), FASTCGI_WAIT_REQUEST);
    end(&scene);
}

Test(fastcgi_connection, the_end_spares_a_request_that_has_come)
{
    struct wire *wire = wire_new();
    struct scene scene;

    begin(&scene);
    cr_expect_eq(fastcgi_connection_end(&scene.connection), FASTCGI_WAIT_CLOSE);
    cr_expect(has_ended(&scene));
    end(&scene);
    begin(&scene);
    add_request(wire);
    put(&scene, wire, 0, wire->length);
    cr_expect_eq(fastcgi_connection_end(&scene.connection), FASTCGI_WAIT_REQUEST);
    cr_expect_eq(advance(&scene), FASTCGI_WAIT_REQUEST);
    cr_expect_eq(scene.answered, 1);
    end(&scene);
    wire_free(wire);
}
