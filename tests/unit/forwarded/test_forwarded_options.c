/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What is read from the headers that --trust-header names. */

static struct sample leaf, other, ca, root;

static void set_up(void)
{
    leaf = sample_make("CN=Dan");
    other = sample_make("CN=Eve");
    ca = sample_make("CN=CA");
    root = sample_make("CN=Root");
}

static void tear_down(void)
{
    sample_free(&leaf);
    sample_free(&other);
    sample_free(&ca);
    sample_free(&root);
}

TestSuite(forwarded_options, .init = set_up, .fini = tear_down);

/* Reads up to three parameters and frees them. */
static struct forwarded read_headers(
    const char *trusted, size_t xfcc_hop, char *one, char *two, char *three)
{
    char *parameters[] = {one, two, three, NULL};
    struct forwarded forwarded;
    size_t i;

    read_with(parameters, trusted, xfcc_hop, &forwarded);
    for (i = 0; i < 3; i++)
        free(parameters[i]);
    return forwarded;
}

static void expect_fine(const char *trusted, char *parameter, const char *source,
    const struct sample *wanted, const struct sample *const *chain)
{
    struct forwarded forwarded = read_headers(trusted, 0, parameter, NULL, NULL);

    expect_present(&forwarded, trusted, source, wanted, chain);
}

static void expect_refused(const char *trusted, char *one, char *two, const char *words)
{
    struct forwarded forwarded = read_headers(trusted, 0, one, two, NULL);

    expect_malformed(&forwarded, trusted, words);
}

Test(forwarded_options, each_known_header_brings_its_form)
{
    const struct sample *const chain[] = {&ca, NULL};
    char *aws = url_encoded(leaf.pem, "+=/"), *aws_ca = url_encoded(ca.pem, "+=/");

    expect_fine("Client-Cert", format("HTTP_CLIENT_CERT=:%s:", leaf.base64), "HTTP_CLIENT_CERT",
        &leaf, NULL);
    expect_fine("client-cert", format("HTTP_CLIENT_CERT=  :%s:  ", leaf.base64), "HTTP_CLIENT_CERT",
        &leaf, NULL);
    expect_fine("X-Forwarded-Client-Cert",
        format("HTTP_X_FORWARDED_CLIENT_CERT=Hash=1;Cert=\"%s\"", leaf.url),
        "HTTP_X_FORWARDED_CLIENT_CERT", &leaf, NULL);
    expect_fine("X-Forwarded-Tls-Client-Cert",
        format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s,%s", leaf.base64, ca.base64),
        "HTTP_X_FORWARDED_TLS_CLIENT_CERT", &leaf, chain);
    expect_fine("X-Amzn-Mtls-Clientcert", format("HTTP_X_AMZN_MTLS_CLIENTCERT=%s%s", aws, aws_ca),
        "HTTP_X_AMZN_MTLS_CLIENTCERT", &leaf, chain);
    expect_fine("X-Amzn-Mtls-Clientcert-Leaf", format("HTTP_X_AMZN_MTLS_CLIENTCERT_LEAF=%s", aws),
        "HTTP_X_AMZN_MTLS_CLIENTCERT_LEAF", &leaf, NULL);
    expect_fine("ssl-client-cert", format("HTTP_SSL_CLIENT_CERT=%s", leaf.url),
        "HTTP_SSL_CLIENT_CERT", &leaf, NULL);
    expect_fine("CF-Client-Cert-Der-Base64",
        format("HTTP_CF_CLIENT_CERT_DER_BASE64=%s", leaf.base64), "HTTP_CF_CLIENT_CERT_DER_BASE64",
        &leaf, NULL);
    expect_fine("X-Any", format("HTTP_X_ANY=%s", leaf.base64), "HTTP_X_ANY", &leaf, NULL);
    expect_fine("X-Any", format("HTTP_X_ANY=%s", leaf.url), "HTTP_X_ANY", &leaf, NULL);
    expect_fine("X-Any", format("HTTP_X_ANY=:%s:", leaf.base64), "HTTP_X_ANY", &leaf, NULL);
    expect_refused("X-Any", format("HTTP_X_ANY=:%s", leaf.base64), NULL, "second colon");
    free(aws);
    free(aws_ca);
}

