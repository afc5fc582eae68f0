/* SPDX-License-Identifier: ISC */
#include "unit/trust/trust_given.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

char *dir;
struct pki *ca, *other, *leaf;

void trust_given_make(void)
{
    dir = pki_temp_dir();
    ca = pki_ca("CN=CA");
    other = pki_ca("CN=Other");
    leaf = pki_client("CN=Dan", ca);
}

void trust_given_free(void)
{
    pki_free(ca);
    pki_free(other);
    pki_free(leaf);
    pki_remove_dir(dir);
}

char *write_certificates(const char *name, const struct pki *const *certificates)
{
    char *path = pki_write_text(dir, name, "");
    FILE *file = fopen(path, "a");

    for (; *certificates != NULL; certificates++) {
        char *pem = pki_pem((*certificates)->certificate);

        fputs(pem, file);
        free(pem);
    }
    fclose(file);
    return path;
}
char *write_crl(const char *name, const struct pki_crl_spec *spec)
{
    X509_CRL *crl = pki_crl(spec);
    char *pem = pki_crl_pem(crl), *path = pki_write_text(dir, name, pem);

    free(pem);
    X509_CRL_free(crl);
    return path;
}

struct config make_config(char **ca_path, char **intermediates, char **crl)
{
    struct config config = {0};

    config.ca = (struct list){ca_path, ca_path != NULL};
    config.intermediates = (struct list){intermediates, intermediates != NULL};
    config.crl = (struct list){crl, crl != NULL};
    return config;
}

struct trust *load_trust(const struct config *config, struct error *error)
{
    const struct trust_options options = trust_options_of(config);

    return trust_load(&options, error);
}

struct trust *expect_loads(const struct config *config, int anchors, const char *warning)
{
    struct error error = {0};
    struct trust *trust = load_trust(config, &error);
    const struct list *warnings;

    cr_assert_not_null(trust, "%s", error.text);
    cr_expect_eq(trust_anchor_count(trust), anchors, "%d anchors", trust_anchor_count(trust));
    cr_expect_eq(trust_kept_count(trust), 0);
    cr_expect_eq(ERR_peek_error(), 0, "libcrypto's error queue is not empty");
    warnings = trust_warnings(trust);
    if (warning == NULL)
        cr_expect_eq(
            warnings->count, 0, "warned: %s", warnings->count > 0 ? warnings->items[0] : "");
    else
        cr_expect(warnings->count == 1 && strstr(warnings->items[0], warning) != NULL,
            "expected \"%s\", came \"%s\"", warning,
            warnings->count > 0 ? warnings->items[0] : "nothing");
    return trust;
}

void expect_refused_config(const struct config *config, const char *path, const char *words)
{
    struct error error = {0};
    struct trust *trust = load_trust(config, &error);

    cr_expect_null(trust, "%s: loaded; expected \"%s\"", path, words);
    cr_expect(strstr(error.text, path) == error.text, "expected %s, came %s", path, error.text);
    cr_expect_not_null(
        strstr(error.text, words), "expected \"%s\", came \"%s\"", words, error.text);
    cr_expect_eq(ERR_peek_error(), 0);
    trust_release(trust);
}
