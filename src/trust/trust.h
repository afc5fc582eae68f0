/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_H
#define PEERCERT_TRUST_H

#include "base/error.h"
#include "base/list.h"
#include "config/config.h"
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

/* The operator's trust at one moment: immutable, counted by reference, shared by threads. */
struct trust;

/* Where the trust comes from: paths of files or directories. Borrowed. */
struct trust_options {
    const struct list *ca;
    const struct list *intermediates;
    const struct list *crl;
    const char *password_file; /* of PKCS#12 files among the CAs; NULL: none */
};

/* The options in a configuration, which must outlive them. */
struct trust_options trust_options_of(const struct config *config);

/* Loads the files. Every file of `ca` must hold CA certificates alone (X509_check_ca says 1, or 3,
 * a self-signed v1 root); each is a trust anchor, self-signed or not (RFC 5280 section 6.1.1 d),
 * unless another of these certificates issued it: then it is checked like an intermediate, and its
 * issuer's revocations, path length and name constraints count. What `intermediates` names is no
 * anchor, so anything may stand there: libcrypto refuses each use of a certificate that is no CA.
 * Returns a snapshot with one reference (give it back with trust_release), or NULL with an error
 * that names the file: at a start everything must read. */
struct trust *trust_load(const struct trust_options *options, struct error *error);

/* Loads the files in place of an earlier snapshot, which is borrowed. The unit is the file: one
 * that reads whole counts as it is now, one that does not keeps what it last held, and so does a
 * directory that cannot be listed. Every authentic CRL that can be read counts at once. A CRL on
 * which answers relied stays until an authentic one takes its place: of the same issuer name and
 * key, and with neither a lower cRLNumber (RFC 5280 section 5.2.3) nor an earlier thisUpdate; one
 * that is not due at `now` waits beside it. trust_kept tells what is kept, and why. NULL with an
 * error when memory ran out. */
struct trust *trust_load_after(const struct trust *before, const struct trust_options *options,
    time_t now, struct error *error);

/* Whether two snapshots have the same content, keep the same and warn of the same. */
bool trust_is_same(const struct trust *one, const struct trust *other);

/* Takes one more reference; returns its argument. */
struct trust *trust_retain(struct trust *trust);

/* Gives a reference back. Accepts NULL. */
void trust_release(struct trust *trust);

/* Something in a snapshot that is not as the files are. */
struct trust_kept {
    char *what;        /* a path, or "the CRL of NAME" */
    const char *shown; /* the same without the folders of a path, for anybody; part of `what` */
    char *why;
    time_t since;
    bool held; /* what was there before still counts; otherwise there was nothing */
};

/* What is kept; borrowed. Empty when the trust is what the files say. */
size_t trust_kept_count(const struct trust *trust);
const struct trust_kept *trust_kept(const struct trust *trust, size_t number);

/* The same as a sentence, "FILE is kept as it was at 2026-11-27T07:00:00Z: WHY". Free with free();
 * NULL when memory ran out. */
char *trust_kept_words(const struct trust_kept *kept);

/* The same for clients, who are not told where the operator's files are: "crl.pem is kept ...". */
char *trust_kept_public_words(const struct trust_kept *kept);

/* What the operator should know though it is no error, as sentences: a private key beside the CA, a
 * CRL that proves nothing good, a CA below another, files that were passed over. Borrowed. */
const struct list *trust_warnings(const struct trust *trust);

/* The operator's certificates for chains that are no anchors, NULL when none; borrowed. CA
 * certificates of `ca` that another one issued are among them. */
STACK_OF(X509) * trust_intermediates(const struct trust *trust);

/* The anchors alone, and those of them that did not sign themselves: the CA above them is not known
 * here, but a client may send it. Borrowed. */
STACK_OF(X509) * trust_anchors(const struct trust *trust);
STACK_OF(X509) * trust_issued_anchors(const struct trust *trust);

/* True when this very certificate is one of the operator's CA certificates, an anchor or one below
 * an anchor. */
bool trust_is_anchor(const struct trust *trust, const X509 *certificate);

/* How many CA certificates (of `ca`) and CRLs there are. */
int trust_anchor_count(const struct trust *trust);
int trust_crl_count(const struct trust *trust);

/* The first notAfter of a CA certificate, intermediate ones among them, and the first nextUpdate of
 * a CRL, past ones among them; 0 when there is none that can be read. What ends earlier than a
 * certificate of the same name and key does not count, nor does a CRL that another one of the same
 * issuer, key and scope continues without a gap, or has taken the place of by `now`. */
time_t trust_first_ca_end(const struct trust *trust);
time_t trust_first_crl_end(const struct trust *trust, time_t now);

/* Narrows [*from, *until) to the stretch of time around `now` in which a certificate or CRL with
 * this date (or the second after it) does not change what it says. */
void trust_narrow_interval(time_t date, time_t now, time_t *from, time_t *until);

/* The stretch of time around `now` in which no date of any anchor, intermediate or CRL of the
 * snapshot is passed. */
void trust_interval(const struct trust *trust, time_t now, time_t *from, time_t *until);

/* A number that no other snapshot of this process has. */
uint64_t trust_number(const struct trust *trust);

#endif
