/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What is read from the headers that --trust-header names. */

TestSuite(forwarded_options, .init = four_samples_make, .fini = four_samples_free);

Test(forwarded_options, each_known_header_brings_its_form)
{
    const struct sample *const chain[] = {&sample_ca, NULL};
    char *aws = url_encoded(sample_one.pem, "+=/"), *aws_ca = url_encoded(sample_ca.pem, "+=/");

    expect_header("Client-Cert", format("HTTP_CLIENT_CERT=:%s:", sample_one.base64),
        "HTTP_CLIENT_CERT", &sample_one, NULL);
    expect_header("client-cert", format("HTTP_CLIENT_CERT=  :%s:  ", sample_one.base64),
        "HTTP_CLIENT_CERT", &sample_one, NULL);
    expect_header("X-Forwarded-Client-Cert",
        format("HTTP_X_FORWARDED_CLIENT_CERT=Hash=1;Cert=\"%s\"", sample_one.url),
        "HTTP_X_FORWARDED_CLIENT_CERT", &sample_one, NULL);
    expect_header("X-Forwarded-Tls-Client-Cert",
        format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s,%s", sample_one.base64, sample_ca.base64),
        "HTTP_X_FORWARDED_TLS_CLIENT_CERT", &sample_one, chain);
    expect_header("X-Amzn-Mtls-Clientcert", format("HTTP_X_AMZN_MTLS_CLIENTCERT=%s%s", aws, aws_ca),
        "HTTP_X_AMZN_MTLS_CLIENTCERT", &sample_one, chain);
    expect_header("X-Amzn-Mtls-Clientcert-Leaf", format("HTTP_X_AMZN_MTLS_CLIENTCERT_LEAF=%s", aws),
        "HTTP_X_AMZN_MTLS_CLIENTCERT_LEAF", &sample_one, NULL);
    expect_header("ssl-client-cert", format("HTTP_SSL_CLIENT_CERT=%s", sample_one.url),
        "HTTP_SSL_CLIENT_CERT", &sample_one, NULL);
    expect_header("CF-Client-Cert-Der-Base64",
        format("HTTP_CF_CLIENT_CERT_DER_BASE64=%s", sample_one.base64),
        "HTTP_CF_CLIENT_CERT_DER_BASE64", &sample_one, NULL);
    expect_header(
        "X-Any", format("HTTP_X_ANY=%s", sample_one.base64), "HTTP_X_ANY", &sample_one, NULL);
    expect_header(
        "X-Any", format("HTTP_X_ANY=%s", sample_one.url), "HTTP_X_ANY", &sample_one, NULL);
    expect_header(
        "X-Any", format("HTTP_X_ANY=:%s:", sample_one.base64), "HTTP_X_ANY", &sample_one, NULL);
    expect_headers_refused(
        "X-Any", format("HTTP_X_ANY=:%s", sample_one.base64), NULL, "second colon");
    free(aws);
    free(aws_ca);
}

