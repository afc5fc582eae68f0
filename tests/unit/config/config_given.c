/* SPDX-License-Identifier: ISC */
#include "unit/config/config_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

bool read_given(const struct given *given, struct config *config, struct error *error)
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

void expect_refused(struct given given, const char *words)
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

void expect_accepted(struct given given, struct config *config)
{
    struct error error;

    cr_assert(read_given(&given, config, &error), "refused: %s", error.text);
}

void expect_list(const struct list *list, const char *wanted)
{
    char words[256] = "";
    size_t i;

    for (i = 0; i < list->count; i++) {
        pki_must(strlen(words) + strlen(list->items[i]) + 2 < sizeof(words), "a short list");
        (void)snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s|", list->items[i]);
    }
    cr_expect_str_eq(words, wanted, "expected %s, came %s", wanted, words);
}
