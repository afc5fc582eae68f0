/* SPDX-License-Identifier: ISC */
#include "fastcgi/fastcgi_writer.h"

#include <fastcgi.h>
#include <fcgiapp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* libfcgi's buffer, and so the content of a record at the most: a header block fits. */
#define BUFFER_BYTES 32768
/* An answer begins at the start of the file when the ones before it have used so much of it, and
 * the file's memory is given back when they have used so much. */
#define USED_BYTES ((size_t)64 * 1024)
#define MUCH_BYTES ((size_t)512 * 1024)
#define FILE_BYTES (FASTCGI_MAX_ANSWER + USED_BYTES)

struct fastcgi_writer {
    int file;
    unsigned char *bytes; /* the file's, mapped */
    FCGX_Stream *stream;
    uint16_t request_id;
    bool failed;
    bool empty;     /* no records were made */
    size_t content; /* what libfcgi was given and is in no record that was looked at */
    size_t made;    /* up to here records were looked at: the file's offset */
    struct fastcgi_writer *next;
};

/* libfcgi has no way to free all that FCGX_CreateWriter allocates. So writers are never freed but
 * kept for who needs one next. */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER; /* guards what follows */
static struct fastcgi_writer *kept;

static FCGX_Stream *make_stream(int file)
{
    return FCGX_CreateWriter(file, 1, BUFFER_BYTES, FCGI_STDOUT);
}

static void free_writer(struct fastcgi_writer *writer)
{
    FCGX_FreeStream(&writer->stream);
    if (writer->bytes != NULL)
        (void)munmap(writer->bytes, FILE_BYTES);
    if (writer->file >= 0)
        (void)close(writer->file);
    free(writer);
}

static struct fastcgi_writer *make_writer(void)
{
    struct fastcgi_writer *writer = calloc(1, sizeof(*writer));
    void *bytes;

    if (writer == NULL)
        return NULL;
    writer->file = memfd_create("answer", MFD_CLOEXEC);
    if (writer->file < 0 || ftruncate(writer->file, (off_t)FILE_BYTES) != 0)
        goto fail;
    bytes = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, writer->file, 0);
    if (bytes == MAP_FAILED)
        goto fail;
    writer->bytes = bytes;
    writer->stream = make_stream(writer->file);
    if (writer->stream != NULL)
        return writer;

fail:
    free_writer(writer);
    return NULL;
}

struct fastcgi_writer *fastcgi_writer_new(void)
{
    struct fastcgi_writer *writer;

    (void)pthread_mutex_lock(&kept_lock);
    writer = kept;
    if (writer != NULL)
        kept = writer->next;
    (void)pthread_mutex_unlock(&kept_lock);
    return writer != NULL ? writer : make_writer();
}

void fastcgi_writer_free(struct fastcgi_writer *writer)
{
    if (writer == NULL)
        return;
    (void)pthread_mutex_lock(&kept_lock);
    writer->next = kept;
    kept = writer;
    (void)pthread_mutex_unlock(&kept_lock);
}

/* Lets libfcgi write at the start of the file again. */
static bool rewind_file(struct fastcgi_writer *writer)
{
    if (writer->made > MUCH_BYTES &&
        (ftruncate(writer->file, 0) != 0 || ftruncate(writer->file, (off_t)FILE_BYTES) != 0))
        return false;
    writer->made = 0;
    return lseek(writer->file, 0, SEEK_SET) == 0;
}

/* An answer that was given up may still be in libfcgi's buffer. */
static bool discard(struct fastcgi_writer *writer)
{
    if (FCGX_FFlush(writer->stream) != 0) {
        FCGX_FreeStream(&writer->stream);
        writer->stream = make_stream(writer->file);
    }
    writer->made = FILE_BYTES;
    return writer->stream != NULL && rewind_file(writer);
}

void fastcgi_writer_begin(struct fastcgi_writer *writer, uint16_t request_id)
{
    if (writer->failed || writer->content > 0)
        writer->failed = !discard(writer);
    else if (writer->made > USED_BYTES)
        writer->failed = !rewind_file(writer);
    writer->request_id = request_id;
    writer->content = 0;
    writer->empty = true;
}

bool fastcgi_writer_write(struct fastcgi_writer *writer, const void *bytes, size_t length)
{
    /* Each record needs a header and at most seven bytes of padding (section 3.3). */
    size_t records = (writer->content + length) / (size_t)BUFFER_BYTES + 2;

    if (writer->failed)
        return false;
    if (length > FASTCGI_MAX_ANSWER ||
        writer->made + writer->content + length + records * (size_t)16 + FASTCGI_END_BYTES >
            FILE_BYTES ||
        FCGX_PutStr(bytes, (int)length, writer->stream) != (int)length)
        writer->failed = true;
    else
        writer->content += length;
    return !writer->failed;
}

/* Looks at a record that libfcgi has written, and gives it the request's number: the stream was
 * made for number 1, which fronts use that have one request at a time. Returns its bytes, 0 when
 * there is none. */
static size_t look_at_record(struct fastcgi_writer *writer, size_t *content)
{
    unsigned char *header = writer->bytes + writer->made;
    size_t length;

    if (header[0] != FCGI_VERSION_1 || header[1] != FCGI_STDOUT)
        return 0;
    header[2] = (unsigned char)(writer->request_id >> 8);
    header[3] = (unsigned char)writer->request_id;
    *content = (size_t)header[4] << 8 | header[5];
    length = FCGI_HEADER_LEN + *content + header[6];
    return *content > 0 && length <= FILE_BYTES - writer->made ? length : 0;
}

void fastcgi_write_end(unsigned char bytes[FASTCGI_END_BYTES], uint16_t request_id)
{
    unsigned char high = (unsigned char)(request_id >> 8), low = (unsigned char)request_id;
    const unsigned char end[FASTCGI_END_BYTES] = {FCGI_VERSION_1, FCGI_STDOUT, high, low, 0, 0, 0,
        0, FCGI_VERSION_1, FCGI_END_REQUEST, high, low, 0, 8, 0, 0, 0, 0, 0, 0,
        FCGI_REQUEST_COMPLETE, 0, 0, 0};

    memcpy(bytes, end, sizeof(end));
}

/* Has libfcgi write its records, and looks at them. */
static bool make_records(struct fastcgi_writer *writer)
{
    if (writer->failed)
        return false;
    if (FCGX_FFlush(writer->stream) != 0)
        writer->failed = true;
    while (writer->content > 0 && !writer->failed) {
        size_t content = 0, length = look_at_record(writer, &content);

        if (length == 0 || content > writer->content) {
            writer->failed = true;
        } else {
            writer->content -= content;
            writer->made += length;
            writer->empty = false;
        }
    }
    return !writer->failed;
}

const unsigned char *fastcgi_writer_flush(struct fastcgi_writer *writer, bool end, size_t *length)
{
    size_t from = writer->made;

    if (!make_records(writer) || (end && writer->empty))
        return NULL;
    *length = writer->made - from;
    if (end) {
        fastcgi_write_end(writer->bytes + writer->made, writer->request_id);
        *length += FASTCGI_END_BYTES;
    }
    return writer->bytes + from;
}
