/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_GATE_H
#define PEERCERT_GATE_H

#include "fastcgi/request.h"
#include "service/service.h"

/* The gate's answer to one request, in every role: evaluates, asks the rules, says yes or no.
 *
 * A yes is `Status: 200` and the user name: `Variable-REMOTE_USER` for a front that asks an
 * authorizer (FastCGI specification section 6.3), `Peercert-User` for one that asks a responder. A
 * no is 403 with a body for the refused person, and 503 says that nothing could be decided. When
 * the answer cannot be made whole, the request is aborted: a front must never see its end without
 * it. What is asked for comes from PEERCERT_HOST, PEERCERT_PATH, PEERCERT_METHOD, REDIRECT_URI,
 * REQUEST_URI and REQUEST_METHOD, never from a header of the client's. Logs and counts the decision
 * once: not when the front asks again to show the page (PEERCERT_AGAIN). */
void gate_respond(const struct service *service, struct request *request);

/* Microseconds after which the gate says 503, whatever came of it: lighttpd waits without a limit.
 */
#define GATE_DEADLINE_US (CONFIG_GATE_SECONDS * INT64_C(1000000))
#define GATE_MARGIN_US 50000

#endif
