/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_SUCCESSION_H
#define PEERCERT_TRUST_SUCCESSION_H

#include "trust/trust_files.h"

/* For the trust module alone: CRLs of a snapshot beside those of the one before. */
struct trust_succession {
    const struct trust_lists *before;
    struct trust_lists *after;             /* sorted */
    const struct trust_files *kept_before; /* what was kept then, for since when */
    struct trust_files *files;             /* is told what is kept now */
    STACK_OF(X509) * cas_before;           /* anchors of the snapshot before */
    STACK_OF(X509) * cas;                  /* all CA certificates of the new one */
    time_t now;
};

/* Adds those CRLs of `before` to `after` that no authentic CRL takes the place of (trust_load_after
 * tells the rule), and leaves `after` sorted. One whose signer is not proven is dropped: no answer
 * relied on it. So is one of a root CA that was taken out. false with ERROR_MEMORY. */
bool trust_succession_keep(struct trust_succession *succession, struct error *error);

#endif
