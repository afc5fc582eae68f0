/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache_key.h"

#include <string.h>
#include <sys/random.h>

bool cache_secret_draw(struct cache_secret *secret)
{
    return getrandom(secret->words, sizeof(secret->words), 0) == (ssize_t)sizeof(secret->words);
}

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* The same on machines of either byte order does not matter here: a hash never leaves the process.
 */
static inline void take_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

uint64_t cache_hash_bytes(const struct cache_secret *secret, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    uint64_t v[4] = {secret->words[0] ^ 0x736f6d6570736575U, secret->words[1] ^ 0x646f72616e646f6dU,
        secret->words[0] ^ 0x6c7967656e657261U, secret->words[1] ^ 0x7465646279746573U};
    uint64_t word, last = (uint64_t)length << 56;
    size_t left = length, i;

    for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        take_word(v, word);
    }
    for (i = 0; i < left; i++)
        last |= (uint64_t)at[i] << (8 * i);
    take_word(v, last);
    v[2] ^= 0xff;
    for (i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

size_t cache_key_length(const struct verdict_cache_key *key)
{
    size_t i, length = sizeof(key->trust_number) + sizeof(key->rules_number);

    for (i = 0; i < key->selection->count; i++)
        length += sizeof(key->selection->items[i].length) + key->selection->items[i].length;
    return length;
}

void cache_key_write(unsigned char *to, const struct verdict_cache_key *key)
{
    size_t i;

    to = mempcpy(to, &key->trust_number, sizeof(key->trust_number));
    to = mempcpy(to, &key->rules_number, sizeof(key->rules_number));
    for (i = 0; i < key->selection->count; i++) {
        const size_t length = key->selection->items[i].length;

        to = mempcpy(to, &length, sizeof(length));
        to = mempcpy(to, key->selection->items[i].parameter, length);
    }
}
