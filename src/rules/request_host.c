/* SPDX-License-Identifier: ISC */
#include "rules/request_host.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool is_name_character(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
           character == '-' || character == '_';
}

static bool is_port(const char *port)
{
    size_t digits = strspn(port, "0123456789");

    return digits <= 5 && port[digits] == '\0';
}

/* An IPv6 address in brackets, both of them there, which is brought into its shortest form (RFC
 * 5952). */
static bool settle_bracketed(char host[REQUEST_HOST_SIZE], size_t length)
{
    unsigned char address[16];
    char shortest[INET6_ADDRSTRLEN];

    host[length - 1] = '\0';
    if (inet_pton(AF_INET6, host + 1, address) != 1 ||
        inet_ntop(AF_INET6, address, shortest, sizeof(shortest)) == NULL)
        return false;
    (void)snprintf(host, REQUEST_HOST_SIZE, "[%s]", shortest);
    return true;
}

static bool is_name(const char *host)
{
    const char *at = host;

    while (*at == '.' || is_name_character(*at))
        at++;
    return *at == '\0' && text_has_labels(host, (size_t)(at - host));
}

bool request_host_read(const char *field, char host[REQUEST_HOST_SIZE])
{
    size_t i, length = field[0] == '[' ? strcspn(field, "]") + 1 : strcspn(field, ":");

    if (length >= REQUEST_HOST_SIZE || length > strlen(field))
        return false;
    if (field[length] != '\0' && (field[length] != ':' || !is_port(field + length + 1)))
        return false;
    for (i = 0; i < length; i++)
        host[i] = (char)(field[i] >= 'A' && field[i] <= 'Z' ? field[i] + 32 : field[i]);
    host[length] = '\0';
    if (host[0] == '[')
        return settle_bracketed(host, length);
    if (length > 1 && host[length - 1] == '.')
        host[length - 1] = '\0';
    return is_name(host);
}
