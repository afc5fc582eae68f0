/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_NETWORK_H
#define PEERCERT_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

/* IP addresses and networks of them, as values. */
struct network {
    unsigned char address[16];
    size_t length;   /* of the address in bytes: 4 or 16 */
    unsigned prefix; /* bits that count; all of them: it is one address */
};

/* Reads an address (RFC 791, RFC 4291 section 2.2). false when it is none. */
bool network_read_address(const char *word, struct network *network);

/* Reads an address or a network such as 192.0.2.0/24 (RFC 4632 section 3.1); bits behind its prefix
 * may be set. Returns NULL, or what is wrong with it, for a sentence: a constant. */
const char *network_read(const char *word, struct network *network);

/* Whether an address is one of IPv4 in the form of IPv6 (RFC 4291 section 2.5.5.2): its last four
 * bytes are. */
bool network_is_mapped(const unsigned char *address, size_t length);

/* Whether it has one of IPv4 in its last four bytes: mapped, "compatible" (RFC 4291
 * section 2.5.5.1; not ::1) or translated by NAT64 (RFC 6052 section 2.1). */
bool network_embeds_ipv4(const unsigned char *address, size_t length);

/* Gives an IPv4 network that form, or takes it from a mapped address; all others stay. */
void network_map(struct network *network);
void network_unmap(struct network *address);

/* Whether an address is in the network: of the same form, with the same first bits. */
bool network_has(const struct network *network, const unsigned char *address, size_t length);

#endif
