/* SPDX-License-Identifier: ISC */
#include "rules/rules_twin.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdint.h>

/* NULL when its key is no EC key on a curve with a name. */
static EC_GROUP *group_of(const X509 *certificate)
{
    const EVP_PKEY *key = certificate != NULL ? X509_get0_pubkey(certificate) : NULL;
    char name[64];

    if (key == NULL || EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
        return NULL;
    return EC_GROUP_new_by_curve_name(OBJ_txt2nid(name));
}

/* n - s in place of s. ECDSA_SIG_set0(3) takes no NULL. */
static ECDSA_SIG *turn(const ECDSA_SIG *signature, const EC_GROUP *group)
{
    ECDSA_SIG *twin = ECDSA_SIG_new();
    BIGNUM *r = BN_dup(ECDSA_SIG_get0_r(signature)), *s = BN_new();

    if (twin != NULL && s != NULL &&
        BN_sub(s, EC_GROUP_get0_order(group), ECDSA_SIG_get0_s(signature)) == 1 &&
        ECDSA_SIG_set0(twin, r, s) == 1)
        return twin;
    ECDSA_SIG_free(twin);
    BN_free(r);
    BN_free(s);
    return NULL;
}

static X509 *copy_with(X509 *certificate, const ECDSA_SIG *signature)
{
    const ASN1_BIT_STRING *bits = NULL;
    unsigned char *der = NULL;
    int length = i2d_ECDSA_SIG(signature, &der);
    X509 *twin = der != NULL ? X509_dup(certificate) : NULL;

    if (twin == NULL) {
        OPENSSL_free(der);
        return NULL;
    }
    X509_get0_signature(&bits, NULL, twin);
    ASN1_STRING_set0((ASN1_BIT_STRING *)(uintptr_t)bits, der, length); /* the copy is ours */
    return twin;
}

X509 *rules_twin_of(X509 *certificate, const X509 *signer)
{
    EC_GROUP *group = group_of(signer);
    const ASN1_BIT_STRING *bits = NULL;
    const unsigned char *der;
    ECDSA_SIG *signature = NULL, *turned = NULL;
    X509 *twin = NULL;

    X509_get0_signature(&bits, NULL, certificate);
    der = ASN1_STRING_get0_data(bits);
    if (group != NULL)
        signature = d2i_ECDSA_SIG(NULL, &der, ASN1_STRING_length(bits));
    if (signature != NULL)
        turned = turn(signature, group);
    if (turned != NULL)
        twin = copy_with(certificate, turned);
    ECDSA_SIG_free(signature);
    ECDSA_SIG_free(turned);
    EC_GROUP_free(group);
    return twin;
}

static bool write_point_form(X509 *certificate, size_t number)
{
    static const point_conversion_form_t forms[RULES_KEY_FORMS] = {
        POINT_CONVERSION_UNCOMPRESSED, POINT_CONVERSION_COMPRESSED, POINT_CONVERSION_HYBRID};
    EC_GROUP *group = group_of(certificate);
    EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
    ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(certificate);
    unsigned char *bytes = NULL;
    size_t length = 0;

    if (point != NULL && EC_POINT_oct2point(group, point, ASN1_STRING_get0_data(bits),
                             (size_t)ASN1_STRING_length(bits), NULL) == 1)
        length = EC_POINT_point2buf(group, point, forms[number], &bytes, NULL);
    if (length > 0) {
        ASN1_STRING_set0(bits, bytes, (int)length);
        /* Its last bits may be called unused. */
        bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
        bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
    }
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return length > 0;
}

static bool write_rsa_form(X509 *certificate, size_t number)
{
    static const struct {
        int algorithm, parameters;
    } forms[] = {{NID_rsaEncryption, V_ASN1_NULL}, {NID_rsassaPss, V_ASN1_UNDEF}};
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(certificate);
    const unsigned char *at = ASN1_STRING_get0_data(bits);
    EVP_PKEY *key = NULL;
    unsigned char *bytes = NULL;
    int length = 0;

    if (number >= sizeof(forms) / sizeof(forms[0]))
        return false;
    key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, ASN1_STRING_length(bits));
    if (key != NULL)
        length = i2d_PublicKey(key, &bytes);
    EVP_PKEY_free(key);
    if (length > 0 && X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate),
                          OBJ_nid2obj(forms[number].algorithm), forms[number].parameters, NULL,
                          bytes, length) == 1)
        return true;
    OPENSSL_free(bytes);
    return false;
}

bool rules_write_key_form(X509 *certificate, size_t number)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);

    if (key != NULL && EVP_PKEY_is_a(key, "SM2")) /* has no number of its own */
        return write_point_form(certificate, number);
    switch (key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE) {
    case EVP_PKEY_EC:
        return write_point_form(certificate, number);
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
        return write_rsa_form(certificate, number);
    default:
        return false;
    }
}
