/* Fuzzes what arrives on a connection: requests one after another, each with its body drained.
 * Their parameters must lie one behind the other in the room that their lengths left. */
#include "base/clock.h"
#include "fastcgi/fastcgi_reader.h"

#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
    if (!fine)
        abort();
}

static void check(const struct fastcgi_reader *head)
{
    const char *at = (const char *)head->params, *end = at;
    size_t i;

    if (head->params_length > 0)
        end += head->params_length;
    for (i = 0; head->parameters[i] != NULL; i++) {
        must(i < FASTCGI_MAX_PARAMETERS && head->parameters[i] == at);
        must(at < end && at[0] != '=' && memchr(at, '\0', (size_t)(end - at)) != NULL);
        must(strchr(at, '=') != NULL);
        at += strlen(at) + 1;
    }
    must(at <= end && head->params_length <= FASTCGI_MAX_PARAMS);
    must(head->request_id != FCGI_NULL_REQUEST_ID && head->input_at <= head->input_end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fastcgi_reader head = {.params = NULL};
    int64_t deadline = clock_milliseconds() + 60000; /* the connection ends before */
    int fds[2];

    must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    must(size == 0 || send(fds[0], data, size, MSG_DONTWAIT) == (ssize_t)size);
    must(shutdown(fds[0], SHUT_WR) == 0);
    while (fastcgi_reader_read(&head, fds[1], deadline) == FASTCGI_READ) {
        bool used_up = fastcgi_reader_is_used_up(&head), nothing;

        check(&head);
        if (fastcgi_reader_has_unknown_role(&head))
            (void)fastcgi_reader_refuse_role(&head, fds[1]);
        nothing = fastcgi_drain_nothing(&head);
        must(!nothing || (!used_up && fastcgi_reader_is_used_up(&head)));
        if (!nothing && !fastcgi_drain(&head, fds[1], deadline))
            break;
        must(fastcgi_reader_is_used_up(&head));
    }
    fastcgi_reader_free(&head);
    (void)close(fds[0]);
    (void)close(fds[1]);
    return 0;
}
