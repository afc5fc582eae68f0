/* SPDX-License-Identifier: ISC */
#include "unit/pki/pki.h"
#include "unit/pki/pki_rsa.h"
#include "verify/verify_check.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdlib.h>

#define MOST PATH_SIGNATURES

static struct pki *ca_of(enum pki_key kind)
{
    return pki_make(
        &(struct pki_spec){.subject = "CN=CA", .ca = true, .key = kind, .fresh_key = true});
}

static struct path_search *search_for(X509 *leaf)
{
    struct path_search *search = calloc(1, sizeof(*search));

    pki_must(search != NULL, "calloc");
    search->nodes[0].certificate = leaf;
    search->node_count = 1;
    return search;
}

/* Whether the right key is found behind so many wrong ones of its kind. */
static bool is_found_behind(enum pki_key kind, int wrong, struct path_search *result)
{
    struct pki *right = ca_of(kind), *leaf = pki_make(&(struct pki_spec){.issuer = right});
    struct path_search *search = search_for(leaf->certificate);
    struct pki *others[MOST];
    int count = 0, i;
    bool found;

    while (count < wrong) {
        others[count] = ca_of(kind);
        cr_expect_not(path_is_signed(search, 0, others[count++]->certificate));
    }
    found = path_is_signed(search, 0, right->certificate);
    cr_expect_eq(search->exhausted, !found, "kind %d", kind);
    cr_expect_leq(search->signatures, PATH_SIGNATURES);
    cr_expect_leq(search->spent, PATH_COST);
    *result = *search;
    free(search);
    for (i = 0; i < count; i++)
        pki_free(others[i]);
    pki_free(leaf);
    pki_free(right);
    ERR_clear_error();
    return found;
}

/* Of RSA each fails by itself; PATH_COST is 64, of which Ed25519 takes 3 and RSA-1024 1. */
Test(verify_check, checks_that_fail_are_bounded_by_their_number_and_what_they_cost, .timeout = 120)
{
    struct path_search result;

    cr_expect(is_found_behind(PKI_ED25519, 20, &result));
    cr_expect_eq(result.spent, 60);
    cr_expect_not(is_found_behind(PKI_ED25519, 21, &result));
    cr_expect_eq(result.signatures, 21);
    cr_expect(is_found_behind(PKI_RSA_1024, 63, &result));
    cr_expect_eq(result.signatures, PATH_SIGNATURES);
    cr_expect_not(is_found_behind(PKI_RSA_1024, 64, &result));
    cr_expect_eq(result.signatures, PATH_SIGNATURES);
}

/* Whether a check on this key that fails costs so much, and one that does not fail nothing. */
static void expect_cost(struct pki *right, struct pki *wrong, int cost, const char *what)
{
    struct pki *leaf = pki_make(&(struct pki_spec){.issuer = right});
    struct path_search *search = search_for(leaf->certificate);

    search->spent = PATH_COST - cost;
    cr_expect(path_is_signed(search, 0, right->certificate), "%s", what);
    cr_expect_eq(search->spent, PATH_COST - cost, "%s: what is right costs nothing", what);
    cr_expect_not(path_is_signed(search, 0, wrong->certificate), "%s", what);
    cr_expect_eq(search->spent, PATH_COST, "%s: %d", what, search->spent);
    cr_expect_not(search->exhausted, "%s", what);
    search->spent = PATH_COST - cost + 1;
    cr_expect_not(path_is_signed(search, 0, right->certificate), "%s", what);
    cr_expect(search->exhausted, "%s", what);
    free(search);
    pki_free(leaf);
    ERR_clear_error();
}

Test(verify_check, what_a_check_costs_goes_by_the_key)
{
    static const struct {
        enum pki_key kind;
        int cost;
        const char *name;
    } rows[] = {{PKI_RSA_1024, 1, "RSA-1024"}, {PKI_RSA_2048, 1, "RSA-2048"},
        {PKI_RSA_PSS_2048, 1, "RSA-PSS-2048"}, {PKI_ED25519, 3, "Ed25519"},
        {PKI_EC_P256, 3, "P-256"}, {PKI_EC_P384, 16, "P-384"}};
    struct pki *right, *wrong;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        right = ca_of(rows[i].kind);
        wrong = ca_of(rows[i].kind);
        expect_cost(right, wrong, rows[i].cost, rows[i].name);
        pki_free(wrong);
        pki_free(right);
    }
    for (i = 0; i < 2; i++) {
        const int bits = i == 0 ? 3072 : 4096;
        const struct pki keys[] = {{.key = pki_rsa(bits)}, {.key = pki_rsa(bits)}};

        right = pki_make(&(struct pki_spec){.ca = true, .same_key_as = &keys[0]});
        wrong = pki_make(&(struct pki_spec){.ca = true, .same_key_as = &keys[1]});
        expect_cost(right, wrong, i == 0 ? 1 : 2, i == 0 ? "RSA-3072" : "RSA-4096");
        pki_free(wrong);
        pki_free(right);
        EVP_PKEY_free(keys[0].key);
        EVP_PKEY_free(keys[1].key);
    }
}

Test(verify_check, a_key_of_another_kind_costs_nothing)
{
    struct pki *right = ca_of(PKI_EC_P256), *other = ca_of(PKI_ED25519);
    struct pki *leaf = pki_make(&(struct pki_spec){.issuer = right});
    struct path_search *search = search_for(leaf->certificate);

    cr_expect_not(path_is_signed(search, 0, other->certificate));
    cr_expect_eq(search->signatures, 0);
    cr_expect_eq(search->spent, 0);
    free(search);
    pki_free(right);
    pki_free(other);
    pki_free(leaf);
}
