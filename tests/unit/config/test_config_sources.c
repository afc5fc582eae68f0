/* SPDX-License-Identifier: ISC */
#include "config/config_options.h"
#include "unit/config/config_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum source { SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_COMMAND_LINE, SOURCE_COUNT };

/* A value for an option, a different one for each source. */
static void make_value(
    const struct config_option *option, enum source source, char *value, size_t size)
{
    switch (option->kind) {
    case OPTION_FLAG:
        (void)snprintf(value, size, "%s", source == SOURCE_ENVIRONMENT ? "no" : "yes");
        break;
    case OPTION_NUMBER:
        (void)snprintf(value, size, "%ld", option->least + (long)source);
        break;
    case OPTION_MODE:
        (void)snprintf(value, size, "%o", 0600 + (unsigned)source * 010);
        break;
    case OPTION_CHOICE:
        (void)snprintf(value, size, "%s", option->choices[source == SOURCE_ENVIRONMENT]);
        break;
    case OPTION_STRING:
    case OPTION_LIST:
    default:
        (void)snprintf(value, size, "%s-%d", option->name, (int)source);
    }
}

/* The field of an option in words. */
static char *show_value(const struct config *config, const struct config_option *option)
{
    const void *field = (const char *)config + option->offset;
    const struct list *list = field;
    char *words = NULL;

    if (option->kind == OPTION_FLAG)
        return strdup(*(const bool *)field ? "yes" : "no");
    if (option->kind == OPTION_STRING)
        return strdup(*(char *const *)field != NULL ? *(char *const *)field : "");
    if (option->kind == OPTION_LIST)
        return strdup(list->count == 1 ? list->items[0] : list->count == 0 ? "" : "several");
    if (option->kind == OPTION_CHOICE)
        return strdup(option->choices[*(const int *)field]);
    pki_must(asprintf(&words, option->kind == OPTION_MODE ? "%o" : "%d", *(const int *)field) > 0,
        "asprintf");
    return words;
}

static void make_variable(const struct config_option *option, const char *value, char words[256])
{
    size_t i;

    (void)snprintf(words, 256, "PEERCERT_%s=%s", option->name, value);
    for (i = 9; words[i] != '='; i++)
        words[i] = words[i] == '-' ? '_' : (char)(words[i] >= 'a' ? words[i] - 32 : words[i]);
}

/* Gives an option from the sources of the mask, and says what came out ("refused: ..." else). */
static char *try_option(const struct config_option *option, unsigned mask)
{
    char value[128], line[256], variable[256], file[256];
    struct given given = {.line = {"--ca", "ca", "--check", "file"}};
    struct config config;
    struct error error;
    char *words = NULL;
    int count = strcmp(option->name, "ca") == 0 ? 0 : 4;

    given.line[0] = count == 0 ? NULL : given.line[0];
    if (mask & 1U << SOURCE_FILE) {
        make_value(option, SOURCE_FILE, value, sizeof(value));
        (void)snprintf(file, sizeof(file), "%s = %s\n", option->name, value);
        given.file = file;
    }
    if (mask & 1U << SOURCE_ENVIRONMENT) {
        make_value(option, SOURCE_ENVIRONMENT, value, sizeof(value));
        make_variable(option, value, variable);
        given.environment[0] = variable;
    }
    if (mask & 1U << SOURCE_COMMAND_LINE) {
        make_value(option, SOURCE_COMMAND_LINE, value, sizeof(value));
        (void)snprintf(line, sizeof(line), option->kind == OPTION_FLAG ? "--%s" : "--%s=%s",
            option->name, value);
        given.line[count] = line;
    }
    if (!read_given(&given, &config, &error)) {
        pki_must(asprintf(&words, "refused: %s", error.text) > 0, "asprintf");
        return words;
    }
    words = show_value(&config, option);
    config_free(&config);
    return words;
}

/* Those that have a test of their own: a value changes what is read, or what must go with it. */
static bool is_special(const struct config_option *option)
{
    static const char *const names[] = {"config", "help", "version", "completion", "at",
        "shadow-rules", "explain", "host", "path", "method", "from"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(option->name, names[i]) == 0)
            return true;
    }
    return false;
}

