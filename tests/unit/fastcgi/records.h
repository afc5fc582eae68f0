/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_RECORDS_H
#define PEERCERT_TESTS_RECORDS_H

#include <stddef.h>

/* What a front sends, record by record. */
struct wire {
    unsigned char bytes[700000];
    size_t length;
};

struct wire *wire_new(void);
void wire_free(struct wire *wire);

void add_record_of(
    struct wire *wire, int type, int id, const void *content, size_t length, size_t padding);

/* Of request 1, without padding. */
void add_record(struct wire *wire, int type, const void *content, size_t length);

/* BEGIN_REQUEST of a responder on a connection that is kept. */
void add_begin(struct wire *wire);

/* A good request with two parameters, as fronts send it, and without its STDIN. */
void add_head(struct wire *wire);
void add_request(struct wire *wire);

#endif
