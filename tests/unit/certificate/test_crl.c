/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "certificate/crl.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

static struct crl *decode(const X509_CRL *crl, struct error *error)
{
    size_t length = 0;
    unsigned char *der = pki_crl_der(crl, &length);
    struct crl *decoded = crl_decode(der, length, error);

    free(der);
    return decoded;
}

static struct crl *expect_decoded(const X509_CRL *crl)
{
    struct error error = {0};
    struct crl *decoded = decode(crl, &error);

    cr_assert_not_null(decoded, "%s", error.text);
    cr_expect_eq(ERR_peek_error(), 0);
    return decoded;
}

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

static void revoke(X509_CRL *crl, ASN1_INTEGER *serial, int reason, long date)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, 1700000000 + date);
    ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();

    pki_must(X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
                 X509_REVOKED_set_revocationDate(entry, time) == 1,
        "entry");
    if (reason > 0)
        pki_must(ASN1_ENUMERATED_set(value, reason) == 1 &&
                     X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0) == 1,
            "reason");
    pki_must(X509_CRL_add0_revoked(crl, entry) == 1, "add");
    ASN1_ENUMERATED_free(value);
    ASN1_TIME_free(time);
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

Test(crl, entries_are_found_as_a_walk_over_libcryptos_finds_them)
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

Test(crl, the_serial_numbers_at_the_borders_are_told_apart)
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

/* RFC 5280 sections 5.2 and 5.2.5: what makes a list useless, and what does not. */
Test(crl, what_cannot_be_understood_in_a_list_is_a_fault)
{
    static const struct {
        struct pki_crl_spec spec;
        const char *fault; /* NULL: none */
    } cases[] = {
        {{.number = 1}, NULL},
        {{.number = -1}, NULL},
        {{.delta_base_plus_one = 1}, NULL},
        {{.extensions = {"1.2.3.4=DER:0500"}}, NULL},
        {{.extensions = {"1.2.3.4=critical,DER:0500"}},
            "critical extension that is not understood"},
        {{.extensions = {"1.2.3.4=DER:0500", "1.2.3.4=DER:0500"}}, "twice"},
        {{.extensions = {"2.5.29.27=critical,DER:0402"}}, "deltaCRLIndicator cannot be read"},
        {{.extensions = {"2.5.29.27=critical,DER:02010500"}}, "deltaCRLIndicator cannot be read"},
        {{.extensions = {"2.5.29.28=critical,DER:0500"}},
            "issuingDistributionPoint cannot be read"},
        {{.extensions = {"2.5.29.28=critical,DER:30038101FF05"}},
            "issuingDistributionPoint cannot be read"},
        {{.extensions = {"2.5.29.28=critical,DER:30038101FF"}}, NULL},
        {{.extensions = {"2.5.29.28=critical,DER:30068101FF8201FF"}}, "contradicts itself"},
        {{.extensions = {"2.5.29.28=critical,DER:30038401FF"}}, "indirect CRL"},
        {{.extensions = {"2.5.29.46=DER:0500"}}, "freshestCRL cannot be read"},
        {{.number = -1, .extensions = {"2.5.29.20=DER:0500"}}, "cRLNumber cannot be read"},
        {{.extensions = {"2.5.29.20=DER:020102"}}, "twice"},
    };
    struct pki *ca = pki_ca("CN=CA");
    const struct pki_revoked line = {.serial = 77};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pki_crl_spec spec = cases[i].spec;
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        struct crl_entry entry;
        struct crl *decoded;
        X509_CRL *crl;

        spec.issuer = ca;
        spec.revoked = &line;
        spec.revoked_count = 1;
        crl = pki_crl(&spec);
        decoded = expect_decoded(crl);
        if (cases[i].fault == NULL)
            cr_expect_null(crl_fault(decoded), "case %zu: %s", i, crl_fault(decoded));
        else
            cr_expect(
                crl_fault(decoded) != NULL && strstr(crl_fault(decoded), cases[i].fault) != NULL,
                "case %zu: expected \"%s\", came \"%s\"", i, cases[i].fault,
                crl_fault(decoded) != NULL ? crl_fault(decoded) : "none");
        ASN1_INTEGER_set(serial, 77);
        cr_expect(crl_find(decoded, serial, &entry), "case %zu: the entry counts", i);
        cr_expect_eq(crl_verify(decoded, ca->key), 1, "case %zu", i);
        ASN1_INTEGER_free(serial);
        crl_free(decoded);
        X509_CRL_free(crl);
    }
    pki_free(ca);
}

