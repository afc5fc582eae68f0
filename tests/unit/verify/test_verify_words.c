/* SPDX-License-Identifier: ISC */
#include "unit/base/memory_fault.h"
#include "unit/verify/verify_helpers.h"
#include "verify/verify_causes.h"
#include "verify/verify_words.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* What the reasons say: for each cause a certificate that has it, and words that no other has. */

static struct pki *ca;

static void begin(void)
{
    ca = pki_ca("CN=Our CA");
}

static void end(void)
{
    pki_free(ca);
}

TestSuite(verify_words, .init = begin, .fini = end);

/* A client's certificate below our CA. */
static void expect_client(
    struct pki_spec spec, enum verdict_status status, int code, const char *words)
{
    struct pki *leaf;

    spec.issuer = spec.issuer != NULL ? spec.issuer : ca;
    leaf = pki_make(&spec);
    verify_expect_words(&(struct setup){.ca = {ca}}, leaf, status, code, words);
    pki_free(leaf);
}

/* A client below a CA of this kind, which is below ours. */
static void expect_below(struct pki_spec spec, int code, const char *words)
{
    struct pki *between, *leaf;

    spec.subject = spec.subject != NULL ? spec.subject : "CN=Between";
    spec.issuer = ca;
    between = pki_make(&spec);
    leaf = pki_client("CN=x", between);
    verify_expect_words(&(struct setup){.ca = {ca}, .intermediates = {between}}, leaf,
        VERDICT_UNTRUSTED, code, words);
    pki_free(leaf);
    pki_free(between);
}

Test(verify_words, of_strangers)
{
    struct pki *other = pki_ca("CN=Other CA"), *twin = pki_ca("CN=Our CA");
    struct pki *bare_twin = pki_make(&(struct pki_spec){
        .subject = "CN=Our CA", .ca = true, .extensions = {"subjectKeyIdentifier="}});
    struct pki *self = pki_make(&(struct pki_spec){.subject = "CN=self"});
    struct pki *leaf = pki_client("CN=x", other);

    verify_expect_words(&(struct setup){.ca = {ca}}, self, VERDICT_UNTRUSTED,
        X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "it signed itself");
    verify_expect_words(&(struct setup){.ca = {ca}}, leaf, VERDICT_UNTRUSTED,
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "its issuer is CN=Other CA");
    verify_expect_words(&(struct setup){.ca = {ca}, .chain = {other}}, leaf, VERDICT_UNTRUSTED,
        X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "its chain ends at a CA that is not the trusted one");
    expect_client((struct pki_spec){.issuer = twin}, VERDICT_UNTRUSTED,
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        "its authorityKeyIdentifier names another key than that of the CA");
    expect_client((struct pki_spec){.issuer = bare_twin, .no_extensions = true}, VERDICT_UNTRUSTED,
        X509_V_ERR_CERT_SIGNATURE_FAILURE,
        "its signature does not verify with the key of the issuer");
    pki_free(leaf);
    pki_free(self);
    pki_free(bare_twin);
    pki_free(twin);
    pki_free(other);
}

/* Its own name as the issuer's, and the signature of another key. */
Test(verify_words, of_one_that_names_itself_and_did_not_sign_itself)
{
    struct pki *mimic = pki_ca("CN=x");
    struct pki *leaf = pki_make(&(struct pki_spec){.subject = "CN=x", .issuer = mimic});

    verify_expect_words(&(struct setup){.ca = {ca}}, leaf, VERDICT_UNTRUSTED,
        X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "it names itself as its issuer");
    pki_free(leaf);
    pki_free(mimic);
}

Test(verify_words, of_one_with_the_name_of_its_ca)
{
    expect_client((struct pki_spec){.subject = "CN=Our CA", .version = 1}, VERDICT_UNTRUSTED,
        X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "a client needs a name of its own");
}

Test(verify_words, of_a_key_identifier_that_is_anothers)
{
    struct pki *other = pki_make(&(struct pki_spec){.subject = "CN=Our CA", .ca = true});
    struct pki *mixed = pki_make(&(struct pki_spec){.subject = "CN=Our CA",
        .same_key_as = ca,
        .ca = true,
        .extensions = {"subjectKeyIdentifier=0102030405"}});
    struct pki *leaf = pki_client("CN=x", mixed);

    verify_expect_words(&(struct setup){.ca = {ca}}, leaf, VERDICT_UNTRUSTED,
        X509_V_ERR_AKID_SKID_MISMATCH, "key signed it, but its authorityKeyIdentifier");
    verify_expect_words(&(struct setup){.ca = {ca, other}}, leaf, VERDICT_UNTRUSTED,
        X509_V_ERR_AKID_SKID_MISMATCH, "the CA's key signed it");
    pki_free(leaf);
    pki_free(mixed);
    pki_free(other);
}

