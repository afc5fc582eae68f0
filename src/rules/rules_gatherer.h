/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_GATHERER_H
#define PEERCERT_RULES_GATHERER_H

#include "rules/rules_model.h"

/* Gathers the names of one certificate, with the identity values of the rules that each meets. All
 * is borrowed. */
struct rules_gatherer {
    const struct rules *rules;
    struct rules_subject *subject; /* subject->names has room for all names */
    bool *identities;              /* by id: some name meets it */
    bool *doubted;                 /* by id: some name may be meant by it (rules_doubt.h) */
    uint32_t *ids;                 /* that the name in hand meets; room for all there are */
    size_t id_count;
    bool in_doubt;        /* what is met now is noted in `doubted` alone */
    size_t doubt_work;    /* bytes that were compared in doubt */
    unsigned all_doubted; /* KEY_BIT of keys of which every value is doubted */
    bool encoded_doubted; /* the mail addresses with letters beyond ASCII in their hosts are */
    bool out_of_memory;   /* while in doubt */
};

/* The identity values of one key: they are sorted by key, networks by length, prefix and address,
 * mail addresses and UPNs by rules_compare_mailboxes first, names by rules_compare_folded. */
struct rules_values {
    struct rules_value *const *at;
    size_t count;
};

/* Those of this key, borrowed from the rules. */
struct rules_values rules_gatherer_values(const struct rules *rules, enum rules_key key);

/* Does a rule or a user name need names of this kind? */
bool rules_gatherer_wants(const struct rules_gatherer *gatherer, enum rules_key key);

/* The name in hand meets the identity value with this id. To be called once for each: every look-up
 * of one name is for another form or another text. */
void rules_gatherer_meet(struct rules_gatherer *gatherer, uint32_t id);

/* The name in hand meets the identity value that is equal to this one, if there is one. */
void rules_gatherer_look_up(struct rules_gatherer *gatherer, const struct rules_value *value);
void rules_gatherer_look_up_bytes(struct rules_gatherer *gatherer, enum rules_key key,
    enum rules_form form, const char *bytes, size_t length);

/* Keeps a copy of the name in hand with the identity values that it meets, and goes on to the next.
 * Returns ERROR_NONE or ERROR_MEMORY. */
enum error_kind rules_gatherer_keep(struct rules_gatherer *gatherer, enum rules_key key,
    const void *bytes, size_t length, bool unreadable);

/* Looks a name up that is compared as it is, and keeps it. Returns like rules_gatherer_keep. */
enum error_kind rules_gatherer_keep_exact(
    struct rules_gatherer *gatherer, enum rules_key key, const char *bytes);

#endif
