/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_encodings.h"
#include "unit/forwarded/forwarded_helpers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(forwarded_pem, .init = two_samples_make, .fini = two_samples_free);

/* Decodes and frees the text; `words` NULL: so many certificates come out. */
static void expect(char *text, size_t most, bool form_rules, size_t count, const char *words)
{
    struct certificates out = {.count = 0};
    enum decoding result =
        encoding_append_pem(&out, cursor_over(text, strlen(text)), most, form_rules);

    cr_expect_eq(result, words == NULL ? DECODING_FINE : DECODING_REFUSED, "%d: %s", (int)result,
        out.reason);
    if (words == NULL)
        cr_expect_eq(out.count, count, "%zu certificates", out.count);
    else
        cr_expect_not_null(strstr(out.reason, words), "expected %s, came %s", words, out.reason);
    certificates_free(&out);
    free(text);
}

Test(forwarded_pem, as_many_certificates_are_read_as_may_be_there)
{
    expect(format("%s", sample_one.pem), 1, false, 1, NULL);
    expect(format("%s%s", sample_one.pem, sample_two.pem), 2, false, 2, NULL);
    expect(format("%s%s", sample_one.pem, sample_two.pem), 1, false, 0,
        "a second certificate follows");
    expect(format("%sx", sample_one.pem), 2, false, 0, "data follows the certificate: 1 byte");
}

Test(forwarded_pem, a_plus_for_a_space_in_its_armour_is_taken_from_forms_alone)
{
    char *plus = with(sample_one.pem, "BEGIN CERTIFICATE", "BEGIN+CERTIFICATE");

    expect(with(plus, "END CERTIFICATE", "END+CERTIFICATE"), 1, true, 1, NULL);
    expect(with(plus, "END CERTIFICATE", "END+CERTIFICATE"), 1, false, 0, "does not begin with");
    free(plus);
}

Test(forwarded_pem, what_its_label_says_it_is_instead_is_told)
{
    expect(with(sample_one.pem, "CERTIFICATE", "CERTIFICATE REQUEST"), 1, false, 0, "(CSR)");
    expect(with(sample_one.pem, "CERTIFICATE", "X509 CRL"), 1, false, 0, "(CRL)");
    expect(with(sample_one.pem, "CERTIFICATE", "RSA PRIVATE KEY"), 1, false, 0,
        encoding_private_key_words);
    expect(with(sample_one.pem, "CERTIFICATE", "PUZZLE"), 1, false, 0, "PEM of a 'PUZZLE'");
    expect(with(sample_one.pem, "-----END CERTIFICATE-----\n", ""), 1, false, 0,
        "END line is missing");
    expect(with(sample_one.pem, "END CERTIFICATE", "END PKCS7"), 1, false, 0,
        "that of something else");
}

Test(forwarded_pem, url_encoding_is_undone_first)
{
    struct certificates out = {.count = 0};

    cr_expect_eq(
        encoding_append_url_pem(&out, cursor_over(sample_one.url, strlen(sample_one.url)), 1),
        DECODING_FINE);
    cr_expect_eq(out.count, 1);
    certificates_free(&out);
    cr_expect_eq(encoding_append_url_pem(&out, cursor_over("%2", 2), 1), DECODING_REFUSED);
    cr_expect_not_null(strstr(out.reason, "URL-encoding"), "%s", out.reason);
}

Test(forwarded_pem, base64_may_hold_der_or_pem)
{
    char *of_pem = base64_of((const unsigned char *)sample_one.pem, strlen(sample_one.pem));
    struct certificates out = {.count = 0};

    cr_expect_eq(
        encoding_append_base64_any(&out, cursor_over(of_pem, strlen(of_pem))), DECODING_FINE);
    cr_expect_str_eq(out.encoding, "base64 PEM");
    certificates_free(&out);
    cr_expect_eq(
        encoding_append_base64_any(&out, cursor_over(sample_one.base64, strlen(sample_one.base64))),
        DECODING_FINE);
    cr_expect_str_eq(out.encoding, "base64 DER");
    cr_expect_eq(memcmp(out.items[0].data, sample_one.der, sample_one.length), 0);
    certificates_free(&out);
    free(of_pem);
}
