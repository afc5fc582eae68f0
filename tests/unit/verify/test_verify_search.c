/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "config/config.h"
#include "unit/verify/verify_helpers.h"
#include "verify/verify_path.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The search by itself: what it reads of a stranger's certificate, and its bounds. */

#define MOST 80

/* All certificates of a test, with the trust of the first anchors and what a client sends. */
struct scene {
    struct pki *all[MOST];
    int count;
    STACK_OF(X509) * sent;
    struct config config;
    struct trust *trust;
    struct path_search search;
};

static struct scene *scene_new(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    pki_must(scene != NULL, "calloc");
    scene->sent = sk_X509_new_null();
    pki_must(scene->sent != NULL, "sk_X509_new_null");
    return scene;
}

static struct pki *add(struct scene *scene, const struct pki_spec *spec)
{
    pki_must(scene->count < MOST, "room");
    scene->all[scene->count] = pki_make(spec);
    return scene->all[scene->count++];
}

/* The client sends it: as it is decoded, with a key that libcrypto may not be able to read. */
static struct pki *add_sent(struct scene *scene, const struct pki_spec *spec)
{
    struct pki *made = add(scene, spec);
    X509 *decoded = X509_dup(made->certificate);

    pki_must(decoded != NULL, "X509_dup");
    X509_free(made->certificate);
    made->certificate = decoded;
    pki_must(sk_X509_push(scene->sent, made->certificate) > 0, "sk_X509_push");
    return made;
}

/* Anchors are given as a file of many. */
static void search(struct scene *scene, struct pki *const *anchors, int count, X509 *leaf)
{
    struct setup setup = {.ca = {anchors[0]}};
    struct verify_files files;
    struct text text = {.limit = 0};
    int i;

    for (i = 0; i < count; i++) {
        char *pem = pki_pem(anchors[i]->certificate);

        text_append_string(&text, pem);
        free(pem);
    }
    verify_files_make(&setup, &files);
    free(files.ca);
    files.ca = pki_write_text(files.dir, "anchors.pem", text_string(&text));
    scene->trust = verify_files_load(&files);
    verify_files_free(&files);
    text_free(&text);
    scene->search = (struct path_search){
        .leaf = leaf, .chain = scene->sent, .trust = scene->trust, .now = time(NULL)};
    path_search(&scene->search);
}

static void scene_free(struct scene *scene)
{
    int i;

    trust_release(scene->trust);
    sk_X509_free(scene->sent);
    for (i = 0; i < scene->count; i++)
        pki_free(scene->all[i]);
    free(scene);
}

static const struct pki_spec ca = {.subject = "CN=CA",
    .ca = true,
    .extensions = {"authorityKeyIdentifier=", "subjectKeyIdentifier="}};

static struct pki_spec client_of(const struct pki *issuer)
{
    return (struct pki_spec){
        .subject = "CN=x", .issuer = issuer, .extensions = {"authorityKeyIdentifier="}};
}

struct raw {
    const char *bytes;
    size_t length;
};

static void add_key_id(X509 *certificate, void *context)
{
    const struct raw *raw = context;

    pki_add_raw_extension(certificate, "2.5.29.35", false, raw->bytes, raw->length);
}

#define RAW(bytes)                                                                                 \
    {                                                                                              \
        bytes, sizeof(bytes) - 1                                                                   \
    }

