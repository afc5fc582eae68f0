/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_BYTES_H
#define PEERCERT_BYTES_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes with their length; who owns the data is said where one is declared. */
struct bytes {
    unsigned char *data;
    size_t length;
};

/* True when both hold the same bytes. */
bool bytes_equal(const struct bytes *one, const struct bytes *other);

#endif
