/* SPDX-License-Identifier: ISC */
#include "trust/trust_files.h"
#include "base/file.h"
#include "base/file_writers.h"
#include "base/text.h"
#include "trust/trust_shared.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ENDINGS ".pem, .crt, .cer, .der, .p12, .pfx or .crl"
/* So many names that were passed over are told. */
#define PASSED_OVER_TOLD 8

struct reading {
    struct trust_files *files;
    const struct trust_files *before;
    struct trust_file_reading how;
    time_t now;
};

static bool is_hash_link(const char *name)
{
    size_t i;

    for (i = 0; i < 8; i++) {
        if (!isxdigit((unsigned char)name[i]))
            return false;
    }
    if (name[i++] != '.')
        return false;
    if (name[i] == 'r')
        i++;
    return name[i] != '\0' && strspn(name + i, "0123456789") == strlen(name + i);
}

bool trust_files_is_wanted(const char *name)
{
    static const char *const endings[] = {".pem", ".crt", ".cer", ".der", ".p12", ".pfx", ".crl"};
    const size_t length = strlen(name);
    size_t i;

    for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (length > strlen(endings[i]) &&
            strcasecmp(name + length - strlen(endings[i]), endings[i]) == 0)
            return true;
    }
    return is_hash_link(name);
}

static time_t kept_since(const struct trust_files *before, const char *what, time_t now)
{
    size_t i;

    for (i = 0; before != NULL && i < before->kept_count; i++) {
        if (strcmp(before->kept[i].what, what) == 0)
            return before->kept[i].since;
    }
    return now;
}

bool trust_files_keep(struct trust_files *files, const struct trust_files *before, const char *what,
    const char *why, bool held, time_t now, struct error *error)
{
    struct trust_kept *kept = realloc(files->kept, (files->kept_count + 1) * sizeof(*kept));
    struct trust_kept *new;

    if (kept != NULL) {
        files->kept = kept;
        new = &kept[files->kept_count++];
        *new = (struct trust_kept){.what = strdup(what),
            .why = strdup(why),
            .since = kept_since(before, what, now),
            .held = held};
        new->shown = new->what;
        if (new->what != NULL &&new->why != NULL)
            return true;
    }
    error_set(error, ERROR_MEMORY, "out of memory for the trust");
    return false;
}

static bool add_file(struct trust_files *files, struct trust_file *file, struct error *error)
{
    struct trust_file **items = realloc(files->items, (files->count + 1) * sizeof(*items));

    if (items == NULL) {
        trust_file_release(file);
        error_set(error, ERROR_MEMORY, "out of memory for the trust");
        return false;
    }
    files->items = items;
    files->items[files->count++] = file;
    return true;
}

static struct trust_file *find(
    const struct trust_files *files, enum trust_part part, const char *path)
{
    size_t i;

    for (i = 0; files != NULL && i < files->count; i++) {
        if (files->items[i]->part == part && strcmp(files->items[i]->path, path) == 0)
            return files->items[i];
    }
    return NULL;
}

/* An error's words without the path that begins them. */
static const char *reason_of(const struct error *error, const char *path)
{
    size_t length = strlen(path);

    return strncmp(error->text, path, length) == 0 && strncmp(error->text + length, ": ", 2) == 0
               ? error->text + length + 2
               : error->text;
}

/* The name of a path without the folders before it. */
static const char *name_of(const char *path)
{
    size_t at = strlen(path);

    while (at > 1 && path[at - 1] == '/')
        at--;
    while (at > 0 && path[at - 1] != '/')
        at--;
    return path + at;
}

static bool is_told(const struct trust_files *files, const char *what)
{
    size_t i;

    for (i = 0; i < files->kept_count; i++) {
        if (strcmp(files->kept[i].what, what) == 0)
            return true;
    }
    return false;
}

static bool keep_path(struct reading *reading, const char *path, const struct error *why, bool held,
    struct error *error)
{
    struct trust_files *files = reading->files;
    struct trust_kept *new;

