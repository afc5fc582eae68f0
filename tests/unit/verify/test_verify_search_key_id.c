/* SPDX-License-Identifier: ISC */
#include "unit/verify/search_scene.h"

#include <criterion/criterion.h>
#include <openssl/err.h>

/* What the search reads of a stranger's authorityKeyIdentifier. */

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

Test(verify_search_key_id, a_key_identifier_is_read_where_it_is_one)
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
        struct search_scene *scene = search_scene_new();
        struct pki *root = search_add(scene, &search_ca);
        struct pki *leaf = search_add(scene, &(struct pki_spec){.subject = "CN=x",
                                                 .issuer = root,
                                                 .no_extensions = true,
                                                 .customise = add_key_id,
                                                 .context = &rows[i].raw});
        const struct path_node *node = scene->search.nodes;

        search_run(scene, &root, 1, leaf->certificate);
        cr_expect_eq(node->key_id != NULL, rows[i].length >= 0, "%s", rows[i].what);
        if (rows[i].length >= 0)
            cr_expect_eq(node->key_id_length, rows[i].length, "%s", rows[i].what);
        cr_expect_eq(node->round, 0, "%s: the anchor has no identifier to differ", rows[i].what);
        ERR_clear_error();
        search_scene_free(scene);
    }
}

Test(verify_search_key_id, a_key_identifier_is_another_by_its_bytes_or_its_length)
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
