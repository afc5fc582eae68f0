#ifndef PEERCERT_TRUST_H
#define PEERCERT_TRUST_H

#include "base/error.h"
#include "config/config.h"
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

/* The operator's trust at one moment: immutable, counted by reference, shared by threads. */
struct trust;

/* Loads --ca, --intermediates and --crl. Every file in --ca must hold CA certificates alone
 * (X509_check_ca says 1, or 3, a self-signed v1 root); each is a trust anchor, self-signed or not
 * (RFC 5280 section 6.1.1 d). What --intermediates names is no anchor, so anything may stand there:
 * libcrypto refuses each use of a certificate that is no CA. Returns a snapshot with one reference
 * (give it back with trust_release), or NULL with an error that names the file. What the operator
 * should know though it is no error (a private key beside the CA) is put in *warning, "" when
 * nothing. */
struct trust *trust_load(const struct config *config, struct error *warning, struct error *error);

/* Takes one more reference; returns its argument. */
struct trust *trust_retain(struct trust *trust);

/* Gives a reference back. Accepts NULL. */
void trust_release(struct trust *trust);

/* The store for X509_STORE_CTX_init: anchors and CRLs. Borrowed as long as the snapshot is held. */
X509_STORE *trust_store(const struct trust *trust);

/* The anchors, in which a path may end; borrowed. */
STACK_OF(X509) * trust_anchors(const struct trust *trust);

/* Intermediates of --intermediates, NULL when none; borrowed. */
STACK_OF(X509) * trust_intermediates(const struct trust *trust);

/* The CRLs, NULL when none; borrowed. */
STACK_OF(X509_CRL) * trust_crls(const struct trust *trust);

/* True when this very certificate is one of the anchors. */
bool trust_is_anchor(const struct trust *trust, const X509 *certificate);

/* How many anchors and CRLs there are. */
int trust_anchor_count(const struct trust *trust);
int trust_crl_count(const struct trust *trust);

/* Narrows [*from, *until) to the stretch of time around `now` in which a certificate or CRL with
 * this date (or the second after it) does not change what it says. */
void trust_narrow_interval(time_t date, time_t now, time_t *from, time_t *until);

/* The stretch of time around `now` in which no date of any anchor, intermediate or CRL of the
 * snapshot is passed. */
void trust_interval(const struct trust *trust, time_t now, time_t *from, time_t *until);

/* A number that no other snapshot of this process has. */
uint64_t trust_number(const struct trust *trust);

/* SHA-256 over all bytes that the snapshot was made from (32 bytes, borrowed): two snapshots with
 * the same digest are the same trust. */
const unsigned char *trust_digest(const struct trust *trust);

/* The digest that trust_load would find now, without building anything: for noticing a change by
 * content. false when a file cannot be read, or is none that can be read again (a FIFO, standard
 * input): it never waits for one. */
bool trust_read_digest(const struct config *config, unsigned char digest[32], struct error *error);

#endif
