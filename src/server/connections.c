/* SPDX-License-Identifier: ISC */
#include "server/connections.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <utlist.h>

/* The token of its events is the slot's number. An event that comes late, for a connection that had
 * the slot before, costs the one that has it now a read in vain. */
struct slot {
    struct fastcgi_connection connection; /* its fd is -1 when the slot is free */
    bool taken;                           /* by a thread, which alone uses `connection` then */
    bool look_again;                      /* an event has come that its thread may not have seen */
    bool sending;             /* its events tell when the peer takes bytes, not when they come */
    enum fastcgi_wait wait;   /* the line that it stands in */
    unsigned answered;        /* requests before it entered that line */
    struct slot *prev, *next; /* neighbours there; `next` chains the free slots */
    int64_t added, deadline;
    size_t bytes;
};

struct connections {
    pthread_mutex_t lock; /* guards all below, but what is taken */
    uint32_t size, count;
    struct slot *free;
    size_t bytes;
    /* Those that wait for the same thing, in the order in which they began to, and so also in that
     * of their deadlines: utlist's, doubly linked. */
    struct slot *lines[FASTCGI_WAITS];
    int epoll_fd;
    struct slot slots[];
};

/* Who goes first. */
static const enum fastcgi_wait eviction[] = {FASTCGI_WAIT_CLOSE, FASTCGI_WAIT_REQUEST,
    FASTCGI_WAIT_HEAD, FASTCGI_WAIT_BODY, FASTCGI_WAIT_SEND};
/* How long each may wait although others want its place (milliseconds). */
static const int64_t patience[FASTCGI_WAITS] = {
    [FASTCGI_WAIT_BODY] = 100, [FASTCGI_WAIT_SEND] = 1000};

struct connections *connections_new(size_t most, int epoll_fd)
{
    uint32_t i, size = most < 65536 ? (uint32_t)most : 65536;
    struct connections *set = calloc(1, sizeof(*set) + size * sizeof(set->slots[0]));

    if (set == NULL)
        return NULL;
    (void)pthread_mutex_init(&set->lock, NULL);
    for (i = size; i-- > 0;) {
        set->slots[i].connection.fd = -1;
        LL_PREPEND(set->free, &set->slots[i]);
    }
    set->size = size;
    set->epoll_fd = epoll_fd;
    return set;
}

/* Puts it into the line of what it waits for now. */
static void enter_line(struct connections *set, struct slot *slot)
{
    int64_t limit = fastcgi_wait_limit(slot->connection.wait);

    slot->wait = slot->connection.wait;
    slot->answered = slot->connection.answered;
    slot->deadline = limit < 0 ? INT64_MAX : clock_milliseconds() + limit;
    DL_APPEND(set->lines[slot->wait], slot);
}

static void change_line(struct connections *set, struct slot *slot)
{
    DL_DELETE(set->lines[slot->wait], slot);
    enter_line(set, slot);
}

/* Closes a connection and frees its slot. */
static void release(struct connections *set, struct slot *slot)
{
    DL_DELETE(set->lines[slot->wait], slot);
    set->bytes -= slot->bytes;
    slot->bytes = 0;
    fastcgi_connection_close(&slot->connection);
    slot->taken = false;
    LL_PREPEND(set->free, slot);
    set->count--;
}

/* Has events told of what the connection waits for. What is there already is told at once. */
static bool watch(struct connections *set, struct slot *slot, int operation)
{
    struct epoll_event event = {.data.u64 = (uint64_t)(slot - set->slots)};

    slot->sending = slot->wait == FASTCGI_WAIT_SEND;
    slot->look_again = false;
    slot->connection.unread = false;
    event.events = EPOLLET | (slot->sending ? (uint32_t)EPOLLOUT : EPOLLIN | EPOLLRDHUP);
    return epoll_ctl(set->epoll_fd, operation, slot->connection.fd, &event) == 0;
}

/* The oldest of a line that no thread has, from a slot on. */
static struct slot *find_free(struct slot *slot)
{
    while (slot != NULL && slot->taken)
        slot = slot->next;
    return slot;
}

/* Whether a request may be about to become whole: its peer has just connected, or bytes have come
 * that no thread has seen yet. Or its peer has hardly had time for its part, unless `hurry`. */
