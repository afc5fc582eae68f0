/* SPDX-License-Identifier: ISC */
#include "rules/rules_asked.h"
#include "rules/rules_line.h"
#include "rules/rules_values.h"

#include <string.h>
#include <strings.h>

#define DAY_SECONDS 86400
/* 1 January 1970 was a Thursday. */
#define FIRST_WEEKDAY 4

static void read_clock(struct rules_asked *asked, time_t now)
{
    int64_t seconds = (int64_t)now % DAY_SECONDS, days = (int64_t)now / DAY_SECONDS;

    if (seconds < 0) {
        seconds += DAY_SECONDS;
        days--;
    }
    asked->minute = (int)(seconds / 60);
    asked->weekday = (int)(((days + FIRST_WEEKDAY) % 7 + 7) % 7);
}

struct request_path_options rules_path_options(const struct rules *rules)
{
    return (struct request_path_options){.encoded_slash_literal = rules->encoded_slash_literal,
        .double_slash_literal = rules->double_slash_literal};
}

const char *rules_path_fault(const struct rules *rules, const struct rules_request *request)
{
    const struct request_path_options options = rules_path_options(rules);

    return request_path_fault(request->raw_path != NULL ? request->raw_path : "", &options);
}

/* RFC 9110 sections 5.6.2 and 9.1: a method is a token. */
static bool is_method(const char *method)
{
    static const char characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "!#$%&'*+-.^_`|~";

    return method != NULL && method[0] != '\0' && method[strspn(method, characters)] == '\0';
}

void rules_asked_read(
    const struct rules *rules, const struct rules_request *request, struct rules_asked *asked)
{
    const struct request_path_options options = rules_path_options(rules);
    bool given = request->host != NULL && request->host[0] != '\0';

    asked->request = request;
    asked->method = is_method(request->method) ? request->method : NULL;
    asked->has_host = given && request_host_read(request->host, asked->host);
    asked->unreadable_host = given && !asked->has_host;
    asked->has_path = rules->has_path && request_path_choose(request->raw_path, request->path,
                                             request->path_is_encoded, &options, &asked->path);
    asked->has_second_path = asked->has_path &&
                             (options.encoded_slash_literal || options.double_slash_literal) &&
                             request_path_second(request->raw_path, request->path, &options,
                                 &asked->path, &asked->second_path);
    asked->has_address = request->remote_address != NULL &&
                         network_read_address(request->remote_address, &asked->address);
    if (asked->has_address)
        network_unmap(&asked->address);
    read_clock(asked, request->now);
}

static bool equals(const struct bytes *bytes, const char *string, size_t length)
{
    return bytes->length == length && memcmp(bytes->data, string, length) == 0;
}

static bool host_holds(const struct rules_value *value, const struct rules_asked *asked)
{
    const char *host = asked->host;

    if (!asked->has_host)
        return false;
    if (value->form == FORM_DOMAIN) {
        host = host[0] == '[' ? NULL : strchr(host, '.');
        if (host == NULL)
            return false;
        host++;
    }
    return equals(&value->bytes, host, strlen(host));
}

static bool path_holds(const struct rules_value *value, const struct rules_asked *asked)
{
    if (!asked->has_path)
        return false;
    if (value->form == FORM_FOLDER)
        return request_path_is_in(
            &asked->path, (const char *)value->bytes.data, value->bytes.length);
    return equals(&value->bytes, asked->path.text, asked->path.length);
}

/* RFC 9110 section 9.3.2: HEAD is GET without the content. Methods are case-sensitive
 * (section 9.1), but there are applications that take `post` for POST: a deny line holds for both.
 */
static bool method_holds(
    const struct rules_line *line, const struct rules_value *value, const struct rules_asked *asked)
{
    const char *method = asked->method;
    int (*const compare)(const char *, const char *) =
        line->kind == LINE_DENY ? strcasecmp : strcmp;

    if (method == NULL)
        return false;
    return compare(value->word, method) == 0 ||
           (strcmp(value->word, "GET") == 0 && compare(method, "HEAD") == 0);
}

