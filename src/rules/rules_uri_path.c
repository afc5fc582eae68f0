/* SPDX-License-Identifier: ISC */
#include "rules/rules_uri_path.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

size_t rules_uri_decode(char *text, size_t length)
{
    size_t in, out = 0;

    for (in = 0; in < length; in++) {
        int high = in + 2 < length && text[in] == '%' ? text_hex_value(text[in + 1]) : -1;
        int low = high >= 0 ? text_hex_value(text[in + 2]) : -1;

        text[out++] = (char)(low >= 0 ? high * 16 + low : text[in]);
        in += low >= 0 ? 2 : 0;
    }
    return out;
}

static bool is_slash(char character)
{
    return character == '/' || character == '\\';
}

size_t rules_uri_resolve(char *path, size_t length)
{
    size_t at, end, out = 0;

    for (at = 0; at < length; at = end) {
        while (at < length && is_slash(path[at]))
            at++;
        for (end = at; end < length && !is_slash(path[end]);)
            end++;
        if (end - at == 2 && memcmp(path + at, "..", 2) == 0) {
            const char *slash = memrchr(path, '/', out);

            out = slash != NULL ? (size_t)(slash - path) : 0;
        } else if (end > at && (end - at != 1 || path[at] != '.')) {
            path[out++] = '/';
            memmove(path + out, path + at, end - at);
            out += end - at;
        }
    }
    return out;
}

size_t rules_uri_path_length(const char *path, size_t length)
{
    size_t cut;

    for (cut = 0; cut < length && path[cut] != '?' && path[cut] != '#';)
        cut++;
    return cut;
}

size_t rules_uri_settle(char *path, size_t length)
{
    return rules_uri_resolve(path, rules_uri_decode(path, rules_uri_path_length(path, length)));
}
