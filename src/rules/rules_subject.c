/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "rules/rules_line.h"
#include "rules/rules_names.h"
#include "rules/rules_resolve.h"
#include "rules/rules_twin.h"

#include <stdlib.h>
#include <string.h>

/* Subjects are many and small. */
#define CHUNK_BYTES 1024

static bool out_of_memory(struct error *error)
{
    error_set(error, ERROR_MEMORY, "out of memory while applying access rules");
    return false;
}

static void *get(struct rules_subject *subject, size_t count, size_t size)
{
    return rules_arena_get(&subject->arena, count, size);
}

/* Whether an issuer is known by its certificate alone, since the trust does not have it. */
static bool has_foreign_issuer(const struct rules *rules)
{
    size_t i;

    for (i = 0; i < rules->issuer_count; i++) {
        if (rules->issuers[i].by_certificate)
            return true;
    }
    return false;
}

/* SHA-256 of a CA's key, of its certificate, and of the twin of that, or of it again. */
struct digests {
    unsigned char key[32], whole[32], twin[32];
};

/* Who forwards a CA may forward its twin. */
static bool digest_twin(
    STACK_OF(X509) * proven, int at, struct digests *digests, struct error *error)
{
    X509 *twin = rules_twin_of(sk_X509_value(proven, at), sk_X509_value(proven, at + 1));
    bool good = twin == NULL || rules_digest(twin, false, digests->twin, error);

    X509_free(twin);
    return good;
}

static bool is_one_of(const struct rules_issuer *issuer, const struct digests *digests)
{
    const size_t size = sizeof(issuer->digest);

    if (!issuer->by_certificate)
        return memcmp(digests->key, issuer->digest, size) == 0;
    return memcmp(digests->whole, issuer->digest, size) == 0 ||
           memcmp(digests->twin, issuer->digest, size) == 0;
}

/* Which issuers of the rules are in the proven chain above the leaf: by key, never by name. */
static bool find_issuers(const struct rules *rules, STACK_OF(X509) * proven,
    struct rules_subject *subject, struct error *error)
{
    const bool foreign = has_foreign_issuer(rules);
    int i, count = proven != NULL ? sk_X509_num(proven) : 0;
    size_t j;

    for (i = 1; rules->issuer_count > 0 && i < count; i++) {
        struct digests digests;

        if (!rules_digest(sk_X509_value(proven, i), true, digests.key, error) ||
            !rules_digest(sk_X509_value(proven, i), false, digests.whole, error))
            return false;
        memcpy(digests.twin, digests.whole, sizeof(digests.twin));
        if (foreign && !digest_twin(proven, i, &digests, error))
            return false;
        for (j = 0; j < rules->issuer_count; j++) {
            const struct rules_issuer *issuer = &rules->issuers[j];

            if (!is_one_of(issuer, &digests))
                continue;
            subject->issuers[j] = true;
            subject->issuer = issuer->name;
            if (i == 1)
                subject->issuers_direct[j] = true;
        }
    }
    return true;
}

/* What is known while lines are looked at. */
struct state {
    const struct rules *rules;
    struct rules_subject *subject;
    const bool *identities; /* met, by id */
    const bool *doubted;    /* the same, in doubt: deny lines hold */
    bool *groups;           /* met, by index, as allow lines take them */
    bool *groups_to_deny;   /* the same, as deny lines take them */
};

/* Serial numbers are unique below one issuer. A deny line that names a CA above it is meant, too,
 * by itself or by way of a group. */
static bool value_holds(const struct state *state, const struct rules_line *line,
    const struct rules_value *value, bool to_deny)
{
    if (value->key == KEY_ISSUER)
        return (line->keys & KEY_BIT(KEY_SERIAL)) != 0 && !to_deny
                   ? state->subject->issuers_direct[value->id]
                   : state->subject->issuers[value->id];
    if (value->key == KEY_GROUP)
        return (to_deny ? state->groups_to_deny : state->groups)[value->id];
    return state->identities[value->id] || (to_deny && state->doubted[value->id]);
}

/* `to_deny`: as a deny line takes it. */
static bool line_holds(const struct state *state, const struct rules_line *line, bool to_deny)
{
    size_t i, j;

    for (i = 0; i < line->who_count; i++) {
        const struct rules_term *term = &line->terms[i];

        for (j = 0; j < term->count; j++) {
            if (value_holds(state, line, &term->values[j], to_deny))
                break;
        }
        if (j == term->count)
            return false;
    }
    return true;
}

/* The first line of a group or map that holds; false when none does. */
static bool first_line(const struct state *state, const struct rules_named *named, bool to_deny,
    struct rules_first *first)
{
    size_t i;

    for (i = 0; i < named->count; i++) {
        if (line_holds(state, &state->rules->lines[named->lines[i]], to_deny)) {
            first->line = named->lines[i];
            return true;
        }
    }
    return false;
}

static int compare_first(const void *one, const void *other)
{
    const struct rules_first *a = one, *b = other;

    return a->owner < b->owner ? -1 : a->owner > b->owner;
}

/* Keeps the firsts that were found, as few as they are. */
static bool keep(struct rules_subject *subject, const struct rules_first *found, size_t count,
    struct rules_first **kept)
{
    *kept = get(subject, count, sizeof(**kept));
    if (*kept == NULL)
        return false;
    if (count > 0)
        memcpy(*kept, found, count * sizeof(*found));
    return true;
}

