/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_signer.h"
#include "unit/ocsp/ocsp_scene.h"
#include "unit/pki/pki_rsa.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Test(ocsp_signer, good_counts_from_the_issuer_and_from_whom_it_gave_the_right)
{
    struct ocsp_scene scene;
    struct ocsp_answer answer;
    time_t now = time(NULL);

    ocsp_scene_begin(&scene);
    answer =
        ocsp_scene_check(&scene, (struct pki_ocsp_spec){.signer = scene.ca}, &ocsp_nonce_required);
    expect_answer("the issuer", &answer, OCSP_SAYS_GOOD, "");
    cr_expect(
        answer.from <= time(NULL) && answer.until >= now + 3000 && answer.until <= now + 3601);
    cr_expect(answer.this_update < now && answer.next_update > now);
    answer = ocsp_scene_check(
        &scene, (struct pki_ocsp_spec){.signer = scene.ca, .by_key = true}, &ocsp_nonce_required);
    expect_answer("the issuer by its key", &answer, OCSP_SAYS_GOOD, "");
    answer = ocsp_scene_check(&scene,
        (struct pki_ocsp_spec){
            .signer = scene.responder, .certificates = {scene.responder->certificate}},
        &ocsp_nonce_required);
    expect_answer("a delegate", &answer, OCSP_SAYS_GOOD, "");
    ocsp_scene_end(&scene);
}

Test(ocsp_signer, a_responder_with_whose_key_anybody_signs_does_not_count)
{
    /* With the exponent 1 a signature is what was signed. */
    EVP_PKEY *everybody = pki_rsa_with(BN_value_one(), BN_value_one());
    struct ocsp_scene scene;
    struct ocsp_answer answer;
    struct pki *responder;

    ocsp_scene_begin(&scene);
    responder = pki_make(&(struct pki_spec){.issuer = scene.ca,
        .extensions = {"extendedKeyUsage=OCSPSigning"},
        .customise = pki_give_key,
        .context = everybody});
    EVP_PKEY_free(responder->key);
    responder->key = everybody;
    answer = ocsp_scene_check(&scene,
        (struct pki_ocsp_spec){.signer = responder, .certificates = {responder->certificate}},
        &ocsp_nonce_optional);
    expect_answer("everybody", &answer, OCSP_UNUSABLE, "with its key anybody signs");
    pki_free(responder);
    ocsp_scene_end(&scene);
    ERR_clear_error();
}

Test(ocsp_signer, nobody_else_counts)
{
    struct ocsp_scene scene;
    struct pki *may_not_sign, *self, *weak, *expired, *early, *expired_stranger;
    struct ocsp_question own;
    struct ocsp_answer answer;
    size_t i;

    ocsp_scene_begin(&scene);
    may_not_sign = make_responder(
        scene.ca, "extendedKeyUsage=OCSPSigning", "keyUsage=critical,keyEncipherment");
    expired = pki_make(&(struct pki_spec){
        .issuer = scene.ca, .not_after = -60, .extensions = {"extendedKeyUsage=OCSPSigning"}});
    early = pki_make(&(struct pki_spec){
        .issuer = scene.ca, .not_before = 3600, .extensions = {"extendedKeyUsage=OCSPSigning"}});
    expired_stranger = pki_make(&(struct pki_spec){.issuer = scene.stranger,
        .not_after = -60,
        .extensions = {"extendedKeyUsage=OCSPSigning"}});
    weak = pki_make(&(struct pki_spec){
        .issuer = scene.ca, .key = PKI_RSA_1024, .extensions = {"extendedKeyUsage=OCSPSigning"}});
    {
        const struct {
            const char *what;
            const struct pki *signer;
            X509 *carried;
            const char *words;
        } rows[] = {
            {"a stranger of the issuer's name", scene.stranger, NULL, "not signed by the issuer"},
            {"the same, carried", scene.stranger, scene.stranger->certificate, "not signed by"},
            {"the client itself", scene.client, scene.client->certificate, "vouches for itself"},
            {"no certificate is there", scene.responder, NULL, "not signed by the issuer"},
            {"without the usage", scene.without_usage, scene.without_usage->certificate,
                "not signed by the issuer"},
            {"another issuer's", scene.client_of_stranger, scene.client_of_stranger->certificate,
                "not signed by the issuer"},
            {"key usage", may_not_sign, may_not_sign->certificate, "key usage of its signer"},
            {"out of date", expired, expired->certificate, "its signer has expired"},
            {"not begun", early, early->certificate, "its signer is not yet valid"},
            {"a stranger's that is out of date", expired_stranger, expired_stranger->certificate,
                "not signed by the issuer"},
            {"a weak key", weak, weak->certificate, "its key is too weak"},
        };

        for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            answer = ocsp_scene_check(&scene,
                (struct pki_ocsp_spec){.signer = rows[i].signer, .certificates = {rows[i].carried}},
                &ocsp_nonce_optional);
            cr_expect_eq(answer.result, OCSP_UNUSABLE, "%s: came %d", rows[i].what, answer.result);
            if (i != 2)
                expect_answer(rows[i].what, &answer, OCSP_UNUSABLE, rows[i].words);
            cr_expect_leq(answer.until, time(NULL) + OCSP_FAILURE_KEEP);
        }
    }
    /* One that may sign answers, about itself. */
    self = make_responder(scene.ca, "extendedKeyUsage=OCSPSigning,clientAuth", NULL);
    cr_assert(ocsp_question_make(&own, self->certificate, scene.ca->certificate, true));
    {
        struct bytes bytes = pki_ocsp(&(struct pki_ocsp_spec){
            .question = &own, .signer = self, .certificates = {self->certificate}});

        ocsp_answer_check(&own, &bytes, NULL, &ocsp_nonce_required, time(NULL), &answer);
        expect_answer("itself", &answer, OCSP_UNUSABLE, "vouches for itself");
        free(bytes.data);
    }
    ocsp_question_free(&own);
    pki_free(self);
    pki_free(weak);
    pki_free(expired);
    pki_free(early);
    pki_free(expired_stranger);
    pki_free(may_not_sign);
    ocsp_scene_end(&scene);
}

