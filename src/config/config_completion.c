/* SPDX-License-Identifier: ISC */
#include "config/config_options.h"

#include <string.h>

/* What is completed behind an option. */
static bool takes_file(const struct config_option *option)
{
    static const char *const words[] = {"FILE", "DIR", "PATH"};
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (option->argument != NULL && strstr(option->argument, words[i]) != NULL)
            return true;
    }
    return false;
}

static void print_choices(FILE *file, const struct config_option *option)
{
    size_t i;

    for (i = 0; option->choices[i] != NULL; i++)
        (void)fprintf(file, "%s%s", i > 0 ? " " : "", option->choices[i]);
}

static void print_bash(FILE *file)
{
    size_t i;

    (void)fputs("# bash completion for peercert, made by `peercert --completion bash`.\n"
                "_peercert()\n{\n"
                "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                "    case $previous in\n",
        file);
    for (i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];

        if (option->kind == OPTION_CHOICE) {
            (void)fprintf(file, "    --%s) COMPREPLY=($(compgen -W '", option->name);
            print_choices(file, option);
            (void)fputs("' -- \"$current\")); return ;;\n", file);
        } else if (option->kind != OPTION_FLAG) {
            (void)fprintf(file, "    --%s) COMPREPLY=(%s); return ;;\n", option->name,
                takes_file(option) ? "$(compgen -f -- \"$current\")" : "");
        }
    }
    (void)fputs("    esac\n"
                "    if [[ $current == -* ]]; then\n"
                "        COMPREPLY=($(compgen -W '",
        file);
    for (i = 0; i < config_option_count; i++)
        (void)fprintf(file, "%s--%s", i > 0 ? " " : "", config_options[i].name);
    (void)fputs("' -- \"$current\"))\n"
                "    else\n"
                "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
                "    fi\n"
                "}\n"
                "complete -o filenames -F _peercert peercert\n",
        file);
}

/* Within '...[...]': these three would end something. */
static void print_zsh_words(FILE *file, const char *words)
{
    for (; *words != '\0'; words++) {
        if (*words == '\'')
            (void)fputs("'\\'", file);
        else if (*words == '[' || *words == ']' || *words == ':')
            (void)fputc('\\', file);
        (void)fputc(*words, file);
    }
}

static void print_zsh(FILE *file)
{
    size_t i;

    (void)fputs("#compdef peercert\n"
                "# zsh completion for peercert, made by `peercert --completion zsh`.\n"
                "_arguments \\\n",
        file);
    for (i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];

        (void)fprintf(file, "    '%s--%s[", option->kind == OPTION_LIST ? "*" : "", option->name);
        print_zsh_words(file, option->help);
        (void)fputc(']', file);
        if (option->kind == OPTION_CHOICE) {
            (void)fprintf(file, ":%s:(", option->name);
            print_choices(file, option);
            (void)fputc(')', file);
        } else if (option->kind != OPTION_FLAG) {
            (void)fputc(':', file);
            print_zsh_words(file, option->argument);
            (void)fputs(takes_file(option) ? ":_files" : ": ", file);
        }
        (void)fputs("' \\\n", file);
    }
    (void)fputs("    '*:file:_files'\n", file);
}

void config_print_completion(FILE *file, enum config_completion shell)
{
    if (shell == CONFIG_COMPLETION_BASH)
        print_bash(file);
    else if (shell == CONFIG_COMPLETION_ZSH)
        print_zsh(file);
}
