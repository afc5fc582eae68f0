/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_IDENTITY_EXTENSIONS_H
#define PEERCERT_IDENTITY_EXTENSIONS_H

#include "certificate/identity.h"

/* Reads the alternative names, usages, key identifiers and unknown extensions of a certificate into
 * an identity, straight from their bytes: libcrypto's own view of them (X509_get_extension_flags
 * and the like) is kept in the certificate, and would be wrong for good when memory ran out
 * once. What cannot be read, or is there twice, is one item "unreadable". Returns ERROR_NONE,
 * ERROR_MEMORY or ERROR_LIBRARY; what was read until then is freed with the identity. */
enum error_kind identity_read_extensions(const X509 *certificate, struct identity *identity);

#endif
