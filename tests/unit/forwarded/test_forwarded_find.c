/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"
#include "forwarded/forwarded.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What is read from a request's variables when no header is trusted. */

#define SHORT_CHAIN 3
static struct sample leaf, other, link[CERTIFICATE_MAX_CHAIN + 1];

static void set_up(void)
{
    size_t i;

    leaf = sample_make("CN=Dan");
    other = sample_make("CN=Eve");
    for (i = 0; i < sizeof(link) / sizeof(link[0]); i++)
        link[i] = sample_make("CN=CA");
}

static void tear_down(void)
{
    size_t i;

    sample_free(&leaf);
    sample_free(&other);
    for (i = 0; i < sizeof(link) / sizeof(link[0]); i++)
        sample_free(&link[i]);
}

TestSuite(forwarded_find, .init = set_up, .fini = tear_down);

/* Parameters under construction; add takes ownership of nothing, the strings are made anew. */
struct parameters {
    char *items[40];
    size_t count;
};

static void add(struct parameters *parameters, const char *name, const char *value)
{
    cr_assert_lt(parameters->count, 39);
    parameters->items[parameters->count++] = format("%s=%s", name, value);
    parameters->items[parameters->count] = NULL;
}

static struct forwarded read_and_free(struct parameters *parameters, const char *trusted)
{
    struct forwarded forwarded;
    size_t i;

    memset(&forwarded, 0xA5, sizeof(forwarded)); /* it need not be zeroed */
    read_with(parameters->items, trusted, 0, &forwarded);
    for (i = 0; i < parameters->count; i++)
        free(parameters->items[i]);
    *parameters = (struct parameters){.count = 0};
    return forwarded;
}

Test(forwarded_find, the_certificate_is_found_wherever_it_stands)
{
    struct parameters parameters = {.count = 0};
    struct forwarded forwarded;

    forwarded = read_and_free(&parameters, NULL);
    expect_absent(&forwarded, "no parameters");
    add(&parameters, "GATEWAY_INTERFACE", "CGI/1.1");
    add(&parameters, "SSL_CLIENT_CERT", leaf.pem);
    add(&parameters, "SSL_CLIENT_CERT_RFC4523_CEA", "{ serialNumber 1 }");
    add(&parameters, "SSL_CLIENT_VERIFY", "SUCCESS");
    forwarded = read_and_free(&parameters, NULL);
    cr_expect(forwarded.has_front_verify);
    cr_expect_str_eq(forwarded.front_verify, "SUCCESS");
    expect_present(&forwarded, "Apache", "SSL_CLIENT_CERT", &leaf, NULL);
    parameters.items[parameters.count++] = format("no equals sign");
    add(&parameters, "", leaf.pem);
    add(&parameters, "SSL_CLIENT_CER", leaf.pem);
    add(&parameters, "SSL_CLIENT_CERTS", leaf.pem);
    add(&parameters, "ssl_client_cert", leaf.pem);
    forwarded = read_and_free(&parameters, NULL);
    expect_absent(&forwarded, "other names");
    add(&parameters, "SSL_CLIENT_CERT", "");
    add(&parameters, "SSL_CLIENT_VERIFY", "NONE");
    forwarded = read_and_free(&parameters, NULL);
    cr_expect_str_eq(forwarded.front_verify, "NONE");
    expect_absent(&forwarded, "nginx without a certificate");
}

Test(forwarded_find, headers_are_the_clients_unless_named)
{
    static const char *const names[] = {"HTTP_CLIENT_CERT", "HTTP_X_FORWARDED_CLIENT_CERT",
        "HTTP_SSL_CLIENT_CERT", "HTTP_X_FORWARDED_TLS_CLIENT_CERT", "HTTP_X_AMZN_MTLS_CLIENTCERT",
        "HTTP_CF_CLIENT_CERT_DER_BASE64", "HTTP_SSL_CLIENT_VERIFY", "REDIRECT_SSL_CLIENT_CERT"};
    struct parameters parameters = {.count = 0};
    struct forwarded forwarded;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        add(&parameters, names[i], leaf.pem);
    forwarded = read_and_free(&parameters, NULL);
    cr_expect_not(forwarded.has_front_verify);
    expect_absent(&forwarded, "no header is named");
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        add(&parameters, names[i], leaf.pem);
    forwarded = read_and_free(&parameters, "X-Other");
    expect_absent(&forwarded, "another header is named");
}

