/* SPDX-License-Identifier: ISC */
#include "trust/trust_succession.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity.h"
#include "trust/trust_crls.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

static bool date_is_as_late(const struct crl *new, const struct crl *old)
{
    time_t one = 0, other = 0;

    return !crl_this_update(old, &other) || (crl_this_update(new, &one) && one >= other);
}

static bool is_as_new(const struct crl *new, const struct crl *old)
{
    return trust_crl_number_is_as_high(new, old) && date_is_as_late(new, old);
}

/* Restrictions of a scope that leave certificates out; a missing scope has none. */
static bool is_restricted_as(int new, int old)
{
    return new <= 0 || old > 0;
}

static unsigned scope_reasons(const ISSUING_DIST_POINT *scope)
{
    const ASN1_BIT_STRING *reasons = scope != NULL ? scope->onlysomereasons : NULL;
    unsigned bits = 0;
    int bit;

    if (reasons == NULL)
        return CRL_ALL_REASONS;
    for (bit = 0; bit < 9; bit++)
        bits |= (unsigned)ASN1_BIT_STRING_get_bit(reasons, bit) << bit;
    return bits;
}

/* Whether a list whose scope is written in another way speaks of the same kinds of certificates,
 * or more. The names of distribution points may change. */
static bool covers_kinds(const struct crl *new, const struct crl *old)
{
    const ISSUING_DIST_POINT *its = crl_scope(new), *before = crl_scope(old);
    const ISSUING_DIST_POINT *none = NULL;
    unsigned reasons = scope_reasons(before);

    if (its == none)
        return true;
    return is_restricted_as(its->onlyuser, before != none ? before->onlyuser : 0) &&
           is_restricted_as(its->onlyCA, before != none ? before->onlyCA : 0) &&
           is_restricted_as(its->onlyattr, before != none ? before->onlyattr : 0) &&
           (scope_reasons(its) & reasons) == reasons;
}

/* The lists of both snapshots that one key made under one name. */
static bool is_of_signer(struct trust_list *list, struct trust_list *old)
{
    return X509_NAME_cmp(crl_issuer(trust_list_crl(list)), crl_issuer(trust_list_crl(old))) == 0 &&
           trust_list_is_by(list, trust_list_signer(old)) == 1;
}

static bool scope_was_there(
    const struct trust_lists *before, struct trust_list *old, const struct crl *new)
{
    size_t i;

    for (i = 0; i < before->count; i++) {
        if (trust_crl_is_same_scope(trust_list_crl(before->items[i]), new) &&
            is_of_signer(before->items[i], old))
            return true;
    }
    return false;
}

/* What stands in a list's place. */
enum place {
    PLACE_EMPTY,
    PLACE_FOREIGN,
    PLACE_FAULTY,
    PLACE_EARLIER,
    PLACE_LOWER,
    PLACE_UNNUMBERED,
    PLACE_NOT_DUE,
    PLACE_TAKEN
};

/* Of a list that is not as new. */
static enum place why_older(const struct crl *new, const struct crl *old)
{
    if (!date_is_as_late(new, old))
        return PLACE_EARLIER;
    return crl_number(new) == NULL ? PLACE_UNNUMBERED : PLACE_LOWER;
}

static enum place place_of(
    const struct trust_succession *succession, struct trust_list *old, struct trust_list *new)
{
    const struct crl *was = trust_list_crl(old), *is = trust_list_crl(new);
    time_t begins = 0;

    if (X509_NAME_cmp(crl_issuer(is), crl_issuer(was)) != 0)
        return PLACE_EMPTY;
    if (!is_of_signer(new, old))
        return PLACE_FOREIGN;
    if (crl_is_delta(is) && !crl_is_delta(was))
        return PLACE_EMPTY;
    if (crl_fault(is) != NULL && crl_fault(was) == NULL)
        return PLACE_FAULTY;
    if (!trust_crl_is_same_scope(is, was) &&
        (!covers_kinds(is, was) || scope_was_there(succession->before, old, is)))
        return PLACE_EMPTY;
    if (!is_as_new(is, was))
        return why_older(is, was);
    return crl_this_update(is, &begins) && begins > succession->now ? PLACE_NOT_DUE : PLACE_TAKEN;
}

/* The best that any of the new lists does; those that were there before, too. */
static enum place find_place(
    const struct trust_succession *succession, struct trust_list *old, size_t count)
{
    enum place best = PLACE_EMPTY;
    size_t i = trust_lists_first(succession->after, crl_issuer(trust_list_crl(old)));

    for (; i < count && best != PLACE_TAKEN; i++) {
        enum place its = place_of(succession, old, succession->after->items[i]);

        if (its > best)
            best = its;
    }
    return best;
}

