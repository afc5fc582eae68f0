/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "unit/base/memory_fault.h"
#include "unit/ocsp/ocsp_scene.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Test(ocsp_answer, only_good_is_good)
{
    struct ocsp_scene scene;
    struct ocsp_answer answer;

    ocsp_scene_begin(&scene);
    answer = ocsp_scene_check(&scene,
        (struct pki_ocsp_spec){.status_plus_one = V_OCSP_CERTSTATUS_UNKNOWN + 1},
        &ocsp_nonce_required);
    expect_answer("unknown", &answer, OCSP_SAYS_UNKNOWN, "does not know");
    answer = ocsp_scene_check(&scene,
        (struct pki_ocsp_spec){.status_plus_one = V_OCSP_CERTSTATUS_REVOKED + 1,
            .reason_plus_one = OCSP_REVOKED_STATUS_KEYCOMPROMISE + 1},
        &ocsp_nonce_required);
    expect_answer("revoked", &answer, OCSP_SAYS_REVOKED, "");
    cr_expect_str_eq(answer.reason, "keyCompromise");
    cr_expect(answer.revoked_at != 0 && answer.revoked_at < time(NULL));
    answer = ocsp_scene_check(
        &scene, (struct pki_ocsp_spec){.also_revoked = true}, &ocsp_nonce_required);
    expect_answer("good, and revoked", &answer, OCSP_SAYS_REVOKED, "");
    ocsp_scene_end(&scene);
}

Test(ocsp_answer, revoked_counts_from_the_right_signer_whatever_its_times_and_nonce)
{
    struct ocsp_scene scene;
    struct ocsp_answer answer;
    const int revoked = V_OCSP_CERTSTATUS_REVOKED + 1;

    ocsp_scene_begin(&scene);
    answer = ocsp_scene_check(&scene,
        (struct pki_ocsp_spec){
            .status_plus_one = revoked, .this_update = -7200, .next_update = -3600},
        &ocsp_nonce_required);
    expect_answer("stale", &answer, OCSP_SAYS_REVOKED, "");
    answer = ocsp_scene_check(&scene,
        (struct pki_ocsp_spec){.status_plus_one = revoked, .no_nonce = true}, &ocsp_nonce_required);
    expect_answer("without a nonce", &answer, OCSP_SAYS_REVOKED, "");
    answer = ocsp_scene_check(&scene,
        (struct pki_ocsp_spec){.status_plus_one = revoked, .critical = true}, &ocsp_nonce_required);
    expect_answer("with a critical extension", &answer, OCSP_SAYS_REVOKED, "");
    answer = ocsp_scene_check(&scene,
        (struct pki_ocsp_spec){.status_plus_one = revoked, .signer = scene.stranger},
        &ocsp_nonce_required);
    expect_answer("by a stranger", &answer, OCSP_UNUSABLE, "not signed");
    ocsp_scene_end(&scene);
}

Test(ocsp_answer, good_must_be_for_now_and_for_this_question)
{
    static const struct {
        const char *what;
        struct pki_ocsp_spec spec;
        enum ocsp_result ocsp_nonce_required, ocsp_nonce_optional;
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
        {"odd status", {.response_status = 77}, OCSP_UNUSABLE, OCSP_UNUSABLE, "unknown status"},
    };
    struct ocsp_scene scene;
    size_t i;

    ocsp_scene_begin(&scene);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ocsp_answer answer = ocsp_scene_check(&scene, rows[i].spec, &ocsp_nonce_required);

        expect_answer(rows[i].what, &answer, rows[i].ocsp_nonce_required, rows[i].words);
        answer = ocsp_scene_check(&scene, rows[i].spec, &ocsp_nonce_optional);
        expect_answer(rows[i].what, &answer, rows[i].ocsp_nonce_optional, rows[i].words);
        if (answer.result != OCSP_SAYS_GOOD)
            cr_expect_leq(answer.until, time(NULL) + OCSP_FAILURE_KEEP, "%s", rows[i].what);
    }
    ocsp_scene_end(&scene);
}

