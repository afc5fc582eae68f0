/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERDICT_CACHE_KEY_H
#define PEERCERT_VERDICT_CACHE_KEY_H

#include "cache/verdict_cache.h"

/* For verdict_cache.c alone: what an entry is found by. */

/* The secret of the hash: without it nobody can choose keys that share one. */
struct cache_secret {
    uint64_t words[2];
};

/* Draws a secret. false when the system has none to give. */
bool cache_secret_draw(struct cache_secret *secret);

/* SipHash-1-3 of bytes. Source: https://131002.net/siphash/, J.-P. Aumasson and D. J. Bernstein,
 * "SipHash: a fast short-input PRF", with one round for each word and three at the end. */
uint64_t cache_hash_bytes(const struct cache_secret *secret, const void *bytes, size_t length);

/* A key as bytes: its numbers and items, each item with its length before it, so that no two keys
 * have the same bytes. How many bytes it takes, and writes them. */
size_t cache_key_length(const struct verdict_cache_key *key);
void cache_key_write(unsigned char *to, const struct verdict_cache_key *key);

#endif
