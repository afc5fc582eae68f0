/* SPDX-License-Identifier: ISC */
#include "unit/fastcgi/connection_scene.h"

#include <criterion/criterion.h>
#include <fastcgi.h>
#include <sys/socket.h>

Test(fastcgi_connection, a_request_is_answered_once_it_is_whole_and_not_before)
{
    struct wire *wire = wire_new();
    struct scene scene;
    struct got got;
    size_t at;

    scene_begin(&scene);
    cr_expect_eq(scene_advance(&scene), FASTCGI_WAIT_REQUEST);
    add_request(wire);
    for (at = 0; at < wire->length; at++) {
        enum fastcgi_wait wait = at == 0                 ? FASTCGI_WAIT_REQUEST
                                 : at < wire->length - 8 ? FASTCGI_WAIT_HEAD
                                                         : FASTCGI_WAIT_BODY;

        cr_expect_eq(scene_advance(&scene), wait, "after %zu bytes", at);
        cr_expect_eq(scene.answered, at >= wire->length - 8 ? 1 : 0, "after %zu bytes", at);
        scene_put(&scene, wire, at, 1);
    }
    cr_expect_eq(scene_advance(&scene), FASTCGI_WAIT_REQUEST);
    got = scene_look_now(&scene);
    cr_expect_eq(got.stdout_bytes, 5);
    cr_expect_eq(got.ends, 1);
    cr_expect_eq(got.protocol_status, FCGI_REQUEST_COMPLETE);
    cr_expect_eq(fastcgi_connection_size(&scene.connection), 0, "an idle one holds nothing");
    wire_free(wire);
    scene_end(&scene);
}

/* Seconds, not minutes: who stalls is not worth more. */
Test(fastcgi_connection, all_but_an_idle_one_have_a_limit_of_time)
{
    int wait;

    cr_expect_eq(fastcgi_wait_limit(FASTCGI_WAIT_REQUEST), -1);
    for (wait = FASTCGI_WAIT_REQUEST + 1; wait < FASTCGI_CLOSED; wait++) {
        int64_t limit = fastcgi_wait_limit((enum fastcgi_wait)wait);

        cr_expect(limit > 0 && limit <= 30000, "%d: %lld ms", wait, (long long)limit);
    }
}

Test(fastcgi_connection, one_that_is_kept_answers_one_request_after_another)
{
    struct scene scene;
    int i;

    scene_begin(&scene);
    for (i = 1; i < 100; i++) {
        cr_assert_eq(scene_send_request(&scene), FASTCGI_WAIT_REQUEST);
        cr_assert_eq(scene.answered, i);
        cr_assert_eq(scene_look_now(&scene).ends, 1);
    }
    scene_end(&scene);
}

Test(fastcgi_connection, an_answer_has_the_number_of_its_request)
{
    struct wire *wire = wire_new();
    struct scene scene;
    size_t at;

    scene_begin(&scene);
    add_request(wire);
    for (at = 0; at < wire->length;
         at += 8 + wire->bytes[at + 5]) { /* no record is longer than that */
        wire->bytes[at + 2] = 0x12;
        wire->bytes[at + 3] = 0x34;
    }
    cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_WAIT_REQUEST);
    cr_expect_eq(scene_look_now(&scene).id, 0x1234);
    scene_end(&scene);
}

Test(fastcgi_connection, what_is_flushed_comes_in_one_record_at_once)
{
    struct scene scene;
    struct got got;

    scene_begin(&scene);
    scene.flush = true;
    cr_expect_eq(scene_send_request(&scene), FASTCGI_WAIT_REQUEST);
    got = scene_look_now(&scene);
    cr_expect_eq(got.records, 3, "the words, the end of STDOUT, the end: %d", got.records);
    scene_end(&scene);
}

Test(fastcgi_connection, an_answer_that_is_given_up_is_not_ended)
{
    struct scene scene;
    struct got got;
    int flush;

    for (flush = 0; flush < 2; flush++) {
        scene_begin(&scene);
        scene.give_up = true;
        scene.flush = flush != 0;
        cr_expect_eq(scene_send_request(&scene), FASTCGI_CLOSED);
        got = scene_look_now(&scene);
        cr_expect_eq(got.ends, 0);
        cr_expect_eq(got.stdout_bytes, flush != 0 ? 5 : 0);
        /* And nothing of it comes with the next answer of this worker. */
        scene.give_up = false;
        scene.words = "more";
        scene_reconnect(&scene);
        cr_expect_eq(scene_send_request(&scene), FASTCGI_WAIT_REQUEST);
        cr_expect_eq(scene_look_now(&scene).stdout_bytes, 4);
        scene_end(&scene);
    }
}

Test(fastcgi_connection, an_answer_without_any_bytes_is_not_ended)
{
    struct scene scene;

    scene_begin(&scene);
    scene.words = NULL;
    cr_expect_eq(scene_send_request(&scene), FASTCGI_CLOSED);
    cr_expect_eq(scene_look_now(&scene).records, 0);
    scene_end(&scene);
}