Test(ocsp_signer, a_responder_on_a_crl_does_not_count)
{
    struct ocsp_scene scene;
    struct ocsp_answer answer;
    struct config config;
    struct trust *trust;
    struct bytes bytes;
    const struct pki_ocsp_spec *spec;

    ocsp_scene_begin(&scene);
    spec = &(struct pki_ocsp_spec){.question = &scene.question,
        .signer = scene.responder,
        .certificates = {scene.responder->certificate}};
    bytes = pki_ocsp(spec);
    {
        const struct pki_revoked revoked = {.certificate = scene.responder->certificate};
        X509_CRL *crl = pki_crl(
            &(struct pki_crl_spec){.issuer = scene.ca, .revoked = &revoked, .revoked_count = 1});

        trust = verify_trust(&(struct setup){.ca = {scene.ca}, .crls = {crl}}, &config);
        X509_CRL_free(crl);
    }
    ocsp_answer_check(&scene.question, &bytes, trust, &config, time(NULL), &answer);
    expect_answer("on the CRL", &answer, OCSP_UNUSABLE, "signer is revoked");
    free(bytes.data);
    trust_release(trust);
    ocsp_scene_end(&scene);
}

#define RESPONDER "extendedKeyUsage=OCSPSigning"
/* A responder that the issuer gave the right, and whose certificate libcrypto does not take. */
Test(ocsp_signer, what_is_wrong_with_the_certificate_of_its_signer_is_told)
{
    static const struct config low = {.security_level = 1};
    static const struct {
        const char *what;
        struct pki_spec spec; /* the issuer is the scene's */
        const char *words;
        bool weak, good_at_low;
    } rows[] = {
        {"a weak key", {.key = PKI_RSA_1024}, "its key is too weak for the security level", true,
            true},
        {"a weak digest", {.digest = "sha1"}, "digest that is too weak", true, false},
        {"a critical extension", {.extensions = {RESPONDER, "1.2.3.4=critical,DER:0500"}},
            "a critical extension that is not understood", false, false},
        {"the issuer's name",
            {.subject = "CN=Acme CA", .extensions = {RESPONDER, "authorityKeyIdentifier="}},
            "it has the name of the issuer", false, false},
        {"another key identifier",
            {.extensions = {RESPONDER, "authorityKeyIdentifier=DER:30038001AA"}},
            "authorityKeyIdentifier does not fit", false, false},
        {"a proxy's",
            {.extensions = {RESPONDER, "proxyCertInfo=critical,language:id-ppl-anyLanguage"}},
            "cannot be used: it is a proxy certificate", false, false},
    };
    struct ocsp_scene scene;
    size_t i;

    ocsp_scene_begin(&scene);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki_spec spec = rows[i].spec;
        struct ocsp_answer answer;
        struct pki *signer;

        spec.issuer = scene.ca;
        spec.extensions[0] = RESPONDER;
        signer = pki_make(&spec);
        answer = ocsp_scene_check(&scene,
            (struct pki_ocsp_spec){
                .signer = signer, .certificates = {signer->certificate}, .by_key = true},
            &ocsp_nonce_required);
        expect_answer(rows[i].what, &answer, OCSP_UNUSABLE, rows[i].words);
        cr_expect_eq(answer.weak, rows[i].weak, "%s", rows[i].what);
        answer = ocsp_scene_check(&scene,
            (struct pki_ocsp_spec){
                .signer = signer, .certificates = {signer->certificate}, .by_key = true},
            &low);
        cr_expect_eq(answer.result == OCSP_SAYS_GOOD, rows[i].good_at_low, "%s: %s", rows[i].what,
            answer.words);
        cr_expect_eq(answer.weak, rows[i].weak && !rows[i].good_at_low, "%s", rows[i].what);
        pki_free(signer);
    }
    ocsp_scene_end(&scene);
}

