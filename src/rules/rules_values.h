/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_VALUES_H
#define PEERCERT_RULES_VALUES_H

#include "rules/rules_model.h"

/* What one value of a key means. For this module alone. */

/* Fills in what follows from value->word. Values of issuer, group and label must be names; what
 * they name is found later. false with an error that names neither file nor line, nor the key. */
bool rules_value_read(
    struct rules *rules, enum rules_key key, struct rules_value *value, struct error *error);

/* Reads those of the request (host ... revocation). As above. */
bool rules_value_read_when(
    struct rules *rules, enum rules_key key, struct rules_value *value, struct error *error);

/* Keys whose values may be patterns with a `*`. */
bool rules_key_has_patterns(enum rules_key key);

/* The number of an attribute's key (NID_commonName); 0 when the key is none. */
int rules_key_nid(enum rules_key key);

/* The forms in which names are compared, for rules and certificates alike. Each writes to `out`
 * (as long as the name, with room for a NUL) and changes no length. */

/* A mailbox or UPN: its domain in lower case. *at is set to the last @, or to the length. */
void rules_form_mailbox(const char *name, size_t length, char *out, size_t *at);

/* Brings letters of ASCII into lower case, in place. */
void rules_lower(char *text, size_t length);

/* All in lower case (ASCII). */
void rules_form_lower(const char *name, size_t length, char *out);

/* A URI: scheme and host, or the namespace of a URN, in lower case (RFC 5280 section 7.4, RFC 8141
 * section 3.1); `out` is another place than `name`. Returns where its path begins (the first slash
 * behind the authority, or behind the scheme's colon when there is none), or the length. */
size_t rules_form_uri(const char *name, size_t length, char *out);

/* Whether all segments of a URI's path, which begins at `path`, are such as a pattern with a `*`
 * can hold for: not empty or dots, ASCII without spaces and `*?#%\`. */
bool rules_uri_is_plain(const char *uri, size_t path, size_t length);

#endif
