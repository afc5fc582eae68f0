/* SPDX-License-Identifier: ISC */
#include "unit/base/memory_fault.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

/* What is handed out when an allocation of any kind fails. */

static const struct verify_options options = {
    .purpose = X509_PURPOSE_SSL_CLIENT, .depth = 10, .security_level = 2};

/* Of the program's own allocations, too: the anchor's name, and the chain that is handed out. */
Test(verify_unjudged, what_is_valid_has_all_that_belongs_to_it)
{
    struct pki *ca = pki_ca("CN=CA"), *leaf = pki_client("CN=x", ca);
    struct config config;
    struct trust *trust = verify_trust(&(struct setup){.ca = {ca}}, &config);
    unsigned long nth, count = 0, failed = 0;

    for (nth = 0; nth <= count; nth++) {
        STACK_OF(X509) *proven = NULL;
        struct verdict verdict;

        memory_fault_at(nth, false);
        verify_certificate(leaf->certificate, NULL, trust, &options, time(NULL), &verdict, &proven);
        count = nth == 0 ? memory_fault_count() : count;
        memory_fault_at(0, false);
        failed += verdict.status == VERDICT_NOT_JUDGED;
        cr_expect(verdict.status == VERDICT_VALID || verdict.status == VERDICT_NOT_JUDGED);
        cr_expect_eq(verdict.status == VERDICT_VALID, proven != NULL, "allocation %lu", nth);
        cr_expect_eq(
            verdict.status == VERDICT_VALID, verdict.anchor[0] != '\0', "allocation %lu", nth);
        sk_X509_pop_free(proven, X509_free);
    }
    cr_expect_geq(failed, 20, "%lu of %lu", failed, count);
    trust_release(trust);
    pki_free(leaf);
    pki_free(ca);
    ERR_clear_error();
}

Test(verify_unjudged, a_stranger_is_refused_with_words_or_not_judged)
{
    struct pki *ca = pki_ca("CN=CA"), *twin = pki_ca("CN=CA"), *leaf = pki_client("CN=x", twin);
    struct config config;
    struct trust *trust = verify_trust(&(struct setup){.ca = {ca}}, &config);
    unsigned long nth, count = 0, failed = 0;

    for (nth = 0; nth <= count; nth++) {
        struct verdict verdict;

        memory_fault_at(nth, false);
        verify_certificate(leaf->certificate, NULL, trust, &options, time(NULL), &verdict, NULL);
        count = nth == 0 ? memory_fault_count() : count;
        memory_fault_at(0, false);
        failed += verdict.status == VERDICT_NOT_JUDGED;
        cr_expect(verdict.status == VERDICT_UNTRUSTED || verdict.status == VERDICT_NOT_JUDGED);
        cr_expect(verdict.reason[0] != '\0', "allocation %lu", nth);
        cr_expect_eq(verdict.status == VERDICT_NOT_JUDGED,
            strcmp(verdict.reason, "it could not be judged") == 0, "allocation %lu: %s", nth,
            verdict.reason);
    }
    cr_expect_geq(failed, 10, "%lu of %lu", failed, count);
    trust_release(trust);
    pki_free(leaf);
    pki_free(twin);
    pki_free(ca);
    ERR_clear_error();
}
