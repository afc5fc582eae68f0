/* SPDX-License-Identifier: ISC */
#include "server/connections.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#define NONE UINT32_MAX

/* A token is the slot's number and how often it was used: so an event that comes late is not taken
 * for one of the connection that has the slot now. The lowest 32 bits are never NONE. */
struct slot {
    struct fastcgi_connection connection; /* its fd is -1 when the slot is free */
    bool taken;                           /* by a thread, which alone uses `connection` then */
    bool look_again;                      /* an event has come that its thread may not have seen */
    bool sending; /* its events tell when the peer takes bytes, not when they come */
    uint32_t uses;
    enum fastcgi_wait wait; /* the list that it stands in */
    uint32_t older, newer;  /* neighbours there; `newer` chains the free slots */
    int64_t since, deadline;
    size_t bytes;
};

/* Those that wait for the same thing, in the order in which they began to: so also in that of their
 * deadlines. */
struct line {
    uint32_t oldest, newest;
};

struct connections {
    pthread_mutex_t lock; /* guards all below, but what is taken */
    struct slot *slots;
    uint32_t size, count;
    uint32_t free;
    size_t bytes;
    struct line lines[FASTCGI_WAITS];
    int epoll_fd;
};

/* Who goes first. */
static const enum fastcgi_wait eviction[] = {FASTCGI_WAIT_CLOSE, FASTCGI_WAIT_REQUEST,
    FASTCGI_WAIT_HEAD, FASTCGI_WAIT_BODY, FASTCGI_WAIT_SEND};
/* The first so many of these wait for no answer. */
#define EVICTION_HARMLESS 3

struct connections *connections_new(size_t most, int epoll_fd)
{
    struct connections *set = calloc(1, sizeof(*set));
    uint32_t i, size = most < 65536 ? (uint32_t)most : 65536;

    if (set == NULL)
        return NULL;
    set->slots = calloc(size, sizeof(*set->slots));
    if (set->slots == NULL) {
        free(set);
        return NULL;
    }
    (void)pthread_mutex_init(&set->lock, NULL);
    for (i = 0; i < size; i++) {
        set->slots[i].connection.fd = -1;
        set->slots[i].newer = i + 1 < size ? i + 1 : NONE;
    }
    set->size = size;
    set->free = size > 0 ? 0 : NONE;
    for (i = 0; i < FASTCGI_WAITS; i++)
        set->lines[i] = (struct line){.oldest = NONE, .newest = NONE};
    set->epoll_fd = epoll_fd;
    return set;
}

static uint32_t number_of(const struct connections *set, const struct slot *slot)
{
    return (uint32_t)(slot - set->slots);
}

static void leave_line(struct connections *set, struct slot *slot)
{
    struct line *line = &set->lines[slot->wait];

    if (slot->older != NONE)
        set->slots[slot->older].newer = slot->newer;
    else
        line->oldest = slot->newer;
    if (slot->newer != NONE)
        set->slots[slot->newer].older = slot->older;
    else
        line->newest = slot->older;
}

static void enter_line(struct connections *set, struct slot *slot, enum fastcgi_wait wait)
{
    struct line *line = &set->lines[wait];
    int64_t limit = fastcgi_wait_limit(wait);

    slot->wait = wait;
    slot->since = clock_milliseconds();
    slot->deadline = limit < 0 ? INT64_MAX : slot->since + limit;
    slot->older = line->newest;
    slot->newer = NONE;
    if (line->newest != NONE)
        set->slots[line->newest].newer = number_of(set, slot);
    else
        line->oldest = number_of(set, slot);
    line->newest = number_of(set, slot);
}

static void count_bytes(struct connections *set, struct slot *slot, size_t bytes)
{
    set->bytes += bytes - slot->bytes;
    slot->bytes = bytes;
}

/* Closes a connection and frees its slot. */
static void release(struct connections *set, struct slot *slot)
{
    leave_line(set, slot);
    count_bytes(set, slot, 0);
    fastcgi_connection_close(&slot->connection);
    slot->taken = false;
    slot->uses++;
    slot->newer = set->free;
    set->free = number_of(set, slot);
    set->count--;
}

