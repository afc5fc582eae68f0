/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "certificate/certificate.h"
#include "certificate/identity.h"
#include "unit/base/leaks.h"
#include "unit/base/memory_fault.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* Everything that a request does with a certificate. */
struct request {
    struct bytes leaf, sent;
    const struct trust *trust;
    struct config config;
    time_t now;
};

/* Decodes, reads and verifies, as far as it comes. */
static enum verdict_status judge(const struct request *request)
{
    struct error error = {.kind = ERROR_NONE};
    struct verdict verdict = {.status = VERDICT_NOT_JUDGED};
    X509 *leaf = certificate_decode(request->leaf.data, request->leaf.length, &error);
    X509 *sent = NULL;
    STACK_OF(X509) *chain = NULL;
    struct identity *identity = NULL;

    if (leaf == NULL)
        goto out;
    if (request->sent.data != NULL) {
        sent = certificate_decode(request->sent.data, request->sent.length, &error);
        chain = sk_X509_new_null();
        if (sent == NULL || chain == NULL || sk_X509_push(chain, sent) <= 0) {
            error.kind = error.kind != ERROR_NONE ? error.kind : ERROR_MEMORY;
            goto out;
        }
    }
    identity = identity_read(leaf, &request->leaf, &error);
    verify_configured(leaf, chain, request->trust, &request->config, request->now, &verdict);

out:
    if (error.kind == ERROR_INPUT)
        verdict.status = VERDICT_MALFORMED;
    identity_free(identity);
    sk_X509_free(chain);
    X509_free(leaf);
    X509_free(sent);
    return verdict.status;
}

/* Each allocation fails once, then all from the Nth on; now and then nothing fails in
 * between. */
static void torture_all(const struct request *request, enum verdict_status wanted, const char *what)
{
    unsigned long nth, count, not_judged = 0;
    int and_after;

    cr_assert_eq(judge(request), wanted, "%s", what);
    alloc_watch_fail_at(0, false);
    (void)judge(request);
    count = alloc_watch_count();
    cr_assert_gt(count, 50, "%s: the watch does not see the allocations", what);
    for (and_after = 0; and_after < 2; and_after++) {
        for (nth = 1; nth <= count; nth += memory_fault_step()) {
            enum verdict_status came;

            alloc_watch_fail_at(nth, and_after != 0);
            came = judge(request);
            alloc_watch_fail_at(0, false);
            ERR_clear_error();
            not_judged += came == VERDICT_NOT_JUDGED;
            cr_expect(came == wanted || came == VERDICT_NOT_JUDGED,
                "%s: allocation %lu%s: expected %s or not_judged, came %s", what, nth,
                and_after ? " and all after" : "", verdict_status_name(wanted),
                verdict_status_name(came));
            if (nth % 8 != 0)
                continue;
            came = judge(request);
            cr_assert_eq(came, wanted, "%s: after allocation %lu%s failed: expected %s, came %s",
                what, nth, and_after ? " and all after" : "", verdict_status_name(wanted),
                verdict_status_name(came));
        }
    }
    cr_expect_gt(not_judged, 0, "%s: nothing failed", what);
}

/* A failure at the very first verification of a snapshot must not spoil the later ones: whatever
 * libcrypto keeps inside the shared certificates and CRLs is kept from then on. */
static void torture_first(
    const struct setup *setup, const struct pki *leaf, enum verdict_status wanted, const char *what)
{
    time_t now = verify_moment(setup);
    struct verify_files files;
    struct verdict verdict;
    unsigned long nth, count = 1;

    verify_files_make(setup, &files);
    for (nth = 0; nth <= count; nth += memory_fault_step()) {
        struct trust *fresh = verify_files_load(&files);
        enum verdict_status expected;
        unsigned long came;

        alloc_watch_fail_at(nth, false);
        verify_configured(leaf->certificate, NULL, fresh, &files.config, now, &verdict);
        came = alloc_watch_count();
        count = nth == 0 ? came : count;
        alloc_watch_fail_at(0, false);
        /* Whatever it was for: what was judged meanwhile is not relied on. */
        expected = nth == 0 || nth > came ? wanted : VERDICT_NOT_JUDGED;
        cr_expect_eq(verdict.status, expected, "%s: allocation %lu: expected %s, came %s", what,
            nth, verdict_status_name(expected), verdict_status_name(verdict.status));
        verify_configured(leaf->certificate, NULL, fresh, &files.config, now, &verdict);
        cr_assert_eq(verdict.status, wanted,
            "%s: after allocation %lu of a new snapshot failed: expected %s, came %s", what, nth,
            verdict_status_name(wanted), verdict_status_name(verdict.status));
        trust_release(fresh);
    }
    cr_expect_gt(count, 20, "%s: the watch does not see the allocations", what);
    verify_files_free(&files);
}

static void torture(
    const struct setup *setup, const struct pki *leaf, enum verdict_status wanted, const char *what)
{
    struct request request = {.now = verify_moment(setup)};
    struct trust *trust = verify_trust(setup, &request.config);

    request.trust = trust;
    request.leaf.data = pki_der(leaf->certificate, &request.leaf.length);
    if (setup->chain[0] != NULL)
        request.sent.data = pki_der(setup->chain[0]->certificate, &request.sent.length);
    torture_all(&request, wanted, what);
    trust_release(trust);
    free(request.leaf.data);
    free(request.sent.data);
}

