/* SPDX-License-Identifier: ISC */
#include "fastcgi/fastcgi_writer.h"

#include <criterion/criterion.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>

static struct fastcgi_writer its, *writer = &its;

static void end(void)
{
    fastcgi_writer_end(writer);
}

TestSuite(fastcgi_writer, .fini = end);

/* What is flushed: its STDOUT bytes with `|` behind each record, `!` for END_REQUEST. All are of
 * this request. */
static void expect_flushed(unsigned request_id, bool end_it, const char *wanted)
{
    char came[256] = "", *words = came;
    size_t length = 0, at = 0;
    const unsigned char *bytes = fastcgi_writer_flush(writer, end_it, &length);

    cr_assert_not_null(bytes);
    while (at < length) {
        size_t content = (size_t)bytes[at + 4] << 8 | bytes[at + 5];

        cr_assert_leq(at + FCGI_HEADER_LEN + content + bytes[at + 6], length);
        cr_expect_eq((unsigned)bytes[at + 2] << 8 | bytes[at + 3], request_id);
        if (bytes[at + 1] == FCGI_STDOUT) {
            words = mempcpy(words, bytes + at + FCGI_HEADER_LEN, content);
            *words++ = '|';
        } else if (bytes[at + 1] == FCGI_END_REQUEST) {
            *words++ = '!';
        }
        at += FCGI_HEADER_LEN + content + bytes[at + 6];
    }
    *words = '\0';
    cr_expect_str_eq(came, wanted, "expected %s, came %s", wanted, came);
}

static bool put(const char *words)
{
    return fastcgi_writer_write(writer, words, strlen(words));
}

static bool ends(void)
{
    size_t length;

    return fastcgi_writer_flush(writer, true, &length) != NULL;
}

Test(fastcgi_writer, an_answer_is_one_record_the_end_of_stdout_and_the_end)
{
    fastcgi_writer_begin(writer, 1);
    cr_expect(put("one "));
    cr_expect(put("two"));
    expect_flushed(1, true, "one two||!");
}

Test(fastcgi_writer, what_is_flushed_comes_once_and_before_the_end)
{
    fastcgi_writer_begin(writer, 0x1234);
    cr_expect(put("one"));
    expect_flushed(0x1234, false, "one|");
    expect_flushed(0x1234, false, "");
    cr_expect(put("two"));
    expect_flushed(0x1234, true, "two||!");
    fastcgi_writer_begin(writer, 1);
    cr_expect(put("one"));
    expect_flushed(1, false, "one|");
    expect_flushed(1, true, "|!");
}

/* lighttpd takes END_REQUEST without output for a yes of an authorizer. */
Test(fastcgi_writer, an_answer_without_output_is_never_ended)
{
    fastcgi_writer_begin(writer, 1);
    cr_expect_not(ends());
    fastcgi_writer_begin(writer, 1);
    expect_flushed(1, false, "");
    cr_expect_not(ends());
}

Test(fastcgi_writer, an_answer_that_is_too_long_is_refused_and_the_next_one_is_not)
{
    char *large = calloc(1, FASTCGI_MAX_ANSWER + 1);

    fastcgi_writer_begin(writer, 1);
    cr_expect_not(fastcgi_writer_write(writer, large, FASTCGI_MAX_ANSWER + 1));
    cr_expect_not(put("x"), "the failure stays");
    cr_expect_not(ends());
    fastcgi_writer_begin(writer, 2);
    cr_expect(put("x"));
    expect_flushed(2, true, "x||!");
    free(large);
}

Test(fastcgi_writer, nothing_of_an_answer_that_was_given_up_gets_into_the_next)
{
    fastcgi_writer_begin(writer, 1);
    cr_expect(put("secret"));
    fastcgi_writer_begin(writer, 2);
    cr_expect(put("x"));
    expect_flushed(2, true, "x||!");
}

/* Joins the STDOUT contents of records, all of which are padded, into `to`; returns their length.
 */
static size_t join(const unsigned char *bytes, size_t length, unsigned char *to, size_t *records)
{
    size_t at = 0, joined = 0;

    for (*records = 0; at < length; ++*records) {
        size_t content = (size_t)bytes[at + 4] << 8 | bytes[at + 5];

        cr_assert_eq((content + bytes[at + 6]) % 8, 0);
        if (bytes[at + 1] == FCGI_STDOUT)
            memcpy(to + joined, bytes + at + FCGI_HEADER_LEN, content);
        joined += bytes[at + 1] == FCGI_STDOUT ? content : 0;
        at += FCGI_HEADER_LEN + content + bytes[at + 6];
    }
    cr_expect_eq(at, length);
    return joined;
}

/* Lengths around those at which a record is full and memory grows, in pieces of some bytes. */
Test(fastcgi_writer, a_long_answer_comes_whole_in_several_records)
{
    static const size_t lengths[] = {32767, 32768, 32769, 65536, 100001, 1000000};
    static unsigned char sent[1000000], came[sizeof(sent)];
    size_t i, at;

    for (i = 0; i < sizeof(sent); i++)
        sent[i] = (unsigned char)(i * 31 >> 3);
    for (i = 0; i < 2 * sizeof(lengths) / sizeof(lengths[0]); i++) {
        const size_t wanted = lengths[i / 2], piece = i % 2 == 0 ? wanted : 999;
        const unsigned char *bytes;
        size_t length = 0, records = 0;

        fastcgi_writer_begin(writer, 7);
        for (at = 0; at < wanted; at += piece)
            cr_assert(
                fastcgi_writer_write(writer, sent + at, piece < wanted - at ? piece : wanted - at));
        bytes = fastcgi_writer_flush(writer, true, &length);
        cr_assert_not_null(bytes);
        cr_assert_eq(join(bytes, length, came, &records), wanted);
        cr_expect_eq(memcmp(came, sent, wanted), 0);
        cr_expect_eq(records, (wanted + 32767) / 32768 + 2);
    }
}

/* Wherever the memory ends that there is: its size is doubled. */
Test(fastcgi_writer, pieces_that_are_too_long_together_are_refused)
{
    static const char piece[1000];
    size_t written = 0;

    fastcgi_writer_begin(writer, 1);
    while (written < 2 * FASTCGI_MAX_ANSWER && fastcgi_writer_write(writer, piece, sizeof(piece)))
        written += sizeof(piece);
    cr_expect_geq(written, FASTCGI_MAX_ANSWER - 65536);
    cr_expect_leq(written, FASTCGI_MAX_ANSWER + 65536, "%zu bytes were taken", written);
    cr_expect_not(ends());
}

Test(fastcgi_writer, the_end_of_a_request_is_complete_with_its_number)
{
    static const unsigned char wanted[FASTCGI_END_BYTES] = {
        1, 6, 1, 2, 0, 0, 0, 0, 1, 3, 1, 2, 0, 8};
    unsigned char bytes[FASTCGI_END_BYTES];

    fastcgi_write_end(bytes, 0x0102);
    cr_expect_eq(memcmp(bytes, wanted, sizeof(wanted)), 0);
}
