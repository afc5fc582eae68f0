/* SPDX-License-Identifier: ISC */
#include "server/allowlist.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* One address or network, as IPv6 (an IPv4 one mapped, RFC 4291 section 2.5.5.2). */
struct network {
    unsigned char address[16];
    unsigned bits;
};

struct allowlist {
    struct network *networks;
    size_t count;
};

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

/* The address as 16 bytes; false for other families. */
static bool to_bytes(const struct sockaddr_storage *address, unsigned char bytes[16])
{
    const void *its = address;
    const struct sockaddr_in *ipv4 = its;
    const struct sockaddr_in6 *ipv6 = its;

    if (address->ss_family == AF_INET) {
        memcpy(bytes, mapped_prefix, sizeof(mapped_prefix));
        memcpy(bytes + 12, &ipv4->sin_addr, 4);
        return true;
    }
    if (address->ss_family == AF_INET6) {
        memcpy(bytes, &ipv6->sin6_addr, 16);
        return true;
    }
    return false;
}

static bool parse_bits(const char *words, unsigned most, unsigned *bits)
{
    char *end = NULL;
    unsigned long value;

    errno = 0;
    value = strtoul(words, &end, 10);
    if (words[0] < '0' || words[0] > '9' || *end != '\0' || errno != 0 || value > most)
        return false;
    *bits = (unsigned)value;
    return true;
}

static bool parse_network(const char *words, struct network *network)
{
    char address[INET6_ADDRSTRLEN];
    size_t length = strcspn(words, "/");
    unsigned offset = 0, bits;

    if (length >= sizeof(address))
        return false;
    memcpy(address, words, length);
    address[length] = '\0';
    if (inet_pton(AF_INET, address, network->address + 12) == 1) {
        memcpy(network->address, mapped_prefix, sizeof(mapped_prefix));
        offset = 96;
    } else if (inet_pton(AF_INET6, address, network->address) != 1) {
        return false;
    }
    bits = 128 - offset;
    if (words[length] == '/' && !parse_bits(words + length + 1, 128 - offset, &bits))
        return false;
    network->bits = offset + bits;
    return true;
}

static bool add(struct allowlist *peers, const char *words, const char *source, struct error *error)
{
    struct network network = {.bits = 0};
    struct network *networks;

    if (!parse_network(words, &network)) {
        error_set(error, ERROR_USAGE,
            "%s: must be IP addresses or networks such as 192.0.2.7 or 192.0.2.0/24", source);
        return false;
    }
    networks = realloc(peers->networks, (peers->count + 1) * sizeof(*networks));
    if (networks == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory for the list of peers");
        return false;
    }
    peers->networks = networks;
    peers->networks[peers->count++] = network;
    return true;
}

/* FCGI_WEB_SERVER_ADDRS: addresses separated by commas. Set and empty it is refused. */
static bool add_variable(struct allowlist *peers, const char *value, struct error *error)
{
    static const char name[] = "FCGI_WEB_SERVER_ADDRS";
    char item[64];

    for (;;) {
        size_t length = strcspn(value, ",");

        if (length >= sizeof(item)) {
            error_set(error, ERROR_USAGE, "%s: an address is too long", name);
            return false;
        }
        memcpy(item, value, length);
        item[length] = '\0';
        if (!add(peers, item, name, error))
            return false;
        if (value[length] == '\0')
            return true;
        value += length + 1;
    }
}

struct allowlist *allowlist_new(const struct config *config, struct error *error)
{
    struct allowlist *peers = calloc(1, sizeof(*peers));
    const char *variable = getenv("FCGI_WEB_SERVER_ADDRS");
    size_t i;

    if (peers == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory for the list of peers");
        return NULL;
    }
    for (i = 0; i < config->allow_peer.count; i++) {
        if (!add(peers, config->allow_peer.items[i], "--allow-peer", error))
            goto fail;
    }
    if (variable != NULL && !add_variable(peers, variable, error))
        goto fail;
    return peers;

fail:
    allowlist_free(peers);
    return NULL;
}

void allowlist_free(struct allowlist *peers)
{
    if (peers == NULL)
        return;
    free(peers->networks);
    free(peers);
}

size_t allowlist_count(const struct allowlist *peers)
{
    return peers->count;
}

static bool contains(const struct network *network, const unsigned char address[16])
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    unsigned mask = 0xFFU & ~(0xFFU >> rest);

    if (memcmp(network->address, address, whole) != 0)
        return false;
    return rest == 0 || ((network->address[whole] ^ address[whole]) & mask) == 0;
}

bool allowlist_is_loopback(const struct sockaddr_storage *address)
{
    static const struct network loopbacks[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 0}, 104},
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128},
    };
    unsigned char bytes[16];

    return to_bytes(address, bytes) &&
           (contains(&loopbacks[0], bytes) || contains(&loopbacks[1], bytes));
}

bool allowlist_allow(const struct allowlist *peers, const struct sockaddr_storage *address)
{
    unsigned char bytes[16];
    size_t i;

    if (address->ss_family == AF_UNIX)
        return true;
    if (!to_bytes(address, bytes))
        return false;
    if (peers->count == 0)
        return allowlist_is_loopback(address);
    for (i = 0; i < peers->count; i++) {
        if (contains(&peers->networks[i], bytes))
            return true;
    }
    return false;
}