static char *numbered(size_t number)
{
    return format("SSL_CLIENT_CERT_CHAIN_%zu", number);
}

Test(forwarded_find, the_numbered_chain_is_read_in_the_order_of_its_numbers)
{
    static const size_t orders[][SHORT_CHAIN] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};
    const struct sample *const chain[] = {&link[0], &link[1], &link[2], NULL};
    struct parameters parameters = {.count = 0};
    struct forwarded forwarded;
    size_t i, j;

    for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        for (j = 0; j < SHORT_CHAIN; j++) {
            char *name = numbered(orders[i][j]);

            add(&parameters, name, link[orders[i][j]].pem);
            free(name);
        }
        add(&parameters, "SSL_CLIENT_CERT", leaf.pem);
        add(&parameters, "SSL_CLIENT_CERT_CHAIN_3", " ");
        add(&parameters, "SSL_CLIENT_CERT_CHAIN_X", other.pem);
        add(&parameters, "SSL_CLIENT_CERT_CHAIN_00", other.pem);
        add(&parameters, "SSL_CLIENT_CERT_CHAIN_", other.pem);
        forwarded = read_and_free(&parameters, NULL);
        expect_present(&forwarded, "three", "SSL_CLIENT_CERT", &leaf, chain);
    }
}

Test(forwarded_find, ten_certificates_are_a_chain_and_eleven_are_too_many)
{
    const struct sample *chain[CERTIFICATE_MAX_CHAIN + 1] = {NULL};
    struct parameters parameters = {.count = 0};
    struct forwarded forwarded;
    size_t count, i;

    for (count = CERTIFICATE_MAX_CHAIN; count <= CERTIFICATE_MAX_CHAIN + 1; count++) {
        add(&parameters, "SSL_CLIENT_CERT", leaf.pem);
        for (i = 0; i < count; i++) {
            char *name = numbered(i);

            add(&parameters, name, link[i].pem);
            free(name);
            if (i < CERTIFICATE_MAX_CHAIN)
                chain[i] = &link[i];
        }
        forwarded = read_and_free(&parameters, NULL);
        if (count == CERTIFICATE_MAX_CHAIN)
            expect_present(&forwarded, "ten", "SSL_CLIENT_CERT", &leaf, chain);
        else
            expect_malformed(&forwarded, "eleven", "more than 10 chain certificates");
    }
    add(&parameters, "SSL_CLIENT_CERT", leaf.pem);
    add(&parameters, "SSL_CLIENT_CERT_CHAIN_99999999999999999999999", link[0].pem);
    forwarded = read_and_free(&parameters, NULL);
    expect_malformed(&forwarded, "a number past any", "more than 10 chain certificates");
}

Test(forwarded_find, a_chain_that_cannot_be_believed_is_malformed)
{
    static const struct {
        const char *first, *second; /* names beside SSL_CLIENT_CERT; both hold PEM */
        const char *words;
    } cases[] = {
        {"SSL_CLIENT_CERT_CHAIN_1", "OTHER",
            "SSL_CLIENT_CERT_CHAIN_1: it came without "
            "SSL_CLIENT_CERT_CHAIN_0"},
        {"SSL_CLIENT_CERT_CHAIN_0", "SSL_CLIENT_CERT_CHAIN_2", "without SSL_CLIENT_CERT_CHAIN_1"},
        {"SSL_CLIENT_CERT_CHAIN_0", "SSL_CLIENT_CERT_CHAIN_0", "more than once"},
        {"SSL_CLIENT_CERT_CHAIN_0", "SSL_CLIENT_CERT_CHAIN", "a second chain"},
        {"SSL_CLIENT_CERT_CHAIN", "SSL_CLIENT_CERT_CHAIN", "more than once"},
        {"SSL_CLIENT_CERT_CHAIN", "OTHER", "SSL_CLIENT_CERT_CHAIN: its base64"},
    };
    struct parameters parameters = {.count = 0};
    struct forwarded forwarded;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        add(&parameters, "SSL_CLIENT_CERT", leaf.pem);
        add(&parameters, cases[i].first, link[0].pem);
        add(&parameters, cases[i].second, link[1].pem);
        forwarded = read_and_free(&parameters, NULL);
        expect_malformed(&forwarded, cases[i].first, cases[i].words);
    }
    add(&parameters, "SSL_CLIENT_CERT_CHAIN_0", link[0].pem);
    forwarded = read_and_free(&parameters, NULL);
    expect_malformed(&forwarded, "no leaf", "a chain came without its certificate");
    add(&parameters, "SSL_CLIENT_CERT", leaf.pem);
    add(&parameters, "SSL_CLIENT_CERT_CHAIN_0", "-----BEGIN PRIVATE KEY-----");
    forwarded = read_and_free(&parameters, NULL);
    cr_expect_str_eq(forwarded.source, "SSL_CLIENT_CERT_CHAIN_0");
    expect_malformed(&forwarded, "a key in the chain", "private key");
}

