/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RESPOND_H
#define PEERCERT_RESPOND_H

#include "fastcgi/request.h"
#include "service/service.h"

/* Answers one request. With access rules it is the gate that answers (gate_respond), in every role,
 * unless the front asks for the report in this location (PEERCERT_PAGE=report).
 * PEERCERT_PAGE=metrics sends the counters.
 *
 * A report, from left to right: find the forwarded certificate, decode it, send who it names,
 * verify it, send the verdict, log it. GET and HEAD alone; 405 for other methods, 503 without a
 * usable trust or when nothing could be judged before anything was sent, 403 in the role of an
 * authorizer, where a 200 would let anybody in. */
void respond(const struct service *service, struct request *request);

#endif
