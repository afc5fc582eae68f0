/* SPDX-License-Identifier: ISC */
#include "unit/base/memory_fault.h"
#include "unit/fastcgi/connection_scene.h"

#include <criterion/criterion.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>

/* More than a socket takes at once, and in several records. */
#define LONG_ANSWER 900000

/* Whether END_REQUEST is among the bytes; the answer's are all x. */
static bool has_end(const struct got *got)
{
    static const unsigned char end[FCGI_HEADER_LEN] = {1, FCGI_END_REQUEST, 0, 1, 0, 8};

    return got->length > 0 && memmem(got->bytes, got->length, end, sizeof(end)) != NULL;
}

/* Has one request answered. What is not whole has no end, and its connection is closed. Returns
 * how many allocations there were. */
static unsigned long answer_one(struct scene *scene, unsigned long nth, bool and_after)
{
    struct wire *wire = wire_new();
    struct got got = {.bytes = NULL};
    enum fastcgi_wait wait;
    unsigned long count;

    add_request(wire);
    scene_put(scene, wire, 0, wire->length);
    wire_free(wire);
    memory_fault_at(nth, and_after);
    wait = scene_advance(scene);
    count = memory_fault_count();
    memory_fault_at(0, false);
    while (wait == FASTCGI_WAIT_SEND) {
        scene_receive(scene, &got);
        wait = scene_advance(scene);
    }
    scene_receive(scene, &got);
    if (wait == FASTCGI_CLOSED) {
        cr_expect(nth > 0 && nth <= count, "closed without a reason");
        cr_expect_not(has_end(&got), "allocation %lu", nth);
        free(got.bytes);
    } else {
        got = scene_look(scene, got);
        cr_expect_eq(wait, FASTCGI_WAIT_REQUEST, "allocation %lu", nth);
        cr_expect_eq(got.stdout_bytes, strlen(scene->words) + scene->length, "allocation %lu", nth);
        cr_expect_eq(got.ends, 1, "allocation %lu", nth);
        cr_expect_eq(scene->parameters, 2, "allocation %lu", nth);
    }
    return count;
}

/* Each allocation of an answer fails in turn, or it and all that follow. */
static void fail_each(size_t length, bool flush)
{
    unsigned long nth, count = 1;
    int and_after;

    for (nth = 0; nth <= count; nth++) {
        for (and_after = 0; and_after < 2; and_after++) {
            struct scene scene;
            unsigned long seen;

            scene_begin(&scene);
            scene.length = length;
            scene.flush = flush;
            seen = answer_one(&scene, nth, and_after != 0);
            count = nth == 0 ? seen : count;
            scene_reconnect(&scene);
            (void)answer_one(&scene, 0, false);
            scene_end(&scene);
        }
    }
    cr_expect_gt(count, 3);
}

Test(fastcgi_connection_memory, a_short_answer_is_whole_or_has_no_end)
{
    fail_each(0, false);
    fail_each(0, true);
}

Test(fastcgi_connection_memory, a_long_answer_is_whole_or_has_no_end)
{
    fail_each(LONG_ANSWER, false);
    fail_each(LONG_ANSWER, true);
}
