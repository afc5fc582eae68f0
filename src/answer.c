#include "answer.h"
#include "presented.h"
#include "report.h"
#include "test_hooks.h"

#include <string.h>
#include <time.h>

static int64_t microseconds(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void send_text(struct request *request, struct text *text)
{
    if (text->failed)
        request->gone = true; /* half a report must not look like a whole one */
    else
        (void)request_write(request, text->data, text->length);
    text_clear(text);
}

static void refuse(
    struct request *request, struct text *text, int status, const char *words, bool with_body)
{
    report_append_refusal(text, status, words, with_body);
    send_text(request, text);
}

/* Refuses what is no request for a report; true when it is one. */
static bool is_for_report(
    const struct trust *trust, struct request *request, struct text *text, bool *head_only)
{
    const char *method = request_parameter(request, "REQUEST_METHOD");

    *head_only = method != NULL && strcmp(method, "HEAD") == 0;
    if (request->role != REQUEST_RESPONDER) {
        refuse(request, text, 403, "This program is no authorizer: nobody is let in", !*head_only);
    } else if (method == NULL || (!*head_only && strcmp(method, "GET") != 0)) {
        refuse(request, text, 405, NULL, true);
    } else if (trust == NULL) {
        refuse(request, text, 503, NULL, !*head_only);
    } else {
        return true;
    }
    return false;
}

static void log_it(const struct service *service, const struct request *request,
    const struct report *report, const struct verdict *verdict, int64_t began)
{
    const struct log_verdict line = {.verdict = verdict,
        .identity = report->identity,
        .remote_address = request_parameter(request, "REMOTE_ADDR"),
        .front_verify =
            report->forwarded->has_front_verify ? report->forwarded->front_verify : NULL,
        .took_us = microseconds() - began,
        .warn_days = report->warn_days};

    log_verdict(service->log, &line);
}

static void report_on(const struct service *service, const struct trust *trust,
    struct request *request, struct text *text, enum report_format format)
{
    struct forwarded forwarded;
    struct presented presented;
    struct verdict verdict;
    struct report report = {
        .format = format, .forwarded = &forwarded, .warn_days = service->config->warn_days};
    int64_t began = microseconds();
    bool verifiable;

    forwarded_read(request->parameters, &service->forwarded_options, &forwarded);
    verifiable = presented_decode(&presented, &forwarded, time(NULL), &verdict);
    if (!verifiable && verdict.status == VERDICT_NOT_JUDGED) {
        refuse(request, text, 503, "The certificate could not be judged", true);
        goto out;
    }
    report_append_head(text, format);
    if (verifiable) {
        report.identity = presented.identity;
        report_append_identity(text, &report);
        send_text(request, text);
        (void)request_flush(request);
        test_hooks_before_verification();
        verify_certificate(
            presented.certificate, presented.chain, trust, service->config, time(NULL), &verdict);
    }
    report_append_verdict(text, &report, &verdict);
    send_text(request, text);

out:
    log_it(service, request, &report, &verdict, began);
    presented_free(&presented);
    forwarded_free(&forwarded);
}

void answer_request(const struct service *service, struct request *request)
{
    struct trust *trust = trust_current_get(service->trust);
    struct text text = {.limit = 0};
    enum report_format format;
    bool head_only;

    if (is_for_report(trust, request, &text, &head_only)) {
        format = report_negotiate(
            request_parameter(request, "HTTP_ACCEPT"), (enum report_format)service->config->format);
        if (head_only) {
            report_append_head(&text, format);
            send_text(request, &text);
        } else {
            report_on(service, trust, request, &text, format);
        }
    }
    text_free(&text);
    trust_release(trust);
}
