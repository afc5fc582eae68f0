/* SPDX-License-Identifier: ISC */
#include "service/check_input.h"
#include "unit/service/service_given.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A service, and a folder for files of --check. */
struct stage {
    struct service_stage given;
    char *pem; /* of the client */
};

static void stage_begin(struct stage *stage)
{
    service_stage_begin(&stage->given, 0);
    stage->pem = pki_pem(stage->given.client->certificate);
}

static void stage_end(struct stage *stage)
{
    free(stage->pem);
    service_stage_end(&stage->given);
}

static char *write_file(const struct stage *stage, const char *name, const char *content)
{
    return pki_write_text(stage->given.files.dir, name, content);
}

/* Evaluates a file and expects this verdict, whose reason begins with these words. */
static void expect_verdict(
    struct stage *stage, const char *path, enum verdict_status status, const char *reason)
{
    struct error error = {.kind = ERROR_NONE};
    struct evaluation evaluation;

    cr_assert(check_input_evaluate(
                  &evaluation, &stage->given.service, stage->given.trust, path, NULL, &error),
        "%s", error.text);
    evaluate_verdict(&evaluation);
    cr_expect_eq(evaluation.verdict.status, status, "%s: %s, %s", path,
        verdict_status_name(evaluation.verdict.status), evaluation.verdict.reason);
    cr_expect_eq(strncmp(evaluation.verdict.reason, reason, strlen(reason)), 0, "%s: %s", path,
        evaluation.verdict.reason);
    evaluate_end(&evaluation);
}

Test(check_input, the_first_certificate_of_a_file_is_the_leaf_and_the_rest_its_chain)
{
    struct stage stage;
    struct error error = {.kind = ERROR_NONE};
    struct evaluation evaluation;
    char *ca, *both = NULL, *path;

    stage_begin(&stage);
    ca = pki_pem(stage.given.files.ca->certificate);
    pki_must(asprintf(&both, "%s%s", stage.pem, ca) > 0, "asprintf");
    path = write_file(&stage, "both.pem", both);
    cr_assert(check_input_evaluate(
        &evaluation, &stage.given.service, stage.given.trust, path, NULL, &error));
    cr_expect_str_eq(evaluation.identity->subject, "CN=Dan");
    cr_assert_eq(sk_X509_num(evaluation.chain), 1);
    cr_expect_eq(
        X509_cmp(sk_X509_value(evaluation.chain, 0), stage.given.files.ca->certificate), 0);
    evaluate_verdict(&evaluation);
    cr_expect_eq(evaluation.verdict.status, VERDICT_VALID, "%s", evaluation.verdict.reason);
    evaluate_end(&evaluation);
    free(path);
    free(both);
    free(ca);
    stage_end(&stage);
}

Test(check_input, files_of_chain_stand_behind_the_file)
{
    struct stage stage;
    struct error error = {.kind = ERROR_NONE};
    struct evaluation evaluation;
    char *ca, *chain, *path, *items[1];

    stage_begin(&stage);
    ca = pki_pem(stage.given.files.ca->certificate);
    chain = write_file(&stage, "chain.pem", ca);
    path = write_file(&stage, "dan.pem", stage.pem);
    items[0] = chain;
    stage.given.config.chain = (struct list){.items = items, .count = 1};
    cr_assert(check_input_evaluate(
        &evaluation, &stage.given.service, stage.given.trust, path, NULL, &error));
    cr_expect_str_eq(evaluation.identity->subject, "CN=Dan");
    cr_expect_eq(sk_X509_num(evaluation.chain), 1);
    evaluate_end(&evaluation);
    stage.given.config.chain = (struct list){.items = NULL};
    free(path);
    free(chain);
    free(ca);
    stage_end(&stage);
}

Test(check_input, what_holds_no_certificate_is_malformed_and_says_what_it_holds)
{
    struct stage stage;
    char *key, *empty, *junk;

    stage_begin(&stage);
    key = pki_key_pem(stage.given.client->key);
    empty = write_file(&stage, "empty.pem", "");
    junk = write_file(&stage, "key.pem", key);
    expect_verdict(&stage, empty, VERDICT_MALFORMED, "");
    expect_verdict(&stage, junk, VERDICT_MALFORMED, "");
    free(junk);
    free(empty);
    free(key);
    stage_end(&stage);
}

/* A leaf and CERTIFICATE_MAX_CHAIN others are read, one more is not. */
Test(check_input, a_chain_has_a_limit)
{
    struct stage stage;
    struct text text = {.limit = 0};
    char *path;
    int i;

    stage_begin(&stage);
    for (i = 0; i < CERTIFICATE_MAX_CHAIN + 1; i++)
        text_append_string(&text, stage.pem);
    path = write_file(&stage, "long.pem", text_string(&text));
    expect_verdict(&stage, path, VERDICT_VALID, "");
    free(path);
    text_append_string(&text, stage.pem);
    path = write_file(&stage, "longer.pem", text_string(&text));
    expect_verdict(&stage, path, VERDICT_MALFORMED, "it has a chain of ");
    free(path);
    text_free(&text);
    stage_end(&stage);
}

