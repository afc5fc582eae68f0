/* SPDX-License-Identifier: ISC */
#include "unit/verify/search_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* The bounds of the search, and the paths that it finds. */

/* Whether the anchor that signed is found behind so many of other keys, which end at a time. */
static bool is_found_behind(enum pki_key kind, int wrong, long not_after)
{
    struct search_scene *scene = search_scene_new();
    struct pki_spec spec = search_ca;
    struct pki *anchors[SEARCH_MOST];
    bool found;
    int i;

    spec.key = kind;
    spec.fresh_key = true;
    spec.not_after = not_after;
    for (i = 0; i < wrong; i++)
        anchors[i] = search_add(scene, &spec);
    spec.not_after = 0;
    anchors[wrong] = search_add(scene, &spec);
    spec = search_client_of(anchors[wrong]);
    search_run(scene, anchors, wrong + 1, search_add(scene, &spec)->certificate);
    found = scene->search.nodes[0].round == 0;
    cr_expect_eq(scene->search.exhausted, !found, "kind %d", kind);
    search_scene_free(scene);
    return found;
}

/* A CA that keeps all its certificates of many years. */
Test(verify_search, anchors_that_are_out_of_date_are_tried_last)
{
    cr_expect(is_found_behind(PKI_ED25519, 40, -60));
    cr_expect_not(is_found_behind(PKI_ED25519, 40, 60));
}

/* The bounds of what fails are in test_verify_check.c. */
Test(verify_search, the_right_one_of_many_anchors_is_found)
{
    cr_expect(is_found_behind(PKI_EC_P256, 20, 0));
    cr_expect_not(is_found_behind(PKI_EC_P256, 21, 0));
}

/* Intermediates of one name, all by the anchor and of one key, so that all are links. */
static struct search_scene *scene_of_siblings(int count)
{
    struct search_scene *scene = search_scene_new();
    struct pki *root = search_add(scene, &search_ca), *first = NULL;
    struct pki_spec spec = search_ca;
    int i;

    spec.subject = "CN=Between";
    spec.issuer = root;
    for (i = 0; i < count; i++) {
        struct pki *made = search_add_sent(scene, &spec);

        first = i == 0 ? made : first;
        spec.same_key_as = first;
    }
    spec = search_client_of(first);
    search_run(scene, &root, 1, search_add(scene, &spec)->certificate);
    return scene;
}

Test(verify_search, certificates_and_links_are_bounded)
{
    struct search_scene *scene = scene_of_siblings(31);

    cr_expect_eq(scene->search.node_count, 32);
    cr_expect_eq(scene->search.link_count, 62, "each by the anchor, and the leaf by each");
    cr_expect_not(scene->search.exhausted);
    search_scene_free(scene);
    scene = scene_of_siblings(32);
    cr_expect_eq(scene->search.signatures, PATH_SIGNATURES);
    cr_expect_not(scene->search.exhausted, "the last that is allowed");
    search_scene_free(scene);
    scene = scene_of_siblings(33);
    cr_expect_eq(scene->search.signatures, PATH_SIGNATURES);
    cr_expect(scene->search.exhausted);
    cr_expect_eq(scene->search.node_count, 34);
    search_scene_free(scene);
    scene = scene_of_siblings(63);
    cr_expect_eq(scene->search.node_count, PATH_NODES);
    search_scene_free(scene);
    scene = scene_of_siblings(70);
    cr_expect_eq(scene->search.node_count, PATH_NODES);
    cr_expect(scene->search.exhausted);
    search_scene_free(scene);
}

/* Appends CAs called CN=FROM ... CN=TO, each by the one before it. Returns the last. */
static struct pki *add_row(struct search_scene *scene, const struct pki *issuer, int from, int to)
{
    struct pki *made = NULL;
    int i;

    for (i = from; i <= to; i++) {
        struct pki_spec spec = search_ca;
        char subject[16];

        (void)snprintf(subject, sizeof(subject), "CN=%d", i);
        spec.subject = subject;
        spec.issuer = made != NULL ? made : issuer;
        made = search_add_sent(scene, &spec);
    }
    return made;
}

Test(verify_search, a_path_has_so_many_certificates_and_no_more)
{
    int between;

    for (between = PATH_LENGTH - 3; between <= PATH_LENGTH - 1; between++) {
        struct search_scene *scene = search_scene_new();
        struct pki *root = search_add(scene, &search_ca);
        struct pki_spec spec = search_client_of(add_row(scene, root, 1, between));
        struct path path;
        bool fits = between + 2 <= PATH_LENGTH;

        search_run(scene, &root, 1, search_add(scene, &spec)->certificate);
        cr_expect_eq(path_take(&scene->search, 0, &path), fits, "%d between", between);
        cr_expect_eq(path.length, fits ? between + 2 : 0, "%d between: %d", between, path.length);
        cr_expect_eq(scene->search.nodes[0].round, fits ? between : -1, "%d between", between);
        cr_expect_leq(scene->search.signatures, between + 1, "one for each name that fits");
        search_scene_free(scene);
    }
}

