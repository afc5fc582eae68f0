/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_ALTERNATIVE_NAMES_H
#define PEERCERT_RULES_ALTERNATIVE_NAMES_H

#include "rules/rules_gatherer.h"
#include <openssl/x509v3.h>

/* Gathers the alternative names (NULL: none) that the rules ask for: email, dns, uri, ip and upn,
 * each looked up as it is and in the forms of the patterns that may stand for it. Returns
 * ERROR_NONE or ERROR_MEMORY. */
enum error_kind rules_alternative_names_read(
    struct rules_gatherer *gatherer, const GENERAL_NAMES *names);

/* A mail address of the subject: deny lines hold for it, allow lines do not (rules_doubt.h). What
 * is no text may be any. Returns as above. */
enum error_kind rules_alternative_names_doubt(
    struct rules_gatherer *gatherer, const ASN1_STRING *address);

#endif
