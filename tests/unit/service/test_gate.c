/* SPDX-License-Identifier: ISC */
#include "base/text.h"
#include "certificate/alloc_watch.h"
#include "service/gate_log.h"
#include "service/respond.h"
#include "service/service_rules.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char usual_rules[] = "deny any path=/secret/ label=hidden\n"
                                  "allow any path=/pub/ user=$cn label=staff\n"
                                  "allow any path=/mail/ user=$email\n";

/* A gate over a CA and rules made for the test, and a request whose answer is kept. */
struct stage {
    struct pki *ca, *client;
    char *certificate; /* "SSL_CLIENT_CERT=..." */
    struct config config;
    struct service service;
    char *dir;
    char *items[1];
    struct text output;
    size_t writes;
    bool aborted;
};

static bool keep(void *context, const void *bytes, size_t length)
{
    struct stage *stage = context;

    stage->writes++;
    text_append(&stage->output, bytes, length);
    return true;
}

static bool no_flush(void *context)
{
    (void)context;
    return true;
}

static char *certificate_parameter(const struct pki *pki)
{
    char *pem = pki_pem(pki->certificate), *parameter = NULL;

    pki_must(asprintf(&parameter, "SSL_CLIENT_CERT=%s", pem) > 0, "asprintf");
    free(pem);
    return parameter;
}

static struct stage *stage_new(const char *rules, const char *shadow)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    struct error error = {.kind = ERROR_NONE};
    char *pem;

    cr_assert_not_null(stage);
    stage->ca = pki_ca("CN=Our CA");
    stage->client = pki_client("CN=Dan Example,O=Acme", stage->ca);
    stage->certificate = certificate_parameter(stage->client);
    stage->dir = pki_temp_dir();
    pem = pki_pem(stage->ca->certificate);
    stage->items[0] = pki_write_text(stage->dir, "ca.cer", pem);
    free(pem);
    stage->config = (struct config){.ca = {.items = stage->items, .count = 1},
        .log_file = pki_write_text(stage->dir, "log", ""),
        .rules = rules != NULL ? pki_write_text(stage->dir, "access.rules", rules) : NULL,
        .shadow_rules = shadow != NULL ? pki_write_text(stage->dir, "shadow.rules", shadow) : NULL,
        .depth = 10,
        .security_level = 2};
    cr_assert(service_open(&stage->service, &stage->config, false, &error), "%s", error.text);
    stage->service.cache = verdict_cache_new(16, NULL);
    stage->service.metrics = metrics_new();
    cr_assert(service_load_trust(&stage->service, &error), "%s", error.text);
    cr_assert(service_rules_load(&stage->service, &error), "%s", error.text);
    return stage;
}

static void stage_free(struct stage *stage)
{
    service_close(&stage->service);
    text_free(&stage->output);
    free(stage->items[0]);
    free(stage->config.log_file);
    free(stage->config.rules);
    free(stage->config.shadow_rules);
    free(stage->certificate);
    pki_remove_dir(stage->dir);
    pki_free(stage->client);
    pki_free(stage->ca);
    free(stage);
}

#define MAX_PARAMETERS 12

/* Answers a request with the client's certificate unless `bare`, and with further parameters up to
 * NULL; the answer is borrowed. */
static const char *ask(
    struct stage *stage, enum request_role role, bool bare, const char *const *more)
{
    char *parameters[MAX_PARAMETERS] = {NULL};
    struct request request = {.role = role,
        .parameters = parameters,
        .transport = {.write = keep, .flush = no_flush, .context = stage}};
    size_t count = 0;

    if (!bare)
        parameters[count++] = stage->certificate;
    while (*more != NULL && count < MAX_PARAMETERS - 1)
        parameters[count++] = (char *)(uintptr_t)*more++;
    text_clear(&stage->output);
    stage->writes = 0;
    respond(&stage->service, &request);
    stage->aborted = request.gone;
    return text_string(&stage->output);
}

#define ASK(stage, role, ...) ask(stage, role, false, (const char *const[]){__VA_ARGS__, NULL})
#define ASK_BARE(stage, role, ...) ask(stage, role, true, (const char *const[]){__VA_ARGS__, NULL})

