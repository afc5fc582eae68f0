/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_LINES_H
#define PEERCERT_LINES_H

#include "base/bytes.h"
#include <stdbool.h>
#include <stddef.h>

/* Reads a text in memory line by line: configuration files and access rules. Zero it but for
 * `bytes`, which it borrows. */
struct lines {
    struct bytes bytes;
    size_t at;
    size_t number; /* of the line that was read last, from 1 */
};

enum lines_result {
    LINES_LINE, /* the buffer holds a line, without its LF or CR LF */
    LINES_END,
    LINES_TOO_LONG, /* the line does not fit into the buffer */
    LINES_NUL,      /* a NUL byte is in the line */
};

/* Copies the next line to `buffer` (`size` bytes with the NUL). The last line needs no LF. */
enum lines_result lines_next(struct lines *lines, char *buffer, size_t size);

#endif