static bool look_at_groups(struct state *state, struct rules_first *found)
{
    const struct rules *rules = state->rules;
    struct rules_subject *subject = state->subject;
    size_t i;

    for (i = 0; i < rules->group_count; i++) {
        struct rules_first first = {.owner = rules->group_order[i]};

        state->groups_to_deny[first.owner] =
            first_line(state, &rules->groups[first.owner], true, &first);
        state->groups[first.owner] = first_line(state, &rules->groups[first.owner], false, &first);
        if (state->groups[first.owner])
            found[subject->group_count++] = first;
    }
    if (subject->group_count > 0)
        qsort(found, subject->group_count, sizeof(*found), compare_first);
    return keep(subject, found, subject->group_count, &subject->groups);
}

static bool look_at_maps(struct state *state, struct rules_first *found)
{
    struct rules_subject *subject = state->subject;
    size_t i;

    for (i = 0; i < state->rules->map_count; i++) {
        struct rules_first first = {.owner = (uint32_t)i};

        if (first_line(state, &state->rules->maps[i], false, &first))
            found[subject->map_count++] = first;
    }
    return keep(subject, found, subject->map_count, &subject->maps);
}

static bool look_at_rules(struct state *state)
{
    const struct rules *rules = state->rules;
    struct rules_subject *subject = state->subject;
    size_t i;

    subject->met = get(subject, rules->rule_count / 64 + 1, sizeof(*subject->met));
    if (subject->met == NULL)
        return false;
    for (i = 0; i < rules->rule_count; i++) {
        const struct rules_line *line = rules->rule_lines[i];

        if (line_holds(state, line, line->kind == LINE_DENY)) {
            subject->met[i / 64] |= UINT64_C(1) << (i % 64);
            subject->met_count++;
        }
    }
    return true;
}

static bool look_at_lines(const struct rules *rules, struct rules_subject *subject,
    const bool *identities, const bool *doubted, struct error *error)
{
    struct state state = {.rules = rules,
        .subject = subject,
        .identities = identities,
        .doubted = doubted,
        .groups = calloc(rules->group_count + 1, 2 * sizeof(bool))};
    struct rules_first *found = calloc(rules->group_count + rules->map_count + 1, sizeof(*found));
    bool good = state.groups != NULL && found != NULL;

    if (good) {
        state.groups_to_deny = state.groups + rules->group_count;
        good =
            look_at_groups(&state, found) && look_at_maps(&state, found) && look_at_rules(&state);
    }
    free(state.groups);
    free(found);
    return good || out_of_memory(error);
}

static bool fill(const struct rules *rules, X509 *leaf, STACK_OF(X509) * proven,
    struct rules_subject *subject, struct error *error)
{
    bool *identities = calloc(rules->identity_count + 1, 2 * sizeof(*identities));
    bool *doubted = identities != NULL ? identities + rules->identity_count + 1 : NULL;
    enum error_kind failure = ERROR_MEMORY;
    bool good = false;

    subject->issuers = get(subject, rules->issuer_count, sizeof(bool));
    subject->issuers_direct = get(subject, rules->issuer_count, sizeof(bool));
    if (identities == NULL || subject->issuers == NULL || subject->issuers_direct == NULL) {
        (void)out_of_memory(error);
        goto out;
    }
    if (!find_issuers(rules, proven, subject, error))
        goto out;
    failure = rules_names_read(rules, leaf, proven, subject, identities, doubted);
    if (failure == ERROR_INPUT) {
        /* Names that cannot be read: no line holds. */
        subject->name_count = 0;
        subject->met = get(subject, rules->rule_count / 64 + 1, sizeof(*subject->met));
        good = subject->met != NULL || out_of_memory(error);
    } else if (failure == ERROR_NONE) {
        good = look_at_lines(rules, subject, identities, doubted, error);
    } else if (failure == ERROR_MEMORY) {
        (void)out_of_memory(error);
    } else {
        error_set(error, failure, "libcrypto failed to read the certificate's names");
    }

out:
    free(identities);
    return good;
}

struct rules_subject *rules_subject_new(
    const struct rules *rules, X509 *leaf, STACK_OF(X509) * proven, struct error *error)
{
    struct rules_subject *subject = calloc(1, sizeof(*subject));

    if (subject == NULL) {
        (void)out_of_memory(error);
        return NULL;
    }
    subject->arena.chunk_bytes = CHUNK_BYTES;
    alloc_watch_clear();
    if (!fill(rules, leaf, proven, subject, error)) {
        rules_subject_free(subject);
        return NULL;
    }
    if (alloc_watch_failed()) {
        (void)out_of_memory(error);
        rules_subject_free(subject);
        return NULL;
    }
    return subject;
}

void rules_subject_free(struct rules_subject *subject)
{
    if (subject == NULL)
        return;
    rules_arena_free(&subject->arena);
    free(subject);
}

size_t rules_subject_size(const struct rules_subject *subject)
{
    return sizeof(*subject) + subject->arena.size;
}

const char *rules_subject_issuer(const struct rules *rules, const struct rules_subject *subject)
{
    (void)rules; /* owns the name */
    return subject->issuer;
}

bool rules_subject_meets(const struct rules_subject *subject, size_t index)
{
    return RULES_BIT(subject->met, index) != 0;
}
