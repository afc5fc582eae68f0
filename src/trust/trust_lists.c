/* SPDX-License-Identifier: ISC */
#include "trust/trust_lists.h"

#include <stdlib.h>

static const X509_NAME *issuer_of(const struct trust_lists *lists, size_t at)
{
    return crl_issuer(trust_list_crl(lists->items[at]));
}

bool trust_lists_add(struct trust_lists *lists, struct trust_list *list, struct error *error)
{
    struct trust_list **items =
        realloc(lists->items, (lists->count + 1) * sizeof(struct trust_list *));

    if (items == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory for the CRLs");
        return false;
    }
    lists->items = items;
    lists->items[lists->count++] = trust_list_retain(list);
    return true;
}

static int compare_issuers(const void *a, const void *b)
{
    const struct trust_list *const *one = a, *const *other = b;

    return X509_NAME_cmp(crl_issuer(trust_list_crl(*one)), crl_issuer(trust_list_crl(*other)));
}

void trust_lists_sort(struct trust_lists *lists)
{
    if (lists->count > 0)
        qsort(lists->items, lists->count, sizeof(*lists->items), compare_issuers);
}

size_t trust_lists_first(const struct trust_lists *lists, const X509_NAME *issuer)
{
    size_t low = 0, high = lists->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (X509_NAME_cmp(issuer_of(lists, middle), issuer) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < lists->count && X509_NAME_cmp(issuer_of(lists, low), issuer) == 0 ? low
                                                                                   : lists->count;
}

static bool prove_of(const struct trust_lists *lists, X509 *ca, struct error *error)
{
    const X509_NAME *name = X509_get_subject_name(ca);
    EVP_PKEY *key = X509_get0_pubkey(ca);
    size_t at = trust_lists_first(lists, name);

    for (; key != NULL && at < lists->count && X509_NAME_cmp(issuer_of(lists, at), name) == 0;
         at++) {
        if (trust_list_is_by(lists->items[at], key) < 0) {
            error_set(error, ERROR_MEMORY, "out of memory for checking the signature of a CRL");
            return false;
        }
    }
    return true;
}

bool trust_lists_prove(const struct trust_lists *lists, STACK_OF(X509) * cas, struct error *error)
{
    int i;

    for (i = 0; lists->count > 0 && cas != NULL && i < sk_X509_num(cas); i++) {
        if (!prove_of(lists, sk_X509_value(cas, i), error))
            return false;
    }
    return true;
}

void trust_lists_free(struct trust_lists *lists)
{
    size_t i;

    for (i = 0; i < lists->count; i++)
        trust_list_release(lists->items[i]);
    free(lists->items);
    *lists = (struct trust_lists){0};
}
