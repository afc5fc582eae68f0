/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "unit/pki/pki_ocsp.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct config required = {.security_level = 2};
static const struct config optional = {
    .security_level = 2, .ocsp_nonce = CONFIG_OCSP_NONCE_OPTIONAL};

/* A CA, its client, two responders to whom it gave the right (or not), and a question. */
struct scene {
    struct pki *ca, *client, *responder, *without_usage, *stranger, *client_of_stranger;
    struct ocsp_question question;
};

static struct pki *make_responder(const struct pki *ca, const char *usage, const char *key_usage)
{
    return pki_make(&(struct pki_spec){
        .subject = "CN=Responder", .issuer = ca, .extensions = {usage, key_usage}});
}

static void begin(struct scene *scene)
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

static void end(struct scene *scene)
{
    ocsp_question_free(&scene->question);
    pki_free(scene->client_of_stranger);
    pki_free(scene->stranger);
    pki_free(scene->without_usage);
    pki_free(scene->responder);
    pki_free(scene->client);
    pki_free(scene->ca);
}

static struct ocsp_answer check(
    const struct scene *scene, struct pki_ocsp_spec spec, const struct config *config)
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

static void expect(
    const char *what, const struct ocsp_answer *answer, enum ocsp_result wanted, const char *words)
{
    cr_expect_eq(answer->result, wanted, "%s: expected %d, came %d (%s)", what, wanted,
        answer->result, answer->words);
    cr_expect(strstr(answer->words, words) != NULL, "%s: expected '%s' in '%s'", what, words,
        answer->words);
}

Test(ocsp_answer, good_counts_from_the_issuer_and_from_whom_it_gave_the_right)
{
    struct scene scene;
    struct ocsp_answer answer;
    time_t now = time(NULL);

    begin(&scene);
    answer = check(&scene, (struct pki_ocsp_spec){.signer = scene.ca}, &required);
    expect("the issuer", &answer, OCSP_SAYS_GOOD, "");
    cr_expect(
        answer.from <= time(NULL) && answer.until >= now + 3000 && answer.until <= now + 3601);
    cr_expect(answer.this_update < now && answer.next_update > now);
    answer = check(&scene, (struct pki_ocsp_spec){.signer = scene.ca, .by_key = true}, &required);
    expect("the issuer by its key", &answer, OCSP_SAYS_GOOD, "");
    answer = check(&scene,
        (struct pki_ocsp_spec){
            .signer = scene.responder, .certificates = {scene.responder->certificate}},
        &required);
    expect("a delegate", &answer, OCSP_SAYS_GOOD, "");
    end(&scene);
}

Test(ocsp_answer, nobody_else_counts)
{
    struct scene scene;
    struct pki *may_not_sign, *self, *weak;
    struct ocsp_question own;
    struct ocsp_answer answer;
    size_t i;

    begin(&scene);
    may_not_sign = make_responder(
        scene.ca, "extendedKeyUsage=OCSPSigning", "keyUsage=critical,keyEncipherment");
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
            {"a weak key", weak, weak->certificate, "not signed by the issuer"},
        };

        for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            answer = check(&scene,
                (struct pki_ocsp_spec){.signer = rows[i].signer, .certificates = {rows[i].carried}},
                &optional);
            cr_expect_eq(answer.result, OCSP_UNUSABLE, "%s: came %d", rows[i].what, answer.result);
            if (i != 2)
                expect(rows[i].what, &answer, OCSP_UNUSABLE, rows[i].words);
            cr_expect_leq(answer.until, time(NULL) + OCSP_FAILURE_KEEP);
        }
    }
    /* One that may sign answers, about itself. */
    self = make_responder(scene.ca, "extendedKeyUsage=OCSPSigning,clientAuth", NULL);
    cr_assert(ocsp_question_make(&own, self->certificate, scene.ca->certificate, true));
    {
        struct bytes bytes = pki_ocsp(&(struct pki_ocsp_spec){
            .question = &own, .signer = self, .certificates = {self->certificate}});

        ocsp_answer_check(&own, &bytes, NULL, &required, time(NULL), &answer);
        expect("itself", &answer, OCSP_UNUSABLE, "vouches for itself");
        free(bytes.data);
    }
    ocsp_question_free(&own);
    pki_free(self);
    pki_free(weak);
    pki_free(may_not_sign);
    end(&scene);
}

