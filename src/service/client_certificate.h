#ifndef PEERCERT_CLIENT_CERTIFICATE_H
#define PEERCERT_CLIENT_CERTIFICATE_H

#include "certificate/identity.h"
#include "forwarded/forwarded.h"
#include "verify/verdict.h"
#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

/* A certificate as it was presented, decoded: by a front server or, with --check, in a file. Free
 * with client_certificate_free. */
struct client_certificate {
    X509 *certificate;
    STACK_OF(X509) * chain; /* what came with it, untrusted; NULL when nothing did */
    struct identity *identity;
};

/* Decodes what was forwarded. Returns true when there is a certificate to verify. Otherwise
 * *verdict says absent, malformed or not_judged; what turns out to be no certificate only here
 * becomes FORWARDED_MALFORMED, with its reason, in *forwarded too. */
bool client_certificate_decode(struct client_certificate *presented, struct forwarded *forwarded,
    time_t now, struct verdict *verdict);

/* Frees what client_certificate_decode made. */
void client_certificate_free(struct client_certificate *presented);

#endif
