#include "config_options.h"
#include "pki.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum source { SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_COMMAND_LINE, SOURCE_COUNT };

/* What the three sources say. */
struct given {
    const char *file; /* its text; NULL: no file */
    size_t file_length;
    const char *environment[8];
    const char *line[16]; /* the command line without the program's name */
};

/* Reads what is given; the file is named on the command line. */
static bool read_given(const struct given *given, struct config *config, struct error *error)
{
    char *dir = pki_temp_dir(), *path = NULL;
    char *argv[24] = {strdup("peercert")}, *environment[9] = {NULL};
    int argc = 1, i;
    bool good;

    if (given->file != NULL) {
        path = pki_write_file(dir, "c.conf", given->file,
            given->file_length != 0 ? given->file_length : strlen(given->file));
        argv[argc++] = strdup("--config");
        argv[argc++] = strdup(path);
    }
    for (i = 0; given->line[i] != NULL; i++)
        argv[argc++] = strdup(given->line[i]);
    for (i = 0; given->environment[i] != NULL; i++)
        environment[i] = strdup(given->environment[i]);
    *error = (struct error){0};
    good = config_read(config, argc, argv, environment, error);
    for (i = 0; i < argc; i++)
        free(argv[i]);
    for (i = 0; environment[i] != NULL; i++)
        free(environment[i]);
    free(path);
    pki_remove_dir(dir);
    return good;
}

/* All that is given is refused with a usage error that has these words. */
static void expect_refused(struct given given, const char *words)
{
    struct config config;
    struct error error;
    bool good = read_given(&given, &config, &error);

    cr_expect_not(good, "accepted; expected a refusal with \"%s\"", words);
    cr_expect_eq(error.kind, ERROR_USAGE, "kind %d: %s", error.kind, error.text);
    cr_expect_not_null(
        strstr(error.text, words), "expected \"%s\", came \"%s\"", words, error.text);
    if (good)
        config_free(&config);
}

static void expect_accepted(struct given given, struct config *config)
{
    struct error error;

    cr_assert(read_given(&given, config, &error), "refused: %s", error.text);
}

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
    const struct config_list *list = field;
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
    static const char *const names[] = {"config", "help", "version", "at"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(option->name, names[i]) == 0)
            return true;
    }
    return false;
}

Test(config, each_option_comes_from_each_of_its_sources_and_the_later_wins)
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
                              (strstr(came, "command line alone") || strstr(came, "in the file")),
                    "%s from sources %u: expected a refusal, came %s", option->name, mask, came);
            free(came);
        }
    }
}

