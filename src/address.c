#include "address.h"

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

bool address_write(const struct request *request, char address[ADDRESS_SIZE])
{
    const char *host = request_parameter(request, "HTTP_HOST");
    const char *path = request_parameter(request, "REQUEST_URI");
    size_t length;
    int written;

    if (host == NULL || path == NULL || path[0] != '/')
        return false;
    length = strcspn(path, "?");
    /* curl takes [ and ] for a range (an IPv6 address is none, but shells take it for a pattern).
     */
    if (!is_of(host, strlen(host), ".-:") || !is_of(path, length, "/._-%"))
        return false;
    if (length >= ADDRESS_SIZE)
        return false;
    written = snprintf(address, ADDRESS_SIZE, "https://%s%.*s", host, (int)length, path);
    return written > 0 && written < ADDRESS_SIZE;
}
