/* SPDX-License-Identifier: ISC */
#include "service/gate.h"
#include "base/clock.h"
#include "report/denial.h"
#include "service/gate_decision.h"
#include "service/gate_log.h"
#include "service/gate_snapshot.h"
#include "service/response.h"

#include <string.h>

static bool is_set(const struct request *request, const char *name, const char *value)
{
    const char *given = request_parameter(request, name);

    return given != NULL && (value == NULL || strcmp(given, value) == 0);
}

/* A yes. The user name holds nothing that means more in a header (rules.h). */
static void append_yes(
    struct text *text, const struct gate_decision *decision, const struct request *request)
{
    if (request->role == REQUEST_AUTHORIZER)
        text_printf(text, "Status: 200\r\nVariable-REMOTE_USER: %s\r\n\r\n", decision->ruled.user);
    else
        text_printf(text, "Status: 200\r\nPeercert-User: %s\r\nCache-Control: no-store\r\n\r\n",
            decision->ruled.user);
}

/* httpd's mod_authnz_fcgi sends every body as HTML. */
static enum report_format format_of(const struct service *service, const struct request *request)
{
    if (is_set(request, "FCGI_APACHE_ROLE", NULL))
        return REPORT_HTML;
    return report_negotiate(
        request_parameter(request, "HTTP_ACCEPT"), (enum report_format)service->config->format);
}

static void append_no(
    struct text *text, const struct gate_decision *decision, const struct request *request)
{
    const struct evaluation *evaluation = &decision->evaluation;
    const bool denied = decision->outcome == METRICS_DENIED;
    const bool told = denied && evaluation->verdict.status == VERDICT_VALID &&
                      rules_explain_to_clients(decision->rules);
    static const struct forwarded nothing = {.status = FORWARDED_ABSENT};
    const struct report report = {.format = format_of(decision->service, request),
        .forwarded = decision->evaluated ? &evaluation->forwarded : &nothing,
        .identity = denied ? evaluation->identity : NULL};
    const struct denial denial = {.report = &report,
        .verdict = denied ? &evaluation->verdict : NULL,
        .reason = decision->reason,
        .decision = decision->id,
        .rule = told && decision->judged_by_rules && decision->ruled.rule != NULL
                    ? decision->ruled.rule->name
                    : NULL,
        .misses = decision->misses,
        .miss_count = told ? decision->miss_count : 0};
    struct text fields = {.limit = 0};

    text_printf(
        &fields, "Peercert-Decision: %s\r\n%s", decision->id, denied ? "" : "Retry-After: 5\r\n");
    response_append_head(text, denied ? 403 : 503, report.format, text_string(&fields));
    if (decision->asked.method == NULL || strcmp(decision->asked.method, "HEAD") != 0)
        denial_append(text, &denial);
    text->failed = text->failed || fields.failed;
    text_free(&fields);
}

/* A front that asks again shows a no: one of the gate that has become a yes since, or its own (of a
 * folder that it does not list). That page is no yes. */
static void take_back_yes(struct gate_decision *decision)
{
    if (decision->outcome != METRICS_ALLOWED)
        return;
    decision->outcome = METRICS_DENIED;
    decision->reason = "front_refused";
    decision->judged_by_rules = false;
}

void gate_respond(const struct service *service, struct request *request)
{
    const int64_t began = clock_microseconds();
    const bool again = is_set(request, "PEERCERT_AGAIN", "on");
    struct gate_snapshot snapshot = gate_current_get(service->gate);
    struct gate_decision decision;
    char buffer[2048]; /* most answers take less */
    struct text text;

    text_begin(&text, buffer, sizeof(buffer), 0);
    gate_decide(&decision, service, snapshot.trust, snapshot.rules, snapshot.shadow, request);
    if (again)
        take_back_yes(&decision);
    if (decision.outcome == METRICS_ALLOWED)
        append_yes(&text, &decision, request);
    else
        append_no(&text, &decision, request);
    response_send(request, &text);
    if (!again)
        gate_log(&decision, request, clock_microseconds() - began);
    gate_decision_end(&decision);
    text_free(&text);
    gate_snapshot_release(&snapshot);
}
