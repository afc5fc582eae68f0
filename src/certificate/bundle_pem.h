/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_BUNDLE_PEM_H
#define PEERCERT_BUNDLE_PEM_H

#include "certificate/bundle.h"

/* For bundle.c alone: the blocks of a PEM file (RFC 7468). */

/* True when the bytes are text in which a PEM block may begin; DER that holds such text is none. */
bool bundle_looks_like_pem(const struct bytes *file);

/* What is done with each block: its label and its decoded bytes; of private keys the bytes are not
 * decoded (`data` is NULL). false ends the reading, with the error set. */
typedef bool bundle_block(struct bundle *bundle, const char *name, const char *label,
    const unsigned char *data, size_t length, struct error *error);

/* Reads the blocks one after the other, to the end of the file. Lines outside of blocks are passed
 * over, and so is a block that is commented out; what may be a damaged first or last line of a
 * block is refused, with the number of the line: the operator would have fewer anchors, or no CRL,
 * without a word. A block may begin in the line in which another ends, and be indented. `error` is
 * not NULL. */
bool bundle_read_pem(struct bundle *bundle, const char *name, const struct bytes *file,
    bundle_block *block, struct error *error);

/* Hands on what reads as a block of this label, whatever stands around it, and though its last line
 * is missing. What `block` says does not matter. */
void bundle_salvage_pem(
    struct bundle *bundle, const struct bytes *file, const char *label, bundle_block *block);

/* True for the label of any private key. */
bool bundle_is_private_key(const char *label);

#endif