static bool is_promising(const struct slot *slot, bool hurry)
{
    const enum fastcgi_wait wait = slot->wait;
    char byte;

    if (wait != FASTCGI_WAIT_REQUEST && wait != FASTCGI_WAIT_HEAD)
        return !hurry &&
               clock_milliseconds() < slot->deadline - fastcgi_wait_limit(wait) + patience[wait];
    if (slot->connection.answered == 0 && wait == FASTCGI_WAIT_REQUEST &&
        clock_milliseconds() - slot->added < CONNECTIONS_GRACE_MS)
        return true;
    /* It does not wait. NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection) */
    return recv(slot->connection.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* Closes who goes first, of those that hold so many bytes. */
static bool evict(struct connections *set, size_t bytes)
{
    struct slot *slot;
    size_t i;

    for (i = 0; i < sizeof(eviction) / sizeof(eviction[0]); i++) {
        slot = find_free(set->lines[eviction[i]]);
        while (slot != NULL && (slot->bytes < bytes || is_promising(slot, bytes > 0)))
            slot = find_free(slot->next);
        if (slot != NULL) {
            if (slot->wait == FASTCGI_WAIT_BODY) /* its answer is whole then */
                (void)fastcgi_connection_expire(&slot->connection);
            release(set, slot);
            return true;
        }
    }
    return false;
}

/* Those that hold less than others need not go. */
static void keep_within_bytes(struct connections *set)
{
    while (set->bytes > CONNECTIONS_MAX_BYTES && evict(set, set->bytes / set->count))
        continue;
}

/* Has it wait, and told of events; closes it when that cannot be. An event comes no more by itself
 * when it was for what is there now, or for another wait. */
static void settle(struct connections *set, struct slot *slot, int operation)
{
    size_t bytes = fastcgi_connection_size(&slot->connection);
    bool must_watch = slot->look_again || slot->connection.unread ||
                      slot->sending != (slot->wait == FASTCGI_WAIT_SEND);

    set->bytes += bytes - slot->bytes;
    slot->bytes = bytes;
    if (!must_watch || watch(set, slot, operation))
        keep_within_bytes(set);
    else
        release(set, slot);
}

void connections_add(struct connections *set, const struct fastcgi_connection *connection)
{
    struct fastcgi_connection given = *connection;
    struct slot *slot;

    (void)pthread_mutex_lock(&set->lock);
    if (set->free == NULL)
        (void)evict(set, 0);
    slot = set->free;
    if (slot == NULL) {
        fastcgi_connection_close(&given);
    } else {
        LL_DELETE(set->free, slot);
        set->count++;
        slot->connection = given;
        slot->look_again = true;
        slot->added = clock_milliseconds();
        enter_line(set, slot);
        settle(set, slot, EPOLL_CTL_ADD);
    }
    (void)pthread_mutex_unlock(&set->lock);
}

struct fastcgi_connection *connections_take(
    struct connections *set, const struct epoll_event *event)
{
    struct fastcgi_connection *connection = NULL;
    struct slot *slot = &set->slots[event->data.u64];
    (void)pthread_mutex_lock(&set->lock);
    if (slot->connection.fd >= 0) {
        /* The peer's end is seen by a read that finds no bytes before it. */
        slot->look_again = slot->taken || (event->events & ~(uint32_t)(EPOLLIN | EPOLLOUT)) != 0;
        connection = slot->taken ? NULL : &slot->connection;
        slot->taken = true;
    }
    (void)pthread_mutex_unlock(&set->lock);
    return connection;
}

struct fastcgi_connection *connections_take_expired(
    struct connections *set, int64_t now, int64_t *deadline)
{
    struct slot *first = NULL;
    int i;

    (void)pthread_mutex_lock(&set->lock);
    for (i = 0; i < FASTCGI_WAITS; i++) {
        struct slot *slot = find_free(set->lines[i]);

        if (slot != NULL && (first == NULL || slot->deadline < first->deadline))
            first = slot;
    }
    *deadline = first != NULL ? first->deadline : INT64_MAX;
    if (first != NULL && first->deadline > now)
        first = NULL;
    if (first != NULL)
        first->taken = true;
    (void)pthread_mutex_unlock(&set->lock);
    return first != NULL ? &first->connection : NULL;
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
        /* A head, a body, an answer has one deadline, however many events it takes, and records
         * that are no request make nobody younger who is idle. */
        if (connection->wait != slot->wait || connection->answered != slot->answered)
            change_line(set, slot);
        settle(set, slot, EPOLL_CTL_MOD);
    }
    (void)pthread_mutex_unlock(&set->lock);
}

bool connections_make_room(struct connections *set, bool descriptor)
{
    bool room;

    (void)pthread_mutex_lock(&set->lock);
    room = (set->free != NULL && !descriptor) || evict(set, 0);
    (void)pthread_mutex_unlock(&set->lock);
    return room;
}

size_t connections_end_idle(struct connections *set, int64_t now, int64_t grace)
{
    struct slot *slot, *next;
    size_t count;

    (void)pthread_mutex_lock(&set->lock);
    for (slot = set->lines[FASTCGI_WAIT_REQUEST]; slot != NULL; slot = next) {
        next = slot->next;
        if (slot->taken || (slot->connection.answered == 0 && now < grace))
            continue;
        /* Its event stays as it is: it is readable when the peer ends too. */
        (void)fastcgi_connection_end(&slot->connection);
        if (slot->connection.wait == FASTCGI_CLOSED)
            release(set, slot);
        else if (slot->connection.wait != slot->wait)
            change_line(set, slot);
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
    free(set);
}
