/* SPDX-License-Identifier: ISC */
#include "service/service_metrics.h"
#include "unit/metrics/metrics_text.h"
#include "unit/service/service_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW ((time_t)1800000000)

/* A service whose log is written at once, with metrics, a cache and --metrics-file. */
static void begin(struct service_stage *stage)
{
    service_stage_begin(stage, 0);
    stage->service.metrics = metrics_new();
    stage->service.cache = verdict_cache_new(10);
    pki_must(asprintf(&stage->config.metrics_file, "%s/metrics", stage->files.dir) > 0, "asprintf");
}

static void end(struct service_stage *stage)
{
    free(stage->config.metrics_file);
    stage->config.metrics_file = NULL;
    service_stage_end(stage);
}

static void expect_metric(const struct service_stage *stage, const char *line)
{
    expect_line(metrics_text(stage->service.metrics, NOW), line);
}

static void evaluate_and_count(const struct service_stage *stage, char *certificate)
{
    char *parameters[] = {certificate, NULL};
    struct evaluation evaluation;

    evaluate_request(&evaluation, &stage->service, stage->trust, 0, parameters);
    evaluate_verdict(&evaluation);
    service_count_evaluation(&stage->service, &evaluation, 100, NOW);
    evaluate_end(&evaluation);
}

Test(service_metrics, an_evaluation_is_counted_by_its_verdict_and_by_what_the_cache_knew)
{
    struct service_stage stage;
    char *certificate, none[] = "SSL_CLIENT_CERT=";

    begin(&stage);
    certificate = certificate_parameter(stage.client);
    evaluate_and_count(&stage, certificate);
    evaluate_and_count(&stage, certificate);
    evaluate_and_count(&stage, certificate);
    evaluate_and_count(&stage, none);
    expect_metric(&stage, "peercert_verdicts_total{status=\"valid\"} 3");
    expect_metric(&stage, "peercert_verdicts_total{status=\"absent\"} 1");
    expect_metric(&stage, "peercert_cache_lookups_total{result=\"miss\"} 1");
    expect_metric(&stage, "peercert_cache_lookups_total{result=\"hit\"} 2");
    free(certificate);
    end(&stage);
}

Test(service_metrics, what_ocsp_said_is_counted)
{
    struct service_stage stage;
    struct identity identity = {.subject = NULL};
    struct evaluation evaluation = {.identity = &identity,
        .certificate = X509_new(),
        .verdict = {.status = VERDICT_VALID, .ocsp = VERDICT_OCSP_GOOD}};

    begin(&stage);
    service_count_evaluation(&stage.service, &evaluation, 1, NOW);
    evaluation.verdict.ocsp = VERDICT_OCSP_REVOKED;
    service_count_evaluation(&stage.service, &evaluation, 1, NOW);
    evaluation.verdict.ocsp = VERDICT_OCSP_UNKNOWN;
    service_count_evaluation(&stage.service, &evaluation, 1, NOW);
    service_count_evaluation(&stage.service, &evaluation, 1, NOW);
    expect_metric(&stage, "peercert_ocsp_responses_total{status=\"good\"} 1");
    expect_metric(&stage, "peercert_ocsp_responses_total{status=\"revoked\"} 1");
    expect_metric(&stage, "peercert_ocsp_responses_total{status=\"unknown\"} 2");
    X509_free(evaluation.certificate);
    end(&stage);
}

Test(service_metrics, gauges_follow_trust_cache_and_configuration)
{
    struct service_stage stage;
    char *certificate;

    begin(&stage);
    stage.config.threads = 7;
    certificate = certificate_parameter(stage.client);
    evaluate_and_count(&stage, certificate);
    service_measure(&stage.service);
    expect_metric(&stage, "peercert_ca_certificates 1");
    expect_metric(&stage, "peercert_crls 0");
    expect_metric(&stage, "peercert_cache_entries 1");
    expect_metric(&stage, "peercert_threads 7");
    expect_metric(&stage, "peercert_trust_kept_files 0");
    cr_expect_gt(metrics_get(stage.service.metrics, METRICS_NEXT_CA_END), 0);
    free(certificate);
    end(&stage);
}

