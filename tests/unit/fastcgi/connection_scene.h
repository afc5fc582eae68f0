/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_CONNECTION_SCENE_H
#define PEERCERT_TESTS_CONNECTION_SCENE_H

#include "fastcgi/fastcgi_connection.h"
#include "unit/fastcgi/records.h"

/* What a request is answered with, and the two ends of its connection. */
struct scene {
    struct fastcgi_worker worker;
    struct fastcgi_connection connection;
    int theirs;
    const char *words; /* NULL: none */
    size_t length;     /* so many bytes more */
    bool flush, give_up;
    int answered;
    enum request_role role; /* of the last one */
    int parameters;         /* its number of them */
};

/* The answer is "words" until the test changes it. */
void scene_begin(struct scene *scene);
void scene_end(struct scene *scene);

/* Another connection in place of the one that was. */
void scene_reconnect(struct scene *scene);

void scene_put(const struct scene *scene, const struct wire *wire, size_t from, size_t length);
enum fastcgi_wait scene_advance(struct scene *scene);

/* Sends a wire's bytes, frees it, and lets the connection go on. */
enum fastcgi_wait scene_send_wire(struct scene *scene, struct wire *wire);
enum fastcgi_wait scene_send_request(struct scene *scene);

/* What has come: the content of STDOUT, and how many requests were ended. */
struct got {
    unsigned char *bytes;
    size_t length;
    size_t stdout_bytes;
    int records, ends, protocol_status, id;
};

/* Appends what is there. */
void scene_receive(const struct scene *scene, struct got *got);

/* Receives the rest, reads all of it as records, and frees the bytes. */
struct got scene_look(const struct scene *scene, struct got got);
struct got scene_look_now(const struct scene *scene);

/* Whether the connection has sent its end. */
bool scene_has_ended(const struct scene *scene);

#endif
