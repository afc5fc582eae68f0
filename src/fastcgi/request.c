/* SPDX-License-Identifier: ISC */
#include "fastcgi/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The value at or behind a place in the list, which goes on behind it; NULL when there is none. */
static const char *next_value(char *const **at, const char *name)
{
    size_t length = strlen(name);

    while (*at != NULL && **at != NULL) {
        const char *parameter = *(*at)++;

        if (parameter[0] == name[0] && strncmp(parameter, name, length) == 0 &&
            parameter[length] == '=')
            return parameter + length + 1;
    }
    return NULL;
}

const char *request_parameter(const struct request *request, const char *name)
{
    char *const *at = request->parameters;

    return next_value(&at, name);
}

const char *request_sole_parameter(
    const struct request *request, const char *name, bool *contradicted)
{
    char *const *at = request->parameters;
    const char *value = next_value(&at, name), *other = value;

    while (other != NULL) {
        *contradicted = *contradicted || strcmp(value, other) != 0;
        other = next_value(&at, name);
    }
    return value;
}

bool request_write(struct request *request, const void *bytes, size_t length)
{
    if (!request->gone && length > 0)
        request->gone = !request->transport.write(request->transport.context, bytes, length);
    return !request->gone;
}

bool request_flush(struct request *request)
{
    if (!request->gone)
        request->gone = !request->transport.flush(request->transport.context);
    return !request->gone;
}

void request_abort(struct request *request)
{
    request->gone = true;
}

bool request_fd_listens(int fd)
{
    int listens = 0;
    socklen_t size = sizeof(listens);

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

bool request_is_cgi(int fd)
{
    return getenv("GATEWAY_INTERFACE") != NULL && !request_fd_listens(fd);
}

static bool cgi_write(void *context, const void *bytes, size_t length)
{
    return fwrite(bytes, 1, length, context) == length;
}

static bool cgi_flush(void *context)
{
    return fflush(context) == 0;
}

void request_from_cgi(struct request *request, char *const *environment)
{
    *request = (struct request){.role = REQUEST_RESPONDER,
        .parameters = environment,
        .transport = {.write = cgi_write, .flush = cgi_flush, .context = stdout}};
}