Test(verify_search, a_key_identifier_is_read_where_it_is_one)
{
    static struct {
        const char *what;
        struct raw raw;
        long length; /* -1: none */
    } rows[] = {
        {"alone",
            RAW("\x30\x06\x80\x04"
                "abcd"),
            4},
        {"with more behind it",
            RAW("\x30\x09\x80\x04"
                "abcd\x82\x01\x07"),
            4},
        {"of no length", RAW("\x30\x02\x80\x00"), 0},
        {"empty", RAW("\x30\x00"), -1},
        {"a SET",
            RAW("\x31\x06\x80\x04"
                "abcd"),
            -1},
        {"primitive",
            RAW("\x10\x06\x80\x04"
                "abcd"),
            -1},
        {"of another class",
            RAW("\x70\x06\x80\x04"
                "abcd"),
            -1},
        {"an issuer alone",
            RAW("\xa1\x06\x80\x04"
                "abcd"),
            -1},
        {"with an issuer first", RAW("\x30\x02\xa1\x00"), -1},
        {"of tag 1",
            RAW("\x30\x06\x81\x04"
                "abcd"),
            -1},
        {"of an application",
            RAW("\x30\x06\x40\x04"
                "abcd"),
            -1},
        {"an OCTET STRING",
            RAW("\x30\x06\x04\x04"
                "abcd"),
            -1},
        {"constructed",
            RAW("\x30\x06\xa0\x04\x04\x02"
                "ab"),
            -1},
        {"cut short",
            RAW("\x30\x06\x80\x05"
                "abcd"),
            -1},
        {"of half a length", RAW("\x30\x82"), -1},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene *scene = scene_new();
        struct pki *root = add(scene, &ca);
        struct pki *leaf = add(scene, &(struct pki_spec){.subject = "CN=x",
                                          .issuer = root,
                                          .no_extensions = true,
                                          .customise = add_key_id,
                                          .context = &rows[i].raw});
        const struct path_node *node = scene->search.nodes;

        search(scene, &root, 1, leaf->certificate);
        cr_expect_eq(node->key_id != NULL, rows[i].length >= 0, "%s", rows[i].what);
        if (rows[i].length >= 0)
            cr_expect_eq(node->key_id_length, rows[i].length, "%s", rows[i].what);
        cr_expect_eq(node->round, 0, "%s: the anchor has no identifier to differ", rows[i].what);
        ERR_clear_error();
        scene_free(scene);
    }
}

Test(verify_search, a_key_identifier_is_another_by_its_bytes_or_its_length)
{
    static const unsigned char id[] = "abcdefghijklmnopqrstuvwxyz";
    struct pki *issuer = pki_make(
        &(struct pki_spec){.subject = "CN=CA", .extensions = {"subjectKeyIdentifier=61:62:63:64"}});
    struct pki *without =
        pki_make(&(struct pki_spec){.subject = "CN=CA", .extensions = {"subjectKeyIdentifier="}});
    struct path_node node = {.key_id = id, .key_id_length = 4};

    cr_expect_not(path_names_other_key(&node, issuer->certificate), "the same");
    cr_expect_not(path_names_other_key(&node, without->certificate), "none to compare");
    node.key_id_length = 3;
    cr_expect(path_names_other_key(&node, issuer->certificate), "shorter");
    node.key_id_length = 5;
    cr_expect(path_names_other_key(&node, issuer->certificate), "longer");
    node.key_id = id + 1;
    node.key_id_length = 4;
    cr_expect(path_names_other_key(&node, issuer->certificate), "other bytes");
    node.key_id = NULL;
    cr_expect_not(path_names_other_key(&node, issuer->certificate), "none");
    pki_free(without);
    pki_free(issuer);
}

/* So many anchors of a kind whose key did not sign, which end at a time, and the one that did
 * behind them. */
static bool is_found_behind(enum pki_key kind, int wrong, long not_after)
{
    struct scene *scene = scene_new();
    struct pki_spec spec = ca;
    struct pki *signer, *anchors[MOST];
    bool found;
    int i;

    spec.key = kind;
    spec.not_after = not_after;
    for (i = 0; i < wrong; i++) {
        anchors[i] = add(scene, &spec);
        spec.same_key_as = anchors[0];
    }
    spec.same_key_as = NULL;
    spec.not_after = 0;
    spec.fresh_key = true;
    anchors[wrong] = signer = add(scene, &spec);
    spec = client_of(signer);
    search(scene, anchors, wrong + 1, add(scene, &spec)->certificate);
    found = scene->search.nodes[0].round == 0;
    cr_expect_eq(scene->search.exhausted, !found, "kind %d", kind);
    scene_free(scene);
    return found;
}