Test(config_sources, each_option_comes_from_each_of_its_sources_and_the_later_wins)
{
    size_t i;
    unsigned mask;

    for (i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];

        for (mask = 1; mask < 8 && !is_special(option); mask++) {
            enum source winner = mask >= 4   ? SOURCE_COMMAND_LINE
                                 : mask >= 2 ? SOURCE_ENVIRONMENT
                                             : SOURCE_FILE;
            bool allowed = (!(mask & 1) || option->where & FROM_FILE) &&
                           (!(mask & 2) || option->where & FROM_ENVIRONMENT);
            char wanted[128], *came = try_option(option, mask);

            make_value(option, winner, wanted, sizeof(wanted));
            if (allowed)
                cr_expect_str_eq(came, wanted, "%s from sources %u: expected %s, came %s",
                    option->name, mask, wanted, came);
            else
                cr_expect(strstr(came, "refused: ") == came &&
                              (strstr(came, "command line only") || strstr(came, "in the file")),
                    "%s from sources %u: expected a refusal, came %s", option->name, mask, came);
            free(came);
        }
    }
}

Test(config_sources, a_list_of_a_later_source_replaces_the_earlier_one_and_grows_within_its_own)
{
    struct config config;
    struct given given = {.file = "ca = f1\nca=f2\ncrl = f3\nintermediates = f4\n",
        .environment = {"PEERCERT_CRL=e1,e2", "PEERCERT_INTERMEDIATES=e3"},
        .line = {"--intermediates", "c1", "--intermediates=c2", "--intermediates", "c,3"}};

    expect_accepted(given, &config);
    expect_list(&config.ca, "f1|f2|");
    expect_list(&config.crl, "e1|e2|");
    expect_list(&config.intermediates, "c1|c2|c,3|");
    config_free(&config);
}

Test(config_sources, the_command_line_may_say_a_thing_twice_and_the_last_counts)
{
    struct config config;

    expect_accepted(
        (struct given){.line = {"--threads=1", "--ca", "x", "--threads", "3"}}, &config);
    cr_expect_eq(config.threads, 3);
    config_free(&config);
}

Test(config_sources, unknown_names_are_refused_with_their_source)
{
    expect_refused(
        (struct given){.file = "ca = x\n\n# c\ncaa = y\n"}, "c.conf:4: caa: unknown key");
    expect_refused((struct given){.file = "CA = x\n"}, "c.conf:1: CA: unknown key");
    expect_refused((struct given){.file = "= x\n"}, "c.conf:1: ");
    expect_refused((struct given){.file = "[section]\n"}, "c.conf:1: [section]: unknown key");
    expect_refused((struct given){.file = "\xef\xbb"
                                          "ca = x\n"},
        "c.conf:1: \\EF\\BBca: unknown key");
    expect_refused((struct given){.file = "a\x1b[2J = x\n"}, "c.conf:1: a\\1B[2J: unknown key");
    expect_refused((struct given){.environment = {"PEERCERT_CAA=x"}}, "PEERCERT_CAA: unknown");
    expect_refused((struct given){.environment = {"PEERCERT_=x"}}, "PEERCERT_: unknown");
    expect_refused((struct given){.environment = {"PEERCERT_ca=x"}}, "PEERCERT_ca: unknown");
    expect_refused((struct given){.environment = {"PEERCERT_SOCKET-MODE=0600"}},
        "PEERCERT_SOCKET-MODE: unknown");
    expect_refused((struct given){.line = {"--caa", "x"}}, "--caa: unknown");
    expect_refused((struct given){.line = {"-x"}}, "-x: unknown");
    expect_refused((struct given){.line = {"-xh", "--ca", "x"}}, "-x: unknown");
    expect_refused((struct given){.line = {"--cr", "x"}}, "--cr: unknown, ambiguous");
    expect_refused((struct given){.line = {"--test-config=yes"}}, "--test-config=yes: ");
    expect_refused((struct given){.line = {"--ca"}}, "--ca: a value is missing");
    expect_refused((struct given){.line = {"--ca", "x", "file"}}, "file: unexpected");
}