static X509_EXTENSION *raw_extension(const char *oid, bool critical, const char *hex)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    long length = 0;
    unsigned char *bytes = OPENSSL_hexstr2buf(hex, &length);
    X509_EXTENSION *extension;

    pki_must(ASN1_OCTET_STRING_set(value, bytes, (int)length) == 1, "value");
    extension = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
    OPENSSL_free(bytes);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
    return extension;
}

/* RFC 5280 section 5.3. The second entry is plain; it is lost when the first names an issuer. */
Test(crl, what_cannot_be_understood_in_an_entry_is_a_fault_of_the_list)
{
    static const struct {
        const char *oid, *value, *fault;
        bool critical, twice, delta, hides;
        int reason; /* of the entry: -1 none */
    } cases[] = {
        {"2.5.29.21", "0a0101", NULL, .reason = 1},
        {"2.5.29.21", "0a010b", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "0a020001", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "0a010100", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "020101", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "0a0101", "critical extension", .critical = true, .reason = -1},
        {"2.5.29.21", "0a0101", "stands twice", .twice = true, .reason = 1},
        {"2.5.29.21", "0a0108", "removeFromCRL", .reason = 8},
        {"2.5.29.21", "0a0108", NULL, .delta = true, .reason = 8},
        {"2.5.29.24", "180f32303236303130313030303030305a", NULL, .reason = -1},
        {"2.5.29.24", "0500", "invalidity date", .reason = -1},
        {"2.5.29.23", "06032a0304", NULL, .reason = -1},
        {"1.2.3.4", "0500", NULL, .reason = -1},
        {"1.2.3.4", "0500", "critical extension", .critical = true, .reason = -1},
        {"2.5.29.29", "3000", "certificateIssuer", .hides = true},
        {"2.5.29.29", "3000", "certificateIssuer", .critical = true, .hides = true},
    };
    struct pki *ca = pki_ca("CN=CA");
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        X509_CRL *crl = pki_crl(
            &(struct pki_crl_spec){.issuer = ca, .delta_base_plus_one = cases[i].delta ? 1 : 0});
        X509_EXTENSION *extension = raw_extension(cases[i].oid, cases[i].critical, cases[i].value);
        ASN1_INTEGER *first = ASN1_INTEGER_new(), *second = ASN1_INTEGER_new();
        struct crl_entry entry = {0};
        struct crl *decoded;
        X509_REVOKED *odd;

        ASN1_INTEGER_set(first, 5);
        ASN1_INTEGER_set(second, 6);
        revoke(crl, first, 0, 0);
        odd = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0);
        pki_must(X509_REVOKED_add_ext(odd, extension, -1) == 1 &&
                     (!cases[i].twice || X509_REVOKED_add_ext(odd, extension, -1) == 1),
            "extension");
        revoke(crl, second, 0, 0);
        pki_must(X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0, "sign");
        decoded = expect_decoded(crl);
        if (cases[i].fault == NULL)
            cr_expect_null(crl_fault(decoded), "case %zu: %s", i, crl_fault(decoded));
        else
            cr_expect(
                crl_fault(decoded) != NULL && strstr(crl_fault(decoded), cases[i].fault) != NULL,
                "case %zu: %s", i, crl_fault(decoded) != NULL ? crl_fault(decoded) : "none");
        cr_expect_eq(crl_find(decoded, first, &entry), !cases[i].hides, "case %zu", i);
        cr_expect(
            cases[i].hides || entry.reason == cases[i].reason, "case %zu: %d", i, entry.reason);
        cr_expect_eq(crl_find(decoded, second, &entry), !cases[i].hides, "case %zu", i);
        crl_free(decoded);
        X509_EXTENSION_free(extension);
        ASN1_INTEGER_free(first);
        ASN1_INTEGER_free(second);
        X509_CRL_free(crl);
    }
    pki_free(ca);
}