Test(fastcgi_connection, answers_beyond_the_bound_are_not_sent)
{
    struct scene scene;

    scene_begin(&scene);
    scene.length = (size_t)5 * 1024 * 1024;
    cr_expect_eq(scene_send_request(&scene), FASTCGI_CLOSED);
    cr_expect_eq(scene_look_now(&scene).ends, 0);
    scene_end(&scene);
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

        scene_begin(&scene);
        scene.length = lengths[i];
        scene.flush = i == 1;
        wait = scene_send_request(&scene);
        cr_expect_eq(wait, FASTCGI_WAIT_SEND);
        cr_expect_gt(fastcgi_connection_size(&scene.connection), 0);
        while (wait == FASTCGI_WAIT_SEND && turns++ < 1000) {
            scene_receive(&scene, &got);
            wait = scene_advance(&scene);
        }
        cr_expect_eq(wait, FASTCGI_WAIT_REQUEST);
        got = scene_look(&scene, got);
        cr_expect_eq(got.stdout_bytes, 5 + lengths[i]);
        cr_expect_eq(got.ends, 1);
        cr_expect_eq(fastcgi_connection_size(&scene.connection), 0);
        scene.length = 0;
        cr_expect_eq(scene_send_request(&scene), FASTCGI_WAIT_REQUEST);
        cr_expect_eq(scene_look_now(&scene).stdout_bytes, 5);
        scene_end(&scene);
    }
}

Test(fastcgi_connection, a_role_that_nobody_knows_is_told_as_such_and_not_kept)
{
    struct wire *wire = wire_new();
    struct scene scene;

    scene_begin(&scene);
    add_request(wire);
    wire->bytes[8 + 1] = 9;
    cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_WAIT_CLOSE);
    cr_expect_eq(scene.role, REQUEST_OTHER_ROLE);
    cr_expect_eq(scene_look_now(&scene).ends, 1);
    scene_end(&scene);
}

/* An authorizer gets no STDIN (section 6.3): its request is over with its parameters. */
Test(fastcgi_connection, an_authorizers_connection_is_kept_unless_more_comes_with_the_request)
{
    int more;

    for (more = 0; more < 2; more++) {
        struct wire *wire = wire_new();
        struct scene scene;

        scene_begin(&scene);
        add_head(wire);
        wire->bytes[8 + 1] = FCGI_AUTHORIZER;
        if (more != 0)
            add_head(wire);
        cr_expect_eq(
            scene_send_wire(&scene, wire), more != 0 ? FASTCGI_WAIT_CLOSE : FASTCGI_WAIT_REQUEST);
        cr_expect_eq(scene.role, REQUEST_AUTHORIZER);
        cr_expect_eq(scene.answered, 1);
        cr_expect_eq(scene_look_now(&scene).ends, 1);
        scene_end(&scene);
    }
}

/* Not even its end: lighttpd takes that for a yes. */
Test(fastcgi_connection, what_is_no_request_gets_nothing)
{
    static const int types[] = {FCGI_STDIN, FCGI_END_REQUEST, FCGI_STDOUT, FCGI_BEGIN_REQUEST, 99};
    size_t i, in_head;

    for (i = 0; i < 2 * sizeof(types) / sizeof(types[0]); i++) {
        struct wire *wire = wire_new();
        struct scene scene;

        in_head = i % 2;
        scene_begin(&scene);
        if (in_head != 0) {
            add_begin(wire);
            cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_WAIT_HEAD);
            wire = wire_new();
        }
        add_record(wire, types[i / 2], "1234567", 7);
        cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_CLOSED, "type %d", types[i / 2]);
        cr_expect_eq(scene_look_now(&scene).records, 0, "type %d", types[i / 2]);
        cr_expect_eq(scene.answered, 0);
        scene_end(&scene);
    }
}

Test(fastcgi_connection, get_values_is_answered_and_takes_no_reader)
{
    struct wire *wire = wire_new();
    unsigned char values[64];
    struct scene scene;

    scene_begin(&scene);
    add_record_of(wire, FCGI_GET_VALUES, 0, "\17\0FCGI_MPXS_CONNS", 17, 0);
    cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_WAIT_REQUEST);
    cr_assert_eq(recv(scene.theirs, values, sizeof(values), MSG_DONTWAIT), 32);
    cr_expect_eq(values[1], FCGI_GET_VALUES_RESULT);
    cr_expect_arr_eq(values + 8, "\17\1FCGI_MPXS_CONNS0", 18);
    cr_expect_eq(fastcgi_connection_size(&scene.connection), 0);
    cr_expect_eq(scene_send_request(&scene), FASTCGI_WAIT_REQUEST);
    scene_end(&scene);
}
