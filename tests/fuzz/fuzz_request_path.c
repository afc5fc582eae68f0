/* SPDX-License-Identifier: ISC */
/* Fuzzes paths and hosts: what is taken has no segment that is `.` or `..`, no control characters,
 * and is as plain when it is read again in its decoded form. */
#include "rules/request_host.h"
#include "rules/request_path.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
    if (!fine)
        abort();
}

static void check(const struct request_path *path, bool double_slash)
{
    const char *at = path->text;

    must(path->length == strlen(path->text) && at[0] == '/');
    must(strpbrk(at, "\\;\n\r\t") == NULL);
    while (*at == '/') {
        size_t length = strcspn(++at, "/");

        must(!(length == 1 && at[0] == '.') && !(length == 2 && memcmp(at, "..", 2) == 0));
        must(length > 0 || at[0] == '\0' || double_slash);
        at += length;
    }
    must(*at == '\0');
}

static void try_path(
    const char *raw, const char *served, const struct request_path_options *options)
{
    static struct request_path path, again;

    if (request_path_read(raw, options, &path))
        check(&path, options->double_slash_literal);
    if (request_path_choose(raw, served, false, options, &path)) {
        check(&path, options->double_slash_literal);
        must(request_path_read(raw, options, &again));
    }
    must(request_path_fault(raw, options)[0] != '\0');
    if (request_path_choose(raw, served, true, options, &path))
        check(&path, options->double_slash_literal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct request_path_options strict = {.encoded_slash_literal = false},
                                      loose = {.encoded_slash_literal = true,
                                          .double_slash_literal = true};
    char *raw = malloc(size + 2), *served, host[REQUEST_HOST_SIZE];

    must(raw != NULL);
    memcpy(raw, data, size);
    raw[size] = '\0';
    raw[size + 1] = '\0';
    served = raw + strcspn(raw, "|");
    if (*served == '|')
        *served++ = '\0';
    try_path(raw, served, &strict);
    try_path(raw, served, &loose);
    if (request_host_read(raw, host)) {
        must(strlen(host) > 0 && strpbrk(host, "/@ %") == NULL);
        must(host[0] == '[' || host[strlen(host) - 1] != '.');
    }
    free(raw);
    return 0;
}
