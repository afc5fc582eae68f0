/* SPDX-License-Identifier: ISC */
#include "report/report_writers.h"

#include <string.h>
#include <strings.h>

/* A piece of the Accept header, borrowed from it. */
struct piece {
    const char *at;
    size_t length;
};

/* How closely a media range names what we have; a closer one counts, whatever its quality (RFC 9110
 * section 12.5.1). */
enum closeness {
    CLOSE_NOT,
    CLOSE_ANYTHING,         /* any type */
    CLOSE_TYPE,             /* any subtype of the type */
    CLOSE_OTHER_PARAMETERS, /* the type with parameters that are not ours: let pass */
    CLOSE_EXACT,
    CLOSE_PARAMETERS, /* the type with charset=utf-8, as we send it */
};

struct media_range {
    struct piece type, subtype;
    bool our_charset, other_parameters;
    int quality; /* thousandths */
};

/* RFC 9110 section 5.6.2. */
static size_t token_length(const char *at, size_t length)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    size_t i;

    for (i = 0; i < length; i++) {
        char c = at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                (c != '\0' && strchr(marks, c) != NULL)))
            break;
    }
    return i;
}

/* RFC 9110 section 5.6.4; 0 when it does not begin with one, or it does not end. */
static size_t quoted_length(const char *at, size_t length)
{
    size_t i;

    if (length == 0 || at[0] != '"')
        return 0;
    for (i = 1; i < length; i++) {
        if (at[i] == '"')
            return i + 1;
        if (at[i] == '\\')
            i++;
    }
    return 0;
}

static bool piece_is(const struct piece *piece, const char *word)
{
    return piece->length == strlen(word) && strncasecmp(piece->at, word, piece->length) == 0;
}

static void skip(struct piece *rest, size_t length)
{
    rest->at += length;
    rest->length -= length;
}

static void skip_space(struct piece *rest)
{
    while (rest->length > 0 && (rest->at[0] == ' ' || rest->at[0] == '\t'))
        skip(rest, 1);
}

static bool take_token(struct piece *rest, struct piece *token)
{
    *token = (struct piece){rest->at, token_length(rest->at, rest->length)};
    skip(rest, token->length);
    return token->length > 0;
}

static bool take_character(struct piece *rest, char c)
{
    if (rest->length == 0 || rest->at[0] != c)
        return false;
    skip(rest, 1);
    return true;
}

/* RFC 9110 section 12.4.2: 0 to 1 with up to three digits after the point; in thousandths. */
static bool read_quality(const struct piece *value, int *quality)
{
    int unit = 1000;
    size_t i;

    if (value->length == 0 || value->length > 5 || value->at[0] < '0' || value->at[0] > '1' ||
        (value->length > 1 && value->at[1] != '.'))
        return false;
    *quality = (value->at[0] - '0') * unit;
    for (i = 2; i < value->length; i++) {
        if (value->at[i] < '0' || value->at[i] > '9')
            return false;
        unit /= 10;
        *quality += (value->at[i] - '0') * unit;
    }
    return *quality <= 1000;
}

/* One `name=value` after a semicolon. */
static bool read_parameter(struct piece *rest, struct media_range *range, bool *after_weight)
{
    struct piece name, value;

    if (!take_token(rest, &name) || !take_character(rest, '='))
        return false;
    value = (struct piece){rest->at, quoted_length(rest->at, rest->length)};
    if (value.length > 0) {
        skip(rest, value.length);
        value.at++;
        value.length -= 2;
    } else if (!take_token(rest, &value)) {
        return false;
    }
    if (*after_weight)
        return true;
    if (piece_is(&name, "q")) {
        *after_weight = true;
        return read_quality(&value, &range->quality);
    }
    if (piece_is(&name, "charset") && piece_is(&value, "utf-8"))
        range->our_charset = true;
    else
        range->other_parameters = true;
    return true;
}

