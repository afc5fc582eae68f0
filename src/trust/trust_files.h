#ifndef PEERCERT_TRUST_FILES_H
#define PEERCERT_TRUST_FILES_H

#include "base/error.h"
#include "certificate/bundle.h"
#include "config/config.h"
#include <stdbool.h>

/* For trust.c alone: what the files of the configuration hold. Zero it before use; free with
 * trust_files_free. */
struct trust_files {
    struct bundle anchors;
    struct bundle intermediates;
    struct bundle crls;
};

/* Goes through all files of --ca, --intermediates and --crl once and makes the digest of their
 * bytes. With `files` NULL nothing is decoded, and what is not a regular file is refused: it cannot
 * be read twice. *warning (may be NULL) gets what the operator should know. false with an error
 * that names the file. */
bool trust_files_read(struct trust_files *files, const struct config *config,
    unsigned char digest[32], struct error *warning, struct error *error);

/* Accepts NULL. */
void trust_files_free(struct trust_files *files);

#endif