/* ecdsa-with-SHA256 in one of the two places, or in both, becomes another algorithm. */
static void expect_algorithm(bool outer_alone, unsigned char last, const char *words)
{
    static const unsigned char oid[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
    struct pki *leaf = pki_client("CN=x", ca);
    size_t length;
    unsigned char *der = pki_der(leaf->certificate, &length), *first, *second;
    const unsigned char *at = der;
    struct verdict verdict;
    X509 *decoded;

    first = memmem(der, length, oid, sizeof(oid));
    cr_assert_not_null(first);
    second = memmem(first + 1, length - (size_t)(first + 1 - der), oid, sizeof(oid));
    cr_assert_not_null(second);
    second[7] = last;
    if (!outer_alone)
        first[7] = last;
    decoded = d2i_X509(NULL, &at, (long)length);
    cr_assert_not_null(decoded);
    verdict = verify_judge(&(struct setup){.ca = {ca}}, decoded);
    verify_expect(&verdict, VERDICT_UNTRUSTED, words);
    cr_expect_not_null(strstr(verdict.reason, words), "%s", verdict.reason);
    X509_free(decoded);
    free(der);
    pki_free(leaf);
}

Test(verify_words, of_the_signature_algorithm)
{
    expect_algorithm(true, 0x03, "its two signature algorithm fields differ");
    expect_algorithm(false, 0x7F, "its signature algorithm is not known");
    expect_algorithm(false, 0x03, "its signature does not verify with the key of the issuer");
}

Test(verify_words, of_the_certificate_itself)
{
    static char oid[] = "1.2.3.4";

    expect_client((struct pki_spec){.not_after = -60}, VERDICT_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED,
        "the certificate has expired");
    expect_client((struct pki_spec){.key = PKI_RSA_1024}, VERDICT_UNTRUSTED,
        X509_V_ERR_EE_KEY_TOO_SMALL, "RSA with 1024 bits, at level 2");
    expect_client((struct pki_spec){.digest = "sha1"}, VERDICT_UNTRUSTED, X509_V_ERR_CA_MD_TOO_WEAK,
        "ecdsa-with-SHA1, at level 2");
    expect_client((struct pki_spec){.extensions = {"1.2.3.4=critical,DER:0500"}}, VERDICT_UNTRUSTED,
        X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "not understood: 1.2.3.4");
    expect_client(
        (struct pki_spec){.extensions = {"subjectKeyIdentifier=", "2.5.29.14=critical,DER:040101"}},
        VERDICT_UNTRUSTED, X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
        "subjectKeyIdentifier (2.5.29.14), which must not be critical");
    expect_client((struct pki_spec){.extensions = {"subjectAltName=DER:0500"}}, VERDICT_UNTRUSTED,
        X509_V_ERR_INVALID_EXTENSION, "subjectAltName (2.5.29.17) cannot be read");
    expect_client(
        (struct pki_spec){.extensions = {"keyUsage=digitalSignature", "2.5.29.15=DER:03020780"}},
        VERDICT_UNTRUSTED, X509_V_ERR_INVALID_EXTENSION, "keyUsage (2.5.29.15) occurs twice in it");
    expect_client((struct pki_spec){.customise = pki_foreign_key, .context = oid},
        VERDICT_UNTRUSTED, X509_V_ERR_NO_ISSUER_PUBLIC_KEY, "its public key cannot be read");
}

Test(verify_words, of_the_purpose)
{
    static const struct {
        const char *extension, *words;
    } rows[] = {
        {"extendedKeyUsage=serverAuth", "its extendedKeyUsage does not have clientAuth"},
        {"extendedKeyUsage=anyExtendedKeyUsage", "anyExtendedKeyUsage, where clientAuth is"},
        {"keyUsage=keyEncipherment", "neither digitalSignature nor keyAgreement"},
        {"nsCertType=server", "Netscape Cert Type"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_client((struct pki_spec){.extensions = {rows[i].extension}}, VERDICT_WRONG_PURPOSE,
            X509_V_ERR_INVALID_PURPOSE, rows[i].words);
    expect_client((struct pki_spec){.ca = true}, VERDICT_WRONG_PURPOSE, X509_V_ERR_INVALID_PURPOSE,
        "neither digitalSignature nor keyAgreement");
    expect_client((struct pki_spec){.ca = true,
                      .extensions = {"keyUsage=digitalSignature,keyCertSign", "nsCertType=sslCA"}},
        VERDICT_WRONG_PURPOSE, X509_V_ERR_INVALID_PURPOSE, "Netscape Cert Type");
    expect_below((struct pki_spec){.ca = true, .extensions = {"extendedKeyUsage=serverAuth"}},
        X509_V_ERR_INVALID_PURPOSE,
        "the CA CN=Between may not issue for TLS clients: its extendedKeyUsage");
}

Test(verify_words, of_a_ca_above_it)
{
    expect_below(
        (struct pki_spec){
            .ca = true, .not_before_text = "20200101000000Z", .not_after_text = "20210203040506Z"},
        X509_V_ERR_CERT_HAS_EXPIRED,
        "the certificate of the CA CN=Between has expired, on 2021-02-03T04:05:06Z (certificate 1 "
        "of");
    expect_below(
        (struct pki_spec){
            .ca = true, .not_before_text = "20450203040506Z", .not_after_text = "20480203040506Z"},
        X509_V_ERR_CERT_NOT_YET_VALID, "CN=Between is not yet valid: it begins on 2045-02-03T04");
    expect_below((struct pki_spec){.extensions = {"keyUsage=digitalSignature,keyCertSign"}},
        X509_V_ERR_INVALID_CA, "CN=Between, which has no basicConstraints");
    expect_below((struct pki_spec){.ca = true, .extensions = {"keyUsage=critical,cRLSign"}},
        X509_V_ERR_INVALID_CA, "CN=Between, whose keyUsage does not have keyCertSign");
    expect_below((struct pki_spec){.ca = true, .key = PKI_RSA_1024}, X509_V_ERR_CA_KEY_TOO_SMALL,
        "RSA with 1024 bits");
    expect_below((struct pki_spec){.ca = true, .extensions = {"1.2.3.4=critical,DER:0500"}},
        X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "1.2.3.4 (certificate 1 of its chain");
}

Test(verify_words, of_path_lengths)
{
    struct pki *narrow =
        pki_make(&(struct pki_spec){.subject = "CN=Narrow", .ca = true, .pathlen_plus_one = 1});
    struct pki *between =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = narrow, .ca = true});
    struct pki *leaf = pki_client("CN=x", between);

    verify_expect_words(&(struct setup){.ca = {narrow}, .chain = {between}}, leaf,
        VERDICT_UNTRUSTED, X509_V_ERR_PATH_LENGTH_EXCEEDED, "CN=Narrow allows 0");
    pki_free(leaf);
    pki_free(between);
    pki_free(narrow);
}

/* What is misread stands beside a name that is not permitted anyway: OpenSSL 3.5 reads it right. */
Test(verify_words, of_names_that_are_not_permitted)
{
    static const struct {
        const char *names;
        bool misread;
    } rows[] = {
        {"email:b@b.example,URI:https://a.example?x", true},
        {"email:b@b.example,URI:https://a.example#x", true},
        {"URI:https://b.example/?x", false},
        {"URI:https://b.example", false},
        {"email:b@b.example", false},
        {"email:b@b.example,URI:urn:x?y", false},
    };
    struct pki *narrow = pki_make(&(struct pki_spec){.subject = "CN=Narrow",
        .ca = true,
        .extensions = {
            "nameConstraints=critical,permitted;URI:a.example,permitted;email:a.example"}});
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char extension[200];
        struct pki *leaf;
        struct verdict verdict;

        (void)snprintf(extension, sizeof(extension), "subjectAltName=%s", rows[i].names);
        leaf = pki_make(
            &(struct pki_spec){.subject = "CN=x", .issuer = narrow, .extensions = {extension}});
        verify_expect_words(&(struct setup){.ca = {narrow}}, leaf, VERDICT_UNTRUSTED,
            X509_V_ERR_PERMITTED_VIOLATION,
            rows[i].misread
                ? "is not one that its CA may sign, or that cannot be told: a URI has ? or #"
                : "a name in it is not one that its CA may sign");
        verdict =
            verify_both(&(struct setup){.ca = {narrow}}, leaf, VERDICT_UNTRUSTED, rows[i].names);
        cr_expect_eq(strstr(verdict.reason, "cannot be told") != NULL, rows[i].misread, "%s: %s",
            rows[i].names, verdict.reason);
        pki_free(leaf);
    }
    pki_free(narrow);
}