Test(config_sources, other_variables_are_not_ours)
{
    struct config config;
    struct given given = {.environment = {"PEERCERT", "PEERCERTX=1", "peercert_at=1", "",
                              "HTTP_PEERCERT_CA=y", "PEERCERT_NOEQUALS"},
        .line = {"--ca", "x"}};

    expect_accepted(given, &config);
    expect_list(&config.ca, "x|");
    config_free(&config);
}

Test(config_sources, variables_for_tests_exist_in_a_build_for_tests_alone)
{
    struct given given = {.environment = {"PEERCERT_TEST_ANYTHING=1"}, .line = {"--ca", "x"}};
#ifdef PEERCERT_TEST_HOOKS
    struct config config;

    expect_accepted(given, &config);
    config_free(&config);
#else
    expect_refused(given, "PEERCERT_TEST_ANYTHING: unknown variable");
#endif
}

Test(config_sources, a_scalar_that_is_set_twice_in_one_source_is_refused)
{
    expect_refused((struct given){.file = "threads = 1\nca = x\nthreads = 2\n"},
        "c.conf:3: threads: it is set already on line 1");
    expect_refused((struct given){.file = "require-crl\nrequire-crl = no\n"},
        "c.conf:2: require-crl: it is set already on line 1");
    expect_refused((struct given){.environment = {"PEERCERT_CA=x", "PEERCERT_CA=y"}},
        "PEERCERT_CA: it is set twice in the environment");
}

Test(config_sources, the_file_may_be_written_in_several_ways)
{
    struct config config;

    expect_accepted((struct given){.file = "# comment\r\n\r\n \t# indented = comment\n"
                                           "\tca=a b#c \t\r\n  threads \t=\t 7\n\n"
                                           "require-crl\nlog-format=json"},
        &config);
    expect_list(&config.ca, "a b#c|");
    cr_expect_eq(config.threads, 7);
    cr_expect(config.require_crl);
    cr_expect_eq(config.log_format, CONFIG_LOG_JSON);
    config_free(&config);
    expect_accepted((struct given){.file = "ca = x\nrequire-crl = off\n"}, &config);
    cr_expect_not(config.require_crl);
    config_free(&config);
}

Test(config_sources, a_comment_behind_a_value_is_refused_not_guessed)
{
    expect_refused((struct given){.file = "ca = x\nthreads = 3 # few\n"},
        "c.conf:2: threads: a comment needs a line of its own");
    expect_refused((struct given){.file = "ca = ca.cer\t#old.cer\n"},
        "c.conf:1: ca: a comment needs a line of its own");
}

Test(config_sources, a_key_that_is_misspelled_gets_a_suggestion)
{
    expect_refused((struct given){.file = "ca = x\ntheads = 3\n"},
        "c.conf:2: theads: unknown key; did you mean threads?");
    expect_refused((struct given){.file = "ca = x\nnothing-like-it = 3\n"},
        "c.conf:2: nothing-like-it: unknown key");
}

Test(config_sources, a_byte_order_mark_is_passed_over_and_utf_16_is_named)
{
    struct config config;

    expect_accepted((struct given){.file = "\xEF\xBB\xBF"
                                           "ca = ca.cer\n"},
        &config);
    cr_expect_str_eq(config.ca.items[0], "ca.cer");
    config_free(&config);
    expect_refused((struct given){.file = "\xEF\xBB\xBF"
                                          "theads = 3\n"},
        "c.conf:1: theads: unknown key");
    expect_refused((struct given){.file = "\xFF\xFE"
                                          "c\0a\0",
                       .file_length = 6},
        "c.conf:1: the file is text in UTF-16 or UTF-32: save it as UTF-8");
    expect_refused((struct given){.file = "\xFE\xFF\0c\0a", .file_length = 6},
        "c.conf:1: the file is text in UTF-16 or UTF-32: save it as UTF-8");
}

Test(config_sources, nul_bytes_in_the_file_hide_nothing)
{
    expect_refused((struct given){.file = "ca = x\nca = y\0z\n", .file_length = 16},
        "c.conf:2: the line contains a NUL byte");
    expect_refused((struct given){.file = "ca = x\n\0require-crl\n", .file_length = 20},
        "c.conf:2: the line contains a NUL byte");
    expect_refused((struct given){.file = "ca = x\0", .file_length = 7},
        "c.conf:1: the line contains a NUL byte");
}

