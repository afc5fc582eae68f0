/* SPDX-License-Identifier: ISC */
#include "unit/fastcgi/records.h"

#include <criterion/criterion.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>

struct wire *wire_new(void)
{
    struct wire *wire = calloc(1, sizeof(*wire));

    cr_assert_not_null(wire);
    return wire;
}

void wire_free(struct wire *wire)
{
    free(wire);
}

void add_record_of(
    struct wire *wire, int type, int id, const void *content, size_t length, size_t padding)
{
    unsigned char *at = wire->bytes + wire->length;

    cr_assert_lt(wire->length + 8 + length + padding, sizeof(wire->bytes));
    at[0] = 1;
    at[1] = (unsigned char)type;
    at[2] = (unsigned char)(id >> 8);
    at[3] = (unsigned char)id;
    at[4] = (unsigned char)(length >> 8);
    at[5] = (unsigned char)length;
    at[6] = (unsigned char)padding;
    if (length > 0)
        memcpy(at + 8, content, length);
    wire->length += 8 + length + padding;
}

void add_record(struct wire *wire, int type, const void *content, size_t length)
{
    add_record_of(wire, type, 1, content, length, 0);
}

void add_begin(struct wire *wire)
{
    add_record(wire, FCGI_BEGIN_REQUEST, "\0\1\1\0\0\0\0\0", 8);
}

void add_head(struct wire *wire)
{
    add_begin(wire);
    add_record(wire, FCGI_PARAMS, "\1\2Axy\14\3REQUEST_TYPEGET", 22);
    add_record(wire, FCGI_PARAMS, NULL, 0);
}

void add_request(struct wire *wire)
{
    add_head(wire);
    add_record(wire, FCGI_STDIN, NULL, 0);
}
