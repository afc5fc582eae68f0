/* SPDX-License-Identifier: ISC */
#include "certificate/identity.h"
#include "unit/certificate/identity_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

Test(identity, serial_numbers_of_every_size_and_sign)
{
    static const char longest[] = "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";
    static const struct {
        const char *given, *hex, *decimal;
    } serials[] = {
        {"01", "01", "1"},
        {"00", "00", "0"},
        {"1000", "1000", "4096"},
        {"80", "80", "128"},
        {"-01", "-01", "-1"},
        {"-8000", "-8000", "-32768"},
        {"3B9ACA00", "3B9ACA00", "1000000000"},
        {"0DE0B6B3A7640001", "0DE0B6B3A7640001", "1000000000000000001"},
        {longest, longest, "730750818665451459101842416358141509827966271487"},
    };
    size_t i;

    for (i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
        struct identity *identity =
            identity_given(&(struct pki_spec){.serial_hex = serials[i].given});

        cr_expect_str_eq(
            identity->serial, serials[i].hex, "%s: came %s", serials[i].given, identity->serial);
        cr_expect_str_eq(identity->serial_decimal, serials[i].decimal, "%s: came %s",
            serials[i].given, identity->serial_decimal);
        identity_free(identity);
    }
}

Test(identity, serial_numbers_have_the_digits_that_libcrypto_gives_them)
{
    int length;

    for (length = 1; length <= 64; length++) {
        BIGNUM *number = BN_new();
        struct identity *identity;
        char *hex, *decimal;

        pki_must(BN_rand(number, 8 * length, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1, "a number");
        hex = BN_bn2hex(number);
        decimal = BN_bn2dec(number);
        identity = identity_given(&(struct pki_spec){.serial_hex = hex});
        cr_expect_str_eq(identity->serial_decimal, decimal, "%s", hex);
        identity_free(identity);
        OPENSSL_free(decimal);
        OPENSSL_free(hex);
        BN_free(number);
    }
}

Test(identity, a_serial_number_of_absurd_length_is_not_turned_into_decimal_digits)
{
    char hex[131];
    struct identity *identity;

    memset(hex, 'A', sizeof(hex) - 1);
    hex[128] = '\0';
    identity = identity_given(&(struct pki_spec){.serial_hex = hex});
    cr_expect_str_eq(identity->serial, hex);
    cr_expect_eq(strlen(identity->serial_decimal), 154, "%s", identity->serial_decimal);
    identity_free(identity);
    memset(hex, 'A', sizeof(hex) - 1);
    hex[130] = '\0';
    identity = identity_given(&(struct pki_spec){.serial_hex = hex});
    cr_expect_str_eq(identity->serial, hex);
    cr_expect_str_eq(identity->serial_decimal, "too long");
    identity_free(identity);
}

Test(identity, dates_of_both_forms_are_told_and_nonsense_is_unreadable)
{
    static const struct {
        const char *given, *shown;
        time_t seconds;
    } dates[] = {
        {"700101000000Z", "1970-01-01T00:00:00Z", 0},
        {"500101000000Z", "1950-01-01T00:00:00Z", -631152000},
        {"491231235959Z", "2049-12-31T23:59:59Z", 2524607999},
        {"20500101000000Z", "2050-01-01T00:00:00Z", 2524608000},
        {"20261123175738Z", "2026-11-23T17:57:38Z", 1795456658},
        {"240229000000Z", "2024-02-29T00:00:00Z", 1709164800},
        {"99991231235959Z", "9999-12-31T23:59:59Z", 253402300799},
        {"00000101000000Z", "0000-01-01T00:00:00Z", -62167219200},
        {"230229000000Z", "unreadable", 0},
        {"19000229000000Z", "unreadable", 0},
        {"2611231757Z", "unreadable", 0},
        {"261123175738+0100", "unreadable", 0},
        {"20261123175738.5Z", "unreadable", 0},
        {"261123175738", "unreadable", 0},
        {"260023175738Z", "unreadable", 0},
        {"261323175738Z", "unreadable", 0},
        {"261100175738Z", "unreadable", 0},
        {"261131175738Z", "unreadable", 0},
        {"261123245738Z", "unreadable", 0},
        {"261123176038Z", "unreadable", 0},
        {"261123175760Z", "unreadable", 0},
        {"2611231757-8Z", "unreadable", 0},
        {"26112317573\nZ", "unreadable", 0},
        {"<script>", "unreadable", 0},
        {"", "unreadable", 0},
    };
    size_t i;

    for (i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        struct identity *identity = identity_given(&(struct pki_spec){
            .not_before_text = dates[i].given, .not_after_text = dates[i].given});
        bool known = strcmp(dates[i].shown, "unreadable") != 0;

        cr_expect_str_eq(identity->not_before, dates[i].shown, "%s: expected %s, came %s",
            dates[i].given, dates[i].shown, identity->not_before);
        cr_expect_str_eq(identity->not_after, dates[i].shown);
        cr_expect_eq(identity->not_before_known, known, "%s", dates[i].given);
        cr_expect_eq(identity->not_after_known, known, "%s", dates[i].given);
        cr_expect_eq(identity->not_before_time, dates[i].seconds, "%s: came %ld", dates[i].given,
            (long)identity->not_before_time);
        cr_expect_eq(identity->not_after_time, dates[i].seconds, "%s", dates[i].given);
        identity_free(identity);
    }
}

Test(identity, moments_are_written_as_rfc_3339)
{
    static const struct {
        time_t seconds;
        const char *shown;
    } moments[] = {{0, "1970-01-01T00:00:00Z"}, {-1, "1969-12-31T23:59:59Z"},
        {1795456658, "2026-11-23T17:57:38Z"}, {(time_t)INT64_MAX, "unreadable"},
        {(time_t)INT64_MIN, "unreadable"}};
    char buffer[IDENTITY_TIME_SIZE];
    size_t i;

    for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        identity_format_time(moments[i].seconds, buffer);
        cr_expect_str_eq(buffer, moments[i].shown, "came %s", buffer);
    }
}

