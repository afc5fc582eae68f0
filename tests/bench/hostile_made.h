/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_BENCH_HOSTILE_MADE_H
#define PEERCERT_BENCH_HOSTILE_MADE_H

#include <openssl/x509.h>

/* What a stranger may put into a certificate so that it costs; `customise` of struct pki_spec. */
void make_long_exponent(X509 *certificate, void *context);
void make_long_key(X509 *certificate, void *context);
void make_many_extensions(X509 *certificate, void *context);
void make_many_rdns(X509 *certificate, void *context);
void make_many_in_one_rdn(X509 *certificate, void *context);
void make_many_names(X509 *certificate, void *context);
void make_at_the_limits(X509 *certificate, void *context);

#endif
