/* SPDX-License-Identifier: ISC */
#include "verify/verify_links.h"

#include <openssl/x509v3.h>

/* A number that is not the serial number of this certificate. */
static bool set_other_serial(ASN1_INTEGER *serial, const X509 *certificate)
{
    return serial != NULL && ASN1_INTEGER_set_int64(serial, 1) == 1 &&
           (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) != 0 ||
               ASN1_INTEGER_set_int64(serial, 2) == 1);
}

/* libcrypto reads the extensions of the copy when it first needs them: after this one is there. */
static X509 *copy_link(const X509 *certificate)
{
    X509 *copy = X509_dup(certificate);
    AUTHORITY_KEYID *key_id = AUTHORITY_KEYID_new();
    bool good = copy != NULL && key_id != NULL;

    if (good) {
        key_id->serial = ASN1_INTEGER_new();
        good = set_other_serial(key_id->serial, certificate) &&
               X509_add1_ext_i2d(
                   copy, NID_authority_key_identifier, key_id, 0, X509V3_ADD_REPLACE) == 1;
    }
    AUTHORITY_KEYID_free(key_id);
    if (good)
        return copy;
    X509_free(copy);
    return NULL;
}

/* A client's certificate with its CA's name counts as one that another signed when it says so: by
 * the key identifier of that CA, whose key is not its own. */
static bool names_issuer(X509 *leaf, const X509 *issuer)
{
    return X509_get0_authority_key_id(leaf) != NULL &&
           EVP_PKEY_eq(X509_get0_pubkey(leaf), X509_get0_pubkey(issuer)) == 0;
}

bool links_replace(struct path *path)
{
    int i;

    for (i = 0; i + 1 < path->length; i++) {
        X509 *copy;

        if ((X509_get_extension_flags(path->certificates[i]) & EXFLAG_SS) == 0 ||
            (i == 0 && !names_issuer(path->certificates[0], path->certificates[1])))
            continue;
        copy = copy_link(path->certificates[i]);
        if (copy == NULL)
            return false;
        path->certificates[i] = copy;
    }
    return true;
}

void links_free(struct path *path, const struct path *original)
{
    int i;

    for (i = 0; i < path->length; i++) {
        if (path->certificates[i] != original->certificates[i])
            X509_free(path->certificates[i]);
    }
}