Test(forwarded_options, a_form_can_be_named)
{
    const struct sample *const chain[] = {&ca, NULL};
    char *both = base64_of_both(&leaf, &ca), *spaced = with(leaf.pem, "\n", " ");

    expect_fine("X:pem", format("HTTP_X=%s", spaced), "HTTP_X", &leaf, NULL);
    expect_fine("X:url-pem", format("HTTP_X=%s", leaf.url), "HTTP_X", &leaf, NULL);
    expect_fine("X:url-pem-chain", format("HTTP_X=%s%s", leaf.url, ca.url), "HTTP_X", &leaf, chain);
    expect_fine("X:base64-der", format("HTTP_X=%s", leaf.base64), "HTTP_X", &leaf, NULL);
    expect_fine("X:base64-der-chain", format("HTTP_X=%s", both), "HTTP_X", &leaf, chain);
    expect_fine("X:rfc9440", format("HTTP_X=:%s:", leaf.base64), "HTTP_X", &leaf, NULL);
    expect_fine("X:rfc9440-chain", format("HTTP_X=:%s:,:%s:", leaf.base64, ca.base64), "HTTP_X",
        &leaf, chain);
    expect_fine("X:xfcc", format("HTTP_X=Cert=%s", leaf.url), "HTTP_X", &leaf, NULL);
    expect_fine("X:traefik", format("HTTP_X=%s", leaf.base64), "HTTP_X", &leaf, NULL);
    expect_fine("Client-Cert:base64-der", format("HTTP_CLIENT_CERT=%s", leaf.base64),
        "HTTP_CLIENT_CERT", &leaf, NULL);
    expect_refused("X:base64-der", format("HTTP_X=%s", leaf.pem), NULL, "base64");
    expect_refused("X:rfc9440", format("HTTP_X=%s", leaf.base64), NULL, "not a byte sequence");
    expect_refused("X:pem", format("HTTP_X=%s", leaf.url), NULL, "does not begin");
    free(both);
    free(spaced);
}

Test(forwarded_options, rfc9440_client_cert_is_one_byte_sequence)
{
    static const struct {
        const char *before, *after, *words;
    } cases[] = {
        {"", ":", "not a byte sequence"},
        {":", "", "second colon is missing"},
        {": ", ":", "not base64"},
        {":", " :", "not base64"},
        {":", ":, :AAAA:", "more than one byte sequence"},
        {":", ":, a", "more than one byte sequence"},
        {":", ": a", "something follows"},
        {":", ":a=b", "something follows"},
        {":", ": ;a=b", "something follows"},
        {":", ":;", "parameters"},
        {":", ":;A", "parameters"},
        {":", ":;1=b", "parameters"},
        {":", ":;a=", "parameters"},
        {":", ":;a=\"b", "parameters"},
        {":", ":;a=\"", "parameters"},
        {":", ":;a=\"b\\\"", "parameters"},
        {":", ":;a=:AAAA", "parameters"},
        {"\":", ":\"", "not a byte sequence"},
    };
    static const char *const parameters[] = {
        ";a=b", ";a", "; a=1;*b-c.d_e=?0 ", ";a=\"b;,:\\\"\\\\\";c=:AAAA:;d=-1.5"};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_refused("Client-Cert",
            format("HTTP_CLIENT_CERT=%s%s%s", cases[i].before, leaf.base64, cases[i].after), NULL,
            cases[i].words);
    for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
        expect_fine("Client-Cert", format("HTTP_CLIENT_CERT=:%s:%s", leaf.base64, parameters[i]),
            "HTTP_CLIENT_CERT", &leaf, NULL);
    expect_refused("Client-Cert", format("HTTP_CLIENT_CERT=::"), NULL, "empty");
    expect_refused("Client-Cert", format("HTTP_CLIENT_CERT=:%s:", leaf.base64),
        format("HTTP_CLIENT_CERT=:%s:", leaf.base64), "it came more than once");
}

