/* SPDX-License-Identifier: ISC */
#include "rules/request_path.h"
#include "base/text.h"

#include <string.h>

/* The byte that `%XX` stands for; -1 when that is no such thing. */
static int decode_at(const char *at, const char *end)
{
    int high, low;

    if (end - at < 3)
        return -1;
    high = text_hex_value(at[1]);
    low = text_hex_value(at[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_control(int byte)
{
    return byte < 0x20 || byte == 0x7F;
}

static bool put(struct request_path *path, char byte)
{
    if (path->length >= REQUEST_PATH_MAX)
        return false;
    path->text[path->length++] = byte;
    return true;
}

/* Appends a byte that is decoded once. false when three of them are an escape again. */
static bool put_decoded(struct request_path *path, char byte)
{
    const char *end;

    if (!put(path, byte))
        return false;
    end = path->text + path->length;
    return path->length < 3 || end[-3] != '%' || decode_at(end - 3, end) < 0;
}

/* Appends what one escape stands for and moves on behind it. */
static bool put_escape(const char **at, const char *end, const struct request_path_options *options,
    struct request_path *path)
{
    int byte = decode_at(*at, end);

    if (byte < 0 || is_control(byte) || byte == '\\')
        return false;
    *at += 3;
    if (byte != '/')
        return put_decoded(path, (char)byte);
    return options->encoded_slash_literal && put(path, '%') && put(path, '2') && put(path, 'F');
}

/* Decodes up to `end`. */
static bool decode(const char *raw, const char *end, const struct request_path_options *options,
    struct request_path *path)
{
    path->length = 0;
    while (raw < end) {
        if (*raw == '%') {
            if (!put_escape(&raw, end, options, path))
                return false;
            continue;
        }
        if (is_control((unsigned char)*raw) || *raw == '\\' || *raw == '#' ||
            !put_decoded(path, *raw))
            return false;
        raw++;
    }
    path->text[path->length] = '\0';
    return true;
}

/* Overlong UTF-8 (RFC 3629 section 10), of up to six bytes as RFC 2279 had it: a careless decoder
 * finds a slash or a dot in it. */
static bool has_overlong(const struct request_path *path)
{
    size_t i;

    for (i = 0; i < path->length; i++) {
        unsigned byte = (unsigned char)path->text[i], next = (unsigned char)path->text[i + 1];

        if (byte == 0xC0 || byte == 0xC1 || (byte == 0xE0 && next >= 0x80 && next < 0xA0) ||
            (byte == 0xF0 && next >= 0x80 && next < 0x90) ||
            (byte == 0xF8 && next >= 0x80 && next < 0x88) ||
            (byte == 0xFC && next >= 0x80 && next < 0x84))
            return true;
    }
    return false;
}

static bool is_dots(const char *segment, size_t length)
{
    return (length == 1 && segment[0] == '.') ||
           (length == 2 && segment[0] == '.' && segment[1] == '.');
}

/* Whether a piece between encoded slashes is empty or dots: who decodes them would walk there. */
static bool has_hidden_dots(const char *segment, size_t length)
{
    const char *end = segment + length;

    for (;;) {
        const char *slash = memmem(segment, (size_t)(end - segment), "%2F", 3);
        size_t piece = (size_t)((slash != NULL ? slash : end) - segment);

        if (piece == 0 || is_dots(segment, piece))
            return true;
        if (slash == NULL)
            return false;
        segment = slash + 3;
    }
}

/* Cuts `;...` off each segment, in place, and looks at what is left. An encoded slash behind the
 * semicolon would go with it, and who decodes that first walks on from there. */
static bool settle_segments(struct request_path *path, const struct request_path_options *options)
{
    const char *at = path->text, *end = path->text + path->length;
    char *out = path->text;

    while (at < end) {
        size_t length = strcspn(at + 1, "/"), kept = strcspn(at + 1, ";/");
        bool last = at + 1 + length == end;

        if (kept == 0 && !(length == 0 && (last || options->double_slash_literal)))
            return false;
        if (is_dots(at + 1, kept) || memmem(at + 1 + kept, length - kept, "%2F", 3) != NULL ||
            (memmem(at + 1, kept, "%2F", 3) != NULL && has_hidden_dots(at + 1, kept)))
            return false;
        *out++ = '/';
        memmove(out, at + 1, kept);
        out += kept;
        at += 1 + length;
    }
    *out = '\0';
    path->length = (size_t)(out - path->text);
    return true;
}

static bool settle(struct request_path *path, const struct request_path_options *options)
{
    return path->text[0] == '/' && !has_overlong(path) && settle_segments(path, options);
}

bool request_path_read(
    const char *raw, const struct request_path_options *options, struct request_path *path)
{
    return raw[0] == '/' && decode(raw, raw + strcspn(raw, "?"), options, path) &&
           settle(path, options);
}

/* Reads a path that is decoded already. */
static bool read_decoded(
    const char *served, const struct request_path_options *options, struct request_path *path)
{
    const char *at;

    path->length = 0;
    for (at = served; *at != '\0'; at++) {
        if (is_control((unsigned char)*at) || *at == '\\' || !put(path, *at))
            return false;
    }
    path->text[path->length] = '\0';
    return settle(path, options);
}

/* True when the raw path, decoded once and otherwise as it is, is the served one. */
static bool decodes_to(const char *raw, const char *served)
{
    const char *end = raw + strcspn(raw, "?");

    while (raw < end) {
        int byte = *raw == '%' ? decode_at(raw, end) : (unsigned char)*raw;

        if (byte < 0 || (unsigned char)*served++ != byte)
            return false;
        raw += *raw == '%' ? 3 : 1;
    }
    return *served == '\0';
}

bool request_path_choose(const char *raw, const char *served, bool served_is_encoded,
    const struct request_path_options *options, struct request_path *path)
{
    if (raw == NULL && served == NULL)
        return false;
    if (raw != NULL && !request_path_read(raw, options, path))
        return false;
    if (served == NULL || (raw != NULL && strcmp(raw, served) == 0))
        return true;
    if (raw == NULL || served_is_encoded)
        return request_path_read(served, options, path);
    if (decodes_to(raw, served) || strpbrk(served, "%?#") == NULL)
        return read_decoded(served, options, path);
    return false;
}

bool request_path_second(const char *raw, const char *served,
    const struct request_path_options *options, const struct request_path *chosen,
    struct request_path *second)
{
    static const struct request_path_options none = {.encoded_slash_literal = false};

    return raw != NULL && served != NULL && !request_path_read(raw, &none, second) &&
           request_path_read(raw, options, second) && strcmp(second->text, chosen->text) != 0;
}

bool request_path_make_plain(struct request_path *path)
{
    const char *in = path->text, *end = path->text + path->length;
    char *out = path->text;
    bool changed;

    while (in < end) {
        const bool encoded = strncmp(in, "%2F", 3) == 0;

        if (!encoded && *in != '/')
            *out++ = *in;
        else if (out == path->text || out[-1] != '/')
            *out++ = '/';
        in += encoded ? 3 : 1;
    }
    changed = out != end;
    *out = '\0';
    path->length = (size_t)(out - path->text);
    return changed;
}

bool request_path_cut(struct request_path *path)
{
    const size_t kept = strcspn(path->text, "?#");
    const bool cut = kept < path->length;

    path->text[kept] = '\0';
    path->length = kept;
    return cut;
}

bool request_path_is_in(const struct request_path *path, const char *folder, size_t length)
{
    return path->length >= length && memcmp(path->text, folder, length) == 0 &&
           (path->length == length || path->text[length] == '/');
}
