/* SPDX-License-Identifier: ISC */
#include "trust/trust_crls.h"
#include "trust/trust_inside.h"

const struct crl *trust_crl_next(
    const struct trust *trust, X509 *issuer, size_t *position, bool *failed)
{
    const struct trust_lists *lists = trust_lists_of(trust);
    const X509_NAME *name = X509_get_subject_name(issuer);
    EVP_PKEY *key = X509_get0_pubkey(issuer);

    if (lists->count == 0 || key == NULL)
        return NULL;
    /* One more than where to go on; 0 is the beginning. */
    if (*position == 0)
        *position = trust_lists_first(lists, name) + 1;
    while (*position <= lists->count) {
        struct trust_list *list = lists->items[*position - 1];
        int is_by;

        if (X509_NAME_cmp(crl_issuer(trust_list_crl(list)), name) != 0)
            break;
        ++*position;
        is_by = trust_list_is_by(list, key);
        if (is_by < 0)
            *failed = true;
        if (is_by > 0)
            return trust_list_crl(list);
    }
    *position = lists->count + 1;
    return NULL;
}

bool trust_crl_names(const struct trust *trust, const X509_NAME *issuer)
{
    const struct trust_lists *lists = trust_lists_of(trust);

    return trust_lists_first(lists, issuer) < lists->count;
}

bool trust_crl_is_signed(const struct trust *trust, const X509_NAME *issuer)
{
    const struct trust_lists *lists = trust_lists_of(trust);
    size_t at = trust_lists_first(lists, issuer);

    for (; at < lists->count; at++) {
        if (X509_NAME_cmp(crl_issuer(trust_list_crl(lists->items[at])), issuer) != 0)
            return false;
        if (trust_list_signer(lists->items[at]) != NULL)
            return true;
    }
    return false;
}