/* The first of the certificates whose base64 is padded, and has what base64url writes otherwise. */
static struct sample padded_sample(void)
{
    char name[64] = "CN=a";
    struct sample sample = sample_make(name);
    size_t i;

    for (i = 4;
         i < 60 && (strchr(sample.base64, '=') == NULL || strchr(sample.base64, '+') == NULL ||
                       strchr(sample.base64, '/') == NULL);
         i++) {
        sample_free(&sample);
        name[i] = 'a';
        sample = sample_make(name);
    }
    return sample;
}

Test(forwarded_options, base64url_is_read_and_padding_may_be_missing_where_its_standard_says_so)
{
    struct sample padded = padded_sample();
    char *half = with(padded.base64, "+", "-"), *url = with(half, "/", "_");
    char *bare = with(url, "=", ""), *plain = with(padded.base64, "=", "");

    expect_fine("X", format("HTTP_X=%s", url), "HTTP_X", &padded, NULL);
    expect_fine("X", format("HTTP_X=%s", bare), "HTTP_X", &padded, NULL);
    expect_fine("X:base64-der", format("HTTP_X=%s", bare), "HTTP_X", &padded, NULL);
    expect_fine("X:base64-der-chain", format("HTTP_X=%s", bare), "HTTP_X", &padded, NULL);
    expect_fine(
        "Client-Cert", format("HTTP_CLIENT_CERT=:%s:", plain), "HTTP_CLIENT_CERT", &padded, NULL);
    expect_refused("X", format("HTTP_X=%s", half), NULL, "not base64");
    expect_refused("X", format("HTTP_X=%s", plain), NULL, "lacks its padding");
    expect_refused("Client-Cert", format("HTTP_CLIENT_CERT=:%s:", url), NULL, "not base64");
    expect_refused("Client-Cert", format("HTTP_CLIENT_CERT=:%sA:", plain), NULL, "");
    bare[strlen(bare) - 8] = '\0';
    expect_refused("X", format("HTTP_X=%s", bare), NULL, "its ");
    sample_free(&padded);
    free(half);
    free(url);
    free(bare);
    free(plain);
}

Test(forwarded_options, rfc9440_chain_may_come_in_several_headers)
{
    const struct sample *const chain[] = {&ca, &root, NULL};
    struct forwarded forwarded;

    forwarded = read_headers("Client-Cert", 0,
        format("HTTP_CLIENT_CERT_CHAIN=:%s: \t, :%s:", ca.base64, root.base64),
        format("HTTP_CLIENT_CERT=:%s:", leaf.base64), NULL);
    expect_present(&forwarded, "one header", "HTTP_CLIENT_CERT", &leaf, chain);
    forwarded = read_headers("Client-Cert", 0, format("HTTP_CLIENT_CERT_CHAIN=:%s:", ca.base64),
        format("HTTP_CLIENT_CERT=:%s:", leaf.base64),
        format("HTTP_CLIENT_CERT_CHAIN=:%s:", root.base64));
    expect_present(&forwarded, "two headers", "HTTP_CLIENT_CERT", &leaf, chain);
    forwarded = read_headers("Client-Cert", 0, format("HTTP_CLIENT_CERT_CHAIN= "),
        format("HTTP_CLIENT_CERT=:%s:", leaf.base64), format("HTTP_CLIENT_CERT_CHAIN="));
    expect_present(&forwarded, "empty headers", "HTTP_CLIENT_CERT", &leaf, NULL);
    forwarded = read_headers("Client-Cert", 0,
        format("HTTP_CLIENT_CERT_CHAIN=:%s:;a=\", :\" , :%s:;b", ca.base64, root.base64),
        format("HTTP_CLIENT_CERT=:%s:", leaf.base64), NULL);
    expect_present(&forwarded, "parameters", "HTTP_CLIENT_CERT", &leaf, chain);
    expect_refused("Client-Cert", format("HTTP_CLIENT_CERT_CHAIN=:%s:", ca.base64), NULL,
        "a chain came without its certificate");
    expect_refused("Client-Cert", format("HTTP_CLIENT_CERT=:%s:", leaf.base64),
        format("HTTP_CLIENT_CERT_CHAIN=:%s:,", ca.base64), "not a byte sequence");
    expect_refused("Client-Cert", format("HTTP_CLIENT_CERT=:%s:", leaf.base64),
        format("HTTP_CLIENT_CERT_CHAIN=:%s: :%s:", ca.base64, root.base64), "other than a comma");
    /* The chain is read with Client-Cert alone. */
    forwarded = read_headers("X-Any", 0, format("HTTP_CLIENT_CERT_CHAIN=:%s:", ca.base64),
        format("HTTP_X_ANY=%s", leaf.base64), NULL);
    expect_present(&forwarded, "not named", "HTTP_X_ANY", &leaf, NULL);
}

