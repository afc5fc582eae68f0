/* SPDX-License-Identifier: ISC */
#include "certificate/crl.h"
#include "unit/certificate/crl_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>

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

/* GeneralNames with CN=CA, the issuer of the lists here, and with CN=CB. */
#define ONE_OWN_NAME "a40f300d310b300906035504030c024341"
#define OWN_NAME "3011" ONE_OWN_NAME
#define OTHER_NAME "3011a40f300d310b300906035504030c024342"
/* The same name in lower case and as a PrintableString, and beside another name. */
#define LOWER_NAME "3011a40f300d310b300906035504030c026361"
#define PRINTABLE_NAME "3011a40f300d310b3009060355040313024341"
#define NAME_BESIDE "301486016ba40f300d310b300906035504030c024341"

/* RFC 5280 section 5.3. The second entry is plain; it is lost when the first names an issuer. */
Test(crl_entry_extensions, what_cannot_be_understood_in_an_entry_is_a_fault_of_the_list)
{
    static const struct {
        const char *oid, *value, *fault;
        bool critical, twice, delta, hides;
        int reason; /* of the entry: -1 none */
    } cases[] = {
        {"2.5.29.21", "0a0101", NULL, .reason = 1},
        {"2.5.29.21", "0a010b", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "0a0107", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "0a020001", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "0a010100", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "020101", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "", "reason code of an entry cannot be read", .reason = -1},
        {"2.5.29.21", "0a0101", "critical extension", .critical = true, .reason = -1},
        {"2.5.29.21", "0a0101", "occurs twice", .twice = true, .reason = 1},
        {"2.5.29.21", "0a0108", "removeFromCRL", .reason = 8},
        {"2.5.29.21", "0a0108", NULL, .delta = true, .reason = 8},
        {"2.5.29.24", "180f32303236303130313030303030305a", NULL, .reason = -1},
        {"2.5.29.24", "0500", "invalidity date", .reason = -1},
        {"2.5.29.24", "180f32303236313330313030303030305a", "invalidity date", .reason = -1},
        {"2.5.29.24", "180f6e6f7420612064617465206174616c6c", "invalidity date", .reason = -1},
        {"2.5.29.24", "180d323032363031303130303030305a", "invalidity date", .reason = -1},
        {"2.5.29.24", "1800", "invalidity date", .reason = -1},
        {"2.5.29.24", "180f32303236303130313030303030305a0500", "invalidity date", .reason = -1},
        {"2.5.29.24", "170d3236303130313030303030305a", "invalidity date", .reason = -1},
        {"2.5.29.23", "06032a0304", NULL, .reason = -1},
        {"1.2.3.4", "0500", NULL, .reason = -1},
        {"1.2.3.4", "0500", "critical extension", .critical = true, .reason = -1},
        {"2.5.29.29", OWN_NAME, "certificateIssuer", .reason = -1},
        {"2.5.29.29", OWN_NAME, "certificateIssuer", .critical = true, .reason = -1},
        {"2.5.29.29", OTHER_NAME, "certificateIssuer", .hides = true},
        {"2.5.29.29", LOWER_NAME, "certificateIssuer", .reason = -1},
        {"2.5.29.29", PRINTABLE_NAME, "certificateIssuer", .reason = -1},
        {"2.5.29.29", NAME_BESIDE, "certificateIssuer", .reason = -1},
        {"2.5.29.29", "3022" ONE_OWN_NAME ONE_OWN_NAME, "certificateIssuer", .reason = -1},
        {"2.5.29.29", "3003a40130", "certificateIssuer", .hides = true},
        {"2.5.29.29", "3004a4023000", "certificateIssuer", .hides = true},
        {"2.5.29.29", "3006a4043002ff00", "certificateIssuer", .hides = true},
        {"2.5.29.29", OWN_NAME "00", "certificateIssuer", .hides = true},
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
        expect_fault(decoded, cases[i].fault, i);
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

/* RFC 5280 section 5.3.3: a certificateIssuer holds until the next one. */
Test(crl_entry_extensions, entries_behind_the_lists_own_name_count_again)
{
    struct pki *ca = pki_ca("CN=CA");
    X509_CRL *crl = pki_crl(
        &(struct pki_crl_spec){.issuer = ca, .extensions = {"2.5.29.28=critical,DER:30038401FF"}});
    static const char *const names[] = {NULL, OTHER_NAME, NULL, OWN_NAME, NULL};
    static const bool found[] = {true, false, false, true, true};
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    struct crl_entry entry;
    struct crl *decoded;
    int i;

    for (i = 0; i < 5; i++) {
        ASN1_INTEGER_set(serial, 5 + i);
        revoke(crl, serial, 0, 0);
        if (names[i] != NULL) {
            X509_EXTENSION *extension = raw_extension("2.5.29.29", true, names[i]);

            pki_must(X509_REVOKED_add_ext(
                         sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), i), extension, -1) == 1,
                "extension");
            X509_EXTENSION_free(extension);
        }
    }
    pki_must(X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0, "sign");
    decoded = expect_decoded(crl);
    for (i = 0; i < 5; i++) {
        ASN1_INTEGER_set(serial, 5 + i);
        cr_expect_eq(crl_find(decoded, serial, &entry), found[i], "entry %d", i);
    }
    expect_fault(decoded, "certificateIssuer", 0);
    crl_free(decoded);
    ASN1_INTEGER_free(serial);
    X509_CRL_free(crl);
    pki_free(ca);
}