Test(ocsp_answer, a_responder_on_a_crl_does_not_count)
{
    struct scene scene;
    struct ocsp_answer answer;
    struct config config;
    struct trust *trust;
    struct bytes bytes;
    const struct pki_ocsp_spec *spec;

    begin(&scene);
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
    expect("on the CRL", &answer, OCSP_UNUSABLE, "signer is revoked");
    free(bytes.data);
    trust_release(trust);
    end(&scene);
}

/* On hold, and released by a later CRL. */
Test(ocsp_answer, a_responder_that_was_released_from_hold_counts_again)
{
    struct scene scene;
    struct ocsp_answer answer;
    struct config config;
    struct bytes bytes;
    int released;

    begin(&scene);
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
            expect("released", &answer, OCSP_SAYS_GOOD, "");
        else
            expect("on hold", &answer, OCSP_UNUSABLE, "signer is revoked");
        trust_release(trust);
        X509_CRL_free(before);
        X509_CRL_free(after);
    }
    free(bytes.data);
    end(&scene);
}

Test(ocsp_answer, only_good_is_good)
{
    struct scene scene;
    struct ocsp_answer answer;

    begin(&scene);
    answer = check(&scene, (struct pki_ocsp_spec){.status_plus_one = V_OCSP_CERTSTATUS_UNKNOWN + 1},
        &required);
    expect("unknown", &answer, OCSP_SAYS_UNKNOWN, "does not know");
    answer = check(&scene,
        (struct pki_ocsp_spec){.status_plus_one = V_OCSP_CERTSTATUS_REVOKED + 1,
            .reason_plus_one = OCSP_REVOKED_STATUS_KEYCOMPROMISE + 1},
        &required);
    expect("revoked", &answer, OCSP_SAYS_REVOKED, "");
    cr_expect_str_eq(answer.reason, "keyCompromise");
    cr_expect(answer.revoked_at != 0 && answer.revoked_at < time(NULL));
    answer = check(&scene, (struct pki_ocsp_spec){.also_revoked = true}, &required);
    expect("good, and revoked", &answer, OCSP_SAYS_REVOKED, "");
    end(&scene);
}

Test(ocsp_answer, revoked_counts_from_the_right_signer_whatever_its_times_and_nonce)
{
    struct scene scene;
    struct ocsp_answer answer;
    const int revoked = V_OCSP_CERTSTATUS_REVOKED + 1;

    begin(&scene);
    answer = check(&scene,
        (struct pki_ocsp_spec){
            .status_plus_one = revoked, .this_update = -7200, .next_update = -3600},
        &required);
    expect("stale", &answer, OCSP_SAYS_REVOKED, "");
    answer = check(
        &scene, (struct pki_ocsp_spec){.status_plus_one = revoked, .no_nonce = true}, &required);
    expect("without a nonce", &answer, OCSP_SAYS_REVOKED, "");
    answer = check(&scene,
        (struct pki_ocsp_spec){.status_plus_one = revoked, .signer = scene.stranger}, &required);
    expect("by a stranger", &answer, OCSP_UNUSABLE, "not signed");
    end(&scene);
}

