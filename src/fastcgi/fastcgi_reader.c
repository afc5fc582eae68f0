/* SPDX-License-Identifier: ISC */
#include "fastcgi/fastcgi_reader.h"

#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>

/* Records of a head, and of a body, at the most: empty ones cost the peer nothing. */
#define MAX_RECORDS 4096

enum stage { STAGE_BEGIN, STAGE_PARAMS, STAGE_STDIN };

struct fastcgi_reader {
    enum stage stage;
    unsigned records; /* of this stage */
    /* The record that is being read. */
    unsigned char header[FCGI_HEADER_LEN];
    size_t header_length;
    size_t content, padding; /* what is still to come of it */
    /* The request. */
    unsigned char begin[8];   /* the body of BEGIN_REQUEST */
    struct fastcgi_head head; /* its parameters lie in `params` */
    size_t body;              /* bytes of STDIN so far */
    unsigned char *params;    /* the contents of the PARAMS records, joined */
    size_t params_length, params_capacity;
    size_t parameters_capacity; /* of the list of parameters, with the NULL at its end */
};

struct fastcgi_reader *fastcgi_reader_new(void)
{
    return calloc(1, sizeof(struct fastcgi_reader));
}

void fastcgi_reader_free(struct fastcgi_reader *reader)
{
    if (reader == NULL)
        return;
    free(reader->params);
    free(reader->head.parameters);
    free(reader);
}

bool fastcgi_reader_is_idle(const struct fastcgi_reader *reader)
{
    return reader->stage == STAGE_BEGIN && reader->header_length == 0;
}

size_t fastcgi_reader_size(const struct fastcgi_reader *reader)
{
    return sizeof(*reader) + reader->params_capacity +
           reader->parameters_capacity * sizeof(*reader->head.parameters);
}

const struct fastcgi_head *fastcgi_reader_head(const struct fastcgi_reader *reader)
{
    return &reader->head;
}

static unsigned record_type(const struct fastcgi_reader *reader)
{
    return reader->header[1];
}

static size_t record_length(const struct fastcgi_reader *reader)
{
    return (size_t)reader->header[4] << 8 | reader->header[5];
}

static uint16_t record_id(const struct fastcgi_reader *reader)
{
    return (uint16_t)(reader->header[2] << 8 | reader->header[3]);
}

/* Whether the record whose header has come may come here. */
static bool is_expected(struct fastcgi_reader *reader)
{
    bool ours = record_id(reader) == reader->head.request_id;

    switch (reader->stage) {
    case STAGE_BEGIN:
        if (record_type(reader) == FCGI_BEGIN_REQUEST) {
            reader->head.request_id = record_id(reader);
            return reader->head.request_id != FCGI_NULL_REQUEST_ID &&
                   record_length(reader) == sizeof(reader->begin);
        }
        return record_type(reader) == FCGI_ABORT_REQUEST || record_type(reader) == FCGI_GET_VALUES;
    case STAGE_PARAMS:
        return record_type(reader) == FCGI_PARAMS && ours &&
               record_length(reader) <= FASTCGI_MAX_PARAMS - reader->params_length;
    case STAGE_STDIN:
        reader->body += record_length(reader);
        return record_type(reader) == FCGI_STDIN && ours && reader->body <= FASTCGI_MAX_STDIN;
    }
    return false;
}

/* Takes of *left bytes as many as are there. Returns their number. */
static size_t take_part(size_t *left, const unsigned char **at, const unsigned char *end)
{
    size_t part = *left < (size_t)(end - *at) ? *left : (size_t)(end - *at);

    *left -= part;
    *at += part;
    return part;
}

/* Takes a header's bytes. True when it is whole. */
static bool take_header(
    struct fastcgi_reader *reader, const unsigned char **at, const unsigned char *end)
{
    const unsigned char *bytes = *at;
    size_t left = FCGI_HEADER_LEN - reader->header_length, part = take_part(&left, at, end);

    if (part > 0)
        memcpy(reader->header + reader->header_length, bytes, part);
    reader->header_length += part;
    return left == 0;
}

static bool add_params(struct fastcgi_reader *reader, const unsigned char *bytes, size_t length)
{
    if (reader->params_length + length > reader->params_capacity) {
        size_t twice = 2 * (reader->params_length + length);
        size_t capacity = twice < FASTCGI_MAX_PARAMS ? twice : FASTCGI_MAX_PARAMS;
        unsigned char *params = realloc(reader->params, capacity);

        if (params == NULL)
            return false;
        reader->params = params;
        reader->params_capacity = capacity;
    }
    memcpy(reader->params + reader->params_length, bytes, length);
    reader->params_length += length;
    return true;
}

/* Takes what is there of a record's content. */
static bool take_content(
    struct fastcgi_reader *reader, const unsigned char **at, const unsigned char *end)
{
    const unsigned char *bytes = *at;
    size_t part = take_part(&reader->content, at, end);

