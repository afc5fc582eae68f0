/* SPDX-License-Identifier: ISC */
#include "unit/certificate/bundle_given.h"
#include "certificate/alloc_watch.h"
#include "unit/base/memory_fault.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bundle_given given;

bool add_to_bundle(struct bundle *bundle, const void *bytes, size_t length, const char *password,
    struct error *error)
{
    /* An exact copy, so that a sanitizer sees a read beyond. */
    struct bytes file = {.data = malloc(length != 0 ? length : 1), .length = length};
    bool good;

    memcpy(file.data, bytes, length);
    *error = (struct error){0};
    good = bundle_add(bundle, "the/file", &file, password, error);
    cr_expect_eq(ERR_peek_error(), 0, "libcrypto's error queue is not empty");
    free(file.data);
    return good;
}

int bundle_certificates(const struct bundle *bundle)
{
    return bundle->certificates != NULL ? sk_X509_num(bundle->certificates) : 0;
}

int bundle_crls(const struct bundle *bundle)
{
    return (int)bundle->crl_count;
}

void expect_bundle_holds(const void *bytes, size_t length, const char *password,
    int certificate_count, int crl_count, bool key)
{
    struct bundle bundle = {0};
    struct error error;

    cr_expect(add_to_bundle(&bundle, bytes, length, password, &error), "%s", error.text);
    cr_expect_eq(
        bundle_certificates(&bundle), certificate_count, "%d", bundle_certificates(&bundle));
    cr_expect_eq(bundle_crls(&bundle), crl_count, "%d", bundle_crls(&bundle));
    cr_expect_eq(bundle.has_private_key, key);
    bundle_free(&bundle);
}

void expect_bundle_refused(
    const void *bytes, size_t length, const char *password, const char *words)
{
    struct bundle bundle = {0};
    struct error error;

    cr_expect_not(add_to_bundle(&bundle, bytes, length, password, &error),
        "accepted; expected \"%s\"", words);
    cr_expect_eq(error.kind, ERROR_INPUT, "kind %d: %s", error.kind, error.text);
    cr_expect(strstr(error.text, "the/file: ") == error.text, "%s", error.text);
    cr_expect_not_null(
        strstr(error.text, words), "expected \"%s\", came \"%s\"", words, error.text);
    if (password != NULL && password[0] != '\0')
        cr_expect_null(strstr(error.text, password), "the pass phrase is told: %s", error.text);
    bundle_free(&bundle);
}

void expect_bundle_text_refused(const char *string, const char *words)
{
    expect_bundle_refused(string, strlen(string), NULL, words);
}

char *join_strings(const char *const *parts)
{
    char *data = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&data, &size);

    for (; *parts != NULL; parts++)
        fputs(*parts, file);
    fclose(file);
    return data;
}

void expect_bundle_together(char *joined, int certificate_count, int crl_count, bool key)
{
    expect_bundle_holds(joined, strlen(joined), NULL, certificate_count, crl_count, key);
    free(joined);
}

void bundle_given_make(void)
{
    X509_CRL *crl;

    given.ca = pki_ca("CN=CA");
    given.other = pki_ca("CN=Other");
    crl = pki_crl(&(struct pki_crl_spec){.issuer = given.ca});
    given.ca_pem = pki_pem(given.ca->certificate);
    given.other_pem = pki_pem(given.other->certificate);
    given.key_pem = pki_key_pem(given.ca->key);
    given.crl_pem = pki_crl_pem(crl);
    given.ca_der = pki_der(given.ca->certificate, &given.ca_length);
    given.crl_der = pki_crl_der(crl, &given.crl_length);
    X509_CRL_free(crl);
}

void bundle_given_free(void)
{
    pki_free(given.ca);
    pki_free(given.other);
    free(given.ca_pem);
    free(given.other_pem);
    free(given.key_pem);
    free(given.crl_pem);
    free(given.ca_der);
    free(given.crl_der);
}

void fail_bundle_allocations(const void *bytes, size_t length, const char *password,
    int certificate_count, int crl_count, unsigned long points)
{
    unsigned long nth, count;
    struct bundle bundle = {0};
    struct error error;
    int and_after;

    cr_assert(add_to_bundle(&bundle, bytes, length, password, &error), "%s", error.text);
    bundle_free(&bundle);
    alloc_watch_fail_at(0, false);
    cr_assert(add_to_bundle(&bundle, bytes, length, password, &error), "%s", error.text);
    count = alloc_watch_count();
    bundle_free(&bundle);
    cr_assert_gt(count, 5);
    for (and_after = 0; and_after < 2; and_after++) {
        for (nth = 1; nth <= count; nth += (1 + count / points) * memory_fault_step()) {
            struct bytes file = {.length = length};
            bool good, reached;

            file.data = malloc(length);
            memcpy(file.data, bytes, length);
            error = (struct error){0};
            alloc_watch_fail_at(nth, and_after);
            good = bundle_add(&bundle, "f", &file, password, &error);
            reached = alloc_watch_count() >= nth;
            alloc_watch_fail_at(0, false);
            /* Whether what libcrypto made of it is whole, nobody knows. */
            cr_expect_not(
                good && reached, "allocation %lu of %lu: its failure was passed over", nth, count);
            if (good)
                cr_expect(bundle_certificates(&bundle) == certificate_count &&
                              bundle_crls(&bundle) == crl_count,
                    "allocation %lu: %d certificates, %d CRLs", nth, bundle_certificates(&bundle),
                    bundle_crls(&bundle));
            else
                cr_expect_eq(error.kind, ERROR_MEMORY, "allocation %lu of %lu%s: %s", nth, count,
                    and_after ? " and all after" : "", error.text);
            cr_expect_eq(ERR_peek_error(), 0);
            bundle_free(&bundle);
            free(file.data);
        }
    }
}
