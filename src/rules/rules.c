/* SPDX-License-Identifier: ISC */
#include "rules/rules.h"
#include "rules/rules_line.h"

#include <stdlib.h>
#include <string.h>

struct rules *rules_retain(struct rules *rules)
{
    atomic_fetch_add_explicit(&rules->references, 1, memory_order_relaxed);
    return rules;
}

void rules_release(struct rules *rules)
{
    if (rules == NULL ||
        atomic_fetch_sub_explicit(&rules->references, 1, memory_order_acq_rel) != 1)
        return;
    sk_X509_NAME_pop_free(rules->names, X509_NAME_free);
    rules_arena_free(&rules->arena);
    free(rules);
}

uint64_t rules_number(const struct rules *rules)
{
    return rules->number;
}

time_t rules_loaded_at(const struct rules *rules)
{
    return rules->loaded_at;
}

size_t rules_revocation_line(const struct rules *rules)
{
    size_t i;

    for (i = 0; i < rules->line_count; i++) {
        if ((rules->lines[i].keys & KEY_BIT(KEY_REVOCATION)) != 0)
            return rules->lines[i].number;
    }
    return 0;
}

bool rules_explain_to_clients(const struct rules *rules)
{
    return rules->explain_full;
}

size_t rules_count(const struct rules *rules)
{
    return rules->rule_count;
}

const struct rules_rule *rules_rule(const struct rules *rules, size_t index)
{
    return &rules->rules[index];
}

size_t rules_count_of(const struct rules *rules, const char *kind)
{
    size_t i;

    for (i = 0; i < LINE_KINDS; i++) {
        if (strcmp(rules_line_names[i], kind) == 0)
            return rules->kinds[i];
    }
    return 0;
}

void rules_request_set_revocation(struct rules_request *request, const struct verdict *verdict)
{
    request->revocation_good =
        verdict->revocation == REVOCATION_GOOD || verdict->ocsp == VERDICT_OCSP_GOOD;
    request->revocation_this_update = 0;
    if (verdict->revocation == REVOCATION_GOOD)
        request->revocation_this_update = verdict->crl_this_update;
    if (verdict->ocsp == VERDICT_OCSP_GOOD &&
        verdict->ocsp_this_update > request->revocation_this_update)
        request->revocation_this_update = verdict->ocsp_this_update;
}

const char *rules_reason_name(enum rules_reason reason)
{
    static const char *const names[RULES_REASON_COUNT] = {
        [RULES_RULE] = "rule",
        [RULES_NO_RULE] = "no_rule",
        [RULES_AMBIGUOUS_PATH] = "ambiguous_path",
        [RULES_NO_USER_NAME] = "no_user_name",
        [RULES_REVOCATION_OLD] = "revocation_old",
    };

    return names[reason];
}
