#include "trust/trust_current.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct trust_current {
    const struct config *config;
    pthread_mutex_t lock; /* guards `trust`, the pointer; the snapshot itself never changes */
    struct trust *trust;
    /* Of the thread that looks: what was told last. */
    unsigned char refused_digest[32];
    bool has_refused;
    char unreadable[sizeof(((struct error *)NULL)->text)];
};

struct trust_current *trust_current_new(const struct config *config)
{
    struct trust_current *current = calloc(1, sizeof(*current));

    if (current == NULL)
        return NULL;
    current->config = config;
    if (pthread_mutex_init(&current->lock, NULL) != 0) {
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
    (void)pthread_mutex_destroy(&current->lock);
    free(current);
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

enum trust_change trust_current_reload(
    struct trust_current *current, struct error *warning, struct error *error)
{
    struct trust *old = trust_current_get(current);
    struct trust *new = trust_load(current->config, warning, error);
    bool good = new != NULL && (old == NULL || trust_is_successor(old, new, error));

    trust_release(old);
    current->has_refused = new != NULL && !good;
    if (current->has_refused)
        memcpy(current->refused_digest, trust_digest(new), sizeof(current->refused_digest));
    if (!good) {
        trust_release(new);
        return TRUST_KEPT;
    }
    swap(current, new);
    return TRUST_CHANGED;
}

/* The files cannot be read. A reason that was told already is told no more. */
static enum trust_change note_unreadable(struct trust_current *current, const struct error *error)
{
    if (strcmp(current->unreadable, error->text) == 0)
        return TRUST_SAME;
    memcpy(current->unreadable, error->text, sizeof(current->unreadable));
    return TRUST_KEPT;
}

enum trust_change trust_current_look(
    struct trust_current *current, struct error *warning, struct error *error)
{
    unsigned char digest[32];
    struct trust *trust;
    bool same;
    enum trust_change change;

    if (!trust_read_digest(current->config, digest, error))
        return note_unreadable(current, error);
    current->unreadable[0] = '\0';
    trust = trust_current_get(current);
    same = trust != NULL && memcmp(trust_digest(trust), digest, sizeof(digest)) == 0;
    trust_release(trust);
    if (same) {
        current->has_refused = false;
        return TRUST_SAME;
    }
    if (current->has_refused && memcmp(current->refused_digest, digest, sizeof(digest)) == 0)
        return TRUST_SAME;
    change = trust_current_reload(current, warning, error);
    if (change == TRUST_KEPT) {
        /* Of files that do not even load, the digest is that of the look. */
        current->has_refused = true;
        memcpy(current->refused_digest, digest, sizeof(digest));
    }
    return change;
}
