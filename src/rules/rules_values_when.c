/* SPDX-License-Identifier: ISC */
#include "config/config.h"
#include "rules/request_host.h"
#include "rules/request_path.h"
#include "rules/rules_value.h"
#include "rules/rules_values.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DAY_SECONDS 86400
#define DAY_MINUTES 1440

static bool read_host(struct rules *rules, struct rules_value *value, struct error *error)
{
    char host[REQUEST_HOST_SIZE];
    bool pattern = strncmp(value->word, "*.", 2) == 0;
    const char *name = pattern ? value->word + 2 : value->word;

    if (strcmp(value->word, "*") == 0)
        return rules_value_refuse(error, "leave host= out for any host");
    if (strchr(name, '/') != NULL)
        return rules_value_refuse(error, "must be a host name, without https:// and path");
    if (name[0] != '[' && strchr(name, ':') != strrchr(name, ':'))
        return rules_value_refuse(error, "must be in brackets if it is an IPv6 address");
    if (name[0] != '[' && strchr(name, ':') != NULL)
        return rules_value_refuse(error, "takes no port");
    if (name[0] == '\0' || name[strlen(name) - 1] == '.')
        return rules_value_refuse(error, "takes no trailing dot");
    if (!request_host_read(name, host))
        return rules_value_refuse(error,
            "must be a host name (other letters than ASCII as xn--...), or *.DOMAIN for one label");
    if (pattern && host[0] == '[')
        return rules_value_refuse(error, "`*.` goes before a name, not before an address");
    value->form = pattern ? FORM_DOMAIN : FORM_EXACT;
    rules->has_host = true;
    return rules_value_set(rules, value, host, error);
}

static bool read_path(struct rules *rules, struct rules_value *value, struct error *error)
{
    const struct request_path_options options = {
        .encoded_slash_literal = true, .double_slash_literal = true};
    struct request_path path;
    size_t i, depth = 0;

    if (strchr(value->word, '*') != NULL)
        return rules_value_refuse(error, "takes no `*`: a path that ends in / is all below it");
    if (strpbrk(value->word, "?;") != NULL || strcasestr(value->word, "%3b") != NULL)
        return rules_value_refuse(
            error, "takes neither ? nor ; (what is behind a ; is not looked at in requests)");
    if (!request_path_read(value->word, &options, &path))
        return rules_value_refuse(
            error, "must begin with /, without segments of dots; a percent sign is written %25");
    if (path.text[path.length - 1] == '/') {
        value->form = FORM_FOLDER;
        path.text[--path.length] = '\0';
        for (i = 0; i < path.length; i++)
            depth += path.text[i] == '/';
        if (depth > rules->path_depth)
            rules->path_depth = depth;
    }
    rules->has_path = true;
    return rules_value_set(rules, value, path.text, error);
}

static bool read_method(struct rules *rules, struct rules_value *value, struct error *error)
{
    const char *at;

    if (strcmp(value->word, "*") == 0 || strcasecmp(value->word, "ANY") == 0 ||
        strcasecmp(value->word, "ALL") == 0)
        return rules_value_refuse(error, "leave method= out for any method");
    for (at = value->word; *at != '\0'; at++) {
        if (islower((unsigned char)*at))
            return rules_value_refuse(error, "is written in capitals");
        if (!isupper((unsigned char)*at) && strchr("-_", *at) == NULL)
            return rules_value_refuse(error, "is no method");
    }
    return rules_value_set(rules, value, value->word, error);
}

/* value->low is the moment; until= is the end of its day, or of its second. */
static bool read_moment(enum rules_key key, struct rules_value *value, struct error *error)
{
    bool is_day = strchr(value->word, 'T') == NULL;
    time_t seconds;

    if (value->word[0] == '@' || !config_parse_time(value->word, &seconds))
        return rules_value_refuse(
            error, "must be a day such as 2026-12-31, or a time such as 2026-12-31T12:00:00Z");
    value->low = (int64_t)seconds;
    if (key == KEY_UNTIL)
        value->low += is_day ? DAY_SECONDS : 1;
    return true;
}

/* HH:MM in minutes; -1 when it is none. */
static int64_t read_minutes(const char *word)
{
    int64_t hours, minutes;
    size_t i;

    for (i = 0; i < 5; i++) {
        if (i == 2 ? word[i] != ':' : !isdigit((unsigned char)word[i]))
            return -1;
    }
    hours = (word[0] - '0') * 10 + (word[1] - '0');
    minutes = (word[3] - '0') * 10 + (word[4] - '0');
    return minutes > 59 || hours * 60 + minutes > DAY_MINUTES ? -1 : hours * 60 + minutes;
}

static bool read_hours(struct rules_value *value, struct error *error)
{
    if (strlen(value->word) != 11 || value->word[5] != '-')
        return rules_value_refuse(error, "must be HH:MM-HH:MM");
    value->low = read_minutes(value->word);
    value->high = read_minutes(value->word + 6);
    if (value->low < 0 || value->high < 0 || value->low == DAY_MINUTES)
        return rules_value_refuse(error, "must be HH:MM-HH:MM, from 00:00 to 24:00");
    if (value->low == value->high)
        return rules_value_refuse(error, "ends at the time at which it begins");
    return true;
}

static int read_day(const char *word, size_t length)
{
    static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    int day;

    for (day = 0; length == 3 && day < 7; day++) {
        if (strncasecmp(word, names[day], 3) == 0)
            return day;
    }
    return -1;
}

/* value->low gets a bit for each day, Sunday the lowest. */
static bool read_days(struct rules_value *value, struct error *error)
{
    size_t length = strlen(value->word), first = strcspn(value->word, "-");
    int day = read_day(value->word, first);
    int last = first < length ? read_day(value->word + first + 1, length - first - 1) : day;

    if (day < 0 || last < 0)
        return rules_value_refuse(error, "must be a day (mon) or days (mon-fri)");
    for (value->low = 1 << day; day != last; value->low |= 1 << day)
        day = (day + 1) % 7;
    return true;
}

/* value->high is the age in seconds; 0: any. */
static bool read_revocation(struct rules_value *value, struct error *error)
{
    size_t digits = strspn(value->word, "0123456789");
    const char *unit = value->word + digits;

    if (strcmp(value->word, "checked") == 0)
        return true;
    if (digits == 0 || digits > 5 || (strcmp(unit, "h") != 0 && strcmp(unit, "d") != 0))
        return rules_value_refuse(error, "must be `checked`, or an age such as 24h or 7d");
    value->high = strtol(value->word, NULL, 10) * (unit[0] == 'h' ? 3600 : DAY_SECONDS);
    return value->high > 0 || rules_value_refuse(error, "must be an age above 0");
}

bool rules_value_read_when(
    struct rules *rules, enum rules_key key, struct rules_value *value, struct error *error)
{
    switch (key) {
    case KEY_HOST:
        return read_host(rules, value, error);
    case KEY_PATH:
        return read_path(rules, value, error);
    case KEY_METHOD:
        return read_method(rules, value, error);
    case KEY_SINCE:
    case KEY_UNTIL:
        return read_moment(key, value, error);
    case KEY_HOURS:
        return read_hours(value, error);
    case KEY_DAYS:
        return read_days(value, error);
    case KEY_REVOCATION:
        return read_revocation(value, error);
    default:
        return true; /* user: read with the line */
    }
}
