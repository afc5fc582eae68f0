/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void verify_configure(const struct setup *setup, struct config *config)
{
    *config = (struct config){
        .crl_missing_ok = setup->crl_missing_ok,
        .require_crl = setup->require_crl,
        .crl_depth = setup->crl_leaf ? CONFIG_CRL_LEAF : CONFIG_CRL_CHAIN,
        .depth = setup->depth_plus_one > 0 ? setup->depth_plus_one - 1 : 10,
        .security_level = setup->level_plus_one > 0 ? setup->level_plus_one - 1 : 2,
    };
}

static char *write_certificates(const char *dir, const char *name, const struct pki *const *list)
{
    char *joined = strdup(""), *path;

    for (; *list != NULL; list++) {
        char *pem = pki_pem((*list)->certificate), *longer = NULL;

        pki_must(asprintf(&longer, "%s%s", joined, pem) > 0, "asprintf");
        free(pem);
        free(joined);
        joined = longer;
    }
    path = pki_write_text(dir, name, joined);
    free(joined);
    return path;
}

static char *write_crls(const char *dir, X509_CRL *const *list)
{
    char *joined = strdup(""), *path;

    for (; *list != NULL; list++) {
        char *pem = pki_crl_pem(*list), *longer = NULL;

        pki_must(asprintf(&longer, "%s%s", joined, pem) > 0, "asprintf");
        free(pem);
        free(joined);
        joined = longer;
    }
    path = pki_write_text(dir, "crls.pem", joined);
    free(joined);
    return path;
}

void verify_files_make(const struct setup *setup, struct verify_files *files)
{
    *files = (struct verify_files){.dir = pki_temp_dir()};
    verify_configure(setup, &files->config);
    files->ca = write_certificates(files->dir, "ca.pem", setup->ca);
    files->config.ca = (struct list){&files->ca, 1};
    if (setup->intermediates[0] != NULL) {
        files->intermediates =
            write_certificates(files->dir, "intermediates.pem", setup->intermediates);
        files->config.intermediates = (struct list){&files->intermediates, 1};
    }
    if (setup->crls[0] != NULL) {
        files->crls = write_crls(files->dir, setup->crls);
        files->config.crl = (struct list){&files->crls, 1};
    }
}

void verify_files_free(struct verify_files *files)
{
    free(files->ca);
    free(files->intermediates);
    free(files->crls);
    pki_remove_dir(files->dir);
}

struct trust *verify_files_load(const struct verify_files *files)
{
    struct error error = {0};
    const struct trust_options options = trust_options_of(&files->config);
    struct trust *trust = trust_load(&options, &error);

    cr_assert_not_null(trust, "the trust was not loaded: %s", error.text);
    return trust;
}

struct trust *verify_trust(const struct setup *setup, struct config *config)
{
    struct verify_files files;
    struct trust *trust;

    verify_files_make(setup, &files);
    trust = verify_files_load(&files);
    verify_files_free(&files);
    verify_configure(setup, config);
    return trust;
}

void verify_configured(X509 *leaf, STACK_OF(X509) * chain, const struct trust *trust,
    const struct config *config, time_t now, struct verdict *verdict)
{
    const struct verify_options options = verify_options_of(config);

    verify_certificate(leaf, chain, trust, &options, now, verdict, NULL);
}

time_t verify_moment(const struct setup *setup)
{
    return setup->at_time != 0 ? setup->at_time : time(NULL) + setup->at;
}

STACK_OF(X509) * verify_chain_of(const struct setup *setup)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    size_t i;

    pki_must(chain != NULL, "sk_X509_new_null");
    for (i = 0; i < VERIFY_MOST && setup->chain[i] != NULL; i++)
        pki_must(sk_X509_push(chain, setup->chain[i]->certificate) > 0, "sk_X509_push");
    return chain;
}

/* A CRL as it is read from a file: libcrypto fills in what it needs for choosing while decoding. */
static void add_decoded(X509_STORE *store, const X509_CRL *crl)
{
    size_t length = 0;
    unsigned char *der = pki_crl_der(crl, &length);
    const unsigned char *at = der;
    X509_CRL *decoded = d2i_X509_CRL(NULL, &at, (long)length);

    pki_must(decoded != NULL && X509_STORE_add_crl(store, decoded) == 1, "the second store");
    X509_CRL_free(decoded);
    free(der);
}

