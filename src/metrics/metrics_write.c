/* SPDX-License-Identifier: ISC */
#include "metrics/metrics_private.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <string.h>

/* A family's HELP and TYPE lines stand before its first sample, once. */
static void begin(struct text *text, const char *name, const char *type, const char *help)
{
    text_printf(text, "# HELP peercert_%s %s\n# TYPE peercert_%s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void append_value(struct text *text, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            text_append(text, "\\", 1);
        if (*value == '\n')
            text_append(text, "\\n", 2);
        else
            text_append(text, value, 1);
    }
}

struct counter_row {
    enum metrics_counter counter;
    const char *family, *labels, *help; /* help: of the family's first row alone */
};

static const struct counter_row counter_rows[] = {
    {METRICS_CACHE_HITS, "cache_lookups_total", "{result=\"hit\"}",
        "Answers with a remembered verdict, and without."},
    {METRICS_CACHE_MISSES, "cache_lookups_total", "{result=\"miss\"}", NULL},
    {METRICS_OCSP_GOOD, "ocsp_responses_total", "{status=\"good\"}",
        "What OCSP responders said; unknown: no usable response."},
    {METRICS_OCSP_REVOKED, "ocsp_responses_total", "{status=\"revoked\"}", NULL},
    {METRICS_OCSP_UNKNOWN, "ocsp_responses_total", "{status=\"unknown\"}", NULL},
    {METRICS_TRUST_RELOADED, "reload_total", "{what=\"trust\",result=\"reloaded\"}",
        "Reloads of the trust and of the rules; kept: the former ones still count, in whole or in "
        "part."},
    {METRICS_TRUST_KEPT, "reload_total", "{what=\"trust\",result=\"kept\"}", NULL},
    {METRICS_RULES_RELOADED, "reload_total", "{what=\"rules\",result=\"reloaded\"}", NULL},
    {METRICS_RULES_KEPT, "reload_total", "{what=\"rules\",result=\"kept\"}", NULL},
    {METRICS_AMBIGUOUS_PATHS, "ambiguous_paths_total", "",
        "Requests denied because front and application could understand the path differently."},
    {METRICS_CONNECTIONS_ACCEPTED, "connections_total", "{result=\"accepted\"}",
        "FastCGI connections; refused: by --allow-peer."},
    {METRICS_CONNECTIONS_REFUSED, "connections_total", "{result=\"refused\"}", NULL},
};

static void write_counters(struct metrics *metrics, struct text *text)
{
    size_t i;

    for (i = 0; i < sizeof(counter_rows) / sizeof(counter_rows[0]); i++) {
        const struct counter_row *row = &counter_rows[i];

        if (row->help != NULL)
            begin(text, row->family, "counter", row->help);
        text_printf(text, "peercert_%s%s %" PRIu64 "\n", row->family, row->labels,
            atomic_load(&metrics->counters[row->counter]));
    }
}

static const struct gauge_row {
    enum metrics_gauge gauge;
    const char *family, *help;
    bool is_moment; /* left out when 0 */
} gauge_rows[] = {
    {METRICS_CONNECTIONS, "connections", "Open FastCGI connections.", false},
    {METRICS_THREADS, "threads", "How many requests may wait for an OCSP responder (--threads).",
        false},
    {METRICS_CACHE_ENTRIES, "cache_entries", "Certificates that are remembered.", false},
    {METRICS_TRUST_LOADED_AT, "trust_loaded_timestamp_seconds", "When the trust was last loaded.",
        true},
    {METRICS_TRUST_KEPT_FILES, "trust_kept_files",
        "Files that keep what they last held, since they cannot be used as they are.", false},
    {METRICS_TRUST_KEPT_SINCE, "trust_kept_since_timestamp_seconds",
        "Since when the oldest of these files has been kept.", true},
    {METRICS_CA_CERTIFICATES, "ca_certificates", "CA certificates of the trust.", false},
    {METRICS_CRLS, "crls", "Certificate revocation lists of the trust.", false},
    {METRICS_NEXT_CA_END, "next_ca_end_timestamp_seconds", "The earliest end of a CA certificate.",
        true},
    {METRICS_NEXT_CRL_END, "next_crl_end_timestamp_seconds",
        "The earliest end (nextUpdate) of a CRL.", true},
    {METRICS_RULES_LOADED_AT, "rules_loaded_timestamp_seconds", "When the rules were last loaded.",
        true},
};

static void write_gauge(struct text *text, const char *family, const char *help, int64_t value)
{
    begin(text, family, "gauge", help);
    text_printf(text, "peercert_%s %" PRId64 "\n", family, value);
}

static void write_dropped(struct metrics *metrics, struct text *text)
{
    begin(text, "log_lines_dropped_total", "counter",
        "Log lines that were dropped: the queue was full, or they could not be written.");
    text_printf(text, "peercert_log_lines_dropped_total %" PRId64 "\n",
        metrics_get(metrics, METRICS_LOG_DROPPED_LINES));
}