static bool is_there(const struct trust_lists *lists, const struct trust_list *list, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (lists->items[i] == list)
            return true;
    }
    return false;
}

static bool is_ca_of(X509 *ca, const struct trust_list *list)
{
    EVP_PKEY *key = X509_get0_pubkey(ca);

    return key != NULL &&
           X509_NAME_cmp(X509_get_subject_name(ca), crl_issuer(trust_list_crl(list))) == 0 &&
           EVP_PKEY_eq(key, trust_list_signer(list)) == 1;
}

/* A newer list of the same scope was beside it already: nobody relied on it. */
static bool was_superseded(const struct trust_succession *succession, struct trust_list *old)
{
    const struct trust_lists *before = succession->before;
    const struct crl *was = trust_list_crl(old);
    size_t i;

    for (i = 0; i < before->count; i++) {
        const struct crl *other = trust_list_crl(before->items[i]);

        if (before->items[i] != old && trust_crl_is_same_scope(other, was) &&
            !is_as_new(was, other) && place_of(succession, old, before->items[i]) == PLACE_TAKEN)
            return true;
    }
    return false;
}

/* A root that the operator took out issues nothing any more that could be valid. */
static bool is_of_removed_root(
    const struct trust_succession *succession, const struct trust_list *list)
{
    bool was_root = false;
    int i;

    for (i = 0; i < sk_X509_num(succession->cas); i++) {
        if (is_ca_of(sk_X509_value(succession->cas, i), list))
            return false;
    }
    for (i = 0; i < sk_X509_num(succession->cas_before); i++) {
        X509 *ca = sk_X509_value(succession->cas_before, i);

        was_root = was_root || (is_ca_of(ca, list) && X509_self_signed(ca, 0) == 1);
    }
    return was_root;
}

#define WOULD_BE_VALID "; what was revoked since would be valid again. Restart to accept that"

/* Several lists of one CA may be kept for one reason. */
static bool is_told(const struct trust_files *files, const char *what, const char *why)
{
    size_t i;

    for (i = 0; i < files->kept_count; i++) {
        if (strcmp(files->kept[i].what, what) == 0 && strcmp(files->kept[i].why, why) == 0)
            return true;
    }
    return false;
}

static bool keep(struct trust_succession *succession, struct trust_list *old, enum place place,
    struct error *error)
{
    static const char *const words[] = {
        [PLACE_EMPTY] = "no file holds it any more; what it revokes would be valid again. Put one "
                        "there, or restart to accept that",
        [PLACE_FOREIGN] = "the one in its place is not signed by the same CA key",
        [PLACE_FAULTY] = "the one in its place proves nothing",
        [PLACE_EARLIER] = "the one in its place is older, by its thisUpdate" WOULD_BE_VALID,
        [PLACE_LOWER] = "the one in its place has a lower CRL number (RFC 5280 section "
                        "5.2.3)" WOULD_BE_VALID,
        [PLACE_UNNUMBERED] = "the one in its place has no CRL number (RFC 5280 section 5.2.3), so "
                             "that it may be older" WOULD_BE_VALID,
    };
    struct error text = {.kind = ERROR_NONE};
    char *name;

    if (!trust_lists_add(succession->after, old, error))
        return false;
    if (place == PLACE_NOT_DUE)
        return true;
    name = identity_name(crl_issuer(trust_list_crl(old)), NULL);
    error_set(&text, ERROR_NONE, "the CRL of %.300s", name != NULL ? name : "an issuer");
    free(name);
    return is_told(succession->files, text.text, words[place]) ||
           trust_files_keep(succession->files, succession->kept_before, text.text, words[place],
               true, succession->now, error);
}

bool trust_succession_keep(struct trust_succession *succession, struct error *error)
{
    size_t i, count = succession->after->count;

    ERR_clear_error();
    alloc_watch_clear();
    for (i = 0; i < succession->before->count; i++) {
        struct trust_list *old = succession->before->items[i];
        enum place place;

        if (is_there(succession->after, old, count) || trust_list_signer(old) == NULL ||
            was_superseded(succession, old) || is_of_removed_root(succession, old))
            continue;
        place = find_place(succession, old, count);
        if (place != PLACE_TAKEN && !keep(succession, old, place, error))
            return false;
    }
    trust_lists_sort(succession->after);
    if (!alloc_watch_explains_errors())
        return true;
    error_set(error, ERROR_MEMORY, "out of memory while comparing CRLs");
    return false;
}
