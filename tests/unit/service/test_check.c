/* SPDX-License-Identifier: ISC */
#include "service/check.h"
#include "unit/service/service_given.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>

#define VALID "\nThe certificate is valid\n"

/* A service that trusts one CA, and files of --check: of its client, of a stranger, and one that is
 * not there. */
struct stage {
    struct service_stage given;
    char *good, *strange, *missing;
    char *files[3];
    char *output; /* what was reported last */
    size_t length;
};

static char *write_certificate(const struct stage *stage, const char *name, const struct pki *pki)
{
    char *pem = pki_pem(pki->certificate);
    char *path = pki_write_text(stage->given.files.dir, name, pem);

    free(pem);
    return path;
}

static void stage_begin(struct stage *stage)
{
    struct pki *stranger = pki_ca("CN=Stranger");

    *stage = (struct stage){.output = NULL};
    service_stage_begin(&stage->given, 0);
    stage->good = write_certificate(stage, "good.cer", stage->given.client);
    stage->strange = write_certificate(stage, "strange.cer", stranger);
    pki_must(asprintf(&stage->missing, "%s/missing", stage->given.files.dir) > 0, "asprintf");
    pki_free(stranger);
}

static void stage_end(struct stage *stage)
{
    free(stage->good);
    free(stage->strange);
    free(stage->missing);
    free(stage->output);
    service_stage_end(&stage->given);
}

/* Reports on these files, NULL for none; returns the exit code. */
static int check(struct stage *stage, char *first, char *second, char *third)
{
    FILE *output;
    int code;

    stage->files[0] = first;
    stage->files[1] = second;
    stage->files[2] = third;
    stage->given.config.files.items = stage->files;
    stage->given.config.files.count = third != NULL ? 3 : second != NULL ? 2 : 1;
    free(stage->output);
    output = open_memstream(&stage->output, &stage->length);
    cr_assert_not_null(output);
    code = check_files(&stage->given.service, output);
    (void)fclose(output);
    return code;
}

static size_t count(const char *text, const char *words)
{
    size_t found = 0;

    while ((text = strstr(text, words)) != NULL) {
        found++;
        text++;
    }
    return found;
}

Test(check, the_exit_code_is_that_of_the_worst_file, .init = cr_redirect_stderr)
{
    struct stage stage;

    stage_begin(&stage);
    cr_expect_eq(check(&stage, stage.good, NULL, NULL), 0);
    cr_expect_eq(check(&stage, stage.strange, NULL, NULL), 1);
    cr_expect_eq(count(stage.output, VALID), 0, "%s", stage.output);
    cr_expect_eq(check(&stage, stage.missing, NULL, NULL), 2);
    cr_expect_str_eq(stage.output, "");
    cr_expect_eq(check(&stage, stage.good, stage.good, NULL), 0);
    cr_expect_eq(check(&stage, stage.strange, stage.good, NULL), 1);
    cr_expect_eq(check(&stage, stage.missing, stage.strange, stage.good), 2);
    cr_expect_eq(count(stage.output, VALID), 1, "%s", stage.output);
    stage_end(&stage);
}

Test(check, one_file_has_a_report_and_several_have_a_title_each)
{
    struct stage stage;
    char *title = NULL;

    stage_begin(&stage);
    cr_expect_eq(check(&stage, stage.good, NULL, NULL), 0);
    cr_expect_eq(
        strncmp(stage.output, "Client cert received\n\nName: CN=Dan\n", 34), 0, "%s", stage.output);
    cr_expect_str_eq(stage.output + stage.length - strlen(VALID), VALID);
    cr_expect_eq(check(&stage, stage.good, stage.strange, NULL), 1);
    pki_must(asprintf(&title, "\n==> %s <==\n", stage.strange) > 0, "asprintf");
    cr_expect_eq(strncmp(stage.output, "==> ", 4), 0, "%s", stage.output);
    cr_expect_eq(count(stage.output, title), 1, "%s", stage.output);
    free(title);
    stage_end(&stage);
}

Test(check, json_is_an_object_for_each_file_without_titles)
{
    struct stage stage;

    stage_begin(&stage);
    stage.given.config.format = CONFIG_FORMAT_JSON;
    cr_expect_eq(check(&stage, stage.good, stage.strange, NULL), 1);
    cr_expect_eq(stage.output[0], '{', "%s", stage.output);
    cr_expect_eq(count(stage.output, "==>"), 0, "%s", stage.output);
    cr_expect_eq(count(stage.output, "\n  \"status\": "), 2, "%s", stage.output);
    stage_end(&stage);
}

/* A report that nobody could read is none, be the certificate as good as it may. */
Test(check, a_report_that_cannot_be_written_is_no_success)
{
    struct stage stage;
    FILE *full = fopen("/dev/full", "w");

    stage_begin(&stage);
    cr_assert_not_null(full);
    stage.files[0] = stage.good;
    stage.given.config.files = (struct list){.items = stage.files, .count = 1};
    cr_expect_eq(check_files(&stage.given.service, full), 2);
    (void)fclose(full);
    stage_end(&stage);
}

Test(check, without_the_pass_phrase_that_is_named_nothing_is_read, .init = cr_redirect_stderr)
{
    struct stage stage;

    stage_begin(&stage);
    stage.given.config.password_file = stage.missing;
    cr_expect_eq(check(&stage, stage.good, NULL, NULL), 2);
    cr_expect_str_eq(stage.output, "");
    stage.given.config.password_file = NULL;
    stage_end(&stage);
}
