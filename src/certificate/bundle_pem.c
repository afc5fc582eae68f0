/* SPDX-License-Identifier: ISC */
#include "certificate/bundle_pem.h"
#include "certificate/bundle_pkcs12.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define MAX_LABEL 64

static const char begin_mark[] = "-----BEGIN ";
static const char end_mark[] = "-----END ";
static const char close_mark[] = "-----";

/* A place in the text, and the number of its line. */
struct place {
    const char *at, *end;
    size_t line;
};

static bool starts(const struct place *place, const char *literal)
{
    size_t length = strlen(literal);

    return (size_t)(place->end - place->at) >= length && memcmp(place->at, literal, length) == 0;
}

static const char *find(const char *at, const char *end, const char *literal)
{
    return memmem(at, (size_t)(end - at), literal, strlen(literal));
}

static void skip_blank(struct place *place)
{
    while (place->at < place->end && (*place->at == ' ' || *place->at == '\t'))
        place->at++;
}

static bool at_line_end(const struct place *place)
{
    return place->at == place->end || *place->at == '\n' || *place->at == '\r';
}

/* Moves to `target` and counts the line ends on the way: LF, CR or both. */
static void move_to(struct place *place, const char *target)
{
    for (; place->at < target; place->at++) {
        bool both = *place->at == '\r' && place->at + 1 < place->end && place->at[1] == '\n';

        if (*place->at == '\n' || (*place->at == '\r' && !both))
            place->line++;
    }
}

/* Moves behind the end of the line. */
static void next_line(struct place *place)
{
    while (!at_line_end(place))
        place->at++;
    if (place->at < place->end)
        move_to(
            place, place->at + 1 +
                       (*place->at == '\r' && place->at + 1 < place->end && place->at[1] == '\n'));
}

static bool refuse(struct error *error, const char *name, size_t line, const char *what)
{
    error_set(
        error, ERROR_INPUT, "%s: a PEM block in it is broken: line %zu: %s", name, line, what);
    return false;
}

bool bundle_is_private_key(const char *label)
{
    static const char words[] = "PRIVATE KEY";
    size_t length = strlen(label);

    return length >= sizeof(words) - 1 && strcmp(label + length - (sizeof(words) - 1), words) == 0;
}

/* Reads a label and the dashes behind it, within one line. */
static bool read_label(struct place *place, char label[MAX_LABEL + 1])
{
    size_t length = 0;

    while (!at_line_end(place) && *place->at != '-' && length < MAX_LABEL)
        label[length++] = *place->at++;
    label[length] = '\0';
    if (length == 0 || !starts(place, close_mark))
        return false;
    place->at += strlen(close_mark);
    return true;
}

/* Decodes base64 with white space of any kind in it, into memory that the caller frees with
 * OPENSSL_clear_free. */
static bool decode(
    const char *text, size_t length, unsigned char **data, size_t *count, bool *out_of_memory)
{
    EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
    int most = 0, last = 0;
    bool good = false;

    *data = OPENSSL_malloc(length / 4 * 3 + 3);
    *out_of_memory = context == NULL || *data == NULL;
    if (!*out_of_memory) {
        EVP_DecodeInit(context);
        good = EVP_DecodeUpdate(context, *data, &most, (const unsigned char *)text, (int)length) >=
                   0 &&
               EVP_DecodeFinal(context, *data + most, &last) >= 0 && most + last > 0;
    }
    EVP_ENCODE_CTX_free(context);
    *count = good ? (size_t)(most + last) : 0;
    return good;
}

/* Hands on what stands between the first and the last line of a block. */
static bool hand_on(struct bundle *bundle, const char *name, const char *label,
    const struct place *body, const char *end, bundle_block *block, struct error *error)
{
    unsigned char *data = NULL;
    size_t length = 0;
    bool good, out_of_memory = false;

    if (bundle_is_private_key(label))
        return block(bundle, name, label, NULL, 0, error);
    if (memchr(body->at, ':', (size_t)(end - body->at)) != NULL)
        return refuse(error, name, body->line,
            "header lines follow (RFC 1421), which only keys may have: take them out");
    good = decode(body->at, (size_t)(end - body->at), &data, &length, &out_of_memory);
    if (good)
        good = block(bundle, name, label, data, length, error);
    else if (out_of_memory)
        error_set(error, ERROR_MEMORY, "%s: out of memory", name);
    else
        (void)refuse(error, name, body->line, "what follows is not base64");
    OPENSSL_clear_free(data, length);
    return good;
}

