/* SPDX-License-Identifier: ISC */
#include "service/evaluate.h"
#include "unit/service/service_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A service with a cache, and a request of its client. */
struct stage {
    struct service_stage given;
    char *certificate;
    char *parameters[2];
};

static void stage_begin(struct stage *stage)
{
    service_stage_begin(&stage->given, 10);
    stage->certificate = certificate_parameter(stage->given.client);
    stage->parameters[0] = stage->certificate;
    stage->parameters[1] = NULL;
}

static void stage_end(struct stage *stage)
{
    free(stage->certificate);
    service_stage_end(&stage->given);
}

static void begin(struct stage *stage, uint64_t rules_number, struct evaluation *evaluation)
{
    evaluate_request(
        evaluation, &stage->given.service, stage->given.trust, rules_number, stage->parameters);
}

static void expect_proven(const struct stage *stage, const struct evaluation *evaluation)
{
    cr_assert_not_null(evaluation->certificate);
    cr_assert_eq(sk_X509_num(evaluation->proven), 2);
    cr_expect_eq(
        X509_cmp(sk_X509_value(evaluation->proven, 0), stage->given.client->certificate), 0);
    cr_expect_eq(
        X509_cmp(sk_X509_value(evaluation->proven, 1), stage->given.files.ca->certificate), 0);
}

Test(evaluate, the_identity_comes_first_then_the_verdict_with_its_chain)
{
    struct stage stage;
    struct evaluation evaluation;

    stage_begin(&stage);
    begin(&stage, 0, &evaluation);
    cr_assert_not_null(evaluation.identity);
    cr_expect_str_eq(evaluation.identity->subject, "CN=Dan");
    cr_expect_not(evaluation.judged);
    evaluate_verdict(&evaluation);
    cr_expect(evaluation.judged);
    cr_expect_eq(evaluation.verdict.status, VERDICT_VALID, "%s", evaluation.verdict.reason);
    expect_proven(&stage, &evaluation);
    evaluate_end(&evaluation);
    stage_end(&stage);
}

Test(evaluate, a_known_certificate_is_judged_at_once_and_can_be_proven_again)
{
    struct stage stage;
    struct evaluation evaluation;

    stage_begin(&stage);
    begin(&stage, 0, &evaluation);
    evaluate_verdict(&evaluation);
    evaluate_end(&evaluation);
    begin(&stage, 0, &evaluation);
    cr_expect(evaluation.judged);
    cr_expect_eq(evaluation.verdict.status, VERDICT_VALID);
    cr_expect_str_eq(evaluation.identity->subject, "CN=Dan");
    cr_expect_null(evaluation.certificate);
    cr_expect(evaluate_prove(&evaluation));
    expect_proven(&stage, &evaluation);
    evaluate_end(&evaluation);
    stage_end(&stage);
}

/* What is kept is found as long as trust and rules are the same; the first that is kept stays. */
Test(evaluate, what_is_kept_is_found_with_the_same_rules_alone)
{
    struct stage stage;
    struct evaluation evaluation;
    size_t length = 0;
    const char *kept;

    stage_begin(&stage);
    begin(&stage, 7, &evaluation);
    evaluate_verdict(&evaluation);
    cr_expect_null(evaluate_find_kept(&evaluation, EVALUATE_RULES, &length));
    evaluate_keep(&evaluation, EVALUATE_RULES, "bits", 4);
    evaluate_keep(&evaluation, EVALUATE_RULES, "other", 5);
    evaluate_end(&evaluation);
    begin(&stage, 7, &evaluation);
    kept = evaluate_find_kept(&evaluation, EVALUATE_RULES, &length);
    cr_assert_not_null(kept);
    cr_expect(length == 4 && memcmp(kept, "bits", 4) == 0, "%.*s", (int)length, kept);
    cr_expect_null(evaluate_find_kept(&evaluation, EVALUATE_TEXT, &length));
    evaluate_end(&evaluation);
    begin(&stage, 8, &evaluation);
    cr_expect_not(evaluation.judged);
    cr_expect_null(evaluate_find_kept(&evaluation, EVALUATE_RULES, &length));
    evaluate_verdict(&evaluation);
    evaluate_end(&evaluation);
    stage_end(&stage);
}

Test(evaluate, an_evaluation_that_ends_without_a_verdict_leaves_the_work_to_the_next)
{
    struct stage stage;
    struct evaluation evaluation;

    stage_begin(&stage);
    begin(&stage, 0, &evaluation);
    evaluate_end(&evaluation);
    begin(&stage, 0, &evaluation);
    cr_expect_not(evaluation.judged);
    evaluate_verdict(&evaluation);
    cr_expect_eq(evaluation.verdict.status, VERDICT_VALID);
    evaluate_end(&evaluation);
    stage_end(&stage);
}

Test(evaluate, without_a_certificate_it_is_judged_and_nothing_can_be_proven)
{
    struct stage stage;
    struct evaluation evaluation;

    stage_begin(&stage);
    stage.parameters[0] = NULL;
    begin(&stage, 0, &evaluation);
    cr_expect(evaluation.judged);
    cr_expect_eq(evaluation.verdict.status, VERDICT_ABSENT);
    cr_expect_null(evaluation.identity);
    evaluate_verdict(&evaluation);
    cr_expect_not(evaluate_prove(&evaluation));
    evaluate_end(&evaluation);
    stage_end(&stage);
}