/* The second judge: libcrypto without any callback of ours. */
static void judge_again(const struct setup *setup, X509 *leaf, time_t now)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *untrusted = verify_chain_of(setup);
    X509_VERIFY_PARAM *parameters;
    bool crls = (setup->crls[0] != NULL && !setup->crl_missing_ok) || setup->require_crl;
    int result;
    size_t i;

    for (i = 0; i < VERIFY_MOST && setup->ca[i] != NULL; i++)
        pki_must(X509_STORE_add_cert(store, setup->ca[i]->certificate) == 1, "the second store");
    for (i = 0; i < VERIFY_MOST && setup->crls[i] != NULL; i++)
        add_decoded(store, setup->crls[i]);
    for (i = 0; i < VERIFY_MOST && setup->intermediates[i] != NULL; i++)
        pki_must(sk_X509_push(untrusted, setup->intermediates[i]->certificate) > 0, "push");
    pki_must(context != NULL && X509_STORE_CTX_init(context, store, leaf, untrusted) == 1,
        "the second judge");
    parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT);
    X509_VERIFY_PARAM_set_time(parameters, now);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    if (crls)
        X509_VERIFY_PARAM_set_flags(parameters,
            X509_V_FLAG_CRL_CHECK | X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS);
    result = X509_verify_cert(context);
    cr_expect_eq(result, 1, "valid, but a second judge denies it: %s",
        X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_free(untrusted);
}

struct verdict verify_judge(const struct setup *setup, X509 *leaf)
{
    struct config config;
    struct trust *trust = verify_trust(setup, &config);
    STACK_OF(X509) *chain = verify_chain_of(setup);
    time_t now = verify_moment(setup);
    struct verdict verdict;

    verify_configured(leaf, chain, trust, &config, now, &verdict);
    if (verdict.status == VERDICT_VALID && !setup->without_second_judge)
        judge_again(setup, leaf, now);
    sk_X509_free(chain);
    trust_release(trust);
    return verdict;
}

void verify_expect(const struct verdict *verdict, enum verdict_status wanted, const char *what)
{
    cr_expect_eq(verdict->status, wanted, "%s: expected %s, came %s (error %d %s at depth %d: %s)",
        what, verdict_status_name(wanted), verdict_status_name(verdict->status),
        verdict->error_code,
        verdict_error_name(verdict->error_code) != NULL ? verdict_error_name(verdict->error_code)
                                                        : "without a name",
        verdict->error_depth, verdict->reason);
    cr_expect_eq(verdict->status == VERDICT_VALID, verdict->reason[0] == '\0',
        "%s: the reason is '%s'", what, verdict->reason);
    cr_expect_eq(verdict->status == VERDICT_VALID, verdict->error_code == 0, "%s: the error is %d",
        what, verdict->error_code);
}

struct verdict verify_both(
    const struct setup *setup, const struct pki *leaf, enum verdict_status wanted, const char *what)
{
    struct verdict verdict = verify_judge(setup, leaf->certificate);

    verify_expect(&verdict, wanted, what);
    return verdict;
}

void verify_expect_words(const struct setup *setup, const struct pki *leaf,
    enum verdict_status status, int code, const char *words)
{
    struct setup its = *setup;
    struct verdict verdict;
    X509 *decoded = pki_decoded(leaf);

    its.without_second_judge = true;
    verdict = verify_judge(&its, decoded);
    verify_expect(&verdict, status, words);
    cr_expect_eq(
        verdict.error_code, code, "%s: error %d: %s", words, verdict.error_code, verdict.reason);
    cr_expect_not_null(
        strstr(verdict.reason, words), "expected '%s', came '%s'", words, verdict.reason);
    X509_free(decoded);
}

void verify_constrained(
    struct pki *root, const char *constraint, const char *name, enum verdict_status wanted)
{
    char constraints[200], names[200];
    struct pki *between, *leaf;

    (void)snprintf(constraints, sizeof(constraints), "[nc]\n%s\n", constraint);
    (void)snprintf(names, sizeof(names), "[san]\n%s\n", name);
    between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .extensions = {"nameConstraints=critical,@nc"},
        .configuration = constraints});
    leaf = pki_make(&(struct pki_spec){.subject = "CN=x",
        .issuer = between,
        .extensions = {"subjectAltName=@san"},
        .configuration = names});
    (void)snprintf(constraints, sizeof(constraints), "%s, %s", constraint, name);
    (void)verify_both(
        &(struct setup){.ca = {root}, .intermediates = {between}}, leaf, wanted, constraints);
    pki_free(leaf);
    pki_free(between);
}
