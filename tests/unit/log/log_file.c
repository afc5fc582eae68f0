/* SPDX-License-Identifier: ISC */
#include "unit/log/log_file.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void log_file_start(struct log_file *file_log, int format, bool threaded)
{
    struct error error = {.kind = ERROR_NONE};

    file_log->dir = pki_temp_dir();
    file_log->path = pki_write_text(file_log->dir, "log", "");
    file_log->config = (struct config){.log_file = file_log->path, .log_format = format};
    file_log->log = log_open(&file_log->config, threaded, &error);
    cr_assert_not_null(file_log->log, "%s", error.text);
}

char *log_file_finish(struct log_file *file_log)
{
    char *data = NULL;
    size_t size = 0;
    FILE *file, *copy;
    int c;

    log_close(file_log->log);
    file = fopen(file_log->path, "r");
    pki_must(file != NULL, "the log file cannot be read");
    copy = open_memstream(&data, &size);
    while ((c = getc(file)) != EOF)
        (void)putc(c, copy);
    (void)fclose(copy);
    (void)fclose(file);
    free(file_log->path);
    pki_remove_dir(file_log->dir);
    return data;
}

bool log_file_begins_with_time(const char *line)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ ";
    size_t i;

    for (i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'd' ? line[i] < '0' || line[i] > '9' : line[i] != form[i])
            return false;
    }
    return true;
}

char *log_file_next_line(char **rest)
{
    char *line = *rest, *end = strchr(line, '\n');

    if (end == NULL) {
        cr_expect_str_eq(line, "", "half a line at the end: %s", line);
        return NULL;
    }
    *end = '\0';
    *rest = end + 1;
    return line;
}
