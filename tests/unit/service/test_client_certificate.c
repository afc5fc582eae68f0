/* SPDX-License-Identifier: ISC */
#include "service/client_certificate.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1795737600

/* A certificate as a front forwards it. */
static struct bytes der_of(const struct pki *pki)
{
    struct bytes bytes = {.data = NULL};
    int length = i2d_X509(pki->certificate, &bytes.data);

    cr_assert_gt(length, 0);
    bytes.length = (size_t)length;
    return bytes;
}

Test(client_certificate, a_certificate_and_its_chain_are_decoded_in_their_order)
{
    struct pki *root = pki_ca("CN=Root"), *leaf = pki_client("CN=Dan,O=Acme", root);
    struct forwarded forwarded = {.status = FORWARDED_PRESENT, .chain_count = 2};
    struct client_certificate client = {.certificate = NULL};
    struct verdict verdict = {.status = VERDICT_REVOKED};

    forwarded.leaf = der_of(leaf);
    forwarded.chain[0] = der_of(root);
    forwarded.chain[1] = der_of(leaf);
    cr_assert(client_certificate_decode(&client, &forwarded, NOW, &verdict));
    cr_expect_eq(X509_cmp(client.certificate, leaf->certificate), 0);
    cr_assert_eq(sk_X509_num(client.chain), 2);
    cr_expect_eq(X509_cmp(sk_X509_value(client.chain, 0), root->certificate), 0);
    cr_expect_eq(X509_cmp(sk_X509_value(client.chain, 1), leaf->certificate), 0);
    cr_expect_str_eq(client.identity->subject, "CN=Dan,O=Acme");
    cr_expect_eq(verdict.status, VERDICT_REVOKED, "no verdict yet");
    client_certificate_free(&client);
    cr_expect(client.certificate == NULL && client.chain == NULL && client.identity == NULL);
    forwarded_free(&forwarded);
    pki_free(leaf);
    pki_free(root);
}

Test(client_certificate, without_a_chain_there_is_none)
{
    struct pki *leaf = pki_make(&(struct pki_spec){.subject = "CN=Dan"});
    struct forwarded forwarded = {.status = FORWARDED_PRESENT};
    struct client_certificate client = {.certificate = NULL};
    struct verdict verdict;

    forwarded.leaf = der_of(leaf);
    cr_assert(client_certificate_decode(&client, &forwarded, NOW, &verdict));
    cr_expect_null(client.chain);
    client_certificate_free(&client);
    forwarded_free(&forwarded);
    pki_free(leaf);
}

static void expect_verdict(
    const struct forwarded *forwarded, enum verdict_status status, const char *reason)
{
    struct client_certificate client = {.certificate = NULL};
    struct verdict verdict = {.status = VERDICT_VALID};

    cr_expect_not(client_certificate_decode(&client, forwarded, NOW, &verdict));
    cr_expect_eq(verdict.status, status, "%s: %s", verdict_status_name(verdict.status), reason);
    cr_expect_eq(verdict.checked_at, NOW);
    cr_expect_eq(strncmp(verdict.reason, reason, strlen(reason)), 0, "%s", verdict.reason);
    client_certificate_free(&client);
}

Test(client_certificate, without_a_certificate_the_verdict_says_why)
{
    expect_verdict(&(struct forwarded){.status = FORWARDED_ABSENT}, VERDICT_ABSENT,
        "no client certificate was sent");
    expect_verdict(&(struct forwarded){.status = FORWARDED_MALFORMED, .reason = "X: it is cut off"},
        VERDICT_MALFORMED, "X: it is cut off");
    expect_verdict(&(struct forwarded){.status = FORWARDED_FAILED}, VERDICT_NOT_JUDGED,
        "it could not be judged");
}

/* Of the leaf and of each certificate of the chain, with its place. */
Test(client_certificate, what_cannot_be_decoded_is_malformed)
{
    static unsigned char junk[] = {0x30, 0x03, 0x02, 0x01, 0x01};
    struct pki *leaf = pki_make(&(struct pki_spec){.subject = "CN=Dan"});
    struct bytes good = der_of(leaf);
    const struct bytes bad = {.data = junk, .length = sizeof(junk)};
    struct forwarded forwarded = {.status = FORWARDED_PRESENT, .leaf = bad};

    expect_verdict(&forwarded, VERDICT_MALFORMED, "");
    forwarded = (struct forwarded){
        .status = FORWARDED_PRESENT, .leaf = good, .chain = {good, bad}, .chain_count = 2};
    expect_verdict(&forwarded, VERDICT_MALFORMED, "certificate 2 of its chain: ");
    OPENSSL_free(good.data);
    pki_free(leaf);
}

static void add_extensions(X509 *certificate, void *context)
{
    int i;

    (void)context;
    for (i = X509_get_ext_count(certificate); i < 65; i++) {
        char oid[24];

        (void)snprintf(oid, sizeof(oid), "1.3.6.1.4.1.%d", i);
        pki_add_raw_extension(certificate, oid, false, "", 0);
    }
}

/* It is the certificate's fault, with words that say so. */
Test(client_certificate, what_is_above_a_limit_is_malformed_and_told_as_that)
{
    struct pki *leaf = pki_make(&(struct pki_spec){.subject = "CN=Dan"});
    struct pki *large = pki_make(&(struct pki_spec){.customise = add_extensions});
    struct bytes good = der_of(leaf), bad = der_of(large);
    struct forwarded forwarded = {.status = FORWARDED_PRESENT, .leaf = bad};

    expect_verdict(&forwarded, VERDICT_MALFORMED, "it has 65 extensions, above the limit of 64");
    forwarded = (struct forwarded){
        .status = FORWARDED_PRESENT, .leaf = good, .chain = {bad}, .chain_count = 1};
    expect_verdict(&forwarded, VERDICT_MALFORMED,
        "certificate 1 of its chain: it has 65 extensions, above the limit of 64");
    OPENSSL_free(good.data);
    OPENSSL_free(bad.data);
    pki_free(large);
    pki_free(leaf);
}

/* --check brings certificates that are decoded already. */
Test(client_certificate, what_is_decoded_already_is_kept_as_it_is)
{
    struct pki *leaf = pki_make(&(struct pki_spec){.subject = "CN=Dan"});
    const struct forwarded forwarded = {.status = FORWARDED_PRESENT};
    struct client_certificate client = {.certificate = leaf->certificate};
    struct verdict verdict;

    cr_assert_eq(X509_up_ref(leaf->certificate), 1);
    cr_assert(client_certificate_decode(&client, &forwarded, NOW, &verdict));
    cr_expect_eq(client.certificate, leaf->certificate);
    cr_expect_str_eq(client.identity->subject, "CN=Dan");
    client_certificate_free(&client);
    pki_free(leaf);
}
