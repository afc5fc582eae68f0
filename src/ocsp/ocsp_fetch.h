/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_FETCH_H
#define PEERCERT_OCSP_FETCH_H

#include "base/error.h"
#include "certificate/certificate.h"
#include "ocsp/ocsp_limit.h"
#include "ocsp/ocsp_url.h"

/* Bytes of an answer at the most. */
#define OCSP_MAX_ANSWER ((size_t)64 * 1024)

/* The network, and nothing of certificates or trust: sends a request's bytes to a responder by HTTP
 * POST (RFC 6960 appendix A.1) and brings the answer's. No redirect is followed and no proxy is
 * used, whatever the environment names. All of it, with looking up and connecting, ends with the
 * limit; a refused connection is not tried again. Fills *answer, whose data the caller frees with
 * free(); false with ERROR_INPUT (what is wrong with the responder, safe to show), ERROR_MEMORY or
 * ERROR_LIBRARY. */
bool ocsp_fetch(const struct ocsp_url *url, const struct bytes *request,
    const struct ocsp_limit *limit, struct bytes *answer, struct error *error);

#endif
