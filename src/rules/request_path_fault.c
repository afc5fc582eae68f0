/* SPDX-License-Identifier: ISC */
#include "rules/request_path.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Behind one hexadecimal digit, which may be an escape; NULL when none stands there. */
static const char *behind_digit(const char *at)
{
    char escape[3] = "";

    if (*at != '%')
        return isxdigit((unsigned char)*at) ? at + 1 : NULL;
    (void)snprintf(escape, sizeof(escape), "%s", at + 1);
    return isxdigit((int)strtoul(escape, NULL, 16)) ? at + 3 : NULL;
}

/* %25 before two hexadecimal digits. */
static bool is_encoded_twice(const char *at, const char *end)
{
    for (; at < end; at++) {
        const char *next = strncmp(at, "%25", 3) == 0 ? behind_digit(at + 3) : NULL;

        if (next != NULL && behind_digit(next) != NULL)
            return true;
    }
    return false;
}

const char *request_path_fault(const char *raw, const struct request_path_options *options)
{
    static const char *const backslash[] = {"\\", "%5c", NULL};
    static const char *const slash[] = {"%2f", NULL};
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
    if (is_encoded_twice(raw, end))
        return "it is encoded twice";
    if (!options->encoded_slash_literal && has_escape(raw, end, slash))
        return "it has an encoded slash";
    if (has_escape(raw, end, nameless) ||
        (!options->double_slash_literal && has_escape(raw, end, slashes)))
        return "it has an empty segment";
    if (end - raw > REQUEST_PATH_MAX)
        return "it is too long";
    if (has_escape(raw, end, slash))
        return "it has segments of dots, overlong UTF-8, or an encoded slash behind a semicolon";
    return "it has segments of dots or overlong UTF-8";
}
