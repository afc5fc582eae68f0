#ifndef PEERCERT_FASTCGI_HEAD_H
#define PEERCERT_FASTCGI_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands between the socket and libfcgi: the beginning of each request is read here, with a
 * total deadline and with bounds, and nothing beyond it is taken from the socket. libfcgi by itself
 * allocates whatever length a parameter claims, waits for each read anew, and takes what is left of
 * a request's body for the next request's records. */

/* Bytes of all PARAMS of a request at the most. */
#define FASTCGI_MAX_PARAMS ((size_t)256 * 1024)
/* Bytes of a body that is read and thrown away at the most, so that the connection can be kept. */
#define FASTCGI_MAX_STDIN ((size_t)64 * 1024)

enum fastcgi_read {
    FASTCGI_READ,       /* a whole head is there */
    FASTCGI_READ_ENDED, /* the peer closed the connection before a request began */
    FASTCGI_READ_LATE,  /* the deadline passed */
    FASTCGI_READ_WRONG, /* not the FastCGI protocol, beyond a bound, or cut off: close it */
};

/* The head of one request. Zero it before the first use; may be used for one request after another;
 * free with fastcgi_head_free. */
struct fastcgi_head {
    unsigned char begin[8]; /* the body of the BEGIN_REQUEST record */
    uint16_t request_id;
    unsigned char *params; /* the contents of the PARAMS records, joined */
    size_t params_length;
    size_t params_capacity;
};

/* Monotonic milliseconds, for deadlines. */
int64_t fastcgi_clock(void);

/* Reads from a connection up to and with the end of PARAMS, until the deadline (fastcgi_clock).
 * Answers FCGI_GET_VALUES on the way and passes over an ABORT_REQUEST of an earlier request. The
 * lengths that the parameters claim are checked: FASTCGI_READ means that they fit what came, and
 * that no name is empty or holds '=' and nothing holds NUL. Source: FastCGI specification sections
 * 3.3, 3.4, 4.1, 5.1 and 5.2. */
enum fastcgi_read fastcgi_head_read(struct fastcgi_head *head, int fd, int64_t deadline);

/* Writes the head as records to a file descriptor of a regular file or memory, from its beginning,
 * and sets the offset there back to 0. false when that fails. */
bool fastcgi_head_store(const struct fastcgi_head *head, int fd);

/* Reads the rest of the request's STDIN stream and throws it away. True when its end was read:
 * only then may the connection be kept. */
bool fastcgi_drain(const struct fastcgi_head *head, int fd, int64_t deadline);

/* Frees what the head holds. */
void fastcgi_head_free(struct fastcgi_head *head);

#endif
