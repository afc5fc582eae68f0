/* SPDX-License-Identifier: ISC */
#include "service/gate_snapshot.h"
#include "unit/service/gate_stage.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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
    {"haproxy_failed_oddly", {GET, PUB, "SSL_CLIENT_VERIFY=-1"}, false, false, "front_failed"},
    {"haproxy_failed_badly", {GET, PUB, "SSL_CLIENT_VERIFY=4294967296"}, false, false,
        "front_failed"},
    {"failed_in_any_case", {GET, PUB, "SSL_CLIENT_VERIFY= failed"}, false, false, "front_failed"},
    {"one_of_two_failed", {GET, PUB, "SSL_CLIENT_VERIFY=SUCCESS, FAILED:x"}, false, false,
        "front_failed"},
    {"one_of_two_numbers_failed", {GET, PUB, "SSL_CLIENT_VERIFY=0,10"}, false, false,
        "front_failed"},
    {"front_has_none", {GET, PUB, "SSL_CLIENT_VERIFY=NONE"}, false, false, "front_failed"},
    {"one_of_two_has_none", {GET, PUB, "SSL_CLIENT_VERIFY=SUCCESS, none"}, false, false,
        "front_failed"},
    {"zeros", {GET, PUB, "SSL_CLIENT_VERIFY=0, 0"}, false, true, "rule"},
    {"front_succeeded", {GET, PUB, "SSL_CLIENT_VERIFY=SUCCESS"}, false, true, "rule"},
    {"front_zero", {GET, PUB, "SSL_CLIENT_VERIFY=0"}, false, true, "rule"},
    {"no_name", {GET, "REQUEST_URI=/mail/x"}, false, false, "no_user_name"},
    {"ambiguous", {GET, "REQUEST_URI=/pub//x"}, false, false, "ambiguous_path"},
    {"front_path_counts", {GET, "REQUEST_URI=/else", "PEERCERT_PATH=/pub/x"}, false, true, "rule"},
    {"front_path_denies", {GET, PUB, "PEERCERT_PATH=/secret/x"}, false, false, "rule"},
    {"lighttpd_path_denies", {GET, PUB, "REDIRECT_URI=/secret/x"}, false, false, "rule"},
    {"lighttpd_path_is_encoded", {GET, "REQUEST_URI=/else", "REDIRECT_URI=/%70ub/x"}, false, true,
        "rule"},
    {"front_path_is_decoded", {GET, "REQUEST_URI=/else", "PEERCERT_PATH=/%70ub/x"}, false, false,
        "ambiguous_path"},
    {"empty_front_path", {GET, PUB, "PEERCERT_PATH="}, false, true, "rule"},
    {"client_header_is_no_path", {GET, "REQUEST_URI=/secret/x", "HTTP_PEERCERT_PATH=/pub/x"}, false,
        false, "rule"},
    {"no_path", {GET, NULL}, false, false, NULL},
    {"post", {"REQUEST_METHOD=POST", PUB}, false, true, "rule"},
    {"no_method_and_no", {"REQUEST_URI=/secret/x", NULL}, false, false, "rule"},
    {"again_is_off", {GET, PUB, "PEERCERT_AGAIN=off"}, false, true, "rule"},
    {"no_method", {PUB, NULL}, false, true, "rule"},
    {"two_paths", {GET, PUB, "REQUEST_URI=/else"}, false, false, "front_contradicts"},
    {"a_path_three_times", {GET, PUB, PUB, PUB}, false, true, "rule"},
    {"a_path_three_times_and_another", {GET, PUB, PUB, PUB, "REQUEST_URI="}, false, false,
        "front_contradicts"},
    {"two_front_paths", {GET, PUB, "PEERCERT_PATH=", "PEERCERT_PATH=/pub/x"}, false, false,
        "front_contradicts"},
    {"two_lighttpd_paths", {GET, PUB, "REDIRECT_URI=/pub/a", "REDIRECT_URI=/pub/b"}, false, false,
        "front_contradicts"},
    {"two_methods", {GET, PUB, "REQUEST_METHOD=POST"}, false, false, "front_contradicts"},
    {"two_front_methods", {GET, PUB, "PEERCERT_METHOD=GET", "PEERCERT_METHOD=get"}, false, false,
        "front_contradicts"},
    {"two_hosts", {GET, PUB, "PEERCERT_HOST=a.example", "PEERCERT_HOST=b.example"}, false, false,
        "front_contradicts"},
    {"two_addresses", {GET, PUB, "REMOTE_ADDR=192.0.2.1", "REMOTE_ADDR=192.0.2.2"}, false, false,
        "front_contradicts"},
    {"two_paths_without_a_certificate", {GET, PUB, "REQUEST_URI=/else"}, true, false, "absent"},
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
    /* A page that begins with a slash or an address would be a redirect there. */
    cr_expect_null(strstr(answer, "://"), "%s", answer);
    stage_free(stage);
}

