/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_FORWARDED_HELPERS_H
#define PEERCERT_TESTS_FORWARDED_HELPERS_H

#include "forwarded/forwarded.h"
#include <stddef.h>

/* A certificate in the encodings in which fronts write it. Free with sample_free. */
struct sample {
    unsigned char *der;
    size_t length;
    char *pem;    /* with \n, one behind the END line */
    char *base64; /* of the DER, one line */
    char *url;    /* the PEM as nginx $ssl_client_escaped_cert has it */
};

struct sample sample_make(const char *subject);
void sample_free(struct sample *sample);

/* Two certificates, for suites that need no more. */
extern struct sample sample_one, sample_two;
void two_samples_make(void);
void two_samples_free(void);

/* The same and two more, for suites with chains. */
extern struct sample sample_ca, sample_root;
void four_samples_make(void);
void four_samples_free(void);

/* Strings that the caller frees with free(). */
char *with(const char *text, const char *what, const char *instead); /* each one replaced */
char *base64_of(const unsigned char *bytes, size_t length);
char *url_encoded(const char *text, const char *kept); /* but for letters, digits, -._~ and these */
char *format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

/* Base64 of the two DERs one after another. */
char *base64_of_both(const struct sample *one, const struct sample *other);

#define NO_HOP ((size_t)-1) /* the operator said none */

/* Reads parameters (NULL-terminated, at most 40) with the headers of `trusted` (words of
 * --trust-header, separated by spaces; NULL: none). The caller frees *forwarded. */
void read_with(
    char *const *parameters, const char *trusted, size_t xfcc_hop, struct forwarded *forwarded);

/* What must come out: this leaf with these certificates behind it (NULL-terminated), from this
 * variable; or a refusal with these words; or nothing. Each frees *forwarded; `what` is printed. */
void expect_present(struct forwarded *forwarded, const char *what, const char *source,
    const struct sample *leaf, const struct sample *const *chain);
void expect_malformed(struct forwarded *forwarded, const char *what, const char *words);
void expect_absent(struct forwarded *forwarded, const char *what);

/* Reads up to three parameters (NULL: none) with such headers, and frees them. The caller frees
 * what is returned. */
struct forwarded read_headers(
    const char *trusted, size_t xfcc_hop, char *one, char *two, char *three);

/* The same with what must come out: this leaf with this chain; or a refusal with these words. */
void expect_header(const char *trusted, char *parameter, const char *source,
    const struct sample *wanted, const struct sample *const *chain);
void expect_headers_refused(const char *trusted, char *one, char *two, const char *reason);

#endif