Test(forwarded_options, a_form_can_be_named)
{
    const struct sample *const chain[] = {&sample_ca, NULL};
    char *both = base64_of_both(&sample_one, &sample_ca), *spaced = with(sample_one.pem, "\n", " ");

    expect_header("X:pem", format("HTTP_X=%s", spaced), "HTTP_X", &sample_one, NULL);
    expect_header("X:url-pem", format("HTTP_X=%s", sample_one.url), "HTTP_X", &sample_one, NULL);
    expect_header("X:url-pem-chain", format("HTTP_X=%s%s", sample_one.url, sample_ca.url), "HTTP_X",
        &sample_one, chain);
    expect_header(
        "X:base64-der", format("HTTP_X=%s", sample_one.base64), "HTTP_X", &sample_one, NULL);
    expect_header("X:base64-der-chain", format("HTTP_X=%s", both), "HTTP_X", &sample_one, chain);
    expect_header(
        "X:rfc9440", format("HTTP_X=:%s:", sample_one.base64), "HTTP_X", &sample_one, NULL);
    expect_header("X:rfc9440-chain",
        format("HTTP_X=:%s:,:%s:", sample_one.base64, sample_ca.base64), "HTTP_X", &sample_one,
        chain);
    expect_header("X:xfcc", format("HTTP_X=Cert=%s", sample_one.url), "HTTP_X", &sample_one, NULL);
    expect_header("X:traefik", format("HTTP_X=%s", sample_one.base64), "HTTP_X", &sample_one, NULL);
    expect_header("Client-Cert:base64-der", format("HTTP_CLIENT_CERT=%s", sample_one.base64),
        "HTTP_CLIENT_CERT", &sample_one, NULL);
    expect_headers_refused("X:base64-der", format("HTTP_X=%s", sample_one.pem), NULL, "base64");
    expect_headers_refused(
        "X:rfc9440", format("HTTP_X=%s", sample_one.base64), NULL, "not a byte sequence");
    expect_headers_refused("X:pem", format("HTTP_X=%s", sample_one.url), NULL, "does not begin");
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
        expect_headers_refused("Client-Cert",
            format("HTTP_CLIENT_CERT=%s%s%s", cases[i].before, sample_one.base64, cases[i].after),
            NULL, cases[i].words);
    for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
        expect_header("Client-Cert",
            format("HTTP_CLIENT_CERT=:%s:%s", sample_one.base64, parameters[i]), "HTTP_CLIENT_CERT",
            &sample_one, NULL);
    expect_headers_refused("Client-Cert", format("HTTP_CLIENT_CERT=::"), NULL, "empty");
    expect_headers_refused("Client-Cert", format("HTTP_CLIENT_CERT=:%s:", sample_one.base64),
        format("HTTP_CLIENT_CERT=:%s:", sample_one.base64), "it came more than once");
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

    expect_header("X", format("HTTP_X=%s", url), "HTTP_X", &padded, NULL);
    expect_header("X", format("HTTP_X=%s", bare), "HTTP_X", &padded, NULL);
    expect_header("X:base64-der", format("HTTP_X=%s", bare), "HTTP_X", &padded, NULL);
    expect_header("X:base64-der-chain", format("HTTP_X=%s", bare), "HTTP_X", &padded, NULL);
    expect_header(
        "Client-Cert", format("HTTP_CLIENT_CERT=:%s:", plain), "HTTP_CLIENT_CERT", &padded, NULL);
    expect_headers_refused("X", format("HTTP_X=%s", half), NULL, "not base64");
    expect_headers_refused("X", format("HTTP_X=%s", plain), NULL, "lacks its padding");
    expect_headers_refused("Client-Cert", format("HTTP_CLIENT_CERT=:%s:", url), NULL, "not base64");
    expect_headers_refused("Client-Cert", format("HTTP_CLIENT_CERT=:%sA:", plain), NULL, "");
    bare[strlen(bare) - 8] = '\0';
    expect_headers_refused("X", format("HTTP_X=%s", bare), NULL, "its ");
    sample_free(&padded);
    free(half);
    free(url);
    free(bare);
    free(plain);
}

