/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_EVALUATE_H
#define PEERCERT_EVALUATE_H

#include "cache/verdict_cache.h"
#include "service/client_certificate.h"
#include "service/service.h"
#include "trust/trust.h"

/* From a request's parameters to the identity, then to the verdict, with the cache and OCSP inside:
 * what the report, the gate, --check and --explain have in common. The steps, in this order:
 *
 *     evaluate_request or evaluate_certificates   reads, and finds out who it is
 *     evaluate_verdict                            judges; may take long when not `judged` before
 *     evaluate_end                                in every case
 */
struct evaluation {
    const struct service *service;   /* borrowed */
    const struct trust *trust;       /* borrowed */
    struct forwarded forwarded;      /* what came */
    const struct identity *identity; /* NULL: absent, malformed or not judged */
    bool judged;                     /* the verdict is there already */
    struct verdict verdict;          /* once it is judged */
    int64_t began;                   /* clock_microseconds() */

    /* The decoded certificate and what came with it. NULL when the cache knew the verdict:
     * evaluate_prove makes up for that. */
    X509 *certificate;
    STACK_OF(X509) * chain;
    /* The proven chain, leaf first and anchor last, two certificates at least when the verdict is
     * valid; NULL when the certificate is untrusted or worse, or when the cache knew. */
    STACK_OF(X509) * proven;

    /* Inside of evaluate.c. */
    char *const *parameters;
    bool leaf_is_borrowed; /* forwarded.leaf belongs to the entry */
    time_t at;             /* 0: now */
    struct client_certificate client;
    struct verdict_cache_entry *entry;
};

/* Reads the parameters of a request, which are borrowed until evaluate_end. The identity is there
 * afterwards, unless the verdict says why there is none (`judged`). `rules_number` is the number of
 * the access rules that go with this evaluation, 0 for none: what is kept for one (evaluate_keep)
 * is not found with another. Fills *evaluation, which borrows `service` and `trust` too. A
 * certificate that the cache knows is not even decoded. */
void evaluate_request(struct evaluation *evaluation, const struct service *service,
    const struct trust *trust, uint64_t rules_number, char *const *parameters);

/* The same for certificates that are decoded already, as of `at` (0: now): the leaf and its chain
 * (NULL: none), which the evaluation owns from now on. Without a leaf, `forwarded` says why. Takes
 * over *forwarded, which says where they come from. No cache. */
void evaluate_certificates(struct evaluation *evaluation, const struct service *service,
    const struct trust *trust, time_t at, struct forwarded *forwarded, X509 *certificate,
    STACK_OF(X509) * chain);

/* Judges, unless that is done already. May wait for an OCSP responder. */
void evaluate_verdict(struct evaluation *evaluation);

/* Makes certificate, chain and proven available when the cache knew the verdict: decodes and
 * verifies anew, and takes the verdict of that. false when there is nothing to prove: the verdict
 * is untrusted or worse, or it cannot be judged now (evaluation->verdict says which). After
 * evaluate_verdict. */
bool evaluate_prove(struct evaluation *evaluation);

/* What is remembered with a certificate for as long as its verdict: a rendering of the identity for
 * each format and for the log, and what the rules say of the identity. */
enum evaluate_kept {
    EVALUATE_TEXT, /* in the order of enum report_format */
    EVALUATE_JSON,
    EVALUATE_HTML,
    EVALUATE_RULES,
    EVALUATE_LOG, /* whom a log line is about */
};

/* What evaluate_keep kept, *length bytes, borrowed until evaluate_end; NULL when there is none. */
const void *evaluate_find_kept(
    const struct evaluation *evaluation, enum evaluate_kept which, size_t *length);

/* Remembers a copy of the bytes when there is a place for them, else does nothing. Keep only what
 * follows from the certificate, the trust and the rules, and only what came about without an error.
 */
void evaluate_keep(
    struct evaluation *evaluation, enum evaluate_kept which, const void *bytes, size_t length);

/* The same for an object, which the cache owns from now on. false when there is no place: it stays
 * the caller's. */
bool evaluate_keep_object(struct evaluation *evaluation, enum evaluate_kept which, void *object,
    size_t length, void (*release)(void *object));

/* Whom a log line is about, borrowed until evaluate_end: rendered once and kept, where there is a
 * place. */
struct log_who evaluate_who(struct evaluation *evaluation);

/* Frees what the evaluation holds. */
void evaluate_end(struct evaluation *evaluation);

#endif
