/* SPDX-License-Identifier: ISC */
#include "service/check.h"
#include "base/file.h"
#include "base/text.h"
#include "report/report.h"
#include "service/check_input.h"

#include <stdlib.h>
#include <string.h>

enum exit_code { EXIT_VALID = 0, EXIT_NOT_VALID = 1, EXIT_UNREADABLE = 2 };

static bool put(FILE *output, struct text *text)
{
    bool good = !text->failed && fwrite(text->data, 1, text->length, output) == text->length &&
                fflush(output) == 0;

    text_clear(text);
    return good;
}

static enum exit_code report_on(
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
    if (!written)
        return EXIT_UNREADABLE;
    return valid ? EXIT_VALID : EXIT_NOT_VALID;
}

static enum exit_code check_one(
    const struct service *service, const char *path, const char *password, FILE *output)
{
    struct trust *trust = trust_current_get(service->trust);
    struct error error = {.kind = ERROR_NONE};
    struct evaluation evaluation;
    enum exit_code code = EXIT_UNREADABLE;

    if (check_input_evaluate(&evaluation, service, trust, path, password, &error)) {
        code = report_on(service, &evaluation, output);
        evaluate_end(&evaluation);
    } else {
        error_print(&error);
    }
    trust_release(trust);
    return code;
}

int check_files(const struct service *service, FILE *output)
{
    const struct config *config = service->config;
    struct error error = {.kind = ERROR_NONE};
    enum exit_code worst = EXIT_VALID;
    char *password = NULL;
    size_t i;

    if (!check_input_password(config, &password, &error)) {
        error_print(&error);
        return EXIT_UNREADABLE;
    }
    for (i = 0; i < config->files.count; i++) {
        enum exit_code code;

        if (config->files.count > 1 && config->format == CONFIG_FORMAT_TEXT) {
            struct text title = {.limit = 0};

            text_append_string(&title, i > 0 ? "\n==> " : "==> ");
            (void)text_append_shown(&title, config->files.items[i], strlen(config->files.items[i]));
            text_append_string(&title, " <==\n");
            (void)put(output, &title);
            text_free(&title);
        }
        code = check_one(service, config->files.items[i], password, output);
        if (code > worst)
            worst = code;
    }
    file_wipe(password);
    return (int)worst;
}
