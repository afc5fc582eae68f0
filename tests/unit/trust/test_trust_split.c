/* SPDX-License-Identifier: ISC */
#include "trust/trust_split.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <string.h>

static struct pki *make(const char *subject, const struct pki *issuer)
{
    return pki_make(&(struct pki_spec){.subject = subject, .issuer = issuer, .ca = true});
}

static bool has(const STACK_OF(X509) * stack, const struct pki *pki)
{
    int i;

    for (i = 0; i < sk_X509_num(stack); i++) {
        if (sk_X509_value(stack, i) == pki->certificate)
            return true;
    }
    return false;
}

/* A root, one below it, one below that, and one whose issuer is not among them. */
Test(trust_split, whom_another_issued_directly_or_not_is_no_anchor)
{
    struct pki *root = make("CN=Root", NULL), *middle = make("CN=Middle", root);
    struct pki *low = make("CN=Low", middle), *elsewhere = make("CN=Elsewhere", NULL);
    struct pki *orphan = make("CN=Orphan", elsewhere);
    const struct pki *all[] = {low, orphan, middle, root};
    STACK_OF(X509) *cas = sk_X509_new_null(), *anchors = sk_X509_new_null();
    STACK_OF(X509) *below = sk_X509_new_null();
    struct list warnings = {.count = 0};
    size_t i;

    for (i = 0; i < 4; i++)
        pki_must(sk_X509_push(cas, all[i]->certificate) > 0, "a stack");
    cr_assert(trust_split_cas(cas, anchors, below, &warnings, NULL));
    cr_expect_eq(sk_X509_num(anchors), 2);
    cr_expect(has(anchors, root));
    cr_expect(has(anchors, orphan));
    cr_expect_eq(sk_X509_num(below), 2);
    cr_expect(has(below, middle));
    cr_expect(has(below, low));
    cr_assert_eq(warnings.count, 2);
    for (i = 0; i < 2; i++)
        cr_expect(strstr(warnings.items[i], "CN=Middle") != NULL ||
                      strstr(warnings.items[i], "CN=Low") != NULL,
            "%s", warnings.items[i]);
    list_free(&warnings);
    sk_X509_free(cas);
    sk_X509_free(anchors);
    sk_X509_free(below);
    pki_free(orphan);
    pki_free(elsewhere);
    pki_free(low);
    pki_free(middle);
    pki_free(root);
}

Test(trust_split, a_namesake_with_another_key_issued_nothing)
{
    struct pki *root = make("CN=Root", NULL), *namesake = make("CN=Root", NULL);
    struct pki *middle = make("CN=Middle", root);
    STACK_OF(X509) *cas = sk_X509_new_null(), *anchors = sk_X509_new_null();
    STACK_OF(X509) *below = sk_X509_new_null();
    struct list warnings = {.count = 0};

    pki_must(
        sk_X509_push(cas, namesake->certificate) > 0 && sk_X509_push(cas, middle->certificate) > 0,
        "a stack");
    cr_assert(trust_split_cas(cas, anchors, below, &warnings, NULL));
    cr_expect(has(anchors, middle));
    cr_expect_eq(sk_X509_num(below), 0);
    list_free(&warnings);
    sk_X509_free(cas);
    sk_X509_free(anchors);
    sk_X509_free(below);
    pki_free(middle);
    pki_free(namesake);
    pki_free(root);
}
