/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_encodings.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(forwarded_xfcc, .init = two_samples_make, .fini = two_samples_free);

/* Decodes and frees the value: `wanted` is the leaf that comes out, or NULL with these words. */
static void expect(char *value, size_t hop, const struct sample *wanted, const char *words)
{
    struct certificates out = {.count = 0};
    enum decoding result = encoding_decode_xfcc(cursor_over(value, strlen(value)), hop, &out);

    if (wanted != NULL) {
        cr_expect_eq(result, DECODING_FINE, "%s: %s", value, out.reason);
        cr_expect(out.count > 0 && out.items[0].length == wanted->length &&
                      memcmp(out.items[0].data, wanted->der, wanted->length) == 0,
            "%s: another certificate", value);
    } else {
        cr_expect_eq(result, DECODING_REFUSED, "%s: %d", value, (int)result);
        cr_expect_not_null(strstr(out.reason, words), "%s: %s", value, out.reason);
    }
    certificates_free(&out);
    free(value);
}

Test(forwarded_xfcc, the_key_cert_is_found_in_any_case_beside_others)
{
    expect(format("Cert=\"%s\"", sample_one.url), XFCC_ONE_ELEMENT, &sample_one, NULL);
    expect(format("By=x;cert=%s;URI=a", sample_one.url), XFCC_ONE_ELEMENT, &sample_one, NULL);
    expect(format("Subject=\"a \\\" , ; b\";CERT=\"%s\"", sample_one.url), XFCC_ONE_ELEMENT,
        &sample_one, NULL);
    expect(format("Chain=\"%s%s\";Cert=\"%s\"", sample_one.url, sample_two.url, sample_one.url),
        XFCC_ONE_ELEMENT, &sample_one, NULL);
}

/* Envoy writes a client's URI unquoted: without a number of hops it could be an element. */
Test(forwarded_xfcc, one_element_alone_counts_unless_a_hop_is_given)
{
    expect(format("Cert=\"%s\",Cert=\"%s\"", sample_one.url, sample_two.url), XFCC_ONE_ELEMENT,
        NULL, "");
    expect(format("Cert=\"%s\",Cert=\"%s\"", sample_one.url, sample_two.url), 0, &sample_two, NULL);
    expect(format("Cert=\"%s\",Cert=\"%s\"", sample_one.url, sample_two.url), 1, &sample_one, NULL);
    expect(format("Cert=\"%s\"", sample_one.url), 1, NULL, "");
}

Test(forwarded_xfcc, what_is_not_of_its_form_is_refused)
{
    expect(format("Cert"), XFCC_ONE_ELEMENT, NULL, "Key=Value");
    expect(format("=x"), XFCC_ONE_ELEMENT, NULL, "Key=Value");
    expect(format("Cert=\"%s", sample_one.url), XFCC_ONE_ELEMENT, NULL, "quoted");
    expect(format("Cert=a\"b"), XFCC_ONE_ELEMENT, NULL, "quoted");
    expect(format("Cert=\"%s\";Cert=\"%s\"", sample_one.url, sample_one.url), XFCC_ONE_ELEMENT,
        NULL, "twice");
}

/* The leaf's SHA-256, as Envoy writes it; freed by the caller. */
static char *hash_of(const struct sample *sample, bool upper)
{
    unsigned char hash[32];
    char *text = calloc(1, 65);
    size_t i;

    cr_assert_eq(EVP_Digest(sample->der, sample->length, hash, NULL, EVP_sha256(), NULL), 1);
    for (i = 0; i < sizeof(hash); i++)
        (void)snprintf(text + 2 * i, 3, "%02x", hash[i]);
    for (i = 0; upper && i < 64; i++)
        text[i] = (char)toupper((unsigned char)text[i]);
    return text;
}

/* A proxy that forwards names and no certificate: the client's own subject or URI may hold one. */
Test(forwarded_xfcc, a_certificate_in_what_the_client_wrote_does_not_count)
{
    char *hash = hash_of(&sample_one, false);
    static const char *const forms[] = {
        "By=spiffe://a;Hash=HASH;URI=x;Cert=\"CERT\"",
        "By=spiffe://a;Hash=HASH;URI=x;Chain=\"CERT\"",
        "By=spiffe://a;Hash=HASH;DNS=x;Cert=CERT",
        "By=spiffe://a;Hash=HASH;URI=;Cert=\"CERT\"",
        "By=spiffe://a;Hash=HASH;Subject=;Cert=\"CERT\"",
        "By=spiffe://a;Hash=HASH;URI=;;Cert=\"CERT\"",
        "Hash=HASH;Subject=\"CN=x\\\\\";URI=\";Cert=CERT",
        "Hash=HASH;Subject=\"CN=x\\\\\";URI=\";Cert=\"CERT\"",
        "Hash=HASH;Subject=\"CN=x\";URI=\"y\";Cert=\"CERT\"",
        "Hash=HASH;Subject=\"x\\\\\";Cert=CERT;Z=\";URI=a\"",
    };
    size_t i;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char *value = with(forms[i], "CERT", sample_two.url);

        expect(with(value, "HASH", hash), XFCC_ONE_ELEMENT, NULL, "");
        expect(with(value, "HASH", "0"), XFCC_ONE_ELEMENT, NULL, "");
        free(value);
    }
    expect(format("Subject=CN=x;Cert=\"%s\"", sample_one.url), XFCC_ONE_ELEMENT, NULL,
        "may have written it");
    expect(format("URI=x;Hash=%s;Cert=\"%s\"", hash, sample_one.url), XFCC_ONE_ELEMENT, NULL,
        "may have written it");
    free(hash);
}

