/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_RESOLVE_H
#define PEERCERT_RULES_RESOLVE_H

#include "base/text.h"
#include "rules/rules_model.h"

/* The steps between reading the lines of a rule file and using them, in this order. For this module
 * alone. Errors name file and line. */

/* Finds the keys of the issuers, whose files are relative to the rule file. *digested (may be NULL)
 * gets the bytes of all files read. */
bool rules_resolve_issuers(struct rules *rules, const struct trust *trust, struct list *files,
    struct list *warnings, struct error *error);

/* Finds what groups, maps and issuers the lines name, adds issuer= where the file has only one, and
 * refuses groups that are part of themselves. */
bool rules_resolve(struct rules *rules, struct error *error);

/* Refuses lines that have no meaning, or never hold. */
bool rules_check_lines(struct rules *rules, struct error *error);

/* Makes what rules_count and rules_rule give, and the indexes that make decisions fast. */
bool rules_index(struct rules *rules, struct error *error);

/* Appends what the operator should know. */
bool rules_warn(const struct rules *rules, time_t now, struct list *warnings, struct error *error);

/* Says FILE:LINE: words; returns false. */
bool rules_refuse(const struct rules *rules, size_t line, struct error *error, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/* Appends FILE:LINE: words to a list. */
bool rules_tell(const struct rules *rules, size_t line, struct list *warnings, struct error *error,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* "out of memory" with the file; returns false. */
bool rules_out_of_memory(const struct rules *rules, struct error *error);

/* SHA-256 of a certificate's key (its SubjectPublicKeyInfo), or of the certificate. false with
 * ERROR_MEMORY or ERROR_LIBRARY. */
bool rules_digest(X509 *certificate, bool key, unsigned char digest[32], struct error *error);

/* Whether a line, or each line of its groups, gives a user name. */
bool rules_line_names_somebody(const struct rules *rules, const struct rules_line *line);

/* Whether a line, or a line of its groups, has serial=: below an intermediate that holds for deny
 * lines alone. */
bool rules_line_has_serial(const struct rules *rules, const struct rules_line *line);

/* Compares identity values by key and by what they stand for, for sorting. */
int rules_compare_identities(const void *one, const void *other);

/* Compares mail addresses and UPNs, or patterns for these, without regard to case: identity values
 * are sorted so first. */
int rules_compare_mailboxes(const struct rules_value *one, const struct rules_value *other);

/* Compares distinguished names, or parts of them, without regard to case: as above. */
int rules_compare_folded(const struct rules_value *one, const struct rules_value *other);

/* Compares hosts and paths (NULL first), for sorting. */
int rules_compare_values(const struct rules_value *one, const struct rules_value *other);

#endif
