/* SPDX-License-Identifier: ISC */
#include "server/allowlist.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One address or network, as IPv6 (an IPv4 one mapped, RFC 4291 section 2.5.5.2). */
struct network {
    unsigned char address[16];
    unsigned bits;
};

/* The address as 16 bytes; false for other families. */
static bool to_bytes(const struct sockaddr_storage *address, unsigned char bytes[16])
{
    const void *its = address;
    const struct sockaddr_in *ipv4 = its;
    const struct sockaddr_in6 *ipv6 = its;

    if (address->ss_family == AF_INET) {
        memset(bytes, 0, 10);
        memset(bytes + 10, 0xFF, 2);
        memcpy(bytes + 12, &ipv4->sin_addr, 4);
        return true;
    }
    if (address->ss_family == AF_INET6) {
        memcpy(bytes, &ipv6->sin6_addr, 16);
        return true;
    }
    return false;
}

static bool parse_network(const char *words, struct network *network)
{
    char address[sizeof("::ffff:") + INET6_ADDRSTRLEN];
    size_t length = strcspn(words, "/");
    bool is_ipv4 = memchr(words, ':', length) == NULL && memchr(words, '.', length) != NULL;
    unsigned offset = is_ipv4 ? 96 : 0;
    int64_t bits = 128 - offset;

    if (length >= INET6_ADDRSTRLEN)
        return false;
    (void)snprintf(
        address, sizeof(address), "%s%.*s", is_ipv4 ? "::ffff:" : "", (int)length, words);
    if (words[length] == '/')
        bits = text_number(words + length + 1);
    if (inet_pton(AF_INET6, address, network->address) != 1 || bits < 0 || bits > 128 - offset)
        return false;
    network->bits = offset + (unsigned)bits;
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
    char *copy = strdup(value), *rest = copy;
    bool good = copy != NULL;

    if (!good)
        error_set(error, ERROR_MEMORY, "out of memory for the list of peers");
    while (good && rest != NULL)
        good = add(peers, strsep(&rest, ","), "FCGI_WEB_SERVER_ADDRS", error);
    free(copy);
    return good;
}

bool allowlist_read(struct allowlist *peers, const struct config *config, struct error *error)
{
    const char *variable = getenv("FCGI_WEB_SERVER_ADDRS");
    size_t i;

    for (i = 0; i < config->allow_peer.count; i++) {
        if (!add(peers, config->allow_peer.items[i], "--allow-peer", error))
            return false;
    }
    if (variable != NULL && !add_variable(peers, variable, error))
        return false;
    peers->is_given = peers->count > 0;
    return peers->is_given ||
           (add(peers, "127.0.0.0/8", "", error) && add(peers, "::1", "", error));
}

void allowlist_free(struct allowlist *peers)
{
    free(peers->networks);
    *peers = (struct allowlist){.count = 0};
}

static bool contains(const struct network *network, const unsigned char address[16])
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    unsigned mask = 0xFFU & ~(0xFFU >> rest);

    if (memcmp(network->address, address, whole) != 0)
        return false;
    return rest == 0 || ((network->address[whole] ^ address[whole]) & mask) == 0;
}

bool allowlist_allow(const struct allowlist *peers, const struct sockaddr_storage *address)
{
    unsigned char bytes[16];
    size_t i;

    if (address->ss_family == AF_UNIX)
        return true;
    if (!to_bytes(address, bytes))
        return false;
    for (i = 0; i < peers->count; i++) {
        if (contains(&peers->networks[i], bytes))
            return true;
    }
    return false;
}
