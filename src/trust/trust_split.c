/* SPDX-License-Identifier: ISC */
#include "trust/trust_split.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* Names are compared first: signatures are checked for few. So many CAs of one name are tried. */
#define ISSUERS_TRIED 256

static bool issued(X509 *issuer, X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    return key != NULL && X509_verify(certificate, key) == 1;
}

/* The number of one that is an anchor or below one and issued this, -1 when there is none yet. */
static int find_issuer(STACK_OF(X509) * cas, const bool *reached, int number)
{
    X509 *certificate = sk_X509_value(cas, number);
    int i, tried = 0;

    for (i = 0; i < sk_X509_num(cas) && tried < ISSUERS_TRIED; i++) {
        X509 *issuer = sk_X509_value(cas, i);

        if (!reached[i] || X509_cmp(issuer, certificate) == 0 ||
            X509_check_issued(issuer, certificate) != X509_V_OK)
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

struct split {
    STACK_OF(X509) * cas;
    bool *reached; /* an anchor, or below one */
    bool *below;
    struct list *warnings;
};

/* Goes down from the self-signed ones, until nothing more is found. */
static bool go_down(struct split *split, struct error *error)
{
    int i, issuer, count = sk_X509_num(split->cas);
    bool found = true;

    while (found) {
        found = false;
        for (i = 0; i < count; i++) {
            if (split->reached[i] || (issuer = find_issuer(split->cas, split->reached, i)) < 0)
                continue;
            split->reached[i] = split->below[i] = found = true;
            if (!warn(sk_X509_value(split->cas, i), sk_X509_value(split->cas, issuer),
                    split->warnings, error))
                return false;
        }
    }
    return true;
}

/* Whether any other CA certificate issued this one. */
static bool has_issuer(const struct split *split, int number, bool *all)
{
    int i;

    for (i = 0; i < sk_X509_num(split->cas); i++)
        all[i] = true;
    return find_issuer(split->cas, all, number) >= 0;
}

/* First the self-signed ones and those whose issuer is not there. What is left in the end issued
 * each other in a circle, and stays what the operator called it. */
static bool mark(struct split *split, bool *all, struct error *error)
{
    int i, count = sk_X509_num(split->cas);

    for (i = 0; i < count; i++)
        split->reached[i] =
            X509_self_signed(sk_X509_value(split->cas, i), 1) == 1 || !has_issuer(split, i, all);
    return go_down(split, error);
}

static bool fill(const struct split *split, STACK_OF(X509) * anchors, STACK_OF(X509) * below)
{
    int i;

    for (i = 0; i < sk_X509_num(split->cas); i++) {
        if (sk_X509_push(split->below[i] ? below : anchors, sk_X509_value(split->cas, i)) <= 0)
            return false;
    }
    return true;
}

bool trust_split_cas(STACK_OF(X509) * cas, STACK_OF(X509) * anchors, STACK_OF(X509) * below,
    struct list *warnings, struct error *error)
{
    const size_t count = (size_t)sk_X509_num(cas);
    struct split split = {.cas = cas, .warnings = warnings};
    bool *marks = calloc(3 * count + 1, sizeof(*marks)), good = false;

    ERR_clear_error();
    alloc_watch_clear();
    if (marks != NULL) {
        split.reached = marks;
        split.below = marks + count;
        good = mark(&split, marks + 2 * count, error) && fill(&split, anchors, below);
    }
    free(marks);
    if (good && !alloc_watch_failed()) {
        ERR_clear_error();
        return true;
    }
    ERR_clear_error();
    error_set(error, ERROR_MEMORY, "out of memory for the trust");
    return false;
}
