/* SPDX-License-Identifier: ISC */
#include "trust/trust_list.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct pki *ca, *other;

static void set_up(void)
{
    ca = pki_ca("CN=CA");
    other = pki_ca("CN=CA");
}

static void tear_down(void)
{
    pki_free(ca);
    pki_free(other);
}

TestSuite(trust_list, .init = set_up, .fini = tear_down);

static struct trust_list *make_list(void)
{
    X509_CRL *made = pki_crl(&(struct pki_crl_spec){.issuer = ca});
    size_t length = 0;
    unsigned char *der = pki_crl_der(made, &length);
    struct trust_list *list = trust_list_new(crl_decode(der, length, NULL));

    pki_must(list != NULL, "a list");
    free(der);
    X509_CRL_free(made);
    return list;
}

Test(trust_list, who_signed_is_known_once_it_is_proven)
{
    struct trust_list *list = make_list();

    cr_expect_null(trust_list_signer(list));
    cr_expect_eq(trust_list_is_by(list, other->key), 0);
    cr_expect_null(trust_list_signer(list));
    cr_expect_eq(trust_list_is_by(list, ca->key), 1);
    cr_expect_eq(trust_list_signer(list), ca->key);
    cr_expect_eq(trust_list_is_by(list, other->key), 0);
    trust_list_release(list);
}

/* The encoding is gone after the proof: crl_verify would say -1, so the answer is remembered. */
Test(trust_list, the_answer_is_remembered_for_the_same_key_in_another_object)
{
    struct trust_list *list = make_list();
    X509 *again = pki_decoded(ca);

    cr_expect_eq(trust_list_is_by(list, ca->key), 1);
    cr_expect_eq(crl_verify(trust_list_crl(list), ca->key), -1);
    cr_expect_eq(trust_list_is_by(list, X509_get0_pubkey(again)), 1);
    X509_free(again);
    trust_list_release(list);
}

Test(trust_list, more_refusals_than_are_remembered_change_no_answer)
{
    struct trust_list *list = make_list();
    int i;

    for (i = 0; i < 2 * TRUST_LIST_REFUSED + 1; i++) {
        struct pki *stranger = pki_ca("CN=CA");

        cr_expect_eq(trust_list_is_by(list, stranger->key), 0);
        cr_expect_eq(trust_list_is_by(list, stranger->key), 0);
        pki_free(stranger);
    }
    cr_expect_eq(trust_list_is_by(list, ca->key), 1);
    trust_list_release(list);
}

Test(trust_list, it_lives_until_its_last_reference_is_given_back)
{
    struct trust_list *list = make_list();

    cr_expect_eq(trust_list_retain(list), list);
    trust_list_release(list);
    cr_expect_eq(trust_list_is_by(list, ca->key), 1);
    trust_list_release(list);
    trust_list_release(NULL);
}
