/* SPDX-License-Identifier: ISC */
/* A configuration file, and the same bytes as a variable of each option. */
#include "config/config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_with(char *const *environment)
{
    struct error error = {.kind = ERROR_NONE};
    struct config config;

    if (config_read(&config, 0, NULL, environment, &error))
        config_free(&config);
    else if (error.text[0] == '\0')
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *environment[3] = {NULL};
    int file = memfd_create("config", 0);

    if (file < 0 || write(file, data, size) != (ssize_t)size ||
        asprintf(&environment[0], "PEERCERT_CONFIG=/proc/self/fd/%d", file) < 0)
        abort();
    read_with(environment);
    free(environment[0]);
    (void)close(file);
    if (asprintf(&environment[0], "PEERCERT_%.*s", (int)size, (const char *)data) < 0)
        abort();
    environment[1] = strchr(environment[0], '\n'); /* the second line is another variable */
    if (environment[1] != NULL)
        *environment[1]++ = '\0';
    read_with(environment);
    free(environment[0]);
    return 0;
}