/* Apache writes (null) for a variable that is not set, in the chain too. */
Test(forwarded_find, a_chain_variable_that_says_nothing_is_none)
{
    static const char *const names[] = {
        "SSL_CLIENT_CERT_CHAIN_0", "SSL_CLIENT_CERT_CHAIN", "SSL_CLIENT_CERT_CHAIN_12"};
    struct parameters parameters = {.count = 0};
    struct forwarded forwarded;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        add(&parameters, "SSL_CLIENT_CERT", leaf.pem);
        add(&parameters, names[i], "(null)");
        add(&parameters, "SSL_CLIENT_VERIFY", "(null)");
        forwarded = read_and_free(&parameters, NULL);
        cr_expect_not(forwarded.has_front_verify);
        expect_present(&forwarded, names[i], "SSL_CLIENT_CERT", &leaf, NULL);
    }
}

Test(forwarded_find, haproxys_concatenated_chain_is_told_apart_by_lengths)
{
    const struct sample *const two[] = {&link[0], &link[1], NULL};
    const struct sample *const one[] = {&link[0], NULL};
    char *links = base64_of_both(&link[0], &link[1]), *with_leaf = base64_of_both(&leaf, &link[0]);
    struct parameters parameters = {.count = 0};
    struct forwarded forwarded;

    add(&parameters, "SSL_CLIENT_CERT", leaf.base64);
    add(&parameters, "SSL_CLIENT_CERT_CHAIN", links);
    add(&parameters, "SSL_CLIENT_VERIFY", "0");
    forwarded = read_and_free(&parameters, NULL);
    cr_expect_str_eq(forwarded.front_verify, "0");
    expect_present(&forwarded, "two", "SSL_CLIENT_CERT", &leaf, two);
    add(&parameters, "SSL_CLIENT_CERT", leaf.base64);
    add(&parameters, "SSL_CLIENT_CERT_CHAIN", with_leaf);
    forwarded = read_and_free(&parameters, NULL);
    expect_present(&forwarded, "the leaf first", "SSL_CLIENT_CERT", &leaf, one);
    add(&parameters, "SSL_CLIENT_CERT", leaf.base64);
    add(&parameters, "SSL_CLIENT_CERT_CHAIN", "");
    forwarded = read_and_free(&parameters, NULL);
    expect_present(&forwarded, "empty", "SSL_CLIENT_CERT", &leaf, NULL);
    links[strlen(links) - 8] = '\0';
    add(&parameters, "SSL_CLIENT_CERT", leaf.base64);
    add(&parameters, "SSL_CLIENT_CERT_CHAIN", links);
    forwarded = read_and_free(&parameters, NULL);
    expect_malformed(&forwarded, "cut off", "cut off");
    free(links);
    free(with_leaf);
}