/* Reads a block from behind the mark of its first line to behind its last. */
static bool read_block(struct bundle *bundle, const char *name, struct place *place,
    bundle_block *block, struct error *error)
{
    const size_t first = place->line;
    char label[MAX_LABEL + 1], again[MAX_LABEL + 1];
    const char *end, *other;
    struct place body;

    if (!read_label(place, label))
        return refuse(error, name, first, "its BEGIN line is cut off or damaged");
    skip_blank(place);
    if (!at_line_end(place))
        return refuse(error, name, first,
            starts(place, "\\n") || starts(place, "\\r")
                ? "its line ends are written as the two characters \\ and n: make real ones of them"
                : "something follows in its BEGIN line");
    body = *place;
    end = find(place->at, place->end, end_mark);
    other = find(place->at, end != NULL ? end : place->end, begin_mark);
    if (end == NULL || other != NULL)
        return refuse(error, name, first, "the END line of the block that begins here is missing");
    move_to(place, end);
    place->at += strlen(end_mark);
    if (!read_label(place, again))
        return refuse(error, name, place->line, "its END line is cut off or damaged");
    if (strcmp(label, again) != 0)
        return refuse(error, name, place->line, "its END line is that of another block");
    return hand_on(bundle, name, label, &body, end, block, error);
}

static bool is_comment(const struct place *place)
{
    return starts(place, "#") || starts(place, ";") || starts(place, "//");
}

/* What was seen outside of blocks. */
struct seen {
    bool commented; /* the block before was commented out, in its first line at least */
    bool block;     /* one was read */
    size_t inside;  /* the first line with a BEGIN line behind something else; 0: none */
};

/* Reads on from the beginning of a line outside of blocks. */
static bool read_line(struct bundle *bundle, const char *name, struct place *place,
    struct seen *seen, bundle_block *block, struct error *error)
{
    struct place line_end = *place;
    const char *beginning;

    skip_blank(place);
    while (!at_line_end(&line_end))
        line_end.at++;
    while (starts(place, begin_mark)) {
        seen->commented = false;
        seen->block = true;
        place->at += strlen(begin_mark);
        if (!read_block(bundle, name, place, block, error))
            return false;
        skip_blank(place);
        line_end = *place;
        while (!at_line_end(&line_end))
            line_end.at++;
    }
    beginning = find(place->at, line_end.at, "-BEGIN");
    if (starts(place, "-") && beginning != NULL)
        return refuse(error, name, place->line, "this BEGIN line is damaged");
    if (starts(place, close_mark) && find(place->at, line_end.at, "END ") != NULL &&
        !seen->commented)
        return refuse(error, name, place->line, "this END line has no BEGIN line");
    if (is_comment(place) && beginning != NULL)
        seen->commented = true;
    else if (seen->inside == 0 && find(place->at, line_end.at, begin_mark) != NULL)
        seen->inside = place->line;
    next_line(place);
    return true;
}

bool bundle_looks_like_pem(const struct bytes *file)
{
    const char *text = (const char *)file->data;
    bool is_der = file->length >= 2 && file->data[0] == 0x30 && file->data[1] >= 0x80;

    return !is_der && find(text, text + file->length, "-BEGIN ") != NULL;
}

bool bundle_read_pem(struct bundle *bundle, const char *name, const struct bytes *file,
    bundle_block *block, struct error *error)
{
    struct place place = {
        .at = (const char *)file->data, .end = (const char *)file->data + file->length, .line = 1};
    struct seen seen = {.commented = false};

    if (starts(&place, "\xEF\xBB\xBF")) /* a byte order mark in UTF-8 */
        place.at += 3;
    while (place.at < place.end) {
        if (!read_line(bundle, name, &place, &seen, block, error))
            return false;
    }
    if (!seen.block && seen.inside > 0)
        return refuse(error, name, seen.inside,
            "something stands before the BEGIN line, which must stand at the beginning of a line");
    return true;
}

static void salvage(
    struct bundle *bundle, const char *label, const char *body, size_t length, bundle_block *block)
{
    unsigned char *data = NULL;
    size_t count = 0;
    bool ignored;

    if (decode(body, length, &data, &count, &ignored))
        (void)block(bundle, "", label, data, count, NULL);
    OPENSSL_clear_free(data, count);
}

void bundle_salvage_pem(
    struct bundle *bundle, const struct bytes *file, const char *label, bundle_block *block)
{
    struct place place = {
        .at = (const char *)file->data, .end = (const char *)file->data + file->length, .line = 1};

    while (place.at < place.end) {
        char its[MAX_LABEL + 1];
        const char *body, *end;

        skip_blank(&place);
        if (!starts(&place, begin_mark)) {
            next_line(&place);
            continue;
        }
        place.at += strlen(begin_mark);
        if (!read_label(&place, its) || strcmp(its, label) != 0)
            continue;
        body = place.at;
        end = memchr(body, '-', (size_t)(place.end - body));
        end = end != NULL ? end : place.end;
        if (end - body <= INT_MAX)
            salvage(bundle, label, body, (size_t)(end - body), block);
        place.at = end;
    }
}
