#include "rules/rules_current.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct rules_current {
    char *path;
    pthread_mutex_t lock;
    struct rules *rules; /* guarded by the lock */
};

struct rules_current *rules_current_new(const char *path)
{
    struct rules_current *current = calloc(1, sizeof(*current));

    if (current == NULL)
        return NULL;
    current->path = strdup(path);
    if (current->path == NULL) {
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

enum rules_change rules_current_reload(struct rules_current *current, const struct trust *trust,
    struct list *warnings, struct error *error)
{
    struct rules *rules = rules_load(current->path, trust, warnings, error);

    if (rules == NULL)
        return RULES_KEPT;
    swap(current, rules);
    return RULES_CHANGED;
}

enum rules_change rules_current_look(struct rules_current *current, const struct trust *trust,
    int64_t now, struct list *warnings, struct error *error)
{
    (void)current;
    (void)trust;
    (void)now;
    (void)warnings;
    (void)error;
    return RULES_SAME;
}
