/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_VERDICT_CACHE_HELPERS_H
#define PEERCERT_TESTS_VERDICT_CACHE_HELPERS_H

#include "cache/verdict_cache.h"

#define NOW ((time_t)1000)

/* A forwarded certificate whose bytes are these words; owned by the caller, with what
 * cache_add_chain adds, free with cache_forwarded_clear. */
struct forwarded cache_forwarded(const char *leaf);
void cache_add_chain(struct forwarded *forwarded, const char *words);
void cache_forwarded_clear(struct forwarded *forwarded);

/* The parameters that stand for it; `selection` borrows them from `parameters`. */
struct cache_parameters {
    char *strings[2 + CERTIFICATE_MAX_CHAIN + 1];
    struct forwarded_selection selection;
};
void cache_select(struct cache_parameters *parameters, const struct forwarded *forwarded);
void cache_select_clear(struct cache_parameters *parameters);

/* A verdict that is good for ten seconds around NOW. */
struct verdict cache_good(enum verdict_status status);

/* Enters with the key of what was forwarded. */
struct verdict_cache_entry *cache_enter(struct verdict_cache *cache,
    const struct forwarded *forwarded, uint64_t number, uint64_t rules_number, time_t now,
    bool *known);

/* Keeps a copy of the words; false when it stays the caller's, who frees it. */
bool cache_keep(struct verdict_cache_entry *entry, size_t number, const char *words);

/* Publishes like an answer's work does, an empty identity with the leaf as its rendering, and
 * leaves. True when it is remembered. */
bool cache_publish(struct verdict_cache_entry *entry, const char *rendered, struct verdict verdict);

/* Asks for a certificate, and works if need be. True when it was known. */
bool cache_ask(struct verdict_cache *cache, const char *leaf, enum verdict_status status);

#endif
