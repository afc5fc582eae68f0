/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_H
#define PEERCERT_OCSP_H

#include "base/error.h"
#include "base/worker_slots.h"
#include "config/config.h"
#include "trust/trust.h"
#include "verify/verify.h"
#include <stdint.h>

/* Asks an OCSP responder (RFC 6960) about certificates that are valid in all else, and about the
 * client's own alone. Its parts know little of each other: ocsp_fetch the network, ocsp_answer what
 * an answer is worth, ocsp_cache who asks and what is known. Safe in several threads at once. */
struct ocsp;

/* So many requests wait for their turn to ask at the most, besides those that ask; each has a
 * thread meanwhile. */
#define OCSP_MOST_QUEUED 64

/* Makes it for --ocsp soft or hard. A worker gives its slot back while it waits
 * for a responder; `slots` may be NULL. Both are borrowed as long as it lives. NULL with
 * ERROR_USAGE (a bad --ocsp-url or --ocsp-allow, or neither) or ERROR_MEMORY; free with ocsp_free.
 */
struct ocsp *ocsp_new(const struct config *config, struct worker_slots *slots, struct error *error);

/* Accepts NULL. */
void ocsp_free(struct ocsp *ocsp);

/* For the end of the program: beyond this moment (clock_milliseconds) no responder is waited for,
 * and who waits for one goes on within half a second, without an answer. Accepts NULL. */
void ocsp_end(struct ocsp *ocsp, int64_t moment);

/* The responder's word on a certificate that is valid so far: asks only when *verdict says valid,
 * and changes it. `revoked` makes it revoked; when nothing is known --ocsp hard makes it
 * revocation_unknown, and soft leaves it valid and says why in ocsp_words. `issuer` is the leaf's
 * in the proven chain. Never asks with --at: a responder speaks of now. `ocsp` may be NULL: then
 * nobody is asked. May wait for the network as long as --ocsp-timeout says. */
void ocsp_ask(struct ocsp *ocsp, X509 *leaf, X509 *issuer, const struct trust *trust,
    struct verdict *verdict);

#endif
