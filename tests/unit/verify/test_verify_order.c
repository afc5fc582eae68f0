/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_path.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

/* Which of several paths is tried first. */

/* The search of a setup. Give the trust back with trust_release. */
static struct trust *search_in(const struct setup *setup, struct path_search *search, X509 *leaf)
{
    struct verify_files files;
    struct trust *trust;

    verify_files_make(setup, &files);
    trust = verify_files_load(&files);
    verify_files_free(&files);
    *search = (struct path_search){
        .leaf = leaf, .chain = verify_chain_of(setup), .trust = trust, .now = time(NULL)};
    path_search(search);
    sk_X509_free(search->chain);
    return trust;
}

/* Of two issuers with one name and key, the first of the pair is tried first in any order. */
static void expect_first(const struct pki *root, const struct pki *better, const struct pki *worse,
    const char *key_id, const char *what)
{
    struct pki *leaf =
        pki_make(&(struct pki_spec){.subject = "CN=x", .issuer = better, .extensions = {key_id}});
    const struct pki *const orders[][2] = {{better, worse}, {worse, better}};
    size_t i;

    for (i = 0; i < 2; i++) {
        struct setup setup = {.ca = {root}, .intermediates = {orders[i][0], orders[i][1]}};
        struct path_search search;
        struct trust *trust = search_in(&setup, &search, leaf->certificate);
        struct path path;

        cr_expect_eq(search.link_count, 4, "%s", what);
        cr_expect(path_take(&search, 0, &path), "%s", what);
        cr_expect_eq(path.length, 3, "%s", what);
        cr_expect_eq(X509_cmp(path.certificates[1], better->certificate), 0, "%s", what);
        cr_expect(path_take(&search, 1, &path), "%s", what);
        cr_expect_eq(X509_cmp(path.certificates[1], worse->certificate), 0, "%s", what);
        cr_expect_not(path_take(&search, 2, &path), "%s: there are two", what);
        trust_release(trust);
    }
    pki_free(leaf);
}

Test(verify_order, the_most_promising_issuer_is_tried_first)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki_spec spec = {.subject = "CN=Between", .issuer = root, .ca = true};
    struct pki *first = pki_make(&spec), *serial, *expired, *mute;

    spec.same_key_as = first;
    serial = pki_make(&spec);
    spec.not_before = -9 * PKI_DAY;
    spec.not_after = -PKI_DAY;
    expired = pki_make(&spec);
    spec.not_before = spec.not_after = 0;
    spec.extensions[0] = "keyUsage=critical,cRLSign";
    mute = pki_make(&spec);
    expect_first(root, first, serial, "authorityKeyIdentifier=issuer:always",
        "the one whose serial number is named");
    expect_first(root, first, expired, "authorityKeyIdentifier=", "one that is current");
    expect_first(root, expired, mute, "authorityKeyIdentifier=", "one that may sign");
    pki_free(mute);
    pki_free(expired);
    pki_free(serial);
    pki_free(first);
    pki_free(root);
}

/* An anchor comes before what leads to one, and the operator's certificate before the client's. */
Test(verify_order, the_operators_certificates_are_tried_before_the_clients)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki_spec spec = {.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .extensions = {"authorityKeyIdentifier="}};
    struct pki *one = pki_make(&spec), *two, *three, *leaf;
    struct path_search search;
    struct trust *trust;
    struct path path;
    const struct pki *expected[3];
    int i;

    spec.same_key_as = one;
    two = pki_make(&spec);
    spec.issuer = NULL;
    three = pki_make(&spec);
    leaf = pki_make(&(struct pki_spec){
        .subject = "CN=x", .issuer = one, .extensions = {"authorityKeyIdentifier="}});
    expected[0] = three;
    expected[1] = two;
    expected[2] = one;
    trust = search_in(&(struct setup){.ca = {root, three}, .intermediates = {two}, .chain = {one}},
        &search, leaf->certificate);
    for (i = 0; i < 3; i++) {
        cr_expect(path_take(&search, i, &path), "path %d", i);
        cr_expect_eq(X509_cmp(path.certificates[1], expected[i]->certificate), 0, "path %d", i);
    }
    trust_release(trust);
    pki_free(leaf);
    pki_free(three);
    pki_free(two);
    pki_free(one);
    pki_free(root);
}

Test(verify_order, a_copy_of_the_anchor_that_was_sent_is_no_way)
{
    struct pki *root = pki_ca("CN=Root"), *leaf = pki_client("CN=x", root);
    struct path_search search;
    struct path path;
    struct trust *trust =
        search_in(&(struct setup){.ca = {root}, .chain = {root}}, &search, leaf->certificate);

    cr_expect_eq(search.node_count, 2);
    cr_expect_eq(search.nodes[1].round, -1);
    cr_expect_eq(search.link_count, 1);
    cr_expect_not(path_take(&search, 1, &path));
    trust_release(trust);
    trust = search_in(&(struct setup){.ca = {root}}, &search, root->certificate);
    cr_expect_eq(search.link_count, 1, "the anchor as a client's is found to be one");
    trust_release(trust);
    pki_free(leaf);
    pki_free(root);
}

Test(verify_order, a_certificate_with_a_date_that_cannot_be_read_is_not_current)
{
    static const struct {
        const char *from, *until;
        bool current;
    } rows[] = {{NULL, NULL, true}, {"nonsense", NULL, false}, {NULL, "nonsense", false},
        {"20450101000000Z", "20460101000000Z", false},
        {"20200101000000Z", "20210101000000Z", false}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki *pki = pki_make(
            &(struct pki_spec){.not_before_text = rows[i].from, .not_after_text = rows[i].until});

        cr_expect_eq(path_is_current(pki->certificate, time(NULL)), rows[i].current, "row %zu", i);
        pki_free(pki);
    }
    ERR_clear_error();
}
