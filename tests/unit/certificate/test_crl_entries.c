/* SPDX-License-Identifier: ISC */
#include "certificate/crl.h"
#include "unit/certificate/crl_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <stdlib.h>
#include <string.h>

/* The same numbers each time. */
static unsigned random_number(void)
{
    static unsigned long long state = 20261127;

    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(state >> 33);
}

/* Of one to twenty bytes, seldom negative, often near one another. */
static ASN1_INTEGER *random_serial(void)
{
    unsigned char bytes[20];
    int i, length = (int)(random_number() % 20) + 1;
    BIGNUM *number;
    ASN1_INTEGER *serial;

    for (i = 0; i < length; i++)
        bytes[i] = random_number() % 2 == 0 ? 0x80 : (unsigned char)random_number();
    number = BN_bin2bn(bytes, length, NULL);
    if (random_number() % 8 == 0)
        BN_set_negative(number, 1);
    serial = BN_to_ASN1_INTEGER(number, NULL);
    BN_free(number);
    return serial;
}

static int gravity(int reason)
{
    return reason == 8 ? 0 : reason == 6 ? 1 : 2;
}

/* What a walk over libcrypto's entries finds. */
static bool walk(X509_CRL *crl, const ASN1_INTEGER *serial, struct crl_entry *entry)
{
    STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);
    bool found = false;
    int i;

    for (i = 0; i < sk_X509_REVOKED_num(all); i++) {
        const X509_REVOKED *one = sk_X509_REVOKED_value(all, i);
        ASN1_ENUMERATED *value = X509_REVOKED_get_ext_d2i(one, NID_crl_reason, NULL, NULL);
        int reason = value != NULL ? (int)ASN1_ENUMERATED_get(value) : -1;

        ASN1_ENUMERATED_free(value);
        if (ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(one), serial) != 0)
            continue;
        if (!found || gravity(reason) > gravity(entry->reason)) {
            struct tm tm;

            pki_must(ASN1_TIME_to_tm(X509_REVOKED_get0_revocationDate(one), &tm) == 1, "date");
            *entry = (struct crl_entry){timegm(&tm), reason};
        }
        found = true;
    }
    return found;
}

static void compare(X509_CRL *crl, const struct crl *decoded, const ASN1_INTEGER *serial)
{
    struct crl_entry wanted = {0}, came = {0};
    bool listed = walk(crl, serial, &wanted), found = crl_find(decoded, serial, &came);

    cr_assert_eq(found, listed, "expected %d, came %d", listed, found);
    cr_assert(
        !found || wanted.reason == came.reason, "reason %d, not %d", came.reason, wanted.reason);
    cr_assert(!found || wanted.revoked_at == came.revoked_at, "%ld, not %ld", (long)came.revoked_at,
        (long)wanted.revoked_at);
}

Test(crl_entries, entries_are_found_as_a_walk_over_libcryptos_finds_them)
{
    static const int reasons[] = {0, 0, 1, 6, 8};
    static const int sizes[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 100, 300};
    struct pki *ca = pki_ca("CN=CA");
    size_t size;

    for (size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++) {
        X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca, .delta_base_plus_one = 1});
        ASN1_INTEGER *serials[600];
        struct crl *decoded;
        int i;

        for (i = 0; i < 2 * sizes[size]; i++) {
            serials[i] = i > 0 && random_number() % 10 == 0
                             ? ASN1_INTEGER_dup(serials[random_number() % (unsigned)i])
                             : random_serial();
            if (i < sizes[size])
                revoke(crl, serials[i], reasons[random_number() % 5], (long)(random_number() % 9));
        }
        pki_must(X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0, "sign");
        decoded = expect_decoded(crl);
        cr_expect_null(crl_fault(decoded), "%s", crl_fault(decoded));
        cr_expect_eq(crl_entry_count(decoded), (size_t)sizes[size]);
        for (i = 0; i < 2 * sizes[size]; i++) {
            compare(crl, decoded, serials[i]);
            ASN1_INTEGER_free(serials[i]);
        }
        crl_free(decoded);
        X509_CRL_free(crl);
    }
    pki_free(ca);
}