/* Has events told of what the connection waits for. What is there already is told at once. */
static bool watch(struct connections *set, struct slot *slot, int operation)
{
    struct epoll_event event = {.data.u64 = (uint64_t)slot->uses << 32 | number_of(set, slot)};

    slot->sending = slot->wait == FASTCGI_WAIT_SEND;
    slot->look_again = false;
    slot->connection.unread = false;
    event.events = EPOLLET | (slot->sending ? (uint32_t)EPOLLOUT : EPOLLIN | EPOLLRDHUP);
    return epoll_ctl(set->epoll_fd, operation, slot->connection.fd, &event) == 0;
}

/* The oldest of a line that no thread has, from a slot on. */
static struct slot *find_free(struct connections *set, uint32_t number)
{
    while (number != NONE && set->slots[number].taken)
        number = set->slots[number].newer;
    return number != NONE ? &set->slots[number] : NULL;
}

/* Whether a request may be about to become whole: its peer has just connected, or bytes have come
 * that no thread has seen yet. */
static bool is_promising(const struct slot *slot)
{
    char byte;

    if (slot->wait != FASTCGI_WAIT_REQUEST && slot->wait != FASTCGI_WAIT_HEAD)
        return false;
    if (slot->connection.answered == 0 && slot->wait == FASTCGI_WAIT_REQUEST &&
        clock_milliseconds() - slot->since < CONNECTIONS_GRACE_MS)
        return true;
    /* It does not wait. NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection) */
    return recv(slot->connection.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* Closes who goes first of the first `kinds` in the order of eviction; with bytes only those that
 * hold some. */
static bool evict(struct connections *set, size_t kinds, bool with_bytes)
{
    struct slot *slot;
    size_t i;

    for (i = 0; i < kinds; i++) {
        slot = find_free(set, set->lines[eviction[i]].oldest);
        while (slot != NULL && ((with_bytes && slot->bytes == 0) || is_promising(slot)))
            slot = find_free(set, slot->newer);
        if (slot != NULL) {
            release(set, slot);
            return true;
        }
    }
    return false;
}

static void keep_within_bytes(struct connections *set)
{
    while (set->bytes > CONNECTIONS_MAX_BYTES &&
           evict(set, sizeof(eviction) / sizeof(eviction[0]), true))
        continue;
}

void connections_add(struct connections *set, const struct fastcgi_connection *connection)
{
    struct fastcgi_connection given = *connection;
    struct slot *slot;

    (void)pthread_mutex_lock(&set->lock);
    if (set->free == NONE)
        (void)evict(set, sizeof(eviction) / sizeof(eviction[0]), false);
    if (set->free == NONE) {
        fastcgi_connection_close(&given);
    } else {
        slot = &set->slots[set->free];
        set->free = slot->newer;
        set->count++;
        slot->connection = given;
        slot->bytes = 0;
        enter_line(set, slot, given.wait);
        count_bytes(set, slot, fastcgi_connection_size(&given));
        if (watch(set, slot, EPOLL_CTL_ADD))
            keep_within_bytes(set);
        else
            release(set, slot);
    }
    (void)pthread_mutex_unlock(&set->lock);
}

/* An event was for what is there now, and comes no more by itself. */
static bool must_watch(const struct slot *slot)
{
    return slot->look_again || slot->connection.unread ||
           slot->sending != (slot->wait == FASTCGI_WAIT_SEND);
}

struct fastcgi_connection *connections_take(
    struct connections *set, const struct epoll_event *event)
{
    struct fastcgi_connection *connection = NULL;
    uint32_t number = (uint32_t)event->data.u64;
    struct slot *slot;

    if (number >= set->size)
        return NULL;
    slot = &set->slots[number];
    (void)pthread_mutex_lock(&set->lock);
    if (slot->uses == (uint32_t)(event->data.u64 >> 32) && slot->connection.fd >= 0) {
        /* The peer's end is seen by a read that finds no bytes before it. */
        slot->look_again = slot->taken || (event->events & ~(uint32_t)(EPOLLIN | EPOLLOUT)) != 0;
        connection = slot->taken ? NULL : &slot->connection;
        slot->taken = true;
    }
    (void)pthread_mutex_unlock(&set->lock);
    return connection;
}

struct fastcgi_connection *connections_take_expired(struct connections *set, int64_t now)
{
    struct fastcgi_connection *connection = NULL;
    int i;

    (void)pthread_mutex_lock(&set->lock);
    for (i = 0; i < FASTCGI_WAITS && connection == NULL; i++) {
        struct slot *slot = find_free(set, set->lines[i].oldest);

        if (slot != NULL && slot->deadline <= now) {
            slot->taken = true;
            connection = &slot->connection;
        }
    }
    (void)pthread_mutex_unlock(&set->lock);
    return connection;
}

void connections_put(struct connections *set, struct fastcgi_connection *connection)
{
    void *first = connection; /* of the slot's members */
    struct slot *slot = first;

    (void)pthread_mutex_lock(&set->lock);
    slot->taken = false;
    if (connection->wait == FASTCGI_CLOSED) {
        release(set, slot);
    } else {
        /* A head, a body, an answer has one deadline, however many events it takes. */
        if (connection->wait != slot->wait || connection->wait == FASTCGI_WAIT_REQUEST) {
            leave_line(set, slot);
            enter_line(set, slot, connection->wait);
        }
        count_bytes(set, slot, fastcgi_connection_size(connection));
        if (!must_watch(slot) || watch(set, slot, EPOLL_CTL_MOD))
            keep_within_bytes(set);
        else
            release(set, slot);
    }
    (void)pthread_mutex_unlock(&set->lock);
}

bool connections_make_room(struct connections *set, bool descriptor)
{
    bool room;

    (void)pthread_mutex_lock(&set->lock);
    room = (set->free != NONE && !descriptor) || evict(set, EVICTION_HARMLESS, false);
    (void)pthread_mutex_unlock(&set->lock);
    return room;
}

int64_t connections_deadline(struct connections *set)
{
    int64_t first = INT64_MAX;
    int i;

    (void)pthread_mutex_lock(&set->lock);
    for (i = 0; i < FASTCGI_WAITS; i++) {
        const struct slot *slot = find_free(set, set->lines[i].oldest);

        if (slot != NULL && slot->deadline < first)
            first = slot->deadline;
    }
    (void)pthread_mutex_unlock(&set->lock);
    return first;
}

size_t connections_end_idle(struct connections *set, int64_t now, int64_t grace)
{
    uint32_t number, newer;
    size_t count;

    (void)pthread_mutex_lock(&set->lock);
    for (number = set->lines[FASTCGI_WAIT_REQUEST].oldest; number != NONE; number = newer) {
        struct slot *slot = &set->slots[number];

        newer = slot->newer;
        if (slot->taken || (slot->connection.answered == 0 && now < grace))
            continue;
        /* Its event stays as it is: it is readable when the peer ends too. */
        (void)fastcgi_connection_end(&slot->connection);
        if (slot->connection.wait == FASTCGI_CLOSED) {
            release(set, slot);
        } else if (slot->connection.wait != slot->wait) {
            leave_line(set, slot);
            enter_line(set, slot, slot->connection.wait);
        }
    }
    count = set->count;
    (void)pthread_mutex_unlock(&set->lock);
    return count;
}

void connections_measure(struct connections *set, size_t *count, size_t *bytes)
{
    (void)pthread_mutex_lock(&set->lock);
    *count = set->count;
    *bytes = set->bytes;
    (void)pthread_mutex_unlock(&set->lock);
}

void connections_free(struct connections *set)
{
    uint32_t i;

    if (set == NULL)
        return;
    for (i = 0; i < set->size; i++) {
        if (set->slots[i].connection.fd >= 0)
            fastcgi_connection_close(&set->slots[i].connection);
    }
    (void)pthread_mutex_destroy(&set->lock);
    free(set->slots);
    free(set);
}