Test(crl, a_signature_is_by_the_key_that_libcrypto_says)
{
    static const enum pki_key kinds[] = {
        PKI_EC_P256, PKI_EC_P384, PKI_ED25519, PKI_RSA_2048, PKI_RSA_PSS_2048};
    struct pki *cas[5];
    size_t i, j;

    for (i = 0; i < 5; i++)
        cas[i] = pki_make(
            &(struct pki_spec){.subject = "CN=CA", .ca = true, .key = kinds[i], .fresh_key = true});
    for (i = 0; i < 5; i++) {
        X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = cas[i]});
        struct crl *decoded = expect_decoded(crl);

        for (j = 0; j < 5; j++) {
            int wanted = X509_CRL_verify(crl, cas[j]->key) == 1;

            cr_expect_eq(wanted, i == j);
            cr_expect_eq(crl_verify(decoded, cas[j]->key), wanted, "%zu by %zu", i, j);
        }
        cr_expect_eq(ERR_peek_error(), 0);
        crl_forget_encoding(decoded);
        cr_expect_eq(crl_verify(decoded, cas[i]->key), -1);
        crl_free(decoded);
        X509_CRL_free(crl);
    }
    for (i = 0; i < 5; i++)
        pki_free(cas[i]);
}

/* No prefix is a list, and whatever one byte is changed to, the signature is wrong then, but for
 * those that say nothing. */
Test(crl, every_prefix_and_every_changed_byte_is_refused_or_not_signed)
{
    struct pki *ca = pki_ca("CN=CA");
    const struct pki_revoked lines[] = {{.serial = 5, .reason = 1}, {.serial = 4}};
    X509_CRL *crl = pki_crl(
        &(struct pki_crl_spec){.issuer = ca, .revoked = lines, .revoked_count = 2, .number = 3});
    size_t length = 0, i;
    unsigned char *der = pki_crl_der(crl, &length);
    const unsigned char changes[] = {0x01, 0x80, 0xFF};
    size_t change;

    for (i = 0; i < length; i++) {
        unsigned char *exact = malloc(i + 1);
        struct error error = {0};

        memcpy(exact, der, i);
        cr_expect_null(crl_decode(exact, i, &error), "a prefix of %zu bytes", i);
        cr_expect_eq(error.kind, ERROR_INPUT);
        free(exact);
        for (change = 0; change < 3; change++) {
            unsigned char before = der[i];
            struct crl *decoded;

            der[i] ^= changes[change];
            decoded = crl_decode(der, length, &error);
            cr_expect(
                decoded == NULL || crl_verify(decoded, ca->key) != 1 || crl_fault(decoded) != NULL,
                "byte %zu changed by %02x", i, changes[change]);
            crl_free(decoded);
            der[i] = before;
        }
    }
    free(der);
    X509_CRL_free(crl);
    pki_free(ca);
}

Test(crl, running_out_of_memory_never_makes_another_list)
{
    struct pki *ca = pki_ca("CN=CA");
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .delta_base_plus_one = 2,
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = "[idp]\nfullname=URI:http://a/\n"});
    size_t length = 0;
    unsigned char *der = pki_crl_der(crl, &length);
    struct error error = {0};
    unsigned long nth, count;
    int and_after;

    crl_free(crl_decode(der, length, &error));
    alloc_watch_fail_at(0, false);
    crl_free(crl_decode(der, length, &error));
    count = alloc_watch_count();
    cr_assert_gt(count, 10);
    for (nth = 1; nth <= count; nth++) {
        for (and_after = 0; and_after < 2; and_after++) {
            struct crl *decoded;

            alloc_watch_fail_at(nth, and_after);
            decoded = crl_decode(der, length, &error);
            alloc_watch_fail_at(0, false);
            cr_expect(decoded != NULL || error.kind == ERROR_MEMORY, "%lu: %s", nth, error.text);
            cr_expect(
                decoded == NULL || (crl_fault(decoded) == NULL && crl_is_delta(decoded) &&
                                       crl_scope(decoded) != NULL && crl_number(decoded) != NULL),
                "%lu", nth);
            crl_free(decoded);
        }
    }
    free(der);
    X509_CRL_free(crl);
    pki_free(ca);
}
