#include "base/clock.h"
#include "fastcgi/fastcgi_reader.h"

#include <criterion/criterion.h>
#include <fastcgi.h>
#include <fcgiapp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A request that is written record by record, and the socket pair that it goes through. */
struct wire {
    unsigned char bytes[700000];
    size_t length;
    int ours, theirs;
};

static struct wire *wire_new(void)
{
    struct wire *wire = calloc(1, sizeof(*wire));
    int pair[2];

    cr_assert(wire != NULL && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    wire->ours = pair[0];
    wire->theirs = pair[1];
    return wire;
}

static void wire_free(struct wire *wire)
{
    close(wire->ours);
    if (wire->theirs >= 0)
        close(wire->theirs);
    free(wire);
}

static void add_record_of(
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

static void add_record(struct wire *wire, int type, const void *content, size_t length)
{
    add_record_of(wire, type, 1, content, length, 0);
}

static void add_begin(struct wire *wire)
{
    add_record(wire, FCGI_BEGIN_REQUEST, "\0\1\1\0\0\0\0\0", 8);
}

/* A good request with two parameters, in the form that fronts send it. */
static void add_request(struct wire *wire)
{
    add_begin(wire);
    add_record(wire, FCGI_PARAMS, "\1\2Axy\14\3REQUEST_TYPEGET", 22);
    add_record(wire, FCGI_PARAMS, NULL, 0);
    add_record(wire, FCGI_STDIN, NULL, 0);
}

static void *send_all(void *context)
{
    struct wire *wire = context;
    size_t done = 0;

    while (done < wire->length) {
        ssize_t sent = send(wire->theirs, wire->bytes + done, wire->length - done, MSG_NOSIGNAL);

        if (sent <= 0)
            break;
        done += (size_t)sent;
    }
    return NULL;
}

static enum fastcgi_read read_head(struct wire *wire, struct fastcgi_reader *head)
{
    enum fastcgi_read result;
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, send_all, wire), 0);
    result = fastcgi_reader_read(head, wire->ours, clock_milliseconds() + 20000);
    shutdown(wire->ours, SHUT_RDWR);
    pthread_join(thread, NULL);
    return result;
}

static void expect(struct wire *wire, enum fastcgi_read expected, const char *what)
{
    struct fastcgi_reader head = {.params = NULL};
    enum fastcgi_read came = read_head(wire, &head);

    cr_expect_eq(came, expected, "%s: expected %d, came %d", what, expected, came);
    fastcgi_reader_free(&head);
    wire_free(wire);
}

Test(fastcgi_head, a_request_is_read_and_its_parameters_are_strings)
{
    struct wire *wire = wire_new();
    struct fastcgi_reader head = {.params = NULL};

    add_request(wire);
    cr_assert_eq(read_head(wire, &head), FASTCGI_READ);
    cr_expect_eq(head.request_id, 1);
    cr_expect_str_eq(head.parameters[0], "A=xy");
    cr_expect_str_eq(head.parameters[1], "REQUEST_TYPE=GET");
    cr_expect_null(head.parameters[2]);
    cr_expect(fastcgi_drain_nothing(&head), "the end of STDIN was there");
    cr_expect_not(fastcgi_drain_nothing(&head));
    fastcgi_reader_free(&head);
    wire_free(wire);
}

Test(fastcgi_head, libfcgi_begins_with_what_is_announced)
{
    struct wire *wire = wire_new();
    struct fastcgi_reader head = {.params = NULL};
    FCGX_Request request;
    int ends[2];

    add_request(wire);
    cr_assert_eq(read_head(wire, &head), FASTCGI_READ);
    cr_assert(pipe(ends) == 0 && fastcgi_reader_announce(&head, ends[1]));
    cr_assert_eq(FCGX_Init(), 0);
    cr_assert_eq(FCGX_InitRequest(&request, -1, 0), 0);
    request.ipcFd = ends[0];
    request.keepConnection = 1;
    cr_assert_eq(FCGX_Accept_r(&request), 0);
    cr_expect_eq(request.requestId, 1);
    cr_expect_eq(request.role, FCGI_RESPONDER);
    cr_expect_eq(request.keepConnection, 1);
    FCGX_Free(&request, 0);
    fastcgi_reader_free(&head);
    wire_free(wire);
}