Test(forwarded_options, list_headers_together_have_a_limit)
{
    char *half = malloc(FORWARDED_MAX_VALUE / 2 + 1);

    cr_assert_not_null(half);
    memset(half, ' ', FORWARDED_MAX_VALUE / 2);
    half[FORWARDED_MAX_VALUE / 2] = '\0';
    expect_refused("X-Forwarded-Client-Cert", format("HTTP_X_FORWARDED_CLIENT_CERT=%s", half),
        format("HTTP_X_FORWARDED_CLIENT_CERT=%s", half), "longer than the limit");
    free(half);
}

#define XFCC "HTTP_X_FORWARDED_CLIENT_CERT="

Test(forwarded_options, envoys_values_may_be_quoted_and_hold_separators)
{
    const struct sample *const chain[] = {&ca, NULL};
    static const char trusted[] = "X-Forwarded-Client-Cert",
                      source[] = "HTTP_X_FORWARDED_CLIENT_CERT";

    expect_fine(trusted,
        format(XFCC "By=a;Hash=b;Cert=\"%s\";Subject=\"CN=a,b;\\\",Cert=x\";URI=", leaf.url),
        source, &leaf, NULL);
    expect_fine(trusted, format(XFCC "CERT=%s", leaf.url), source, &leaf, NULL);
    expect_fine(
        trusted, format(XFCC " cert = \"%s\" ; uri=spiffe://x?a=b", leaf.url), source, &leaf, NULL);
    expect_fine(trusted, format(XFCC "Chain=\"%s%s\"", leaf.url, ca.url), source, &leaf, chain);
    expect_fine(trusted, format(XFCC "Chain=\"%s%s\";Cert=\"%s\"", leaf.url, ca.url, leaf.url),
        source, &leaf, chain);
    expect_fine(
        trusted, format(XFCC "Cert=\"%s\";URI=a;URI=b;DNS=c;DNS=d", leaf.url), source, &leaf, NULL);
}

