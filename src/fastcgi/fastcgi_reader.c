#include "fastcgi/fastcgi_reader.h"
#include "base/clock.h"

#include <errno.h>
#include <fastcgi.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Records of a request's head, and of a body that is thrown away, at the most: empty ones cost the
 * peer nothing. */
#define MAX_RECORDS 4096

struct record {
    unsigned type;
    uint16_t request_id;
    size_t length;
    size_t padding;
};

static enum fastcgi_read wait_readable(int fd, int64_t deadline)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    int64_t left = deadline - clock_milliseconds();
    int ready;

    if (left <= 0)
        return FASTCGI_READ_LATE;
    ready = poll(&waiting, 1, left < 60000 ? (int)left : 60000);
    return ready < 0 && errno != EINTR ? FASTCGI_READ_WRONG : FASTCGI_READ;
}

/* Waits for bytes and takes at most `size` of them. */
static enum fastcgi_read receive(
    int fd, unsigned char *buffer, size_t size, int64_t deadline, size_t *length)
{
    for (;;) {
        ssize_t got = recv(fd, buffer, size, MSG_DONTWAIT);

        if (got > 0) {
            *length = (size_t)got;
            return FASTCGI_READ;
        }
        if (got == 0 || errno == ECONNRESET)
            return FASTCGI_READ_ENDED;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            enum fastcgi_read result = wait_readable(fd, deadline);

            if (result != FASTCGI_READ)
                return result;
        } else if (errno != EINTR) {
            return FASTCGI_READ_WRONG;
        }
    }
}

/* Reads exactly `length` bytes. FASTCGI_READ_ENDED only when not one of them came. */
static enum fastcgi_read read_exactly(
    struct fastcgi_reader *head, int fd, void *buffer, size_t length, int64_t deadline)
{
    unsigned char *to = buffer;
    size_t done = 0;

    while (done < length) {
        size_t part = head->input_end - head->input_at;

        if (part > 0) {
            part = part < length - done ? part : length - done;
            memcpy(to + done, head->input + head->input_at, part);
            head->input_at += part;
            done += part;
        } else {
            /* A peer that drips must not outlive the deadline. */
            enum fastcgi_read result =
                done > 0 && clock_milliseconds() >= deadline
                    ? FASTCGI_READ_LATE
                    : receive(fd, head->input, FASTCGI_INPUT_BYTES, deadline, &head->input_end);

            head->input_at = 0;
            if (result != FASTCGI_READ) {
                head->input_end = 0;
                return result == FASTCGI_READ_ENDED && done > 0 ? FASTCGI_READ_WRONG : result;
            }
        }
    }
    return FASTCGI_READ;
}

static enum fastcgi_read read_record(
    struct fastcgi_reader *head, int fd, struct record *record, int64_t deadline)
{
    unsigned char header[FCGI_HEADER_LEN];
    enum fastcgi_read result = read_exactly(head, fd, header, sizeof(header), deadline);

    if (result != FASTCGI_READ)
        return result;
    if (header[0] != FCGI_VERSION_1)
        return FASTCGI_READ_WRONG;
    record->type = header[1];
    record->request_id = (uint16_t)(header[2] << 8 | header[3]);
    record->length = (size_t)header[4] << 8 | header[5];
    record->padding = header[6];
    return FASTCGI_READ;
}

/* Within a request the end of the connection is always wrong. */
static enum fastcgi_read within(enum fastcgi_read result)
{
    return result == FASTCGI_READ_ENDED ? FASTCGI_READ_WRONG : result;
}

static enum fastcgi_read skip(struct fastcgi_reader *head, int fd, size_t length, int64_t deadline)
{
    unsigned char trash[4096];
    enum fastcgi_read result = FASTCGI_READ;

    while (length > 0 && result == FASTCGI_READ) {
        size_t part = length < sizeof(trash) ? length : sizeof(trash);

        result = within(read_exactly(head, fd, trash, part, deadline));
        length -= part;
    }
    return result;
}

