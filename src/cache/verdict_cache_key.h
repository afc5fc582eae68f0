/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERDICT_CACHE_KEY_H
#define PEERCERT_VERDICT_CACHE_KEY_H

#include "cache/verdict_cache.h"

/* For verdict_cache.c alone: what an entry is found by. The bytes of a key are a list of items,
 * each with its length before it, so that no two lists have the same bytes. An entry keeps these
 * bytes, or their SHA-256 when they are long, and both are compared when its hash fits. */

/* The secret of the hash: without it nobody can choose keys that share one. */
struct cache_secret {
    uint64_t words[2];
};

/* Draws a secret. false when the system has none to give. */
bool cache_secret_draw(struct cache_secret *secret);

/* SipHash-1-3 of bytes. Source: https://131002.net/siphash/, J.-P. Aumasson and D. J. Bernstein,
 * "SipHash: a fast short-input PRF", with one round for each word and three at the end. */
uint64_t cache_hash_bytes(const struct cache_secret *secret, const void *bytes, size_t length);

/* The hash of a key, over all its items. */
uint64_t cache_key_hash(const struct cache_secret *secret, const struct verdict_cache_key *key);

/* How many bytes a copy of the key takes, and makes one there. */
size_t cache_key_length(const struct verdict_cache_key *key);
void cache_key_copy(const struct verdict_cache_key *key, unsigned char *copy);

/* Whether the key is that of a copy. */
bool cache_key_equal(const struct verdict_cache_key *key, const unsigned char *copy, size_t length);

#define CACHE_DIGEST_SIZE 32

/* A key with all that is worked out of it before the table is locked. */
struct cache_probe {
    const struct verdict_cache_key *key; /* borrowed */
    uint64_t hash;
    size_t length;
    bool is_long; /* the digest stands for its bytes */
    unsigned char digest[CACHE_DIGEST_SIZE];
};

/* Longer keys are kept as their digest: a long chain must not push out many others, and yet must
 * not be verified again and again. */
#define CACHE_MAX_KEY ((size_t)32768)

/* Fills *probe. false when libcrypto fails. */
bool cache_probe_key(struct cache_probe *probe, const struct cache_secret *secret,
    const struct verdict_cache_key *key);

#endif
