#include "server/idle.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define NONE UINT32_MAX

/* A token is the slot's number and how often it was used: so an event that comes late is not taken
 * for one of the connection that has the slot now. The lowest 32 bits are never NONE. */
struct slot {
    int fd; /* -1: free */
    bool known;
    uint32_t uses;
    uint32_t older, newer; /* neighbours in order of waiting; `newer` chains the free slots */
};

struct idle {
    pthread_mutex_t lock; /* guards all below */
    struct slot *slots;
    uint32_t count;
    uint32_t free;
    uint32_t oldest, newest;
    int epoll_fd;
};

struct idle *idle_new(size_t most, int epoll_fd)
{
    struct idle *idle = calloc(1, sizeof(*idle));
    uint32_t i, count = most < 65536 ? (uint32_t)most : 65536;

    if (idle == NULL)
        return NULL;
    idle->slots = calloc(count, sizeof(*idle->slots));
    if (idle->slots == NULL || pthread_mutex_init(&idle->lock, NULL) != 0) {
        free(idle->slots);
        free(idle);
        return NULL;
    }
    for (i = 0; i < count; i++)
        idle->slots[i] = (struct slot){.fd = -1, .newer = i + 1 < count ? i + 1 : NONE};
    idle->count = count;
    idle->free = count > 0 ? 0 : NONE;
    idle->oldest = NONE;
    idle->newest = NONE;
    idle->epoll_fd = epoll_fd;
    return idle;
}

/* Takes a slot out of the order of waiting and frees it. Returns its descriptor. */
static int release(struct idle *idle, uint32_t number)
{
    struct slot *slot = &idle->slots[number];
    int fd = slot->fd;

    if (slot->older != NONE)
        idle->slots[slot->older].newer = slot->newer;
    else
        idle->oldest = slot->newer;
    if (slot->newer != NONE)
        idle->slots[slot->newer].older = slot->older;
    else
        idle->newest = slot->older;
    slot->fd = -1;
    slot->uses++;
    slot->newer = idle->free;
    idle->free = number;
    return fd;
}

static uint32_t claim(struct idle *idle, int fd, bool known)
{
    uint32_t number = idle->free;
    struct slot *slot = &idle->slots[number];

    idle->free = slot->newer;
    slot->fd = fd;
    slot->known = known;
    slot->older = idle->newest;
    slot->newer = NONE;
    if (idle->newest != NONE)
        idle->slots[idle->newest].newer = number;
    else
        idle->oldest = number;
    idle->newest = number;
    return number;
}

void idle_put(struct idle *idle, int fd, bool known)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT};
    uint32_t number;

    (void)pthread_mutex_lock(&idle->lock);
    if (idle->free == NONE && idle->oldest != NONE)
        (void)close(release(idle, idle->oldest));
    number = claim(idle, fd, known);
    event.data.u64 = (uint64_t)idle->slots[number].uses << 32 | number;
    if (epoll_ctl(idle->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        (void)close(release(idle, number));
    (void)pthread_mutex_unlock(&idle->lock);
}

int idle_take(struct idle *idle, uint64_t token)
{
    uint32_t number = (uint32_t)token;
    int fd = -1;

    (void)pthread_mutex_lock(&idle->lock);
    if (number < idle->count && idle->slots[number].fd >= 0 &&
        idle->slots[number].uses == (uint32_t)(token >> 32))
        fd = release(idle, number);
    (void)pthread_mutex_unlock(&idle->lock);
    return fd;
}

int idle_take_oldest(struct idle *idle, bool *known)
{
    int fd = -1;

    (void)pthread_mutex_lock(&idle->lock);
    if (idle->oldest != NONE) {
        *known = idle->slots[idle->oldest].known;
        fd = release(idle, idle->oldest);
    }
    (void)pthread_mutex_unlock(&idle->lock);
    return fd;
}

bool idle_close_oldest(struct idle *idle)
{
    bool known;
    int fd = idle_take_oldest(idle, &known);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

void idle_free(struct idle *idle)
{
    if (idle == NULL)
        return;
    while (idle_close_oldest(idle))
        continue;
    (void)pthread_mutex_destroy(&idle->lock);
    free(idle->slots);
    free(idle);
}
