/* SPDX-License-Identifier: ISC */
#include "verify/verify_errors.h"

#include <openssl/x509_vfy.h>
#include <stddef.h>

struct row {
    int code;
    const char *name;
    enum verdict_status leaf;  /* at depth 0 */
    enum verdict_status above; /* at every other depth */
    const char *words;         /* NULL: libcrypto's own */
};

/* Each macro takes the keyword itself: passed on to another macro it would be a number already. */
#define ROW(code, leaf, above, words)                                                              \
    {                                                                                              \
        code, #code, leaf, above, words                                                            \
    }
#define UNTRUSTED_ROW(code, words)                                                                 \
    {                                                                                              \
        code, #code, VERDICT_UNTRUSTED, VERDICT_UNTRUSTED, words                                   \
    }
#define UNKNOWN_ROW(code, words)                                                                   \
    {                                                                                              \
        code, #code, VERDICT_REVOCATION_UNKNOWN, VERDICT_REVOCATION_UNKNOWN, words                 \
    }
#define FAILED_ROW(code)                                                                           \
    {                                                                                              \
        code, #code, VERDICT_NOT_JUDGED, VERDICT_NOT_JUDGED, NULL                                  \
    }

/* The one table that maps X509_V_ERR number and depth to a status. */
static const struct row rows[] = {
    ROW(X509_V_OK, VERDICT_VALID, VERDICT_VALID, "ok"),
    FAILED_ROW(X509_V_ERR_UNSPECIFIED),
    FAILED_ROW(X509_V_ERR_OUT_OF_MEM),
    FAILED_ROW(X509_V_ERR_INVALID_CALL),
    FAILED_ROW(X509_V_ERR_STORE_LOOKUP),
    UNTRUSTED_ROW(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
        "the chain does not lead to the trusted CA: an issuer's certificate is missing"),
    UNKNOWN_ROW(X509_V_ERR_UNABLE_TO_GET_CRL, "there is no CRL of its issuer"),
    UNTRUSTED_ROW(X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, NULL),
    UNKNOWN_ROW(X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, NULL),
    UNTRUSTED_ROW(X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, NULL),
    UNTRUSTED_ROW(X509_V_ERR_CERT_SIGNATURE_FAILURE,
        "its signature does not verify with the key of the issuer that it names"),
    UNKNOWN_ROW(X509_V_ERR_CRL_SIGNATURE_FAILURE, "the signature of the issuer's CRL is wrong"),
    ROW(X509_V_ERR_CERT_NOT_YET_VALID, VERDICT_NOT_YET_VALID, VERDICT_UNTRUSTED,
        "the certificate is not yet valid"),
    ROW(X509_V_ERR_CERT_HAS_EXPIRED, VERDICT_EXPIRED, VERDICT_UNTRUSTED,
        "the certificate has expired"),
    UNKNOWN_ROW(X509_V_ERR_CRL_NOT_YET_VALID, "the issuer's CRL is not yet valid"),
    UNKNOWN_ROW(X509_V_ERR_CRL_HAS_EXPIRED, "the issuer's CRL is stale"),
    UNTRUSTED_ROW(X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD,
        "its notBefore is not a date as RFC 5280 section 4.1.2.5 requires"),
    UNTRUSTED_ROW(X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD,
        "its notAfter is not a date as RFC 5280 section 4.1.2.5 requires"),
    UNKNOWN_ROW(X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, NULL),
    UNKNOWN_ROW(X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, NULL),
    UNTRUSTED_ROW(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        "it signed itself and is not known to the trusted CA"),
    UNTRUSTED_ROW(
        X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "its chain ends at a CA that is not the trusted one"),
    UNTRUSTED_ROW(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        "the trusted CA did not sign it, or an intermediate certificate is missing"),
    UNTRUSTED_ROW(X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
        "the trusted CA did not sign it, and it came without a chain"),
    UNTRUSTED_ROW(X509_V_ERR_CERT_CHAIN_TOO_LONG, "its chain is longer than the depth limit"),
    ROW(X509_V_ERR_CERT_REVOKED, VERDICT_REVOKED, VERDICT_REVOKED, "the certificate was revoked"),
    UNTRUSTED_ROW(X509_V_ERR_NO_ISSUER_PUBLIC_KEY, "its public key cannot be read or used"),
    UNTRUSTED_ROW(X509_V_ERR_PATH_LENGTH_EXCEEDED,
        "more CA certificates stand below a CA than its path length allows"),
    ROW(X509_V_ERR_INVALID_PURPOSE, VERDICT_WRONG_PURPOSE, VERDICT_UNTRUSTED,
        "its key usages do not allow it to be used by a TLS client"),
    UNTRUSTED_ROW(X509_V_ERR_CERT_UNTRUSTED, NULL),
    UNTRUSTED_ROW(X509_V_ERR_CERT_REJECTED, NULL),
    UNTRUSTED_ROW(X509_V_ERR_SUBJECT_ISSUER_MISMATCH, NULL),
    UNTRUSTED_ROW(X509_V_ERR_AKID_SKID_MISMATCH, NULL),
    UNTRUSTED_ROW(X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH, NULL),
    UNTRUSTED_ROW(X509_V_ERR_KEYUSAGE_NO_CERTSIGN, NULL),
    UNKNOWN_ROW(X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, "the issuer of the CRL is not known"),
    UNTRUSTED_ROW(X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
        "it has a critical extension that is not understood"),
    UNKNOWN_ROW(X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, "the issuer may not sign CRLs"),
    UNKNOWN_ROW(X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION,
        "the issuer's CRL has a critical extension that is not understood"),
    UNTRUSTED_ROW(X509_V_ERR_INVALID_NON_CA, NULL),
    UNTRUSTED_ROW(X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED, NULL),
    UNTRUSTED_ROW(X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE, NULL),
    UNTRUSTED_ROW(X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED,
        "it is a proxy certificate (RFC 3820), which is not accepted"),
    UNTRUSTED_ROW(
        X509_V_ERR_INVALID_EXTENSION, "it has an extension that is invalid or inconsistent"),
    UNTRUSTED_ROW(X509_V_ERR_INVALID_POLICY_EXTENSION, "it has a policy extension that is invalid"),
    UNTRUSTED_ROW(X509_V_ERR_NO_EXPLICIT_POLICY,
        "a certificate policy is demanded that its chain does not have"),
    UNKNOWN_ROW(
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "the issuer's CRL is for other certificates or reasons"),
    UNTRUSTED_ROW(X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE, NULL),
    UNTRUSTED_ROW(X509_V_ERR_UNNESTED_RESOURCE,
        "it does not have all addresses or numbers that a certificate below it claims (RFC 3779)"),
    UNTRUSTED_ROW(X509_V_ERR_PERMITTED_VIOLATION, "a name in it is not one that its CA may sign"),
    UNTRUSTED_ROW(X509_V_ERR_EXCLUDED_VIOLATION, "a name in it is one that its CA must not sign"),
    UNTRUSTED_ROW(X509_V_ERR_SUBTREE_MINMAX,
        "the name constraints of its CA have a minimum or maximum (RFC 5280 section 4.2.1.10)"),
    UNTRUSTED_ROW(X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE,
        "the name constraints of its CA are for a kind of name in it that libcrypto cannot "
        "compare"),
    UNTRUSTED_ROW(X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,
        "the name constraints of its CA have a name that is not well-formed"),
    UNTRUSTED_ROW(X509_V_ERR_UNSUPPORTED_NAME_SYNTAX,
        "a name in it is of a form to which the name constraints of its CA cannot be applied"),
    UNKNOWN_ROW(X509_V_ERR_CRL_PATH_VALIDATION_ERROR, NULL),
    UNTRUSTED_ROW(X509_V_ERR_INVALID_CA, "one of its issuers is no CA"),
    UNTRUSTED_ROW(X509_V_ERR_PATH_LOOP, NULL),
    UNTRUSTED_ROW(X509_V_ERR_EE_KEY_TOO_SMALL, "its key is too weak for the security level"),
    UNTRUSTED_ROW(
        X509_V_ERR_CA_KEY_TOO_SMALL, "the key of a CA is too weak for the security level"),
    UNTRUSTED_ROW(X509_V_ERR_CA_MD_TOO_WEAK,
        "it is signed with a digest that is too weak for the security level"),
    UNTRUSTED_ROW(X509_V_ERR_NO_VALID_SCTS, NULL),
    UNTRUSTED_ROW(X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, NULL),
    UNTRUSTED_ROW(X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY, NULL),
    /* The ocsp room's, which gives them its own status; libcrypto's verification finds none. */
    UNTRUSTED_ROW(X509_V_ERR_OCSP_VERIFY_NEEDED, "no OCSP responder gave its status"),
    UNTRUSTED_ROW(X509_V_ERR_OCSP_VERIFY_FAILED, "the OCSP responder's answer cannot be used"),
    UNTRUSTED_ROW(X509_V_ERR_OCSP_CERT_UNKNOWN, "the OCSP responder does not know it"),
    UNTRUSTED_ROW(X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "its EC key does not use a named curve"),
};

static const struct row *find(int code)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

enum verdict_status verify_error_status(int error_code, int depth)
{
    const struct row *row = find(error_code);

    if (row == NULL || error_code == X509_V_OK)
        return VERDICT_UNTRUSTED;
    return depth == 0 ? row->leaf : row->above;
}

const char *verdict_error_name(int error_code)
{
    const struct row *row = find(error_code);

    return row != NULL ? row->name : NULL;
}

const char *verdict_error_words(int error_code)
{
    const struct row *row = find(error_code);

    return row != NULL && row->words != NULL ? row->words
                                             : X509_verify_cert_error_string(error_code);
}