Test(forwarded_options, what_is_wrong_with_envoys_header_is_told)
{
    static const struct {
        const char *pattern; /* % is the leaf, # another certificate, both with their quotes */
        const char *words;
    } cases[] = {
        {"Cert=%;Cert=%", "Cert stands twice"},
        {"Chain=%;chain=%", "Chain stands twice"},
        {"Cert=%;Chain=#", "different leaves"},
        {"Cert=\"x\";Chain=%", "it does not begin with"},
        {"By=a;Hash=b", "neither Cert nor Chain"},
        {"Cert=\"\"", "empty"},
        {"Cert=%x", "not quoted"},
        {"Cert=x%", "not quoted"},
        {"Cert=\"x", "not quoted"},
        {"Subject=\"a\"b\";Cert=%", "not quoted"},
        {"Cert", "Key=Value"},
        {"=x", "Key=Value"},
        {"Cert=%;", "Key=Value"},
        {"Cert=%,", "Key=Value"},
        {",Cert=%", "Key=Value"},
        {"Cert=%,,Cert=%", "Key=Value"},
        /* Envoy writes a quote of a subject as \\" (RFC 2253 escapes it first): the value goes on,
         * and what the client put into its name is no Cert. */
        {"Hash=a;Subject=\"CN=x\\\\\",Cert=#;URI=\"", "not quoted"},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *quoted = format("\"%s\"", leaf.url), *third = format("\"%s\"", other.url);
        char *one = with(cases[i].pattern, "%", quoted), *two = NULL;

        two = with(one, "#", third);
        expect_refused("X-Forwarded-Client-Cert", format(XFCC "%s", two), NULL, cases[i].words);
        free(quoted);
        free(third);
        free(one);
        free(two);
    }
}

/* A client's URI may hold `,Cert="..."`, which Envoy writes as it is. */
Test(forwarded_options, without_a_hop_envoys_header_has_one_element)
{
    struct forwarded forwarded = read_headers("X-Forwarded-Client-Cert", NO_HOP,
        format(XFCC "Hash=00;Cert=\"%s\"", leaf.url), NULL, NULL);

    expect_present(&forwarded, "one", "HTTP_X_FORWARDED_CLIENT_CERT", &leaf, NULL);
    forwarded = read_headers("X-Forwarded-Client-Cert", NO_HOP,
        format(XFCC "Hash=00;Cert=\"%s\";URI=urn:x,Cert=\"%s\"", leaf.url, other.url), NULL, NULL);
    expect_malformed(&forwarded, "two", "has 2 elements");
    forwarded = read_headers("X-Forwarded-Client-Cert", NO_HOP,
        format(XFCC "Cert=\"%s\"", leaf.url), format(XFCC "Cert=\"%s\"", leaf.url), NULL);
    expect_malformed(&forwarded, "two headers", "has 2 elements");
}

/* As Cloud Foundry's routers write it. */
Test(forwarded_options, plain_base64_in_envoys_header_is_read)
{
    struct forwarded forwarded;

    expect_fine("X-Forwarded-Client-Cert", format(XFCC "%s", leaf.base64),
        "HTTP_X_FORWARDED_CLIENT_CERT", &leaf, NULL);
    forwarded = read_headers("X-Forwarded-Client-Cert", NO_HOP,
        format(XFCC "%s,%s", leaf.base64, leaf.base64), NULL, NULL);
    expect_malformed(&forwarded, "two in one", "X-Forwarded-Client-Cert");
    forwarded = read_headers("X-Forwarded-Client-Cert", NO_HOP, format(XFCC "%s", leaf.base64),
        format(XFCC "Cert=\"%s\"", leaf.url), NULL);
    expect_malformed(&forwarded, "beside an element", "X-Forwarded-Client-Cert");
}

Test(forwarded_options, the_configured_hop_chooses_envoys_element_from_the_last)
{
    const struct sample *const wanted[] = {&leaf, &other, &ca};
    struct forwarded forwarded;
    size_t hop;

    for (hop = 0; hop < 4; hop++) {
        forwarded = read_headers("X-Forwarded-Client-Cert", hop,
            format(XFCC "Cert=\"%s\",Subject=\",\";Cert=\"%s\" , Cert=\"%s\"", ca.url, other.url,
                leaf.url),
            NULL, NULL);
        if (hop < 3)
            expect_present(
                &forwarded, "one header", "HTTP_X_FORWARDED_CLIENT_CERT", wanted[hop], NULL);
        else
            expect_malformed(&forwarded, "too few elements", "has 3 elements");
        /* Each proxy may as well add a header. */
        forwarded = read_headers("X-Forwarded-Client-Cert", hop,
            format(XFCC "Cert=\"%s\",Cert=\"%s\"", ca.url, other.url),
            format(XFCC "Cert=\"%s\"", leaf.url), NULL);
        if (hop < 3)
            expect_present(
                &forwarded, "two headers", "HTTP_X_FORWARDED_CLIENT_CERT", wanted[hop], NULL);
        else
            expect_malformed(&forwarded, "too few elements", "has 3 elements");
    }
}

