/* SPDX-License-Identifier: ISC */
#include "trust/trust_lists.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void add(struct trust_lists *lists, const struct pki *ca)
{
    X509_CRL *made = pki_crl(&(struct pki_crl_spec){.issuer = ca});
    size_t length = 0;
    unsigned char *der = pki_crl_der(made, &length);
    struct trust_list *list = trust_list_new(crl_decode(der, length, NULL));

    pki_must(list != NULL && trust_lists_add(lists, list, NULL), "a list");
    trust_list_release(list);
    free(der);
    X509_CRL_free(made);
}

Test(trust_lists, those_of_one_issuer_stand_beside_each_other_once_sorted)
{
    static const char *const names[] = {"CN=B", "CN=A", "CN=C", "CN=B", "CN=A", "CN=B"};
    struct trust_lists lists = {.count = 0};
    struct pki *cas[6], *nobody = pki_ca("CN=BB");
    size_t i, j, first;

    for (i = 0; i < 6; i++) {
        cas[i] = pki_ca(names[i]);
        add(&lists, cas[i]);
    }
    trust_lists_sort(&lists);
    cr_assert_eq(lists.count, 6);
    for (i = 0; i < 6; i++) {
        const X509_NAME *name = X509_get_subject_name(cas[i]->certificate);
        size_t count = names[i][3] == 'B' ? 3 : names[i][3] == 'A' ? 2 : 1;

        first = trust_lists_first(&lists, name);
        for (j = 0; j < 6; j++)
            cr_expect_eq(X509_NAME_cmp(crl_issuer(trust_list_crl(lists.items[j])), name) == 0,
                j >= first && j < first + count, "%s at %zu", names[i], j);
    }
    cr_expect_eq(trust_lists_first(&lists, X509_get_subject_name(nobody->certificate)), 6);
    trust_lists_free(&lists);
    cr_expect_eq(lists.count, 0);
    for (i = 0; i < 6; i++)
        pki_free(cas[i]);
    pki_free(nobody);
}

Test(trust_lists, those_that_the_cas_signed_are_proven_and_no_others)
{
    struct trust_lists lists = {.count = 0};
    struct pki *ca = pki_ca("CN=A"), *namesake = pki_ca("CN=A");
    STACK_OF(X509) *cas = sk_X509_new_null();
    size_t i, proven = 0;

    pki_must(cas != NULL && sk_X509_push(cas, ca->certificate) > 0, "a stack");
    add(&lists, ca);
    add(&lists, namesake);
    trust_lists_sort(&lists);
    cr_assert(trust_lists_prove(&lists, cas, NULL));
    for (i = 0; i < 2; i++)
        proven += trust_list_signer(lists.items[i]) != NULL ? 1 : 0;
    cr_expect_eq(proven, 1);
    trust_lists_free(&lists);
    sk_X509_free(cas);
    pki_free(ca);
    pki_free(namesake);
}
