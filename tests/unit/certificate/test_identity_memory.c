/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "certificate/certificate.h"
#include "certificate/identity.h"
#include "unit/base/memory_fault.h"
#include "unit/certificate/identity_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* Every string and list of an identity in one text, to compare two of them. */
static char *flatten(const struct identity *identity)
{
    const struct identity_list *lists[] = {&identity->subject_alt_names, &identity->key_usage,
        &identity->extended_key_usage, &identity->unknown_extensions};
    const char *strings[] = {identity->subject, identity->issuer, identity->serial,
        identity->serial_decimal, identity->not_before, identity->not_after,
        identity->sha256_fingerprint, identity->spki_sha256, identity->public_key,
        identity->signature_algorithm, identity->subject_key_id, identity->authority_key_id};
    char *data = NULL;
    size_t size = 0, i, j;
    FILE *file = open_memstream(&data, &size);

    for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        fprintf(file, "%s\n", strings[i] != NULL ? strings[i] : "NULL");
    for (i = 0; i < identity->subject_part_count; i++)
        fprintf(file, "%s=%s\n", identity->subject_parts[i].type, identity->subject_parts[i].value);
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        fprintf(file, "%d%d\n", lists[i]->present, lists[i]->critical);
        for (j = 0; j < lists[i]->count; j++)
            fprintf(file, "%s\n", lists[i]->items[j]);
    }
    fclose(file);
    return data;
}

/* A certificate with something for each reader to allocate. */
static struct pki *make_rich(enum pki_key key)
{
    struct pki *ca = pki_ca("CN=CA,O=Acme");
    struct pki *rich = pki_make(&(struct pki_spec){
        .subject = "CN=Dan,UID=1+OU=Ops,2.999.1=u,DC=org,O=Acme",
        .issuer = ca,
        .key = key,
        .extensions = {"subjectAltName=DNS:a,IP:::1,RID:2.999.3,dirName:d,URI:http://x,"
                       "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:dan@x,otherName:1.2.3;UTF8:a",
            "1.2.3.4=DER:0500"},
        .configuration = "[d]\nCN=x\n",
    });

    pki_free(ca);
    return rich;
}

/* Fails each allocation by turns, alone or with all that follow. */
static void torture(X509 *certificate, bool and_after)
{
    struct error error = {.kind = ERROR_NONE};
    struct bytes der;
    struct identity *good = identity_of(certificate);
    char *wanted = flatten(good);
    unsigned long nth, count, failed = 0;

    der.data = pki_der(certificate, &der.length);
    identity_free(good);
    alloc_watch_fail_at(0, false);
    identity_free(identity_read(certificate, &der, &error));
    count = alloc_watch_count();
    cr_assert_gt(count, 20, "the watch does not see the allocations");
    for (nth = 1; nth <= count; nth += memory_fault_step()) {
        struct identity *identity;

        alloc_watch_fail_at(nth, and_after);
        error = (struct error){.kind = ERROR_NONE};
        identity = identity_read(certificate, &der, &error);
        alloc_watch_fail_at(0, false);
        cr_expect_eq(ERR_peek_error(), 0, "allocation %lu: the error queue is not empty", nth);
        if (identity == NULL) {
            cr_expect_eq(error.kind, ERROR_MEMORY, "allocation %lu: %s", nth, error.text);
            failed++;
        } else {
            char *came = flatten(identity);

            cr_expect_str_eq(came, wanted, "allocation %lu", nth);
            free(came);
        }
        identity_free(identity);
    }
    cr_expect_gt(failed, 0);
    free(der.data);
    free(wanted);
}

static void torture_all_keys(bool and_after)
{
    static const enum pki_key keys[] = {PKI_EC_P256, PKI_ED25519, PKI_RSA_1024, PKI_RSA_PSS_2048};
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct pki *rich = make_rich(keys[i]);

        torture(rich->certificate, and_after);
        pki_free(rich);
    }
}

Test(identity_memory, an_allocation_that_fails_never_makes_a_shorter_identity)
{
    torture_all_keys(false);
}

Test(identity_memory, want_of_memory_from_some_point_on_never_makes_a_shorter_identity)
{
    torture_all_keys(true);
}

Test(identity_memory, a_name_is_whole_or_told_as_want_of_memory)
{
    struct pki *pki = NULL;
    X509_NAME *name = NULL;
    struct error error;
    char *string;

    pki = pki_make(&(struct pki_spec){.subject = "CN=test"});
    name = X509_NAME_new();
    pki_name_add(name, "2.5.4.45", V_ASN1_BIT_STRING, "\x01\x02", 2, false);
    alloc_watch_fail_at(1, true);
    error = (struct error){.kind = ERROR_NONE};
    string = identity_name(name, &error);
    alloc_watch_fail_at(0, false);
    cr_expect_null(string, "%s", string);
    cr_expect_eq(error.kind, ERROR_MEMORY);
    free(string);
    X509_NAME_free(name);
    pki_free(pki);
}

/* Whatever fails while decoding, what comes out is the whole certificate with its key or nothing.
 */
Test(certificate_memory, an_allocation_that_fails_is_never_told_as_a_malformed_certificate)
{
    static const enum pki_key keys[] = {PKI_EC_P256, PKI_ED25519, PKI_RSA_1024, PKI_RSA_PSS_2048};
    size_t i, length = 0;
    unsigned long nth, count;
    struct error error;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct pki *rich = make_rich(keys[i]);
        unsigned char *der = pki_der(rich->certificate, &length);

        X509_free(certificate_decode(der, length, &error));
        alloc_watch_fail_at(0, false);
        X509_free(certificate_decode(der, length, &error));
        count = alloc_watch_count();
        cr_assert_gt(count, 20);
        for (nth = 1; nth <= count; nth += memory_fault_step()) {
            X509 *certificate;

            alloc_watch_fail_at(nth, false);
            error = (struct error){.kind = ERROR_NONE};
            certificate = certificate_decode(der, length, &error);
            alloc_watch_fail_at(0, false);
            if (certificate == NULL)
                cr_expect_eq(error.kind, ERROR_MEMORY, "allocation %lu: %s", nth, error.text);
            else
                cr_expect_not_null(X509_get0_pubkey(certificate), "allocation %lu: no key", nth);
            X509_free(certificate);
        }
        free(der);
        pki_free(rich);
    }
}
