/* SPDX-License-Identifier: ISC */
#include "trust/trust_split.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity.h"
#include "trust/trust_file.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* Names are compared first: signatures are checked for few. So many CAs of one name are tried. */
#define ISSUERS_TRIED 256

/* The certificates of one split: the CAs of --ca, and behind them what the operator gave to build
 * chains with. */
struct split {
    STACK_OF(X509) * nodes;
    int ca_count;
    bool *reached; /* an anchor, or below one */
    bool *root;    /* signed itself */
    bool *below;   /* a CA of --ca that is below another */
    bool *passed;  /* for one walk */
    int *queue;    /* the same */
    struct list *warnings;
};

/* By name and key, as the path to a client's certificate is proven. Whatever the
 * authorityKeyIdentifier says: it is no part of that (RFC 5280 section 6), and a CA that was
 * renewed has another serial number, or another key identifier, than those it signed before say. */
static bool issued(X509 *issuer, X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    return key != NULL && X509_verify(certificate, key) == 1;
}

static bool is_ca_of_name(X509 *ca, const X509_NAME *name)
{
    return X509_NAME_cmp(X509_get_subject_name(ca), name) == 0 && trust_file_is_ca(ca);
}

/* The number of one of those marked that issued this, -1 when there is none. */
static int find_issuer(const struct split *split, const bool *among, bool mark, int number)
{
    X509 *certificate = sk_X509_value(split->nodes, number);
    int i, tried = 0;

    for (i = 0; i < sk_X509_num(split->nodes) && tried < ISSUERS_TRIED; i++) {
        X509 *issuer = sk_X509_value(split->nodes, i);

        if (among[i] != mark || i == number ||
            !is_ca_of_name(issuer, X509_get_issuer_name(certificate)) ||
            X509_cmp(issuer, certificate) == 0)
            continue;
        tried++;
        if (issued(issuer, certificate))
            return i;
    }
    return -1;
}

static bool warn(X509 *certificate, X509 *issuer, struct list *warnings, struct error *error)
{
    char *name = identity_name(X509_get_subject_name(certificate), NULL);
    char *above = identity_name(X509_get_subject_name(issuer), NULL);
    struct error text = {.kind = ERROR_NONE};

    error_set(&text, ERROR_NONE,
        "the CA %.180s is below %.180s of the same trust: what that revokes and constrains counts",
        name != NULL ? name : "", above != NULL ? above : "");
    free(name);
    free(above);
    return list_add(warnings, text.text, error);
}

/* Marks a certificate that was found to be below one that is marked already. */
static bool reach(struct split *split, int number, int issuer, struct error *error)
{
    split->reached[number] = true;
    if (number >= split->ca_count)
        return true;
    split->below[number] = true;
    return warn(sk_X509_value(split->nodes, number), sk_X509_value(split->nodes, issuer),
        split->warnings, error);
}

/* Goes down from those that are marked, until nothing more is found. */
static bool go_down(struct split *split, struct error *error)
{
    int i, issuer;
    bool found = true;

    while (found) {
        found = false;
        for (i = 0; i < sk_X509_num(split->nodes); i++) {
            if (split->reached[i] || (issuer = find_issuer(split, split->reached, true, i)) < 0)
                continue;
            found = true;
            if (!reach(split, i, issuer, error))
                return false;
        }
    }
    return true;
}

/* Goes up from a CA of --ca: whether it comes to another one of them, and, in *in_circle, whether
 * it comes to itself. */
static bool has_ca_above(const struct split *split, int number, bool *in_circle)
{
    int first = 0, last = 0, count = sk_X509_num(split->nodes), issuer;
    bool found = false;

    for (issuer = 0; issuer < count; issuer++)
        split->passed[issuer] = false;
    split->queue[last++] = number;
    *in_circle = false;
    while (first < last) {
        int at = split->queue[first++];

        while ((issuer = find_issuer(split, split->passed, false, at)) >= 0) {
            split->passed[issuer] = true;
            split->queue[last++] = issuer;
            *in_circle = *in_circle || issuer == number;
            found = found || (issuer < split->ca_count && issuer != number);
        }
    }
    return found;
}

/* Of those that were not reached, the ones that have none of the others above them; with `circles`
 * those that issued each other, which stay what the operator called them. */
static void mark_tops(struct split *split, bool *tops, bool circles)
{
    bool in_circle;
    int i;

    for (i = 0; i < split->ca_count; i++)
        tops[i] =
            !split->reached[i] && (!has_ca_above(split, i, &in_circle) || (circles && in_circle));
    for (i = 0; i < split->ca_count; i++)
        split->reached[i] = split->reached[i] || tops[i];
}

/* First the self-signed ones and what is below them. */
static bool mark(struct split *split, bool *tops, struct error *error)
{
    bool all = true;
    int i;

    for (i = 0; i < split->ca_count; i++) {
        split->root[i] = X509_self_signed(sk_X509_value(split->nodes, i), 1) == 1;
        split->reached[i] = split->root[i];
        all = all && split->root[i];
    }
    if (all)
        return true;
    if (!go_down(split, error))
        return false;
    mark_tops(split, tops, false);
    if (!go_down(split, error))
        return false;
    mark_tops(split, tops, true);
    return go_down(split, error);
}

static bool fill(const struct split *split, const struct trust_parts *parts)
{
    int i;

    for (i = 0; i < split->ca_count; i++) {
        X509 *ca = sk_X509_value(split->nodes, i);

        if (sk_X509_push(split->below[i] ? parts->below : parts->anchors, ca) <= 0 ||
            (!split->below[i] && !split->root[i] && sk_X509_push(parts->issued, ca) <= 0))
            return false;
    }
    return true;
}

bool trust_push_all(STACK_OF(X509) * to, STACK_OF(X509) * from)
{
    int i;

    for (i = 0; i < sk_X509_num(from); i++) {
        if (sk_X509_push(to, sk_X509_value(from, i)) <= 0)
            return false;
    }
    return true;
}

/* With room for marks of all kinds. */
static bool make_split(struct split *split, STACK_OF(X509) * cas, STACK_OF(X509) * between)
{
    const size_t count = (size_t)sk_X509_num(cas) + (size_t)sk_X509_num(between);

    split->ca_count = sk_X509_num(cas);
    split->nodes = sk_X509_new_null();
    split->reached = calloc(count + 1, 4 * sizeof(bool));
    split->queue = calloc(count + 1, sizeof(*split->queue));
    if (split->nodes == NULL || split->reached == NULL || split->queue == NULL)
        return false;
    split->root = split->reached + count;
    split->below = split->root + count;
    split->passed = split->below + count;
    return trust_push_all(split->nodes, cas) && trust_push_all(split->nodes, between);
}

bool trust_split_cas(STACK_OF(X509) * cas, STACK_OF(X509) * between,
    const struct trust_parts *parts, struct list *warnings, struct error *error)
{
    struct split split = {.warnings = warnings};
    bool *tops = calloc((size_t)sk_X509_num(cas) + 1, sizeof(*tops)), good;

    ERR_clear_error();
    alloc_watch_clear();
    good = tops != NULL && make_split(&split, cas, between) && mark(&split, tops, error) &&
           fill(&split, parts);
    sk_X509_free(split.nodes);
    free(split.reached);
    free(split.queue);
    free(tops);
    if (good && !alloc_watch_failed()) {
        ERR_clear_error();
        return true;
    }
    ERR_clear_error();
    error_set(error, ERROR_MEMORY, "out of memory for the trust");
    return false;
}