/* FCGI_GET_VALUES (section 4.1): we take one request at a time on a connection. */
static bool answer_get_values(int fd)
{
    static const unsigned char answer[] = {FCGI_VERSION_1, FCGI_GET_VALUES_RESULT, 0, 0, 0, 18, 6,
        0, 15, 1, 'F', 'C', 'G', 'I', '_', 'M', 'P', 'X', 'S', '_', 'C', 'O', 'N', 'N', 'S', '0', 0,
        0, 0, 0, 0, 0};

    return send(fd, answer, sizeof(answer), MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(answer);
}

/* Reads records until one begins a request. */
static enum fastcgi_read read_begin(struct fastcgi_reader *head, int fd, int64_t deadline)
{
    enum fastcgi_read result;
    struct record record;
    int count;

    for (count = 0; count < MAX_RECORDS; count++) {
        result = read_record(head, fd, &record, deadline);
        if (result != FASTCGI_READ)
            return result;
        if (record.type == FCGI_BEGIN_REQUEST && record.length == sizeof(head->begin) &&
            record.request_id != FCGI_NULL_REQUEST_ID) {
            head->request_id = record.request_id;
            result = within(read_exactly(head, fd, head->begin, sizeof(head->begin), deadline));
            return result == FASTCGI_READ ? skip(head, fd, record.padding, deadline) : result;
        }
        if (record.type != FCGI_ABORT_REQUEST && record.type != FCGI_GET_VALUES)
            return FASTCGI_READ_WRONG;
        result = skip(head, fd, record.length + record.padding, deadline);
        if (result != FASTCGI_READ)
            return result;
        if (record.type == FCGI_GET_VALUES && !answer_get_values(fd))
            return FASTCGI_READ_WRONG;
    }
    return FASTCGI_READ_WRONG;
}

static enum fastcgi_read read_params_record(
    struct fastcgi_reader *head, const struct record *record, int fd, int64_t deadline)
{
    enum fastcgi_read result;

    if (record->length > FASTCGI_MAX_PARAMS - head->params_length)
        return FASTCGI_READ_WRONG;
    if (head->params_length + record->length > head->params_capacity) {
        size_t capacity = 2 * (head->params_length + record->length);
        unsigned char *params;

        if (capacity > FASTCGI_MAX_PARAMS)
            capacity = FASTCGI_MAX_PARAMS;
        params = realloc(head->params, capacity);
        if (params == NULL)
            return FASTCGI_READ_WRONG;
        head->params = params;
        head->params_capacity = capacity;
    }
    result = read_exactly(head, fd, head->params + head->params_length, record->length, deadline);
    head->params_length += record->length;
    return within(result);
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

static bool add_parameter(struct fastcgi_reader *head, size_t count, char *parameter)
{
    if (count >= FASTCGI_MAX_PARAMETERS)
        return false;
    if (count + 1 >= head->parameters_capacity) {
        size_t capacity = head->parameters_capacity != 0 ? 2 * head->parameters_capacity : 64;
        char **parameters = realloc(head->parameters, capacity * sizeof(*parameters));

        if (parameters == NULL)
            return false;
        head->parameters = parameters;
        head->parameters_capacity = capacity;
    }
    head->parameters[count] = parameter;
    head->parameters[count + 1] = NULL;
    return true;
}

/* Makes NAME=value strings of the pairs, where they stand: their lengths, two bytes at least, make
 * room for the equals sign and the NUL. false when not all pairs are whole and sound. */
static bool make_parameters(struct fastcgi_reader *head)
{
    const unsigned char *at = head->params, *end;
    unsigned char *to = head->params;
    size_t count = 0;

    if (head->params_length == 0)
        return add_parameter(head, 0, NULL);
    end = at + head->params_length;
    while (at != end) {
        size_t name = 0, value = 0;

        if (!take_length(&at, end, &name) || !take_length(&at, end, &value))
            return false;
        if (name == 0 || name > (size_t)(end - at) || value > (size_t)(end - at) - name)
            return false;
        if (memchr(at, '=', name) != NULL || memchr(at, '\0', name + value) != NULL)
            return false;
        if (!add_parameter(head, count++, (char *)to))
            return false;
        memmove(to, at, name);
        to[name] = '=';
        memmove(to + name + 1, at + name, value);
        to[name + 1 + value] = '\0';
        to += name + value + 2;
        at += name + value;
    }
    return true;
}

/* The input of an earlier request was used up, or its connection was not kept. */
static bool begin_input(struct fastcgi_reader *head)
{
    if (!head->taken) {
        head->input_at = 0;
        head->input_end = 0;
    }
    head->taken = false;
    head->params_length = 0;
    if (head->input == NULL)
        head->input = malloc(FASTCGI_INPUT_BYTES);
    return head->input != NULL;
}

bool fastcgi_reader_take(struct fastcgi_reader *head, int fd)
{
    ssize_t got;

    head->taken = false;
    if (!begin_input(head))
        return true;
    got = recv(fd, head->input, FASTCGI_INPUT_BYTES, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    if (got > 0) {
        head->input_end = (size_t)got;
        head->taken = true;
    }
    return true;
}

enum fastcgi_read fastcgi_reader_read(struct fastcgi_reader *head, int fd, int64_t deadline)
{
    enum fastcgi_read result;
    struct record record;
    int count;

    if (!begin_input(head))
        return FASTCGI_READ_WRONG;
    result = read_begin(head, fd, deadline);
    for (count = 0; result == FASTCGI_READ && count < MAX_RECORDS; count++) {
        result = within(read_record(head, fd, &record, deadline));
        if (result != FASTCGI_READ)
            break;
        if (record.type != FCGI_PARAMS || record.request_id != head->request_id)
            return FASTCGI_READ_WRONG;
        if (record.length > 0)
            result = read_params_record(head, &record, fd, deadline);
        if (result == FASTCGI_READ)
            result = skip(head, fd, record.padding, deadline);
        if (result == FASTCGI_READ && record.length == 0)
            return make_parameters(head) ? FASTCGI_READ : FASTCGI_READ_WRONG;
    }
    return result != FASTCGI_READ ? result : FASTCGI_READ_WRONG;
}

static void set_header(
    unsigned char header[FCGI_HEADER_LEN], unsigned char type, uint16_t request_id, size_t length)
{
    memset(header, 0, FCGI_HEADER_LEN);
    header[0] = FCGI_VERSION_1;
    header[1] = type;
    header[2] = (unsigned char)(request_id >> 8);
    header[3] = (unsigned char)request_id;
    header[4] = (unsigned char)(length >> 8);
    header[5] = (unsigned char)length;
}

bool fastcgi_reader_has_unknown_role(const struct fastcgi_reader *head)
{
    unsigned role = (unsigned)head->begin[0] << 8 | head->begin[1];

    return role != FCGI_RESPONDER && role != FCGI_AUTHORIZER && role != FCGI_FILTER;
}

bool fastcgi_reader_refuse_role(const struct fastcgi_reader *head, int fd)
{
    unsigned char record[2 * FCGI_HEADER_LEN] = {0};

    set_header(record, FCGI_END_REQUEST, head->request_id, FCGI_HEADER_LEN);
    record[FCGI_HEADER_LEN + 4] = FCGI_UNKNOWN_ROLE;
    return send(fd, record, sizeof(record), MSG_NOSIGNAL) == (ssize_t)sizeof(record);
}

bool fastcgi_reader_announce(const struct fastcgi_reader *head, int fd)
{
    unsigned char records[3 * FCGI_HEADER_LEN];

    set_header(records, FCGI_BEGIN_REQUEST, head->request_id, sizeof(head->begin));
    memcpy(records + FCGI_HEADER_LEN, head->begin, sizeof(head->begin));
    set_header(records + (size_t)2 * FCGI_HEADER_LEN, FCGI_PARAMS, head->request_id, 0);
    return write(fd, records, sizeof(records)) == (ssize_t)sizeof(records);
}

bool fastcgi_reader_is_used_up(const struct fastcgi_reader *head)
{
    return head->input_at == head->input_end;
}

bool fastcgi_drain_nothing(struct fastcgi_reader *head)
{
    unsigned char expected[FCGI_HEADER_LEN];

    set_header(expected, FCGI_STDIN, head->request_id, 0);
    if (head->input_end - head->input_at != sizeof(expected) ||
        memcmp(head->input + head->input_at, expected, sizeof(expected)) != 0)
        return false;
    head->input_at = head->input_end;
    return true;
}

bool fastcgi_drain(struct fastcgi_reader *head, int fd, int64_t deadline)
{
    struct record record;
    size_t total = 0;
    int count;

    for (count = 0; count < MAX_RECORDS; count++) {
        if (read_record(head, fd, &record, deadline) != FASTCGI_READ || record.type != FCGI_STDIN ||
            record.request_id != head->request_id)
            return false;
        total += record.length;
        if (total > FASTCGI_MAX_STDIN ||
            skip(head, fd, record.length + record.padding, deadline) != FASTCGI_READ)
            return false;
        if (record.length == 0)
            return fastcgi_reader_is_used_up(head);
    }
    return false;
}

void fastcgi_reader_free(struct fastcgi_reader *head)
{
    free(head->params);
    free(head->parameters);
    free(head->input);
    *head = (struct fastcgi_reader){0};
}