#define GET "REQUEST_METHOD=GET"
#define PUB "REQUEST_URI=/pub/x"
#define JSON "HTTP_ACCEPT=application/json"

/* The log so far; freed with free(). */
static char *log_of(const struct stage *stage)
{
    FILE *file = fopen(stage->config.log_file, "r");
    struct text text = {.limit = 0};
    char buffer[4096];
    size_t got;

    cr_assert_not_null(file);
    while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
        text_append(&text, buffer, got);
    (void)fclose(file);
    return text_take(&text);
}

static bool is_yes(const char *answer)
{
    return strncmp(answer, "Status: 200", 11) == 0;
}

static bool is_no(const char *answer)
{
    return strncmp(answer, "Status: 403 ", 12) == 0;
}

Test(gate, a_yes_to_an_authorizer_is_its_status_and_the_variable_alone)
{
    struct stage *stage = stage_new(usual_rules, NULL);

    cr_expect_str_eq(ASK(stage, REQUEST_AUTHORIZER, GET, PUB),
        "Status: 200\r\nVariable-REMOTE_USER: Dan%20Example\r\n\r\n");
    cr_expect_eq(stage->writes, 1);
    stage_free(stage);
}

Test(gate, a_yes_to_a_responder_has_the_name_in_a_header)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    int i;

    /* The first decides with the certificate, the others from the cache. */
    for (i = 0; i < 3; i++) {
        cr_expect_str_eq(ASK(stage, REQUEST_RESPONDER, GET, PUB),
            "Status: 200\r\nPeercert-User: Dan%20Example\r\nCache-Control: no-store\r\n\r\n");
        cr_expect_eq(stage->writes, 1);
    }
    stage_free(stage);
}

/* What is asked, in each role, and whether it is a yes. */
static const struct row {
    const char *name, *parameters[6];
    bool bare, yes;
    const char *reason;
} rows[] = {
    {"plain", {GET, PUB}, false, true, "rule"},
    {"other_path", {GET, "REQUEST_URI=/else"}, false, false, "no_rule"},
    {"denied", {GET, "REQUEST_URI=/secret/x"}, false, false, "rule"},
    {"no_certificate", {GET, PUB}, true, false, "absent"},
    {"junk", {GET, PUB, "SSL_CLIENT_CERT=junk"}, true, false, "malformed"},
    {"twice", {GET, PUB, "SSL_CLIENT_CERT=junk"}, false, false, "malformed"},
    {"front_failed", {GET, PUB, "SSL_CLIENT_VERIFY=FAILED:why"}, false, false, "front_failed"},
    {"haproxy_failed", {GET, PUB, "SSL_CLIENT_VERIFY=10"}, false, false, "front_failed"},
    {"front_succeeded", {GET, PUB, "SSL_CLIENT_VERIFY=SUCCESS"}, false, true, "rule"},
    {"front_zero", {GET, PUB, "SSL_CLIENT_VERIFY=0"}, false, true, "rule"},
    {"no_name", {GET, "REQUEST_URI=/mail/x"}, false, false, "no_user_name"},
    {"ambiguous", {GET, "REQUEST_URI=/pub//x"}, false, false, "ambiguous_path"},
    {"front_path_counts", {GET, "REQUEST_URI=/else", "PEERCERT_PATH=/pub/x"}, false, true, "rule"},
    {"front_path_denies", {GET, PUB, "PEERCERT_PATH=/secret/x"}, false, false, "rule"},
    {"lighttpd_path_denies", {GET, PUB, "REDIRECT_URI=/secret/x"}, false, false, "rule"},
    {"empty_front_path", {GET, PUB, "PEERCERT_PATH="}, false, true, "rule"},
    {"client_header_is_no_path", {GET, "REQUEST_URI=/secret/x", "HTTP_PEERCERT_PATH=/pub/x"}, false,
        false, "rule"},
    {"no_path", {GET, NULL}, false, false, NULL},
    {"post", {"REQUEST_METHOD=POST", PUB}, false, true, "rule"},
    {"no_method", {PUB, NULL}, false, true, "rule"},
    {"client_asks_for_the_report", {GET, "REQUEST_URI=/secret/x", "HTTP_PEERCERT_PAGE=report"},
        false, false, "rule"},
    {"client_query_asks_for_text", {GET, "REQUEST_URI=/secret/x", "QUERY_STRING=format=text"},
        false, false, "rule"},
};

