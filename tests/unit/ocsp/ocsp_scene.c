/* SPDX-License-Identifier: ISC */
#include "unit/ocsp/ocsp_scene.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct config ocsp_nonce_required = {.security_level = 2};
const struct config ocsp_nonce_optional = {
    .security_level = 2, .ocsp_nonce = CONFIG_OCSP_NONCE_OPTIONAL};

struct pki *make_responder(const struct pki *ca, const char *usage, const char *key_usage)
{
    return pki_make(&(struct pki_spec){
        .subject = "CN=Responder", .issuer = ca, .extensions = {usage, key_usage}});
}

void ocsp_scene_begin(struct ocsp_scene *scene)
{
    scene->ca = pki_ca("CN=Acme CA");
    scene->client = pki_client("CN=Dan", scene->ca);
    scene->responder = make_responder(scene->ca, "extendedKeyUsage=OCSPSigning", NULL);
    scene->without_usage = make_responder(scene->ca, "extendedKeyUsage=clientAuth", NULL);
    scene->stranger = pki_ca("CN=Acme CA");
    scene->client_of_stranger =
        make_responder(scene->stranger, "extendedKeyUsage=OCSPSigning", NULL);
    cr_assert(ocsp_question_make(
        &scene->question, scene->client->certificate, scene->ca->certificate, true));
}

void ocsp_scene_end(struct ocsp_scene *scene)
{
    ocsp_question_free(&scene->question);
    pki_free(scene->client_of_stranger);
    pki_free(scene->stranger);
    pki_free(scene->without_usage);
    pki_free(scene->responder);
    pki_free(scene->client);
    pki_free(scene->ca);
}

struct ocsp_answer ocsp_scene_check(
    const struct ocsp_scene *scene, struct pki_ocsp_spec spec, const struct config *config)
{
    struct ocsp_answer answer;
    struct bytes bytes;

    spec.question = &scene->question;
    if (spec.signer == NULL)
        spec.signer = scene->ca;
    bytes = pki_ocsp(&spec);
    ocsp_answer_check(&scene->question, &bytes, NULL, config, time(NULL), &answer);
    free(bytes.data);
    return answer;
}

void expect_answer(
    const char *what, const struct ocsp_answer *answer, enum ocsp_result wanted, const char *words)
{
    cr_expect_eq(answer->result, wanted, "%s: expected %d, came %d (%s)", what, wanted,
        answer->result, answer->words);
    cr_expect(strstr(answer->words, words) != NULL, "%s: expected '%s' in '%s'", what, words,
        answer->words);
}
