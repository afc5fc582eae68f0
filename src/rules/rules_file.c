/* SPDX-License-Identifier: ISC */
#include "rules/rules_file.h"
#include "base/file.h"
#include "base/file_writers.h"
#include "base/lines.h"
#include "base/utf8.h"
#include "certificate/alloc_watch.h"
#include "rules/rules_line.h"
#include "rules/rules_resolve.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of a rule file at the most. */
#define MAX_FILE ((size_t)8 * 1024 * 1024)

#define BYTE_ORDER_MARK 0xFEFF

/* UTF-8 without control characters, but tabs, and without what hides or turns around text. */
static bool check_characters(
    const struct rules *rules, const char *line, size_t number, struct error *error)
{
    const unsigned char *at = (const unsigned char *)line;
    size_t left = strlen(line);

    while (left > 0) {
        unsigned long code = 0;
        size_t size = utf8_decode(at, left, &code);

        if (size == 0)
            return rules_refuse(rules, number, error, "is not UTF-8");
        if (code == BYTE_ORDER_MARK && number == 1 && at == (const unsigned char *)line)
            return rules_refuse(rules, number, error,
                "begins with a byte order mark: save the file as UTF-8 without one");
        if (code != '\t' && utf8_is_unsafe(code))
            return rules_refuse(
                rules, number, error, "has a control or invisible character (U+%04lX)", code);
        at += size;
        left -= size;
    }
    return true;
}

static bool read_line(struct rules *rules, const char *line, size_t number, struct error *error)
{
    struct error inner = {.kind = ERROR_NONE};

    if (!check_characters(rules, line, number, error))
        return false;
    if (rules_line_read(rules, line, number, &inner))
        return true;
    (void)rules_refuse(rules, number, error, "%s", inner.text);
    if (error != NULL)
        error->kind = inner.kind;
    return false;
}

static size_t count_lines(const struct bytes *bytes)
{
    size_t i, count = 1;

    for (i = 0; i < bytes->length; i++)
        count += bytes->data[i] == '\n';
    return count;
}

static bool read_lines(struct rules *rules, const struct bytes *bytes, struct error *error)
{
    struct lines lines = {.bytes = *bytes};
    char line[RULES_MAX_LINE + 1];
    size_t count = count_lines(bytes);

    if (bytes->length > 0 && bytes->data[bytes->length - 1] == '\n')
        count--;
    if (count > RULES_MAX_LINES)
        return rules_refuse(
            rules, RULES_MAX_LINES + 1, error, "more than %d lines", RULES_MAX_LINES);
    rules->lines = rules_arena_get(&rules->arena, count, sizeof(*rules->lines));
    if (rules->lines == NULL)
        return rules_out_of_memory(rules, error);
    for (;;) {
        switch (lines_next(&lines, line, sizeof(line))) {
        case LINES_END:
            return true;
        case LINES_TOO_LONG:
            return rules_refuse(
                rules, lines.number, error, "the line is longer than %d bytes", RULES_MAX_LINE);
        case LINES_NUL:
            return rules_refuse(rules, lines.number, error, "has a NUL byte");
        case LINES_LINE:
        default:
            break;
        }
        if (!read_line(rules, line, lines.number, error))
            return false;
    }
}

static bool make(struct rules *rules, const struct bytes *bytes, const struct trust *trust,
    struct list *files, struct list *warnings, struct error *error)
{
    return read_lines(rules, bytes, error) &&
           rules_resolve_issuers(rules, trust, files, warnings, error) &&
           rules_resolve(rules, error) && rules_check_lines(rules, error) &&
           rules_index(rules, error) && rules_warn(rules, rules->loaded_at, warnings, error);
}

static struct rules *make_empty(const char *path, struct error *error)
{
    static atomic_uint_fast64_t last_number;
    struct rules *rules = calloc(1, sizeof(*rules));

    if (rules == NULL) {
        error_set(error, ERROR_MEMORY, "%s: out of memory", path);
        return NULL;
    }
    atomic_init(&rules->references, 1);
    rules->number = atomic_fetch_add(&last_number, 1) + 1;
    rules->loaded_at = time(NULL);
    rules->names = sk_X509_NAME_new_null();
    rules->path = rules_arena_copy(&rules->arena, path, strlen(path));
    if (rules->path != NULL && rules->names != NULL)
        return rules;
    error_set(error, ERROR_MEMORY, "%s: out of memory", path);
    rules_release(rules);
    return NULL;
}

struct rules *rules_make(const char *path, const struct bytes *bytes, const struct trust *trust,
    struct list *files, struct list *warnings, struct error *error)
{
    struct rules *rules = make_empty(path, error);

    if (rules == NULL)
        return NULL;
    alloc_watch_clear();
    if (make(rules, bytes, trust, files, warnings, error))
        return rules;
    rules_release(rules);
    return NULL;
}

/* A line that was cut off may grant more than the whole one: a term of it is missing, or the end of
 * a path. */
static bool is_whole(const char *path, const struct bytes *bytes, struct error *error)
{
    if (bytes->length == 0 || bytes->data[bytes->length - 1] == '\n')
        return true;
    error_set(error, ERROR_INPUT,
        "%s:%zu: the last line has no line break at its end: it may be cut off", path,
        count_lines(bytes));
    return false;
}

struct rules *rules_load_noting(const char *path, const struct trust *trust, struct list *files,
    struct list *warnings, struct error *error)
{
    struct bytes bytes = {.length = 0};
    struct rules *rules = NULL;

    if (file_writers_check(path, "access rules", warnings, error) &&
        file_read(path, MAX_FILE, &bytes, error) && is_whole(path, &bytes, error))
        rules = rules_make(path, &bytes, trust, files, warnings, error);
    free(bytes.data);
    return rules;
}

struct rules *rules_load(
    const char *path, const struct trust *trust, struct list *warnings, struct error *error)
{
    struct list files = {.count = 0};
    struct rules *rules = rules_load_noting(path, trust, &files, warnings, error);

    list_free(&files);
    return rules;
}
