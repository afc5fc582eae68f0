/* SPDX-License-Identifier: ISC */
#include "unit/fastcgi/connection_scene.h"

#include <criterion/criterion.h>
#include <fastcgi.h>
#include <sys/socket.h>
#include <unistd.h>

/* How a request's body and a connection end. */

Test(fastcgi_connection_end, a_body_is_awaited_before_the_end_and_bounded)
{
    static const char body[30000] = {0};
    struct wire *wire = wire_new();
    struct scene scene;
    struct got got;

    scene_begin(&scene);
    add_head(wire);
    add_record(wire, FCGI_STDIN, body, sizeof(body));
    cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_WAIT_BODY);
    got = scene_look_now(&scene);
    cr_expect_eq(got.stdout_bytes, 5, "the answer does not wait for the body");
    cr_expect_eq(got.ends, 0);
    wire = wire_new();
    add_record(wire, FCGI_STDIN, NULL, 0);
    cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_WAIT_REQUEST);
    cr_expect_eq(scene_look_now(&scene).ends, 1);
    scene_end(&scene);
}

/* Ends in order, so that the peer's system does not throw the answer away. */
Test(fastcgi_connection_end, a_body_that_does_not_end_makes_an_end)
{
    static const char body[30000] = {0};
    int kind;

    for (kind = 0; kind < 4; kind++) {
        struct wire *wire = wire_new();
        struct scene scene;
        int i;

        scene_begin(&scene);
        add_head(wire);
        for (i = 0; i < (kind == 0 ? 3 : 1); i++)
            add_record(wire, FCGI_STDIN, body, sizeof(body));
        if (kind == 1)
            add_begin(wire);
        if (kind == 3)
            add_record(wire, FCGI_STDIN, NULL, 0);
        if (kind == 3)
            add_begin(wire);
        scene_put(&scene, wire, 0, wire->length);
        wire_free(wire);
        if (kind == 2) {
            cr_expect_eq(scene_advance(&scene), FASTCGI_WAIT_BODY);
            cr_expect_eq(fastcgi_connection_expire(&scene.connection), FASTCGI_WAIT_CLOSE);
        } else {
            cr_expect_eq(scene_advance(&scene), FASTCGI_WAIT_CLOSE, "kind %d", kind);
        }
        cr_expect_eq(scene_look_now(&scene).ends, 1);
        cr_expect(scene_has_ended(&scene));
        cr_expect_eq(scene_advance(&scene), FASTCGI_WAIT_CLOSE);
        cr_expect_eq(fastcgi_connection_size(&scene.connection), 0, "it holds nothing any more");
        (void)shutdown(scene.theirs, SHUT_WR);
        cr_expect_eq(scene_advance(&scene), FASTCGI_CLOSED);
        scene_end(&scene);
    }
}

/* As above, but what is wrong comes after the answer was sent. */
Test(fastcgi_connection_end, a_body_that_goes_wrong_later_makes_an_end)
{
    static const char body[40000] = {0};
    int kind;

    for (kind = 0; kind < 3; kind++) {
        struct wire *wire = wire_new();
        struct scene scene;

        scene_begin(&scene);
        add_head(wire);
        cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_WAIT_BODY);
        wire = wire_new();
        if (kind == 0)
            add_begin(wire);
        if (kind == 1)
            add_record(wire, FCGI_STDIN, NULL, 0);
        add_record(wire, FCGI_STDIN, body, sizeof(body));
        if (kind == 2)
            add_record(wire, FCGI_STDIN, body, sizeof(body));
        cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_WAIT_CLOSE, "kind %d", kind);
        cr_expect_eq(scene_look_now(&scene).ends, 1, "kind %d", kind);
        cr_expect(scene_has_ended(&scene));
        cr_expect_eq(scene.answered, 1);
        scene_end(&scene);
    }
}

Test(fastcgi_connection_end, what_comes_after_our_end_is_bounded)
{
    static const char body[60000] = {0};
    struct wire *wire = wire_new();
    struct scene scene;

    scene_begin(&scene);
    add_request(wire);
    add_begin(wire);
    cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_WAIT_CLOSE);
    wire = wire_new();
    add_record(wire, FCGI_STDIN, body, sizeof(body));
    cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_WAIT_CLOSE);
    wire = wire_new();
    add_record(wire, FCGI_STDIN, body, sizeof(body));
    cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_CLOSED);
    cr_expect_eq(scene.answered, 1);
    scene_end(&scene);
}

Test(fastcgi_connection_end, a_connection_that_is_not_to_be_kept_is_closed)
{
    struct wire *wire = wire_new();
    struct scene scene;

    scene_begin(&scene);
    add_request(wire);
    wire->bytes[8 + 2] = 0;
    cr_expect_eq(scene_send_wire(&scene, wire), FASTCGI_CLOSED);
    cr_expect_eq(scene_look_now(&scene).ends, 1);
    scene_end(&scene);
}

Test(fastcgi_connection_end, a_peer_that_leaves_ends_it)
{
    struct wire *wire = wire_new();
    struct scene scene;

    scene_begin(&scene);
    (void)shutdown(scene.theirs, SHUT_WR);
    cr_expect_eq(scene_advance(&scene), FASTCGI_CLOSED);
    scene_end(&scene);
    scene_begin(&scene);
    add_head(wire);
    scene_put(&scene, wire, 0, 20);
    (void)shutdown(scene.theirs, SHUT_WR);
    cr_expect_eq(scene_advance(&scene), FASTCGI_WAIT_HEAD);
    cr_expect_eq(scene_advance(&scene), FASTCGI_CLOSED);
    cr_expect_eq(scene_look_now(&scene).records, 0);
    scene_end(&scene);
    scene_begin(&scene);
    scene_put(&scene, wire, 0, wire->length);
    add_record(wire, FCGI_STDIN, NULL, 0);
    scene_put(&scene, wire, wire->length - 8, 8);
    (void)close(scene.theirs);
    cr_expect_eq(scene_advance(&scene), FASTCGI_CLOSED, "nobody takes the answer");
    scene.theirs = -1;
    scene_end(&scene);
    scene_begin(&scene);
    scene.length = 1000000;
    cr_expect_eq(scene_send_request(&scene), FASTCGI_WAIT_SEND);
    (void)close(scene.theirs);
    cr_expect_eq(scene_advance(&scene), FASTCGI_CLOSED);
    scene.theirs = -1;
    scene_end(&scene);
    wire_free(wire);
}

/* What that means is for who answers to say. */
Test(fastcgi_connection_end, the_end_spares_a_request_that_has_come)
{
    struct wire *wire = wire_new();
    struct scene scene;

    scene_begin(&scene);
    cr_expect_eq(fastcgi_connection_end(&scene.connection), FASTCGI_WAIT_CLOSE);
    cr_expect(scene_has_ended(&scene));
    scene_end(&scene);
    scene_begin(&scene);
    add_request(wire);
    scene_put(&scene, wire, 0, wire->length);
    cr_expect_eq(fastcgi_connection_end(&scene.connection), FASTCGI_WAIT_REQUEST);
    cr_expect_eq(scene_advance(&scene), FASTCGI_WAIT_REQUEST);
    cr_expect_eq(scene.answered, 1);
    scene_end(&scene);
    wire_free(wire);
}