static bool is_found(enum pki_key kind, int wrong)
{
    return is_found_behind(kind, wrong, 0);
}

/* A CA that keeps all its certificates of many years. */
Test(verify_search, anchors_that_are_out_of_date_are_tried_last)
{
    cr_expect(is_found_behind(PKI_EC_P256, 40, -60));
    cr_expect_not(is_found_behind(PKI_EC_P256, 40, 60));
}

/* PATH_COST is 32: of RSA-2048, RSA-PSS and P-256 each counts 1, of P-384 8. */
Test(verify_search, signatures_that_fail_are_bounded_by_what_they_cost)
{
    static const struct {
        enum pki_key kind;
        int most;
    } rows[] = {{PKI_EC_P256, 31}, {PKI_RSA_2048, 31}, {PKI_RSA_PSS_2048, 31}, {PKI_ED25519, 31},
        {PKI_EC_P384, 3}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect(is_found(rows[i].kind, rows[i].most), "kind %d", rows[i].kind);
        cr_expect_not(is_found(rows[i].kind, rows[i].most + 1), "kind %d", rows[i].kind);
    }
}

/* Intermediates of one name, all by the anchor and of one key, so that all are links. */
static struct scene *scene_of_siblings(int count)
{
    struct scene *scene = scene_new();
    struct pki *root = add(scene, &ca), *first = NULL;
    struct pki_spec spec = ca;
    int i;

    spec.subject = "CN=Between";
    spec.issuer = root;
    for (i = 0; i < count; i++) {
        struct pki *made = add_sent(scene, &spec);

        first = i == 0 ? made : first;
        spec.same_key_as = first;
    }
    spec = client_of(first);
    search(scene, &root, 1, add(scene, &spec)->certificate);
    return scene;
}

Test(verify_search, certificates_and_links_are_bounded)
{
    struct scene *scene = scene_of_siblings(31);

    cr_expect_eq(scene->search.node_count, 32);
    cr_expect_eq(scene->search.link_count, 62, "each by the anchor, and the leaf by each");
    cr_expect_not(scene->search.exhausted);
    scene_free(scene);
    scene = scene_of_siblings(32);
    cr_expect_eq(scene->search.signatures, PATH_SIGNATURES);
    cr_expect_not(scene->search.exhausted, "the last that is allowed");
    scene_free(scene);
    scene = scene_of_siblings(33);
    cr_expect_eq(scene->search.signatures, PATH_SIGNATURES);
    cr_expect(scene->search.exhausted);
    cr_expect_eq(scene->search.node_count, 34);
    scene_free(scene);
    scene = scene_of_siblings(63);
    cr_expect_eq(scene->search.node_count, PATH_NODES);
    scene_free(scene);
    scene = scene_of_siblings(70);
    cr_expect_eq(scene->search.node_count, PATH_NODES);
    cr_expect(scene->search.exhausted);
    scene_free(scene);
}

/* Appends CAs called CN=FROM ... CN=TO, each by the one before it. Returns the last. */
static struct pki *add_row(struct scene *scene, const struct pki *issuer, int from, int to)
{
    struct pki *made = NULL;
    int i;

    for (i = from; i <= to; i++) {
        struct pki_spec spec = ca;
        char subject[16];

        (void)snprintf(subject, sizeof(subject), "CN=%d", i);
        spec.subject = subject;
        spec.issuer = made != NULL ? made : issuer;
        made = add_sent(scene, &spec);
    }
    return made;
}

