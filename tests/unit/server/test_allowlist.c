/* SPDX-License-Identifier: ISC */
#include "server/allowlist.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static struct sockaddr_storage address_of(const char *words)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)&address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)&address;

    if (strcmp(words, "unix") == 0)
        address.ss_family = AF_UNIX;
    else if (inet_pton(AF_INET, words, &four->sin_addr) == 1)
        address.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, words, &six->sin6_addr) == 1)
        address.ss_family = AF_INET6;
    return address;
}

static bool allows(const char *entry, const char *peer)
{
    char *items[1] = {NULL};
    struct config config = {.allow_peer = {.items = items}};
    struct sockaddr_storage address = address_of(peer);
    struct error error = {.kind = ERROR_NONE};
    struct allowlist peers = {.count = 0};
    char copy[100];
    bool allowed;

    if (entry != NULL) {
        strncpy(copy, entry, sizeof(copy) - 1);
        copy[sizeof(copy) - 1] = '\0';
        items[0] = copy;
        config.allow_peer.count = 1;
    }
    cr_assert(allowlist_read(&peers, &config, &error), "%s: %s", entry, error.text);
    allowed = allowlist_allow(&peers, &address);
    allowlist_free(&peers);
    return allowed;
}

Test(peers, a_peer_is_allowed_by_address_or_network_and_without_entries_from_loopback_alone)
{
    static const struct {
        const char *entry, *peer;
        bool expected;
    } cases[] = {
        {NULL, "127.0.0.1", true},
        {NULL, "127.255.255.255", true},
        {NULL, "::1", true},
        {NULL, "::ffff:127.0.0.1", true},
        {NULL, "128.0.0.1", false},
        {NULL, "192.0.2.1", false},
        {NULL, "::2", false},
        {NULL, "unix", true},
        {NULL, "nothing", false},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "::ffff:192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"192.0.2.7", "127.0.0.1", false},
        {"192.0.2.7", "unix", true},
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "203.0.113.9", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"2001:db8::1/128", "2001:db8::1", true},
        {"2001:0db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true},
        {"::ffff:192.0.2.0/120", "192.0.2.9", true},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(allows(cases[i].entry, cases[i].peer), cases[i].expected, "%s for %s",
            cases[i].entry, cases[i].peer);
}

Test(peers, what_is_no_address_is_refused)
{
    static const char *const entries[] = {"localhost", "192.0.2", "192.0.2.7/33", "192.0.2.7/",
        "192.0.2.7/-1", "192.0.2.7/x", "abcd", "12", "192.0.2.7:80", "192.0.2.07", "2001:db8::/129",
        "/24", "192.0.2.7 ", "1111111111111111111111111111111111111111111111111111"};
    size_t i;

    for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        char copy[100] = "";
        char *items[1] = {copy};
        struct config config = {.allow_peer = {.items = items, .count = 1}};
        struct error error = {.kind = ERROR_NONE};
        struct allowlist peers = {.count = 0};

        strncpy(copy, entries[i], sizeof(copy) - 1);
        cr_expect_not(allowlist_read(&peers, &config, &error), "%s", entries[i]);
        cr_expect_eq(error.kind, ERROR_USAGE, "%s", entries[i]);
        allowlist_free(&peers);
    }
}

Test(peers, the_variable_of_the_fastcgi_specification_is_honoured)
{
    struct config config = {.allow_peer = {.items = NULL, .count = 0}};
    struct sockaddr_storage named = address_of("192.0.2.2"), other = address_of("127.0.0.1");
    struct error error = {.kind = ERROR_NONE};
    struct allowlist peers = {.count = 0};

    setenv("FCGI_WEB_SERVER_ADDRS", "192.0.2.1,192.0.2.2", 1);
    cr_assert(allowlist_read(&peers, &config, &error), "%s", error.text);
    cr_expect(peers.is_given);
    cr_expect(allowlist_allow(&peers, &named));
    cr_expect_not(allowlist_allow(&peers, &other));
    allowlist_free(&peers);
    setenv("FCGI_WEB_SERVER_ADDRS", "", 1);
    cr_expect_not(allowlist_read(&peers, &config, &error), "set and empty is no list");
    unsetenv("FCGI_WEB_SERVER_ADDRS");
}