static void torture_key(enum pki_key key, const char *what)
{
    struct pki *ca = pki_make(&(struct pki_spec){.subject = "CN=CA", .ca = true, .key = key});
    struct pki *leaf = pki_make(&(struct pki_spec){.issuer = ca, .key = key});

    torture(&(struct setup){.ca = {ca}}, leaf, VERDICT_VALID, what);
    expect_no_leak(what);
    pki_free(leaf);
    pki_free(ca);
}

Test(verify_memory, a_good_rsa_certificate_is_valid_or_not_judged)
{
    torture_key(PKI_RSA_2048, "RSA");
}

Test(verify_memory, a_good_rsa_pss_certificate_is_valid_or_not_judged)
{
    torture_key(PKI_RSA_PSS_2048, "RSA-PSS");
}

Test(verify_memory, a_good_ec_certificate_is_valid_or_not_judged)
{
    torture_key(PKI_EC_P256, "EC");
}

Test(verify_memory, a_good_ed25519_certificate_is_valid_or_not_judged)
{
    torture_key(PKI_ED25519, "Ed25519");
}

/* The right one of several CAs of one name is found behind others. */
Test(verify_memory, below_one_of_many_cas_is_valid_or_not_judged)
{
    struct setup setup = {.without_second_judge = true};
    struct pki *cas[4], *leaf;
    int i;

    for (i = 0; i < 4; i++) {
        cas[i] = pki_make(&(struct pki_spec){.subject = "CN=CA",
            .ca = true,
            .fresh_key = true,
            .extensions = {"subjectKeyIdentifier=", "authorityKeyIdentifier="}});
        setup.ca[i] = cas[i];
    }
    leaf = pki_make(&(struct pki_spec){.issuer = cas[3]});
    torture(&setup, leaf, VERDICT_VALID, "the last of four");
    expect_no_leak("the last of four");
    pki_free(leaf);
    for (i = 0; i < 4; i++)
        pki_free(cas[i]);
}

static void torture_bad(const struct pki_spec *spec, enum verdict_status wanted, const char *what)
{
    struct pki *ca = pki_ca("CN=CA");
    struct pki_spec its = *spec;
    struct pki *leaf;

    its.issuer = its.issuer != NULL ? its.issuer : ca;
    leaf = pki_make(&its);
    torture(&(struct setup){.ca = {ca}}, leaf, wanted, what);
    expect_no_leak(what);
    pki_free(leaf);
    pki_free(ca);
}

Test(verify_memory, an_expired_certificate_never_becomes_valid)
{
    torture_bad(&(struct pki_spec){.not_after = -60}, VERDICT_EXPIRED, "expired");
}

Test(verify_memory, a_strangers_certificate_never_becomes_valid)
{
    struct pki *twin = pki_ca("CN=CA");

    torture_bad(&(struct pki_spec){.issuer = twin}, VERDICT_UNTRUSTED, "a stranger");
    pki_free(twin);
}

/* libcrypto 3.0 loses what it read of policyConstraints when there are no certificatePolicies. */
Test(verify_memory, nothing_is_lost_of_the_policies_of_a_strangers_certificate)
{
    struct pki *twin = pki_ca("CN=CA");

    torture_bad(&(struct pki_spec){.issuer = twin,
                    .extensions = {"policyConstraints=critical,requireExplicitPolicy:0",
                        "authorityKeyIdentifier="}},
        VERDICT_UNTRUSTED, "a stranger's policies");
    pki_free(twin);
}

Test(verify_memory, a_servers_certificate_never_becomes_valid)
{
    torture_bad(&(struct pki_spec){.extensions = {"extendedKeyUsage=serverAuth"}},
        VERDICT_WRONG_PURPOSE, "wrong purpose");
}

Test(verify_memory, a_revoked_certificate_never_becomes_valid)
{
    struct pki *ca = pki_ca("CN=CA"), *leaf = pki_client("CN=x", ca);
    struct pki_revoked line = {.certificate = leaf->certificate, .reason = 1};
    X509_CRL *old = pki_crl(&(struct pki_crl_spec){
        .issuer = ca, .revoked = &line, .revoked_count = 1, .this_update = -2 * PKI_DAY});
    X509_CRL *new = pki_crl(&(struct pki_crl_spec){.issuer = ca, .number = 2});

    torture(&(struct setup){.ca = {ca}, .crls = {old, new}}, leaf, VERDICT_REVOKED, "revoked");
    expect_no_leak("revoked");
    X509_CRL_free(old);
    X509_CRL_free(new);
    pki_free(leaf);
    pki_free(ca);
}

Test(verify_memory, name_constraints_never_become_valid)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .extensions = {"nameConstraints=critical,permitted;DNS:example.org"}});
    struct pki *leaf = pki_make(
        &(struct pki_spec){.issuer = between, .extensions = {"subjectAltName=DNS:example.net"}});

    torture(&(struct setup){.ca = {root}, .chain = {between}}, leaf, VERDICT_UNTRUSTED,
        "outside of the name constraints");
    expect_no_leak("name constraints");
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

