/* SPDX-License-Identifier: ISC */
#include "base/network.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

static const unsigned char mapped_prefix[12] = {[10] = 0xFF, [11] = 0xFF};

bool network_read_address(const char *word, struct network *network)
{
    if (inet_pton(AF_INET, word, network->address) == 1)
        network->length = 4;
    else if (inet_pton(AF_INET6, word, network->address) == 1)
        network->length = 16;
    else
        return false;
    network->prefix = (unsigned)network->length * 8;
    return true;
}

const char *network_read(const char *word, struct network *network)
{
    const char *slash = strchrnul(word, '/');
    const size_t length = (size_t)(slash - word);
    char address[INET6_ADDRSTRLEN] = "";
    int64_t prefix;

    if (length < sizeof(address))
        memcpy(address, word, length);
    if (!network_read_address(address, network))
        return "must be an address, or a network such as 192.0.2.0/24";
    if (slash[0] == '\0')
        return NULL;
    prefix = text_number(slash + 1);
    if (prefix < 0 || prefix > network->prefix || (slash[1] == '0' && slash[2] != '\0'))
        return "has no such prefix length";
    network->prefix = (unsigned)prefix;
    return NULL;
}

bool network_is_mapped(const unsigned char *address, size_t length)
{
    return length == 16 && memcmp(address, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

bool network_embeds_ipv4(const unsigned char *address, size_t length)
{
    static const unsigned char compatible[12] = {0}, translated[12] = {0x00, 0x64, 0xFF, 0x9B};

    if (length != 16)
        return false;
    return network_is_mapped(address, length) ||
           memcmp(address, translated, sizeof(translated)) == 0 ||
           (memcmp(address, compatible, sizeof(compatible)) == 0 && address[12] != 0);
}

void network_map(struct network *network)
{
    if (network->length != 4)
        return;
    memcpy(network->address + 12, network->address, 4);
    memcpy(network->address, mapped_prefix, sizeof(mapped_prefix));
    network->length = 16;
    network->prefix += 96;
}

void network_unmap(struct network *address)
{
    if (!network_is_mapped(address->address, address->length))
        return;
    memcpy(address->address, address->address + 12, 4);
    address->length = 4;
    address->prefix = 32;
}

bool network_has(const struct network *network, const unsigned char *address, size_t length)
{
    size_t whole = network->prefix / 8;
    unsigned rest = network->prefix % 8;

    if (length != network->length || memcmp(address, network->address, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ network->address[whole]) >> (8 - rest) == 0;
}
