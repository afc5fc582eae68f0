/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_BUNDLE_GIVEN_H
#define PEERCERT_TESTS_BUNDLE_GIVEN_H

#include "certificate/bundle.h"
#include "unit/pki/pki.h"

/* What the tests of bundles are made of: two CAs, the key of the first and an empty CRL of it. */
struct bundle_given {
    struct pki *ca, *other;
    char *ca_pem, *other_pem, *key_pem, *crl_pem;
    unsigned char *ca_der, *crl_der;
    size_t ca_length, crl_length;
};
extern struct bundle_given given;
void bundle_given_make(void);
void bundle_given_free(void);

/* bundle_add of a file of these bytes; libcrypto's error queue is empty afterwards. */
bool add_to_bundle(struct bundle *bundle, const void *bytes, size_t length, const char *password,
    struct error *error);

/* How many certificates and CRLs it holds. */
int bundle_certificates(const struct bundle *bundle);
int bundle_crls(const struct bundle *bundle);

/* A file holds this, or is refused with these words, and without the pass phrase. */
void expect_bundle_holds(const void *bytes, size_t length, const char *password,
    int certificate_count, int crl_count, bool key);
void expect_bundle_refused(
    const void *bytes, size_t length, const char *password, const char *words);
void expect_bundle_text_refused(const char *string, const char *words);

/* Joins strings, a NULL at the end; free with free(). */
char *join_strings(const char *const *parts);
#define TOGETHER(...) join_strings((const char *const[]){__VA_ARGS__, NULL})

/* As expect_bundle_holds; frees the string. */
void expect_bundle_together(char *joined, int certificate_count, int crl_count, bool key);

/* Each allocation fails once by turns, then all from there on; of very many, about `points` spread
 * evenly. The file is read whole, or want of memory is told. */
void fail_bundle_allocations(const void *bytes, size_t length, const char *password,
    int certificate_count, int crl_count, unsigned long points);

#endif