Test(identity, every_kind_of_key_is_named)
{
    static const struct {
        enum pki_key key;
        const char *key_words, *signature;
    } keys[] = {
        {PKI_RSA_2048, "RSA 2048 bits", "sha256WithRSAEncryption"},
        {PKI_RSA_PSS_2048, "RSA-PSS 2048 bits", "rsassaPss"},
        {PKI_EC_P256, "EC prime256v1 256 bits", "ecdsa-with-SHA256"},
        {PKI_EC_P384, "EC secp384r1 384 bits", "ecdsa-with-SHA256"},
        {PKI_ED25519, "Ed25519", "ED25519"},
    };
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct identity *identity = identity_given(&(struct pki_spec){.key = keys[i].key});

        cr_expect_str_eq(identity->public_key, keys[i].key_words, "came %s", identity->public_key);
        cr_expect_str_eq(identity->signature_algorithm, keys[i].signature, "came %s",
            identity->signature_algorithm);
        identity_free(identity);
    }
}

/* Reads it as it comes from a client, decoded. */
static struct identity *read_decoded(const struct pki *pki)
{
    X509 *certificate = pki_decoded(pki);
    struct identity *identity = identity_of(certificate);

    X509_free(certificate);
    return identity;
}

Test(identity, keys_of_unknown_kinds_and_curves_are_told_as_such)
{
    static char oid[] = "1.2.3.4.5";
    struct pki *unknown =
        pki_make(&(struct pki_spec){.customise = pki_foreign_key, .context = oid});
    struct pki *explicit = pki_make(&(struct pki_spec){.customise = pki_explicit_curve});
    struct identity *identity = read_decoded(unknown);

    cr_expect_str_eq(identity->public_key, "unknown (1.2.3.4.5)", "came %s", identity->public_key);
    cr_expect_eq(strlen(identity->spki_sha256), 64);
    identity_free(identity);
    identity = read_decoded(explicit);
    cr_expect(strncmp(identity->public_key, "EC ", 3) == 0, "came %s", identity->public_key);
    identity_free(identity);
    pki_free(unknown);
    pki_free(explicit);
}

Test(identity, fingerprint_and_pin_are_sha256_in_lower_case)
{
    struct pki *pki = pki_make(&(struct pki_spec){.subject = "CN=Dan"});
    unsigned char hash[32];
    unsigned length = 0;
    char hex[65] = "";
    struct identity *identity = read_decoded(pki);
    size_t i;

    pki_must(X509_digest(pki->certificate, EVP_sha256(), hash, &length) == 1, "X509_digest");
    for (i = 0; i < 32; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    cr_expect_str_eq(identity->sha256_fingerprint, hex);
    cr_expect_eq(strlen(identity->spki_sha256), 64);
    identity_free(identity);
    pki_free(pki);
}

Test(identity, the_pin_survives_a_renewal_with_the_same_key_and_no_other)
{
    struct pki *first = pki_make(&(struct pki_spec){.subject = "CN=Dan"});
    struct pki *renewed = pki_make(&(struct pki_spec){.subject = "CN=Dan", .same_key_as = first});
    struct pki *other = pki_make(&(struct pki_spec){.subject = "CN=Dan"});
    struct identity *one = read_decoded(first), *two = read_decoded(renewed);
    struct identity *three = read_decoded(other);

    cr_expect_str_eq(one->spki_sha256, two->spki_sha256);
    cr_expect_str_neq(one->sha256_fingerprint, two->sha256_fingerprint);
    cr_expect_str_neq(one->spki_sha256, three->spki_sha256);
    identity_free(one);
    identity_free(two);
    identity_free(three);
    pki_free(first);
    pki_free(renewed);
    pki_free(other);
}

Test(identity, the_version_counts_from_one)
{
    struct identity *first = identity_given(&(struct pki_spec){.version = 1});
    struct identity *third = identity_given(&(struct pki_spec){.version = 3});

    cr_expect_eq(first->version, 1);
    cr_expect_eq(third->version, 3);
    cr_expect_not(first->key_usage.present);
    cr_expect_not(first->subject_alt_names.present);
    cr_expect_null(first->subject_key_id);
    cr_expect_null(first->authority_key_id);
    identity_free(first);
    identity_free(third);
    identity_free(NULL);
}
