/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_VERIFY_HELPERS_H
#define PEERCERT_TESTS_VERIFY_HELPERS_H

#include "unit/pki/pki.h"
#include "verify/verify.h"

#define VERIFY_MOST 12

/* What is trusted, what came along, and how it is judged. All zero but `ca` is a plain setup at
 * security level 2. The lists end with NULL. */
struct setup {
    const struct pki *ca[VERIFY_MOST];
    const struct pki *intermediates[VERIFY_MOST];
    X509_CRL *crls[VERIFY_MOST];
    const struct pki *chain[VERIFY_MOST]; /* sent with the leaf */
    bool crl_missing_ok;
    bool require_crl;
    bool crl_leaf;      /* --crl-depth leaf */
    int depth_plus_one; /* 0: the depth limit of the defaults, 10 */
    int level_plus_one; /* 0: security level 2 */
    long at;            /* seconds from now */
    time_t at_time;     /* instead, unless 0 */
    bool without_second_judge;
};

/* The configuration of a setup, whose paths are not filled in. */
void verify_configure(const struct setup *setup, struct config *config);

/* The trust of a setup as files in a temporary folder, and the configuration that names them. Free
 * with verify_files_free. */
struct verify_files {
    char *dir;
    char *ca, *intermediates, *crls;
    struct config config;
};
void verify_files_make(const struct setup *setup, struct verify_files *files);
void verify_files_free(struct verify_files *files);

/* Loads them; ends the test when that fails. Give the snapshot back with trust_release. */
struct trust *verify_files_load(const struct verify_files *files);

/* The snapshot of a setup, loaded through files like the program does; ends the test when that
 * fails. Give it back with trust_release. */
struct trust *verify_trust(const struct setup *setup, struct config *config);

/* Verifies with the options of a configuration. */
void verify_configured(X509 *leaf, STACK_OF(X509) * chain, const struct trust *trust,
    const struct config *config, time_t now, struct verdict *verdict);

/* The moment of a setup. */
time_t verify_moment(const struct setup *setup);

/* The chain of a setup; free with sk_X509_free. */
STACK_OF(X509) * verify_chain_of(const struct setup *setup);

/* Judges a certificate in a setup. Every `valid` is put before a second judge, a plain
 * X509_verify_cert that stops at its first error, which must agree. */
struct verdict verify_judge(const struct setup *setup, X509 *leaf);

/* Fails the test with the verdict in words unless it has this status. */
void verify_expect(const struct verdict *verdict, enum verdict_status wanted, const char *what);

/* Judges a certificate by our code alone, and expects this verdict with this error, and words that
 * its reason holds. */
void verify_expect_words(const struct setup *setup, const struct pki *leaf,
    enum verdict_status status, int code, const char *words);

/* Judges and expects. */
struct verdict verify_both(const struct setup *setup, const struct pki *leaf,
    enum verdict_status wanted, const char *what);

/* Judges a client with one name below a CA of `root` with one constraint, each as a section of
 * openssl.cnf has it, and expects. */
void verify_constrained(
    struct pki *root, const char *constraint, const char *name, enum verdict_status wanted);

#endif