Test(gate, the_table_of_questions_in_every_role)
{
    static const enum request_role roles[] = {
        REQUEST_RESPONDER, REQUEST_AUTHORIZER, REQUEST_OTHER_ROLE};
    struct stage *stage = stage_new(usual_rules, NULL);
    char *log = NULL, *line = NULL;
    size_t i, j;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (j = 0; j < 3; j++) {
            const char *answer = ask(stage, roles[j], rows[i].bare, rows[i].parameters);

            cr_expect(rows[i].yes ? is_yes(answer) : is_no(answer), "%s in role %zu: %s",
                rows[i].name, j, answer);
            cr_expect_eq(stage->writes, 1, "%s", rows[i].name);
            log = log_of(stage);
            log[strlen(log) - 1] = '\0';
            line = strrchr(log, '\n');
            line = line != NULL ? line : log;
            cr_expect_not_null(strstr(line, rows[i].yes ? " allowed reason=" : " denied reason="));
            if (rows[i].reason != NULL) {
                char words[64];

                (void)snprintf(words, sizeof(words), " reason=%s ", rows[i].reason);
                cr_expect_not_null(strstr(line, words), "%s: %s", rows[i].name, line);
            }
            free(log);
        }
    }
    stage_free(stage);
}

Test(gate, a_no_in_json_says_why_and_nothing_of_the_rules)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    const char *answer = ASK(stage, REQUEST_RESPONDER, GET, "REQUEST_URI=/secret/x", JSON);
    const char *body = strstr(answer, "\r\n\r\n");
    json_t *object = json_loads(body, 0, NULL);

    cr_assert_not_null(object, "%s", answer);
    cr_expect(json_is_false(json_object_get(object, "allowed")));
    cr_expect_str_eq(json_string_value(json_object_get(object, "reason")), "rule");
    cr_expect_str_eq(json_string_value(json_object_get(object, "status")), "valid");
    cr_expect(json_is_null(json_object_get(object, "rule")));
    cr_expect(json_is_null(json_object_get(object, "nearest")));
    cr_expect_eq(json_string_length(json_object_get(object, "decision")), 16);
    cr_expect_str_eq(
        json_string_value(json_object_get(object, "subject")), "CN=Dan Example,O=Acme");
    cr_expect_not_null(strstr(answer, "\r\nCache-Control: no-store\r\n"));
    cr_expect_not_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
    cr_expect_null(strstr(answer, "hidden"));
    json_decref(object);
    stage_free(stage);
}

Test(gate, with_explain_full_a_valid_client_is_told_the_rule_and_a_stranger_is_not)
{
    struct stage *stage = stage_new("set explain full\n"
                                    "deny any path=/secret/ label=hidden\n"
                                    "allow any path=/pub/ user=$cn label=staff\n",
        NULL);

    cr_expect_not_null(
        strstr(ASK(stage, REQUEST_RESPONDER, GET, "REQUEST_URI=/secret/x"), "hidden"));
    cr_expect_not_null(strstr(ASK(stage, REQUEST_RESPONDER, GET, "REQUEST_URI=/else"), "staff"));
    cr_expect_null(
        strstr(ASK_BARE(stage, REQUEST_RESPONDER, GET, "REQUEST_URI=/secret/x"), "hidden"));
    cr_expect_null(strstr(ASK_BARE(stage, REQUEST_RESPONDER, GET, "REQUEST_URI=/else"), "staff"));
    stage_free(stage);
}

Test(gate, httpd_gets_a_short_page_in_html_whatever_the_client_accepts)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    const char *answer = ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/secret/x", JSON,
        "FCGI_APACHE_ROLE=AUTHENTICATOR");
    const char *body = strstr(answer, "\r\n\r\n");

    cr_assert_not_null(body);
    cr_expect_eq(strncmp(body + 4, "<!DOCTYPE html>", 15), 0, "%s", answer);
    cr_expect_lt(strlen(body), 7 * 1024);
    stage_free(stage);
}

