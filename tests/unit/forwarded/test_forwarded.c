/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded.h"
#include "unit/forwarded/forwarded_helpers.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* One value, as SSL_CLIENT_CERT carries it. */

static struct sample sample, other;

static void set_up(void)
{
    sample = sample_make("CN=Dan");
    other = sample_make("CN=Eve");
}

static void tear_down(void)
{
    sample_free(&sample);
    sample_free(&other);
}

TestSuite(forwarded, .init = set_up, .fini = tear_down);

/* Frees the value. */
static void expect_decodes(char *value, const char *what, const char *encoding)
{
    struct forwarded forwarded;

    forwarded_decode_value(value, strlen(value), &forwarded);
    if (forwarded.encoding != NULL)
        cr_expect_str_eq(forwarded.encoding, encoding, "%s: encoding %s", what, forwarded.encoding);
    expect_present(&forwarded, what, "", &sample, NULL);
    free(value);
}

static void expect_refused(char *value, const char *what, const char *words)
{
    struct forwarded forwarded;

    forwarded_decode_value(value, strlen(value), &forwarded);
    expect_malformed(&forwarded, what, words);
    free(value);
}

Test(forwarded, pem_decodes_whatever_white_space_takes_the_place_of_its_line_ends)
{
    char *armour;

    expect_decodes(format("%s", sample.pem), "LF", "PEM");
    expect_decodes(with(sample.pem, "\n", "\r\n"), "CRLF", "PEM");
    expect_decodes(with(sample.pem, "\n", "\r"), "CR", "PEM");
    expect_decodes(with(sample.pem, "\n", "\n\t"), "nginx", "PEM");
    expect_decodes(with(sample.pem, "\n", "\n  "), "spaces behind LF", "PEM");
    expect_decodes(with(sample.pem, "\n", " "), "spaces", "PEM");
    expect_decodes(with(sample.pem, "\n", "\t"), "tabs", "PEM");
    expect_decodes(with(sample.pem, "\n", ""), "nothing", "PEM");
    armour = format(" \n%s\n\n", sample.pem);
    expect_decodes(armour, "white space around", "PEM");
}

Test(forwarded, url_encoded_pem_decodes_and_a_plus_is_a_plus)
{
    char *plain;

    expect_decodes(url_encoded(sample.pem, ""), "nginx escaped", "URL-encoded PEM");
    expect_decodes(url_encoded(sample.pem, "+=/"), "AWS", "URL-encoded PEM");
    expect_decodes(with(sample.url, "%20", "+"), "BEGIN+CERTIFICATE", "URL-encoded PEM");
    expect_decodes(with(sample.url, "-", "%2D"), "%2D", "URL-encoded PEM");
    expect_decodes(with(sample.url, "-", "%2d"), "%2d", "URL-encoded PEM");
    expect_decodes(with(sample.url, "%0A", "%0D%0A"), "CRLF", "URL-encoded PEM");
    plain = with(sample.pem, " CERTIFICATE", "+CERTIFICATE");
    expect_decodes(plain, "plus in the armour alone", "URL-encoded PEM");
    /* form rules all through: a plus for a line end would be base64 */
    plain = with(sample.url, "%0A", "+");
    expect_refused(plain, "plus for line ends", "");
}

Test(forwarded, base64_der_decodes_with_white_space_in_it)
{
    char *broken = with(sample.pem, "-----BEGIN CERTIFICATE-----\n", "");

    expect_decodes(format("%s", sample.base64), "one line", "base64 DER");
    expect_decodes(format("%s\n", sample.base64), "line end", "base64 DER");
    *strchr(broken, '-') = '\0';
    expect_decodes(broken, "lines", "base64 DER");
}

Test(forwarded, base64_of_pem_decodes)
{
    expect_decodes(
        base64_of((const unsigned char *)sample.pem, strlen(sample.pem)), "of PEM", "base64 PEM");
}

