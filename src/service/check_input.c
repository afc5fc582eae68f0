/* SPDX-License-Identifier: ISC */
#include "service/check_input.h"
#include "base/file.h"
#include "base/text.h"
#include "certificate/bundle.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a file of --check at the most: a leaf and its chain, in PEM. */
#define CHECK_MAX_FILE ((size_t)4 * 1024 * 1024)

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
        refuse(&input->forwarded, "it holds %s",
            input->bundle.has_private_key ? "a private key, and no certificate"
            : input->bundle.crl_count > 0 ? "a CRL, and no certificate"
                                          : "no certificate");
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

/* The leaf's own bytes, for the fingerprint and the page. In memory of libcrypto's, which
 * forwarded_free gives back. */
static void encode_leaf(const X509 *leaf, struct forwarded *forwarded)
{
    int length = i2d_X509(leaf, &forwarded->leaf.data);

    forwarded->leaf.length = length > 0 ? (size_t)length : 0;
    if (length <= 0)
        forwarded->status = FORWARDED_FAILED;
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
        encode_leaf(leaf, &input->forwarded);
    }
    evaluate_certificates(evaluation, service, trust, config->at != NULL ? config->at_time : 0,
        &input->forwarded, leaf, chain);
}

bool check_input_evaluate(struct evaluation *evaluation, const struct service *service,
    const struct trust *trust, const char *path, const char *password, struct error *error)
{
    struct input input = {.forwarded = {.status = FORWARDED_ABSENT}};
    bool good = read_input(service->config, path, password, &input, error);

    if (good)
        evaluate(evaluation, service, trust, &input);
    else
        forwarded_free(&input.forwarded);
    bundle_free(&input.bundle);
    return good;
}

int check_input_each(const struct config *config,
    enum check_code (*one)(const void *context, size_t number, const char *password),
    const void *context)
{
    struct error error = {.kind = ERROR_NONE};
    enum check_code worst = CHECK_GOOD;
    char *password = NULL;
    size_t i;

    if (config->password_file != NULL) {
        password = file_read_password(config->password_file, &error);
        if (password == NULL) {
            error_print(&error);
            return CHECK_UNREADABLE;
        }
    }
    for (i = 0; i < config->files.count; i++) {
        enum check_code code = one(context, i, password);

        if (code > worst)
            worst = code;
    }
    file_wipe(password);
    return (int)worst;
}
