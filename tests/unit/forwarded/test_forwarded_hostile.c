/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "forwarded/forwarded.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Mutated input, and failed allocations. */

static struct sample leaf, ca;

static void set_up(void)
{
    leaf = sample_make("CN=Dan");
    ca = sample_make("CN=CA");
}

static void tear_down(void)
{
    sample_free(&leaf);
    sample_free(&ca);
}

TestSuite(forwarded_hostile, .init = set_up, .fini = tear_down);

/* Always the same numbers, so that a failure comes again (xorshift, Marsaglia 2003). */
static uint32_t next_number(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void mutate(char *value, uint32_t *state)
{
    static const char letters[] = "-+%=:;,\"\\ \n\tAB0/z\x01\xFF";
    size_t length = strlen(value), i, at, from, count = 1 + next_number(state) % 4;

    for (i = 0; i < count && length > 1; i++) {
        at = next_number(state) % length;
        from = next_number(state) % length;
        switch (next_number(state) % 3) {
        case 0:
            value[at] = letters[next_number(state) % (sizeof(letters) - 1)];
            break;
        case 1:
            value[at] = value[from];
            break;
        default:
            memmove(value + at, value + at + 1, length - at);
            length--;
        }
    }
}

/* Whatever comes out fits together; a certificate has the outer shape of one. */
static void expect_sound(struct forwarded *forwarded, const char *value)
{
    size_t length = forwarded->leaf.length;
    bool present = forwarded->status == FORWARDED_PRESENT;

    cr_assert_neq(forwarded->status, FORWARDED_FAILED, "%s", value);
    cr_assert_eq(present, forwarded->leaf.data != NULL, "%s", value);
    cr_assert(present || forwarded->chain_count == 0, "%s", value);
    cr_assert_eq(
        forwarded->status == FORWARDED_MALFORMED, forwarded->reason[0] != '\0', "%s", value);
    cr_assert(!present ||
                  (length > 4 && length <= CERTIFICATE_MAX_DER && forwarded->leaf.data[0] == 0x30),
        "%s", value);
    forwarded_free(forwarded);
}

Test(forwarded_hostile, whatever_is_done_to_a_value_is_told_without_a_fault)
{
    static const char *const trusted[] = {"X", "X:url-pem-chain", "X:base64-der-chain", "X:rfc9440",
        "X:rfc9440-chain", "X:xfcc", "X:traefik"};
    char *values[] = {format("%s", leaf.pem), format("%s%s", leaf.url, ca.url),
        base64_of_both(&leaf, &ca), format(":%s:", leaf.base64),
        format(":%s:, :%s:", leaf.base64, ca.base64),
        format("By=a;Cert=\"%s\",Chain=\"%s%s\"", ca.url, leaf.url, ca.url),
        format("%s,%s", leaf.base64, ca.base64)};
    uint32_t state = 20240229;
    size_t i, round;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        for (round = 0; round < 2000; round++) {
            char *value = format("HTTP_X=%s", values[i]), *parameters[2] = {value, NULL};
            struct forwarded forwarded;

            mutate(value + strlen("HTTP_X="), &state);
            read_with(parameters, trusted[i], 0, &forwarded);
            expect_sound(&forwarded, value);
            forwarded_decode_value(value + 7, strlen(value + 7), &forwarded);
            expect_sound(&forwarded, value);
            free(value);
        }
        free(values[i]);
    }
}

/* Each case is everything that allocates. */
static void torture(char *const *parameters, const char *words, bool and_after)
{
    struct forwarded_options options = {.headers = NULL};
    struct forwarded forwarded;
    unsigned long nth, count;
    size_t chain;

    cr_assert(words == NULL || forwarded_options_add(&options, words, NULL));
    alloc_watch_fail_at(0, false);
    forwarded_read(parameters, &options, &forwarded);
    count = alloc_watch_count();
    chain = forwarded.chain_count;
    cr_assert_eq(forwarded.status, FORWARDED_PRESENT, "%s", forwarded.reason);
    cr_assert_gt(count, 1, "the watch does not see the allocations");
    forwarded_free(&forwarded);
    for (nth = 1; nth <= count; nth++) {
        alloc_watch_fail_at(nth, and_after);
        forwarded_read(parameters, &options, &forwarded);
        alloc_watch_fail_at(0, false);
        cr_expect_eq(forwarded.status, FORWARDED_FAILED, "allocation %lu of %lu: status %d, %s",
            nth, count, (int)forwarded.status, forwarded.reason);
        cr_expect(forwarded.leaf.data == NULL && forwarded.chain_count == 0);
        cr_expect_str_eq(forwarded.source, "");
        cr_expect(forwarded.has_front_verify, "the front's word needs no memory");
        cr_expect_eq(ERR_peek_error(), 0, "libcrypto's error queue is not empty");
        forwarded_free(&forwarded);
    }
    forwarded_read(parameters, &options, &forwarded);
    cr_expect_eq(forwarded.chain_count, chain, "the next request is not as normal");
    forwarded_free(&forwarded);
    forwarded_options_free(&options);
}

static void torture_all(bool and_after)
{
    char verify[] = "SSL_CLIENT_VERIFY=SUCCESS";
    char *both = base64_of_both(&ca, &leaf);
    const struct {
        const char *words;
        char *one, *two, *three;
    } cases[] = {
        {NULL, format("SSL_CLIENT_CERT=%s", leaf.pem), format("SSL_CLIENT_CERT_CHAIN_0=%s", ca.pem),
            NULL},
        {NULL, format("SSL_CLIENT_CERT=%s", leaf.url), format("SSL_CLIENT_CERT_CHAIN=%s", both),
            NULL},
        {"Client-Cert", format("HTTP_CLIENT_CERT=:%s:", leaf.base64),
            format("HTTP_CLIENT_CERT_CHAIN=:%s:", ca.base64),
            format("HTTP_CLIENT_CERT_CHAIN=:%s:", ca.base64)},
        {"X:xfcc", format("HTTP_X=Cert=%s;Chain=%s%s", leaf.url, leaf.url, ca.url), NULL, NULL},
        {"X:traefik", format("HTTP_X=%s,%s", leaf.base64, ca.base64), NULL, NULL},
        {"X", format("SSL_CLIENT_CERT=%s", leaf.pem), format("HTTP_X=%s", leaf.base64), NULL},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *parameters[] = {verify, cases[i].one, cases[i].two, cases[i].three, NULL};

        torture(parameters, cases[i].words, and_after);
        free(cases[i].one);
        free(cases[i].two);
        free(cases[i].three);
    }
    free(both);
}

Test(forwarded_hostile, an_allocation_that_fails_is_never_told_as_malformed_or_absent)
{
    torture_all(false);
}

Test(forwarded_hostile, want_of_memory_from_some_point_on_is_never_told_as_malformed_or_absent)
{
    torture_all(true);
}

Test(forwarded_hostile, want_of_memory_while_naming_headers_is_told_as_such)
{
    struct forwarded_options options = {.headers = NULL};
    struct error error = {.kind = ERROR_NONE};
    unsigned long nth;

    for (nth = 1; nth <= 2; nth++) {
        alloc_watch_fail_at(nth, false);
        cr_expect_not(forwarded_options_add(&options, "Client-Cert", &error));
        alloc_watch_fail_at(0, false);
        cr_expect_eq(error.kind, ERROR_MEMORY, "allocation %lu: %s", nth, error.text);
        forwarded_options_free(&options);
    }
}