/* As `escape` makes of what `base64` made. */
Test(forwarded, base64_that_was_url_encoded_decodes)
{
    char *of_pem = base64_of((const unsigned char *)sample.pem, strlen(sample.pem));

    expect_decodes(format("%s%%0A", sample.base64), "DER", "URL-encoded base64");
    expect_decodes(format("%s%%0a", of_pem), "PEM", "URL-encoded base64");
    expect_refused(format("%s%%2", sample.base64), "cut off", "it is neither PEM");
    expect_refused(format("%s%%00", sample.base64), "a NUL", "it is neither PEM");
    free(of_pem);
}

/* A sender that decodes form data, or encodes it so, turns each plus of base64 into a space. */
Test(forwarded, pluses_that_became_spaces_are_told_as_that)
{
    /* A key of the test's own need not have a plus in its base64. */
    cr_assert_not_null(strchr(sample.base64, '+'), "the sample has no plus");
    expect_refused(with(sample.base64, "+", " "), "base64", "each plus in it has become a space");
    expect_refused(with(sample.pem, "+", " "), "PEM", "each plus in it has become a space");
}

Test(forwarded, line_ends_in_two_characters_and_hexadecimal_are_told_as_that)
{
    char *hex = calloc(2, sample.length + 1);
    size_t i;

    for (i = 0; i < sample.length; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", sample.der[i]);
    expect_refused(hex, "hex", "it is hexadecimal");
    expect_refused(with(sample.pem, "\n", "\\n"), "\\n", "the two characters \\ and n");
}

Test(forwarded, nothing_and_what_fronts_write_for_it_are_absent)
{
    static const char *const blanks[] = {"", " ", "\n", "\r\n\t ", "          \v\f", "(null)", "-",
        "\"\"", " (null) ", "-----BEGIN CERTIFICATE----------END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE----- -----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n",
        "-----BEGIN%20CERTIFICATE-----%0A%0A-----END%20CERTIFICATE-----%0A",
        /* base64 of empty armour */
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCi0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K"};
    struct forwarded forwarded;
    size_t i;

    for (i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
        forwarded_decode_value(blanks[i], strlen(blanks[i]), &forwarded);
        expect_absent(&forwarded, blanks[i]);
    }
}

Test(forwarded, what_came_instead_of_a_certificate_is_told)
{
    static const struct {
        const char *value, *words;
    } cases[] = {
        {"garbage!", "not base64"},
        {"100% wrong", "neither PEM"},
        {"AAAA", "not a DER certificate"},
        {"TWF=", "bits that belong to no byte"},
        {"TQ=", "padded wrongly"},
        {"TWFuT", "cut off"},
        {"MAA=", "not of a certificate"},
        {"MAQEAgAB", "not of a certificate"},
        {"MAMCAQA=", "private key or of PKCS#12"},
        {"MAMGAQA=", "PKCS#7"},
        {"MIAAAA==", "not a DER certificate"},
        {"-----BEGIN", "cut off in its BEGIN line"},
        {"-----BEGIN CERTIFICATE", "cut off or broken"},
        {"-----BEGIN CERTIFICATE-----", "END line is missing"},
        {"-----BEGIN X----- -----END CERTIFICATE-----", "'X'"},
        {"--", "cut off in its BEGIN line"},
        {"(null))", "not base64"},
        {"MIIBCgKC\\nAQ==", "two characters \\ and n"},
        {"30820A0B0C0D", "hexadecimal"},
        {"30:82:0A:0b:0C:0D", "hexadecimal"},
        {"//4tAC0A", "UTF-16"},
        {"H4sIAAAA", "gzip"},
        {"MIIBAAYJKoZIhvcNAQcC", "PKCS#7"},
        {"\xEF\xBB\xBF-----BEGIN CERTIFICATE-----", "byte order mark"},
        {"-----BEGIN CERTIFICATE-----\nTWFu\n-----END X-----", "something else"},
        {"-----BEGIN CERTIFICATE-----\nTWFu\n-----BEGIN CERTIFICATE-----", "another BEGIN"},
        {"-----BEGIN CERTIFICATE REQUEST-----\nTWFu", "request (CSR)"},
        {"-----BEGIN NEW CERTIFICATE REQUEST-----\nTWFu", "request (CSR)"},
        {"-----BEGIN TRUSTED CERTIFICATE-----\nTWFu", "TRUSTED CERTIFICATE"},
        {"-----BEGIN PKCS7-----\nTWFu", "PKCS#7"},
        {"-----BEGIN CMS-----\nTWFu", "PKCS#7"},
        {"-----BEGIN X509 CRL-----\nTWFu", "revocation list"},
        {"-----BEGIN PUBLIC KEY-----\nTWFu", "public key"},
        {"-----BEGIN RSA PUBLIC KEY-----\nTWFu", "public key"},
        {"-----BEGIN%20X509%20CRL-----%0ATWFu", "revocation list"},
        {"-----BEGIN+X509+CRL-----%0ATWFu", "revocation list"},
        {"-----BEGIN SOMETHING ELSE-----\nTWFu", "'SOMETHING ELSE'"},
        {"-----BEGIN some\x1Bthing-----\nTWFu", "cut off or broken"},
        {"-----BEGIN%2", "URL-encoding is broken"},
        {"-----BEGIN%20CERTIFICATE-----%0ATW%zzFu", "URL-encoding is broken"},
        {"0\x82\x01\x02", "bare DER"},
        {"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t", "END line is missing"},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_refused(format("%s", cases[i].value), cases[i].value, cases[i].words);
}

/* Whether any eight characters of the secret stand in the words. */
static bool tells(const char *words, const char *secret)
{
    size_t i;

    for (i = 0; i + 8 <= strlen(secret); i++) {
        char part[9] = "";

        memcpy(part, secret + i, 8);
        if (strstr(words, part) != NULL)
            return true;
    }
    return false;
}

Test(forwarded, a_private_key_is_told_as_such_wherever_it_stands_and_never_repeated)
{
    struct pki *pki = pki_make(&(struct pki_spec){.subject = "CN=k"});
    char *key = pki_key_pem(pki->key), *body = strchr(key, '\n') + 1;
    char *base64 = with(body, "\n-----END PRIVATE KEY-----\n", "");
    char *values[] = {format("%s", key), format("%s%s", sample.pem, key),
        format("%s%s", key, sample.pem), format("Bag Attributes\n%s", key), url_encoded(key, ""),
        with(key, "\n", " "), format("%.*s", (int)strlen(key) - 30, key),
        with(key, "BEGIN PRIVATE", "BEGIN RSA PRIVATE"), format("%s", base64)};
    struct forwarded forwarded;
    size_t i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        forwarded_decode_value(values[i], strlen(values[i]), &forwarded);
        cr_expect_not(tells(forwarded.reason, base64), "%s", forwarded.reason);
        expect_malformed(&forwarded, values[i], "private key");
        free(values[i]);
    }
    free(base64);
    free(key);
    pki_free(pki);
}

Test(forwarded, one_certificate_and_nothing_else)
{
    expect_refused(format("%s%s", sample.pem, other.pem), "two", "a second certificate follows");
    expect_refused(format("%s%s", sample.pem, sample.pem), "twice", "a second certificate follows");
    expect_refused(format("%s%s", sample.url, other.url), "two", "a second certificate follows");
    expect_refused(base64_of_both(&sample, &other), "two DER", "a second certificate follows");
    expect_refused(format("%sx", sample.pem), "behind", "data follows the certificate");
    expect_refused(format("%s-----BEGIN X509 CRL-----", sample.pem), "CRL behind", "'X509 CRL'");
    expect_refused(format("x%s", sample.pem), "before", "data stands before");
    expect_refused(format("Certificate:\n%s", sample.pem), "before", "data stands before");
    expect_refused(format("%s,%s", sample.base64, other.base64), "list", "base64");
}

Test(forwarded, bytes_behind_the_der_are_refused)
{
    unsigned char *more = malloc(sample.length + 2);

    cr_assert_not_null(more);
    memcpy(more, sample.der, sample.length);
    memcpy(more + sample.length, "\x05", 2);
    expect_refused(base64_of(more, sample.length + 1), "one byte", "data follows");
    expect_refused(base64_of(more, sample.length + 2), "a NULL", "data follows");
    expect_refused(base64_of(more, sample.length - 1), "cut off", "cut off");
    free(more);
}

/* A SEQUENCE of this many bytes in all (65,539 at the most), as base64, that begins with a
 * SEQUENCE.
 */
static char *large(size_t length)
{
    unsigned char *der = calloc(1, length);
    char *base64;

    cr_assert_not_null(der);
    der[0] = 0x30;
    der[1] = 0x82;
    der[2] = (unsigned char)((length - 4) >> 8);
    der[3] = (unsigned char)((length - 4) & 0xFF);
    der[4] = 0x30;
    base64 = base64_of(der, length);
    free(der);
    return base64;
}

Test(forwarded, the_limit_of_a_certificate_is_64_kib_of_der)
{
    char *value = large(CERTIFICATE_MAX_DER);
    struct forwarded forwarded;

    forwarded_decode_value(value, strlen(value), &forwarded);
    cr_expect_eq(forwarded.status, FORWARDED_PRESENT, "at the limit: %s", forwarded.reason);
    forwarded_free(&forwarded);
    free(value);
    expect_refused(large(CERTIFICATE_MAX_DER + 1), "above by one", "larger than the limit");
    value = malloc(FORWARDED_MAX_VALUE + 1);
    cr_assert_not_null(value);
    memset(value, 'A', FORWARDED_MAX_VALUE + 1);
    forwarded_decode_value(value, FORWARDED_MAX_VALUE + 1, &forwarded);
    expect_malformed(&forwarded, "long", "more than the limit");
    memset(value, ' ', FORWARDED_MAX_VALUE + 1);
    forwarded_decode_value(value, FORWARDED_MAX_VALUE + 1, &forwarded);
    expect_malformed(&forwarded, "long and blank", "more than the limit");
    forwarded_decode_value(value, FORWARDED_MAX_VALUE, &forwarded);
    expect_absent(&forwarded, "blank up to the limit");
    free(value);
}

/* Every prefix but a dash alone, which fronts write for nothing, and those that lack white space
 * alone. */
static void expect_prefixes_refused(const char *value, const char *what, size_t spare)
{
    struct forwarded forwarded;
    size_t length;

    for (length = 2; length < strlen(value) - spare; length++) {
        char *prefix = malloc(length); /* the sanitizer sees a byte read too far */

        cr_assert_not_null(prefix);
        memcpy(prefix, value, length);
        forwarded_decode_value(prefix, length, &forwarded);
        expect_malformed(&forwarded, what, "");
        free(prefix);
    }
}

Test(forwarded, every_prefix_of_a_certificate_is_malformed)
{
    char *nginx = with(sample.pem, "\n", "\n\t");

    expect_prefixes_refused(sample.pem, "PEM", 1);
    expect_prefixes_refused(nginx, "nginx", 2);
    expect_prefixes_refused(sample.base64, "base64", 0);
    expect_prefixes_refused(sample.url, "URL-encoded", strlen("%0A"));
    free(nginx);
}

Test(forwarded, a_nul_in_a_value_is_no_end)
{
    struct forwarded forwarded;
    size_t length = strlen(sample.pem);
    char *value = malloc(length + 2);

    cr_assert_not_null(value);
    memcpy(value, sample.pem, length);
    value[length] = '\0';
    value[length + 1] = 'x';
    forwarded_decode_value(value, length + 2, &forwarded);
    expect_malformed(&forwarded, "NUL behind", "data follows");
    value[40] = '\0';
    forwarded_decode_value(value, length, &forwarded);
    expect_malformed(&forwarded, "NUL inside", "not base64");
    free(value);
}
