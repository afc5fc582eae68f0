/* SPDX-License-Identifier: ISC */
#include "config/config.h"
#include "config/config_options.h"
#include "unit/config/config_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *completion(enum config_completion shell)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    config_print_completion(file, shell);
    (void)fclose(file);
    return text;
}

Test(config_completion, every_option_is_completed_in_both_shells)
{
    char *bash = completion(CONFIG_COMPLETION_BASH), *zsh = completion(CONFIG_COMPLETION_ZSH);
    size_t i;

    for (i = 0; i < config_option_count; i++) {
        char word[80];

        (void)snprintf(word, sizeof(word), "--%s", config_options[i].name);
        cr_expect_not_null(strstr(bash, word), "bash: %s", word);
        cr_expect_not_null(strstr(zsh, word), "zsh: %s", word);
    }
    free(bash);
    free(zsh);
}

Test(config_completion, choices_and_files_are_offered)
{
    char *bash = completion(CONFIG_COMPLETION_BASH), *zsh = completion(CONFIG_COMPLETION_ZSH);

    cr_expect_not_null(strstr(bash, "--ocsp) COMPREPLY=($(compgen -W 'off soft hard' "));
    cr_expect_not_null(strstr(bash, "--crl) COMPREPLY=($(compgen -f "));
    cr_expect_not_null(strstr(bash, "--threads) COMPREPLY=();"));
    cr_expect_not_null(strstr(zsh, ":ocsp:(off soft hard)'"));
    cr_expect_not_null(strstr(zsh, ":FILE|DIR:_files'"));
    free(bash);
    free(zsh);
}

Test(config_completion, it_is_given_whatever_else_is_wrong)
{
    struct config config;

    expect_accepted(
        (struct given){.line = {"--completion", "zsh", "--config", "/nonexistent"}}, &config);
    cr_expect_eq(config.completion, CONFIG_COMPLETION_ZSH);
    config_free(&config);
    expect_refused((struct given){.line = {"--completion", "csh"}}, "must be one of: bash|zsh");
}
