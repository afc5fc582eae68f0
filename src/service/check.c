#include "service/check.h"
#include "base/file.h"
#include "base/text.h"
#include "certificate/bundle.h"
#include "report/report.h"
#include "service/evaluate.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a file of --check at the most: a leaf and its chain, in PEM. */
#define CHECK_MAX_FILE ((size_t)4 * 1024 * 1024)

enum exit_code { EXIT_VALID = 0, EXIT_NOT_VALID = 1, EXIT_UNREADABLE = 2 };

/* A file's certificates, decoded, and what is wrong with them otherwise. */
struct input {
    struct bundle bundle;
    struct forwarded forwarded;
};

__attribute__((format(printf, 2, 3))) static void refuse(
    struct forwarded *forwarded, const char *format, ...)
{
    va_list arguments;

    forwarded->status = FORWARDED_MALFORMED;
    va_start(arguments, format);
    (void)vsnprintf(forwarded->reason, sizeof(forwarded->reason), format, arguments);
    va_end(arguments);
}

/* Adds a file's certificates. false when it cannot be read at all; what it holds that cannot be
 * used is told in input->forwarded. */
static bool add_file(
    const char *path, const char *password, struct input *input, struct error *error)
{
    struct forwarded *forwarded = &input->forwarded;
    struct bytes bytes = {.length = 0};

    if (!file_read(path, CHECK_MAX_FILE, &bytes, error))
        return false;
    /* An earlier file may hold no certificate already. */
    if (forwarded->status == FORWARDED_ABSENT &&
        !bundle_add(&input->bundle, path, &bytes, password, error)) {
        refuse(forwarded, "%.255s", error->text);
        if (error->kind != ERROR_INPUT)
            forwarded->status = FORWARDED_FAILED;
    }
    free(bytes.data);
    return true;
}

/* A leaf and a chain of bearable length are there. */
static void judge_count(struct input *input)
{
    int count = input->bundle.certificates != NULL ? sk_X509_num(input->bundle.certificates) : 0;

    if (count == 0)
        refuse(&input->forwarded, "it holds no certificate");
    else if (count > CERTIFICATE_MAX_CHAIN + 1)
        refuse(&input->forwarded, "it has a chain of %d certificates, more than %d", count - 1,
            CERTIFICATE_MAX_CHAIN);
    else
        input->forwarded.status = FORWARDED_PRESENT;
}

static bool read_input(const struct config *config, const char *path, const char *password,
    struct input *input, struct error *error)
{
    struct text shown = {.limit = 0};
    bool good;
    size_t i;

    (void)text_append_shown(&shown, path, strlen(path));
    (void)snprintf(
        input->forwarded.source, sizeof(input->forwarded.source), "%.63s", text_string(&shown));
    text_free(&shown);
    good = add_file(path, password, input, error);
    for (i = 0; good && i < config->chain.count; i++)
        good = add_file(config->chain.items[i], password, input, error);
    if (good && input->forwarded.status == FORWARDED_ABSENT)
        judge_count(input);
    return good;
}

/* The leaf's own bytes, which the page shows. In memory of libcrypto's, which forwarded_free gives
 * back. */
static void encode_leaf(const X509 *leaf, struct forwarded *forwarded)
{
    int length = i2d_X509(leaf, &forwarded->leaf.data);

    forwarded->leaf.length = length > 0 ? (size_t)length : 0;
    if (length <= 0)
        forwarded->status = FORWARDED_FAILED;
}

static bool put(FILE *output, struct text *text)
{
    bool good = !text->failed && fwrite(text->data, 1, text->length, output) == text->length &&
                fflush(output) == 0;

    text_clear(text);
    return good;
}

/* Evaluates what was read, which the evaluation takes over. */
static void evaluate(struct evaluation *evaluation, const struct service *service,
    const struct trust *trust, struct input *input)
{
    const struct config *config = service->config;
    STACK_OF(X509) *chain = NULL;
    X509 *leaf = NULL;

    if (input->forwarded.status == FORWARDED_PRESENT) {
        chain = input->bundle.certificates;
        input->bundle.certificates = NULL;
        leaf = sk_X509_shift(chain);
        if (config->format == CONFIG_FORMAT_HTML)
            encode_leaf(leaf, &input->forwarded);
    }
    evaluate_certificates(evaluation, service, trust, config->at != NULL ? config->at_time : 0,
        &input->forwarded, leaf, chain);
}

static enum exit_code report_on(const struct service *service, struct input *input, FILE *output)
{
    struct trust *trust = trust_current_get(service->trust);
    struct text text = {.limit = 0};
    struct evaluation evaluation;
    struct report report = {.format = (enum report_format)service->config->format,
        .is_file = true,
        .warn_days = service->config->warn_days};
    bool written = true, valid;

    evaluate(&evaluation, service, trust, input);
    report.forwarded = &evaluation.forwarded;
    report.identity = evaluation.identity;
    if (!evaluation.judged) {
        report_append_identity(&text, &report);
        written = put(output, &text);
        evaluate_verdict(&evaluation);
    }
    report_append_verdict(&text, &report, &evaluation.verdict);
    written = put(output, &text) && written;
    valid = evaluation.verdict.status == VERDICT_VALID;
    text_free(&text);
    evaluate_end(&evaluation);
    trust_release(trust);
    if (!written)
        return EXIT_UNREADABLE;
    return valid ? EXIT_VALID : EXIT_NOT_VALID;
}

static enum exit_code check_one(
    const struct service *service, const char *path, const char *password, FILE *output)
{
    struct error error = {.kind = ERROR_NONE};
    struct input input = {.forwarded = {.status = FORWARDED_ABSENT}};
    enum exit_code code = EXIT_UNREADABLE;

    if (read_input(service->config, path, password, &input, &error))
        code = report_on(service, &input, output);
    else
        error_print(&error);
    bundle_free(&input.bundle);
    forwarded_free(&input.forwarded);
    return code;
}

int check_files(const struct service *service, FILE *output)
{
    const struct config *config = service->config;
    struct error error = {.kind = ERROR_NONE};
    enum exit_code worst = EXIT_VALID;
    char *password = NULL;
    size_t i;

    if (config->password_file != NULL) {
        password = file_read_password(config->password_file, &error);
        if (password == NULL) {
            error_print(&error);
            return EXIT_UNREADABLE;
        }
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