/* Whatever comes after the request must keep the connection from being kept. */
Test(fastcgi_head, bytes_after_the_end_of_stdin_are_noticed)
{
    struct wire *wire = wire_new();
    struct fastcgi_reader head = {.params = NULL};

    add_request(wire);
    add_begin(wire);
    send_all(wire);
    cr_assert_eq(
        fastcgi_reader_read(&head, wire->ours, clock_milliseconds() + 20000), FASTCGI_READ);
    cr_expect_not(fastcgi_drain_nothing(&head));
    cr_expect_not(fastcgi_drain(&head, wire->ours, clock_milliseconds() + 20000));
    fastcgi_reader_free(&head);
    wire_free(wire);
}

Test(fastcgi_head, every_cut_of_a_request_is_late_or_wrong_and_never_read)
{
    size_t cut, whole;
    struct wire *model = wire_new();

    add_request(model);
    whole = model->length - 8; /* STDIN is not part of the head */
    for (cut = 0; cut < whole; cut++) {
        struct wire *wire = wire_new();
        struct fastcgi_reader head = {.params = NULL};
        enum fastcgi_read came;

        memcpy(wire->bytes, model->bytes, cut);
        wire->length = cut;
        send_all(wire);
        came = fastcgi_reader_read(&head, wire->ours, clock_milliseconds());
        cr_expect_eq(came, FASTCGI_READ_LATE, "open after %zu bytes: came %d", cut, came);
        send_all(wire);
        wire_free(wire);
        wire = wire_new();
        memcpy(wire->bytes, model->bytes, cut);
        wire->length = cut;
        send_all(wire);
        close(wire->theirs);
        wire->theirs = -1;
        came = fastcgi_reader_read(&head, wire->ours, clock_milliseconds() + 20000);
        cr_expect_eq(came, cut == 0 ? FASTCGI_READ_ENDED : FASTCGI_READ_WRONG,
            "closed after %zu bytes: came %d", cut, came);
        fastcgi_reader_free(&head);
        wire_free(wire);
    }
    wire_free(model);
}

Test(fastcgi_head, params_may_be_cut_into_records_at_every_byte)
{
    static const char params[] = "\1\2Axy\14\3REQUEST_TYPEGET";
    size_t cut;

    for (cut = 1; cut < 22; cut++) {
        struct wire *wire = wire_new();
        struct fastcgi_reader head = {.params = NULL};

        add_begin(wire);
        add_record_of(wire, FCGI_PARAMS, 1, params, cut, 7);
        add_record_of(wire, FCGI_PARAMS, 1, params + cut, 22 - cut, 1);
        add_record(wire, FCGI_PARAMS, NULL, 0);
        cr_assert_eq(read_head(wire, &head), FASTCGI_READ, "cut at %zu", cut);
        cr_expect_str_eq(head.parameters[0], "A=xy", "cut at %zu", cut);
        cr_expect_str_eq(head.parameters[1], "REQUEST_TYPE=GET", "cut at %zu", cut);
        cr_expect_null(head.parameters[2]);
        fastcgi_reader_free(&head);
        wire_free(wire);
    }
}

