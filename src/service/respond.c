#include "service/respond.h"
#include "base/clock.h"
#include "report/report.h"
#include "service/address.h"
#include "service/client_certificate.h"
#include "service/test_hooks.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* One report on its way. */
struct job {
    const struct service *service;
    const struct trust *trust;
    struct request *request;
    struct text *text;
    struct forwarded forwarded;
    struct client_certificate presented;
    struct report report;
    struct verdict verdict;
    int64_t began;
};

static void log_it(const struct job *job)
{
    const struct forwarded *forwarded = &job->forwarded;
    const struct log_verdict line = {.verdict = &job->verdict,
        .identity = job->report.identity,
        .remote_address = request_parameter(job->request, "REMOTE_ADDR"),
        .front_verify = forwarded->has_front_verify ? forwarded->front_verify : NULL,
        .took_us = clock_microseconds() - job->began,
        .warn_days = job->report.warn_days};

    log_verdict(job->service->log, &line);
}

static void verify(struct job *job)
{
    const struct verify_options options = verify_options_of(job->service->config);
    X509 *leaf = job->presented.certificate;
    STACK_OF(X509) *proven = NULL;

    test_hooks_before_verification(job->service->slots);
    verify_certificate(
        leaf, job->presented.chain, job->trust, &options, time(NULL), &job->verdict, &proven);
    ocsp_ask(job->service->ocsp, leaf, sk_X509_value(proven, 1), job->trust, &job->verdict);
    sk_X509_pop_free(proven, X509_free);
}

static void send_verdict(struct job *job)
{
    report_append_verdict(job->text, &job->report, &job->verdict);
    send_text(job->request, job->text);
}

/* Hands identity and rendering to the entry, where others find them. */
static void publish_identity(
    struct job *job, struct verdict_cache_entry *entry, const char *rendered, size_t length)
{
    char *copy = malloc(length);

    if (copy != NULL)
        memcpy(copy, rendered, length);
    else
        length = 0; /* it is rendered for each request */
    verdict_cache_publish_identity(entry, job->presented.identity, copy, length);
    job->presented.identity = NULL;
}

/* Decodes, sends who it is, verifies, sends the verdict; and lets the others know when there is an
 * entry. */
static void work(struct job *job, struct verdict_cache_entry *entry)
{
    size_t head_length;

    if (!client_certificate_decode(&job->presented, &job->forwarded, time(NULL), &job->verdict)) {
        if (entry != NULL)
            verdict_cache_give_up(entry);
        if (job->verdict.status == VERDICT_NOT_JUDGED) {
            refuse(job->request, job->text, 503, "The certificate could not be judged", true);
            return;
        }
        report_append_head(job->text, job->report.format);
        send_verdict(job);
        return;
    }
    job->report.identity = job->presented.identity;
    report_append_head(job->text, job->report.format);
    head_length = job->text->length;
    report_append_identity(job->text, &job->report);
    if (entry != NULL && job->text->failed) {
        verdict_cache_give_up(entry);
        entry = NULL;
    }
    if (entry != NULL)
        publish_identity(
            job, entry, job->text->data + head_length, job->text->length - head_length);
    send_text(job->request, job->text);
    (void)request_flush(job->request);
    verify(job);
    if (entry != NULL)
        verdict_cache_publish_verdict(entry, &job->verdict);
    send_verdict(job);
}

static void append_known_identity(struct job *job, const struct verdict_cache_entry *entry)
{
    size_t length = 0;
    const char *rendered = verdict_cache_rendered(entry, &length);

    job->report.identity = verdict_cache_identity(entry);
    report_append_head(job->text, job->report.format);
    if (rendered != NULL)
        text_append(job->text, rendered, length);
    else
        report_append_identity(job->text, &job->report);
}

/* Waits for the owner's verdict, but never for an owner who waits for an OCSP responder: how many
 * do that at a time is the ocsp room's to bound. */
static bool wait_for_verdict(struct job *job, struct verdict_cache_entry *entry)
{
    return job->service->ocsp == NULL &&
           verdict_cache_wait_verdict(entry, time(NULL), &job->verdict);
}

/* Answers from an entry: at once when its verdict is there, otherwise as its owner gets on. false
 * when nothing was sent and the work is to be done alone. */
static bool follow(struct job *job, struct verdict_cache_entry *entry)
{
    if (!verdict_cache_wait_identity(entry))
        return false;
    append_known_identity(job, entry);
    if (!verdict_cache_peek_verdict(entry, time(NULL), &job->verdict)) {
        send_text(job->request, job->text);
        (void)request_flush(job->request);
        if (!wait_for_verdict(job, entry) &&
            client_certificate_decode(&job->presented, &job->forwarded, time(NULL), &job->verdict))
            verify(job);
    }
    send_verdict(job);
    return true;
}

static void report_on(const struct service *service, const struct trust *trust,
    struct request *request, struct text *text, enum report_format format)
{
    struct verdict_cache_entry *entry = NULL;
    enum verdict_cache_role role = CACHE_ALONE;
    char address[ADDRESS_SIZE];
    struct job job = {.service = service,
        .trust = trust,
        .request = request,
        .text = text,
        .report = {.format = format, .warn_days = service->config->warn_days},
        .began = clock_microseconds()};

    job.report.forwarded = &job.forwarded;
    if (format == REPORT_HTML && address_write(request, address))
        job.report.address = address;
    forwarded_read(request->parameters, &service->forwarded_options, &job.forwarded);
    if (job.forwarded.status == FORWARDED_PRESENT) {
        const struct verdict_cache_key key = {.forwarded = &job.forwarded,
            .trust_number = trust_number(trust),
            .format = (unsigned char)format};

        role = verdict_cache_enter(service->cache, &key, time(NULL), &entry);
    }
    if (role != CACHE_FOLLOWER || !follow(&job, entry))
        work(&job, role == CACHE_OWNER ? entry : NULL);
    log_it(&job);
    verdict_cache_leave(entry);
    client_certificate_free(&job.presented);
    forwarded_free(&job.forwarded);
}

void respond(const struct service *service, struct request *request)
{
    struct trust *trust = trust_current_get(service->trust);
    struct text text = {.limit = 0};
    enum report_format format;
    bool head_only;

    if (is_for_report(trust, request, &text, &head_only)) {
        format = report_choose(request_parameter(request, "QUERY_STRING"),
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
