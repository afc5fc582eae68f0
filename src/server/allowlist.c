/* SPDX-License-Identifier: ISC */
#include "server/allowlist.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static bool add(struct allowlist *peers, const char *words, const char *source, struct error *error)
{
    struct network network, *networks;

    if (network_read(words, &network) != NULL) {
        error_set(error, ERROR_USAGE,
            "%s: must be IP addresses or networks such as 192.0.2.7 or 192.0.2.0/24", source);
        return false;
    }
    networks = realloc(peers->networks, (peers->count + 1) * sizeof(*networks));
    if (networks == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory for the list of peers");
        return false;
    }
    network_map(&network);
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

bool allowlist_allow(const struct allowlist *peers, const struct sockaddr_storage *address)
{
    const void *its = address;
    const struct sockaddr_in *ipv4 = its;
    const struct sockaddr_in6 *ipv6 = its;
    struct network peer = {.length = address->ss_family == AF_INET ? 4 : 16};
    size_t i;

    if (address->ss_family == AF_UNIX)
        return true;
    if (address->ss_family == AF_INET)
        memcpy(peer.address, &ipv4->sin_addr, 4);
    else if (address->ss_family == AF_INET6)
        memcpy(peer.address, &ipv6->sin6_addr, 16);
    else
        return false;
    network_map(&peer);
    for (i = 0; i < peers->count; i++) {
        if (network_has(&peers->networks[i], peer.address, peer.length))
            return true;
    }
    return false;
}
