/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_OCSP_HTTP_H
#define PEERCERT_OCSP_HTTP_H

#include "base/error.h"

/* Sets the error to what libcrypto's HTTP client found wrong with a responder's answer, from its
 * error queue, which is emptied: the status code, a redirect, another Content-Type. */
void ocsp_http_set_fault(struct error *error);

#endif