/* A stranger's long chain is verified once. */
Test(evaluate, a_long_value_is_remembered_too)
{
    struct stage stage;
    struct evaluation evaluation;
    char *padded = NULL;
    int i;

    stage_begin(&stage);
    pki_must(asprintf(&padded, "%s%40000s", stage.certificate, "") > 0, "asprintf");
    stage.parameters[0] = padded;
    for (i = 0; i < 3; i++) {
        begin(&stage, 0, &evaluation);
        cr_expect_eq(evaluation.judged, i > 0, "%d", i);
        cr_assert_not_null(evaluation.identity);
        cr_expect_str_eq(evaluation.identity->subject, "CN=Dan");
        evaluate_verdict(&evaluation);
        cr_expect_eq(evaluation.verdict.status, VERDICT_VALID);
        cr_expect(evaluate_prove(&evaluation));
        expect_proven(&stage, &evaluation);
        evaluate_end(&evaluation);
    }
    free(padded);
    stage_end(&stage);
}

/* Each has begun before the other has ended: both judge, and the verdict is remembered once. */
Test(evaluate, two_that_evaluate_the_same_new_certificate_come_to_the_same)
{
    struct stage stage;
    struct evaluation first, second, third;

    stage_begin(&stage);
    begin(&stage, 0, &first);
    begin(&stage, 0, &second);
    evaluate_verdict(&second);
    evaluate_verdict(&first);
    cr_expect_eq(first.verdict.status, VERDICT_VALID);
    cr_expect_eq(second.verdict.status, VERDICT_VALID);
    evaluate_end(&second);
    cr_expect_str_eq(first.identity->subject, "CN=Dan");
    evaluate_end(&first);
    begin(&stage, 0, &third);
    cr_expect(third.judged);
    cr_expect_str_eq(third.identity->subject, "CN=Dan");
    evaluate_end(&third);
    stage_end(&stage);
}

/* The same certificate with another word of the front's is another request. */
Test(evaluate, a_known_certificate_keeps_what_was_forwarded_with_it)
{
    struct stage stage;
    struct evaluation evaluation;
    char word[] = "SSL_CLIENT_VERIFY=SUCCESS";
    char *const parameters[] = {word, NULL, NULL};
    char *both[3];
    int i;

    stage_begin(&stage);
    memcpy(both, parameters, sizeof(both));
    both[1] = stage.certificate;
    for (i = 0; i < 2; i++) {
        evaluate_request(&evaluation, &stage.given.service, stage.given.trust, 0, both);
        cr_expect_eq(evaluation.judged, i > 0);
        evaluate_verdict(&evaluation);
        cr_expect_str_eq(evaluation.forwarded.source, "SSL_CLIENT_CERT");
        cr_expect_str_eq(evaluation.forwarded.encoding, "PEM");
        cr_expect(evaluation.forwarded.has_front_verify);
        cr_expect_str_eq(evaluation.forwarded.front_verify, "SUCCESS");
        cr_expect_gt(evaluation.forwarded.leaf.length, 0);
        evaluate_end(&evaluation);
    }
    word[strlen("SSL_CLIENT_VERIFY=")] = 'X';
    evaluate_request(&evaluation, &stage.given.service, stage.given.trust, 0, both);
    cr_expect_not(evaluation.judged);
    evaluate_end(&evaluation);
    stage_end(&stage);
}

Test(evaluate, decoded_certificates_are_judged_for_the_given_moment)
{
    struct stage stage;
    struct evaluation evaluation;
    struct forwarded forwarded = {.status = FORWARDED_PRESENT, .source = "dan.cer"};

    stage_begin(&stage);
    cr_assert_eq(X509_up_ref(stage.given.client->certificate), 1);
    evaluate_certificates(&evaluation, &stage.given.service, stage.given.trust, 1000000, &forwarded,
        stage.given.client->certificate, NULL);
    cr_expect_str_eq(evaluation.identity->subject, "CN=Dan");
    cr_expect_str_eq(evaluation.forwarded.source, "dan.cer");
    evaluate_verdict(&evaluation);
    cr_expect_eq(evaluation.verdict.checked_at, 1000000);
    cr_expect_neq(evaluation.verdict.status, VERDICT_VALID);
    evaluate_end(&evaluation);
    stage_end(&stage);
}

Test(evaluate, whom_a_log_line_is_about_is_rendered_once)
{
    static const char expected[] = " subject=\"CN=Dan\" serial=";
    struct stage stage;
    struct evaluation evaluation;
    struct log_who who;

    stage_begin(&stage);
    begin(&stage, 0, &evaluation);
    who = evaluate_who(&evaluation);
    cr_expect_eq(who.identity, evaluation.identity);
    cr_expect_null(who.rendered);
    evaluate_verdict(&evaluation);
    evaluate_end(&evaluation);
    begin(&stage, 0, &evaluation);
    who = evaluate_who(&evaluation);
    cr_assert_not_null(who.rendered);
    cr_assert(
        who.length > strlen(expected) && memcmp(who.rendered, expected, sizeof(expected) - 1) == 0,
        "%.*s", (int)who.length, who.rendered);
    evaluate_end(&evaluation);
    stage_end(&stage);
}