Test(ocsp_answer, it_must_be_about_this_certificate_of_this_issuer)
{
    struct ocsp_scene scene;
    struct pki *other;
    OCSP_CERTID *serial, *issuer, *digest;
    struct ocsp_answer answer;

    ocsp_scene_begin(&scene);
    other = pki_client("CN=Dan", scene.ca);
    serial = OCSP_cert_to_id(NULL, other->certificate, scene.ca->certificate);
    issuer = OCSP_cert_to_id(NULL, scene.client->certificate, scene.stranger->certificate);
    digest = OCSP_cert_to_id(EVP_sha256(), scene.client->certificate, scene.ca->certificate);
    answer = ocsp_scene_check(&scene, (struct pki_ocsp_spec){.id = serial}, &ocsp_nonce_optional);
    expect_answer("another serial", &answer, OCSP_UNUSABLE, "another certificate");
    answer = ocsp_scene_check(&scene, (struct pki_ocsp_spec){.id = issuer}, &ocsp_nonce_optional);
    expect_answer("another issuer", &answer, OCSP_UNUSABLE, "");
    answer = ocsp_scene_check(&scene, (struct pki_ocsp_spec){.id = digest}, &ocsp_nonce_optional);
    expect_answer("by another digest than in the question", &answer, OCSP_SAYS_GOOD, "");
    OCSP_CERTID_free(digest);
    digest = OCSP_cert_to_id(EVP_sha256(), other->certificate, scene.ca->certificate);
    answer = ocsp_scene_check(&scene, (struct pki_ocsp_spec){.id = digest}, &ocsp_nonce_optional);
    expect_answer(
        "another serial by another digest", &answer, OCSP_UNUSABLE, "another certificate");
    OCSP_CERTID_free(digest);
    digest = OCSP_cert_to_id(EVP_sha256(), scene.client->certificate, scene.stranger->certificate);
    answer = ocsp_scene_check(&scene, (struct pki_ocsp_spec){.id = digest}, &ocsp_nonce_optional);
    expect_answer("another issuer by another digest", &answer, OCSP_UNUSABLE, "");
    OCSP_CERTID_free(serial);
    OCSP_CERTID_free(issuer);
    OCSP_CERTID_free(digest);
    pki_free(other);
    ocsp_scene_end(&scene);
}

/* Whoever is on the way can write what a response carries, and libcrypto decodes it before it knows
 * who signed. */
Test(ocsp_answer, what_it_carries_must_be_such_as_a_client_may_send)
{
    struct ocsp_scene scene;
    struct pki *odd = pki_make(&(struct pki_spec){.customise = pki_explicit_curve});
    struct ocsp_answer answer;

    ocsp_scene_begin(&scene);
    answer = ocsp_scene_check(&scene,
        (struct pki_ocsp_spec){.certificates = {scene.stranger->certificate}},
        &ocsp_nonce_required);
    expect_answer("a certificate besides", &answer, OCSP_SAYS_GOOD, "");
    answer = ocsp_scene_check(&scene,
        (struct pki_ocsp_spec){.certificates = {scene.stranger->certificate, odd->certificate}},
        &ocsp_nonce_required);
    expect_answer("a curve of its own", &answer, OCSP_UNUSABLE,
        "a certificate that the answer carries cannot be used: its key has a curve of its own");
    ocsp_scene_end(&scene);
    pki_free(odd);
}

/* A response like one that is good, which carries so many certificates. */
static struct ocsp_answer carry(const struct ocsp_scene *scene, int count)
{
    struct bytes bytes =
        pki_ocsp(&(struct pki_ocsp_spec){.question = &scene->question, .signer = scene->ca});
    const unsigned char *at = bytes.data;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)bytes.length), *more;
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    struct ocsp_answer answer;
    unsigned char *der = NULL;

    while (count-- > 0)
        pki_must(OCSP_basic_add1_cert(basic, scene->ca->certificate) == 1, "a certificate");
    more = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    free(bytes.data);
    bytes.length = (size_t)i2d_OCSP_RESPONSE(more, &der);
    bytes.data = der;
    ocsp_answer_check(&scene->question, &bytes, NULL, &ocsp_nonce_required, time(NULL), &answer);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(more);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    return answer;
}

