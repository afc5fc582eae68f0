/* SPDX-License-Identifier: ISC */
#include "unit/verify/search_scene.h"
#include "base/text.h"

#include <stdlib.h>

struct search_scene *search_scene_new(void)
{
    struct search_scene *scene = calloc(1, sizeof(*scene));

    pki_must(scene != NULL, "calloc");
    scene->sent = sk_X509_new_null();
    pki_must(scene->sent != NULL, "sk_X509_new_null");
    return scene;
}

struct pki *search_add(struct search_scene *scene, const struct pki_spec *spec)
{
    pki_must(scene->count < SEARCH_MOST, "room");
    scene->all[scene->count] = pki_make(spec);
    return scene->all[scene->count++];
}

struct pki *search_add_sent(struct search_scene *scene, const struct pki_spec *spec)
{
    struct pki *made = search_add(scene, spec);
    X509 *decoded = X509_dup(made->certificate);

    pki_must(decoded != NULL, "X509_dup");
    X509_free(made->certificate);
    made->certificate = decoded;
    pki_must(sk_X509_push(scene->sent, made->certificate) > 0, "sk_X509_push");
    return made;
}

void search_run(struct search_scene *scene, struct pki *const *anchors, int count, X509 *leaf)
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

void search_scene_free(struct search_scene *scene)
{
    int i;

    trust_release(scene->trust);
    sk_X509_free(scene->sent);
    for (i = 0; i < scene->count; i++)
        pki_free(scene->all[i]);
    free(scene);
}

const struct pki_spec search_ca = {.subject = "CN=CA",
    .ca = true,
    .extensions = {"authorityKeyIdentifier=", "subjectKeyIdentifier="}};

struct pki_spec search_client_of(const struct pki *issuer)
{
    return (struct pki_spec){
        .subject = "CN=x", .issuer = issuer, .extensions = {"authorityKeyIdentifier="}};
}