Test(check_input, a_file_that_cannot_be_read_is_an_error_and_nothing_begins)
{
    struct stage stage;
    struct error error = {.kind = ERROR_NONE};
    struct evaluation evaluation;
    char *path, *missing, *items[1];

    stage_begin(&stage);
    pki_must(asprintf(&missing, "%s/missing", stage.given.files.dir) > 0, "asprintf");
    cr_expect_not(check_input_evaluate(
        &evaluation, &stage.given.service, stage.given.trust, missing, NULL, &error));
    cr_expect_eq(error.kind, ERROR_FILE);
    cr_expect_not_null(strstr(error.text, missing));
    /* So is one of the chain, be the file itself as it may. */
    path = write_file(&stage, "dan.pem", stage.pem);
    items[0] = missing;
    stage.given.config.chain = (struct list){.items = items, .count = 1};
    error = (struct error){.kind = ERROR_NONE};
    cr_expect_not(check_input_evaluate(
        &evaluation, &stage.given.service, stage.given.trust, path, NULL, &error));
    cr_expect_eq(error.kind, ERROR_FILE);
    stage.given.config.chain = (struct list){.items = NULL};
    free(path);
    free(missing);
    stage_end(&stage);
}

Test(check_input, at_says_for_when_it_is_judged)
{
    struct stage stage;
    char *path, at[] = "1970-01-02";

    stage_begin(&stage);
    path = write_file(&stage, "dan.pem", stage.pem);
    expect_verdict(&stage, path, VERDICT_VALID, "");
    stage.given.config.at = at;
    stage.given.config.at_time = 86400;
    expect_verdict(
        &stage, path, VERDICT_UNTRUSTED, "the certificate of the CA CN=Our CA is not yet");
    stage.given.config.at = NULL;
    free(path);
    stage_end(&stage);
}

/* For the fingerprint, and for the page. */
Test(check_input, the_leafs_bytes_are_there)
{
    struct stage stage;
    struct error error = {.kind = ERROR_NONE};
    struct evaluation evaluation;
    unsigned char *der = NULL;
    int length;
    char *path;

    stage_begin(&stage);
    path = write_file(&stage, "dan.pem", stage.pem);
    cr_assert(check_input_evaluate(
        &evaluation, &stage.given.service, stage.given.trust, path, NULL, &error));
    length = i2d_X509(stage.given.client->certificate, &der);
    cr_assert_gt(length, 0);
    cr_assert_eq(evaluation.forwarded.leaf.length, (size_t)length);
    cr_expect_eq(memcmp(evaluation.forwarded.leaf.data, der, (size_t)length), 0);
    OPENSSL_free(der);
    evaluate_end(&evaluation);
    free(path);
    stage_end(&stage);
}

/* What check_input_each hands over, and what it is given back for each file. */
struct calls {
    enum check_code codes[3];
    size_t *count;
    const char *password; /* expected */
};

static enum check_code note(const void *context, size_t number, const char *password)
{
    const struct calls *calls = context;

    cr_expect_eq(number, *calls->count);
    cr_assert_eq(password == NULL, calls->password == NULL);
    if (password != NULL)
        cr_expect_str_eq(password, calls->password);
    (*calls->count)++;
    return calls->codes[number];
}

Test(check_input, each_file_is_taken_in_its_order_and_the_worst_code_counts)
{
    static const struct {
        enum check_code codes[3];
        int worst;
    } rows[] = {
        {{CHECK_GOOD, CHECK_GOOD, CHECK_GOOD}, 0},
        {{CHECK_GOOD, CHECK_BAD, CHECK_GOOD}, 1},
        {{CHECK_UNREADABLE, CHECK_BAD, CHECK_GOOD}, 2},
    };
    char file[] = "x", *files[] = {file, file, file};
    struct config config = {.files = {.items = files, .count = 3}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t count = 0;
        struct calls calls = {.count = &count};

        memcpy(calls.codes, rows[i].codes, sizeof(calls.codes));
        cr_expect_eq(check_input_each(&config, note, &calls), rows[i].worst, "row %zu", i);
        cr_expect_eq(count, 3);
    }
    config.files.count = 0;
    cr_expect_eq(check_input_each(&config, note, NULL), 0);
}

Test(check_input, a_pass_phrase_comes_from_its_file_or_there_is_none, .init = cr_redirect_stderr)
{
    struct stage stage;
    struct calls calls = {.password = "secret words"};
    size_t count = 0;
    char *path, *missing, *files[1];

    stage_begin(&stage);
    calls.count = &count;
    path = write_file(&stage, "word", "secret words\nsecond line\n");
    cr_assert_eq(chmod(path, 0600), 0);
    files[0] = path;
    stage.given.config.files = (struct list){.items = files, .count = 1};
    stage.given.config.password_file = path;
    cr_expect_eq(check_input_each(&stage.given.config, note, &calls), 0);
    cr_expect_eq(count, 1);
    pki_must(asprintf(&missing, "%s/missing", stage.given.files.dir) > 0, "asprintf");
    stage.given.config.password_file = missing;
    cr_expect_eq(check_input_each(&stage.given.config, note, &calls), CHECK_UNREADABLE);
    cr_expect_eq(count, 1, "no file is read without it");
    stage.given.config.password_file = NULL;
    stage.given.config.files = (struct list){.items = NULL};
    free(missing);
    free(path);
    stage_end(&stage);
}