Test(gate, httpd_gets_a_short_page_whatever_the_names_and_the_rules)
{
    char rules[6000] = "set explain full\n", subject[3000] = "CN=";
    struct stage *stage;
    struct pki *hostile;
    const char *answer, *body;
    size_t i;

    for (i = 0; i < 8; i++)
        (void)snprintf(rules + strlen(rules), sizeof(rules) - strlen(rules),
            "allow any user=x path=/%0*zu/ label=l%0*zu\n", 500, i, 60, i);
    for (i = 0; i < 40; i++)
        strcat(subject, i % 2 == 0 ? "<&>\\\"'<&>\\\"'" : ",OU=<&>");
    stage = stage_new(rules, NULL);
    hostile = pki_client(subject, stage->files.ca);
    free(stage->certificate);
    stage->certificate = certificate_parameter(hostile);
    answer = ASK(stage, REQUEST_AUTHORIZER, GET, PUB, "FCGI_APACHE_ROLE=AUTHENTICATOR");
    cr_expect(is_no(answer));
    body = strstr(answer, "\r\n\r\n");
    cr_assert_not_null(body, "%s", answer);
    cr_expect_eq(strncmp(body + 4, "<!DOCTYPE html>", 15), 0);
    cr_expect_lt(strlen(body), 7 * 1024, "%zu bytes", strlen(body));
    cr_expect_null(strstr(body, "<&>"));
    pki_free(hostile);
    stage_free(stage);
}

Test(gate, host_method_and_address_are_the_fronts_word_alone)
{
    static const struct {
        const char *rules, *parameters[6];
        bool yes;
    } cases[] = {
        {"allow any host=a.example user=x\n", {GET, PUB, "PEERCERT_HOST=a.example"}, true},
        {"allow any host=a.example user=x\n", {GET, PUB, "PEERCERT_HOST=A.Example:443"}, true},
        {"allow any host=a.example user=x\n", {GET, PUB, "PEERCERT_HOST=b.example"}, false},
        {"allow any host=a.example user=x\n",
            {GET, PUB, "HTTP_HOST=a.example", "SERVER_NAME=a.example",
                "HTTP_PEERCERT_HOST=a.example"},
            false},
        {"allow any host=a.example user=x\n", {GET, PUB, "PEERCERT_HOST="}, false},
        {"allow any method=PUT user=x\n", {GET, PUB, "PEERCERT_METHOD=PUT"}, true},
        {"allow any method=PUT user=x\n", {"REQUEST_METHOD=PUT", PUB, "PEERCERT_METHOD=GET"},
            false},
        {"allow any method=PUT user=x\n", {"REQUEST_METHOD=PUT", PUB, "PEERCERT_METHOD="}, true},
        {"allow any method=PUT user=x\n",
            {GET, PUB, "HTTP_X_HTTP_METHOD_OVERRIDE=PUT", "HTTP_PEERCERT_METHOD=PUT"}, false},
        {"allow any from=192.0.2.0/24 user=x\n", {GET, PUB, "REMOTE_ADDR=192.0.2.1"}, true},
        {"allow any from=192.0.2.0/24 user=x\n",
            {GET, PUB, "REMOTE_ADDR=198.51.100.1", "HTTP_X_FORWARDED_FOR=192.0.2.1",
                "HTTP_REMOTE_ADDR=192.0.2.1"},
            false},
        {"allow any from=192.0.2.0/24 user=x\n", {GET, PUB, "HTTP_X_FORWARDED_FOR=192.0.2.1"},
            false},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stage *stage = stage_new(cases[i].rules, NULL);
        const char *answer = ask(stage, REQUEST_RESPONDER, false, cases[i].parameters);

        cr_expect(cases[i].yes ? is_yes(answer) : is_no(answer), "case %zu: %s", i, answer);
        stage_free(stage);
    }
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
    gate_current_set(stage->service.gate, &stage->service);
    answer = ASK(stage, REQUEST_AUTHORIZER, GET, PUB);
    cr_expect_eq(strncmp(answer, "Status: 503 ", 12), 0, "%s", answer);
    cr_expect_not_null(strstr(answer, "\r\nRetry-After: "));
    trust_current_free(stage->service.trust);
    stage->service.trust = trust;
    stage->service.rules = rules_current_new(stage->config.rules);
    gate_current_set(stage->service.gate, &stage->service);
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
    cr_expect_null(
        strstr(ASK(stage, REQUEST_RESPONDER, GET, "REQUEST_URI=/secret/x", "PEERCERT_DECISION=012"),
            "Decision: 012\r\n"));
    free(log);
    stage_free(stage);
}

