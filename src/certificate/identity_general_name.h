/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_IDENTITY_GENERAL_NAME_H
#define PEERCERT_IDENTITY_GENERAL_NAME_H

#include "certificate/shown.h"
#include <openssl/x509v3.h>

/* Appends a GeneralName (RFC 5280 section 4.2.1.6) with its kind before it: "DNS:example.org".
 * Returns ERROR_NONE, ERROR_MEMORY or ERROR_LIBRARY; when memory runs out for the string alone,
 * shown_take tells. */
enum error_kind shown_general_name(struct shown *shown, const GENERAL_NAME *name);

#endif
