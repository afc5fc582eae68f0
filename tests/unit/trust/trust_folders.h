/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_TRUST_FOLDERS_H
#define PEERCERT_TESTS_TRUST_FOLDERS_H

#include "unit/trust/trust_given.h"
#include <time.h>

/* Two folders whose files change, one of CAs and one of CRLs, and the snapshot of the last load. */
extern char *trust_folders[2];
extern struct config trust_config;
extern struct trust *snapshot;
void trust_folders_make(void);
void trust_folders_free(void);

/* Writes or removes a file of one of the folders. */
void trust_put_text(int folder, const char *name, const char *text);
void trust_put_ca(const char *name, const struct pki *who);
void trust_put_crl(const char *name, const struct pki_crl_spec *spec);
void trust_take_away(int folder, const char *name);

/* A CRL in PEM; free with free(). */
char *trust_crl_text(const struct pki_crl_spec *spec);

/* Loads for the first time, or after the last snapshot. */
void trust_load_at(time_t now);
void trust_load_now(void);

/* So many lists of this CA, one of which lists this serial number (0: none may). */
void trust_expect_lists(const struct pki *issuer, int wanted, long serial, const char *what);

/* Something of the last snapshot was kept, for this reason; NULL: nothing was. */
void trust_expect_kept(const char *why);

#endif