static bool day_holds(const struct rules_term *days, int weekday)
{
    size_t i;

    for (i = 0; days != NULL && i < days->count; i++) {
        if ((days->values[i].low >> weekday & 1) != 0)
            return true;
    }
    return days == NULL;
}

/* Hours past midnight belong to the day on which they begin. */
static bool hours_hold(
    const struct rules_line *line, const struct rules_value *value, const struct rules_asked *asked)
{
    const struct rules_term *days = rules_line_term(line, KEY_DAYS);
    const int yesterday = (asked->weekday + 6) % 7;

    if (value->low < value->high)
        return asked->minute >= value->low && asked->minute < value->high &&
               day_holds(days, asked->weekday);
    return (asked->minute >= value->low && day_holds(days, asked->weekday)) ||
           (asked->minute < value->high && day_holds(days, yesterday));
}

static bool revocation_holds(const struct rules_value *value, const struct rules_asked *asked)
{
    const struct rules_request *request = asked->request;

    if (!request->revocation_good)
        return false;
    return value->high == 0 ||
           (request->revocation_this_update != 0 &&
               (int64_t)request->now - (int64_t)request->revocation_this_update <= value->high);
}

/* A translated address is denied as the one of IPv4, too. */
static bool from_holds(
    const struct rules_line *line, const struct rules_value *value, const struct network *address)
{
    return network_has(&value->network, address->address, address->length) ||
           (line->kind == LINE_DENY && network_embeds_ipv4(address->address, address->length) &&
               network_has(&value->network, address->address + 12, 4));
}

static bool value_holds(
    const struct rules_line *line, const struct rules_value *value, const struct rules_asked *asked)
{
    switch (value->key) {
    case KEY_HOST:
        return host_holds(value, asked);
    case KEY_PATH:
        return path_holds(value, asked);
    case KEY_METHOD:
        return method_holds(line, value, asked);
    case KEY_FROM:
        return asked->has_address && from_holds(line, value, &asked->address);
    case KEY_SINCE:
        return (int64_t)asked->request->now >= value->low;
    case KEY_UNTIL:
        return (int64_t)asked->request->now < value->low;
    case KEY_HOURS:
        return hours_hold(line, value, asked);
    case KEY_DAYS:
        /* Together with hours= these say on which day. */
        return (line->keys & KEY_BIT(KEY_HOURS)) != 0 || (value->low >> asked->weekday & 1) != 0;
    case KEY_REVOCATION:
        return revocation_holds(value, asked);
    default:
        return false;
    }
}

bool rules_key_is_unknown(enum rules_key key, const struct rules_asked *asked)
{
    switch (key) {
    case KEY_HOST:
        return !asked->has_host;
    case KEY_METHOD:
        return asked->method == NULL;
    case KEY_FROM:
        return !asked->has_address;
    default:
        return false;
    }
}

bool rules_term_holds(
    const struct rules_line *line, const struct rules_term *term, const struct rules_asked *asked)
{
    size_t i;

    /* What is not known may be just what must not come in. */
    if (line->kind == LINE_DENY && rules_key_is_unknown(term->key, asked))
        return true;
    for (i = 0; i < term->count; i++) {
        if (value_holds(line, &term->values[i], asked))
            return true;
    }
    return false;
}

enum rules_holds rules_when_holds(const struct rules_line *line, const struct rules_asked *asked)
{
    enum rules_holds holds = RULES_HOLDS;
    size_t i;

    for (i = line->who_count; i < line->term_count; i++) {
        if (rules_term_holds(line, &line->terms[i], asked))
            continue;
        if (line->terms[i].key != KEY_REVOCATION)
            return RULES_HOLDS_NOT;
        holds = RULES_HOLDS_BUT_OLD;
    }
    return holds;
}
