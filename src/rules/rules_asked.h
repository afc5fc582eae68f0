/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_ASKED_H
#define PEERCERT_RULES_ASKED_H

#include "rules/request_host.h"
#include "rules/request_path.h"
#include "rules/rules_model.h"

/* A request in the form in which it is compared. For this module alone. */
struct rules_asked {
    const struct rules_request *request; /* borrowed */
    bool has_host;
    bool unreadable_host; /* one was given, but it is none */
    const char *method;   /* borrowed; NULL when it is none */
    bool has_path;        /* not ambiguous */
    bool has_second_path; /* which may be meant as well */
    bool has_address;
    int weekday; /* Sunday is 0 */
    int minute;  /* of the day, UTC */
    struct network address;
    char host[REQUEST_HOST_SIZE];
    struct request_path path;
    struct request_path second_path;
};

/* What the file's `set` lines say of paths. */
struct request_path_options rules_path_options(const struct rules *rules);

/* Reads a request into the form that rules are compared with. Borrows the strings. */
void rules_asked_read(
    const struct rules *rules, const struct rules_request *request, struct rules_asked *asked);

enum rules_holds {
    RULES_HOLDS,
    RULES_HOLDS_NOT,
    RULES_HOLDS_BUT_OLD, /* all but revocation= */
};

/* True when the request says nothing of host=, method= or from=, or nothing that can be read. */
bool rules_key_is_unknown(enum rules_key key, const struct rules_asked *asked);

/* Whether a term of the request holds (host ... revocation). */
bool rules_term_holds(
    const struct rules_line *line, const struct rules_term *term, const struct rules_asked *asked);

/* Whether all of them do. */
enum rules_holds rules_when_holds(const struct rules_line *line, const struct rules_asked *asked);

#endif
