#include "rules/rules.h"
#include "rules/rules_current.h"

static const struct rules_rule none = {.name = "", .text = ""};

struct rules *rules_load(
    const char *path, const struct trust *trust, struct list *warnings, struct error *error)
{
    (void)trust;
    (void)warnings;
    error_set(error, ERROR_INPUT, "%s: access rules are not supported yet", path);
    return NULL;
}

struct rules *rules_retain(struct rules *rules)
{
    return rules;
}

void rules_release(struct rules *rules)
{
    (void)rules;
}

uint64_t rules_number(const struct rules *rules)
{
    (void)rules;
    return 1;
}

time_t rules_loaded_at(const struct rules *rules)
{
    (void)rules;
    return 0;
}

bool rules_explain_to_clients(const struct rules *rules)
{
    (void)rules;
    return false;
}

size_t rules_count(const struct rules *rules)
{
    (void)rules;
    return 0;
}

const struct rules_rule *rules_rule(const struct rules *rules, size_t index)
{
    (void)rules;
    (void)index;
    return &none;
}

size_t rules_count_of(const struct rules *rules, const char *kind)
{
    (void)rules;
    (void)kind;
    return 0;
}

struct rules_subject *rules_subject_new(
    const struct rules *rules, X509 *leaf, STACK_OF(X509) * proven, struct error *error)
{
    (void)rules;
    (void)leaf;
    (void)proven;
    error_set(error, ERROR_LIBRARY, "access rules are not supported yet");
    return NULL;
}

void rules_subject_free(struct rules_subject *subject)
{
    (void)subject;
}

size_t rules_subject_size(const struct rules_subject *subject)
{
    (void)subject;
    return 0;
}

bool rules_subject_meets(const struct rules_subject *subject, size_t index)
{
    (void)subject;
    (void)index;
    return false;
}

void rules_request_set_revocation(struct rules_request *request, const struct verdict *verdict)
{
    (void)verdict;
    request->revocation_good = false;
}

const char *rules_reason_name(enum rules_reason reason)
{
    static const char *const names[] = {
        "rule", "no_rule", "ambiguous_path", "no_user_name", "revocation_old"};

    return names[reason];
}

void rules_decide(const struct rules *rules, const struct rules_subject *subject,
    const struct rules_request *request, struct rules_decision *decision)
{
    (void)rules;
    (void)subject;
    (void)request;
    *decision = (struct rules_decision){.reason = RULES_NO_RULE};
}

bool rules_user(const struct rules *rules, const struct rules_subject *subject, size_t index,
    char user[RULES_USER_MAX + 1])
{
    (void)rules;
    (void)subject;
    (void)index;
    user[0] = '\0';
    return false;
}

size_t rules_nearest(const struct rules *rules, const struct rules_subject *subject,
    const struct rules_request *request, struct rules_miss misses[RULES_MAX_MISSES])
{
    (void)rules;
    (void)subject;
    (void)request;
    (void)misses;
    return 0;
}