static bool read_range(struct piece rest, struct media_range *range)
{
    bool after_weight = false;

    *range = (struct media_range){.quality = 1000};
    skip_space(&rest);
    if (!take_token(&rest, &range->type) || !take_character(&rest, '/') ||
        !take_token(&rest, &range->subtype))
        return false;
    if (piece_is(&range->type, "*") && !piece_is(&range->subtype, "*"))
        return false;
    skip_space(&rest);
    while (take_character(&rest, ';')) {
        skip_space(&rest);
        if (rest.length == 0 || rest.at[0] == ';')
            continue;
        if (!read_parameter(&rest, range, &after_weight))
            return false;
        skip_space(&rest);
    }
    return rest.length == 0;
}

static enum closeness compare(const struct media_range *range, const struct report_writer *writer)
{
    if (piece_is(&range->type, "*"))
        return CLOSE_ANYTHING;
    if (!piece_is(&range->type, writer->type))
        return CLOSE_NOT;
    if (piece_is(&range->subtype, "*"))
        return CLOSE_TYPE;
    if (!piece_is(&range->subtype, writer->subtype))
        return CLOSE_NOT;
    if (range->other_parameters)
        return CLOSE_OTHER_PARAMETERS;
    return range->our_charset ? CLOSE_PARAMETERS : CLOSE_EXACT;
}

/* Takes the next element of a list, up to a comma that is not quoted. All that follows a quote
 * without an end is part of it, and so is looked at once. */
static struct piece take_element(struct piece *rest)
{
    struct piece element = {rest->at, 0};

    while (rest->length > 0 && rest->at[0] != ',') {
        size_t quoted = rest->at[0] == '"' ? quoted_length(rest->at, rest->length) : 1;

        skip(rest, quoted > 0 ? quoted : rest->length);
    }
    element.length = (size_t)(rest->at - element.at);
    (void)take_character(rest, ',');
    return element;
}

/* The quality of each format; elements that are no media ranges are passed over. */
static void rate(const char *accept, int qualities[REPORT_FORMAT_COUNT])
{
    enum closeness closest[REPORT_FORMAT_COUNT] = {CLOSE_NOT};
    struct piece rest = {accept, strlen(accept)};

    while (rest.length > 0) {
        struct piece element = take_element(&rest);
        struct media_range range;
        size_t i;

        if (!read_range(element, &range))
            continue;
        for (i = 0; i < REPORT_FORMAT_COUNT; i++) {
            enum closeness closeness = compare(&range, report_writer_of((enum report_format)i));

            if (closeness == CLOSE_NOT || closeness < closest[i] ||
                (closeness == closest[i] && range.quality < qualities[i]))
                continue;
            closest[i] = closeness;
            qualities[i] = range.quality;
        }
    }
}

enum report_format report_negotiate(const char *accept, enum report_format standard)
{
    int qualities[REPORT_FORMAT_COUNT] = {0};
    enum report_format best = standard;
    int i;

    if (accept == NULL || strcmp(accept, "*/*") == 0)
        return standard;
    rate(accept, qualities);
    for (i = 0; i < REPORT_FORMAT_COUNT; i++) {
        if (qualities[i] > qualities[best])
            best = (enum report_format)i;
    }
    return best;
}

/* The format whose name is the value of a `format=` field of the query string. */
static bool read_field(const struct piece *field, enum report_format *format)
{
    static const char key[] = "format=";
    static const char *const names[REPORT_FORMAT_COUNT] = {"text", "json", "html"};
    struct piece value = *field;
    size_t i;

    if (value.length < sizeof(key) - 1 || memcmp(value.at, key, sizeof(key) - 1) != 0)
        return false;
    skip(&value, sizeof(key) - 1);
    for (i = 0; i < REPORT_FORMAT_COUNT; i++) {
        if (value.length == strlen(names[i]) && memcmp(value.at, names[i], value.length) == 0) {
            *format = (enum report_format)i;
            return true;
        }
    }
    return false;
}

enum report_format report_choose(const char *query, const char *accept, enum report_format standard)
{
    enum report_format asked;

    while (query != NULL) {
        const char *end = strchrnul(query, '&');
        struct piece field = {query, (size_t)(end - query)};

        if (read_field(&field, &asked))
            return asked;
        query = *end != '\0' ? end + 1 : NULL;
    }
    return report_negotiate(accept, standard);
}
