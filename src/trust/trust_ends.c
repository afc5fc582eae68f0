/* SPDX-License-Identifier: ISC */
#include "certificate/identity.h"
#include "trust/trust.h"
#include "trust/trust_build.h"
#include "trust/trust_crls.h"

#include <openssl/err.h>

/* The same CA in a certificate that ends later, as after a renewal with the same key. */
static bool is_renewed_in(X509 *ca, time_t end, STACK_OF(X509) * others)
{
    time_t later = 0;
    int i;

    for (i = 0; i < sk_X509_num(others); i++) {
        X509 *other = sk_X509_value(others, i);

        if (X509_NAME_cmp(X509_get_subject_name(other), X509_get_subject_name(ca)) == 0 &&
            identity_time(X509_get0_notAfter(other), &later) && later > end &&
            EVP_PKEY_eq(X509_get0_pubkey(other), X509_get0_pubkey(ca)) == 1)
            return true;
    }
    return false;
}

static void keep_first_ca_end(const struct trust *trust, STACK_OF(X509) * some, time_t *first)
{
    time_t date = 0;
    int i;

    for (i = 0; i < sk_X509_num(some); i++) {
        X509 *ca = sk_X509_value(some, i);

        if (identity_time(X509_get0_notAfter(ca), &date) && (*first == 0 || date < *first) &&
            !is_renewed_in(ca, date, trust->cas) && !is_renewed_in(ca, date, trust->intermediates))
            *first = date;
    }
}

time_t trust_first_ca_end(const struct trust *trust)
{
    time_t first = 0;

    keep_first_ca_end(trust, trust->cas, &first);
    keep_first_ca_end(trust, trust->intermediates, &first);
    ERR_clear_error();
    return first;
}

static bool is_by_the_same_key(const struct trust_list *one, const struct trust_list *other)
{
    EVP_PKEY *its = trust_list_signer(one), *others = trust_list_signer(other);

    return its == others || (its != NULL && others != NULL && EVP_PKEY_eq(its, others) == 1);
}

/* `next` says of the same certificates what `list` says until `end`, for longer, and does so before
 * that is over, or now. */
static bool is_continued_by(
    const struct trust_list *list, time_t end, const struct trust_list *next, time_t now)
{
    const struct crl *crl = trust_list_crl(list), *other = trust_list_crl(next);
    time_t begins = 0, ends = 0;

    return crl_next_update(other, &ends) && ends > end && crl_this_update(other, &begins) &&
           (begins <= end || begins <= now) &&
           (crl_fault(other) == NULL || crl_fault(crl) != NULL) &&
           (!crl_is_delta(other) || crl_is_delta(crl)) && trust_crl_is_same_scope(crl, other) &&
           is_by_the_same_key(list, next);
}

static bool is_continued(
    const struct trust_lists *lists, const struct trust_list *list, time_t end, time_t now)
{
    const X509_NAME *issuer = crl_issuer(trust_list_crl(list));
    size_t i;

    for (i = trust_lists_first(lists, issuer); i < lists->count; i++) {
        if (X509_NAME_cmp(crl_issuer(trust_list_crl(lists->items[i])), issuer) != 0)
            return false;
        if (is_continued_by(list, end, lists->items[i], now))
            return true;
    }
    return false;
}

time_t trust_first_crl_end(const struct trust *trust, time_t now)
{
    const struct trust_lists *lists = &trust->lists;
    time_t first = 0, date = 0;
    size_t i;

    for (i = 0; i < lists->count; i++) {
        if (crl_next_update(trust_list_crl(lists->items[i]), &date) &&
            (first == 0 || date < first) && !is_continued(lists, lists->items[i], date, now))
            first = date;
    }
    ERR_clear_error();
    return first;
}
