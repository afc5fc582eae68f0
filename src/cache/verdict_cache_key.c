/* SPDX-License-Identifier: ISC */
#include "cache/verdict_cache_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
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

uint64_t cache_key_hash(const struct cache_secret *secret, const struct verdict_cache_key *key)
{
    const struct forwarded_selection *selection = key->selection;
    uint64_t parts[2 + 2 * FORWARDED_MAX_SELECTED] = {key->trust_number, key->rules_number};
    size_t i, count = 2;

    for (i = 0; i < selection->count; i++) {
        parts[count++] = selection->items[i].length;
        parts[count++] =
            cache_hash_bytes(secret, selection->items[i].parameter, selection->items[i].length);
    }
    return cache_hash_bytes(secret, parts, count * sizeof(parts[0]));
}

size_t cache_key_length(const struct verdict_cache_key *key)
{
    size_t i, length = sizeof(key->trust_number) + sizeof(key->rules_number);

    for (i = 0; i < key->selection->count; i++)
        length += sizeof(key->selection->items[i].length) + key->selection->items[i].length;
    return length;
}

/* What is done with each part of a key in turn; false ends it. */
typedef bool part_function(void *context, const void *bytes, size_t length);

static bool each_part(const struct verdict_cache_key *key, part_function *function, void *context)
{
    bool good = function(context, &key->trust_number, sizeof(key->trust_number)) &&
                function(context, &key->rules_number, sizeof(key->rules_number));
    size_t i;

    for (i = 0; good && i < key->selection->count; i++) {
        const size_t length = key->selection->items[i].length;

        good = function(context, &length, sizeof(length)) &&
               function(context, key->selection->items[i].parameter, length);
    }
    return good;
}

static bool copy_part(void *context, const void *bytes, size_t length)
{
    unsigned char **at = context;

    memcpy(*at, bytes, length);
    *at += length;
    return true;
}

void cache_key_copy(const struct verdict_cache_key *key, unsigned char *copy)
{
    (void)each_part(key, copy_part, &copy);
}

static bool compare_part(void *context, const void *bytes, size_t length)
{
    const unsigned char **at = context;

    if (memcmp(*at, bytes, length) != 0)
        return false;
    *at += length;
    return true;
}

bool cache_key_equal(const struct verdict_cache_key *key, const unsigned char *copy, size_t length)
{
    return cache_key_length(key) == length && each_part(key, compare_part, &copy);
}

static bool digest_part(void *context, const void *bytes, size_t length)
{
    return EVP_DigestUpdate(context, bytes, length) == 1;
}

/* SHA-256 of what cache_key_copy would write. */
static bool digest_key(const struct verdict_cache_key *key, unsigned char digest[CACHE_DIGEST_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                each_part(key, digest_part, context) &&
                EVP_DigestFinal_ex(context, digest, NULL) == 1;

    EVP_MD_CTX_free(context);
    if (!good)
        ERR_clear_error();
    return good;
}

bool cache_probe_key(struct cache_probe *probe, const struct cache_secret *secret,
    const struct verdict_cache_key *key)
{
    probe->key = key;
    probe->hash = cache_key_hash(secret, key);
    probe->length = cache_key_length(key);
    probe->is_long = probe->length > CACHE_MAX_KEY;
    return !probe->is_long || digest_key(key, probe->digest);
}
