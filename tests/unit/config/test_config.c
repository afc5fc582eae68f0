/* SPDX-License-Identifier: ISC */
#include "config/config_options.h"
#include "unit/config/config_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(config, what_makes_an_answer_milder_is_for_the_command_line_alone)
{
    static const char *const names[] = {"check", "at", "chain", "password-file", "test-config",
        "explain", "host", "path", "method", "from"};
    size_t i, j;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (j = 0; j < config_option_count; j++) {
            if (strcmp(config_options[j].name, names[i]) == 0)
                break;
        }
        cr_assert_lt(j, config_option_count, "%s", names[i]);
        cr_expect_eq(config_options[j].where, FROM_COMMAND_LINE, "%s", names[i]);
    }
    expect_refused((struct given){.environment = {"PEERCERT_AT=2020-01-01"}}, "PEERCERT_AT: ");
    expect_refused((struct given){.environment = {"PEERCERT_CHECK=1"}}, "PEERCERT_CHECK: ");
    expect_refused((struct given){.file = "ca = x\nat = @1\n"}, "c.conf:2: at: ");
    expect_refused((struct given){.file = "config = x\n"}, "c.conf:1: config: ");
}

Test(config, defaults_hold_when_nothing_else_is_said)
{
    struct config config;

    expect_accepted((struct given){.line = {"--ca", "x"}}, &config);
    cr_expect_eq(config.socket_mode, 0660);
    cr_expect_eq(config.threads, 8);
    cr_expect_eq(config.depth, 10);
    cr_expect_eq(config.security_level, 2);
    cr_expect_eq(config.warn_days, 30);
    cr_expect_eq(config.ocsp, CONFIG_OCSP_OFF);
    cr_expect_eq(config.ocsp_nonce, CONFIG_OCSP_NONCE_REQUIRED);
    cr_expect_eq(config.ocsp_timeout, 5);
    cr_expect_eq(config.crl_depth, CONFIG_CRL_CHAIN);
    cr_expect_eq(config.format, CONFIG_FORMAT_TEXT);
    cr_expect_not(config.check || config.crl_missing_ok || config.require_crl);
    cr_expect_eq(config.trust_header.count, 0);
    cr_expect_lt(config.xfcc_hop, 0, "the header must have one element alone");
    config_free(&config);
    config_free(&config);
    config_free(NULL);
}

/* 0 is a place, not the absence of one. */
Test(config, a_hop_of_0_is_given_wherever_it_comes_from)
{
    const struct given rows[] = {{.line = {"--ca", "x", "--xfcc-hop", "0"}},
        {.line = {"--ca", "x"}, .environment = {"PEERCERT_XFCC_HOP=0"}},
        {.line = {"--ca", "x"}, .file = "xfcc-hop = 0\n"}};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config config;

        expect_accepted(rows[i], &config);
        cr_expect_eq(config.xfcc_hop, 0, "row %zu: %d", i, config.xfcc_hop);
        config_free(&config);
    }
}

Test(config, empty_values_are_refused_wherever_they_come_from)
{
    expect_refused((struct given){.file = "ca =\n"}, "c.conf:1: ca: must not be empty");
    expect_refused((struct given){.file = "ca = \t \r\n"}, "c.conf:1: ca: must not be empty");
    expect_refused((struct given){.file = "listen"}, "c.conf:1: listen: must not be empty");
    expect_refused((struct given){.file = "require-crl =\n"}, "c.conf:1: require-crl: must be yes");
    expect_refused((struct given){.environment = {"PEERCERT_CRL="}}, "PEERCERT_CRL: must not");
    expect_refused((struct given){.environment = {"PEERCERT_CA=a,,b"}}, "PEERCERT_CA: must not");
    expect_refused((struct given){.environment = {"PEERCERT_CA=a,"}}, "PEERCERT_CA: must not");
    expect_refused((struct given){.line = {"--ca", ""}}, "--ca: must not be empty");
    expect_refused((struct given){.line = {"--ca="}}, "--ca: must not be empty");
    expect_refused((struct given){.line = {"--config="}}, "--config: must not be empty");
}

Test(config, bad_values_of_each_kind_are_refused)
{
    static const char *const numbers[] = {"x", "1x", " 1", "+1", "-1", "0", "257", "0x8", "1.5",
        "99999999999999999999", "4294967297", "8 8"};
    static const char *const modes[] = {
        "0666", "0667", "0661", "0664", "1660", "0800", "8", "-1", "rw-rw----", "07777"};
    static const char *const flags[] = {"YES", "2", "maybe", "y", "truee"};
    char words[128];
    size_t i;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        (void)snprintf(words, sizeof(words), "PEERCERT_THREADS=%s", numbers[i]);
        expect_refused((struct given){.environment = {words}, .line = {"--ca", "x"}},
            "PEERCERT_THREADS: must be a whole number from 1 to 256");
    }
    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        expect_refused((struct given){.line = {"--ca", "x", "--socket-mode", modes[i]}},
            "--socket-mode: must be an octal mode without rights for others");
    }
    for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        (void)snprintf(words, sizeof(words), "ca = x\nrequire-crl = %s", flags[i]);
        expect_refused((struct given){.file = words}, "c.conf:2: require-crl: must be yes or no");
    }
    expect_refused((struct given){.file = "ca = x\nformat = xml"},
        "c.conf:2: format: must be one of: text|json|html");
    expect_refused((struct given){.file = "ca x\n"}, "c.conf:1: ca: '=' is missing");
}