    /* A new file of a shared folder is tried for each part. */
    if (!held && is_told(files, path))
        return true;
    if (!trust_files_keep(
            files, reading->before, path, reason_of(why, path), held, reading->now, error))
        return false;
    new = &files->kept[files->kept_count - 1];
    new->shown = name_of(new->what);
    return true;
}

/* Whether a file of a shared folder held what another part reads, which then tells what is wrong.
 */
static bool is_others_to_tell(const struct reading *reading, const struct trust_file *before)
{
    const struct trust_files *all = reading->before;
    size_t i;

    for (i = 0; before != NULL && before->is_others && i < all->count; i++) {
        if (!all->items[i]->is_others && strcmp(all->items[i]->path, before->path) == 0)
            return true;
    }
    return false;
}

/* What cannot be listed, or holds nothing any more, keeps all the files that it had. */
static bool keep_source(struct reading *reading, enum trust_part part, const char *source,
    const struct error *why, struct error *error)
{
    size_t i;

    if (reading->before == NULL || why->kind == ERROR_MEMORY) {
        if (error != NULL)
            *error = *why;
        return false;
    }
    if (!keep_path(reading, source, why, true, error))
        return false;
    for (i = 0; i < reading->before->count; i++) {
        struct trust_file *file = reading->before->items[i];

        if (file->part == part && !file->is_others && strcmp(file->source, source) == 0 &&
            !add_file(reading->files, trust_file_retain(file), error))
            return false;
    }
    return true;
}

static bool load_file(struct reading *reading, enum trust_part part, const char *source,
    const char *path, struct error *error)
{
    struct error inner = {.kind = ERROR_NONE};
    struct trust_file *before = find(reading->before, part, path);
    struct trust_file *file = trust_file_read(part, source, path, before, &reading->how, &inner);

    if (file != NULL)
        return add_file(reading->files, file, error);
    if (reading->before == NULL || inner.kind == ERROR_MEMORY) {
        if (error != NULL)
            *error = inner;
        return false;
    }
    /* It was a folder before. */
    if (before == NULL && strcmp(path, source) == 0)
        return keep_source(reading, part, source, &inner, error);
    return (is_others_to_tell(reading, before) ||
               keep_path(reading, path, &inner, before != NULL, error)) &&
           (before == NULL || add_file(reading->files, trust_file_retain(before), error));
}

static bool warn_of_passed_over(struct trust_files *files, const char *source,
    const struct list *passed_over, struct error *error)
{
    struct text text;
    size_t i;

    if (passed_over->count == 0)
        return true;
    text_init(&text, 0);
    text_printf(&text,
        "%s: passed over, for links to nothing or names that do not end in " ENDINGS ":", source);
    for (i = 0; i < passed_over->count && i < PASSED_OVER_TOLD; i++)
        text_printf(&text, "%s %s", i > 0 ? "," : "", passed_over->items[i]);
    if (passed_over->count > i)
        text_printf(&text, " and %zu more", passed_over->count - i);
    return list_take(&files->warnings, text_take(&text), error);
}

/* Whoever may write to them decides whom this server trusts. */
static bool warn_of_writers(
    struct trust_files *files, const char *source, const struct list *paths, struct error *error)
{
    static const char what[] = "trust";
    bool is_file = paths->count == 1 && strcmp(paths->items[0], source) == 0, good;
    size_t i;

    good = is_file ? file_writers_warn_of_folder(source, what, &files->warnings, error)
                   : file_writers_warn(source, what, &files->warnings, error);
    for (i = 0; good && i < paths->count; i++)
        good = file_writers_warn(paths->items[i], what, &files->warnings, error);
    return good;
}

/* Files of a source that count for a part, or with `others` those that another part reads. */
static size_t count_of(
    const struct trust_files *files, enum trust_part part, const char *source, bool others)
{
    size_t i, count = 0;

    for (i = 0; i < files->count; i++) {
        const struct trust_file *file = files->items[i];

        count +=
            file->part == part && file->is_others == others && strcmp(file->source, source) == 0;
    }
    return count;
}