/* On hold, and released by a later CRL. */
Test(ocsp_signer, a_responder_that_was_released_from_hold_counts_again)
{
    struct ocsp_scene scene;
    struct ocsp_answer answer;
    struct config config;
    struct bytes bytes;
    int released;

    ocsp_scene_begin(&scene);
    bytes = pki_ocsp(&(struct pki_ocsp_spec){.question = &scene.question,
        .signer = scene.responder,
        .certificates = {scene.responder->certificate}});
    for (released = 0; released < 2; released++) {
        const struct pki_revoked held = {
            .certificate = scene.responder->certificate, .reason = CRL_REASON_CERTIFICATE_HOLD};
        X509_CRL *before = pki_crl(&(struct pki_crl_spec){
            .issuer = scene.ca, .revoked = &held, .revoked_count = 1, .this_update = -2 * PKI_DAY});
        X509_CRL *after = pki_crl(&(struct pki_crl_spec){.issuer = scene.ca, .number = 2});
        struct setup setup = {.ca = {scene.ca}, .crls = {before, released != 0 ? after : NULL}};
        struct trust *trust = verify_trust(&setup, &config);

        ocsp_answer_check(&scene.question, &bytes, trust, &config, time(NULL), &answer);
        if (released != 0)
            expect_answer("released", &answer, OCSP_SAYS_GOOD, "");
        else
            expect_answer("on hold", &answer, OCSP_UNUSABLE, "signer is revoked");
        trust_release(trust);
        X509_CRL_free(before);
        X509_CRL_free(after);
    }
    free(bytes.data);
    ocsp_scene_end(&scene);
}

Test(ocsp_signer, weak_digests_are_refused_by_the_security_level)
{
    static const struct config none = {.security_level = 0};
    struct ocsp_scene scene;
    struct ocsp_answer answer;
    const struct pki_ocsp_spec spec = {.digest = "sha1"};

    ocsp_scene_begin(&scene);
    answer = ocsp_scene_check(&scene, spec, &ocsp_nonce_required);
    expect_answer("SHA-1 at level 2", &answer, OCSP_UNUSABLE, "too weak");
    cr_expect(answer.weak);
    answer = ocsp_scene_check(&scene, spec, &none);
    expect_answer("SHA-1 at level 0", &answer, OCSP_SAYS_GOOD, "");
    cr_expect_not(answer.weak);
    ocsp_scene_end(&scene);
}

Test(ocsp_signer, each_kind_of_key_may_sign)
{
    static const enum pki_key kinds[] = {PKI_EC_P384, PKI_ED25519, PKI_RSA_2048, PKI_RSA_PSS_2048};
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct pki *ca =
            pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true, .key = kinds[i]});
        struct pki *client = pki_client("CN=Dan", ca);
        struct ocsp_question question;
        struct ocsp_answer answer;
        struct bytes bytes;

        cr_assert(ocsp_question_make(&question, client->certificate, ca->certificate, true));
        bytes = pki_ocsp(&(struct pki_ocsp_spec){.question = &question, .signer = ca});
        ocsp_answer_check(&question, &bytes, NULL, &ocsp_nonce_required, time(NULL), &answer);
        cr_expect_eq(answer.result, OCSP_SAYS_GOOD, "key %d: %s", kinds[i], answer.words);
        free(bytes.data);
        ocsp_question_free(&question);
        pki_free(client);
        pki_free(ca);
    }
}
