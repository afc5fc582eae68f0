/* SPDX-License-Identifier: ISC */
#include "fastcgi/fastcgi_reader.h"
#include "unit/fastcgi/records.h"

#include <criterion/criterion.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>

/* Feeds all of it, `step` bytes at a time, until something is to be done. */
static enum fastcgi_read feed(
    struct fastcgi_reader *reader, const struct wire *wire, size_t *from, size_t step)
{
    enum fastcgi_read result = FASTCGI_READ_MORE;

    while (result == FASTCGI_READ_MORE && *from < wire->length) {
        size_t part = wire->length - *from < step ? wire->length - *from : step;
        unsigned char *copy = malloc(part); /* so that a sanitizer sees what is read beyond */
        const unsigned char *at = copy;

        memcpy(copy, wire->bytes + *from, part);
        result = fastcgi_reader_feed(reader, &at, copy + part);
        *from += (size_t)(at - copy);
        free(copy);
    }
    return result;
}

static enum fastcgi_read feed_all(struct fastcgi_reader *reader, const struct wire *wire)
{
    size_t from = 0;

    return feed(reader, wire, &from, wire->length);
}

static void expect(struct wire *wire, enum fastcgi_read expected, const char *what)
{
    static const size_t steps[] = {SIZE_MAX, 4096, 1};
    size_t i;

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct fastcgi_reader *reader = fastcgi_reader_new();
        size_t from = 0;
        enum fastcgi_read came = feed(reader, wire, &from, steps[i]);

        cr_expect_eq(came, expected, "%s: expected %d, came %d", what, expected, came);
        fastcgi_reader_free(reader);
    }
    wire_free(wire);
}

static void expect_parameters(const struct fastcgi_reader *reader, size_t step)
{
    char *const *parameters = fastcgi_reader_head(reader)->parameters;

    cr_assert_not_null(parameters);
    cr_expect_str_eq(parameters[0], "A=xy", "in steps of %zu", step);
    cr_expect_str_eq(parameters[1], "REQUEST_TYPE=GET", "in steps of %zu", step);
    cr_expect_null(parameters[2]);
}

Test(fastcgi_reader, a_request_is_the_same_however_its_bytes_come)
{
    struct wire *wire = wire_new();
    size_t step;

    add_request(wire);
    for (step = 1; step <= wire->length; step++) {
        struct fastcgi_reader *reader = fastcgi_reader_new();
        size_t from = 0;

        cr_expect(fastcgi_reader_is_idle(reader));
        cr_assert_eq(feed(reader, wire, &from, step), FASTCGI_READ_HEAD);
        cr_expect_eq(wire->length - from, 8, "STDIN is left");
        cr_expect_not(fastcgi_reader_is_idle(reader));
        cr_expect_eq(fastcgi_reader_head(reader)->request_id, 1);
        cr_expect_eq(fastcgi_reader_head(reader)->role, FCGI_RESPONDER);
        cr_expect(fastcgi_reader_head(reader)->keeps);
        expect_parameters(reader, step);
        cr_assert_eq(feed(reader, wire, &from, step), FASTCGI_READ_BODY);
        cr_expect_eq(from, wire->length);
        fastcgi_reader_free(reader);
    }
    wire_free(wire);
}

Test(fastcgi_reader, no_part_of_a_request_is_a_request)
{
    struct wire *wire = wire_new();
    size_t whole, cut;

    add_head(wire);
    whole = wire->length;
    for (cut = 1; cut < whole; cut++) {
        struct fastcgi_reader *reader = fastcgi_reader_new();

        wire->length = cut;
        cr_expect_eq(feed_all(reader, wire), FASTCGI_READ_MORE, "after %zu bytes", cut);
        cr_expect_not(fastcgi_reader_is_idle(reader), "after %zu bytes", cut);
        fastcgi_reader_free(reader);
    }
    wire_free(wire);
}

Test(fastcgi_reader, what_comes_after_the_end_of_stdin_is_left)
{
    struct wire *wire = wire_new();
    struct fastcgi_reader *reader = fastcgi_reader_new();
    size_t from = 0, whole;

    add_request(wire);
    whole = wire->length;
    add_begin(wire);
    cr_assert_eq(feed(reader, wire, &from, SIZE_MAX), FASTCGI_READ_HEAD);
    cr_assert_eq(feed(reader, wire, &from, SIZE_MAX), FASTCGI_READ_BODY);
    cr_expect_eq(from, whole);
    fastcgi_reader_free(reader);
    wire_free(wire);
}

