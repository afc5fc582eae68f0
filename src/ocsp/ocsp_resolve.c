/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_resolve.h"
#include "base/clock.h"
#include "ocsp/ocsp_url.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* So many lookups of one host may be left to themselves. Where no name server answers, each takes
 * getaddrinfo(3) a minute or more: without a bound they would add up to thousands of threads. */
#define LEFT_ALONE_MAX 32

/* Shared by who asks and the thread; who leaves last frees it. All but host and port is guarded by
 * the lock, `next` by that of the list. */
struct lookup {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned references;
    bool done;
    int result;
    struct addrinfo *found;
    char host[OCSP_URL_MAX];
    char port[6];
    struct lookup *next;
};

/* Those whose time was over before they ended. */
static pthread_mutex_t left_alone_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lookup *left_alone;

static bool too_many_left_alone(const char *host)
{
    const struct lookup *lookup;
    unsigned count = 0;

    (void)pthread_mutex_lock(&left_alone_lock);
    for (lookup = left_alone; lookup != NULL; lookup = lookup->next)
        count += strcmp(lookup->host, host) == 0;
    (void)pthread_mutex_unlock(&left_alone_lock);
    return count >= LEFT_ALONE_MAX;
}

static void leave_alone(struct lookup *lookup)
{
    (void)pthread_mutex_lock(&left_alone_lock);
    lookup->next = left_alone;
    left_alone = lookup;
    (void)pthread_mutex_unlock(&left_alone_lock);
}

/* If it is there. */
static void take_from_list(const struct lookup *lookup)
{
    struct lookup **place = &left_alone;

    (void)pthread_mutex_lock(&left_alone_lock);
    while (*place != NULL && *place != lookup)
        place = &(*place)->next;
    if (*place != NULL)
        *place = lookup->next;
    (void)pthread_mutex_unlock(&left_alone_lock);
}

static int get_addresses(const char *host, const char *port, int flags, struct addrinfo **found)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags};

    return getaddrinfo(host, port, &hints, found);
}

static void leave(struct lookup *lookup)
{
    bool last;

    (void)pthread_mutex_lock(&lookup->lock);
    last = --lookup->references == 0;
    (void)pthread_mutex_unlock(&lookup->lock);
    if (!last)
        return;
    take_from_list(lookup);
    if (lookup->found != NULL)
        freeaddrinfo(lookup->found);
    (void)pthread_cond_destroy(&lookup->changed);
    (void)pthread_mutex_destroy(&lookup->lock);
    free(lookup);
}

static void *look_up(void *context)
{
    struct lookup *lookup = context;
    struct addrinfo *found = NULL;
    int result = get_addresses(lookup->host, lookup->port, AI_ADDRCONFIG, &found);

    (void)pthread_mutex_lock(&lookup->lock);
    lookup->result = result;
    lookup->found = result == 0 ? found : NULL;
    lookup->done = true;
    (void)pthread_cond_broadcast(&lookup->changed);
    (void)pthread_mutex_unlock(&lookup->lock);
    leave(lookup);
    return NULL;
}

static struct lookup *begin(const char *host, const char *port)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    pthread_attr_t detached;
    pthread_t thread;
    bool good;

    if (lookup == NULL)
        return NULL;
    (void)snprintf(lookup->host, sizeof(lookup->host), "%s", host);
    (void)snprintf(lookup->port, sizeof(lookup->port), "%s", port);
    lookup->references = 2;
    (void)pthread_mutex_init(&lookup->lock, NULL);
    clock_condition_init(&lookup->changed);
    (void)pthread_attr_init(&detached);
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    good = pthread_create(&thread, &detached, look_up, lookup) == 0;
    (void)pthread_attr_destroy(&detached);
    if (good)
        return lookup;
    lookup->references = 1;
    leave(lookup);
    return NULL;
}

struct addrinfo *ocsp_resolve(
    const char *host, const char *port, const struct ocsp_limit *limit, struct error *error)
{
    struct addrinfo *found = NULL;
    struct lookup *lookup;
    bool done;
    int result, left;

    if (get_addresses(host, port, AI_NUMERICHOST, &found) == 0)
        return found;
    if (too_many_left_alone(host)) {
        error_set(error, ERROR_INPUT,
            "its address cannot be looked up: %d lookups of it wait for a name server already",
            LEFT_ALONE_MAX);
        return NULL;
    }
    lookup = begin(host, port);
    if (lookup == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory or threads for a name lookup");
        return NULL;
    }
    (void)pthread_mutex_lock(&lookup->lock);
    while (!lookup->done && (left = ocsp_limit_left(limit)) > 0) {
        const struct timespec until = clock_timespec(clock_microseconds() + left * INT64_C(1000));

        (void)pthread_cond_timedwait(&lookup->changed, &lookup->lock, &until);
    }
    done = lookup->done;
    result = lookup->result;
    found = lookup->found;
    lookup->found = NULL;
    (void)pthread_mutex_unlock(&lookup->lock);
    if (!done)
        leave_alone(lookup);
    leave(lookup);
    if (!done)
        error_set(error, ERROR_INPUT, "its address could not be looked up in time");
    else if (result == EAI_MEMORY)
        error_set(error, ERROR_MEMORY, "out of memory for a name lookup");
    else if (result != 0)
        error_set(error, ERROR_INPUT, "its address cannot be found: %s", gai_strerror(result));
    return found;
}
