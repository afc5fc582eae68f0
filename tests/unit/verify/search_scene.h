/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_SEARCH_SCENE_H
#define PEERCERT_TESTS_SEARCH_SCENE_H

#include "config/config.h"
#include "unit/verify/verify_helpers.h"
#include "verify/verify_path.h"

/* The search for paths by itself, without the rest of a verification. */

#define SEARCH_MOST 80

/* All certificates of a test, with the trust of the first anchors and what a client sends. */
struct search_scene {
    struct pki *all[SEARCH_MOST];
    int count;
    STACK_OF(X509) * sent;
    struct config config;
    struct trust *trust;
    struct path_search search;
};

/* Free with search_scene_free, which frees all that was added. */
struct search_scene *search_scene_new(void);
void search_scene_free(struct search_scene *scene);

/* Makes a certificate, which belongs to the scene. */
struct pki *search_add(struct search_scene *scene, const struct pki_spec *spec);

/* The client sends it: as it is decoded, with a key that libcrypto may not be able to read. */
struct pki *search_add_sent(struct search_scene *scene, const struct pki_spec *spec);

/* Searches from a leaf to anchors that are given as a file of many. */
void search_run(struct search_scene *scene, struct pki *const *anchors, int count, X509 *leaf);

/* A CA, CN=CA, and a client of an issuer, both without key identifiers. */
extern const struct pki_spec search_ca;
struct pki_spec search_client_of(const struct pki *issuer);

#endif
