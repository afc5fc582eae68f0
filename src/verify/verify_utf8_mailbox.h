/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_VERIFY_UTF8_MAILBOX_H
#define PEERCERT_VERIFY_UTF8_MAILBOX_H

#include "verify/verify_causes.h"
#include <openssl/x509v3.h>

/* A SmtpUTF8Mailbox (RFC 9598), whatever the name constraints of a CA are: constraints of mail
 * addresses are about it too (section 6). libcrypto finds it in no excluded subtree of a single
 * address, of a domain or of all addresses, nor with a host that ends in a dot or is written as an
 * A-label, and looks at no constraints of its own kind. So with an excluded subtree nothing is let
 * pass; the permitted ones libcrypto compares, and the rest of the address is looked at here.
 * CAUSE_OF_CODE when nothing is wrong, and for other names. */
enum verify_cause utf8_mailbox_judge(const NAME_CONSTRAINTS *constraints, const OTHERNAME *name);

#endif