    if (part == 0)
        return true;
    if (record_type(reader) == FCGI_BEGIN_REQUEST)
        memcpy(reader->begin + sizeof(reader->begin) - reader->content - part, bytes, part);
    return record_type(reader) != FCGI_PARAMS || add_params(reader, bytes, part);
}

/* One length of a name-value pair (section 3.4): one byte, or four with the highest bit set. */
static bool take_length(const unsigned char **at, const unsigned char *end, size_t *length)
{
    if (*at == end)
        return false;
    if (((*at)[0] & 0x80) == 0) {
        *length = *(*at)++;
        return true;
    }
    if (end - *at < 4)
        return false;
    *length =
        (size_t)((*at)[0] & 0x7F) << 24 | (size_t)(*at)[1] << 16 | (size_t)(*at)[2] << 8 | (*at)[3];
    *at += 4;
    return true;
}

/* Puts a parameter, or the NULL behind the last one, into the list. Most fronts send less than 64.
 */
static bool add_parameter(struct fastcgi_reader *reader, size_t count, char *parameter)
{
    if (count == reader->parameters_capacity) {
        const size_t capacity = 2 * count + 64;
        char **list = realloc(reader->head.parameters, capacity * sizeof(*list));

        if (list == NULL)
            return false;
        reader->head.parameters = list;
        reader->parameters_capacity = capacity;
    }
    reader->head.parameters[count] = parameter;
    return true;
}

/* Makes NAME=value strings of the pairs, where they stand: their lengths, two bytes at least, make
 * place for the equals sign and the NUL. false when not all pairs are whole and sound. */
static bool make_parameters(struct fastcgi_reader *reader)
{
    const unsigned char *at = reader->params;
    const unsigned char *end = reader->params_length > 0 ? at + reader->params_length : at;
    unsigned char *to = reader->params;
    size_t name = 0, value = 0, count = 0;

    for (; at != end; count++) {
        if (!take_length(&at, end, &name) || !take_length(&at, end, &value))
            return false;
        if (name == 0 || name > (size_t)(end - at) || value > (size_t)(end - at) - name)
            return false;
        if (memchr(at, '=', name) != NULL || memchr(at, '\0', name + value) != NULL)
            return false;
        if (count == FASTCGI_MAX_PARAMETERS || !add_parameter(reader, count, (char *)to))
            return false;
        memmove(to, at, name);
        to[name] = '=';
        memmove(to + name + 1, at + name, value);
        to[name + 1 + value] = '\0';
        to += name + value + 2;
        at += name + value;
    }
    return add_parameter(reader, count, NULL);
}

static void go_to(struct fastcgi_reader *reader, enum stage stage)
{
    reader->stage = stage;
    reader->records = 0;
}

/* A record has come whole. */
static enum fastcgi_read end_record(struct fastcgi_reader *reader)
{
    reader->header_length = 0;
    if (++reader->records > MAX_RECORDS)
        return FASTCGI_READ_WRONG;
    switch (record_type(reader)) {
    case FCGI_BEGIN_REQUEST:
        reader->head.role = (unsigned)reader->begin[0] << 8 | reader->begin[1];
        reader->head.keeps = (reader->begin[2] & FCGI_KEEP_CONN) != 0;
        go_to(reader, STAGE_PARAMS);
        return FASTCGI_READ_MORE;
    case FCGI_GET_VALUES:
        return FASTCGI_READ_VALUES;
    case FCGI_PARAMS:
        if (record_length(reader) > 0)
            return FASTCGI_READ_MORE;
        go_to(reader, STAGE_STDIN);
        return make_parameters(reader) ? FASTCGI_READ_HEAD : FASTCGI_READ_WRONG;
    case FCGI_STDIN:
        return record_length(reader) > 0 ? FASTCGI_READ_MORE : FASTCGI_READ_BODY;
    default:
        return FASTCGI_READ_MORE;
    }
}

enum fastcgi_read fastcgi_reader_feed(
    struct fastcgi_reader *reader, const unsigned char **at, const unsigned char *end)
{
    enum fastcgi_read result = FASTCGI_READ_MORE;

    while (result == FASTCGI_READ_MORE) {
        if (reader->header_length < FCGI_HEADER_LEN) {
            if (!take_header(reader, at, end))
                return FASTCGI_READ_MORE;
            if (reader->header[0] != FCGI_VERSION_1 || !is_expected(reader))
                return FASTCGI_READ_WRONG;
            reader->content = record_length(reader);
            reader->padding = reader->header[6];
        }
        if (!take_content(reader, at, end))
            return FASTCGI_READ_WRONG;
        (void)take_part(&reader->padding, at, end);
        if (reader->content > 0 || reader->padding > 0)
            return FASTCGI_READ_MORE;
        result = end_record(reader);
    }
    return result;
}
