/* SPDX-License-Identifier: ISC */
#include "service/respond.h"
#include "base/clock.h"
#include "service/address.h"
#include "service/evaluate.h"
#include "service/gate.h"
#include "service/response.h"
#include "service/service_metrics.h"

#include <string.h>

/* Most reports in text take less. */
#define USUAL_BYTES 4096

/* Refuses what is no request for a report; true when it is one. */
static bool is_for_report(
    const struct trust *trust, struct request *request, struct text *text, bool *head_only)
{
    const char *method = request_parameter(request, "REQUEST_METHOD");

    *head_only = method != NULL && strcmp(method, "HEAD") == 0;
    if (request->role != REQUEST_RESPONDER)
        response_append_refusal(
            text, 403, "Authorization is not supported; access denied", !*head_only);
    else if (method == NULL || (!*head_only && strcmp(method, "GET") != 0))
        response_append_refusal(text, 405, NULL, true);
    else if (trust == NULL)
        response_append_refusal(text, 503, NULL, !*head_only);
    else
        return true;
    response_send(request, text);
    return false;
}

static void log_it(struct evaluation *evaluation, const struct request *request, int warn_days)
{
    const struct forwarded *forwarded = &evaluation->forwarded;
    const struct log_verdict line = {.verdict = &evaluation->verdict,
        .who = evaluate_who(evaluation),
        .remote_address = request_parameter(request, "REMOTE_ADDR"),
        .front_verify = forwarded->has_front_verify ? forwarded->front_verify : NULL,
        .took_us = clock_microseconds() - evaluation->began,
        .warn_days = warn_days};

    log_verdict(evaluation->service->log, &line);
    service_count_evaluation(evaluation->service, evaluation, line.took_us, time(NULL));
}

/* The part before the verdict: from the cache, or rendered and kept there. */
static void append_identity(
    struct text *text, struct evaluation *evaluation, const struct report *report)
{
    enum evaluate_kept which = (enum evaluate_kept)report->format;
    size_t length = 0, before = text->length;
    const void *kept = evaluate_find_kept(evaluation, which, &length);

    if (kept != NULL) {
        text_append(text, kept, length);
        return;
    }
    report_append_identity(text, report);
    if (!text->failed && text->length > before)
        evaluate_keep(evaluation, which, text->data + before, text->length - before);
}

/* Head, identity, verdict. What is known goes out before verification begins, if there is some to
 * do. */
static void send_report(struct evaluation *evaluation, struct request *request, struct text *text,
    const struct report *report)
{
    if (report->identity == NULL && evaluation->verdict.status == VERDICT_NOT_JUDGED) {
        response_append_refusal(text, 503, "The certificate could not be judged", true);
        response_send(request, text);
        return;
    }
    response_append_head(text, 200, report->format, NULL);
    if (report->identity != NULL)
        append_identity(text, evaluation, report);
    if (!evaluation->judged) {
        response_send(request, text);
        (void)request_flush(request);
        evaluate_verdict(evaluation);
    }
    report_append_verdict(text, report, &evaluation->verdict);
    response_send(request, text);
}

static void report_on(const struct service *service, const struct trust *trust,
    struct request *request, struct text *text, enum report_format format)
{
    struct evaluation evaluation;
    char address[ADDRESS_SIZE];
    struct report report = {
        .format = format, .trust = trust, .warn_days = service->config->warn_days};

    evaluate_request(&evaluation, service, trust, 0, request->parameters);
    report.forwarded = &evaluation.forwarded;
    report.identity = evaluation.identity;
    if (format == REPORT_HTML && address_write(request, address))
        report.address = address;
    send_report(&evaluation, request, text, &report);
    log_it(&evaluation, request, report.warn_days);
    evaluate_end(&evaluation);
}

/* Sends the report. */
static void respond_report(const struct service *service, struct request *request)
{
    struct trust *trust = trust_current_get(service->trust);
    char buffer[USUAL_BYTES];
    struct text text;
    enum report_format format;
    bool head_only;

    text_begin(&text, buffer, sizeof(buffer), 0);
    if (is_for_report(trust, request, &text, &head_only)) {
        format = report_choose(request_parameter(request, "QUERY_STRING"),
            request_parameter(request, "HTTP_ACCEPT"), (enum report_format)service->config->format);
        if (head_only) {
            response_append_head(&text, 200, format, NULL);
            response_send(request, &text);
        } else {
            report_on(service, trust, request, &text, format);
        }
    }
    text_free(&text);
    trust_release(trust);
}

/* True when the front asks for this page in this location (a header of the client's is HTTP_...).
 * Never for an authorizer, where every 200 is a yes. */
static bool is_page(const struct request *request, const char *page)
{
    const char *asked = request_parameter(request, "PEERCERT_PAGE");

    return request->role == REQUEST_RESPONDER && asked != NULL && strcmp(asked, page) == 0;
}

static void respond_metrics(const struct service *service, struct request *request)
{
    struct text text = {.limit = 0};

    if (service->metrics == NULL) {
        response_append_refusal(&text, 503, NULL, true);
    } else {
        text_append_string(&text, "Status: 200 OK\r\n"
                                  "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                                  "Cache-Control: no-store\r\n\r\n");
        metrics_write(service->metrics, time(NULL), &text);
    }
    response_send(request, &text);
    text_free(&text);
}

void respond(const struct service *service, struct request *request)
{
    if (is_page(request, "metrics"))
        respond_metrics(service, request);
    else if (service->rules != NULL && !is_page(request, "report"))
        gate_respond(service, request);
    else
        respond_report(service, request);
}
