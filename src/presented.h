#ifndef PEERCERT_PRESENTED_H
#define PEERCERT_PRESENTED_H

#include "forwarded.h"
#include "identity.h"
#include "verify.h"
#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

/* A certificate as it was presented, decoded: by a front server or, with --check, in a file. Free
 * with presented_free. */
struct presented {
    X509 *certificate;
    STACK_OF(X509) * chain; /* what came with it, untrusted; NULL when nothing did */
    struct identity *identity;
};

/* Decodes what was forwarded. Returns true when there is a certificate to verify. Otherwise
 * *verdict says absent, malformed or not_judged; what turns out to be no certificate only here
 * becomes FORWARDED_MALFORMED, with its reason, in *forwarded too. */
bool presented_decode(
    struct presented *presented, struct forwarded *forwarded, time_t now, struct verdict *verdict);

/* Frees what presented_decode made. */
void presented_free(struct presented *presented);

#endif