Test(fastcgi_reader, params_may_be_cut_into_records_at_every_byte)
{
    static const char params[] = "\1\2Axy\14\3REQUEST_TYPEGET";
    size_t cut;

    for (cut = 1; cut < 22; cut++) {
        struct wire *wire = wire_new();
        struct fastcgi_reader *reader = fastcgi_reader_new();

        add_begin(wire);
        add_record_of(wire, FCGI_PARAMS, 1, params, cut, 7);
        add_record_of(wire, FCGI_PARAMS, 1, params + cut, 22 - cut, 1);
        add_record_of(wire, FCGI_PARAMS, 1, NULL, 0, 255);
        cr_assert_eq(feed_all(reader, wire), FASTCGI_READ_HEAD, "cut at %zu", cut);
        expect_parameters(reader, cut);
        fastcgi_reader_free(reader);
        wire_free(wire);
    }
}

Test(fastcgi_reader, lengths_that_parameters_claim_must_fit_what_came)
{
    static const struct {
        const char *what;
        const char *bytes;
        size_t length;
        enum fastcgi_read expected;
    } cases[] = {
        {"no parameters", "", 0, FASTCGI_READ_HEAD},
        {"an empty value", "\1\0A", 3, FASTCGI_READ_HEAD},
        {"four-byte lengths", "\x80\0\0\1\x80\0\0\1Ax", 10, FASTCGI_READ_HEAD},
        {"an empty name", "\0\1x", 3, FASTCGI_READ_WRONG},
        {"a name longer than what came", "\5\0A", 3, FASTCGI_READ_WRONG},
        {"a value longer than what came", "\1\5Ax", 4, FASTCGI_READ_WRONG},
        {"2^31-1 bytes of value",
            "\1\xFF\xFF\xFF\xFF"
            "A",
            6, FASTCGI_READ_WRONG},
        {"2^31-1 bytes of name and value",
            "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
            "A",
            9, FASTCGI_READ_WRONG},
        {"a length that is cut off", "\1\x80\0", 3, FASTCGI_READ_WRONG},
        {"a length whose first byte looks like a name", "\1\x80", 2, FASTCGI_READ_WRONG},
        {"a name alone", "\1", 1, FASTCGI_READ_WRONG},
        {"an equals sign in a name", "\3\1A=Bx", 6, FASTCGI_READ_WRONG},
        {"NUL in a name", "\2\1A\0x", 5, FASTCGI_READ_WRONG},
        {"NUL in a value", "\1\3Ax\0y", 6, FASTCGI_READ_WRONG},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wire *wire = wire_new();

        add_begin(wire);
        if (cases[i].length > 0)
            add_record(wire, FCGI_PARAMS, cases[i].bytes, cases[i].length);
        add_record(wire, FCGI_PARAMS, NULL, 0);
        expect(wire, cases[i].expected, cases[i].what);
    }
}

/* One parameter whose name and value take `total` bytes with their lengths, in records. */
static struct wire *make_large(size_t total)
{
    struct wire *wire = wire_new();
    unsigned char *params = malloc(total);
    size_t value = total - 6, done = 0;

    memset(params, 'x', total);
    params[0] = 1;
    params[1] = (unsigned char)(0x80 | value >> 24);
    params[2] = (unsigned char)(value >> 16);
    params[3] = (unsigned char)(value >> 8);
    params[4] = (unsigned char)value;
    add_begin(wire);
    while (done < total) {
        size_t part = total - done < 65535 ? total - done : 65535;

        add_record(wire, FCGI_PARAMS, params + done, part);
        done += part;
    }
    add_record(wire, FCGI_PARAMS, NULL, 0);
    free(params);
    return wire;
}

Test(fastcgi_reader, params_of_256_KiB_are_taken_and_a_byte_more_is_refused)
{
    struct wire *wire = make_large(FASTCGI_MAX_PARAMS);
    struct fastcgi_reader *reader = fastcgi_reader_new();

    cr_assert_eq(feed_all(reader, wire), FASTCGI_READ_HEAD);
    cr_expect_eq(strlen(fastcgi_reader_head(reader)->parameters[0]), FASTCGI_MAX_PARAMS - 6 + 2);
    cr_expect_null(fastcgi_reader_head(reader)->parameters[1]);
    fastcgi_reader_free(reader);
    wire_free(wire);
    expect(make_large(FASTCGI_MAX_PARAMS + 1), FASTCGI_READ_WRONG, "a byte too much");
}

Test(fastcgi_reader, what_a_record_claims_takes_no_memory_before_it_comes)
{
    struct wire *wire = wire_new();
    struct fastcgi_reader *reader = fastcgi_reader_new();
    char content[65535] = {0};

    add_begin(wire);
    add_record(wire, FCGI_PARAMS, content, sizeof(content));
    wire->length -= sizeof(content) - 100;
    cr_assert_eq(feed_all(reader, wire), FASTCGI_READ_MORE);
    cr_expect_lt(fastcgi_reader_size(reader), 1000);
    fastcgi_reader_free(reader);
    wire_free(wire);
}