Test(config, the_bounds_of_each_number_are_taken_and_what_is_beyond_is_not)
{
    size_t i;
    int side;

    for (i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];

        for (side = 0; side < 4 && option->kind == OPTION_NUMBER; side++) {
            const long values[4] = {
                option->least, option->most, option->least - 1, option->most + 1};
            char words[128];
            struct config config;
            struct error error;
            struct given given = {.line = {"--ca", "x", words}};
            bool good;

            (void)snprintf(words, sizeof(words), "--%s=%ld", option->name, values[side]);
            good = read_given(&given, &config, &error);
            cr_expect_eq(good, side < 2, "%s: %s", words, error.text);
            if (good)
                config_free(&config);
        }
    }
}

Test(config, explain_goes_with_rules_and_what_it_asks_with_explain)
{
    struct config config;

    expect_refused((struct given){.line = {"--ca", "x", "--explain", "f"}}, "needs --rules");
    expect_refused(
        (struct given){.line = {"--ca", "x", "--rules", "r", "--explain"}}, "--explain: needs a");
    expect_refused(
        (struct given){.line = {"--ca", "x", "--rules", "r", "--explain", "--check", "f"}},
        "exclude each other");
    expect_refused(
        (struct given){.line = {"--ca", "x", "--rules", "r", "--explain", "f", "--format", "html"}},
        "text or json");
    expect_refused((struct given){.line = {"--ca", "x", "--rules", "r", "--path", "/"}},
        "go with --explain alone");
    expect_refused((struct given){.line = {"--ca", "x", "--rules", "r", "--host", "h"}},
        "go with --explain alone");
    expect_refused((struct given){.line = {"--ca", "x", "--check", "f", "--method", "GET"}},
        "go with --explain alone");
    expect_refused((struct given){.line = {"--ca", "x", "--rules", "r", "--from", "192.0.2.7"}},
        "go with --explain alone");
    expect_refused(
        (struct given){.line = {"--ca", "x", "--rules", "r", "--explain", "f", "--path", "wiki"}},
        "--path: must begin with /");
    expect_refused((struct given){.line = {"--ca", "x", "--rules", "r", "--explain", "f", "--host",
                                      "https://h"}},
        "--host: must be a host name");
    expect_refused(
        (struct given){.line = {"--ca", "x", "--rules", "r", "--explain", "f", "--from", "h"}},
        "--from: must be one address");
    expect_refused((struct given){.line = {"--ca", "x", "--shadow-rules", "r"}}, "needs --rules");
    expect_accepted((struct given){.line = {"--ca", "x", "--explain", "f", "--at", "@1", "--host",
                                       "h", "--path", "/p", "--method", "PUT", "--from",
                                       "2001:db8::7", "--chain", "c"},
                        .environment = {"PEERCERT_RULES=r", "PEERCERT_SHADOW_RULES=s"},
                        .file = "log-allowed = first\n"},
        &config);
    cr_expect(config.explain);
    cr_expect_str_eq(config.rules, "r");
    cr_expect_str_eq(config.shadow_rules, "s");
    cr_expect_str_eq(config.host, "h");
    cr_expect_str_eq(config.path, "/p");
    cr_expect_str_eq(config.method, "PUT");
    cr_expect_str_eq(config.from, "2001:db8::7");
    cr_expect_eq(config.log_allowed, CONFIG_LOG_ALLOWED_FIRST);
    config_free(&config);
}

Test(config, what_does_not_go_together_is_refused)
{
    expect_refused(
        (struct given){.line = {"--ca", "x", "--at", "@1"}}, "--check or --explain alone");
    expect_refused(
        (struct given){.line = {"--ca", "x", "--chain", "y"}}, "--check or --explain alone");
    expect_refused((struct given){.line = {"--ca", "x", "--password-file", "y"}},
        "--check or --explain alone");
    expect_refused((struct given){.line = {"--ca", "x", "--check"}}, "--check: needs a FILE");
    expect_refused((struct given){.line = {"--check", "f"}}, "--ca: missing");
    expect_refused(
        (struct given){.line = {"--ca", "x", "--format", "html", "--check", "f", "g"}}, "one FILE");
    expect_refused((struct given){.line = {"--test-config"}}, "--ca: missing");
    expect_refused(
        (struct given){.line = {"--ca", "x", "--crl-missing-ok"}, .file = "require-crl\n"},
        "exclude each other");
}

Test(config, help_and_version_are_given_whatever_else_is_wrong)
{
    struct config config;

    expect_accepted((struct given){.line = {"--help"}, .environment = {"PEERCERT_X=1"}}, &config);
    cr_expect(config.help && !config.version);
    config_free(&config);
    expect_accepted((struct given){.line = {"--version", "--config", "/nonexistent"}}, &config);
    cr_expect(config.version && !config.help);
    config_free(&config);
    expect_accepted((struct given){.line = {"-h"}, .file = "nonsense\n"}, &config);
    cr_expect(config.help);
    config_free(&config);
    expect_accepted((struct given){.line = {"-V"}}, &config);
    cr_expect(config.version);
    config_free(&config);
}

Test(config, the_help_text_lists_each_option_once)
{
    char *data = NULL, words[128];
    size_t size = 0, i;
    FILE *file = open_memstream(&data, &size);

    config_print_help(file);
    (void)fclose(file);
    for (i = 0; i < config_option_count; i++) {
        const char *found;

        (void)snprintf(words, sizeof(words), "\n  --%s ", config_options[i].name);
        found = strstr(data, words);
        cr_expect_not_null(found, "--%s is missing", config_options[i].name);
        cr_expect_null(found != NULL ? strstr(found + 1, words) : NULL, "%s twice", words);
        cr_expect_not_null(strstr(data, config_options[i].help));
    }
    free(data);
}

Test(config, a_time_that_cannot_be_read_is_refused_with_the_option)
{
    expect_refused((struct given){.line = {"--ca", "x", "--check", "f", "--at", "2026-02-30"}},
        "--at: must be a time such as");
}
