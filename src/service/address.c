/* SPDX-License-Identifier: ISC */
#include "service/address.h"

#include <stdio.h>
#include <string.h>

static bool is_of(const char *string, size_t length, const char *marks)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t i;

    for (i = 0; i < length; i++) {
        if (strchr(letters, string[i]) == NULL && strchr(marks, string[i]) == NULL)
            return false;
    }
    return length > 0;
}

/* A host with its port unless that is the usual one. */
static bool write_host(const struct request *request, char host[ADDRESS_SIZE])
{
    const char *given = request_parameter(request, "HTTP_HOST");
    const char *name = request_parameter(request, "SERVER_NAME");
    const char *port = request_parameter(request, "SERVER_PORT");
    int written;

    if (given != NULL)
        written = snprintf(host, ADDRESS_SIZE, "%s", given);
    else if (name == NULL)
        return false;
    else if (port == NULL || strcmp(port, "443") == 0)
        written = snprintf(host, ADDRESS_SIZE, "%s", name);
    else
        written = snprintf(host, ADDRESS_SIZE, "%s:%s", name, port);
    return written > 0 && written < ADDRESS_SIZE;
}

bool address_write(const struct request *request, char address[ADDRESS_SIZE])
{
    const char *path = request_parameter(request, "REQUEST_URI");
    char host[ADDRESS_SIZE];
    size_t length;
    int written;

    if (path == NULL)
        path = request_parameter(request, "SCRIPT_NAME");
    if (path == NULL || path[0] != '/' || !write_host(request, host))
        return false;
    length = strcspn(path, "?");
    /* No brackets: a shell takes those of an IPv6 address for a pattern, and curl for a range. */
    if (!is_of(host, strlen(host), ".-:") || !is_of(path, length, "/._-%"))
        return false;
    if (length >= ADDRESS_SIZE)
        return false;
    written = snprintf(address, ADDRESS_SIZE, "https://%s%.*s", host, (int)length, path);
    return written > 0 && written < ADDRESS_SIZE;
}
