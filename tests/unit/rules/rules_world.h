/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_RULES_WORLD_H
#define PEERCERT_TESTS_RULES_WORLD_H

#include "rules/rules.h"
#include "rules/rules_file.h"
#include "unit/pki/pki.h"

/* Two authorities (acme, with an intermediate, and devices), certificates of both, and a folder
 * with acme.cer, sub.cer, devices.cer and other.cer, of which the last is not trusted. The
 * functions end the test when something fails. */
void rules_world_make(void);
void rules_world_free(void);

extern struct trust *world_trust;
extern char *world_dir;

/* A certificate by its name (rules_world.c lists them), and the chain that was proven for it. */
X509 *world_certificate(const char *name, STACK_OF(X509) * *proven);

/* The authority of this name: acme, sub, devices or other. */
const struct pki *world_ca(const char *name);

/* The chain of a certificate of this authority: leaf first, anchor last. Free with sk_X509_free. */
STACK_OF(X509) * world_chain(X509 *leaf, const char *issuer);

/* SHA-256 of a certificate's key or of itself, in hexadecimal, until the next call. */
const char *world_digest(const char *name, bool key);
const char *world_digest_of(const X509 *certificate, bool key);

/* Rules from this text, as if they stood in the folder's access.rules. NULL with the error. */
struct rules *world_rules(const char *text, struct list *warnings, struct error *error);

/* What the certificate may do with these rules: "yes LINE USER", "no LINE" (or "no LINE
 * no_user_name"), or "no REASON". `asked` is "METHOD HOST PATH", with `-` for what is not known,
 * and at will what rules_world.c calls settings. */
void world_decide(const struct rules *rules, const char *name, const char *asked, char words[700]);

/* The same of a certificate that acme signs for it, and GET h / by the rules of this text. */
void world_decide_made(const char *text, const struct pki_spec *spec, char words[700]);

#endif
