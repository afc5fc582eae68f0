/* SPDX-License-Identifier: ISC */
#include "trust/trust_current.h"
#include "base/clock.h"
#include "base/file_watch.h"
#include "trust/trust_files.h"
#include "trust/trust_inside.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REMIND_MILLISECONDS (3600 * INT64_C(1000))
#define RETRY_MILLISECONDS (60 * INT64_C(1000))

struct trust_current {
    struct trust_options options;
    pthread_mutex_t lock; /* guards `trust`, the pointer; the snapshot itself never changes */
    struct trust *trust;
    /* Of the thread that looks. */
    struct file_watch *watch;
    struct error told; /* the last error of a look */
    int64_t loaded_at;
    int64_t reminded_at;
    time_t next_due; /* when the first CRL begins that is not due yet; 0: none */
};

struct trust_current *trust_current_new(const struct trust_options *options)
{
    const struct file_watch_paths paths = {.file = options->password_file,
        .lists = {options->ca, options->intermediates, options->crl},
        .is_wanted = trust_files_is_wanted};
    struct trust_current *current = calloc(1, sizeof(*current));

    if (current == NULL)
        return NULL;
    current->options = *options;
    current->watch = file_watch_new(&paths);
    if (current->watch == NULL || pthread_mutex_init(&current->lock, NULL) != 0) {
        file_watch_free(current->watch);
        free(current);
        return NULL;
    }
    return current;
}

void trust_current_free(struct trust_current *current)
{
    if (current == NULL)
        return;
    trust_release(current->trust);
    file_watch_free(current->watch);
    (void)pthread_mutex_destroy(&current->lock);
    free(current);
}

void trust_news_free(struct trust_news *news)
{
    list_free(&news->warnings);
    list_free(&news->kept);
}

struct trust *trust_current_get(struct trust_current *current)
{
    struct trust *trust;

    (void)pthread_mutex_lock(&current->lock);
    trust = current->trust != NULL ? trust_retain(current->trust) : NULL;
    (void)pthread_mutex_unlock(&current->lock);
    return trust;
}

static void swap(struct trust_current *current, struct trust *trust)
{
    struct trust *old;

    (void)pthread_mutex_lock(&current->lock);
    old = current->trust;
    current->trust = trust;
    (void)pthread_mutex_unlock(&current->lock);
    trust_release(old);
}

static bool has_warning(const struct trust *trust, const char *warning)
{
    const struct list *warnings = trust_warnings(trust);
    size_t i;

    for (i = 0; i < warnings->count; i++) {
        if (strcmp(warnings->items[i], warning) == 0)
            return true;
    }
    return false;
}

static bool has_kept(const struct trust *trust, const struct trust_kept *kept)
{
    size_t i;

    for (i = 0; i < trust_kept_count(trust); i++) {
        const struct trust_kept *one = trust_kept(trust, i);

        if (strcmp(one->what, kept->what) == 0 && strcmp(one->why, kept->why) == 0)
            return true;
    }
    return false;
}

/* Words for which memory runs out are lost: the trust counts all the same. */
static void tell_kept(struct trust_news *news, const struct trust *before, const struct trust *now)
{
    size_t i;

    for (i = 0; i < trust_kept_count(now); i++) {
        if (before == NULL || !has_kept(before, trust_kept(now, i)))
            (void)list_take(&news->kept, trust_kept_words(trust_kept(now, i)), NULL);
    }
}

static void tell_warnings(
    struct trust_news *news, const struct trust *before, const struct trust *now)
{
    const struct list *warnings = trust_warnings(now);
    size_t i;

    for (i = 0; i < warnings->count; i++) {
        if (before == NULL || !has_warning(before, warnings->items[i]))
            (void)list_add(&news->warnings, warnings->items[i], NULL);
    }
}

static struct trust *load(
    const struct trust_current *current, const struct trust *before, struct error *error)
{
    return before != NULL ? trust_load_after(before, &current->options, time(NULL), error)
                          : trust_load(&current->options, error);
}

/* `anew`: a snapshot that is the same takes the place of the former one too. */
static enum trust_change reload(struct trust_current *current, bool anew, struct trust_news *news)
{
    struct trust *before = trust_current_get(current), *now;
    enum trust_change change = TRUST_CHANGED;

    file_watch_mark(current->watch);
    current->loaded_at = clock_milliseconds();
    now = load(current, before, &news->error);
    if (now == NULL)
        change = TRUST_KEPT;
    else if (before != NULL && trust_is_same(before, now))
        change = TRUST_SAME;
    if (change == TRUST_CHANGED) {
        tell_warnings(news, before, now);
        tell_kept(news, before, now);
        if (news->kept.count > 0)
            current->reminded_at = current->loaded_at;
        current->next_due = trust_next_due(now, time(NULL));
        swap(current, trust_retain(now));
    } else if (change == TRUST_SAME && anew) {
        swap(current, trust_retain(now));
    }
    trust_release(now);
    trust_release(before);
    /* What large CRLs were read with is given back. */
    (void)malloc_trim(0);
    return change;
}

enum trust_change trust_current_reload(struct trust_current *current, struct trust_news *news)
{
    return reload(current, true, news);
}

/* Whether there is a reason to read files though none moved. */
static bool must_retry(struct trust_current *current)
{
    struct trust *trust = trust_current_get(current);
    bool waits = trust == NULL || trust_kept_count(trust) > 0;
    int64_t passed = clock_milliseconds() - current->loaded_at;

    trust_release(trust);
    if (current->told.kind == ERROR_MEMORY || (waits && passed >= RETRY_MILLISECONDS))
        return true;
    return current->next_due != 0 && current->next_due <= time(NULL);
}

enum trust_change trust_current_look(struct trust_current *current, struct trust_news *news)
{
    enum trust_change change;

    if (!file_watch_has_moved(current->watch) && !must_retry(current))
        return TRUST_SAME;
    change = reload(current, false, news);
    if (change != TRUST_KEPT) {
        current->told = (struct error){.kind = ERROR_NONE};
        return change;
    }
    if (strcmp(current->told.text, news->error.text) == 0)
        change = TRUST_SAME;
    current->told = news->error;
    return change;
}

bool trust_current_remind(struct trust_current *current, struct trust_news *news)
{
    int64_t now = clock_milliseconds();
    struct trust *trust;

    if (now - current->reminded_at < REMIND_MILLISECONDS)
        return false;
    trust = trust_current_get(current);
    if (trust != NULL)
        tell_kept(news, NULL, trust);
    trust_release(trust);
    current->reminded_at = now;
    return news->kept.count > 0;
}
