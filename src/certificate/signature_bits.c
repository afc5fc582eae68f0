/* SPDX-License-Identifier: ISC */
#include "certificate/signature_bits.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

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

int signature_bits(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object = NULL;
    int nid, digest = NID_undef;

    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    nid = OBJ_obj2nid(object);
    if (nid == NID_ED25519)
        return 128;
    if (nid == NID_ED448)
        return 224;
    if (nid == NID_rsassaPss)
        return pss_bits(algorithm);
    return OBJ_find_sigid_algs(nid, &digest, NULL) == 1 ? digest_bits(digest) : 0;
}

bool signature_bits_are_few(int bits, int level)
{
    static const int needed[] = {0, 80, 112, 128, 192, 256};

    return bits < needed[level];
}
