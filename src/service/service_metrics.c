/* SPDX-License-Identifier: ISC */
#include "service/service_metrics.h"
#include "trust/trust_about.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void count_ocsp(struct metrics *metrics, enum verdict_ocsp said)
{
    if (said == VERDICT_OCSP_GOOD)
        metrics_add(metrics, METRICS_OCSP_GOOD, 1);
    else if (said == VERDICT_OCSP_REVOKED)
        metrics_add(metrics, METRICS_OCSP_REVOKED, 1);
    else if (said == VERDICT_OCSP_UNKNOWN)
        metrics_add(metrics, METRICS_OCSP_UNKNOWN, 1);
}

void service_count_evaluation(
    const struct service *service, const struct evaluation *evaluation, int64_t took_us, time_t now)
{
    struct metrics *metrics = service->metrics;
    const struct identity *identity = evaluation->identity;
    bool known =
        identity != NULL && evaluation->certificate == NULL; /* the cache spared decoding it */

    if (metrics == NULL)
        return;
    metrics_verdict(metrics, evaluation->verdict.status, took_us,
        identity != NULL && identity->not_after_known ? identity->not_after_time : 0, now);
    if (known) {
        metrics_add(metrics, METRICS_CACHE_HITS, 1);
    } else if (identity != NULL) {
        metrics_add(metrics, METRICS_CACHE_MISSES, 1);
        count_ocsp(metrics, evaluation->verdict.ocsp);
    }
}

static void measure_trust(struct metrics *metrics, const struct trust *trust)
{
    time_t since = 0;
    size_t i;

    metrics_set(metrics, METRICS_CA_CERTIFICATES, trust_anchor_count(trust));
    metrics_set(metrics, METRICS_CRLS, trust_crl_count(trust));
    metrics_set(metrics, METRICS_NEXT_CA_END, (int64_t)trust_first_ca_end(trust));
    metrics_set(metrics, METRICS_NEXT_CRL_END, (int64_t)trust_first_crl_end(trust, time(NULL)));
    for (i = 0; i < trust_kept_count(trust); i++) {
        if (since == 0 || trust_kept(trust, i)->since < since)
            since = trust_kept(trust, i)->since;
    }
    metrics_set(metrics, METRICS_TRUST_KEPT_FILES, (int64_t)trust_kept_count(trust));
    metrics_set(metrics, METRICS_TRUST_KEPT_SINCE, (int64_t)since);
}

void service_measure(const struct service *service)
{
    struct metrics *metrics = service->metrics;
    struct trust *trust = trust_current_get(service->trust);
    size_t entries = 0, bytes = 0;

    if (trust != NULL &&
        metrics_get(metrics, METRICS_TRUST_NUMBER) != (int64_t)trust_number(trust)) {
        metrics_set(metrics, METRICS_TRUST_NUMBER, (int64_t)trust_number(trust));
        metrics_set(metrics, METRICS_TRUST_LOADED_AT, (int64_t)time(NULL));
        measure_trust(metrics, trust);
    }
    trust_release(trust);
    if (service->cache != NULL)
        verdict_cache_measure(service->cache, &entries, &bytes);
    metrics_set(metrics, METRICS_CACHE_ENTRIES, (int64_t)entries);
    metrics_set(metrics, METRICS_THREADS, service->config->threads);
    metrics_set(metrics, METRICS_LOG_DROPPED_LINES, (int64_t)log_dropped(service->log));
}

static bool write_whole(const char *path, const struct text *text)
{
    char temporary[4096 + 8];
    FILE *file;
    bool good;

    if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary)) {
        errno = ENAMETOOLONG;
        return false;
    }
    /* A name of its own that nobody else has: a link that was planted there is not followed. */
    (void)unlink(temporary);
    file = fopen(temporary, "wxe");
    if (file == NULL)
        return false;
    good = fwrite(text->data, 1, text->length, file) == text->length &&
           fchmod(fileno(file), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) == 0;
    good = fclose(file) == 0 && good;
    good = good && rename(temporary, path) == 0;
    if (!good)
        (void)unlink(temporary);
    return good;
}

void service_write_metrics_file(const struct service *service)
{
    const char *path = service->config->metrics_file;
    struct text text = {.limit = 0};
    bool good;

    if (path == NULL || service->metrics == NULL)
        return;
    metrics_write(service->metrics, time(NULL), &text);
    errno = ENOMEM;
    good = !text.failed && write_whole(path, &text);
    if (!good && metrics_get(service->metrics, METRICS_FILE_FAILED) == 0)
        log_words(service->log, LOG_LEVEL_ERROR, "--metrics-file %s: %s", path, strerror(errno));
    metrics_set(service->metrics, METRICS_FILE_FAILED, !good);
    text_free(&text);
}

static void append_user(struct text *text)
{
    const struct passwd *entry = getpwuid(geteuid());

    if (entry != NULL)
        text_append_string(text, entry->pw_name);
    else
        text_printf(text, "uid %u", (unsigned)geteuid());
}

void service_log_start(const struct service *service)
{
    const char *listen = service->config->listen;
    struct trust *trust = trust_current_get(service->trust);
    struct text text = {.limit = 0};

    text_printf(&text, "peercert %s serves on %s as ", PEERCERT_VERSION,
        listen != NULL ? listen : "the socket that it was given");
    append_user(&text);
    text_printf(&text, "; %s", OpenSSL_version(OPENSSL_VERSION));
    if (service->config->rules != NULL)
        text_printf(&text, "; gate with rules %s", service->config->rules);
    else
        text_append_string(&text, "; reports");
    if (trust != NULL)
        trust_append_summary(trust, time(NULL), &text);
    if (!text.failed)
        log_words(service->log, LOG_LEVEL_INFO, "%s", text_string(&text));
    trust_release(trust);
    text_free(&text);
}

void service_log_end(const struct service *service)
{
    log_words(service->log, LOG_LEVEL_INFO, "peercert %s ends", PEERCERT_VERSION);
}