Test(fastcgi_reader, parameters_are_limited_in_number)
{
    int i, extra;

    for (extra = 0; extra < 2; extra++) {
        struct wire *wire = wire_new();

        add_begin(wire);
        for (i = 0; i < FASTCGI_MAX_PARAMETERS + extra; i += 1024) {
            unsigned char pairs[3 * 1024];
            int count = FASTCGI_MAX_PARAMETERS + extra - i < 1024
                            ? FASTCGI_MAX_PARAMETERS + extra - i
                            : 1024;
            int j;

            for (j = 0; j < count; j++)
                memcpy(pairs + 3 * j, "\1\0A", 3);
            add_record(wire, FCGI_PARAMS, pairs, (size_t)(3 * count));
        }
        add_record(wire, FCGI_PARAMS, NULL, 0);
        expect(wire, extra == 0 ? FASTCGI_READ_HEAD : FASTCGI_READ_WRONG, "many parameters");
    }
}

Test(fastcgi_reader, what_is_no_request_is_wrong)
{
    struct wire *wire = wire_new();
    int i;

    add_request(wire);
    wire->bytes[0] = 2;
    expect(wire, FASTCGI_READ_WRONG, "version 2");
    wire = wire_new();
    add_record(wire, FCGI_PARAMS, "\1\0A", 3);
    expect(wire, FASTCGI_READ_WRONG, "PARAMS before BEGIN_REQUEST");
    wire = wire_new();
    add_begin(wire);
    add_begin(wire);
    expect(wire, FASTCGI_READ_WRONG, "a second BEGIN_REQUEST");
    wire = wire_new();
    add_begin(wire);
    add_record_of(wire, FCGI_PARAMS, 2, "\1\0A", 3, 0);
    expect(wire, FASTCGI_READ_WRONG, "PARAMS of another request");
    wire = wire_new();
    add_record_of(wire, FCGI_BEGIN_REQUEST, 0, "\0\1\1\0\0\0\0\0", 8, 0);
    expect(wire, FASTCGI_READ_WRONG, "a request with the null id");
    wire = wire_new();
    add_begin(wire);
    add_record(wire, FCGI_ABORT_REQUEST, NULL, 0);
    expect(wire, FASTCGI_READ_WRONG, "aborted before it was whole");
    wire = wire_new();
    for (i = 0; i < 5000; i++)
        add_record(wire, FCGI_ABORT_REQUEST, NULL, 0);
    expect(wire, FASTCGI_READ_WRONG, "no end of records without a request");
}

Test(fastcgi_reader, a_late_abort_is_passed_over_and_get_values_is_told)
{
    struct wire *wire = wire_new();
    struct fastcgi_reader *reader = fastcgi_reader_new();
    size_t from = 0;

    add_record(wire, FCGI_ABORT_REQUEST, NULL, 0);
    add_record_of(wire, FCGI_GET_VALUES, 0, "\17\0FCGI_MPXS_CONNS", 17, 0);
    cr_assert_eq(feed(reader, wire, &from, SIZE_MAX), FASTCGI_READ_VALUES);
    cr_expect_eq(from, wire->length);
    cr_expect(fastcgi_reader_is_idle(reader));
    add_request(wire);
    cr_assert_eq(feed(reader, wire, &from, SIZE_MAX), FASTCGI_READ_HEAD);
    fastcgi_reader_free(reader);
    wire_free(wire);
}

Test(fastcgi_reader, a_body_is_bounded_and_nothing_else_may_come_within_it)
{
    static const char body[FASTCGI_MAX_STDIN / 2] = {0};
    static const struct {
        size_t bytes;
        int ended_by; /* 0: not at all */
        enum fastcgi_read expected;
    } cases[] = {{0, FCGI_STDIN, FASTCGI_READ_BODY},
        {FASTCGI_MAX_STDIN, FCGI_STDIN, FASTCGI_READ_BODY},
        {FASTCGI_MAX_STDIN + 1, FCGI_STDIN, FASTCGI_READ_WRONG},
        {FASTCGI_MAX_STDIN, 0, FASTCGI_READ_MORE},
        {FASTCGI_MAX_STDIN, FCGI_GET_VALUES, FASTCGI_READ_WRONG},
        {0, FCGI_ABORT_REQUEST, FASTCGI_READ_WRONG}, {0, FCGI_BEGIN_REQUEST, FASTCGI_READ_WRONG},
        {0, FCGI_PARAMS, FASTCGI_READ_WRONG}};
    size_t i, done;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wire *wire = wire_new();
        struct fastcgi_reader *reader = fastcgi_reader_new();
        size_t from = 0;
        enum fastcgi_read came;

        add_head(wire);
        for (done = 0; done < cases[i].bytes; done += sizeof(body))
            add_record(wire, FCGI_STDIN, body, sizeof(body));
        if (cases[i].ended_by != 0)
            add_record(wire, cases[i].ended_by, NULL, 0);
        cr_assert_eq(feed(reader, wire, &from, SIZE_MAX), FASTCGI_READ_HEAD);
        came = feed(reader, wire, &from, SIZE_MAX);
        cr_expect_eq(came, cases[i].expected, "case %zu: came %d", i, came);
        fastcgi_reader_free(reader);
        wire_free(wire);
    }
}
