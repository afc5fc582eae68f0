#ifndef PEERCERT_VERDICT_CACHE_ITEMS_H
#define PEERCERT_VERDICT_CACHE_ITEMS_H

#include "cache/verdict_cache.h"
#include <openssl/evp.h>

/* For verdict_cache.c alone: a key as a list of items, each with its length before it, so that no
 * two lists have the same bytes. */

#define DIGEST_SIZE 32

#define CACHE_MAX_ITEMS (6 + CERTIFICATE_MAX_CHAIN)

struct cache_items {
    struct {
        const void *data; /* borrowed from the key */
        size_t length;
    } items[CACHE_MAX_ITEMS];
    size_t count;
    size_t leaf_length;
};

/* Lists the items of a key, which must outlive the list. */
void cache_items_collect(struct cache_items *list, const struct verdict_cache_key *key);

/* SHA-256 over the items with their lengths. false when libcrypto fails. */
bool cache_items_digest(
    const struct cache_items *list, const EVP_MD *sha256, unsigned char digest[DIGEST_SIZE]);

/* How many bytes a copy takes, and makes one there. */
size_t cache_items_length(const struct cache_items *list);
void cache_items_copy(const struct cache_items *list, unsigned char *copy);

/* Whether the items are those of a copy. */
bool cache_items_equal(const struct cache_items *list, const unsigned char *copy, size_t length);

#endif