Test(ocsp_answer, it_carries_so_many_certificates_as_a_chain_may_have)
{
    struct ocsp_scene scene;
    struct ocsp_answer answer;

    ocsp_scene_begin(&scene);
    answer = carry(&scene, CERTIFICATE_MAX_CHAIN);
    expect_answer("a whole chain", &answer, OCSP_SAYS_GOOD, "");
    answer = carry(&scene, CERTIFICATE_MAX_CHAIN + 1);
    expect_answer("one more", &answer, OCSP_UNUSABLE, "there are more than a chain has");
    ocsp_scene_end(&scene);
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
    struct ocsp_scene scene;
    struct ocsp_answer answer;
    struct bytes bytes;
    unsigned char *inside;
    int length;
    size_t i;

    ocsp_scene_begin(&scene);
    bytes = pki_ocsp(&(struct pki_ocsp_spec){.question = &scene.question, .signer = scene.ca});
    inside = encode_inside(&bytes, &length);
    cr_assert_gt(length, 0);
    for (i = 0; i < bytes.length * 8; i++) {
        bytes.data[i / 8] ^= (unsigned char)(1U << (i % 8));
        ocsp_answer_check(&scene.question, &bytes, NULL, &ocsp_nonce_required, time(NULL), &answer);
        if (answer.result == OCSP_SAYS_GOOD)
            cr_expect(is_same_inside(&bytes, inside, length), "bit %zu", i);
        bytes.data[i / 8] ^= (unsigned char)(1U << (i % 8));
    }
    for (i = 0; i < bytes.length; i++) {
        const struct bytes cut = {bytes.data, i};

        ocsp_answer_check(&scene.question, &cut, NULL, &ocsp_nonce_required, time(NULL), &answer);
        cr_expect_eq(answer.result, OCSP_UNUSABLE, "cut at %zu: %d", i, answer.result);
    }
    bytes.data = realloc(bytes.data, bytes.length + 1);
    bytes.data[bytes.length++] = 0;
    ocsp_answer_check(&scene.question, &bytes, NULL, &ocsp_nonce_required, time(NULL), &answer);
    expect_answer("a byte more", &answer, OCSP_UNUSABLE, "not an OCSP response");
    bytes.length--;
    ocsp_answer_check(&scene.question, &bytes, NULL, &ocsp_nonce_required, time(NULL), &answer);
    expect_answer("whole", &answer, OCSP_SAYS_GOOD, "");
    OPENSSL_free(inside);
    free(bytes.data);
    ocsp_scene_end(&scene);
}

Test(ocsp_answer, want_of_memory_is_never_an_answer)
{
    struct ocsp_scene scene;
    unsigned long nth, count;
    int status, and_after;

    ocsp_scene_begin(&scene);
    for (status = 0; status < 3; status++) {
        struct bytes bytes = pki_ocsp(&(struct pki_ocsp_spec){.question = &scene.question,
            .signer = scene.responder,
            .certificates = {scene.responder->certificate},
            .status_plus_one = status + 1});
        struct ocsp_answer answer;
        enum ocsp_result wanted;

        ocsp_answer_check(&scene.question, &bytes, NULL, &ocsp_nonce_required, time(NULL), &answer);
        wanted = answer.result;
        alloc_watch_fail_at(0, false);
        ocsp_answer_check(&scene.question, &bytes, NULL, &ocsp_nonce_required, time(NULL), &answer);
        count = alloc_watch_count();
        cr_assert_gt(count, 20);
        for (and_after = 0; and_after < 2; and_after++) {
            for (nth = 1; nth <= count; nth += memory_fault_step()) {
                alloc_watch_fail_at(nth, and_after != 0);
                ocsp_answer_check(
                    &scene.question, &bytes, NULL, &ocsp_nonce_required, time(NULL), &answer);
                alloc_watch_fail_at(0, false);
                cr_expect(
                    answer.result == OCSP_FAILED || (answer.result == wanted && nth > count - 2),
                    "status %d, allocation %lu of %lu: %d (%s)", status, nth, count, answer.result,
                    answer.words);
            }
        }
        ocsp_answer_check(&scene.question, &bytes, NULL, &ocsp_nonce_required, time(NULL), &answer);
        cr_expect_eq(answer.result, wanted);
        free(bytes.data);
    }
    ocsp_scene_end(&scene);
}
