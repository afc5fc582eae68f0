/* SPDX-License-Identifier: ISC */
/* Fuzzes rule files: what is taken must decide the same twice, and every yes must have a user name.
 */
#include "certificate/alloc_watch.h"
#include "rules/rules_file.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
    if (!fine)
        abort();
}

/* A certificate with some names. It is signed so that it has an encoding, whose digest rules ask
 * for. */
static X509 *make_certificate(void)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_NAME_new();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
        "email:eve@acme.example,DNS:a.acme.example,URI:spiffe://acme.example/ops/7,IP:192.0.2.7");

    must(certificate != NULL && name != NULL && key != NULL && extension != NULL);
    must(X509_NAME_add_entry_by_txt(
             name, "CN", MBSTRING_UTF8, (const unsigned char *)"Eve", -1, -1, 0) == 1);
    must(X509_set_subject_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
         X509_add_ext(certificate, extension, -1) == 1);
    must(X509_set_version(certificate, X509_VERSION_3) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 &&
         ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) != NULL &&
         X509_sign(certificate, key, EVP_sha256()) > 0);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
    X509_EXTENSION_free(extension);
    return certificate;
}

static void decide(const struct rules *rules, const struct rules_subject *subject)
{
    const struct rules_request request = {.host = "a.acme.example:443",
        .raw_path = "/a/b%20c;x/?q",
        .method = "GET",
        .remote_address = "192.0.2.1",
        .now = 1795780800,
        .revocation_good = true,
        .revocation_this_update = 1795777200};
    struct rules_decision one, two;
    struct rules_miss misses[RULES_MAX_MISSES];

    rules_decide(rules, subject, &request, &one);
    rules_decide(rules, subject, &request, &two);
    must(one.allowed == two.allowed && one.rule == two.rule && strcmp(one.user, two.user) == 0);
    must(one.allowed == (one.user[0] != '\0'));
    must(!one.allowed || one.rule->allow);
    must(rules_nearest(rules, subject, &request, misses) <= RULES_MAX_MISSES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static X509 *certificate;
    static STACK_OF(X509) * proven;
    static struct trust *trust;
    struct bytes bytes = {.data = malloc(size + 1), .length = size};
    struct list files = {.count = 0}, warnings = {.count = 0};
    struct error error = {.kind = ERROR_NONE};
    struct rules_subject *subject;
    struct rules *rules;

    if (certificate == NULL) {
        must(alloc_watch_start());
        certificate = make_certificate();
        proven = sk_X509_new_null();
        must(sk_X509_push(proven, certificate) > 0 && sk_X509_push(proven, certificate) > 0);
    }
    must(bytes.data != NULL);
    memcpy(bytes.data, data, size);
    rules = rules_make("access.rules", &bytes, trust, &files, &warnings, &error);
    must((rules == NULL) == (error.kind != ERROR_NONE));
    must(rules != NULL || strstr(error.text, "access.rules") != NULL);
    subject = rules != NULL ? rules_subject_new(rules, certificate, proven, &error) : NULL;
    must((rules == NULL) == (subject == NULL));
    if (subject != NULL)
        decide(rules, subject);
    rules_subject_free(subject);
    rules_release(rules);
    list_free(&files);
    list_free(&warnings);
    free(bytes.data);
    return 0;
}
