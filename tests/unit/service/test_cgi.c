/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "service/cgi.h"
#include "unit/service/service_given.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTINGS 4

/* The environment of a CGI process over a CA made for the test. */
struct stage {
    struct service_files files;
    struct config config;
    struct pki *client;
    char *own[SETTINGS], *environment[SETTINGS + 2];
    char *answer; /* the last one */
};

static void stage_begin(struct stage *stage)
{
    *stage = (struct stage){.answer = NULL};
    service_files_make(&stage->files, &stage->config);
    stage->client = pki_client("CN=Dan", stage->files.ca);
    pki_must(asprintf(&stage->own[0], "PEERCERT_CA=%s", stage->files.paths[0]) > 0 &&
                 asprintf(&stage->own[1], "PEERCERT_LOG_FILE=%s", stage->config.log_file) > 0,
        "asprintf");
    stage->own[2] = strdup("REQUEST_METHOD=GET");
    stage->own[3] = certificate_parameter(stage->client);
}

static void stage_end(struct stage *stage)
{
    int i;

    for (i = 0; i < SETTINGS; i++)
        free(stage->own[i]);
    free(stage->answer);
    pki_free(stage->client);
    service_files_free(&stage->files, &stage->config);
}

/* Answers with one more variable (NULL: none), and keeps what standard output got. */
static const char *answer(struct stage *stage, char *more)
{
    int before = dup(STDOUT_FILENO);
    FILE *file = tmpfile();
    struct text text = {.limit = 0};
    int byte;

    memcpy(stage->environment, stage->own, sizeof(stage->own));
    stage->environment[SETTINGS] = more;
    cr_assert(before >= 0 && file != NULL);
    (void)fflush(stdout);
    cr_assert_geq(dup2(fileno(file), STDOUT_FILENO), 0);
    cr_expect_eq(cgi_run(stage->environment), 0);
    (void)fflush(stdout);
    cr_assert_geq(dup2(before, STDOUT_FILENO), 0);
    (void)close(before);
    rewind(file);
    while ((byte = getc(file)) != EOF)
        text_append(&text, &(char){(char)byte}, 1);
    (void)fclose(file);
    free(stage->answer);
    stage->answer = text_take(&text);
    return stage->answer;
}

Test(cgi, the_request_of_the_environment_is_answered_on_standard_output)
{
    struct stage stage;
    const char *came;

    stage_begin(&stage);
    came = answer(&stage, NULL);
    cr_expect_eq(strncmp(came, "Status: 200 OK\r\n", 16), 0, "%s", came);
    cr_expect_not_null(strstr(came, "\r\n\r\nClient cert received\n\nName: CN=Dan\n"), "%s", came);
    cr_expect_not_null(strstr(came, "\nThe certificate is valid\n"), "%s", came);
    stage_end(&stage);
}

/* The reason is the operator's: it is in the log. */
Test(cgi, without_a_trust_the_client_reads_503_and_no_reason)
{
    struct stage stage;
    const char *came;
    char *log;

    stage_begin(&stage);
    free(pki_write_text(stage.files.dir, "ca.cer", "no certificate"));
    came = answer(&stage, NULL);
    cr_expect_eq(strncmp(came, "Status: 503 ", 12), 0, "%s", came);
    cr_expect_null(strstr(came, stage.files.dir), "%s", came);
    log = service_log_text(&stage.config);
    cr_expect_not_null(strstr(log, stage.files.paths[0]), "%s", log);
    free(log);
    stage_end(&stage);
}

Test(cgi, with_a_setting_that_means_nothing_the_client_reads_503_and_no_reason,
    .init = cr_redirect_stderr)
{
    static char depth[] = "PEERCERT_DEPTH=deep";
    static char trust[] = "PEERCERT_TRUST_HEADER=X-Cert=nonsense";
    struct stage stage;
    const char *came;

    stage_begin(&stage);
    came = answer(&stage, depth);
    cr_expect_eq(strncmp(came, "Status: 503 ", 12), 0, "%s", came);
    cr_expect_null(strstr(came, "PEERCERT_DEPTH"), "%s", came);
    came = answer(&stage, trust);
    cr_expect_eq(strncmp(came, "Status: 503 ", 12), 0, "%s", came);
    stage_end(&stage);
}

/* A front may set them for all that it serves. */
Test(cgi, what_a_front_says_of_the_request_is_no_setting)
{
    static char host[] = "PEERCERT_HOST=www.example.org", path[] = "PEERCERT_PATH=/a",
                method[] = "PEERCERT_METHOD=GET", again[] = "PEERCERT_AGAIN=on",
                decision[] = "PEERCERT_DECISION=1f", page[] = "PEERCERT_PAGE=report";
    char *const said[] = {host, path, method, again, decision, page};
    struct stage stage;
    size_t i;

    stage_begin(&stage);
    for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        const char *came = answer(&stage, said[i]);

        cr_expect_not_null(strstr(came, "\nThe certificate is valid\n"), "%s: %s", said[i], came);
    }
    stage_end(&stage);
}