/* node_exporter may read at any moment: it meets the former file or the new one. */
Test(service_metrics, the_file_takes_its_name_when_it_is_whole_and_everybody_may_read_it)
{
    struct service_stage stage;
    struct stat status;
    char *temporary = NULL, *target, *bystander;

    begin(&stage);
    pki_must(asprintf(&temporary, "%s.new", stage.config.metrics_file) > 0, "asprintf");
    bystander = pki_write_text(stage.files.dir, "bystander", "mine");
    cr_assert_eq(symlink(bystander, temporary), 0); /* planted: it is not followed */
    service_write_metrics_file(&stage.service);
    cr_assert_eq(stat(stage.config.metrics_file, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0644, "mode %o", status.st_mode & 07777);
    cr_expect_eq((size_t)status.st_size, strlen(metrics_text(stage.service.metrics, time(NULL))));
    cr_expect_neq(lstat(temporary, &status), 0);
    cr_assert_eq(stat(bystander, &status), 0);
    cr_expect_eq(status.st_size, 4);
    target = stage.config.metrics_file;
    stage.config.metrics_file = NULL;
    service_write_metrics_file(&stage.service); /* nothing is asked for */
    stage.config.metrics_file = target;
    free(bystander);
    free(temporary);
    end(&stage);
}

Test(service_metrics, a_file_that_cannot_be_written_is_told_once_until_it_can_be)
{
    struct service_stage stage;
    struct text wanted = {.limit = 0};
    char *log, *first;

    begin(&stage);
    pki_must(mkdir(stage.config.metrics_file, 0700) == 0, "mkdir"); /* nothing takes its name */
    service_write_metrics_file(&stage.service);
    service_write_metrics_file(&stage.service);
    text_printf(&wanted, " error --metrics-file %s: ", stage.config.metrics_file);
    log = service_log_text(&stage.config);
    first = strstr(log, text_string(&wanted));
    cr_assert_not_null(first, "%s", log);
    cr_expect_null(strstr(first + 1, text_string(&wanted)), "%s", log);
    free(log);
    pki_must(rmdir(stage.config.metrics_file) == 0, "rmdir");
    service_write_metrics_file(&stage.service);
    pki_must(unlink(stage.config.metrics_file) == 0 && mkdir(stage.config.metrics_file, 0700) == 0,
        "mkdir");
    service_write_metrics_file(&stage.service);
    log = service_log_text(&stage.config);
    first = strstr(log, text_string(&wanted));
    cr_expect_not_null(strstr(first + 1, text_string(&wanted)), "%s", log);
    free(log);
    pki_must(rmdir(stage.config.metrics_file) == 0, "rmdir");
    text_free(&wanted);
    end(&stage);
}

Test(service_metrics, start_and_end_are_a_line_each)
{
    static char listen[] = "unix:/run/x.sock";
    struct service_stage stage;
    char *log, *next;

    begin(&stage);
    stage.config.listen = listen;
    service_log_start(&stage.service);
    service_log_end(&stage.service);
    log = service_log_text(&stage.config);
    cr_expect_not_null(
        strstr(log, " info peercert " PEERCERT_VERSION " serves on unix:/run/x.sock as "), "%s",
        log);
    cr_expect_not_null(strstr(log, "; OpenSSL "), "%s", log);
    cr_expect_not_null(strstr(log, "; reports"), "%s", log);
    next = strchr(log, '\n');
    cr_assert_not_null(next);
    cr_expect_not_null(strstr(next, " info peercert " PEERCERT_VERSION " ends\n"), "%s", log);
    free(log);
    stage.config.listen = NULL;
    end(&stage);
}
