/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_OCSP_SCENE_H
#define PEERCERT_TESTS_OCSP_SCENE_H

#include "unit/pki/pki_ocsp.h"

/* Security level 2; a response without the question's nonce counts only with the second. */
extern const struct config ocsp_nonce_required, ocsp_nonce_optional;

/* A CA, its client, two responders to whom it gave the right (or not), and a question. */
struct ocsp_scene {
    struct pki *ca, *client, *responder, *without_usage, *stranger, *client_of_stranger;
    struct ocsp_question question;
};

void ocsp_scene_begin(struct ocsp_scene *scene);
void ocsp_scene_end(struct ocsp_scene *scene);

/* A certificate signed by `ca` with these extensions; keyUsage may be NULL. */
struct pki *make_responder(const struct pki *ca, const char *usage, const char *key_usage);

/* What comes of the answer that the specification describes, to the scene's question; the CA signs
 * it unless told otherwise. */
struct ocsp_answer ocsp_scene_check(
    const struct ocsp_scene *scene, struct pki_ocsp_spec spec, const struct config *config);

void expect_answer(
    const char *what, const struct ocsp_answer *answer, enum ocsp_result wanted, const char *words);

#endif
