/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CLIENT_CERTIFICATE_H
#define PEERCERT_CLIENT_CERTIFICATE_H

#include "certificate/identity.h"
#include "forwarded/forwarded.h"
#include "verify/verdict.h"
#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

/* A client's certificate, decoded: from a front server or, with --check, from a file. Zero it
 * before use, free with client_certificate_free. */
struct client_certificate {
    X509 *certificate;
    STACK_OF(X509) * chain; /* what came with it, untrusted; NULL when nothing did */
    struct identity *identity;
};

/* Decodes what was forwarded, unless *client holds the decoded certificates already, and reads the
 * identity. Returns true when there is a certificate to verify. Otherwise *verdict says absent,
 * malformed or not_judged, with the reason. */
bool client_certificate_decode(struct client_certificate *client, const struct forwarded *forwarded,
    time_t now, struct verdict *verdict);

/* Frees what client_certificate_decode made. */
void client_certificate_free(struct client_certificate *client);

#endif
