/* SPDX-License-Identifier: ISC */
#include "rules/rules_gatherer.h"
#include "rules/rules_resolve.h"

#include <stdlib.h>
#include <string.h>

static size_t first_of(const struct rules *rules, int key)
{
    size_t low = 0, high = rules->identity_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if ((int)rules->identities[middle]->key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct rules_values rules_gatherer_values(const struct rules *rules, enum rules_key key)
{
    size_t first = first_of(rules, (int)key);

    return (struct rules_values){rules->identities + first, first_of(rules, (int)key + 1) - first};
}

bool rules_gatherer_wants(const struct rules_gatherer *gatherer, enum rules_key key)
{
    return (gatherer->rules->identity_keys & KEY_BIT(key)) != 0;
}

void rules_gatherer_meet(struct rules_gatherer *gatherer, uint32_t id)
{
    if (gatherer->in_doubt) {
        gatherer->doubted[id] = true;
        return;
    }
    gatherer->ids[gatherer->id_count++] = id;
    gatherer->identities[id] = true;
}

void rules_gatherer_look_up(struct rules_gatherer *gatherer, const struct rules_value *value)
{
    struct rules_value *const *found =
        gatherer->rules->identity_count > 0
            ? bsearch(&value, gatherer->rules->identities, gatherer->rules->identity_count,
                  sizeof(value), rules_compare_identities)
            : NULL;

    if (found != NULL)
        rules_gatherer_meet(gatherer, (*found)->id);
}

void rules_gatherer_look_up_bytes(struct rules_gatherer *gatherer, enum rules_key key,
    enum rules_form form, const char *bytes, size_t length)
{
    /* Only read from. */
    const struct rules_value value = {.key = key,
        .form = form,
        .bytes = {.data = (unsigned char *)(uintptr_t)bytes, .length = length}};

    rules_gatherer_look_up(gatherer, &value);
}

enum error_kind rules_gatherer_keep(struct rules_gatherer *gatherer, enum rules_key key,
    const void *bytes, size_t length, bool unreadable)
{
    struct rules_subject *subject = gatherer->subject;
    struct rules_name *name = &subject->names[subject->name_count];

    *name = (struct rules_name){.key = key,
        .unreadable = unreadable,
        .bytes = {.data = (unsigned char *)rules_arena_copy(&subject->arena, bytes, length),
            .length = length},
        .met = rules_arena_get(&subject->arena, gatherer->id_count, sizeof(*name->met)),
        .met_count = gatherer->id_count};
    if (name->bytes.data == NULL || name->met == NULL)
        return ERROR_MEMORY;
    if (name->met_count > 0)
        memcpy(name->met, gatherer->ids, name->met_count * sizeof(*name->met));
    subject->name_count++;
    gatherer->id_count = 0;
    return ERROR_NONE;
}

enum error_kind rules_gatherer_keep_exact(
    struct rules_gatherer *gatherer, enum rules_key key, const char *bytes)
{
    rules_gatherer_look_up_bytes(gatherer, key, FORM_EXACT, bytes, strlen(bytes));
    return rules_gatherer_keep(gatherer, key, bytes, strlen(bytes), false);
}