Test(fastcgi_head, lengths_that_parameters_claim_must_fit_what_came)
{
    static const struct {
        const char *what;
        const char *bytes;
        size_t length;
        enum fastcgi_read expected;
    } cases[] = {
        {"no parameters", "", 0, FASTCGI_READ},
        {"an empty value", "\1\0A", 3, FASTCGI_READ},
        {"four-byte lengths", "\x80\0\0\1\x80\0\0\1Ax", 10, FASTCGI_READ},
        {"an empty name", "\0\1x", 3, FASTCGI_READ_WRONG},
        {"a name longer than what came", "\5\0A", 3, FASTCGI_READ_WRONG},
        {"a value longer than what came", "\1\5Ax", 4, FASTCGI_READ_WRONG},
        {"2^31-1 bytes of value",
            "\1\xFF\xFF\xFF\xFF"
            "A",
            6, FASTCGI_READ_WRONG},
        {"2^31-1 bytes of name and value",
            "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
            "A",
            9, FASTCGI_READ_WRONG},
        {"a length that is cut off", "\1\x80\0", 3, FASTCGI_READ_WRONG},
        {"a name alone", "\1", 1, FASTCGI_READ_WRONG},
        {"an equals sign in a name", "\3\1A=Bx", 6, FASTCGI_READ_WRONG},
        {"NUL in a name", "\2\1A\0x", 5, FASTCGI_READ_WRONG},
        {"NUL in a value", "\1\3Ax\0y", 6, FASTCGI_READ_WRONG},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wire *wire = wire_new();

        add_begin(wire);
        if (cases[i].length > 0)
            add_record(wire, FCGI_PARAMS, cases[i].bytes, cases[i].length);
        add_record(wire, FCGI_PARAMS, NULL, 0);
        expect(wire, cases[i].expected, cases[i].what);
    }
}

/* One parameter whose name and value take `total` bytes with their lengths, in records. */
static struct wire *make_large(size_t total)
{
    struct wire *wire = wire_new();
    unsigned char *params = malloc(total);
    size_t value = total - 6, done = 0;

    memset(params, 'x', total);
    params[0] = 1;
    params[1] = (unsigned char)(0x80 | value >> 24);
    params[2] = (unsigned char)(value >> 16);
    params[3] = (unsigned char)(value >> 8);
    params[4] = (unsigned char)value;
    add_begin(wire);
    while (done < total) {
        size_t part = total - done < 65535 ? total - done : 65535;

        add_record(wire, FCGI_PARAMS, params + done, part);
        done += part;
    }
    add_record(wire, FCGI_PARAMS, NULL, 0);
    free(params);
    return wire;
}

Test(fastcgi_head, params_of_256_KiB_are_taken_and_a_byte_more_is_refused)
{
    struct wire *wire = make_large(FASTCGI_MAX_PARAMS);
    struct fastcgi_reader head = {.params = NULL};

    cr_assert_eq(read_head(wire, &head), FASTCGI_READ);
    cr_expect_eq(strlen(head.parameters[0]), FASTCGI_MAX_PARAMS - 6 + 2);
    cr_expect_null(head.parameters[1]);
    fastcgi_reader_free(&head);
    wire_free(wire);
    expect(make_large(FASTCGI_MAX_PARAMS + 1), FASTCGI_READ_WRONG, "a byte too much");
}

Test(fastcgi_head, parameters_are_limited_in_number)
{
    int i, extra;

    for (extra = 0; extra < 2; extra++) {
        struct wire *wire = wire_new();

        add_begin(wire);
        for (i = 0; i < FASTCGI_MAX_PARAMETERS + extra; i += 1024) {
            unsigned char pairs[3 * 1024];
            int count = FASTCGI_MAX_PARAMETERS + extra - i < 1024
                            ? FASTCGI_MAX_PARAMETERS + extra - i
                            : 1024;
            int j;

            for (j = 0; j < count; j++)
                memcpy(pairs + 3 * j, "\1\0A", 3);
            add_record(wire, FCGI_PARAMS, pairs, (size_t)(3 * count));
        }
        add_record(wire, FCGI_PARAMS, NULL, 0);
        expect(wire, extra == 0 ? FASTCGI_READ : FASTCGI_READ_WRONG, "many parameters");
    }
}