/* A value, a line and a file at their limits. */
Test(config_sources, lengths_are_limited)
{
    char *words = malloc(300000);
    struct config config;
    size_t i;

    cr_assert_not_null(words);
    memset(words, 'x', 300000);
    memcpy(words, "ca = ", 5);
    words[5 + PATH_MAX] = '\0';
    expect_accepted((struct given){.file = words}, &config);
    cr_expect_eq(strlen(config.ca.items[0]), PATH_MAX);
    config_free(&config);
    words[5 + PATH_MAX] = 'x';
    words[5 + PATH_MAX + 1] = '\0';
    expect_refused((struct given){.file = words}, "c.conf:1: ca: is too long");
    words[5 + PATH_MAX + 1] = 'x';
    words[299000] = '\0';
    expect_refused((struct given){.file = words}, "larger than 262144 bytes");
    words[200000] = '\0';
    expect_refused((struct given){.file = words}, "c.conf:1: the line is too long");
    words[5 + PATH_MAX + 10] = '\0';
    memcpy(words, "--ca=", 5);
    expect_refused((struct given){.line = {words}}, "--ca: is too long");
    memcpy(words, "PEERCERT_CA=", 12);
    expect_refused((struct given){.environment = {words}}, "PEERCERT_CA: is too long");
    for (i = 0; i < 299990; i += 10)
        memcpy(words + i, "#23456789\n", 10);
    words[262140] = '\0';
    expect_refused((struct given){.file = words}, "--ca: missing");
    free(words);
}

static void expect_config_refused(const char *path, const char *words)
{
    expect_refused((struct given){.line = {"--ca", "x", "--config", path}}, words);
}

Test(config_sources, a_file_that_cannot_be_read_is_named)
{
    char *dir = pki_temp_dir();
    char words[600], variable[600];

    (void)snprintf(words, sizeof(words), "%s: Is a directory", dir);
    expect_config_refused(dir, words);
    expect_config_refused("/nonexistent/a", "/nonexistent/a: No such file or directory");
    (void)snprintf(variable, sizeof(variable), "PEERCERT_CONFIG=%s", dir);
    expect_refused((struct given){.environment = {variable}, .line = {"--ca", "x"}}, words);
    pki_remove_dir(dir);
}

Test(config_sources, the_variable_names_the_file_and_the_command_line_names_another)
{
    char *dir = pki_temp_dir();
    char *one = pki_write_text(dir, "one", "ca = one\nthreads = 2\n");
    char *two = pki_write_text(dir, "two", "ca = two\n");
    char variable[600];
    struct config config;

    (void)snprintf(variable, sizeof(variable), "PEERCERT_CONFIG=%s", one);
    expect_accepted((struct given){.environment = {variable}}, &config);
    expect_list(&config.ca, "one|");
    cr_expect_str_eq(config.config_file, one);
    config_free(&config);
    expect_accepted((struct given){.environment = {variable}, .line = {"--config", two}}, &config);
    expect_list(&config.ca, "two|");
    cr_expect_eq(config.threads, 8, "the other file was read too");
    cr_expect_str_eq(config.config_file, two);
    config_free(&config);
    free(one);
    free(two);
    pki_remove_dir(dir);
}

/* RFC 3875 section 4.4: the command line of a CGI script is the client's. */
Test(config_sources, without_a_command_line_nothing_of_it_is_missed)
{
    char variable[] = "PEERCERT_CA=x";
    char *environment[] = {variable, NULL};
    struct config config;
    struct error error = {0};

    cr_assert(config_read(&config, 0, NULL, environment, &error), "%s", error.text);
    expect_list(&config.ca, "x|");
    config_free(&config);
    cr_expect_not(config_read(&config, 0, NULL, NULL, &error));
    cr_expect_not_null(strstr(error.text, "--ca: missing"), "%s", error.text);
}

Test(config_sources, files_to_check_are_operands_and_two_dashes_end_the_options)
{
    struct config config;
    struct given given = {
        .line = {"--check", "a", "--at", "@5", "-", "--ca", "x", "--", "--at", "@6"}};

    expect_accepted(given, &config);
    expect_list(&config.files, "a|-|--at|@6|");
    cr_expect_eq(config.at_time, 5);
    config_free(&config);
}