Test(config, what_makes_an_answer_milder_is_for_the_command_line_alone)
{
    static const char *const names[] = {"check", "at", "chain", "password-file", "test-config"};
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

static void expect_list(const struct config_list *list, const char *wanted)
{
    char words[256] = "";
    size_t i;

    for (i = 0; i < list->count; i++) {
        pki_must(strlen(words) + strlen(list->items[i]) + 2 < sizeof(words), "a short list");
        (void)snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s|", list->items[i]);
    }
    cr_expect_str_eq(words, wanted, "expected %s, came %s", wanted, words);
}

Test(config, a_list_of_a_later_source_replaces_the_earlier_one_and_grows_within_its_own)
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

Test(config, defaults_hold_when_nothing_else_is_said)
{
    struct config config;

    expect_accepted((struct given){.line = {"--ca", "x"}}, &config);
    cr_expect_eq(config.socket_mode, 0660);
    cr_expect_eq(config.threads, 8);
    cr_expect_eq(config.depth, 10);
    cr_expect_eq(config.security_level, 2);
    cr_expect_eq(config.warn_days, 30);
    cr_expect_eq(config.crl_depth, CONFIG_CRL_CHAIN);
    cr_expect_eq(config.format, CONFIG_FORMAT_TEXT);
    cr_expect_not(config.check || config.crl_missing_ok || config.require_crl);
    cr_expect_eq(config.trust_header.count, 0);
    config_free(&config);
    config_free(&config);
    config_free(NULL);
}

Test(config, the_command_line_may_say_a_thing_twice_and_the_last_counts)
{
    struct config config;

    expect_accepted(
        (struct given){.line = {"--threads=1", "--ca", "x", "--threads", "3"}}, &config);
    cr_expect_eq(config.threads, 3);
    config_free(&config);
}

Test(config, unknown_names_are_refused_with_their_source)
{
    expect_refused(
        (struct given){.file = "ca = x\n\n# c\ncaa = y\n"}, "c.conf:4: caa: unknown key");
    expect_refused((struct given){.file = "CA = x\n"}, "c.conf:1: CA: unknown key");
    expect_refused((struct given){.file = "= x\n"}, "c.conf:1: ");
    expect_refused((struct given){.file = "[section]\n"}, "c.conf:1: [section]: unknown key");
    expect_refused((struct given){.file = "\xef\xbb\xbf"
                                          "ca = x\n"},
        "c.conf:1: \\EF\\BB\\BFca: unknown key");
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

Test(config, other_variables_are_not_ours)
{
    struct config config;
    struct given given = {.environment = {"PEERCERT", "PEERCERTX=1", "peercert_at=1", "",
                              "HTTP_PEERCERT_CA=y", "PEERCERT_NOEQUALS"},
        .line = {"--ca", "x"}};

    expect_accepted(given, &config);
    expect_list(&config.ca, "x|");
    config_free(&config);
}

Test(config, variables_for_tests_exist_in_a_build_for_tests_alone)
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

Test(config, a_scalar_that_is_set_twice_in_one_source_is_refused)
{
    expect_refused((struct given){.file = "threads = 1\nca = x\nthreads = 2\n"},
        "c.conf:3: threads: it is set already on line 1");
    expect_refused((struct given){.file = "require-crl\nrequire-crl = no\n"},
        "c.conf:2: require-crl: it is set already on line 1");
    expect_refused((struct given){.environment = {"PEERCERT_CA=x", "PEERCERT_CA=y"}},
        "PEERCERT_CA: the environment holds it twice");
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
        "c.conf:2: format: must be one of: text|json");
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

Test(config, the_file_may_be_written_in_several_ways)
{
    struct config config;

    expect_accepted((struct given){.file = "# comment\r\n\r\n \t# indented = comment\n"
                                           "\tca=a b # c \t\r\n  threads \t=\t 7\n\n"
                                           "require-crl\nlog-format=json"},
        &config);
    expect_list(&config.ca, "a b # c|");
    cr_expect_eq(config.threads, 7);
    cr_expect(config.require_crl);
    cr_expect_eq(config.log_format, CONFIG_LOG_JSON);
    config_free(&config);
    expect_accepted((struct given){.file = "ca = x\nrequire-crl = off\n"}, &config);
    cr_expect_not(config.require_crl);
    config_free(&config);
}

Test(config, nul_bytes_in_the_file_hide_nothing)
{
    expect_refused(
        (struct given){.file = "ca = x\nca = y\0z\n", .file_length = 16}, "c.conf:2: : a NUL byte");
    expect_refused((struct given){.file = "ca = x\n\0require-crl\n", .file_length = 20},
        "c.conf:2: : a NUL byte");
    expect_refused((struct given){.file = "ca = x\0", .file_length = 7}, "c.conf:1: : a NUL byte");
}

/* A value, a line and a file at their limits. */
Test(config, lengths_are_limited)
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
    expect_refused((struct given){.file = words}, "c.conf:1: : the line is too long");
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

Test(config, a_file_that_cannot_be_read_is_named)
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

Test(config, the_variable_names_the_file_and_the_command_line_names_another)
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
Test(config, without_a_command_line_nothing_of_it_is_missed)
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

Test(config, what_does_not_go_together_is_refused)
{
    expect_refused((struct given){.line = {"--ca", "x", "--at", "@1"}}, "--check alone");
    expect_refused((struct given){.line = {"--ca", "x", "--chain", "y"}}, "--check alone");
    expect_refused((struct given){.line = {"--ca", "x", "--password-file", "y"}}, "--check alone");
    expect_refused((struct given){.line = {"--ca", "x", "--check"}}, "--check: names no FILE");
    expect_refused((struct given){.line = {"--check", "f"}}, "--ca: missing");
    expect_refused((struct given){.line = {"--test-config"}}, "--ca: missing");
    expect_refused(
        (struct given){.line = {"--ca", "x", "--crl-missing-ok"}, .file = "require-crl\n"},
        "exclude each other");
}

Test(config, files_to_check_are_operands_and_two_dashes_end_the_options)
{
    struct config config;
    struct given given = {
        .line = {"--check", "a", "--at", "@5", "-", "--ca", "x", "--", "--at", "@6"}};

    expect_accepted(given, &config);
    expect_list(&config.files, "a|-|--at|@6|");
    cr_expect_eq(config.at_time, 5);
    config_free(&config);
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

/* The table itself: a name twice, or two options in one field, would be a slip. */
Test(config, no_two_options_share_a_name_or_a_field)
{
    size_t i, j;

    for (i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];

        for (j = 0; j < i; j++) {
            cr_expect_str_neq(option->name, config_options[j].name);
            cr_expect_neq(option->offset, config_options[j].offset, "%s and %s", option->name,
                config_options[j].name);
        }
        cr_expect_lt(strlen(option->name), 64);
        cr_expect_eq(strspn(option->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(option->name));
        cr_expect_eq(option->argument == NULL, option->kind == OPTION_FLAG, "%s", option->name);
        cr_expect_eq(option->choices != NULL, option->kind == OPTION_CHOICE, "%s", option->name);
    }
}

Test(config, times_are_read_strictly)
{
    static const struct {
        const char *words;
        bool good;
        long long seconds;
    } cases[] = {
        {"2026-11-23T17:57:38Z", true, 1795456658},
        {"2026-11-23", true, 1795392000},
        {"1970-01-01", true, 0},
        {"2024-02-29T23:59:59Z", true, 1709251199},
        {"0000-01-01", true, -62167219200},
        {"9999-12-31T23:59:59Z", true, 253402300799},
        {"@0", true, 0},
        {"@1795456658", true, 1795456658},
        {"@-5", true, -5},
        {"@253402300799", true, 253402300799},
        {"@253402300800", false, 0},
        {"@-62167219201", false, 0},
        {"@99999999999999999999", false, 0},
        {"@", false, 0},
        {"@-", false, 0},
        {"@ 5", false, 0},
        {"@+5", false, 0},
        {"@--5", false, 0},
        {"@5s", false, 0},
        {"", false, 0},
        {"now", false, 0},
        {"2026-02-30", false, 0},
        {"2025-02-29", false, 0},
        {"2026-13-01", false, 0},
        {"2026-00-01", false, 0},
        {"2026-01-00", false, 0},
        {"2026-1-1", false, 0},
        {"2026- 1- 1", false, 0},
        {" 2026-01-01", false, 0},
        {"2026-01-01 ", false, 0},
        {"2026-01-01T", false, 0},
        {"2026-01-01T24:00:00Z", false, 0},
        {"2026-01-01T00:60:00Z", false, 0},
        {"2026-01-01T00:00:60Z", false, 0},
        {"2026-01-01T00:00:00", false, 0},
        {"2026-01-01T00:00:00+00:00", false, 0},
        {"2026-01-01T00:00:00ZZ", false, 0},
        {"2026-01-01Z", false, 0},
        {"10000-01-01", false, 0},
        {"-001-01-01", false, 0},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        time_t seconds = 0;
        bool good = config_parse_time(cases[i].words, &seconds);

        cr_expect_eq(good, cases[i].good, "\"%s\": came %d", cases[i].words, good);
        if (good && cases[i].good)
            cr_expect_eq(seconds, (time_t)cases[i].seconds, "\"%s\": expected %lld, came %lld",
                cases[i].words, cases[i].seconds, (long long)seconds);
    }
    expect_refused((struct given){.line = {"--ca", "x", "--check", "f", "--at", "2026-02-30"}},
        "--at: must be a time such as");
}
