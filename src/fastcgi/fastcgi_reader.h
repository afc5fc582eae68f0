#ifndef PEERCERT_FASTCGI_READER_H
#define PEERCERT_FASTCGI_READER_H

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

/* Parameters of a request at the most. */
#define FASTCGI_MAX_PARAMETERS 4096
/* Bytes that are taken from the socket at once. */
#define FASTCGI_INPUT_BYTES ((size_t)16 * 1024)

/* The head of one request. Zero it before the first use; may be used for one request after another;
 * free with fastcgi_reader_free. */
struct fastcgi_reader {
    unsigned char begin[8]; /* the body of the BEGIN_REQUEST record */
    uint16_t request_id;
    char **parameters; /* NULL-terminated "NAME=value" strings, which lie in `params` */
    size_t parameters_capacity;
    unsigned char *params; /* the contents of the PARAMS records, joined */
    size_t params_length;
    size_t params_capacity;
    unsigned char *input; /* bytes that were taken from the socket, from input_at to input_end */
    size_t input_at, input_end;
    bool taken; /* fastcgi_reader_take put the beginning of the next request there */
};

/* Takes what a new connection has sent, without waiting. False when that is nothing yet; true also
 * when the connection has ended or failed, which fastcgi_reader_read then tells. */
bool fastcgi_reader_take(struct fastcgi_reader *head, int fd);

/* Reads from a connection up to and with the end of PARAMS, until the deadline
 * (clock_milliseconds), and makes the parameters. Bytes beyond may be taken from the socket too,
 * and stay in the input: nothing is left of them after fastcgi_drain, or the connection is not to
 * be kept. Answers FCGI_GET_VALUES on the way and passes over an ABORT_REQUEST of an earlier
 * request. FASTCGI_READ means that the lengths that parameters claim fit what came, and that no
 * name is empty or holds
 * '=' and nothing holds NUL. Source: FastCGI specification sections
 * 3.3, 3.4, 4.1, 5.1 and 5.2. */
enum fastcgi_read fastcgi_reader_read(struct fastcgi_reader *head, int fd, int64_t deadline);

/* Whether the request asks for a role that the specification does not know (section 5.1), and the
 * answer to that: END_REQUEST with FCGI_UNKNOWN_ROLE (section 5.5). false when it cannot be sent.
 */
bool fastcgi_reader_has_unknown_role(const struct fastcgi_reader *head);
bool fastcgi_reader_refuse_role(const struct fastcgi_reader *head, int fd);

/* Writes a BEGIN_REQUEST record as it came and an empty PARAMS record to a pipe, for libfcgi, which
 * begins its answer with them. false when that fails. */
bool fastcgi_reader_announce(const struct fastcgi_reader *head, int fd);

/* True when nothing is left of what was taken from the socket. */
bool fastcgi_reader_is_used_up(const struct fastcgi_reader *head);

/* True when the end of the request's STDIN stream was taken from the socket already, and nothing
 * else came before or after it, as with most requests. */
bool fastcgi_drain_nothing(struct fastcgi_reader *head);

/* Reads the rest of the request's STDIN stream and throws it away. True when its end was read and
 * nothing came after it: only then may the connection be kept. */
bool fastcgi_drain(struct fastcgi_reader *head, int fd, int64_t deadline);

/* Frees what the head holds. */
void fastcgi_reader_free(struct fastcgi_reader *head);

#endif