Test(forwarded_options, rfc9440_chain_may_come_in_several_headers)
{
    const struct sample *const chain[] = {&sample_ca, &sample_root, NULL};
    struct forwarded forwarded;

    forwarded = read_headers("Client-Cert", 0,
        format("HTTP_CLIENT_CERT_CHAIN=:%s: \t, :%s:", sample_ca.base64, sample_root.base64),
        format("HTTP_CLIENT_CERT=:%s:", sample_one.base64), NULL);
    expect_present(&forwarded, "one header", "HTTP_CLIENT_CERT", &sample_one, chain);
    forwarded =
        read_headers("Client-Cert", 0, format("HTTP_CLIENT_CERT_CHAIN=:%s:", sample_ca.base64),
            format("HTTP_CLIENT_CERT=:%s:", sample_one.base64),
            format("HTTP_CLIENT_CERT_CHAIN=:%s:", sample_root.base64));
    expect_present(&forwarded, "two headers", "HTTP_CLIENT_CERT", &sample_one, chain);
    forwarded = read_headers("Client-Cert", 0, format("HTTP_CLIENT_CERT_CHAIN= "),
        format("HTTP_CLIENT_CERT=:%s:", sample_one.base64), format("HTTP_CLIENT_CERT_CHAIN="));
    expect_present(&forwarded, "empty headers", "HTTP_CLIENT_CERT", &sample_one, NULL);
    forwarded = read_headers("Client-Cert", 0,
        format(
            "HTTP_CLIENT_CERT_CHAIN=:%s:;a=\", :\" , :%s:;b", sample_ca.base64, sample_root.base64),
        format("HTTP_CLIENT_CERT=:%s:", sample_one.base64), NULL);
    expect_present(&forwarded, "parameters", "HTTP_CLIENT_CERT", &sample_one, chain);
    expect_headers_refused("Client-Cert", format("HTTP_CLIENT_CERT_CHAIN=:%s:", sample_ca.base64),
        NULL, "a chain came without its certificate");
    expect_headers_refused("Client-Cert", format("HTTP_CLIENT_CERT=:%s:", sample_one.base64),
        format("HTTP_CLIENT_CERT_CHAIN=:%s:,", sample_ca.base64), "not a byte sequence");
    expect_headers_refused("Client-Cert", format("HTTP_CLIENT_CERT=:%s:", sample_one.base64),
        format("HTTP_CLIENT_CERT_CHAIN=:%s: :%s:", sample_ca.base64, sample_root.base64),
        "other than a comma");
    /* The chain is read with Client-Cert alone. */
    forwarded = read_headers("X-Any", 0, format("HTTP_CLIENT_CERT_CHAIN=:%s:", sample_ca.base64),
        format("HTTP_X_ANY=%s", sample_one.base64), NULL);
    expect_present(&forwarded, "not named", "HTTP_X_ANY", &sample_one, NULL);
}

Test(forwarded_options, list_headers_together_have_a_limit)
{
    char *half = malloc(FORWARDED_MAX_VALUE / 2 + 1);

    cr_assert_not_null(half);
    memset(half, ' ', FORWARDED_MAX_VALUE / 2);
    half[FORWARDED_MAX_VALUE / 2] = '\0';
    expect_headers_refused("X-Forwarded-Client-Cert",
        format("HTTP_X_FORWARDED_CLIENT_CERT=%s", half),
        format("HTTP_X_FORWARDED_CLIENT_CERT=%s", half), "longer than the limit");
    free(half);
}

