/* SPDX-License-Identifier: ISC */
/* A request's query string and its Accept header, divided by the first line feed. */
#include "report/report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *query = malloc(size + 1), *accept;
    enum report_format format;

    if (query == NULL)
        abort();
    memcpy(query, data, size);
    query[size] = '\0';
    accept = strchr(query, '\n');
    if (accept != NULL)
        *accept++ = '\0';
    format = report_choose(query, accept, REPORT_TEXT);
    if (report_content_type(format) == NULL)
        abort();
    (void)report_choose(NULL, query, format);
    free(query);
    return 0;
}
