/* SPDX-License-Identifier: ISC */
#include "fastcgi/fastcgi_writer.h"

#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>

/* The content of a record at the most: a header block fits. */
#define CONTENT_BYTES ((size_t)32 * 1024)
/* What a record takes with the end of its request behind it; contents are padded to a multiple of
 * eight (section 3.3). */
#define RECORD_BYTES (FCGI_HEADER_LEN + CONTENT_BYTES + FASTCGI_END_BYTES)
/* An answer that took more memory gives it back. */
#define KEPT_BYTES (4 * RECORD_BYTES)

void fastcgi_writer_end(struct fastcgi_writer *writer)
{
    free(writer->bytes);
    writer->bytes = NULL;
    writer->capacity = 0;
}

/* Has memory for one more record, unless the answer is too long. */
static bool make_room(struct fastcgi_writer *writer)
{
    size_t capacity = writer->record + RECORD_BYTES;
    unsigned char *bytes;

    if (writer->record > FASTCGI_MAX_ANSWER)
        return false;
    if (capacity <= writer->capacity)
        return true;
    capacity = writer->record > 0 ? 2 * capacity : capacity;
    bytes = realloc(writer->bytes, capacity);
    if (bytes == NULL)
        return false;
    writer->bytes = bytes;
    writer->capacity = capacity;
    return true;
}

/* Begins a record, which libfcgi fills from then on. A stream that is closed takes nothing. */
static void begin_record(struct fastcgi_writer *writer)
{
    FCGX_Stream *stream = &writer->stream;

    stream->isClosed = !make_room(writer);
    stream->wrNext = stream->isClosed ? NULL : writer->bytes + writer->record + FCGI_HEADER_LEN;
    stream->stop = stream->isClosed ? NULL : stream->wrNext + CONTENT_BYTES;
    stream->rdNext = stream->stop;
}

/* What a record says of itself. */
static void write_header(unsigned char *to, unsigned type, uint16_t request_id, size_t content)
{
    const unsigned char header[FCGI_HEADER_LEN] = {FCGI_VERSION_1, (unsigned char)type,
        (unsigned char)(request_id >> 8), (unsigned char)request_id, (unsigned char)(content >> 8),
        (unsigned char)content, (unsigned char)(-content % 8), 0};

    memcpy(to, header, sizeof(header));
}

/* For libfcgi, when the buffer is full or is to be flushed: makes a record of what is in it. */
static void end_record(FCGX_Stream *stream, int closes)
{
    struct fastcgi_writer *writer = stream->data;
    unsigned char *record = writer->bytes + writer->record;
    size_t content = (size_t)(stream->wrNext - record) - FCGI_HEADER_LEN, padding = -content % 8;

    (void)closes;
    if (content == 0)
        return;
    write_header(record, FCGI_STDOUT, writer->request_id, content);
    memset(stream->wrNext, 0, padding);
    writer->record += FCGI_HEADER_LEN + content + padding;
    begin_record(writer);
}

void fastcgi_writer_begin(struct fastcgi_writer *writer, uint16_t request_id)
{
    if (writer->capacity > KEPT_BYTES)
        fastcgi_writer_end(writer);
    writer->record = 0;
    writer->flushed = 0;
    writer->request_id = request_id;
    writer->stream = (FCGX_Stream){.emptyBuffProc = end_record, .data = writer};
    begin_record(writer);
}

bool fastcgi_writer_write(struct fastcgi_writer *writer, const void *bytes, size_t length)
{
    if (length > FASTCGI_MAX_ANSWER)
        writer->stream.isClosed = true;
    return !writer->stream.isClosed &&
           FCGX_PutStr(bytes, (int)length, &writer->stream) == (int)length;
}

void fastcgi_write_end(unsigned char bytes[FASTCGI_END_BYTES], uint16_t request_id)
{
    static const FCGI_EndRequestBody complete = {.protocolStatus = FCGI_REQUEST_COMPLETE};

    write_header(bytes, FCGI_STDOUT, request_id, 0);
    write_header(bytes + FCGI_HEADER_LEN, FCGI_END_REQUEST, request_id, sizeof(complete));
    memcpy(bytes + (size_t)2 * FCGI_HEADER_LEN, &complete, sizeof(complete));
}

const unsigned char *fastcgi_writer_flush(struct fastcgi_writer *writer, bool end, size_t *length)
{
    size_t from = writer->flushed;

    if (writer->stream.isClosed || FCGX_FFlush(&writer->stream) != 0 ||
        (end && writer->record == 0))
        return NULL;
    writer->flushed = writer->record;
    *length = writer->flushed - from;
    if (end) {
        fastcgi_write_end(writer->bytes + writer->flushed, writer->request_id);
        *length += FASTCGI_END_BYTES;
    }
    return writer->bytes + from;
}