/* The front shows its own no, or one that has become a yes since. */
Test(gate, the_page_that_is_asked_for_again_is_never_a_yes)
{
    static const enum request_role roles[] = {
        REQUEST_RESPONDER, REQUEST_AUTHORIZER, REQUEST_OTHER_ROLE};
    struct stage *stage = stage_new(usual_rules, NULL);
    size_t i;

    for (i = 0; i < 3; i++) {
        const char *answer =
            ASK(stage, roles[i], GET, PUB, "PEERCERT_AGAIN=on", "HTTP_ACCEPT=application/json");

        cr_expect_eq(strncmp(answer, "Status: 403 ", 12), 0, "%s", answer);
        cr_expect_not_null(strstr(answer, "\"reason\": \"front_refused\""), "%s", answer);
        cr_expect_not_null(strstr(answer, "\"rule\": null"), "%s", answer);
    }
    stage_free(stage);
    /* The rule that allows is not what refuses. */
    stage = stage_new("set explain full\nallow any user=$cn\n", NULL);
    cr_expect_not_null(strstr(ASK(stage, REQUEST_RESPONDER, GET, PUB, "PEERCERT_AGAIN=on",
                                  "HTTP_ACCEPT=application/json"),
        "\"rule\": null"));
    stage_free(stage);
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
    cr_expect_not_null(strstr(text, "(staff)\"} 2\n"), "%s", text);
    stage_free(stage);
}

Test(gate, hostile_names_stay_escaped_on_the_page)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    struct pki *hostile = pki_client("CN=<script>alert(1)</script>,O=\"x", stage->files.ca);
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

/* The front's word is about its own TLS, not about that of a front before it. */
Test(gate, none_beside_a_trusted_header_is_no_failure)
{
    struct stage *stage = stage_new(usual_rules, NULL);
    struct error error = {.kind = ERROR_NONE};
    char *header;

    cr_assert(forwarded_options_add(&stage->service.forwarded_options, "X-Cert", &error), "%s",
        error.text);
    cr_assert_geq(asprintf(&header, "HTTP_X_CERT=%s", strchr(stage->certificate, '=') + 1), 0);
    {
        const char *parameters[] = {GET, PUB, "SSL_CLIENT_VERIFY=NONE", header, NULL};

        cr_expect(is_yes(ask(stage, REQUEST_RESPONDER, true, parameters)));
    }
    free(header);
    stage_free(stage);
}
