/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* X-Forwarded-Client-Cert as Envoy and others send it, through --trust-header and --xfcc-hop. */

TestSuite(forwarded_xfcc_header, .init = four_samples_make, .fini = four_samples_free);

#define XFCC "HTTP_X_FORWARDED_CLIENT_CERT="

Test(forwarded_xfcc_header, envoys_values_may_be_quoted_and_hold_separators)
{
    const struct sample *const chain[] = {&sample_ca, NULL};
    static const char trusted[] = "X-Forwarded-Client-Cert",
                      source[] = "HTTP_X_FORWARDED_CLIENT_CERT";

    expect_header(trusted,
        format(XFCC "By=a;Hash=b;Cert=\"%s\";Subject=\"CN=a,b;\\\",Cert=x\";URI=", sample_one.url),
        source, &sample_one, NULL);
    expect_header(trusted, format(XFCC "CERT=%s", sample_one.url), source, &sample_one, NULL);
    expect_header(trusted, format(XFCC " cert = \"%s\" ; uri=spiffe://x?a=b", sample_one.url),
        source, &sample_one, NULL);
    expect_header(trusted, format(XFCC "Chain=\"%s%s\"", sample_one.url, sample_ca.url), source,
        &sample_one, chain);
    expect_header(trusted,
        format(XFCC "Chain=\"%s%s\";Cert=\"%s\"", sample_one.url, sample_ca.url, sample_one.url),
        source, &sample_one, chain);
    expect_header(trusted, format(XFCC "Cert=\"%s\";URI=a;URI=b;DNS=c;DNS=d", sample_one.url),
        source, &sample_one, NULL);
}

Test(forwarded_xfcc_header, what_is_wrong_with_envoys_header_is_told)
{
    static const struct {
        const char
            *pattern; /* % is the sample_one, # another certificate, both with their quotes */
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
        char *quoted = format("\"%s\"", sample_one.url), *third = format("\"%s\"", sample_two.url);
        char *one = with(cases[i].pattern, "%", quoted), *two = NULL;

        two = with(one, "#", third);
        expect_headers_refused(
            "X-Forwarded-Client-Cert", format(XFCC "%s", two), NULL, cases[i].words);
        free(quoted);
        free(third);
        free(one);
        free(two);
    }
}

/* A client's URI may hold `,Cert="..."`, which Envoy writes as it is. */
Test(forwarded_xfcc_header, without_a_hop_envoys_header_has_one_element)
{
    struct forwarded forwarded = read_headers("X-Forwarded-Client-Cert", NO_HOP,
        format(XFCC "Hash=00;Cert=\"%s\"", sample_one.url), NULL, NULL);

    expect_present(&forwarded, "one", "HTTP_X_FORWARDED_CLIENT_CERT", &sample_one, NULL);
    forwarded = read_headers("X-Forwarded-Client-Cert", NO_HOP,
        format(XFCC "Hash=00;Cert=\"%s\";URI=urn:x,Cert=\"%s\"", sample_one.url, sample_two.url),
        NULL, NULL);
    expect_malformed(&forwarded, "two", "has 2 elements");
    forwarded =
        read_headers("X-Forwarded-Client-Cert", NO_HOP, format(XFCC "Cert=\"%s\"", sample_one.url),
            format(XFCC "Cert=\"%s\"", sample_one.url), NULL);
    expect_malformed(&forwarded, "two headers", "has 2 elements");
}

/* As Cloud Foundry's routers write it. */
Test(forwarded_xfcc_header, plain_base64_in_envoys_header_is_read)
{
    struct forwarded forwarded;

    expect_header("X-Forwarded-Client-Cert", format(XFCC "%s", sample_one.base64),
        "HTTP_X_FORWARDED_CLIENT_CERT", &sample_one, NULL);
    forwarded = read_headers("X-Forwarded-Client-Cert", NO_HOP,
        format(XFCC "%s,%s", sample_one.base64, sample_one.base64), NULL, NULL);
    expect_malformed(&forwarded, "two in one", "X-Forwarded-Client-Cert");
    forwarded = read_headers("X-Forwarded-Client-Cert", NO_HOP,
        format(XFCC "%s", sample_one.base64), format(XFCC "Cert=\"%s\"", sample_one.url), NULL);
    expect_malformed(&forwarded, "beside an element", "X-Forwarded-Client-Cert");
}

Test(forwarded_xfcc_header, the_configured_hop_chooses_envoys_element_from_the_last)
{
    const struct sample *const wanted[] = {&sample_one, &sample_two, &sample_ca};
    struct forwarded forwarded;
    size_t hop;

    for (hop = 0; hop < 4; hop++) {
        forwarded = read_headers("X-Forwarded-Client-Cert", hop,
            format(XFCC "Cert=\"%s\",Subject=\",\";Cert=\"%s\" , Cert=\"%s\"", sample_ca.url,
                sample_two.url, sample_one.url),
            NULL, NULL);
        if (hop < 3)
            expect_present(
                &forwarded, "one header", "HTTP_X_FORWARDED_CLIENT_CERT", wanted[hop], NULL);
        else
            expect_malformed(&forwarded, "too few elements", "has 3 elements");
        /* Each proxy may as well add a header. */
        forwarded = read_headers("X-Forwarded-Client-Cert", hop,
            format(XFCC "Cert=\"%s\",Cert=\"%s\"", sample_ca.url, sample_two.url),
            format(XFCC "Cert=\"%s\"", sample_one.url), NULL);
        if (hop < 3)
            expect_present(
                &forwarded, "two headers", "HTTP_X_FORWARDED_CLIENT_CERT", wanted[hop], NULL);
        else
            expect_malformed(&forwarded, "too few elements", "has 3 elements");
    }
}
