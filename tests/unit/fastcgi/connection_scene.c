/* SPDX-License-Identifier: ISC */
#include "unit/fastcgi/connection_scene.h"

#include <criterion/criterion.h>
#include <fastcgi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void handle(void *context, struct request *request)
{
    static char part[10000];
    struct scene *scene = context;
    size_t left, length;
    char *const *at;

    memset(part, 'x', sizeof(part));
    scene->answered++;
    scene->role = request->role;
    scene->parameters = 0;
    for (at = request->parameters; at != NULL && *at != NULL; at++)
        scene->parameters += strchr(*at, '=') != NULL;
    if (scene->words != NULL)
        (void)request_write(request, scene->words, strlen(scene->words));
    for (left = scene->length; left > 0; left -= length) {
        length = left < sizeof(part) ? left : sizeof(part);
        (void)request_write(request, part, length);
    }
    if (scene->flush)
        (void)request_flush(request);
    if (scene->give_up)
        request_abort(request);
}

static void connect_pair(struct scene *scene)
{
    int pair[2];

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    fastcgi_connection_begin(&scene->connection, pair[0]);
    scene->theirs = pair[1];
}

static void close_both(struct scene *scene)
{
    fastcgi_connection_close(&scene->connection);
    (void)close(scene->theirs);
}

void scene_begin(struct scene *scene)
{
    *scene = (struct scene){.words = "words", .worker = {.handler = handle, .context = scene}};
    connect_pair(scene);
}

void scene_reconnect(struct scene *scene)
{
    close_both(scene);
    connect_pair(scene);
}

void scene_end(struct scene *scene)
{
    close_both(scene);
    fastcgi_writer_end(&scene->worker.writer);
}

void scene_put(const struct scene *scene, const struct wire *wire, size_t from, size_t length)
{
    cr_assert_eq(send(scene->theirs, wire->bytes + from, length, MSG_NOSIGNAL), (ssize_t)length);
}

enum fastcgi_wait scene_advance(struct scene *scene)
{
    return fastcgi_connection_advance(&scene->connection, &scene->worker);
}

enum fastcgi_wait scene_send_wire(struct scene *scene, struct wire *wire)
{
    scene_put(scene, wire, 0, wire->length);
    wire_free(wire);
    return scene_advance(scene);
}

enum fastcgi_wait scene_send_request(struct scene *scene)
{
    struct wire *wire = wire_new();

    add_request(wire);
    return scene_send_wire(scene, wire);
}

void scene_receive(const struct scene *scene, struct got *got)
{
    unsigned char part[65536];
    ssize_t length;

    while ((length = recv(scene->theirs, part, sizeof(part), MSG_DONTWAIT)) > 0) {
        got->bytes = realloc(got->bytes, got->length + (size_t)length);
        memcpy(got->bytes + got->length, part, (size_t)length);
        got->length += (size_t)length;
    }
}

struct got scene_look(const struct scene *scene, struct got got)
{
    size_t at = 0;

    scene_receive(scene, &got);
    while (at < got.length) {
        const unsigned char *header = got.bytes + at;
        size_t length = (size_t)header[4] << 8 | header[5];

        cr_assert_eq(header[0], 1);
        cr_assert_leq(at + 8 + length + header[6], got.length, "a record is cut off");
        got.records++;
        got.id = header[2] << 8 | header[3];
        if (header[1] == FCGI_STDOUT) {
            cr_expect_eq(got.ends, 0);
            got.stdout_bytes += length;
        } else {
            cr_expect_eq(header[1], FCGI_END_REQUEST);
            got.ends++;
            got.protocol_status = header[12];
        }
        at += 8 + length + header[6];
    }
    free(got.bytes);
    return got;
}

struct got scene_look_now(const struct scene *scene)
{
    return scene_look(scene, (struct got){.bytes = NULL});
}

bool scene_has_ended(const struct scene *scene)
{
    char byte;

    return recv(scene->theirs, &byte, 1, MSG_DONTWAIT) == 0;
}
