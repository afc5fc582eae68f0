/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_FILE_H
#define PEERCERT_TRUST_FILE_H

#include "base/error.h"
#include "trust/trust_lists.h"
#include <openssl/x509.h>
#include <stdatomic.h>

enum trust_part { TRUST_CA, TRUST_INTERMEDIATES, TRUST_CRL, TRUST_PARTS };

/* For the trust module alone: what one file holds. Immutable, counted by reference, shared by
 * snapshots. */
struct trust_file {
    atomic_uint references;
    enum trust_part part;
    char *source; /* what the configuration names: the file, or its directory */
    char *path;
    bool is_regular; /* it can be read again */
    bool has_private_key;
    bool is_others; /* of a folder that is shared: it holds what another part reads, and nothing */
    unsigned char digest[32];
    STACK_OF(X509) * certificates; /* NULL when it holds CRLs */
    struct trust_lists lists;
};

/* What is needed to read files. */
struct trust_file_reading {
    const char *password;         /* NULL: none */
    struct trust_lists *salvaged; /* CRLs of files that do not read whole; NULL: none are wanted */
    bool is_shared; /* its folder is read for certificates and for CRLs: a new file may hold either
                     */
};

/* Reads a file. Returns it with one reference: `before` again when its bytes are the same, or when
 * it is none that can be read twice (a FIFO). NULL with the error. Give it back with
 * trust_file_release. */
struct trust_file *trust_file_read(enum trust_part part, const char *source, const char *path,
    struct trust_file *before, const struct trust_file_reading *reading, struct error *error);

/* Whether it is a CA's certificate, by basicConstraints or, of a root, by version 1. */
bool trust_file_is_ca(X509 *certificate);

/* Takes one more reference; returns its argument. */
struct trust_file *trust_file_retain(struct trust_file *file);
void trust_file_release(struct trust_file *file); /* accepts NULL */

#endif