Test(forwarded_options, traefiks_list_is_read_url_encoded_too)
{
    const struct sample *const chain[] = {&ca, &root, NULL};
    static const char trusted[] = "X-Forwarded-Tls-Client-Cert";
    char *plain = format("%s,%s,%s", leaf.base64, ca.base64, root.base64);
    char *all = url_encoded(plain, ""), *items = url_encoded(plain, ",");

    expect_fine(trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s", plain),
        "HTTP_X_FORWARDED_TLS_CLIENT_CERT", &leaf, chain);
    expect_fine(trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s", all),
        "HTTP_X_FORWARDED_TLS_CLIENT_CERT", &leaf, chain);
    expect_fine(trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s", items),
        "HTTP_X_FORWARDED_TLS_CLIENT_CERT", &leaf, chain);
    expect_refused(trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s,", plain), NULL, "empty");
    expect_refused(trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=,%s", plain), NULL, "empty");
    expect_refused(
        trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s%%2", plain), NULL, "URL-encoding");
    free(plain);
    free(all);
    free(items);
}

Test(forwarded_options, single_headers_may_not_repeat)
{
    static const char *const names[] = {"X-Forwarded-Tls-Client-Cert", "ssl-client-cert", "X-Any",
        "X-Amzn-Mtls-Clientcert", "X-Amzn-Mtls-Clientcert-Leaf", "Cf-Client-Cert-Der-Base64"};
    size_t i, j;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *name = format("HTTP_%s", names[i]);

        for (j = 0; name[j] != '\0'; j++) {
            if (name[j] == '-')
                name[j] = '_';
            else if (name[j] >= 'a' && name[j] <= 'z')
                name[j] = (char)(name[j] - 'a' + 'A');
        }
        expect_refused(names[i], format("%s=%s", name, leaf.base64),
            format("%s=%s", name, leaf.base64), "it came more than once");
        free(name);
    }
}

Test(forwarded_options, sources_that_disagree_are_refused_and_those_that_agree_are_fine)
{
    const struct sample *const chain[] = {&ca, NULL};
    struct forwarded forwarded;

    expect_refused("X-Any", format("HTTP_X_ANY=%s", other.base64),
        format("SSL_CLIENT_CERT=%s", leaf.pem), "HTTP_X_ANY: it disagrees with SSL_CLIENT_CERT");
    expect_refused("X-Any X-More", format("HTTP_X_ANY=%s", other.base64),
        format("HTTP_X_MORE=%s", leaf.base64), "HTTP_X_MORE: it disagrees with HTTP_X_ANY");
    expect_refused("X-Any", format("HTTP_X_ANY=%s", leaf.base64), format("SSL_CLIENT_CERT=garbage"),
        "SSL_CLIENT_CERT: ");
    expect_refused("X-Any", format("HTTP_X_ANY=garbage"), format("SSL_CLIENT_CERT=%s", leaf.pem),
        "HTTP_X_ANY: ");
    forwarded = read_headers("X-Any", 0, format("HTTP_X_ANY=%s", leaf.base64),
        format("SSL_CLIENT_CERT=%s", leaf.pem), NULL);
    expect_present(&forwarded, "both", "SSL_CLIENT_CERT", &leaf, NULL);
    forwarded = read_headers(
        "X-Any", 0, format("HTTP_X_ANY="), format("SSL_CLIENT_CERT=%s", leaf.pem), NULL);
    expect_present(&forwarded, "an empty header", "SSL_CLIENT_CERT", &leaf, NULL);
    /* The first chain counts. */
    forwarded = read_headers("X-Any Client-Cert", 0, format("HTTP_X_ANY=%s", leaf.base64),
        format("HTTP_CLIENT_CERT=:%s:", leaf.base64),
        format("HTTP_CLIENT_CERT_CHAIN=:%s:", ca.base64));
    expect_present(&forwarded, "a chain from the second", "HTTP_X_ANY", &leaf, chain);
    forwarded = read_headers("X:url-pem-chain Client-Cert", 0,
        format("HTTP_X=%s%s", leaf.url, ca.url), format("HTTP_CLIENT_CERT=:%s:", leaf.base64),
        format("HTTP_CLIENT_CERT_CHAIN=:%s:", root.base64));
    expect_present(&forwarded, "two chains", "HTTP_X", &leaf, chain);
}

Test(forwarded_options, a_chain_in_one_value_has_ten_certificates_at_the_most)
{
    char *value = format("HTTP_X=%s", leaf.url), *more;
    struct forwarded forwarded;
    size_t i;

    for (i = 0; i <= CERTIFICATE_MAX_CHAIN; i++) {
        forwarded = read_headers("X:url-pem-chain", 0, format("%s", value), NULL, NULL);
        cr_expect_eq(forwarded.chain_count, i, "%zu: %s", i, forwarded.reason);
        forwarded_free(&forwarded);
        more = format("%s%s", value, ca.url);
        free(value);
        value = more;
    }
    forwarded = read_headers("X:url-pem-chain", 0, value, NULL, NULL);
    expect_malformed(&forwarded, "eleven", "more than 11 certificates");
}

Test(forwarded_options, words_that_name_no_header_are_refused)
{
    static const struct {
        const char *before, *words, *error;
    } cases[] = {
        {NULL, "", "not a header name"},
        {NULL, ":pem", "not a header name"},
        {NULL, "A B", "not a header name"},
        {NULL, "A\x1B", "'A\\1B' is not a header name"},
        {NULL, "A=B", "not a header name"},
        {NULL, "A:", "unknown encoding"},
        {NULL, "A:x\n", "unknown encoding x\\0A of a header; known are any, pem, "},
        {NULL, "A:PEM", "unknown encoding"},
        {NULL, "client-cert-CHAIN", "is read with Client-Cert"},
        {"A", "a", "named twice"},
        {"A-B", "A_B", "named twice"},
        {"A-B", "A.B:pem", "named twice"},
        {NULL, "a2345678901234567890123456789012345678901234567890123456789", "too long"},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct forwarded_options options = {.headers = NULL};
        struct error error = {.kind = ERROR_NONE};

        if (cases[i].before != NULL)
            cr_assert(forwarded_options_add(&options, cases[i].before, &error));
        cr_expect_not(forwarded_options_add(&options, cases[i].words, &error), "%s was accepted",
            cases[i].words);
        cr_expect_eq(error.kind, ERROR_USAGE);
        cr_expect_not_null(strstr(error.text, cases[i].error), "expected \"%s\", came \"%s\"",
            cases[i].error, error.text);
        forwarded_options_free(&options);
    }
}

Test(forwarded_options, sixteen_headers_can_be_named_and_no_more)
{
    struct forwarded_options options = {.headers = NULL};
    struct error error = {.kind = ERROR_NONE};
    size_t i;

    for (i = 0; i < 17; i++) {
        char *name = format("X-%zu", i);

        cr_expect_eq(forwarded_options_add(&options, name, &error), i < 16, "%s", name);
        free(name);
    }
    cr_expect_not_null(strstr(error.text, "more than 16"), "%s", error.text);
    forwarded_options_free(&options);
    cr_expect_eq(options.header_count, 0);
}
