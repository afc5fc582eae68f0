/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_TRUST_GIVEN_H
#define PEERCERT_TESTS_TRUST_GIVEN_H

#include "config/config.h"
#include "trust/trust.h"
#include "unit/pki/pki.h"

/* What the tests of trust are made of: a folder, two CAs, a leaf of the first. */
extern char *dir;
extern struct pki *ca, *other, *leaf;
void trust_given_make(void);
void trust_given_free(void);

/* Writes these certificates, one after the other, to a file of the folder; free its path. */
char *write_certificates(const char *name, const struct pki *const *certificates);
#define WRITE(name, ...) write_certificates(name, (const struct pki *const[]){__VA_ARGS__, NULL})

/* Writes a CRL in PEM; free its path. */
char *write_crl(const char *name, const struct pki_crl_spec *spec);

/* A configuration with one path each; NULL is none. Borrows them. */
struct config make_config(char **ca_path, char **intermediates, char **crl);

/* trust_load with the options of a configuration. */
struct trust *load_trust(const struct config *config, struct error *error);

/* It loads with so many anchors, and warns once, with these words (NULL: not at all). */
struct trust *expect_loads(const struct config *config, int anchors, const char *warning);

/* It is refused with an error that begins with the path and has these words. */
void expect_refused_config(const struct config *config, const char *path, const char *words);

#endif
