/* SPDX-License-Identifier: ISC */
#include "unit/metrics/metrics_text.h"

#include <criterion/criterion.h>
#include <string.h>

const char *metrics_text(struct metrics *metrics, time_t now)
{
    static struct text written;

    text_clear(&written);
    metrics_write(metrics, now, &written);
    cr_assert_not(written.failed);
    return text_string(&written);
}

void expect_line(const char *text, const char *line)
{
    const char *found = strstr(text, line);

    cr_expect(found != NULL && (found == text || found[-1] == '\n') && found[strlen(line)] == '\n',
        "expected the line %s in\n%s", line, text);
}

void expect_lines(struct metrics *metrics, time_t now, const char *const *lines)
{
    const char *text = metrics_text(metrics, now);

    for (; *lines != NULL; lines++)
        expect_line(text, *lines);
}