Test(gate, an_answer_to_head_has_no_body)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    const char *answer =
        ASK(stage, REQUEST_RESPONDER, "REQUEST_METHOD=HEAD", "REQUEST_URI=/secret/x");

    cr_expect(is_no(answer));
    cr_expect_str_eq(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    stage_free(stage);
}

Test(gate, the_report_is_sent_only_where_the_front_asks_for_it)
{
    struct stage *stage = stage_new(usual_rules, NULL);

    cr_expect_not_null(strstr(ASK(stage, REQUEST_RESPONDER, GET, "PEERCERT_PAGE=report"),
        "\nThe certificate is valid\n"));
    /* To an authorizer a report would be a yes. */
    cr_expect(is_no(
        ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/secret/x", "PEERCERT_PAGE=report")));
    cr_expect(is_no(
        ASK(stage, REQUEST_OTHER_ROLE, GET, "REQUEST_URI=/secret/x", "PEERCERT_PAGE=metrics")));
    cr_expect_not_null(strstr(
        ASK_BARE(stage, REQUEST_RESPONDER, GET, "PEERCERT_PAGE=metrics"), "decisions_total"));
    stage_free(stage);
}

Test(gate, without_rules_an_authorizer_lets_nobody_in)
{
    struct stage *stage = stage_new(NULL, NULL);

    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)));
    stage_free(stage);
}

Test(gate, without_a_trust_or_rules_nothing_is_decided)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    struct trust_current *trust = stage->service.trust;
    struct rules_current *rules = stage->service.rules;
    struct trust_options options;
    const char *answer;

    options = trust_options_of(&stage->config);
    stage->service.trust = trust_current_new(&options);
    answer = ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
    cr_expect_eq(strncmp(answer, "Status: 503 ", 12), 0, "%s", answer);
    cr_expect_not_null(strstr(answer, "\r\nRetry-After: "));
    trust_current_free(stage->service.trust);
    stage->service.trust = trust;
    stage->service.rules = rules_current_new(stage->config.rules);
    answer = ASK(stage, REQUEST_RESPONDER, GET, PUB);
    cr_expect_eq(strncmp(answer, "Status: 503 ", 12), 0, "%s", answer);
    rules_current_free(stage->service.rules);
    stage->service.rules = rules;
    stage_free(stage);
}

Test(gate, the_page_that_is_asked_for_again_is_not_logged_and_has_the_first_number)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    const char *answer = ASK(stage, REQUEST_RESPONDER, GET, "REQUEST_URI=/secret/x",
        "PEERCERT_AGAIN=on", "PEERCERT_DECISION=0123456789abcdef");
    char *log = log_of(stage);

    cr_expect_not_null(strstr(answer, "\r\nPeercert-Decision: 0123456789abcdef\r\n"));
    cr_expect_str_eq(log, "");
    /* What is no number is none. */
    cr_expect_null(strstr(ASK(stage, REQUEST_RESPONDER, GET, "REQUEST_URI=/secret/x",
                              "PEERCERT_DECISION=0123456789abcde\n"),
        "0123456789abcde"));
    free(log);
    stage_free(stage);
}

