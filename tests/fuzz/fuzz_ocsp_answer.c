/* SPDX-License-Identifier: ISC */
/* An OCSP response's bytes: none is good that nobody signed whom the issuer knows. */
#include "ocsp/ocsp_answer.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A certificate of its own key, which nobody has any more. */
static X509 *make_issuer(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *made = X509_new();
    X509_NAME *name = made != NULL ? X509_get_subject_name(made) : NULL;

    if (key == NULL || name == NULL || X509_set_version(made, X509_VERSION_3) != 1 ||
        X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_ASC, (const unsigned char *)"CA", -1, -1, 0) != 1 ||
        X509_set_issuer_name(made, name) != 1 || X509_set_pubkey(made, key) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(made), 0) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(made), 86400) == NULL ||
        X509_sign(made, key, EVP_sha256()) <= 0)
        abort();
    EVP_PKEY_free(key);
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static X509 *issuer;
    static struct config config;
    static struct ocsp_question question;
    struct ocsp_answer answer;
    struct bytes response = {.length = size};

    if (issuer == NULL) {
        issuer = make_issuer();
        if (!ocsp_question_make(&question, issuer, issuer, false))
            abort();
    }
    response.data = malloc(size > 0 ? size : 1);
    if (response.data == NULL)
        abort();
    memcpy(response.data, data, size);
    ocsp_answer_check(&question, &response, NULL, &config, 1800000000, &answer);
    if (answer.result == OCSP_SAYS_GOOD || answer.result == OCSP_SAYS_REVOKED)
        abort();
    free(response.data);
    return 0;
}
