/* SPDX-License-Identifier: ISC */
#include "base/network.h"

#include <criterion/criterion.h>
#include <string.h>

Test(network, an_address_is_in_a_network_by_its_first_bits)
{
    struct network address, network;

    cr_assert(network_read_address("192.0.2.77", &address));
    cr_assert(network_read_address("192.0.2.64", &network));
    cr_expect_eq(network.length, 4);
    network.prefix = 26;
    cr_expect(network_has(&network, address.address, address.length));
    network.prefix = 29;
    cr_expect_not(network_has(&network, address.address, address.length));
    network.prefix = 0;
    cr_expect(network_has(&network, address.address, address.length));
    cr_assert(network_read_address("2001:db8::1", &address));
    cr_expect_not(
        network_has(&network, address.address, address.length), "IPv6 is in no network of IPv4");
}

Test(network, what_is_no_address_or_has_no_such_prefix_is_told_apart)
{
    static const char *const address = "must be an address, or a network such as 192.0.2.0/24",
                             *const prefix = "has no such prefix length";
    const struct {
        const char *words;
        unsigned prefix;
        const char *fault;
    } rows[] = {
        {"192.0.2.7", 32, NULL},
        {"192.0.2.7/24", 24, NULL},
        {"192.0.2.0/0", 0, NULL},
        {"2001:db8::/128", 128, NULL},
        {"2001:0db8:ffff:ffff:ffff:ffff:255.255.255.255/8", 8, NULL},
        {"192.0.2.0/33", 0, prefix},
        {"2001:db8::/129", 0, prefix},
        {"192.0.2.0/99999999999999999999", 0, prefix},
        {"192.0.2.0/", 0, prefix},
        {"192.0.2.0/08", 0, prefix},
        {"192.0.2.0/-1", 0, prefix},
        {"192.0.2.0/8 ", 0, prefix},
        {"192.0.2.0/8/8", 0, prefix},
        {"", 0, address},
        {"/8", 0, address},
        {"192.0.2", 0, address},
        {"192.0.2.256", 0, address},
        {"acme.example/8", 0, address},
        {"2001:0db8:ffff:ffff:ffff:ffff:255.255.255.2555", 0, address},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct network network = {.length = 0};
        const char *fault = network_read(rows[i].words, &network);

        cr_expect_eq(fault == NULL, rows[i].fault == NULL, "%s: %s", rows[i].words, fault);
        if (fault == NULL)
            cr_expect_eq(network.prefix, rows[i].prefix, "%s: %u", rows[i].words, network.prefix);
        else if (rows[i].fault != NULL)
            cr_expect_str_eq(fault, rows[i].fault, "%s: %s", rows[i].words, fault);
    }
}

Test(network, a_mapped_address_is_one_of_ipv4_and_back)
{
    struct network network, other;

    cr_assert_null(network_read("192.0.2.128/25", &network));
    network_map(&network);
    cr_expect_eq(network.length, 16);
    cr_expect_eq(network.prefix, 121);
    cr_expect(network_is_mapped(network.address, network.length));
    cr_assert(network_read_address("::ffff:192.0.2.129", &other));
    cr_expect(network_has(&network, other.address, other.length));
    network_map(&other);
    cr_expect_eq(other.prefix, 128, "it was of IPv6 already");
    network_unmap(&other);
    cr_expect_eq(other.length, 4);
    cr_expect_eq(other.prefix, 32);
    cr_expect_eq(memcmp(other.address, "\xC0\0\2\x81", 4), 0);
    cr_assert(network_read_address("::fffe:192.0.2.1", &other));
    cr_expect_not(network_is_mapped(other.address, other.length));
    cr_expect_not(network_is_mapped(network.address, 4));
    network_unmap(&other);
    cr_expect_eq(other.length, 16);
}

Test(network, an_address_of_ipv6_has_one_of_ipv4_in_it_by_its_prefix)
{
    static const struct {
        const char *address;
        bool embeds;
    } rows[] = {
        {"::ffff:192.0.2.1", true},
        {"::192.0.2.1", true},
        {"::1.0.0.0", true},
        {"64:ff9b::192.0.2.1", true},
        {"64:ff9b::", true},
        {"::", false},
        {"::1", false},
        {"64:ff9b:1::192.0.2.1", false},
        {"64:ff9b::1:0:0", false},
        {"::1:192.0.2.1", false},
        {"2001:db8::1", false},
        {"192.0.2.1", false},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct network network;

        cr_assert(network_read_address(rows[i].address, &network), "%s", rows[i].address);
        cr_expect_eq(network_embeds_ipv4(network.address, network.length), rows[i].embeds, "%s",
            rows[i].address);
    }
}