/* What is near the anchor by one way is far from it by another, with so many certificates below
 * the root of the long way. */
static void take_detour(int below)
{
    struct search_scene *scene = search_scene_new();
    struct pki *root = search_add(scene, &search_ca);
    struct pki *far = add_row(scene, root, 1, below - 4);
    struct pki_spec spec = search_ca;
    struct pki *one, *last;
    struct path path;
    char subject[16];

    (void)snprintf(subject, sizeof(subject), "CN=%d", below - 3);
    spec.subject = subject;
    spec.issuer = far;
    one = search_add_sent(scene, &spec);
    spec.same_key_as = one;
    spec.issuer = root;
    (void)search_add_sent(scene, &spec);
    last = add_row(scene, one, below - 2, below - 1);
    spec = search_client_of(last);
    search_run(scene, &root, 1, search_add(scene, &spec)->certificate);
    cr_expect(path_take(&scene->search, 0, &path));
    cr_expect_eq(path.length, 5, "%d", path.length);
    cr_expect_eq(path_take(&scene->search, 1, &path), below < PATH_LENGTH, "of %d", below + 1);
    search_scene_free(scene);
}

Test(verify_search, a_detour_that_is_too_long_is_not_taken)
{
    int below;

    for (below = PATH_LENGTH - 1; below <= PATH_LENGTH + 1; below++)
        take_detour(below);
}

/* Two certificates of one CA, and one of the root's key that this CA made. */
Test(verify_search, each_way_through_cross_certificates_is_one_path)
{
    struct search_scene *scene = search_scene_new();
    struct pki *root = search_add(scene, &search_ca), *one;
    struct pki_spec spec = search_ca;
    struct path path;
    int nth, i, j;

    spec.subject = "CN=Between";
    spec.issuer = root;
    one = search_add_sent(scene, &spec);
    spec.same_key_as = one;
    (void)search_add_sent(scene, &spec);
    spec.subject = "CN=CA";
    spec.issuer = one;
    spec.same_key_as = root;
    (void)search_add_sent(scene, &spec);
    spec = search_client_of(one);
    search_run(scene, &root, 1, search_add(scene, &spec)->certificate);
    for (nth = 0; path_take(&scene->search, nth, &path); nth++) {
        for (i = 0; i < path.length; i++) {
            for (j = i + 1; j < path.length; j++)
                cr_expect_neq(path.certificates[i], path.certificates[j], "%d is %d", i, j);
        }
        cr_expect_eq(path.length, nth % 2 == 0 ? 3 : 5, "path %d has %d", nth, path.length);
    }
    cr_expect_eq(nth, 4, "either of the two, straight or through the other: %d", nth);
    search_scene_free(scene);
}

/* The point 0, with which anybody signs. */
static void set_bad_key(X509 *certificate, void *context)
{
    unsigned char *bytes = OPENSSL_zalloc(32);

    (void)context;
    pki_must(bytes != NULL && X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate),
                                  OBJ_nid2obj(NID_ED25519), V_ASN1_UNDEF, NULL, bytes, 32) == 1,
        "a key");
}

/* One vouches for nobody either way. */
static void expect_no_issuer(void (*customise)(X509 *certificate, void *context), bool bad)
{
    static char oid[] = "1.3.6.1.4.1.99999.1";
    struct search_scene *scene = search_scene_new();
    struct pki *root = search_add(scene, &search_ca);
    struct pki_spec spec = search_ca;
    struct pki *between;

    spec.subject = "CN=Between";
    spec.issuer = root;
    spec.customise = customise;
    spec.context = oid;
    between = search_add_sent(scene, &spec);
    spec = search_client_of(between);
    search_run(scene, &root, 1, search_add(scene, &spec)->certificate);
    cr_expect_eq(scene->search.unknown_key, !bad);
    cr_expect_eq(scene->search.bad_key, bad);
    cr_expect_eq(scene->search.signatures, 1, "of the intermediate alone");
    cr_expect_eq(scene->search.link_count, 1);
    cr_expect_eq(scene->search.nodes[0].round, -1);
    search_scene_free(scene);
}

Test(verify_search, a_key_that_cannot_be_read_is_told_from_one_that_is_bad)
{
    expect_no_issuer(pki_foreign_key, false);
    expect_no_issuer(set_bad_key, true);
}
