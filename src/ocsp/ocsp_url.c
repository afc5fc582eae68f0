/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_url.h"

#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define HEXADECIMAL DIGITS "abcdefABCDEF"
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-._"

/* Reads HOST, [ADDRESS]; returns what follows, NULL when there is none. */
static const char *read_host(const char *at, struct ocsp_url *url)
{
    bool bracketed = *at == '[';
    size_t length;

    at += bracketed ? 1 : 0;
    length = strspn(at, bracketed ? HEXADECIMAL ":." : NAME_CHARACTERS);
    if (length == 0 || length >= sizeof(url->host) || (bracketed && at[length] != ']'))
        return NULL;
    memcpy(url->host, at, length);
    url->host[length] = '\0';
    return at + length + (bracketed ? 1 : 0);
}

/* Reads :PORT, or nothing; returns what follows, NULL when it is no port. */
static const char *read_port(const char *at, struct ocsp_url *url)
{
    unsigned long number = 0;
    size_t length, i;

    memcpy(url->port, "80", sizeof("80"));
    if (*at != ':')
        return at;
    at++;
    length = strspn(at, DIGITS);
    if (length == 0 || length >= sizeof(url->port) || *at == '0')
        return NULL;
    for (i = 0; i < length; i++)
        number = number * 10 + (unsigned long)(at[i] - '0');
    if (number > 65535)
        return NULL;
    memcpy(url->port, at, length);
    url->port[length] = '\0';
    return at + length;
}

bool ocsp_url_read(const char *words, size_t length, struct ocsp_url *url)
{
    char copy[OCSP_URL_MAX + 1];
    const char *at = copy;
    size_t i;

    if (length > OCSP_URL_MAX - 1)
        return false;
    for (i = 0; i < length; i++) {
        if (words[i] <= ' ' || words[i] > '~' || strchr("\"#<>@\\^`{|}", words[i]) != NULL)
            return false;
    }
    memcpy(copy, words, length);
    copy[length] = '\0';
    if (strncasecmp(at, "http://", 7) != 0)
        return false;
    at = read_host(at + 7, url);
    at = at != NULL ? read_port(at, url) : NULL;
    if (at == NULL || (*at != '\0' && *at != '/'))
        return false;
    i = *at == '\0' ? 1 : strlen(at);
    memcpy(url->path, *at == '\0' ? "/" : at, i);
    url->path[i] = '\0';
    return true;
}

static bool read_item(const char *item, struct ocsp_url *url)
{
    const char *at = read_host(item, url);

    at = at != NULL ? read_port(at, url) : NULL;
    return at != NULL && *at == '\0';
}

bool ocsp_url_check_allowed(const char *item)
{
    struct ocsp_url url;

    return read_item(item, &url);
}

bool ocsp_url_is_allowed(const struct ocsp_url *url, const struct list *allowed, size_t *number)
{
    size_t i;

    for (i = 0; i < allowed->count; i++) {
        struct ocsp_url item;

        if (read_item(allowed->items[i], &item) && strcasecmp(item.host, url->host) == 0 &&
            strcmp(item.port, url->port) == 0) {
            *number = i;
            return true;
        }
    }
    return false;
}
