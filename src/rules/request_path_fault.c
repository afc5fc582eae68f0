/* SPDX-License-Identifier: ISC */
#include "rules/request_path.h"

#include <string.h>
#include <strings.h>

/* Whether one of the escapes, in either case, stands in the path. */
static bool has_escape(const char *at, const char *end, const char *const *escapes)
{
    size_t i;

    for (; at < end; at++) {
        for (i = 0; escapes[i] != NULL; i++) {
            if (strncasecmp(at, escapes[i], strlen(escapes[i])) == 0)
                return true;
        }
    }
    return false;
}

static bool has_control(const char *at, const char *end)
{
    static const char *const escapes[] = {"%0", "%1", "%7f", NULL};

    if (has_escape(at, end, escapes))
        return true;
    for (; at < end; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return true;
    }
    return false;
}

static bool has_bad_escape(const char *at, const char *end)
{
    while ((at = memchr(at, '%', (size_t)(end - at))) != NULL) {
        if (strspn(at + 1, "0123456789abcdefABCDEF") < 2)
            return true;
        at++;
    }
    return false;
}

const char *request_path_fault(const char *raw, const struct request_path_options *options)
{
    static const char *const backslash[] = {"\\", "%5c", NULL};
    static const char *const slash[] = {"%2f", NULL};
    static const char *const twice[] = {"%252e", "%252f", "%255c", "%2525", NULL};
    static const char *const slashes[] = {"//", NULL};
    static const char *const nameless[] = {"/;", "/%3b", NULL};
    const char *end = raw + strcspn(raw, "?");
    struct request_path path;

    if (raw[0] != '/')
        return "it does not begin with /";
    if (request_path_read(raw, options, &path))
        return "the front server understood another one";
    if (has_bad_escape(raw, end))
        return "it has a % without two hexadecimal digits";
    if (has_control(raw, end))
        return "it has control characters";
    if (memchr(raw, '#', (size_t)(end - raw)) != NULL)
        return "it has a #";
    if (has_escape(raw, end, backslash))
        return "it has a backslash";
    if (has_escape(raw, end, twice))
        return "it is encoded twice";
    if (!options->encoded_slash_literal && has_escape(raw, end, slash))
        return "it has an encoded slash";
    if (has_escape(raw, end, nameless) ||
        (!options->double_slash_literal && has_escape(raw, end, slashes)))
        return "it has an empty segment";
    if (end - raw > REQUEST_PATH_MAX)
        return "it is too long";
    return "it has segments of dots or overlong UTF-8";
}
