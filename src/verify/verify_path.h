/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_PATH_H
#define PEERCERT_VERIFY_PATH_H

#include "trust/trust.h"
#include "verify/verify_sieve.h"
#include <openssl/x509.h>

/* The search for paths from a client's certificate to an anchor. libcrypto takes the first issuer
 * that fits by name and key identifier and looks no further; here every issuer of the right name is
 * tried, and the signature decides.
 *
 * It goes from the anchors down: a signature is only checked with the key of an anchor or of a
 * certificate that an anchor vouches for already. So a stranger's keys are never used, and nothing
 * but names and signatures of a stranger's certificates is looked at. */

/* Signature checks for one search, and what those that fail may cost: one with an RSA key of 3072
 * bits counts 1, with one of 4096 bits 2, on P-256 3. */
#define PATH_SIGNATURES 64
#define PATH_COST 64
/* Certificates that are looked at, with the leaf, and those in one path, with the anchor. */
#define PATH_NODES 64
#define PATH_LENGTH 32
/* Paths that are tried for one leaf. */
#define PATHS_MOST 8

/* From the leaf to the anchor; borrowed from the leaf, its chain and the snapshot. */
struct path {
    X509 *certificates[PATH_LENGTH];
    int length;
};

struct path_node {
    X509 *certificate;
    const unsigned char *key_id; /* of its authorityKeyIdentifier, NULL when there is none */
    long key_id_length;
    int round; /* in which it was found authentic; -1: it was not */
    bool operators;
};

struct path_link {
    int below;
    int above; /* -1: the issuer is an anchor */
    X509 *issuer;
    int rank; /* the lower the better */
};

/* Zero it but for the borrowed members in the first block. */
struct path_search {
    X509 *leaf;
    STACK_OF(X509) * chain; /* what came with the leaf, NULL when nothing did */
    const struct trust *trust;
    time_t now;

    struct path_node nodes[PATH_NODES]; /* the leaf is the first */
    int node_count;
    struct path_link links[PATH_SIGNATURES]; /* each with a signature that is right */
    int link_count;
    struct sieve sieve;
    int signatures; /* checked */
    int spent;
    bool exhausted;   /* something was left out for one of these limits */
    bool bad_key;     /* a key was left out: key_is_bad */
    bool unknown_key; /* a key was left out since libcrypto cannot read it */
};

/* Finds what is authentic. */
void path_search(struct path_search *search);

/* The nth path (from 0), the most promising ones first: issuers that are current, whose certificate
 * is the one that the authorityKeyIdentifier names, anchors, and the operator's certificates rather
 * than the client's. false when there are fewer. */
bool path_take(const struct path_search *search, int nth, struct path *path);

/* The nth way in which a path that ends at an anchor leads on to another one, by what came along:
 * the whole path, from the leaf on. false when there are fewer. */
bool path_take_above(
    const struct path_search *search, const struct path *lower, int nth, struct path *path);

/* The certificate at a place, from 0 for the leaf; NULL when the path has no such place.
 * Borrowed. */
X509 *path_at(const struct path *path, int place);

/* The certificate above another one; NULL above the anchor and above what is not on the path.
 * Borrowed. */
X509 *path_issuer(const struct path *path, const X509 *certificate);

/* The certificates from one place of a path up to another, which is left out, as a stack that
 * borrows them (free with sk_X509_free); NULL when memory failed. */
STACK_OF(X509) * path_borrow(const struct path *path, int from, int to);

/* Whether the authorityKeyIdentifier names another key than the issuer's subjectKeyIdentifier. */
bool path_names_other_key(const struct path_node *node, X509 *issuer);

/* Whether the two fields of a certificate that name its signature's algorithm differ, which RFC
 * 5280 section 4.1.1.2 forbids. X509_verify(3) refuses that, but an anchor's signature is not
 * checked. */
bool path_has_two_algorithms(const X509 *certificate);

/* As X509_cmp_time(3), at a fifth of its cost and without memory: -1 for a date that is not after
 * `now`, 1 for one that is, 0 for one that cannot be read. */
int path_compare_date(const ASN1_TIME *date, time_t now);

/* Whether `now` is between notBefore and notAfter; false when a date cannot be read. */
bool path_is_current(const X509 *certificate, time_t now);

#endif
