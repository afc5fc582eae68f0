/* SPDX-License-Identifier: ISC */
#include "certificate/bundle_pkcs12.h"
#include "certificate/alloc_watch.h"
#include "certificate/bundle_add.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <string.h>

/* Takes the certificates out of an opened PKCS#12. They are encoded and decoded anew, so that
 * nothing of the legacy provider's library context stays behind. */
static bool add_pkcs12_parts(struct bundle *bundle, const char *name, X509 *own,
    STACK_OF(X509) * others, struct error *error)
{
    int i, count = others != NULL ? sk_X509_num(others) : 0;

    for (i = -1; i < count; i++) {
        X509 *certificate = i < 0 ? own : sk_X509_value(others, i);
        unsigned char *der = NULL;
        int length;
        bool good;

        if (certificate == NULL)
            continue;
        length = i2d_X509(certificate, &der);
        if (length <= 0)
            return bundle_refuse(
                error, name, "libcrypto could not encode a certificate of the PKCS#12");
        good = bundle_add_certificate(bundle, name, der, (size_t)length, error);
        OPENSSL_free(der);
        if (!good)
            return false;
    }
    return true;
}

/* Whether the bag of a private key has the local key identifier of a certificate's bag: that is its
 * owner's. The key is not decrypted. */
static bool has_key(STACK_OF(PKCS12_SAFEBAG) * bags, const PKCS12_SAFEBAG *certificate)
{
    const ASN1_TYPE *id = PKCS12_SAFEBAG_get0_attr(certificate, NID_localKeyID);
    int i;

    for (i = 0; id != NULL && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        const ASN1_TYPE *other = PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID);
        int kind = PKCS12_SAFEBAG_get_nid(bag);

        if ((kind == NID_keyBag || kind == NID_pkcs8ShroudedKeyBag) && other != NULL &&
            ASN1_TYPE_cmp(id, other) == 0)
            return true;
    }
    return false;
}

/* All bags of the file, decrypted where they are encrypted; NULL when that fails. */
static STACK_OF(PKCS12_SAFEBAG) * unpack(PKCS12 *pkcs12, const char *password)
{
    STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(pkcs12);
    STACK_OF(PKCS12_SAFEBAG) *all = sk_PKCS12_SAFEBAG_new_null();
    bool good = parts != NULL && all != NULL;
    int i;

    for (i = 0; good && i < sk_PKCS7_num(parts); i++) {
        PKCS7 *part = sk_PKCS7_value(parts, i);
        STACK_OF(PKCS12_SAFEBAG) *bags = NULL;

        if (PKCS7_type_is_data(part))
            bags = PKCS12_unpack_p7data(part);
        else if (PKCS7_type_is_encrypted(part))
            bags = PKCS12_unpack_p7encdata(part, password, -1);
        good = bags != NULL;
        while (good && sk_PKCS12_SAFEBAG_num(bags) > 0) {
            PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_shift(bags);

            good = sk_PKCS12_SAFEBAG_push(all, bag) > 0;
            if (!good)
                PKCS12_SAFEBAG_free(bag);
        }
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    }
    sk_PKCS7_pop_free(parts, PKCS7_free);
    if (!good) {
        sk_PKCS12_SAFEBAG_pop_free(all, PKCS12_SAFEBAG_free);
        return NULL;
    }
    return all;
}

/* What PKCS12_parse does, for a file without a MAC, which it refuses: the certificate that belongs
 * to the key, and the others in their order; without such a one all are others. */
static bool parse_without_mac(PKCS12 *pkcs12, const char *password, X509 **own,
    STACK_OF(X509) * *others, bool *has_private_key)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = unpack(pkcs12, password);
    bool good = bags != NULL;
    int i;

    *others = good ? sk_X509_new_null() : NULL;
    good = *others != NULL;
    for (i = 0; good && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        int kind = PKCS12_SAFEBAG_get_nid(bag);
        X509 *certificate;

        if (kind == NID_keyBag || kind == NID_pkcs8ShroudedKeyBag)
            *has_private_key = true;
        if (kind != NID_certBag || PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
            continue;
        certificate = PKCS12_SAFEBAG_get1_cert(bag);
        good = certificate != NULL;
        if (good && *own == NULL && has_key(bags, bag)) {
            *own = certificate;
        } else if (good && sk_X509_push(*others, certificate) <= 0) {
            X509_free(certificate);
            good = false;
        }
    }
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return good;
}

/* RFC 9579's MAC, which OpenSSL checks from 3.4 on. */
static bool has_pbmac1(const PKCS12 *pkcs12)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    char oid[32] = "";

    PKCS12_get0_mac(NULL, &algorithm, NULL, NULL, pkcs12);
    if (algorithm == NULL)
        return false;
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return OBJ_obj2txt(oid, sizeof(oid), object, 1) > 0 &&
           strcmp(oid, "1.2.840.113549.1.5.14") == 0;
}

