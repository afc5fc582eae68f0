/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_GATE_STAGE_H
#define PEERCERT_TESTS_GATE_STAGE_H

#include "base/text.h"
#include "service/respond.h"
#include "service/service_rules.h"
#include "unit/service/service_given.h"

/* Denies /secret/, allows /pub/ with the common name and /mail/ with the mail address. */
extern const char usual_rules[];

/* A gate over a CA and rules made for the test, and a request whose answer is kept. */
struct stage {
    struct service_files files;
    struct pki *client;
    char *certificate; /* "SSL_CLIENT_CERT=..." */
    struct config config;
    struct service service;
    struct text output;
    size_t writes;
    bool aborted;
};

/* Either text may be NULL: no such rules. Free with stage_free. */
struct stage *stage_new(const char *rules, const char *shadow);
void stage_free(struct stage *stage);

#define MAX_PARAMETERS 12

/* Answers a request with the client's certificate unless `bare`, and with further parameters up to
 * NULL; the answer is borrowed. */
const char *ask(struct stage *stage, enum request_role role, bool bare, const char *const *more);

#define ASK(stage, role, ...) ask(stage, role, false, (const char *const[]){__VA_ARGS__, NULL})
#define ASK_BARE(stage, role, ...) ask(stage, role, true, (const char *const[]){__VA_ARGS__, NULL})

#define GET "REQUEST_METHOD=GET"
#define PUB "REQUEST_URI=/pub/x"
#define SECRET "REQUEST_URI=/secret/x"
#define JSON "HTTP_ACCEPT=application/json"

/* The log so far; freed with free(). */
char *log_of(const struct stage *stage);

bool is_yes(const char *answer);
bool is_no(const char *answer);

#endif