/* Each part must have something in a source; otherwise it keeps what it had. Tells what was read of
 * a folder that is shared. */
static bool check_source(
    struct reading *reading, enum trust_part part, const char *source, struct error *error)
{
    const size_t own = count_of(reading->files, part, source, false);
    struct error text = {.kind = ERROR_NONE};

    if (own == 0) {
        error_set(&text, ERROR_INPUT, "%s: no file in it holds %s", source,
            part == TRUST_CRL ? "a CRL" : "a certificate");
        return keep_source(reading, part, source, &text, error);
    }
    if (!reading->how.is_shared || part != TRUST_CRL)
        return true;
    error_set(&text, ERROR_NONE,
        "%s: it is read for certificates and for CRLs: %zu of its files hold CRLs, %zu hold "
        "certificates",
        source, own, count_of(reading->files, part, source, true));
    return list_add(&reading->files->warnings, text.text, error);
}

static bool load_source(
    struct reading *reading, enum trust_part part, const char *source, struct error *error)
{
    struct list files = {0}, passed_over = {0};
    struct error inner = {.kind = ERROR_NONE};
    bool good = file_list(source, trust_files_is_wanted, &files, &passed_over, &inner);
    size_t i;

    if (good && files.count == 0) {
        error_set(&inner, ERROR_INPUT,
            "%s: the directory holds no file whose name ends in " ENDINGS, source);
        good = false;
    }
    good = good || keep_source(reading, part, source, &inner, error);
    for (i = 0; good && i < files.count; i++)
        good = load_file(reading, part, source, files.items[i], error);
    if (good && files.count > 0)
        good = check_source(reading, part, source, error);
    good = good && warn_of_passed_over(reading->files, source, &passed_over, error) &&
           warn_of_writers(reading->files, source, &files, error);
    list_free(&files);
    list_free(&passed_over);
    return good;
}

static bool load_all(
    struct reading *reading, const struct trust_options *options, struct error *error)
{
    int part;
    size_t i;

    for (part = 0; part < TRUST_PARTS; part++) {
        const struct list *paths = trust_paths(options, (enum trust_part)part);

        for (i = 0; i < paths->count; i++) {
            reading->how.is_shared =
                trust_is_shared(options, (enum trust_part)part, paths->items[i]);
            if (!load_source(reading, (enum trust_part)part, paths->items[i], error))
                return false;
        }
    }
    return true;
}

/* A pass phrase that cannot be read matters to the files that need it. */
static bool read_password(
    struct reading *reading, const char *path, char **password, struct error *error)
{
    struct error inner = {.kind = ERROR_NONE};

    *password = file_read_password(path, &inner);
    reading->how.password = *password;
    if (*password != NULL)
        return true;
    if (reading->before == NULL || inner.kind == ERROR_MEMORY) {
        if (error != NULL)
            *error = inner;
        return false;
    }
    return keep_path(reading, path, &inner, false, error);
}

bool trust_files_read(struct trust_files *files, const struct trust_files *before,
    const struct trust_options *options, time_t now, struct trust_lists *salvaged,
    struct error *error)
{
    struct reading reading = {
        .files = files, .before = before, .how = {.salvaged = salvaged}, .now = now};
    char *password = NULL;
    bool good;

    if (options->ca->count == 0) {
        error_set(error, ERROR_USAGE, "--ca: missing; it names the trusted CA");
        return false;
    }
    good = (options->password_file == NULL ||
               read_password(&reading, options->password_file, &password, error)) &&
           load_all(&reading, options, error);
    file_wipe(password);
    return good;
}

void trust_files_free(struct trust_files *files)
{
    size_t i;

    for (i = 0; i < files->count; i++)
        trust_file_release(files->items[i]);
    for (i = 0; i < files->kept_count; i++) {
        free(files->kept[i].what);
        free(files->kept[i].why);
    }
    free(files->items);
    free(files->kept);
    list_free(&files->warnings);
    *files = (struct trust_files){0};
}