Test(gate, shadow_rules_are_logged_where_they_differ_and_decide_nothing)
{
    struct stage *stage =
        stage_new(usual_rules, "deny any path=/pub/ label=later\nallow any path=/secret/ user=x\n");
    char *log = NULL;

    stage->config.log_allowed = CONFIG_LOG_ALLOWED_NONE;
    cr_expect(is_yes(ASK(stage, REQUEST_AUTHORIZER, GET, PUB)));
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/secret/x")));
    cr_expect(is_no(ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/else")));
    log = log_of(stage);
    cr_expect_not_null(strstr(log, " allowed reason=rule "), "%s", log);
    cr_expect_not_null(strstr(log, " shadow=denied shadow_rule=\""), "%s", log);
    cr_expect_not_null(strstr(log, "(later)"), "%s", log);
    cr_expect_not_null(strstr(log, " shadow=allowed "), "%s", log);
    free(log);
    stage_free(stage);
}

Test(gate, of_allowed_requests_as_many_are_logged_as_asked_for)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    char *log = NULL;
    int i;

    stage->config.log_allowed = CONFIG_LOG_ALLOWED_NONE;
    (void)ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
    log = log_of(stage);
    cr_expect_str_eq(log, "");
    free(log);
    stage->config.log_allowed = CONFIG_LOG_ALLOWED_FIRST;
    for (i = 0; i < 5; i++)
        (void)ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
    log = log_of(stage);
    /* One, or two when a minute ends meanwhile. */
    cr_expect_not_null(strchr(log, '\n'));
    cr_expect_leq(strlen(strchr(log, '\n') + 1), strlen(log) / 2);
    free(log);
    stage_free(stage);
}

Test(gate, the_first_of_a_minute_is_by_certificate_and_rule)
{
    struct gate_recent *recent = gate_recent_new();

    cr_assert_not_null(recent);
    cr_expect(gate_recent_is_first(recent, "aa", "r:1", 600));
    cr_expect_not(gate_recent_is_first(recent, "aa", "r:1", 659));
    cr_expect(gate_recent_is_first(recent, "aa", "r:2", 600));
    cr_expect(gate_recent_is_first(recent, "ab", "r:1", 600));
    cr_expect(gate_recent_is_first(recent, "aa", "r:1", 660));
    gate_recent_free(recent);
}

Test(gate, decisions_are_counted_by_reason)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    const char *text;

    (void)ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
    (void)ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
    (void)ASK(stage, REQUEST_AUTHORIZER, GET, "REQUEST_URI=/pub//x");
    text = ASK_BARE(stage, REQUEST_RESPONDER, GET, "PEERCERT_PAGE=metrics");
    cr_expect_not_null(strstr(text, "decision=\"allowed\",reason=\"rule\"} 2\n"), "%s", text);
    cr_expect_not_null(
        strstr(text, "decision=\"denied\",reason=\"ambiguous_path\"} 1\n"), "%s", text);
    cr_expect_not_null(strstr(text, "ambiguous_paths_total 1\n"), "%s", text);
    stage_free(stage);
}

Test(gate, hostile_names_stay_escaped_on_the_page)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    struct pki *hostile = pki_client("CN=<script>alert(1)</script>,O=\"x", stage->ca);
    const char *answer;

    free(stage->certificate);
    stage->certificate = certificate_parameter(hostile);
    answer = ASK(stage, REQUEST_RESPONDER, GET, "REQUEST_URI=/secret/<b>", "HTTP_ACCEPT=text/html");
    cr_expect_null(strstr(answer, "<script>"));
    cr_expect_null(strstr(answer, "<b>"));
    cr_expect_not_null(strstr(answer, "&lt;script"), "%s", answer);
    pki_free(hostile);
    stage_free(stage);
}

/* Whatever allocation of libcrypto fails: the right answer, or that it cannot be decided; never a
 * yes to somebody else, never a no to who may come in, and nothing wrong is remembered. */
Test(gate, a_failed_allocation_is_never_another_decision)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    struct pki *strangers = pki_ca("CN=Our CA"), *stranger = pki_client("CN=Dan", strangers);
    char *certificates[2] = {stage->certificate, certificate_parameter(stranger)};
    unsigned long count, nth;
    size_t who, again;

    for (who = 0; who < 2; who++) {
        for (again = 0; again < 2; again++) {
            stage->certificate = certificates[who];
            alloc_watch_fail_at(0, false);
            verdict_cache_free(stage->service.cache);
            stage->service.cache = verdict_cache_new(16, NULL);
            (void)ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
            count = alloc_watch_count();
            for (nth = 1; nth <= count; nth++) {
                const char *answer;

                verdict_cache_free(stage->service.cache);
                stage->service.cache = verdict_cache_new(16, NULL);
                alloc_watch_fail_at(nth, again == 1);
                answer = ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
                alloc_watch_fail_at(0, false);
                cr_expect(
                    who == 0 ? !is_no(answer) : !is_yes(answer), "allocation %lu: %s", nth, answer);
                answer = ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
                cr_expect(who == 0 ? is_yes(answer) : is_no(answer), "after allocation %lu: %s",
                    nth, answer);
            }
        }
    }
    stage->certificate = certificates[0];
    free(certificates[1]);
    pki_free(stranger);
    pki_free(strangers);
    stage_free(stage);
}
