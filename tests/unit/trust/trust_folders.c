/* SPDX-License-Identifier: ISC */
#include "unit/trust/trust_folders.h"
#include "trust/trust_crls.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

char *trust_folders[2];
struct config trust_config;
struct trust *snapshot;

void trust_folders_make(void)
{
    trust_given_make();
    pki_must(asprintf(&trust_folders[0], "%s/cas", dir) > 0 &&
                 asprintf(&trust_folders[1], "%s/crls", dir) > 0 &&
                 mkdir(trust_folders[0], 0700) == 0 && mkdir(trust_folders[1], 0700) == 0,
        "trust_folders");
    trust_config = make_config(&trust_folders[0], NULL, &trust_folders[1]);
}

void trust_folders_free(void)
{
    trust_release(snapshot);
    snapshot = NULL;
    free(trust_folders[0]);
    free(trust_folders[1]);
    trust_given_free();
}

void trust_put_text(int folder, const char *name, const char *text)
{
    free(pki_write_text(trust_folders[folder], name, text));
}

void trust_put_ca(const char *name, const struct pki *who)
{
    char *pem = pki_pem(who->certificate);

    trust_put_text(0, name, pem);
    free(pem);
}

char *trust_crl_text(const struct pki_crl_spec *spec)
{
    X509_CRL *crl = pki_crl(spec);
    char *pem = pki_crl_pem(crl);

    X509_CRL_free(crl);
    return pem;
}

void trust_put_crl(const char *name, const struct pki_crl_spec *spec)
{
    char *pem = trust_crl_text(spec);

    trust_put_text(1, name, pem);
    free(pem);
}

void trust_take_away(int folder, const char *name)
{
    char *path = NULL;

    pki_must(asprintf(&path, "%s/%s", trust_folders[folder], name) > 0 && unlink(path) == 0, name);
    free(path);
}

void trust_load_at(time_t now)
{
    const struct trust_options options = trust_options_of(&trust_config);
    struct error error = {0};
    struct trust *next = snapshot == NULL ? trust_load(&options, &error)
                                          : trust_load_after(snapshot, &options, now, &error);

    cr_assert_not_null(next, "%s", error.text);
    trust_release(snapshot);
    snapshot = next;
}

void trust_load_now(void)
{
    trust_load_at(time(NULL));
}

void trust_expect_lists(const struct pki *issuer, int wanted, long serial, const char *what)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    struct crl_entry entry;
    const struct crl *crl;
    size_t position = 0;
    bool failed = false, listed = false;
    int count = 0;

    ASN1_INTEGER_set(number, serial != 0 ? serial : 77);
    while ((crl = trust_crl_next(snapshot, issuer->certificate, &position, &failed)) != NULL) {
        count++;
        listed = listed || crl_find(crl, number, &entry);
    }
    cr_expect_not(failed);
    cr_expect_eq(count, wanted, "%s: %d lists", what, count);
    cr_expect_eq(listed, serial != 0, "%s: listed %d", what, listed);
    ASN1_INTEGER_free(number);
}

void trust_expect_kept(const char *why)
{
    size_t i, count = trust_kept_count(snapshot);
    bool found = why == NULL && count == 0;

    for (i = 0; why != NULL && i < count; i++)
        found = found || strstr(trust_kept(snapshot, i)->why, why) != NULL;
    cr_expect(found, "expected \"%s\", came %zu: \"%s\"", why != NULL ? why : "nothing kept", count,
        count > 0 ? trust_kept(snapshot, 0)->why : "");
}