Test(verify_words, each_cause_has_a_sentence_and_a_number)
{
    int cause;

    for (cause = 0; cause < CAUSE_COUNT; cause++) {
        const char *words = verify_cause_words((enum verify_cause)cause);

        cr_expect_eq(words[0] == '\0', cause == CAUSE_OF_CODE, "cause %d: %s", cause, words);
        cr_expect_neq(verify_cause_code((enum verify_cause)cause), X509_V_OK, "cause %d", cause);
    }
}

/* What a finding says of a certificate without its CRL, its certificate, or what it speaks of. */
Test(verify_words, a_sentence_does_without_what_is_not_there)
{
    static char oid[] = "1.3.6.1.4.1.99999.1";
    struct pki *nameless = pki_make(&(struct pki_spec){.subject = "", .not_after_text = "2026"});
    struct pki *foreign = pki_make(
        &(struct pki_spec){.subject = "CN=x", .customise = pki_foreign_key, .context = oid});
    X509 *decoded = pki_decoded(foreign);
    const struct {
        int code, depth;
        X509 *about;
        const char *words;
    } rows[] = {
        {X509_V_ERR_CRL_HAS_EXPIRED, 0, nameless->certificate,
            "the issuer's CRL is stale: without a name"},
        {X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, 0, nameless->certificate,
            "the issuer's CRL has no nextUpdate (RFC 5280 section 5.1.2.5), so it does not count: "
            "without a name"},
        {X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, 0, nameless->certificate,
            "the issuer's CRL does not count: it has a critical extension that is not understood: "
            "without a name"},
        {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, 0, nameless->certificate,
            "it has a critical extension that is not understood"},
        {X509_V_ERR_CERT_HAS_EXPIRED, 1, nameless->certificate,
            "the certificate of the CA without a name has expired, on  (certificate 1 of its "
            "chain, counted from the client's as 0)"},
        {X509_V_ERR_CERT_HAS_EXPIRED, 0, NULL, "the certificate has expired"},
        {X509_V_ERR_CERT_HAS_EXPIRED, 3, NULL,
            "the certificate has expired (certificate 3 of its chain, counted from the client's "
            "as 0)"},
        {X509_V_ERR_EE_KEY_TOO_SMALL, 0, decoded, "its key is too weak for the security level"},
    };
    const struct verify_options options = {.security_level = 2};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct finding finding = {.code = rows[i].code, .depth = rows[i].depth};
        struct verdict verdict = {.status = VERDICT_UNTRUSTED};

        cr_expect(words_describe(&finding, rows[i].about, &options, &verdict));
        cr_expect_str_eq(verdict.reason, rows[i].words);
        cr_expect_eq(verdict.error_depth, rows[i].depth);
    }
    X509_free(decoded);
    pki_free(foreign);
    pki_free(nameless);
}

/* With its name in the sentence, and with its name behind it alone. */
Test(verify_words, a_reason_is_whole_or_there_is_none)
{
    static const int codes[] = {X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_NO_EXPLICIT_POLICY};
    const struct verify_options options = {.depth = 1};
    size_t i;

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        const struct finding finding = {.code = codes[i], .depth = 1};
        struct verdict whole = {.status = VERDICT_UNTRUSTED};
        unsigned long nth, count;

        memory_fault_at(0, false);
        cr_assert(words_describe(&finding, ca->certificate, &options, &whole));
        count = memory_fault_count();
        cr_expect_not_null(strstr(whole.reason, "CN=Our CA"), "%s", whole.reason);
        cr_expect_gt(count, 0);
        for (nth = 1; nth <= count; nth++) {
            struct verdict verdict = {.status = VERDICT_UNTRUSTED};
            bool described;

            memory_fault_at(nth, false);
            described = words_describe(&finding, ca->certificate, &options, &verdict);
            memory_fault_at(0, false);
            cr_expect(!described || strcmp(verdict.reason, whole.reason) == 0,
                "allocation %lu: '%s' instead of '%s'", nth, verdict.reason, whole.reason);
        }
    }
}