static void write_gauges(struct metrics *metrics, time_t now, struct text *text)
{
    int64_t client = metrics_next_client_end(metrics, now);
    size_t i;

    for (i = 0; i < sizeof(gauge_rows) / sizeof(gauge_rows[0]); i++) {
        int64_t value = atomic_load(&metrics->gauges[gauge_rows[i].gauge]);

        if (value != 0 || !gauge_rows[i].is_moment)
            write_gauge(text, gauge_rows[i].family, gauge_rows[i].help, value);
    }
    if (client != 0)
        write_gauge(text, "next_client_end_timestamp_seconds",
            "The earliest end of a valid client certificate that was seen in the last 12 to 24 "
            "hours.",
            client);
    write_gauge(
        text, "start_time_seconds", "When the process began.", (int64_t)metrics->started_at);
    begin(text, "build_info", "gauge", "The version of peercert and of libcrypto.");
    text_printf(text, "peercert_build_info{version=\"%s\",libcrypto=\"%s\"} 1\n", PEERCERT_VERSION,
        OpenSSL_version(OPENSSL_VERSION_STRING));
}

static void write_verdicts(struct metrics *metrics, struct text *text)
{
    size_t i;

    begin(text, "verdicts_total", "counter", "Verdicts by status.");
    for (i = 0; i < VERDICT_STATUS_COUNT; i++)
        text_printf(text, "peercert_verdicts_total{status=\"%s\"} %" PRIu64 "\n",
            verdict_status_name((enum verdict_status)i), atomic_load(&metrics->verdicts[i]));
}

/* Only pairs that occurred: most never do. */
static void write_decisions(struct metrics *metrics, struct text *text)
{
    static const char *const names[] = {"allowed", "denied", "unavailable"};
    size_t i, j;

    begin(text, "decisions_total", "counter", "Decisions of the gate by reason.");
    for (i = 0; i < METRICS_DECISIONS; i++) {
        for (j = 0; metrics_reasons[j] != NULL; j++) {
            uint64_t total = atomic_load(&metrics->decisions[i][j]);

            if (total > 0)
                text_printf(text,
                    "peercert_decisions_total{decision=\"%s\",reason=\"%s\"} %" PRIu64 "\n",
                    names[i], metrics_reasons[j], total);
        }
    }
}

/* All four pairs, 0 too: Prometheus sees no increase in a series that begins with its first event.
 */
static void write_shadow(struct metrics *metrics, struct text *text)
{
    static const char *const answers[] = {"denied", "allowed"};
    size_t i;

    begin(text, "shadow_total", "counter",
        "Decisions of the rules that count and of the shadow rules.");
    for (i = 0; i < 4; i++)
        text_printf(text, "peercert_shadow_total{enforced=\"%s\",shadow=\"%s\"} %" PRIu64 "\n",
            answers[i / 2], answers[i % 2], atomic_load(&metrics->shadow[i / 2][i % 2]));
}

static void write_rules(struct metrics *metrics, struct text *text)
{
    size_t i;

    (void)pthread_mutex_lock(&metrics->lock);
    if (metrics->lines.number != 0) {
        begin(text, "rules", "gauge", "Lines of the rule file by kind.");
        for (i = 0; metrics_rule_kinds[i] != NULL; i++)
            text_printf(text, "peercert_rules{kind=\"%s\"} %zu\n", metrics_rule_kinds[i],
                metrics->rule_kinds[i]);
        begin(text, "rule_total", "counter", "How often a line of the rules decided.");
        for (i = 0; i < metrics->lines.count; i++) {
            text_append_string(text, "peercert_rule_total{rule=\"");
            append_value(text, metrics->lines.names[i]);
            text_printf(text, "\"} %" PRIu64 "\n", metrics->lines.totals[i]);
        }
    }
    (void)pthread_mutex_unlock(&metrics->lock);
}

/* Buckets add up, as Prometheus has them. `per_unit` of the observed make one of the unit told. */
static void write_histogram(struct metrics_histogram *histogram, const int64_t *bounds,
    size_t bound_count, double per_unit, const char *family, const char *help, struct text *text)
{
    uint64_t total = 0;
    size_t i;

    begin(text, family, "histogram", help);
    for (i = 0; i < bound_count; i++) {
        total += atomic_load(&histogram->buckets[i]);
        if (i + 1 < bound_count)
            text_printf(text, "peercert_%s_bucket{le=\"%.10g\"} %" PRIu64 "\n", family,
                (double)bounds[i] / per_unit, total);
    }
    text_printf(text, "peercert_%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", family, total);
    text_printf(text, "peercert_%s_sum %.6f\npeercert_%s_count %" PRIu64 "\n", family,
        (double)atomic_load(&histogram->sum) / per_unit, family, total);
}

void metrics_write(struct metrics *metrics, time_t now, struct text *text)
{
    if (metrics == NULL)
        return;
    write_verdicts(metrics, text);
    write_decisions(metrics, text);
    write_shadow(metrics, text);
    write_rules(metrics, text);
    write_histogram(&metrics->latency, metrics_latency_us, metrics_latency_count, 1e6,
        "answer_duration_seconds", "How long answers took.", text);
    write_histogram(&metrics->remaining, metrics_remaining, metrics_remaining_count, 1,
        "client_certificate_remaining_seconds",
        "How long the valid certificates of requests had left.", text);
    write_counters(metrics, text);
    write_dropped(metrics, text);
    write_gauges(metrics, now, text);
}
