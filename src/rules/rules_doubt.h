/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_RULES_DOUBT_H
#define PEERCERT_RULES_DOUBT_H

#include "rules/rules_gatherer.h"

/* Names that two programs may read as two names: a deny line holds for each that
 * they may be read as, an allow line for none of these. What is doubtful is noted in
 * gatherer->doubted, failed allocations in gatherer->out_of_memory. What is compared is bounded for
 * each certificate: beyond that every value of the key is doubtful. */

/* A name that cannot be read, or only in parts: it may be any value of the key. */
void rules_doubt_all(struct rules_gatherer *gatherer, enum rules_key key);

/* Whether a name of so many bytes may be compared with each of these values. Where that would be
 * too much it is false, and all values of the key are doubtful. */
bool rules_doubt_may_compare(
    struct rules_gatherer *gatherer, struct rules_values values, size_t length);

/* Whether a host is none that is written in one way alone, as said at rules_doubt_dns. */
bool rules_host_is_odd(const char *host, size_t length);

/* Whether one is: then a deny line for it is passed by no other way to write it. */
bool rules_host_is_plain(const char *host, size_t length);

/* Whether what stands before the @ of a mail address or UPN is a Dot-string of RFC 5321 section
 * 4.1.2, with letters of UTF-8 (RFC 6531 section 3.3) and without `*`: such a mailbox is written in
 * one way alone. Others have quotes, comments, spaces or what cannot be seen, or are empty. */
bool rules_local_is_plain(const char *local, size_t length);

/* A DNS name, or the host of a mail address or UPN, is odd with `*`, an empty label, a final dot,
 * spaces, control characters, what cannot be seen, or punctuation that does not belong there. An
 * odd DNS name may be any value that stands in it, or that its `*` covers; one with control
 * characters or bytes beyond ASCII, which an IA5String does not have (RFC 5280 section 7.2), any
 * value. */
void rules_doubt_dns(struct rules_gatherer *gatherer, const char *name, size_t length);

/* A UPN, or a mail address that may have letters beyond ASCII in its host (SmtpUTF8Mailbox), which
 * may be any value that stands in it or has xn--. A plain name without a host may be any value in
 * which it stands; one that is not plain, or has an odd host or full-width characters there, any
 * value; one whose local part alone is not plain any value of its host, or whose host is odd, or
 * that stands in it. Of all other mailboxes the case alone is doubtful, also of letters beyond
 * ASCII; a mail address whose host is written as xn-- may be any value whose host has such letters.
 */
void rules_doubt_mailbox(
    struct rules_gatherer *gatherer, enum rules_key key, const char *name, size_t length);

/* The same of an rfc822Name, or the emailAddress of a subject, which are IA5Strings: with bytes
 * beyond ASCII in its host it may be any value (RFC 5280 section 7.5). */
void rules_doubt_address(struct rules_gatherer *gatherer, const char *name, size_t length);

/* A distinguished name, or a part of one, in another case (RFC 5280 section 7.1, RFC 4518 section
 * 2.2): `value` is it, and is only read from. */
void rules_doubt_case(struct rules_gatherer *gatherer, const struct rules_value *value);

/* A URI for which no pattern holds (rules_uri_is_plain), or whose host has more than a name. It may
 * be a value, or below a pattern, when it is after all that is decoded, resolved and cut off; and
 * any URI is the value that rules_uri_make_plain makes of it. */
void rules_doubt_uri(struct rules_gatherer *gatherer, const char *name, size_t length);

/* Writes a value of uri= as a deny line has to have it, with which no URI that is equal to it goes
 * past the line: without escapes that it does not need, the scheme's own port, a final dot of its
 * host, empty segments and dots. `plain` has room for a line, and gets no `*`. false when there is
 * no such form: it has characters that no URI has, or other than two slashes before its host. */
bool rules_uri_make_plain(const struct rules_value *value, char *plain);

#endif