/* No look at leaks: when memory is wanting right after policyConstraints was decoded, libcrypto 3.0
 * loses it (in X509_policy_check). */
Test(verify_memory, policies_never_become_valid)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .extensions = {
            "certificatePolicies=1.2.3.4", "policyConstraints=critical,requireExplicitPolicy:0"}});
    struct pki *leaf = pki_make(
        &(struct pki_spec){.issuer = between, .extensions = {"certificatePolicies=1.2.3.5"}});

    look_at_no_leaks();
    torture(&(struct setup){.ca = {root}, .chain = {between}}, leaf, VERDICT_UNTRUSTED,
        "without the policy");
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

Test(verify_memory, a_shared_intermediate_is_not_spoilt_by_one_failure)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .extensions = {"certificatePolicies=1.2.3.4,1.2.3.5",
            "policyConstraints=critical,requireExplicitPolicy:0",
            "nameConstraints=critical,permitted;DNS:example.org"}});
    struct pki *leaf = pki_make(&(struct pki_spec){.issuer = between,
        .extensions = {"subjectAltName=DNS:a.example.org", "certificatePolicies=1.2.3.4"}});
    X509_CRL *of_root = pki_crl(&(struct pki_crl_spec){.issuer = root});
    X509_CRL *of_between = pki_crl(&(struct pki_crl_spec){.issuer = between});

    torture_first(
        &(struct setup){.ca = {root}, .intermediates = {between}, .crls = {of_root, of_between}},
        leaf, VERDICT_VALID, "an intermediate of the operator's");
    expect_no_leak("the shared intermediate");
    X509_CRL_free(of_root);
    X509_CRL_free(of_between);
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

/* Of a link certificate without key identifiers a copy is made (verify_links). */
Test(verify_memory, below_a_link_certificate_is_valid_or_not_judged)
{
    struct pki_spec spec = {.subject = "CN=CA",
        .ca = true,
        .extensions = {"authorityKeyIdentifier=", "subjectKeyIdentifier="}};
    struct pki *old = pki_make(&spec), *new = pki_make(&spec), *link, *leaf;

    spec.issuer = old;
    spec.same_key_as = new;
    link = pki_make(&spec);
    leaf = pki_make(&(struct pki_spec){
        .subject = "CN=x", .issuer = new, .extensions = {"authorityKeyIdentifier="}});
    torture(&(struct setup){.ca = {old}, .chain = {link}, .without_second_judge = true}, leaf,
        VERDICT_VALID, "a link");
    expect_no_leak("a link");
    pki_free(leaf);
    pki_free(link);
    pki_free(new);
    pki_free(old);
}

/* Wide characters are converted; what a CA above forbids is looked for on a path of its own. */
Test(verify_memory, an_excluded_name_and_a_ca_above_survive_failed_allocations)
{
    static const char wide[] = "\0\xE4\0r\0g\0e\0r";
    X509_NAME *name = X509_NAME_new();
    struct pki *root = pki_ca("CN=Root"), *leaf, *client, *excluding, *issuing;
    struct pki *middle = pki_make(&(struct pki_spec){
        .subject = "CN=Middle", .issuer = root, .ca = true, .pathlen_plus_one = 2});
    struct pki_revoked line = {.certificate = middle->certificate};
    X509_CRL *of_root =
        pki_crl(&(struct pki_crl_spec){.issuer = root, .revoked = &line, .revoked_count = 1});
    X509_CRL *of_issuing;

    pki_name_add(name, "O", V_ASN1_BMPSTRING, wide, sizeof(wide) - 1, false);
    excluding = pki_make(&(struct pki_spec){.subject = "CN=Excluding",
        .ca = true,
        .extensions = {"nameConstraints=critical,@nc"},
        .configuration = "[nc]\nexcluded;dirName=dn\n[dn]\nO=\xC3\x84rger\n"});
    leaf = pki_make(&(struct pki_spec){.subject_name = name, .issuer = excluding});
    torture(&(struct setup){.ca = {excluding}}, leaf, VERDICT_UNTRUSTED, "an excluded name");
    issuing = pki_make(&(struct pki_spec){.subject = "CN=Issuing", .issuer = middle, .ca = true});
    client = pki_client("CN=x", issuing);
    of_issuing = pki_crl(&(struct pki_crl_spec){.issuer = issuing});
    torture(&(struct setup){.ca = {root, issuing}, .chain = {middle}}, client, VERDICT_VALID,
        "nothing is forbidden");
    torture(
        &(struct setup){.ca = {root, issuing}, .crls = {of_root, of_issuing}, .chain = {middle}},
        client, VERDICT_REVOKED, "a CA above was revoked");
    X509_CRL_free(of_issuing);
    X509_CRL_free(of_root);
    pki_free(client);
    pki_free(issuing);
    pki_free(middle);
    pki_free(leaf);
    pki_free(excluding);
    pki_free(root);
    X509_NAME_free(name);
}
