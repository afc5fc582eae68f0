/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FASTCGI_READER_H
#define PEERCERT_FASTCGI_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes requests of the bytes of a connection, as they come: reads nothing itself and never waits.
 * What it holds grows with what has come, not with what lengths claim. */
struct fastcgi_reader;

/* Bytes of all PARAMS of a request at the most, and parameters. */
#define FASTCGI_MAX_PARAMS ((size_t)256 * 1024)
#define FASTCGI_MAX_PARAMETERS 4096
/* Bytes of a body that is read and thrown away at the most, so that the connection can be kept. */
#define FASTCGI_MAX_STDIN ((size_t)64 * 1024)

enum fastcgi_read {
    FASTCGI_READ_MORE,   /* all was taken: more is to come */
    FASTCGI_READ_VALUES, /* FCGI_GET_VALUES: answer it, then go on */
    FASTCGI_READ_HEAD,   /* the parameters are there; the body comes next */
    FASTCGI_READ_BODY,   /* the end of the body: the request is over */
    FASTCGI_READ_WRONG,  /* not the FastCGI protocol, beyond a bound, or out of memory */
};

/* NULL when out of memory; free with fastcgi_reader_free, which accepts NULL. */
struct fastcgi_reader *fastcgi_reader_new(void);
void fastcgi_reader_free(struct fastcgi_reader *reader);

/* Takes bytes from *at on, up to `end` or until there is something to be done; *at is then behind
 * what was taken. Nothing may be fed after WRONG or BODY: a reader is for one request. An
 * ABORT_REQUEST of an earlier request is passed over. HEAD means that the lengths that parameters
 * claim fit what came, that no name is empty or holds '=' and that nothing holds NUL. Source:
 * FastCGI specification sections 3.3, 3.4, 4.1, 5.1 to 5.4. */
enum fastcgi_read fastcgi_reader_feed(
    struct fastcgi_reader *reader, const unsigned char **at, const unsigned char *end);

/* True when nothing of a request has come. */
bool fastcgi_reader_is_idle(const struct fastcgi_reader *reader);

/* The bytes of memory that it holds. */
size_t fastcgi_reader_size(const struct fastcgi_reader *reader);

/* What a request is (section 5.1). */
struct fastcgi_head {
    uint16_t request_id;
    unsigned role;
    bool keeps;        /* the connection is to be kept for another */
    char **parameters; /* NULL-terminated "NAME=value" strings */
};

/* The request, after HEAD. Borrowed until the next call that takes a reader that is not const. */
const struct fastcgi_head *fastcgi_reader_head(const struct fastcgi_reader *reader);

#endif
