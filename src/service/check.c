/* SPDX-License-Identifier: ISC */
#include "service/check.h"
#include "base/text.h"
#include "report/report.h"
#include "service/check_input.h"

#include <stdlib.h>
#include <string.h>

/* What all files are reported with. */
struct checker {
    const struct service *service;
    FILE *output;
};

static bool put(FILE *output, struct text *text)
{
    bool good = !text->failed && fwrite(text->data, 1, text->length, output) == text->length &&
                fflush(output) == 0;

    text_clear(text);
    return good;
}

static enum check_code report_on(
    const struct service *service, struct evaluation *evaluation, FILE *output)
{
    struct text text = {.limit = 0};
    struct report report = {.format = (enum report_format)service->config->format,
        .is_file = true,
        .warn_days = service->config->warn_days};
    bool written = true, valid;

    report.forwarded = &evaluation->forwarded;
    report.identity = evaluation->identity;
    report.trust = evaluation->trust;
    if (!evaluation->judged) {
        report_append_identity(&text, &report);
        written = put(output, &text);
        evaluate_verdict(evaluation);
    }
    report_append_verdict(&text, &report, &evaluation->verdict);
    written = put(output, &text) && written;
    valid = evaluation->verdict.status == VERDICT_VALID;
    text_free(&text);
    if (!written) {
        (void)fputs("peercert: the report cannot be written\n", stderr);
        return CHECK_UNREADABLE;
    }
    return valid ? CHECK_GOOD : CHECK_BAD;
}

/* Of several reports in text each has a title. */
static void put_title(const struct checker *checker, size_t number)
{
    const struct config *config = checker->service->config;
    const char *path = config->files.items[number];
    struct text title = {.limit = 0};

    if (config->files.count == 1 || config->format != CONFIG_FORMAT_TEXT)
        return;
    text_append_string(&title, number > 0 ? "\n==> " : "==> ");
    (void)text_append_shown(&title, path, strlen(path));
    text_append_string(&title, " <==\n");
    (void)put(checker->output, &title);
    text_free(&title);
}

static enum check_code check_one(const void *context, size_t number, const char *password)
{
    const struct checker *checker = context;
    const struct service *service = checker->service;
    struct trust *trust = trust_current_get(service->trust);
    struct error error = {.kind = ERROR_NONE};
    struct evaluation evaluation;
    enum check_code code = CHECK_UNREADABLE;

    put_title(checker, number);
    if (check_input_evaluate(
            &evaluation, service, trust, service->config->files.items[number], password, &error)) {
        code = report_on(service, &evaluation, checker->output);
        evaluate_end(&evaluation);
    } else {
        error_print(&error);
    }
    trust_release(trust);
    return code;
}

int check_files(const struct service *service, FILE *output)
{
    const struct checker checker = {.service = service, .output = output};

    return check_input_each(service->config, check_one, &checker);
}