/* The pass phrase is right as far as the MAC tells. Otherwise the error says what is wrong. */
static bool passes_mac(const char *name, PKCS12 *pkcs12, const char *password, struct error *error)
{
    if (!PKCS12_mac_present(pkcs12) || PKCS12_verify_mac(pkcs12, password, -1) ||
        (password == NULL && PKCS12_verify_mac(pkcs12, "", 0)))
        return true;
    if (has_pbmac1(pkcs12) && OPENSSL_version_major() == 3 && OPENSSL_version_minor() < 4)
        return bundle_refuse(error, name,
            "the MAC of this PKCS#12 is PBMAC1 (RFC 9579), which OpenSSL reads from version 3.4 "
            "on: export the file again with an ordinary MAC");
    if (password == NULL)
        return bundle_refuse(error, name,
            "this PKCS#12 needs a pass phrase: give --ca-password-file, or with --check "
            "--password-file");
    return bundle_refuse(error, name, "the pass phrase does not open this PKCS#12");
}

/* Decodes with the given library context: NULL for the ordinary one. */
static bool open_pkcs12(struct bundle *bundle, const char *name, const struct bytes *file,
    const char *password, OSSL_LIB_CTX *context, bool *worth_legacy, struct error *error)
{
    const unsigned char *at = file->data;
    PKCS12 *pkcs12 = PKCS12_init_ex(NID_pkcs7_data, context, NULL);
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    STACK_OF(X509) *others = NULL;
    bool good = false;

    *worth_legacy = false;
    if (pkcs12 == NULL || d2i_PKCS12(&pkcs12, &at, (long)file->length) == NULL ||
        at != file->data + file->length) {
        bundle_refuse(error, name,
            "it begins as PKCS#12 does, but is cut off or damaged, or bytes follow it");
        goto out;
    }
    if (!passes_mac(name, pkcs12, password, error))
        goto out;
    if (PKCS12_mac_present(pkcs12))
        good = PKCS12_parse(pkcs12, password, &key, &certificate, &others) == 1;
    else
        good = parse_without_mac(pkcs12, password, &certificate, &others, &bundle->has_private_key);
    if (!good) {
        bundle_refuse(error, name,
            password == NULL ? "this PKCS#12 cannot be decrypted without a pass phrase: give "
                               "--ca-password-file, or with --check --password-file"
                             : "this PKCS#12 cannot be decrypted: the pass phrase is another, or "
                               "libcrypto does not know the way in which it is encrypted");
        *worth_legacy = error->kind != ERROR_MEMORY;
        goto out;
    }
    good = false;
    /* What it hands out when memory runs out may not be all that the file holds. */
    if (alloc_watch_failed()) {
        bundle_refuse(error, name, "");
        goto out;
    }
    if (key != NULL)
        bundle->has_private_key = true;
    good = add_pkcs12_parts(bundle, name, certificate, others, error);

out:
    EVP_PKEY_free(key);
    X509_free(certificate);
    sk_X509_pop_free(others, X509_free);
    PKCS12_free(pkcs12);
    return good;
}

static bool open_legacy_pkcs12(struct bundle *bundle, const char *name, const struct bytes *file,
    const char *password, struct error *error)
{
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *legacy = NULL, *standard = NULL;
    bool good = false, again = false;

    if (context != NULL) {
        legacy = OSSL_PROVIDER_load(context, "legacy");
        standard = OSSL_PROVIDER_load(context, "default");
    }
    if (legacy == NULL || standard == NULL)
        bundle_refuse(error, name,
            "this PKCS#12 is encrypted in a way that needs OpenSSL's legacy provider, "
            "which cannot be loaded");
    else
        good = open_pkcs12(bundle, name, file, password, context, &again, error);
    if (standard != NULL)
        OSSL_PROVIDER_unload(standard);
    if (legacy != NULL)
        OSSL_PROVIDER_unload(legacy);
    OSSL_LIB_CTX_free(context);
    return good;
}

bool bundle_looks_like_pkcs12(const struct bytes *file)
{
    const unsigned char *data = file->data;
    size_t header;

    if (file->length < 8 || data[0] != 0x30)
        return false;
    header = data[1] < 0x80 || data[1] == 0x80 ? 2 : 2U + (data[1] & 0x7FU);
    return header + 3 <= file->length && data[header] == 0x02 && data[header + 1] == 0x01 &&
           data[header + 2] == 0x03;
}

bool bundle_add_pkcs12(struct bundle *bundle, const char *name, const struct bytes *file,
    const char *password, struct error *error)
{
    bool worth_legacy = false;

    return open_pkcs12(bundle, name, file, password, NULL, &worth_legacy, error) ||
           (worth_legacy && open_legacy_pkcs12(bundle, name, file, password, error));
}