Test(forwarded_options, traefiks_list_is_read_url_encoded_too)
{
    const struct sample *const chain[] = {&sample_ca, &sample_root, NULL};
    static const char trusted[] = "X-Forwarded-Tls-Client-Cert";
    char *plain = format("%s,%s,%s", sample_one.base64, sample_ca.base64, sample_root.base64);
    char *all = url_encoded(plain, ""), *items = url_encoded(plain, ",");

    expect_header(trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s", plain),
        "HTTP_X_FORWARDED_TLS_CLIENT_CERT", &sample_one, chain);
    expect_header(trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s", all),
        "HTTP_X_FORWARDED_TLS_CLIENT_CERT", &sample_one, chain);
    expect_header(trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s", items),
        "HTTP_X_FORWARDED_TLS_CLIENT_CERT", &sample_one, chain);
    expect_headers_refused(
        trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s,", plain), NULL, "empty");
    expect_headers_refused(
        trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=,%s", plain), NULL, "empty");
    expect_headers_refused(
        trusted, format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s%%2", plain), NULL, "URL-encoding");
    free(plain);
    free(all);
    free(items);
}

/* As httpd, lighttpd and nginx join what came twice. */
Test(forwarded_options, traefiks_header_is_no_list_of_two_headers)
{
    static const char *const between[] = {", ", ",\t", " ,", ",%20"};
    size_t i;

    for (i = 0; i < sizeof(between) / sizeof(between[0]); i++)
        expect_headers_refused("X-Forwarded-Tls-Client-Cert",
            format("HTTP_X_FORWARDED_TLS_CLIENT_CERT=%s%s%s", sample_one.base64, between[i],
                sample_ca.base64),
            NULL, "joined two headers");
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
        expect_headers_refused(names[i], format("%s=%s", name, sample_one.base64),
            format("%s=%s", name, sample_one.base64), "it came more than once");
        free(name);
    }
}

Test(forwarded_options, sources_that_disagree_are_refused_and_those_that_agree_are_fine)
{
    const struct sample *const chain[] = {&sample_ca, NULL};
    struct forwarded forwarded;

    expect_headers_refused("X-Any", format("HTTP_X_ANY=%s", sample_two.base64),
        format("SSL_CLIENT_CERT=%s", sample_one.pem),
        "HTTP_X_ANY: it disagrees with SSL_CLIENT_CERT");
    expect_headers_refused("X-Any X-More", format("HTTP_X_ANY=%s", sample_two.base64),
        format("HTTP_X_MORE=%s", sample_one.base64), "HTTP_X_MORE: it disagrees with HTTP_X_ANY");
    expect_headers_refused("X-Any", format("HTTP_X_ANY=%s", sample_one.base64),
        format("SSL_CLIENT_CERT=garbage"), "SSL_CLIENT_CERT: ");
    expect_headers_refused("X-Any", format("HTTP_X_ANY=garbage"),
        format("SSL_CLIENT_CERT=%s", sample_one.pem), "HTTP_X_ANY: ");
    forwarded = read_headers("X-Any", 0, format("HTTP_X_ANY=%s", sample_one.base64),
        format("SSL_CLIENT_CERT=%s", sample_one.pem), NULL);
    expect_present(&forwarded, "both", "SSL_CLIENT_CERT", &sample_one, NULL);
    forwarded = read_headers(
        "X-Any", 0, format("HTTP_X_ANY="), format("SSL_CLIENT_CERT=%s", sample_one.pem), NULL);
    expect_present(&forwarded, "an empty header", "SSL_CLIENT_CERT", &sample_one, NULL);
    /* The first chain counts. */
    forwarded = read_headers("X-Any Client-Cert", 0, format("HTTP_X_ANY=%s", sample_one.base64),
        format("HTTP_CLIENT_CERT=:%s:", sample_one.base64),
        format("HTTP_CLIENT_CERT_CHAIN=:%s:", sample_ca.base64));
    expect_present(&forwarded, "a chain from the second", "HTTP_X_ANY", &sample_one, chain);
    forwarded = read_headers("X:url-pem-chain Client-Cert", 0,
        format("HTTP_X=%s%s", sample_one.url, sample_ca.url),
        format("HTTP_CLIENT_CERT=:%s:", sample_one.base64),
        format("HTTP_CLIENT_CERT_CHAIN=:%s:", sample_root.base64));
    expect_present(&forwarded, "two chains", "HTTP_X", &sample_one, chain);
}

Test(forwarded_options, a_chain_in_one_value_has_ten_certificates_at_the_most)
{
    char *value = format("HTTP_X=%s", sample_one.url), *more;
    struct forwarded forwarded;
    size_t i;

    for (i = 0; i <= CERTIFICATE_MAX_CHAIN; i++) {
        forwarded = read_headers("X:url-pem-chain", 0, format("%s", value), NULL, NULL);
        cr_expect_eq(forwarded.chain_count, i, "%zu: %s", i, forwarded.reason);
        forwarded_free(&forwarded);
        more = format("%s%s", value, sample_ca.url);
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