Test(fastcgi_head, what_is_no_request_is_wrong)
{
    struct wire *wire = wire_new();
    int i;

    add_request(wire);
    wire->bytes[0] = 2;
    expect(wire, FASTCGI_READ_WRONG, "version 2");
    wire = wire_new();
    add_record(wire, FCGI_PARAMS, "\1\0A", 3);
    expect(wire, FASTCGI_READ_WRONG, "PARAMS before BEGIN_REQUEST");
    wire = wire_new();
    add_begin(wire);
    add_begin(wire);
    expect(wire, FASTCGI_READ_WRONG, "a second BEGIN_REQUEST");
    wire = wire_new();
    add_begin(wire);
    add_record_of(wire, FCGI_PARAMS, 2, "\1\0A", 3, 0);
    expect(wire, FASTCGI_READ_WRONG, "PARAMS of another request");
    wire = wire_new();
    add_record_of(wire, FCGI_BEGIN_REQUEST, 0, "\0\1\1\0\0\0\0\0", 8, 0);
    expect(wire, FASTCGI_READ_WRONG, "a request with the null id");
    wire = wire_new();
    add_begin(wire);
    add_record(wire, FCGI_ABORT_REQUEST, NULL, 0);
    expect(wire, FASTCGI_READ_WRONG, "aborted before it was whole");
    wire = wire_new();
    for (i = 0; i < 5000; i++)
        add_record(wire, FCGI_ABORT_REQUEST, NULL, 0);
    expect(wire, FASTCGI_READ_WRONG, "no end of records without a request");
}

Test(fastcgi_head, a_late_abort_is_passed_over_and_get_values_is_answered)
{
    struct wire *wire = wire_new();
    struct fastcgi_reader head = {.params = NULL};
    unsigned char answer[64];
    ssize_t length;

    add_record(wire, FCGI_ABORT_REQUEST, NULL, 0);
    add_record_of(wire, FCGI_GET_VALUES, 0, "\17\0FCGI_MPXS_CONNS", 17, 0);
    add_request(wire);
    send_all(wire);
    cr_assert_eq(
        fastcgi_reader_read(&head, wire->ours, clock_milliseconds() + 20000), FASTCGI_READ);
    length = recv(wire->theirs, answer, sizeof(answer), MSG_DONTWAIT);
    cr_assert_eq(length, 32, "%zd bytes", length);
    cr_expect_eq(answer[1], FCGI_GET_VALUES_RESULT);
    cr_expect_arr_eq(answer + 8, "\17\1FCGI_MPXS_CONNS0", 18);
    fastcgi_reader_free(&head);
    wire_free(wire);
}

Test(fastcgi_head, a_body_is_drained_to_its_end_and_what_comes_after_it_is_noticed)
{
    static const char body[30000] = {0};
    static const struct {
        size_t bytes;
        bool ended, followed, expected;
    } cases[] = {{0, true, false, true}, {60000, true, false, true}, {90000, true, false, false},
        {60000, false, false, false}, {60000, true, true, false}, {0, true, true, false}};
    size_t i, done;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wire *wire = wire_new();
        struct fastcgi_reader head = {.params = NULL};
        bool came;

        add_request(wire);
        wire->length -= 8;
        for (done = 0; done < cases[i].bytes; done += sizeof(body))
            add_record(wire, FCGI_STDIN, body, sizeof(body));
        if (cases[i].ended)
            add_record(wire, FCGI_STDIN, NULL, 0);
        if (cases[i].followed)
            add_record_of(wire, FCGI_GET_VALUES, 0, NULL, 0, 0);
        send_all(wire);
        close(wire->theirs);
        wire->theirs = -1;
        cr_assert_eq(
            fastcgi_reader_read(&head, wire->ours, clock_milliseconds() + 20000), FASTCGI_READ);
        came = fastcgi_drain(&head, wire->ours, clock_milliseconds() + 20000);
        cr_expect_eq(came, cases[i].expected, "case %zu: came %d", i, came);
        fastcgi_reader_free(&head);
        wire_free(wire);
    }
}
