#include "service/check.h"
#include "base/file.h"
#include "base/text.h"
#include "certificate/bundle.h"
#include "report/report.h"
#include "service/client_certificate.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Bytes of a file of --check at the most: a leaf and its chain, in PEM. */
#define CHECK_MAX_FILE ((size_t)4 * 1024 * 1024)

enum exit_code { EXIT_VALID = 0, EXIT_NOT_VALID = 1, EXIT_UNREADABLE = 2 };

/* Into memory of libcrypto's, which forwarded_free gives back. */
static bool encode(X509 *certificate, struct bytes *bytes)
{
    int length = i2d_X509(certificate, &bytes->data);

    bytes->length = length > 0 ? (size_t)length : 0;
    return length > 0;
}

/* Makes of a file's certificates what a front server would have forwarded. */
static void forward(struct forwarded *forwarded, const struct bundle *bundle)
{
    int i, count = bundle->certificates != NULL ? sk_X509_num(bundle->certificates) : 0;

    if (count == 0) {
        forwarded->status = FORWARDED_MALFORMED;
        (void)snprintf(forwarded->reason, sizeof(forwarded->reason), "it holds no certificate");
        return;
    }
    if (count > CERTIFICATE_MAX_CHAIN + 1) {
        forwarded->status = FORWARDED_MALFORMED;
        (void)snprintf(forwarded->reason, sizeof(forwarded->reason),
            "it has a chain of %d certificates, more than %d", count - 1, CERTIFICATE_MAX_CHAIN);
        return;
    }
    forwarded->status = FORWARDED_PRESENT;
    for (i = 0; i < count; i++) {
        struct bytes *bytes = i == 0 ? &forwarded->leaf : &forwarded->chain[i - 1];

        if (!encode(sk_X509_value(bundle->certificates, i), bytes))
            forwarded->status = FORWARDED_FAILED;
        if (i > 0)
            forwarded->chain_count++;
    }
}

/* Adds a file's certificates. false when it cannot be read at all; what it holds that cannot be
 * used is told in *forwarded. */
static bool add_file(const char *path, const char *password, struct bundle *bundle,
    struct forwarded *forwarded, struct error *error)
{
    struct bytes bytes = {.length = 0};
    bool good = file_read(path, CHECK_MAX_FILE, &bytes, error);

    if (!good)
        return false;
    if (forwarded->status != FORWARDED_ABSENT) {
        good = true; /* an earlier file was no certificate already */
    } else if (!bundle_add(bundle, path, &bytes, password, error)) {
        forwarded->status = error->kind == ERROR_INPUT ? FORWARDED_MALFORMED : FORWARDED_FAILED;
        (void)snprintf(forwarded->reason, sizeof(forwarded->reason), "%.255s", error->text);
    }
    free(bytes.data);
    return good;
}

static bool read_presented(const struct config *config, const char *path, const char *password,
    struct forwarded *forwarded, struct error *error)
{
    struct bundle bundle = {.certificates = NULL};
    struct text shown = {.limit = 0};
    bool good;
    size_t i;

    *forwarded = (struct forwarded){.status = FORWARDED_ABSENT};
    (void)text_append_shown(&shown, path, strlen(path));
    (void)snprintf(forwarded->source, sizeof(forwarded->source), "%.63s", text_string(&shown));
    text_free(&shown);
    good = add_file(path, password, &bundle, forwarded, error);
    for (i = 0; good && i < config->chain.count; i++)
        good = add_file(config->chain.items[i], password, &bundle, forwarded, error);
    if (good && forwarded->status == FORWARDED_ABSENT)
        forward(forwarded, &bundle);
    bundle_free(&bundle);
    return good;
}

static bool put(FILE *output, struct text *text)
{
    bool good = !text->failed && fwrite(text->data, 1, text->length, output) == text->length &&
                fflush(output) == 0;

    text_clear(text);
    return good;
}

static enum exit_code report_on(
    const struct service *service, struct forwarded *forwarded, FILE *output)
{
    const struct config *config = service->config;
    const struct verify_options options = verify_options_of(config);
    STACK_OF(X509) *proven = NULL;
    time_t now = config->at != NULL ? config->at_time : time(NULL);
    struct text text = {.limit = 0};
    struct client_certificate presented;
    struct verdict verdict;
    struct report report = {.format = (enum report_format)config->format,
        .forwarded = forwarded,
        .is_file = true,
        .warn_days = config->warn_days};
    struct trust *trust;
    bool written = true;

    if (client_certificate_decode(&presented, forwarded, now, &verdict)) {
        report.identity = presented.identity;
        report_append_identity(&text, &report);
        written = put(output, &text);
        trust = trust_current_get(service->trust);
        verify_certificate(
            presented.certificate, presented.chain, trust, &options, now, &verdict, &proven);
        ocsp_ask(service->ocsp, presented.certificate, sk_X509_value(proven, 1), trust, &verdict);
        sk_X509_pop_free(proven, X509_free);
        trust_release(trust);
    }
    report_append_verdict(&text, &report, &verdict);
    written = put(output, &text) && written;
    text_free(&text);
    client_certificate_free(&presented);
    if (!written)
        return EXIT_UNREADABLE;
    return verdict.status == VERDICT_VALID ? EXIT_VALID : EXIT_NOT_VALID;
}

static enum exit_code check_one(
    const struct service *service, const char *path, const char *password, FILE *output)
{
    struct error error = {.kind = ERROR_NONE};
    struct forwarded forwarded;
    enum exit_code code = EXIT_UNREADABLE;

    if (read_presented(service->config, path, password, &forwarded, &error))
        code = report_on(service, &forwarded, output);
    else
        error_print(&error);
    forwarded_free(&forwarded);
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
