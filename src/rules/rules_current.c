/* SPDX-License-Identifier: ISC */
#include "rules/rules_current.h"
#include "base/file_watch.h"
#include "rules/rules_file.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* How often a file that cannot be used is told of again. */
#define TELL_AGAIN_MILLISECONDS (INT64_C(3600) * 1000)

struct rules_current {
    char *path;
    pthread_mutex_t lock;
    struct rules *rules; /* guarded by the lock */

    /* Of the one thread that loads and looks. */
    struct list files;        /* that issuer lines name */
    struct file_watch *watch; /* of the rule file and of these */
    bool must_read;           /* at the next look, whether a file has moved or not */
    bool is_refused;          /* the files are not usable as they are */
    uint64_t refused_with;    /* the trust's number */
    int64_t told_at;          /* when a look told that last; 0: none did yet */
    struct error refusal;
};

struct rules_current *rules_current_new(const char *path)
{
    struct rules_current *current = calloc(1, sizeof(*current));
    struct file_watch_paths paths;

    if (current == NULL)
        return NULL;
    current->path = strdup(path);
    paths = (struct file_watch_paths){.file = current->path, .lists = {&current->files}};
    current->watch = current->path != NULL ? file_watch_new(&paths) : NULL;
    current->must_read = true;
    if (current->watch == NULL) {
        free(current->path);
        free(current);
        return NULL;
    }
    (void)pthread_mutex_init(&current->lock, NULL);
    return current;
}

void rules_current_free(struct rules_current *current)
{
    if (current == NULL)
        return;
    rules_release(current->rules);
    (void)pthread_mutex_destroy(&current->lock);
    list_free(&current->files);
    file_watch_free(current->watch);
    free(current->path);
    free(current);
}

struct rules *rules_current_get(struct rules_current *current)
{
    struct rules *rules;

    (void)pthread_mutex_lock(&current->lock);
    rules = current->rules != NULL ? rules_retain(current->rules) : NULL;
    (void)pthread_mutex_unlock(&current->lock);
    return rules;
}

static void swap(struct rules_current *current, struct rules *rules)
{
    struct rules *old;

    (void)pthread_mutex_lock(&current->lock);
    old = current->rules;
    current->rules = rules;
    (void)pthread_mutex_unlock(&current->lock);
    rules_release(old);
}

static bool same_files(const struct list *one, const struct list *other)
{
    size_t i;

    for (i = 0; one->count == other->count && i < one->count; i++) {
        if (strcmp(one->items[i], other->items[i]) != 0)
            return false;
    }
    return one->count == other->count;
}

/* Notes what the files are like before they are read: one that changes meanwhile is another at the
 * next look. Which files issuer lines name is known only afterwards; when they are others than
 * before, all is read again. */
static struct rules *load(struct rules_current *current, const struct trust *trust,
    struct list *warnings, struct error *error)
{
    struct rules *rules = NULL;
    bool same = false;
    int tries;

    for (tries = 0; tries < 3 && !same; tries++) {
        struct list files = {.count = 0};

        rules_release(rules);
        if (warnings != NULL)
            list_free(warnings);
        file_watch_mark(current->watch);
        rules = rules_load_noting(current->path, trust, &files, warnings, error);
        same = same_files(&files, &current->files);
        list_free(&current->files);
        current->files = files;
    }
    current->must_read = !same;
    return rules;
}

enum rules_change rules_current_reload(struct rules_current *current, const struct trust *trust,
    struct list *warnings, struct error *error)
{
    struct error inner = {.kind = ERROR_NONE};
    struct rules *rules = load(current, trust, warnings, &inner);

    current->is_refused = rules == NULL;
    if (rules != NULL) {
        swap(current, rules);
        return RULES_CHANGED;
    }
    if (inner.kind != ERROR_INPUT && inner.kind != ERROR_FILE) {
        /* It says nothing about the files: the next look tries again. */
        current->must_read = true;
    }
    current->refused_with = trust_number(trust);
    current->refusal = inner;
    if (error != NULL)
        *error = inner;
    return RULES_KEPT;
}

/* The old rules are still in force: told when that is new, and again each hour. */
static enum rules_change tell(
    struct rules_current *current, bool is_new, int64_t now, struct error *error)
{
    if (!is_new && (current->told_at == 0 || now - current->told_at < TELL_AGAIN_MILLISECONDS)) {
        current->told_at = current->told_at != 0 ? current->told_at : now;
        return RULES_SAME;
    }
    current->told_at = now;
    if (error != NULL)
        *error = current->refusal;
    return RULES_KEPT;
}

enum rules_change rules_current_look(struct rules_current *current, const struct trust *trust,
    int64_t now, struct list *warnings, struct error *error)
{
    const bool was_refused = current->is_refused;
    const struct error before = current->refusal;

    if (file_watch_has_moved(current->watch))
        current->must_read = true;
    if (!current->must_read &&
        (!was_refused || trust == NULL || trust_number(trust) == current->refused_with))
        return was_refused ? tell(current, false, now, error) : RULES_SAME;
    if (trust == NULL)
        return RULES_SAME;
    if (rules_current_reload(current, trust, warnings, error) == RULES_CHANGED) {
        current->told_at = 0;
        return RULES_CHANGED;
    }
    return tell(
        current, !was_refused || strcmp(before.text, current->refusal.text) != 0, now, error);
}
