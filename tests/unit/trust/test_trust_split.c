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

/* What came of a split. */
struct result {
    STACK_OF(X509) * anchors, *issued, *below;
    struct list warnings;
};

static STACK_OF(X509) * stack_of(const struct pki *const *all)
{
    STACK_OF(X509) *stack = sk_X509_new_null();

    for (; *all != NULL; all++)
        pki_must(sk_X509_push(stack, (*all)->certificate) > 0, "a stack");
    return stack;
}

/* Both lists end with NULL. */
static struct result split(const struct pki *const *all, const struct pki *const *others)
{
    struct result result = {
        .anchors = sk_X509_new_null(), .issued = sk_X509_new_null(), .below = sk_X509_new_null()};
    const struct trust_parts parts = {result.anchors, result.issued, result.below};
    STACK_OF(X509) *cas = stack_of(all), *between = stack_of(others);

    cr_assert(trust_split_cas(cas, between, &parts, &result.warnings, NULL));
    cr_expect_eq(sk_X509_num(result.anchors) + sk_X509_num(result.below), sk_X509_num(cas));
    cr_expect_eq(result.warnings.count, (size_t)sk_X509_num(result.below));
    sk_X509_free(cas);
    sk_X509_free(between);
    return result;
}

static void drop(struct result *result)
{
    list_free(&result->warnings);
    sk_X509_free(result->anchors);
    sk_X509_free(result->issued);
    sk_X509_free(result->below);
}

/* Splits in both orders of --ca, with `others` between. */
static void expect(const struct pki *const *all, const struct pki *const *others,
    const struct pki *of_interest, bool below)
{
    const struct pki *turned[8] = {NULL};
    size_t count = 0, i;
    int turn;

    while (all[count] != NULL)
        count++;
    for (i = 0; i < count; i++)
        turned[i] = all[count - 1 - i];
    for (turn = 0; turn < 2; turn++) {
        struct result result = split(turn == 0 ? all : turned, others);
        bool is_below = has(result.below, of_interest);

        cr_expect_eq(is_below, below, "in order %d", turn);
        cr_expect_neq(is_below, has(result.anchors, of_interest));
        drop(&result);
    }
}

static const struct pki *const nobody[] = {NULL};

/* A root, one below it, one below that, and one whose issuer is not among them. */
Test(trust_split, whom_another_issued_directly_or_not_is_no_anchor)
{
    struct pki *root = make("CN=Root", NULL), *middle = make("CN=Middle", root);
    struct pki *low = make("CN=Low", middle), *elsewhere = make("CN=Elsewhere", NULL);
    struct pki *orphan = make("CN=Orphan", elsewhere);
    const struct pki *const all[] = {low, orphan, middle, root, NULL};
    struct result result = split(all, nobody);
    size_t i;

    cr_expect(has(result.anchors, root));
    cr_expect(has(result.anchors, orphan));
    cr_expect(has(result.below, middle));
    cr_expect(has(result.below, low));
    cr_assert_eq(result.warnings.count, 2);
    for (i = 0; i < 2; i++)
        cr_expect(strstr(result.warnings.items[i], "CN=Middle") != NULL ||
                      strstr(result.warnings.items[i], "CN=Low") != NULL,
            "%s", result.warnings.items[i]);
    drop(&result);
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

    expect((const struct pki *const[]){namesake, middle, NULL}, nobody, middle, false);
    pki_free(middle);
    pki_free(namesake);
    pki_free(root);
}

/* Renewed with the same key: another serial number, and another key identifier. */
Test(trust_split, key_identifiers_do_not_tell_who_issued)
{
    struct pki *old = make("CN=Root", NULL);
    struct pki *renewed = pki_make(
        &(struct pki_spec){.subject = "CN=Root", .same_key_as = old, .ca = true, .serial = 77});
    struct pki *otherwise = pki_make(&(struct pki_spec){.subject = "CN=Root",
        .same_key_as = old,
        .ca = true,
        .extensions = {"subjectKeyIdentifier=0102030405"}});
    struct pki *middle = pki_make(&(struct pki_spec){.subject = "CN=Middle",
        .issuer = old,
        .ca = true,
        .extensions = {"authorityKeyIdentifier=keyid:always,issuer:always"}});

    expect((const struct pki *const[]){renewed, middle, NULL}, nobody, middle, true);
    expect((const struct pki *const[]){otherwise, middle, NULL}, nobody, middle, true);
    pki_free(middle);
    pki_free(otherwise);
    pki_free(renewed);
    pki_free(old);
}

/* Two CAs of --ca with one of --intermediates between them. */
Test(trust_split, the_way_may_lead_through_intermediates)
{
    struct pki *top = make("CN=Top", NULL), *root = make("CN=Root", top);
    struct pki *middle = make("CN=Middle", root), *low = make("CN=Low", middle);
    struct pki *no_ca =
        pki_make(&(struct pki_spec){.subject = "CN=Middle", .issuer = root, .same_key_as = middle});

    expect((const struct pki *const[]){root, low, NULL}, (const struct pki *const[]){middle, NULL},
        low, true);
    expect((const struct pki *const[]){root, low, NULL}, (const struct pki *const[]){no_ca, NULL},
        low, false);
    expect((const struct pki *const[]){low, NULL}, (const struct pki *const[]){middle, root, NULL},
        low, false);
    expect((const struct pki *const[]){top, low, NULL},
        (const struct pki *const[]){middle, root, NULL}, low, true);
    pki_free(no_ca);
    pki_free(low);
    pki_free(middle);
    pki_free(root);
    pki_free(top);
}

/* They stay anchors; what one of them issued besides does not. */
Test(trust_split, who_issued_each_other_are_anchors)
{
    struct pki *a = make("CN=A", NULL), *b = make("CN=B", NULL);
    struct pki *a_by_b =
        pki_make(&(struct pki_spec){.subject = "CN=A", .issuer = b, .same_key_as = a, .ca = true});
    struct pki *b_by_a =
        pki_make(&(struct pki_spec){.subject = "CN=B", .issuer = a, .same_key_as = b, .ca = true});
    struct pki *low = make("CN=Low", a);
    const struct pki *const all[] = {low, a_by_b, b_by_a, NULL};

    expect(all, nobody, a_by_b, false);
    expect(all, nobody, b_by_a, false);
    expect(all, nobody, low, true);
    pki_free(low);
    pki_free(b_by_a);
    pki_free(a_by_b);
    pki_free(b);
    pki_free(a);
}
