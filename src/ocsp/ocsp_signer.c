/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_signer.h"
#include "verify/verify_revocation.h"

#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

/* Bits that a digest gives a signature, as X509_get_signature_info(3) counts them. */
static int digest_bits(int nid)
{
    const EVP_MD *digest = EVP_get_digestbynid(nid);

    if (digest == NULL)
        return 0;
    if (nid == NID_sha1)
        return 63;
    return nid == NID_md5 || nid == NID_md5_sha1 ? 39 : EVP_MD_get_size(digest) * 4;
}

/* RFC 4055 section 3.1: without a hashAlgorithm it is SHA-1. */
static int pss_bits(const X509_ALGOR *algorithm)
{
    RSA_PSS_PARAMS *parameters = NULL;
    const ASN1_OBJECT *digest = NULL;
    const void *value = NULL;
    int type = V_ASN1_UNDEF, nid = NID_sha1;

    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE)
        return 0;
    parameters = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
    if (parameters == NULL)
        return 0;
    if (parameters->hashAlgorithm != NULL) {
        X509_ALGOR_get0(&digest, NULL, NULL, parameters->hashAlgorithm);
        nid = OBJ_obj2nid(digest);
    }
    RSA_PSS_PARAMS_free(parameters);
    return digest_bits(nid);
}

/* libcrypto looks at the digests of certificates, not at that of the response. */
static bool is_too_weak(OCSP_BASICRESP *basic, int level)
{
    static const int needed[] = {0, 80, 112, 128, 192, 256};
    const X509_ALGOR *algorithm = OCSP_resp_get0_tbs_sigalg(basic);
    const ASN1_OBJECT *object = NULL;
    int nid, digest = NID_undef, bits;

    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    nid = OBJ_obj2nid(object);
    if (nid == NID_ED25519)
        bits = 128;
    else if (nid == NID_ED448)
        bits = 224;
    else if (nid == NID_rsassaPss)
        bits = pss_bits(algorithm);
    else
        bits = OBJ_find_sigid_algs(nid, &digest, NULL) == 1 ? digest_bits(digest) : 0;
    return bits < needed[level];
}

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

/* What is wrong with a signer whose signature and chain are right. */
static const char *find_fault(
    const struct ocsp_question *question, X509 *signer, const struct trust *trust, time_t now)
{
    if (X509_cmp(signer, question->issuer) == 0)
        return NULL;
    if (X509_cmp(signer, question->leaf) == 0 ||
        EVP_PKEY_eq(X509_get0_pubkey(signer), X509_get0_pubkey(question->leaf)) == 1)
        return "the certificate vouches for itself";
    if ((X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) == 0 ||
        (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) == 0)
        return "its signer may not answer for the issuer";
    /* All bits are set when the extension is missing (X509_get_key_usage(3)). RFC 5280 section
     * 4.2.1.12 names these two for OCSP signing. */
    if ((X509_get_key_usage(signer) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
        return "the key usage of its signer does not allow it to sign";
    /* A CRL that is known counts against a responder too. */
    return trust != NULL && revocation_is_listed(trust, signer, question->issuer, now)
               ? "the certificate of its signer is revoked"
               : NULL;
}

const char *ocsp_signer_fault(const struct ocsp_question *question, OCSP_BASICRESP *basic,
    const struct trust *trust, const struct config *config, time_t now)
{
    const char *words = "the answer was not signed by the issuer, nor by whom it gave the right";
    X509_STORE *store = make_store(question->issuer, config, now);
    STACK_OF(X509) *own = sk_X509_new_null();
    X509 *signer = NULL;

    if (is_too_weak(basic, config->security_level)) {
        words = "the answer is signed with a digest that is too weak for the security level";
        goto out;
    }
    if (store == NULL || own == NULL || sk_X509_push(own, question->issuer) <= 0)
        goto out;
    /* Never OCSP_TRUSTOTHER: then whatever came along could sign. With OCSP_NOCHAIN nothing can
     * stand between the signer and the issuer, which alone is trusted. */
    if (OCSP_basic_verify(basic, own, store, OCSP_PARTIAL_CHAIN | OCSP_NOCHAIN) != 1 ||
        OCSP_resp_get0_signer(basic, &signer, own) != 1)
        goto out;
    words = find_fault(question, signer, trust, now);

out:
    sk_X509_free(own);
    X509_STORE_free(store);
    return words;
}
