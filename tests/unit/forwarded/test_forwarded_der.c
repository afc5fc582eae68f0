/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_encodings.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(forwarded_der, .init = two_samples_make, .fini = two_samples_free);

static void expect_refused(const char *bytes, size_t length, const char *words)
{
    struct certificates out = {.count = 0};

    cr_expect_eq(encoding_append_der(&out, (const unsigned char *)bytes, length), DECODING_REFUSED,
        "expected %s", words);
    cr_expect_not_null(strstr(out.reason, words), "expected %s, came %s", words, out.reason);
    cr_expect_eq(out.count, 0);
    certificates_free(&out);
}

Test(forwarded_der, the_outer_shape_must_be_that_of_a_certificate)
{
    expect_refused("\x30\x03\x02\x01\x00", 5, "private key or of PKCS#12");
    expect_refused("\x30\x03\x06\x01\x00", 5, "PKCS#7");
    expect_refused("\x30\x03\x04\x01\x00", 5, "not of a certificate");
    expect_refused("\x30\x00", 2, "not of a certificate");
    expect_refused("\x02\x01\x00", 3, "no SEQUENCE");
    expect_refused("\x30\x80\x00\x00", 4, "cut off, or BER");
    expect_refused("\x30\x81\x05", 3, "cut off, or BER");
    expect_refused("-----BEGIN", 10, "base64 of PEM");
    expect_refused("\x30\x04\x30\x00", 4, "cut off: 4 of 6 bytes");
    expect_refused("\x30\x02\x30\x00x", 5, "data follows the certificate in its DER: 1 byte");
    expect_refused("\x30\x02\x30\x00\x30\x02\x30\x00", 8, "a second certificate follows");
}

Test(forwarded_der, more_certificates_than_fit_are_refused)
{
    struct certificates out = {.count = 0};
    size_t i;

    for (i = 0; i < CERTIFICATES_MAX; i++)
        cr_expect_eq(encoding_append_der(&out, sample_one.der, sample_one.length), DECODING_FINE);
    cr_expect_eq(encoding_append_der(&out, sample_one.der, sample_one.length), DECODING_REFUSED);
    cr_expect_not_null(strstr(out.reason, "more than"), "%s", out.reason);
    cr_expect_eq(out.count, CERTIFICATES_MAX);
    certificates_free(&out);
    certificates_free(NULL);
}

Test(forwarded_der, a_chain_is_told_apart_by_lengths)
{
    char *both = base64_of_both(&sample_one, &sample_two);
    struct certificates out = {.count = 0};

    cr_expect_eq(
        encoding_append_base64_chain(&out, cursor_over(both, strlen(both))), DECODING_FINE);
    cr_assert_eq(out.count, 2);
    cr_expect_eq(out.items[0].length, sample_one.length);
    cr_expect_eq(memcmp(out.items[1].data, sample_two.der, sample_two.length), 0);
    certificates_free(&out);
    cr_expect_eq(encoding_append_base64(&out, cursor_over(both, strlen(both)), BASE64_NO_SPACE),
        DECODING_REFUSED, "one alone");
    free(both);
}
