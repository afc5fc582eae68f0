#include "cache/verdict_cache_items.h"

#include <openssl/err.h>
#include <string.h>

static void add(struct cache_items *list, const void *data, size_t length)
{
    list->items[list->count].data = data;
    list->items[list->count].length = length;
    list->count++;
}

void cache_items_collect(struct cache_items *list, const struct verdict_cache_key *key)
{
    const struct forwarded *forwarded = key->forwarded;
    const char *form = forwarded->form != NULL ? forwarded->form : "";
    size_t i;

    list->count = 0;
    list->leaf_length = forwarded->leaf.length;
    add(list, forwarded->source, strlen(forwarded->source));
    add(list, form, strlen(form));
    /* What was not said is not the same as what is empty: the latter counts its NUL. */
    add(list, forwarded->front_verify,
        forwarded->has_front_verify ? strlen(forwarded->front_verify) + 1 : 0);
    add(list, &key->trust_number, sizeof(key->trust_number));
    add(list, &key->rules_number, sizeof(key->rules_number));
    add(list, forwarded->leaf.data, forwarded->leaf.length);
    for (i = 0; i < forwarded->chain_count; i++)
        add(list, forwarded->chain[i].data, forwarded->chain[i].length);
}

bool cache_items_digest(
    const struct cache_items *list, const EVP_MD *sha256, unsigned char digest[DIGEST_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestInit_ex2(context, sha256, NULL) == 1;
    size_t i;

    for (i = 0; good && i < list->count; i++)
        good =
            EVP_DigestUpdate(context, &list->items[i].length, sizeof(list->items[i].length)) == 1 &&
            (list->items[i].length == 0 ||
                EVP_DigestUpdate(context, list->items[i].data, list->items[i].length) == 1);
    good = good && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    if (!good)
        ERR_clear_error();
    return good;
}

size_t cache_items_length(const struct cache_items *list)
{
    size_t i, length = 0;

    for (i = 0; i < list->count; i++)
        length += sizeof(list->items[i].length) + list->items[i].length;
    return length;
}

void cache_items_copy(const struct cache_items *list, unsigned char *copy)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        memcpy(copy, &list->items[i].length, sizeof(list->items[i].length));
        copy += sizeof(list->items[i].length);
        if (list->items[i].length > 0)
            memcpy(copy, list->items[i].data, list->items[i].length);
        copy += list->items[i].length;
    }
}

bool cache_items_equal(const struct cache_items *list, const unsigned char *copy, size_t length)
{
    size_t i;

    if (cache_items_length(list) != length)
        return false;
    for (i = 0; i < list->count; i++) {
        if (memcmp(copy, &list->items[i].length, sizeof(list->items[i].length)) != 0)
            return false;
        copy += sizeof(list->items[i].length);
        if (list->items[i].length > 0 &&
            memcmp(copy, list->items[i].data, list->items[i].length) != 0)
            return false;
        copy += list->items[i].length;
    }
    return true;
}