Test(forwarded_find, a_name_that_occurs_twice_is_malformed_even_with_the_same_value)
{
    static const char *const names[] = {"SSL_CLIENT_CERT", "SSL_CLIENT_VERIFY"};
    struct parameters parameters = {.count = 0};
    struct forwarded forwarded;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        add(&parameters, "SSL_CLIENT_CERT", leaf.pem);
        add(&parameters, names[i], leaf.pem);
        add(&parameters, names[i], leaf.pem);
        forwarded = read_and_free(&parameters, NULL);
        cr_expect_not(forwarded.has_front_verify);
        expect_malformed(&forwarded, names[i], "it came more than once");
    }
    add(&parameters, "SSL_CLIENT_CERT", "");
    add(&parameters, "SSL_CLIENT_CERT", leaf.pem);
    forwarded = read_and_free(&parameters, NULL);
    cr_expect_str_eq(forwarded.source, "SSL_CLIENT_CERT");
    expect_malformed(&forwarded, "the first is empty", "SSL_CLIENT_CERT: it came more than once");
}

/* True when the words are whole characters, with nothing in them that may not be shown. */
static bool is_safe(const char *words)
{
    const unsigned char *at = (const unsigned char *)words;
    unsigned long code = 0;
    size_t step;

    for (; *at != '\0'; at += step) {
        step = utf8_decode(at, strlen((const char *)at), &code);
        if (step == 0 || utf8_is_unsafe(code))
            return false;
    }
    return true;
}

Test(forwarded_find, the_fronts_word_is_shown_safely_and_cut_between_characters)
{
    static const char *const units[] = {
        "a", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\x1B", "\\", "\xFF", "\xE2\x80\xAE"};
    static const char *const shown[] = {"a", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\\1B",
        "\\\\", "\\FF", "\\E2\\80\\AE"};
    struct parameters parameters = {.count = 0};
    struct forwarded forwarded;
    size_t unit, count, i;

    for (unit = 0; unit < sizeof(units) / sizeof(units[0]); unit++) {
        for (count = 1; count < 250; count++) {
            size_t whole = count * strlen(shown[unit]), kept;
            char *value = calloc(count, 5);

            cr_assert_not_null(value);
            for (i = 0; i < count; i++)
                memcpy(value + i * strlen(units[unit]), units[unit], strlen(units[unit]));
            add(&parameters, "SSL_CLIENT_VERIFY", value);
            forwarded = read_and_free(&parameters, NULL);
            cr_expect(is_safe(forwarded.front_verify), "%s", forwarded.front_verify);
            kept = strlen(forwarded.front_verify);
            if (whole < sizeof(forwarded.front_verify)) {
                cr_expect_eq(
                    kept, whole, "%zu times %s: %s", count, shown[unit], forwarded.front_verify);
            } else {
                cr_expect_str_eq(forwarded.front_verify + kept - 3, "...");
                cr_expect_eq((kept - 3) % strlen(shown[unit]), 0, "%s", forwarded.front_verify);
                cr_expect_gt(
                    kept, 191 - 3 - 9, "%zu times %s is cut too short", count, shown[unit]);
            }
            forwarded_free(&forwarded);
            free(value);
        }
    }
}

Test(forwarded_find, a_malformed_certificate_still_tells_what_the_front_said)
{
    struct parameters parameters = {.count = 0};
    struct forwarded forwarded;

    add(&parameters, "SSL_CLIENT_CERT", "garbage");
    add(&parameters, "SSL_CLIENT_VERIFY", "FAILED:\x1B[31mred");
    forwarded = read_and_free(&parameters, NULL);
    cr_expect(forwarded.has_front_verify);
    cr_expect_str_eq(forwarded.front_verify, "FAILED:\\1B[31mred");
    cr_expect_str_eq(forwarded.source, "SSL_CLIENT_CERT");
    expect_malformed(&forwarded, "garbage", "SSL_CLIENT_CERT: ");
}

Test(forwarded_find, freeing_twice_and_nothing_is_fine)
{
    struct forwarded forwarded;

    forwarded_decode_value(leaf.pem, strlen(leaf.pem), &forwarded);
    cr_expect_eq(forwarded.status, FORWARDED_PRESENT);
    forwarded_free(&forwarded);
    expect_absent(&forwarded, "after freeing");
    forwarded_free(&forwarded);
    forwarded_free(NULL);
    forwarded_options_free(NULL);
}
