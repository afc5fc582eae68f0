/* SPDX-License-Identifier: ISC */
#include "service/explain_findings.h"

#include <string.h>

const char *explain_reason(const struct explain_findings *findings)
{
    if (findings->subject == NULL)
        return verdict_status_name(findings->evaluation->verdict.status);
    return rules_reason_name(findings->decision.reason);
}

/* "good by list of 2026-11-27T00:00:00Z". */
static void append_revocation(struct text *text, const struct verdict *verdict)
{
    char date[IDENTITY_TIME_SIZE] = "";

    if (verdict->ocsp == VERDICT_OCSP_GOOD) {
        identity_format_time(verdict->ocsp_this_update, date);
        text_printf(text, "good by OCSP of %s", date);
    } else if (verdict->revocation == REVOCATION_GOOD) {
        identity_format_time(verdict->crl_this_update, date);
        text_printf(text, "good by list of %s", date);
    } else {
        text_append_string(text, "revocation not checked");
    }
}

/* "valid: SUBJECT, up to acme (CN=Demo CA), good by list of ...". */
static void append_verdict(struct text *text, const struct explain_findings *findings)
{
    const struct verdict *verdict = &findings->evaluation->verdict;
    const struct identity *identity = findings->evaluation->identity;
    const char *issuer =
        findings->subject != NULL ? rules_subject_issuer(findings->rules, findings->subject) : NULL;

    text_append_string(text, verdict_status_name(verdict->status));
    if (identity != NULL)
        text_printf(
            text, ": %s", identity->subject[0] != '\0' ? identity->subject : "(an empty name)");
    if (verdict->status == VERDICT_VALID) {
        text_printf(text, issuer != NULL ? ", up to %s (%s), " : ", up to %s%s, ",
            issuer != NULL ? issuer : "", verdict->anchor);
        append_revocation(text, verdict);
    } else {
        text_printf(text, ": %s", verdict->reason);
    }
    text_append_string(text, "\n");
}

/* "note: no --host is given, so deny lines with host= hold". */
static void append_note(struct text *text, const struct explain_findings *findings)
{
    const struct rules_rule *rule = findings->decision.rule;
    const char *key = NULL;

    if (rule != NULL && !rule->allow)
        key = rules_unknown_key(
            findings->rules, (size_t)(rule - rules_rule(findings->rules, 0)), &findings->request);
    if (key != NULL)
        text_printf(text, "note: no --%s is given, so deny lines with %s= hold\n", key, key);
}

static void append_decision(struct text *text, const struct explain_findings *findings)
{
    const struct rules_decision *decision = &findings->decision;
    size_t i;

    text_append_string(text, decision->allowed ? "allowed" : "denied");
    if (decision->rule != NULL)
        text_printf(text, " by %s %s", decision->rule->name, decision->rule->text);
    if (decision->allowed)
        text_printf(text, "\nuser: %s", decision->user);
    else if (decision->reason == RULES_AMBIGUOUS_PATH)
        text_printf(text, ": the path is ambiguous: %s",
            rules_path_fault(findings->rules, &findings->request));
    else if (decision->reason == RULES_NO_USER_NAME)
        text_append_string(text, ": it gives no user name, or more than one");
    else if (decision->reason == RULES_REVOCATION_OLD)
        text_append_string(
            text, ": no line holds, but one would if revocation had been checked recently");
    else if (decision->rule == NULL)
        text_append_string(text, ": no line holds");
    text_append_string(text, "\n");
    append_note(text, findings);
    for (i = 0; i < findings->miss_count; i++)
        text_printf(
            text, "nearest: %s: %s\n", findings->misses[i].rule->name, findings->misses[i].words);
}

static void append_table(struct text *text, const struct explain_findings *findings)
{
    char user[RULES_USER_MAX + 1];
    size_t i, count = 0;

    for (i = 0; i < rules_count(findings->rules); i++) {
        const struct rules_rule *rule = rules_rule(findings->rules, i);

        if (!rules_subject_meets(findings->subject, i) ||
            !rules_concerns(findings->rules, i, &findings->request))
            continue;
        if (count++ == 0)
            text_append_string(text, "the first of these lines that holds decides:\n");
        text_printf(text, "  %s %s %s", rule->name, rule->allow ? "allow" : "deny",
            rule->when[0] != '\0' ? rule->when : "everything");
        if (rule->allow)
            text_printf(text, " user=%s",
                rules_user(findings->rules, findings->subject, i, user) ? user : "(none: denied)");
        text_append_string(text, "\n");
    }
    text_append_string(
        text, count == 0 ? "denied: no line is about this certificate\n" : "otherwise denied\n");
}

static void append_file(struct text *text, const char *file)
{
    (void)text_append_shown(text, file, strlen(file));
}

void explain_append_text(struct text *text, const struct explain_findings *findings)
{
    if (findings->evaluation->service->config->files.count > 1) {
        text_append_string(text, "==> ");
        append_file(text, findings->file);
        text_append_string(text, " <==\n");
    }
    append_verdict(text, findings);
    if (findings->subject == NULL)
        text_append_string(text, "denied: the certificate is not valid\n");
    else if (findings->for_request)
        append_decision(text, findings);
    else
        append_table(text, findings);
}

void explain_append_row(struct text *text, const struct explain_findings *findings)
{
    const struct rules_decision *decision = &findings->decision;

    append_file(text, findings->file);
    text_printf(text, "\t%s\t%s\t%s\n", findings->allowed ? "allowed" : "denied",
        findings->subject != NULL && decision->rule != NULL ? decision->rule->name : "-",
        findings->allowed ? decision->user : explain_reason(findings));
}
