/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki_ocsp.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

static ASN1_GENERALIZEDTIME *moment(long offset, long standard)
{
    ASN1_GENERALIZEDTIME *made =
        ASN1_GENERALIZEDTIME_adj(NULL, time(NULL), 0, offset != 0 ? offset : standard);

    pki_must(made != NULL, "a time");
    return made;
}

static void add_entry(OCSP_BASICRESP *basic, const struct pki_ocsp_spec *spec, int status)
{
    ASN1_GENERALIZEDTIME *this_update = moment(spec->this_update, -60),
                         *next_update = moment(spec->next_update, 3600),
                         *revoked = moment(0, -7200);
    OCSP_CERTID *id = spec->id != NULL ? spec->id : spec->question->id;

    pki_must(OCSP_basic_add1_status(basic, id, status, spec->reason_plus_one - 1,
                 status == V_OCSP_CERTSTATUS_REVOKED ? revoked : NULL, this_update,
                 spec->no_next_update ? NULL : next_update) != NULL,
        "OCSP_basic_add1_status");
    ASN1_GENERALIZEDTIME_free(this_update);
    ASN1_GENERALIZEDTIME_free(next_update);
    ASN1_GENERALIZEDTIME_free(revoked);
}

static void add_extensions(OCSP_BASICRESP *basic, const struct pki_ocsp_spec *spec)
{
    if (spec->other_nonce)
        pki_must(OCSP_basic_add1_nonce(basic, NULL, 32) == 1, "a nonce");
    else if (!spec->no_nonce)
        pki_must(OCSP_copy_nonce(basic, spec->question->request) >= 0, "OCSP_copy_nonce");
    if (spec->critical) {
        ASN1_OBJECT *object = OBJ_txt2obj("1.2.3.4", 1);
        ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
        X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);

        pki_must(OCSP_BASICRESP_add_ext(basic, extension, -1) == 1, "an extension");
        X509_EXTENSION_free(extension);
        ASN1_OCTET_STRING_free(value);
        ASN1_OBJECT_free(object);
    }
}

static void sign(OCSP_BASICRESP *basic, const struct pki_ocsp_spec *spec)
{
    const char *digest = spec->digest != NULL ? spec->digest : "sha256";
    STACK_OF(X509) *carried = sk_X509_new_null();
    size_t i;

    for (i = 0; i < 3 && spec->certificates[i] != NULL; i++)
        pki_must(sk_X509_push(carried, spec->certificates[i]) > 0, "sk_X509_push");
    pki_must(OCSP_basic_sign(basic, spec->signer->certificate, spec->signer->key,
                 EVP_PKEY_is_a(spec->signer->key, "ED25519") ? NULL : EVP_get_digestbyname(digest),
                 carried, OCSP_NOCERTS | (spec->by_key ? OCSP_RESPID_KEY : 0UL)) == 1,
        "OCSP_basic_sign");
    for (i = 0; i < 3 && spec->certificates[i] != NULL; i++)
        pki_must(OCSP_basic_add1_cert(basic, spec->certificates[i]) == 1, "a certificate");
    sk_X509_free(carried);
}

struct bytes pki_ocsp(const struct pki_ocsp_spec *spec)
{
    OCSP_BASICRESP *basic = NULL;
    OCSP_RESPONSE *response = NULL;
    struct bytes bytes = {.data = NULL};
    int length;

    if (spec->response_status == 0) {
        basic = OCSP_BASICRESP_new();
        pki_must(basic != NULL, "OCSP_BASICRESP_new");
        add_entry(basic, spec, spec->status_plus_one > 0 ? spec->status_plus_one - 1 : 0);
        if (spec->also_revoked)
            add_entry(basic, spec, V_OCSP_CERTSTATUS_REVOKED);
        add_extensions(basic, spec);
        sign(basic, spec);
    }
    response = OCSP_response_create(spec->response_status, basic);
    length = i2d_OCSP_RESPONSE(response, &bytes.data);
    pki_must(response != NULL && length > 0, "i2d_OCSP_RESPONSE");
    bytes.length = (size_t)length;
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    return bytes;
}
