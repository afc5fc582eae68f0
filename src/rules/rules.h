/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_H
#define PEERCERT_RULES_H

#include "base/error.h"
#include "base/list.h"
#include "trust/trust.h"
#include "verify/verdict.h"
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Access rules: who may have what. A file of lines; the first line that holds decides, and when
 * none holds the answer is no. peercert(8), section RULES, has the grammar.
 *
 * What this module does NOT do: verify. Only a certificate whose verdict is `valid` may be brought
 * here, with the chain that verify_certificate proved. */

/* Limits of a rule file. */
#define RULES_MAX_LINE 4096
#define RULES_MAX_LINES 10000
/* Bytes of a user name at the most, after escaping; a longer one is no_user_name. */
#define RULES_USER_MAX 512
/* Nearest misses that are told. */
#define RULES_MAX_MISSES 3

/* The rules of one file at one moment: immutable, counted by reference, shared by threads. */
struct rules;

/* Which of the rules' lines one certificate meets as far as the certificate tells, and the names it
 * bears: made once for each certificate and rules, good for as long as both. Immutable, safe in
 * several threads at once; does not need the certificate, the chain or the trust any more. */
struct rules_subject;

/* Loads a file, whole or not at all. `trust` is borrowed for the call: an `issuer` that names a
 * file must be among its certificates. The file must be a regular one that neither group nor others
 * may write to. Returns rules with one reference (rules_release), or NULL with an error that names
 * file and line: ERROR_INPUT, ERROR_FILE, ERROR_MEMORY or ERROR_LIBRARY. What the operator should
 * know though it is no error is appended to *warnings (may be NULL), each with file and line. */
struct rules *rules_load(
    const char *path, const struct trust *trust, struct list *warnings, struct error *error);

/* Takes one more reference; returns its argument. */
struct rules *rules_retain(struct rules *rules);

/* Gives a reference back. Accepts NULL. */
void rules_release(struct rules *rules);

/* A number that no other rules of this process have, for cache keys; never 0. */
uint64_t rules_number(const struct rules *rules);

/* When they were loaded. */
time_t rules_loaded_at(const struct rules *rules);

/* The number of the first line with revocation=; 0 when none has it. */
size_t rules_revocation_line(const struct rules *rules);

/* True with `set explain full`: the deciding line and the nearest miss may be told to a client
 * whose certificate is valid. */
bool rules_explain_to_clients(const struct rules *rules);

/* The allow and deny lines in the order of the file, by index from 0. */
struct rules_rule {
    bool allow;
    size_t line;      /* of the file, from 1 */
    const char *name; /* FILE:LINE or FILE:LINE (LABEL): the same in log, metrics and explain */
    const char *text; /* as written, without comment and surrounding spaces; safe to show */
    const char *when; /* of that what it asks of the request, "" when nothing */
};
size_t rules_count(const struct rules *rules);
/* Borrowed as long as the rules. */
const struct rules_rule *rules_rule(const struct rules *rules, size_t index);

/* How many lines there are of each kind: "issuer", "group", "map", "allow", "deny"; 0 for others.
 */
size_t rules_count_of(const struct rules *rules, const char *kind);

/* Reads from a valid certificate what the rules ask about it. `proven` is the chain of
 * verify_certificate, leaf first, anchor last. Borrows all for the call. Returns a subject for
 * rules_subject_free, or NULL with ERROR_MEMORY or ERROR_LIBRARY: then nothing may be decided
 * (not_judged). */
struct rules_subject *rules_subject_new(
    const struct rules *rules, X509 *leaf, STACK_OF(X509) * proven, struct error *error);

/* Accepts NULL. */
void rules_subject_free(struct rules_subject *subject);

/* Bytes that it takes, for the cache's budget. */
size_t rules_subject_size(const struct rules_subject *subject);

/* True when the certificate meets the identity part of the rule at this index. */
bool rules_subject_meets(const struct rules_subject *subject, size_t index);