Test(crl_entries, the_serial_numbers_at_the_borders_are_told_apart)
{
    static const long numbers[] = {0, 1, -1, 127, 128, -127, -128, -129, 255, 256, -255, -256,
        32767, 32768, -32768, -32769, 65535, 65536};
    const size_t count = sizeof(numbers) / sizeof(numbers[0]);
    struct pki *ca = pki_ca("CN=CA");
    size_t i, j;

    for (i = 0; i < count; i++) {
        X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca});
        ASN1_INTEGER *serial = ASN1_INTEGER_new(), *other = ASN1_INTEGER_new();
        struct crl *decoded;
        struct crl_entry entry;

        ASN1_INTEGER_set(serial, numbers[i]);
        revoke(crl, serial, 0, 0);
        pki_must(X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0, "sign");
        decoded = expect_decoded(crl);
        for (j = 0; j < count; j++) {
            ASN1_INTEGER_set(other, numbers[j]);
            cr_expect_eq(
                crl_find(decoded, other, &entry), i == j, "%ld and %ld", numbers[i], numbers[j]);
        }
        ASN1_INTEGER_free(serial);
        ASN1_INTEGER_free(other);
        crl_free(decoded);
        X509_CRL_free(crl);
    }
    pki_free(ca);
}

/* RFC 5280 section 5.1.2.6: what has such a date is revoked; the list proves nothing good. */
Test(crl_entries, a_revocation_date_that_cannot_be_read_is_a_fault_of_the_list)
{
    static const struct {
        int type;
        const char *date;
        bool readable;
    } cases[] = {
        {V_ASN1_UTCTIME, "260101000000Z", true},
        {V_ASN1_GENERALIZEDTIME, "20260101000000Z", true},
        {V_ASN1_UTCTIME, "2601010000Z", false},
        {V_ASN1_UTCTIME, "261301000000Z", false},
        {V_ASN1_UTCTIME, "260101000000+0100", false},
        {V_ASN1_GENERALIZEDTIME, "20260101000000.5Z", false},
        {V_ASN1_GENERALIZEDTIME, "not a date at a", false},
    };
    struct pki *ca = pki_ca("CN=CA");
    ASN1_INTEGER *serial = ASN1_INTEGER_new(), *another = ASN1_INTEGER_new();
    size_t i;

    pki_must(ASN1_INTEGER_set(serial, 5) == 1 && ASN1_INTEGER_set(another, 6) == 1, "numbers");
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca});
        ASN1_STRING *date = ASN1_STRING_type_new(cases[i].type);
        struct crl_entry entry = {0};
        struct crl *decoded;

        revoke(crl, serial, 1, 0);
        pki_must(ASN1_STRING_set(date, cases[i].date, -1) == 1 &&
                     X509_REVOKED_set_revocationDate(
                         sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0), date) == 1,
            "date");
        revoke(crl, another, 0, 0);
        pki_must(X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0, "sign");
        decoded = expect_decoded(crl);
        expect_fault(decoded, cases[i].readable ? NULL : "revocation date", i);
        cr_expect(crl_find(decoded, serial, &entry), "%s", cases[i].date);
        cr_expect_eq(entry.reason, 1, "%s", cases[i].date);
        cr_expect_eq(entry.revoked_at, cases[i].readable ? 1767225600 : 0, "%s", cases[i].date);
        cr_expect(crl_find(decoded, another, &entry), "%s", cases[i].date);
        crl_free(decoded);
        ASN1_STRING_free(date);
        X509_CRL_free(crl);
    }
    ASN1_INTEGER_free(another);
    ASN1_INTEGER_free(serial);
    pki_free(ca);
}
