/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_REQUEST_PATH_H
#define PEERCERT_REQUEST_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a path at the most, without its query; a longer one is ambiguous. */
#define REQUEST_PATH_MAX 8192

/* What the rules take back of the refusals (`set`). */
struct request_path_options {
    bool encoded_slash_literal; /* %2F is part of a name */
    bool double_slash_literal;  /* an empty segment is one like any other */
};

/* A path as it is compared: decoded once, without `;...`, an encoded slash (if allowed) as %2F. */
struct request_path {
    char text[REQUEST_PATH_MAX + 1];
    size_t length;
};

/* Reads a path as a client writes it (RFC 3986 section 3.3), up to a `?`. false when front server
 * and application could understand it differently: it does not begin with one slash, has `//`, a
 * backslash, `#`, control characters, a bad `%`, %2F, %5C, an encoded control character, %25 before
 * two hexadecimal digits (encoded or not), overlong UTF-8, or a segment that after decoding and
 * without `;...` is empty, `.` or `..`. */
bool request_path_read(
    const char *raw, const struct request_path_options *options, struct request_path *path);

/* Why request_path_choose finds a path of the client ambiguous, as part of a sentence: "it has an
 * encoded slash". A constant. */
const char *request_path_fault(const char *raw, const struct request_path_options *options);

/* Chooses the path to compare. `raw` (REQUEST_URI) is what the client wrote, `served` what the
 * front server serves; either may be NULL. The raw one must not be ambiguous in any case; the
 * served one, when there is one, is compared. `served_is_encoded` says that it is written as a
 * client would; otherwise it may be decoded already, and where that is not clear from the raw one
 * it is ambiguous. false when ambiguous. */
bool request_path_choose(const char *raw, const char *served, bool served_is_encoded,
    const struct request_path_options *options, struct request_path *path);

/* The second way in which a path that was chosen may be understood: by an application that gets the
 * raw one, when that has what the options take back, an encoded slash or two slashes, which the
 * front server decodes or merges. false when there is none that differs. */
bool request_path_second(const char *raw, const char *served,
    const struct request_path_options *options, const struct request_path *chosen,
    struct request_path *second);

/* Decodes encoded slashes and merges slashes that follow each other, as an application may that
 * gets the path as the client wrote it. false when there are none. */
bool request_path_make_plain(struct request_path *path);

/* Cuts off what is behind a ? or #, which were encoded in the request: who takes a decoded path for
 * a URL does so (Apache httpd's mod_rewrite and mod_proxy did, CVE-2024-38473 and others). false
 * when there is none. */
bool request_path_cut(struct request_path *path);

/* Whether the path is in the folder (itself, or below; `folder` is without its final slash). */
bool request_path_is_in(const struct request_path *path, const char *folder, size_t length);

#endif