/* The name of an issuer of the rules that is in the certificate's chain, the nearest to the anchor;
 * NULL when none is. */
const char *rules_subject_issuer(const struct rules *rules, const struct rules_subject *subject);

/* What is asked for, as the front server says it (never from HTTP_ variables, but for the host that
 * the front passes on). All strings are borrowed and may be NULL: not known. */
struct rules_request {
    const char *host;     /* with or without port and final dot, any case */
    const char *path;     /* that the front serves (PEERCERT_PATH, REDIRECT_URI), if it says */
    bool path_is_encoded; /* `path` has %XX where the client would write it (REDIRECT_URI) */
    const char *raw_path; /* as the client wrote it (REQUEST_URI), with its query */
    const char *method;
    const char *remote_address;
    time_t now;
    bool revocation_good;          /* a CRL or an OCSP response says so */
    time_t revocation_this_update; /* its thisUpdate; 0 when not known */
};

/* Puts into the request what the verdict knows of revocation. */
void rules_request_set_revocation(struct rules_request *request, const struct verdict *verdict);

enum rules_reason {
    RULES_RULE,           /* a line decided */
    RULES_NO_RULE,        /* none held */
    RULES_AMBIGUOUS_PATH, /* front and application could understand the path differently */
    RULES_NO_USER_NAME,   /* an allow line held, but the user name is missing or not unique */
    RULES_REVOCATION_OLD, /* none held, and one would have, had it not been for revocation= */
};
#define RULES_REASON_COUNT (RULES_REVOCATION_OLD + 1)

/* "rule", "no_rule", "ambiguous_path", "no_user_name", "revocation_old". */
const char *rules_reason_name(enum rules_reason reason);

struct rules_decision {
    bool allowed;
    enum rules_reason reason;
    const struct rules_rule *rule; /* that decided, borrowed from the rules; NULL: none */
    char user[RULES_USER_MAX + 1]; /* not empty when allowed: letters, digits, .-_@+:/ and %XX */
};

/* Decides. `subject` is of these rules. Allocates nothing and cannot fail; safe in several threads
 * at once. Compares host, path, method, address, time and revocation alone. */
void rules_decide(const struct rules *rules, const struct rules_subject *subject,
    const struct rules_request *request, struct rules_decision *decision);

/* False when a rule is for another host, path, method or address than those of the request that are
 * given (not NULL). */
bool rules_concerns(const struct rules *rules, size_t index, const struct rules_request *request);

/* The first key of a rule of which the request says nothing, or nothing that can be read: "host",
 * "method" or "from"; NULL when there is none. A deny line holds then, an allow line does not. */
const char *rules_unknown_key(
    const struct rules *rules, size_t index, const struct rules_request *request);

/* Why the request's raw path is ambiguous, as part of a sentence; a constant. */
const char *rules_path_fault(const struct rules *rules, const struct rules_request *request);

/* The user name that the allow line at this index gives the certificate. false with "" when there
 * is none, or more than one. */
bool rules_user(const struct rules *rules, const struct rules_subject *subject, size_t index,
    char user[RULES_USER_MAX + 1]);

/* An allow line that does not hold, and why. */
struct rules_miss {
    const struct rules_rule *rule; /* borrowed from the rules */
    char words[384];               /* "group=ops does not hold: needs ou=Ops (it has Sales)" */
};

/* The allow lines that come nearest to holding (fewest keys that fail, keys of identity weighing
 * more, earlier lines first). Fills `misses` and returns how many. Looks at every allow line, so it
 * costs more than the decision: some 100 us with 10,000 lines; who serves bounds how often. None
 * when memory runs out. Not for an ambiguous path. */
size_t rules_nearest(const struct rules *rules, const struct rules_subject *subject,
    const struct rules_request *request, struct rules_miss misses[RULES_MAX_MISSES]);

#endif
