/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_signer.h"
#include "certificate/signature_bits.h"
#include "verify/verdict.h"
#include "verify/verify_key.h"
#include "verify/verify_revocation.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

/* A store that trusts the issuer alone, for this moment and at this security level. */
static X509_STORE *make_store(X509 *issuer, const struct config *config, time_t now)
{
    X509_STORE *store = X509_STORE_new();
    X509_VERIFY_PARAM *parameters;

    if (store == NULL)
        return NULL;
    parameters = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_time(parameters, now);
    X509_VERIFY_PARAM_set_auth_level(parameters, config->security_level);
    if (X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
        X509_STORE_add_cert(store, issuer) == 1)
        return store;
    X509_STORE_free(store);
    return NULL;
}

#define NOT_SIGNED "the answer was not signed by the issuer, nor by anybody whom it authorized"
#define NOT_USABLE "the certificate of its signer cannot be used: "

/* What is wrong with a signer whose signature and chain are right. */
static const char *find_fault(const struct ocsp_question *question, X509 *signer,
    const struct trust *trust, int level, time_t now)
{
    if (X509_cmp(signer, question->issuer) == 0)
        return NULL;
    if (X509_cmp(signer, question->leaf) == 0 ||
        EVP_PKEY_eq(X509_get0_pubkey(signer), X509_get0_pubkey(question->leaf)) == 1)
        return "the certificate vouches for itself";
    if (key_is_bad(signer))
        return NOT_USABLE "with its key anybody signs, or nobody does";
    if ((X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) == 0 ||
        (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) == 0)
        return "its signer may not answer for the issuer";
    /* All bits are set when the extension is missing (X509_get_key_usage(3)). RFC 5280 section
     * 4.2.1.12 names these two for OCSP signing. */
    if ((X509_get_key_usage(signer) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
        return "the key usage of its signer does not allow it to sign";
    /* A CRL that is known counts against a responder too. */
    return trust != NULL && revocation_is_listed(trust, signer, question->issuer, level, now)
               ? "the certificate of its signer is revoked"
               : NULL;
}

/* The X509_V_ERR number for which libcrypto takes no such signer, as OCSP_basic_verify asks. */
static int find_error(X509_STORE *store, X509 *signer, X509 *issuer)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int error = X509_V_ERR_OUT_OF_MEM;

    if (context != NULL && X509_STORE_CTX_init(context, store, signer, NULL) == 1 &&
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_OCSP_HELPER) == 1 &&
        X509_STORE_CTX_set_trust(context, X509_TRUST_OCSP_REQUEST) == 1) {
        (void)X509_verify_cert(context);
        error = X509_STORE_CTX_get_error(context);
    }
    X509_STORE_CTX_free(context);
    /* Its signature is right: here that number means that it names another issuer or key. */
    return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ? X509_check_issued(issuer, signer)
                                                                 : error;
}

static bool is_weak(int error)
{
    return error == X509_V_ERR_EE_KEY_TOO_SMALL || error == X509_V_ERR_CA_KEY_TOO_SMALL ||
           error == X509_V_ERR_CA_MD_TOO_WEAK;
}

/* Where the words of a certificate's verdict do not fit a signer; else NULL. */
static const char *words_on(int error)
{
    switch (error) {
    case X509_V_OK: /* then it is no CA's word that it may answer */
        return NOT_SIGNED;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "the certificate of its signer has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "the certificate of its signer is not yet valid";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return NOT_USABLE "it has the name of the issuer";
    case X509_V_ERR_AKID_SKID_MISMATCH:
    case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
        return NOT_USABLE "its authorityKeyIdentifier does not fit the issuer that signed it";
    case X509_V_ERR_SUBJECT_ISSUER_MISMATCH:
        return NOT_USABLE "it names another issuer than the one whose key signed it";
    default:
        return NULL;
    }
}

/* Why libcrypto takes the signer for none. When the signature of the response and that of the
 * signer's certificate are right, it is the certificate's fault, and not that nobody had the right:
 * those to whom CAs give it have it for some weeks often, and are forgotten then. */
static void explain(OCSP_BASICRESP *basic, STACK_OF(X509) * own, X509_STORE *store, X509 *issuer,
    struct ocsp_fault *fault)
{
    const bool is_chain = ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_OCSP &&
                          ERR_GET_REASON(ERR_peek_last_error()) == OCSP_R_CERTIFICATE_VERIFY_ERROR;
    X509 *signer = NULL;
    const char *words;
    int error;

    if (!is_chain || OCSP_resp_get0_signer(basic, &signer, own) != 1 || signer == issuer ||
        X509_verify(signer, X509_get0_pubkey(issuer)) != 1)
        return;
    error = find_error(store, signer, issuer);
    words = words_on(error);
    fault->weak = is_weak(error);
    (void)snprintf(fault->words, sizeof(fault->words), "%s%s", words != NULL ? "" : NOT_USABLE,
        words != NULL ? words : verdict_error_words(error));
}

static void set_words(struct ocsp_fault *fault, const char *words)
{
    (void)snprintf(fault->words, sizeof(fault->words), "%s", words);
}

bool ocsp_signer_check(const struct ocsp_question *question, OCSP_BASICRESP *basic,
    const struct trust *trust, const struct config *config, time_t now, struct ocsp_fault *fault)
{
    X509_STORE *store = make_store(question->issuer, config, now);
    STACK_OF(X509) *own = sk_X509_new_null();
    X509 *signer = NULL;
    const char *words;

    *fault = (struct ocsp_fault){.weak = false};
    set_words(fault, NOT_SIGNED);
    /* libcrypto looks at the digests of certificates, not at that of the response. */
    if (signature_bits_are_few(
            signature_bits(OCSP_resp_get0_tbs_sigalg(basic)), config->security_level)) {
        set_words(
            fault, "the answer is signed with a digest that is too weak for the security level");
        fault->weak = true;
        goto out;
    }
    if (store == NULL || own == NULL || sk_X509_push(own, question->issuer) <= 0)
        goto out;
    /* Never OCSP_TRUSTOTHER: then whatever came along could sign. With OCSP_NOCHAIN nothing can
     * stand between the signer and the issuer, which alone is trusted. */
    if (OCSP_basic_verify(basic, own, store, OCSP_PARTIAL_CHAIN | OCSP_NOCHAIN) != 1 ||
        OCSP_resp_get0_signer(basic, &signer, own) != 1) {
        explain(basic, own, store, question->issuer, fault);
        goto out;
    }
    words = find_fault(question, signer, trust, config->security_level, now);
    set_words(fault, words != NULL ? words : "");

out:
    sk_X509_free(own);
    X509_STORE_free(store);
    return fault->words[0] == '\0';
}