Test(ocsp_answer, good_must_be_for_now_and_for_this_question)
{
    static const struct {
        const char *what;
        struct pki_ocsp_spec spec;
        enum ocsp_result required, optional;
        const char *words;
    } rows[] = {
        {"stale", {.this_update = -7200, .next_update = -3600}, OCSP_UNUSABLE, OCSP_UNUSABLE,
            "stale"},
        {"old", {.this_update = -OCSP_MAX_AGE - 60}, OCSP_UNUSABLE, OCSP_UNUSABLE, "stale"},
        {"not so old", {.this_update = -OCSP_MAX_AGE + 60}, OCSP_SAYS_GOOD, OCSP_SAYS_GOOD, ""},
        {"not yet", {.this_update = 1800}, OCSP_UNUSABLE, OCSP_UNUSABLE, "not yet valid"},
        {"clocks differ", {.this_update = 30}, OCSP_SAYS_GOOD, OCSP_SAYS_GOOD, ""},
        {"no end", {.no_next_update = true}, OCSP_UNUSABLE, OCSP_UNUSABLE, "no nextUpdate"},
        {"ends before", {.this_update = 50, .next_update = 40}, OCSP_UNUSABLE, OCSP_UNUSABLE,
            "not after its thisUpdate"},
        {"no nonce", {.no_nonce = true}, OCSP_UNUSABLE, OCSP_SAYS_GOOD, ""},
        {"another nonce", {.other_nonce = true}, OCSP_UNUSABLE, OCSP_UNUSABLE, "not ours"},
        {"critical", {.critical = true}, OCSP_UNUSABLE, OCSP_UNUSABLE, "critical extension"},
        {"try later", {.response_status = OCSP_RESPONSE_STATUS_TRYLATER}, OCSP_UNUSABLE,
            OCSP_UNUSABLE, "try later"},
        {"unauthorized", {.response_status = OCSP_RESPONSE_STATUS_UNAUTHORIZED}, OCSP_UNUSABLE,
            OCSP_UNUSABLE, "does not answer for"},
        {"odd status", {.response_status = 77}, OCSP_UNUSABLE, OCSP_UNUSABLE, "not known"},
    };
    struct scene scene;
    size_t i;

    begin(&scene);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ocsp_answer answer = check(&scene, rows[i].spec, &required);

        expect(rows[i].what, &answer, rows[i].required, rows[i].words);
        answer = check(&scene, rows[i].spec, &optional);
        expect(rows[i].what, &answer, rows[i].optional, rows[i].words);
        if (answer.result != OCSP_SAYS_GOOD)
            cr_expect_leq(answer.until, time(NULL) + OCSP_FAILURE_KEEP, "%s", rows[i].what);
    }
    end(&scene);
}

Test(ocsp_answer, it_must_be_about_this_certificate_of_this_issuer)
{
    struct scene scene;
    struct pki *other;
    OCSP_CERTID *serial, *issuer, *digest;
    struct ocsp_answer answer;

    begin(&scene);
    other = pki_client("CN=Dan", scene.ca);
    serial = OCSP_cert_to_id(NULL, other->certificate, scene.ca->certificate);
    issuer = OCSP_cert_to_id(NULL, scene.client->certificate, scene.stranger->certificate);
    digest = OCSP_cert_to_id(EVP_sha256(), scene.client->certificate, scene.ca->certificate);
    answer = check(&scene, (struct pki_ocsp_spec){.id = serial}, &optional);
    expect("another serial", &answer, OCSP_UNUSABLE, "another certificate");
    answer = check(&scene, (struct pki_ocsp_spec){.id = issuer}, &optional);
    expect("another issuer", &answer, OCSP_UNUSABLE, "");
    answer = check(&scene, (struct pki_ocsp_spec){.id = digest}, &optional);
    expect("by another digest than in the question", &answer, OCSP_SAYS_GOOD, "");
    OCSP_CERTID_free(digest);
    digest = OCSP_cert_to_id(EVP_sha256(), other->certificate, scene.ca->certificate);
    answer = check(&scene, (struct pki_ocsp_spec){.id = digest}, &optional);
    expect("another serial by another digest", &answer, OCSP_UNUSABLE, "another certificate");
    OCSP_CERTID_free(digest);
    digest = OCSP_cert_to_id(EVP_sha256(), scene.client->certificate, scene.stranger->certificate);
    answer = check(&scene, (struct pki_ocsp_spec){.id = digest}, &optional);
    expect("another issuer by another digest", &answer, OCSP_UNUSABLE, "");
    OCSP_CERTID_free(serial);
    OCSP_CERTID_free(issuer);
    OCSP_CERTID_free(digest);
    pki_free(other);
    end(&scene);
}

Test(ocsp_answer, weak_digests_are_refused_by_the_security_level)
{
    static const struct config none = {.security_level = 0};
    struct scene scene;
    struct ocsp_answer answer;
    const struct pki_ocsp_spec spec = {.digest = "sha1"};

    begin(&scene);
    answer = check(&scene, spec, &required);
    expect("SHA-1 at level 2", &answer, OCSP_UNUSABLE, "too weak");
    answer = check(&scene, spec, &none);
    expect("SHA-1 at level 0", &answer, OCSP_SAYS_GOOD, "");
    end(&scene);
}

Test(ocsp_answer, each_kind_of_key_may_sign)
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
        ocsp_answer_check(&question, &bytes, NULL, &required, time(NULL), &answer);
        cr_expect_eq(answer.result, OCSP_SAYS_GOOD, "key %d: %s", kinds[i], answer.words);
        free(bytes.data);
        ocsp_question_free(&question);
        pki_free(client);
        pki_free(ca);
    }
}