Test(verify_search, a_path_has_so_many_certificates_and_no_more)
{
    int between;

    for (between = PATH_LENGTH - 3; between <= PATH_LENGTH - 1; between++) {
        struct scene *scene = scene_new();
        struct pki *root = add(scene, &ca);
        struct pki_spec spec = client_of(add_row(scene, root, 1, between));
        struct path path;
        bool fits = between + 2 <= PATH_LENGTH;

        search(scene, &root, 1, add(scene, &spec)->certificate);
        cr_expect_eq(path_take(&scene->search, 0, &path), fits, "%d between", between);
        cr_expect_eq(path.length, fits ? between + 2 : 0, "%d between: %d", between, path.length);
        cr_expect_eq(scene->search.nodes[0].round, fits ? between : -1, "%d between", between);
        cr_expect_leq(scene->search.signatures, between + 1, "one for each name that fits");
        scene_free(scene);
    }
}

/* What is near the anchor by one way is far from it by another, with so many certificates below
 * the root of the long way. */
static void take_detour(int below)
{
    struct scene *scene = scene_new();
    struct pki *root = add(scene, &ca);
    struct pki *far = add_row(scene, root, 1, below - 4);
    struct pki_spec spec = ca;
    struct pki *one, *last;
    struct path path;
    char subject[16];

    (void)snprintf(subject, sizeof(subject), "CN=%d", below - 3);
    spec.subject = subject;
    spec.issuer = far;
    one = add_sent(scene, &spec);
    spec.same_key_as = one;
    spec.issuer = root;
    (void)add_sent(scene, &spec);
    last = add_row(scene, one, below - 2, below - 1);
    spec = client_of(last);
    search(scene, &root, 1, add(scene, &spec)->certificate);
    cr_expect(path_take(&scene->search, 0, &path));
    cr_expect_eq(path.length, 5, "%d", path.length);
    cr_expect_eq(path_take(&scene->search, 1, &path), below < PATH_LENGTH, "of %d", below + 1);
    scene_free(scene);
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
    struct scene *scene = scene_new();
    struct pki *root = add(scene, &ca), *one;
    struct pki_spec spec = ca;
    struct path path;
    int nth, i, j;

    spec.subject = "CN=Between";
    spec.issuer = root;
    one = add_sent(scene, &spec);
    spec.same_key_as = one;
    (void)add_sent(scene, &spec);
    spec.subject = "CN=CA";
    spec.issuer = one;
    spec.same_key_as = root;
    (void)add_sent(scene, &spec);
    spec = client_of(one);
    search(scene, &root, 1, add(scene, &spec)->certificate);
    for (nth = 0; path_take(&scene->search, nth, &path); nth++) {
        for (i = 0; i < path.length; i++) {
            for (j = i + 1; j < path.length; j++)
                cr_expect_neq(path.certificates[i], path.certificates[j], "%d is %d", i, j);
        }
        cr_expect_eq(path.length, nth % 2 == 0 ? 3 : 5, "path %d has %d", nth, path.length);
    }
    cr_expect_eq(nth, 4, "either of the two, straight or through the other: %d", nth);
    scene_free(scene);
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
    struct scene *scene = scene_new();
    struct pki *root = add(scene, &ca);
    struct pki_spec spec = ca;
    struct pki *between;

    spec.subject = "CN=Between";
    spec.issuer = root;
    spec.customise = customise;
    spec.context = oid;
    between = add_sent(scene, &spec);
    spec = client_of(between);
    search(scene, &root, 1, add(scene, &spec)->certificate);
    cr_expect_eq(scene->search.unknown_key, !bad);
    cr_expect_eq(scene->search.bad_key, bad);
    cr_expect_eq(scene->search.signatures, 1, "of the intermediate alone");
    cr_expect_eq(scene->search.link_count, 1);
    cr_expect_eq(scene->search.nodes[0].round, -1);
    scene_free(scene);
}

Test(verify_search, a_key_that_cannot_be_read_is_told_from_one_that_is_bad)
{
    expect_no_issuer(pki_foreign_key, false);
    expect_no_issuer(set_bad_key, true);
}