Test(forwarded_xfcc, the_hash_of_the_certificate_vouches_for_its_place)
{
    size_t i;

    for (i = 0; i < 2; i++) {
        char *hash = hash_of(&sample_one, i == 1);

        expect(format("Hash=%s;Cert=\"%s\";URI=x", hash, sample_one.url), XFCC_ONE_ELEMENT,
            &sample_one, NULL);
        expect(format("Hash=%s;URI=x;Subject=y;Cert=\"%s\"", hash, sample_one.url),
            XFCC_ONE_ELEMENT, &sample_one, NULL);
        expect(format("Cert=\"%s\",Hash=%s;Chain=\"%s%s\"", sample_two.url, hash, sample_one.url,
                   sample_two.url),
            0, &sample_one, NULL);
        expect(format("Hash=%s;Hash=%064d;URI=x;Cert=\"%s\"", hash, 0, sample_one.url),
            XFCC_ONE_ELEMENT, &sample_one, NULL);
        expect(format("Hash=%s;URI=x;Cert=\"%s\"", hash, sample_two.url), XFCC_ONE_ELEMENT, NULL,
            "not the SHA-256");
        free(hash);
    }
    expect(format("Hash=0123;Cert=\"%s\"", sample_one.url), XFCC_ONE_ELEMENT, &sample_one, NULL);
    expect(format("Cert=\"%s\";URI=x;Hash=%064d", sample_one.url, 0), XFCC_ONE_ELEMENT, &sample_one,
        NULL);
}

/* Envoy's subjects have each backslash twice (RFC 2253). */
Test(forwarded_xfcc, a_subject_may_end_with_a_backslash)
{
    char *hash = hash_of(&sample_one, false);

    expect(format("Cert=\"%s\";Subject=\"CN=x\\\\\"", sample_one.url), XFCC_ONE_ELEMENT,
        &sample_one, NULL);
    expect(format("Cert=\"%s\";Subject=\"CN=x\\\\\";URI=y;DNS=z", sample_one.url), XFCC_ONE_ELEMENT,
        &sample_one, NULL);
    expect(format("Hash=%s;Subject=\"CN=x\\\\\\\\\";Cert=\"%s\"", hash, sample_one.url), 0,
        &sample_one, NULL);
    expect(format("Cert=\"%s\";Subject=\"CN=x\\\"y\\\\\\\"\"", sample_one.url), XFCC_ONE_ELEMENT,
        &sample_one, NULL);
    expect(
        format("Cert=\"%s\";Subject=\"CN=x\\\"", sample_one.url), XFCC_ONE_ELEMENT, NULL, "quoted");
    free(hash);
}

/* With several elements it is not known which reading has those that proxies wrote. */
Test(forwarded_xfcc, several_elements_need_one_reading)
{
    expect(format("Subject=\"x\\\\\",Cert=\"%s\"", sample_one.url), 0, NULL, "");
    expect(format("Subject=\"x\\\\\",Cert=%s,Z=\",Cert=\"%s\"", sample_one.url, sample_two.url), 1,
        NULL, "");
    expect(format("Cert=\"%s\";Subject=\"x\\\\\",Z=\"y\";Cert=%s", sample_one.url, sample_two.url),
        0, NULL, "");
}

/* Other products have a header of the same name. */
Test(forwarded_xfcc, another_form_is_named)
{
    expect(format("%s", sample_one.base64), XFCC_ONE_ELEMENT, &sample_one, NULL);
    expect(format("%s=", sample_one.base64), XFCC_ONE_ELEMENT, NULL, "looks like base64 of DER");
    expect(format("\"%s\"", sample_one.base64), XFCC_ONE_ELEMENT, NULL, "looks like base64 of DER");
    expect(format("LS0tLS1CRUdJTiBDRVJU"), XFCC_ONE_ELEMENT, NULL, "looks like base64 of PEM");
    expect(format("LS0tLS1CRUdJTiBDRVI="), XFCC_ONE_ELEMENT, NULL, "NAME:any");
    expect(format("%s", sample_one.url), XFCC_ONE_ELEMENT, NULL, "looks like PEM");
}