/* What a response's bytes mean, encoded anew; free with OPENSSL_free. */
static unsigned char *encode_inside(const struct bytes *bytes, int *length)
{
    const unsigned char *at = bytes->data;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)bytes->length);
    OCSP_BASICRESP *basic = response != NULL ? OCSP_response_get1_basic(response) : NULL;
    unsigned char *inside = NULL;

    *length = basic != NULL ? i2d_OCSP_BASICRESP(basic, &inside) : -1;
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    return inside;
}

static bool is_same_inside(const struct bytes *bytes, const unsigned char *inside, int length)
{
    int its_length;
    unsigned char *its = encode_inside(bytes, &its_length);
    bool same = its_length == length && memcmp(its, inside, (size_t)length) == 0;

    OPENSSL_free(its);
    return same;
}

/* libcrypto takes the tag of a SEQUENCE OF without its bit for `constructed`, and the signature is
 * over what was meant: such a flip, which changes nothing, may be good, and no other. */
Test(ocsp_answer, no_flipped_bit_no_cut_and_no_byte_more_is_good)
{
    struct scene scene;
    struct ocsp_answer answer;
    struct bytes bytes;
    unsigned char *inside;
    int length;
    size_t i;

    begin(&scene);
    bytes = pki_ocsp(&(struct pki_ocsp_spec){.question = &scene.question, .signer = scene.ca});
    inside = encode_inside(&bytes, &length);
    cr_assert_gt(length, 0);
    for (i = 0; i < bytes.length * 8; i++) {
        bytes.data[i / 8] ^= (unsigned char)(1U << (i % 8));
        ocsp_answer_check(&scene.question, &bytes, NULL, &required, time(NULL), &answer);
        if (answer.result == OCSP_SAYS_GOOD)
            cr_expect(is_same_inside(&bytes, inside, length), "bit %zu", i);
        bytes.data[i / 8] ^= (unsigned char)(1U << (i % 8));
    }
    for (i = 0; i < bytes.length; i++) {
        const struct bytes cut = {bytes.data, i};

        ocsp_answer_check(&scene.question, &cut, NULL, &required, time(NULL), &answer);
        cr_expect_eq(answer.result, OCSP_UNUSABLE, "cut at %zu: %d", i, answer.result);
    }
    bytes.data = realloc(bytes.data, bytes.length + 1);
    bytes.data[bytes.length++] = 0;
    ocsp_answer_check(&scene.question, &bytes, NULL, &required, time(NULL), &answer);
    expect("a byte more", &answer, OCSP_UNUSABLE, "no OCSP response");
    bytes.length--;
    ocsp_answer_check(&scene.question, &bytes, NULL, &required, time(NULL), &answer);
    expect("whole", &answer, OCSP_SAYS_GOOD, "");
    OPENSSL_free(inside);
    free(bytes.data);
    end(&scene);
}

Test(ocsp_answer, want_of_memory_is_never_an_answer)
{
    struct scene scene;
    unsigned long nth, count;
    int status, and_after;

    begin(&scene);
    for (status = 0; status < 3; status++) {
        struct bytes bytes = pki_ocsp(&(struct pki_ocsp_spec){.question = &scene.question,
            .signer = scene.responder,
            .certificates = {scene.responder->certificate},
            .status_plus_one = status + 1});
        struct ocsp_answer answer;
        enum ocsp_result wanted;

        ocsp_answer_check(&scene.question, &bytes, NULL, &required, time(NULL), &answer);
        wanted = answer.result;
        alloc_watch_fail_at(0, false);
        ocsp_answer_check(&scene.question, &bytes, NULL, &required, time(NULL), &answer);
        count = alloc_watch_count();
        cr_assert_gt(count, 20);
        for (and_after = 0; and_after < 2; and_after++) {
            for (nth = 1; nth <= count; nth++) {
                alloc_watch_fail_at(nth, and_after != 0);
                ocsp_answer_check(&scene.question, &bytes, NULL, &required, time(NULL), &answer);
                alloc_watch_fail_at(0, false);
                cr_expect(
                    answer.result == OCSP_FAILED || (answer.result == wanted && nth > count - 2),
                    "status %d, allocation %lu of %lu: %d (%s)", status, nth, count, answer.result,
                    answer.words);
            }
        }
        ocsp_answer_check(&scene.question, &bytes, NULL, &required, time(NULL), &answer);
        cr_expect_eq(answer.result, wanted);
        free(bytes.data);
    }
    end(&scene);
}
