/* SPDX-License-Identifier: ISC */
#include "service/gate_snapshot.h"

#include <pthread.h>
#include <stdlib.h>

struct gate_current {
    pthread_mutex_t lock; /* guards the snapshot */
    struct gate_snapshot snapshot;
};

struct gate_current *gate_current_new(void)
{
    struct gate_current *current = calloc(1, sizeof(*current));

    if (current != NULL)
        (void)pthread_mutex_init(&current->lock, NULL);
    return current;
}

void gate_current_free(struct gate_current *current)
{
    if (current == NULL)
        return;
    gate_snapshot_release(&current->snapshot);
    (void)pthread_mutex_destroy(&current->lock);
    free(current);
}

static struct rules *rules_of(struct rules_current *current)
{
    return current != NULL ? rules_current_get(current) : NULL;
}

void gate_current_set(struct gate_current *current, const struct service *service)
{
    struct gate_snapshot next = {.trust = trust_current_get(service->trust),
        .rules = rules_of(service->rules),
        .shadow = rules_of(service->shadow)};
    struct gate_snapshot before;

    (void)pthread_mutex_lock(&current->lock);
    before = current->snapshot;
    current->snapshot = next;
    (void)pthread_mutex_unlock(&current->lock);
    gate_snapshot_release(&before);
}

static struct rules *retain(struct rules *rules)
{
    return rules != NULL ? rules_retain(rules) : NULL;
}

struct gate_snapshot gate_current_get(struct gate_current *current)
{
    struct gate_snapshot snapshot = {.trust = NULL};

    if (current == NULL)
        return snapshot;
    (void)pthread_mutex_lock(&current->lock);
    if (current->snapshot.trust != NULL)
        snapshot.trust = trust_retain(current->snapshot.trust);
    snapshot.rules = retain(current->snapshot.rules);
    snapshot.shadow = retain(current->snapshot.shadow);
    (void)pthread_mutex_unlock(&current->lock);
    return snapshot;
}

void gate_snapshot_release(struct gate_snapshot *snapshot)
{
    rules_release(snapshot->shadow);
    rules_release(snapshot->rules);
    trust_release(snapshot->trust);
    *snapshot = (struct gate_snapshot){.trust = NULL};
}
