/* SPDX-License-Identifier: ISC */
#include "service/service.h"
#include "unit/service/service_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A service that has loaded its trust, with metrics, whose log is written at once. */
static void begin(struct service_stage *stage)
{
    service_stage_begin(stage, 0);
    stage->service.metrics = metrics_new();
}

static void expect_logged(const struct service_stage *stage, const char *words)
{
    char *log = service_log_text(&stage->config);

    cr_expect_not_null(strstr(log, words), "expected: %s\nin:\n%s", words, log);
    free(log);
}

static void expect_opened(const struct config *config, bool threaded)
{
    struct error error = {.kind = ERROR_NONE};
    struct service service;

    cr_assert(service_open(&service, config, threaded, &error), "%s", error.text);
    cr_expect_eq(service.slots != NULL, threaded);
    cr_expect_eq(service.metrics != NULL, threaded);
    cr_expect_eq(service.cache != NULL, threaded && config->cache > 0);
    cr_expect_eq(service.ocsp != NULL, config->ocsp != CONFIG_OCSP_OFF);
    cr_expect_null(service.rules);
    service_close(&service);
}

Test(service, what_answers_one_request_has_no_cache_no_metrics_and_no_slots)
{
    char url[] = "http://ocsp.example/";
    struct service_files files;
    struct config config;

    service_files_make(&files, &config);
    expect_opened(&config, false);
    expect_opened(&config, true);
    config.cache = 10;
    expect_opened(&config, false);
    expect_opened(&config, true);
    config.ocsp = CONFIG_OCSP_SOFT;
    config.ocsp_url = url;
    expect_opened(&config, true);
    service_files_free(&files, &config);
}

Test(service, an_option_that_means_nothing_is_named)
{
    struct service_files files;
    struct config config;
    struct error error = {.kind = ERROR_NONE};
    struct service service;
    char odd[] = "X-Cert=nonsense", *items[] = {odd};

    service_files_make(&files, &config);
    config.trust_header = (struct list){.items = items, .count = 1};
    cr_expect_not(service_open(&service, &config, true, &error));
    cr_expect_eq(error.kind, ERROR_USAGE);
    cr_expect_eq(strncmp(error.text, "--trust-header: ", 16), 0, "%s", error.text);
    service_close(&service);
    service_files_free(&files, &config);
}

Test(service, without_its_log_it_does_not_open)
{
    struct service_files files;
    struct config config;
    struct error error = {.kind = ERROR_NONE};
    struct service service;

    service_files_make(&files, &config);
    free(config.log_file);
    config.log_file = strdup(files.dir); /* a folder */
    cr_expect_not(service_open(&service, &config, false, &error));
    cr_expect_eq(error.kind, ERROR_USAGE);
    service_close(&service);
    service_files_free(&files, &config);
}

Test(service, the_first_trust_is_there_whole_or_not_at_all)
{
    struct service_files files;
    struct config config;
    struct error error = {.kind = ERROR_NONE};
    struct service service;
    struct trust *trust;

    service_files_make(&files, &config);
    cr_assert(service_open(&service, &config, false, &error), "%s", error.text);
    free(pki_write_text(files.dir, "ca.cer", "no certificate"));
    cr_expect_not(service_load_trust(&service, &error));
    cr_expect_not_null(strstr(error.text, files.paths[0]), "%s", error.text);
    cr_expect_null(trust_current_get(service.trust));
    free(files.paths[0]);
    files.paths[0] = pki_write_text(files.dir, "ca.cer", "");
    service_close(&service);
    service_files_free(&files, &config);

    service_files_make(&files, &config);
    cr_assert(service_open(&service, &config, false, &error), "%s", error.text);
    cr_expect(service_load_trust(&service, &error), "%s", error.text);
    trust = trust_current_get(service.trust);
    cr_assert_not_null(trust);
    cr_expect_eq(trust_anchor_count(trust), 1);
    trust_release(trust);
    service_close(&service);
    service_files_free(&files, &config);
}

/* The file of the CA with another CA behind it. */
static void add_ca(const struct service_stage *stage)
{
    struct pki *other = pki_ca("CN=Another CA");
    char *first = pki_pem(stage->files.ca->certificate), *second = pki_pem(other->certificate);
    char *both = NULL;

    pki_must(asprintf(&both, "%s%s", first, second) > 0, "asprintf");
    free(pki_write_text(stage->files.dir, "ca.cer", both));
    free(both);
    free(first);
    free(second);
    pki_free(other);
}

Test(service, a_configuration_that_others_may_write_to_is_told)
{
    struct service_stage stage;
    struct error error = {.kind = ERROR_NONE};
    char *path;

    begin(&stage);
    path = pki_write_text(stage.files.dir, "peercert.conf", "");
    stage.config.config_file = path;
    cr_assert_eq(chmod(path, 0646), 0);
    cr_expect(service_load_trust(&stage.service, &error), "%s", error.text);
    expect_logged(&stage, "may write to it (mode 0646), and so change the configuration");
    stage.config.config_file = NULL;
    free(path);
    service_stage_end(&stage);
}

Test(service, a_look_takes_up_a_file_that_has_changed_and_says_so_once)
{
    struct service_stage stage;
    const char *reloaded = "the trust was reloaded: 2 CA certificates, 0 CRLs\n";
    char *log;

    begin(&stage);
    service_look(&stage.service);
    log = service_log_text(&stage.config);
    cr_expect_str_eq(log, "");
    free(log);
    add_ca(&stage);
    service_look(&stage.service);
    service_look(&stage.service);
    log = service_log_text(&stage.config);
    cr_assert_not_null(strstr(log, reloaded), "%s", log);
    cr_expect_null(strstr(strstr(log, reloaded) + 1, "the trust"), "%s", log);
    free(log);
    cr_expect_eq(metrics_get(stage.service.metrics, METRICS_CA_CERTIFICATES), 2);
    service_stage_end(&stage);
}

Test(service, a_reload_of_the_same_says_that_it_is_the_same)
{
    struct service_stage stage;

    begin(&stage);
    service_reload(&stage.service);
    expect_logged(&stage, "info the trust was reloaded: it is the same as before\n");
    service_stage_end(&stage);
}

Test(service, a_file_that_broke_is_kept_as_it_was_and_logged_as_an_error)
{
    struct service_stage stage;
    struct trust *trust;

    begin(&stage);
    free(pki_write_text(stage.files.dir, "ca.cer", "-----BEGIN CERTIFICATE-----\n"));
    service_reload(&stage.service);
    expect_logged(&stage, " error ");
    expect_logged(&stage, "is kept as it was at ");
    trust = trust_current_get(stage.service.trust);
    cr_expect_eq(trust_anchor_count(trust), 1);
    trust_release(trust);
    service_stage_end(&stage);
}
