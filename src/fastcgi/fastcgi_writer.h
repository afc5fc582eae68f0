/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_FASTCGI_WRITER_H
#define PEERCERT_FASTCGI_WRITER_H

#include <fcgiapp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes the records of an answer, in memory. It is a stream of libfcgi's, but not one of
 * FCGX_CreateWriter: that writes to a descriptor until all is taken, and does not tell how much was
 * when it fails, whereas a connection may take less than all, and nobody waits for it. So the
 * stream's buffer is emptied here (emptyBuffProc of FCGX_Stream). One for each worker; begins as
 * zeroes. */
struct fastcgi_writer {
    FCGX_Stream stream; /* its buffer is the content of the last record */
    unsigned char *bytes;
    size_t capacity;
    size_t record;  /* where the last record begins: before it all are made */
    size_t flushed; /* up to here they were handed out */
    uint16_t request_id;
};

/* Bytes of an answer with its records at the most, to within one record. */
#define FASTCGI_MAX_ANSWER ((size_t)4 * 1024 * 1024)

/* Frees its memory; it may begin again. */
void fastcgi_writer_end(struct fastcgi_writer *writer);

/* Begins the answer to a request; what an earlier answer left is gone. */
void fastcgi_writer_begin(struct fastcgi_writer *writer, uint16_t request_id);

/* Appends bytes to the answer's STDOUT. false when it cannot be made whole (too long, out of
 * memory), now or before. */
bool fastcgi_writer_write(struct fastcgi_writer *writer, const void *bytes, size_t length);

/* Makes records of what was appended since the last flush: *length bytes, borrowed until the next
 * call. With `end` the end of STDOUT and END_REQUEST follow (FastCGI specification sections 3.3 and
 * 5.5), and nothing may be appended after that. NULL when the answer cannot be made whole, and for
 * the end of an answer without any STDOUT: lighttpd takes that of an authorizer for a yes. */
const unsigned char *fastcgi_writer_flush(struct fastcgi_writer *writer, bool end, size_t *length);

/* The bytes of the records that end a request. */
#define FASTCGI_END_BYTES 24
/* Makes these of a request that was answered. */
void fastcgi_write_end(unsigned char bytes[FASTCGI_END_BYTES], uint16_t request_id);

#endif
