/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_words_crls.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>

/* What the reasons say of CRLs. */

static struct pki *ca;

static void begin(void)
{
    ca = pki_ca("CN=Our CA");
}

static void end(void)
{
    pki_free(ca);
}

TestSuite(verify_words_crls, .init = begin, .fini = end);

/* About that client, by a list of its CA or of another. */
static void expect_crl_of(
    const struct pki *leaf, struct pki_crl_spec spec, int code, const char *words)
{
    X509_CRL *crl;

    spec.issuer = spec.issuer != NULL ? spec.issuer : ca;
    crl = pki_crl(&spec);
    verify_expect_words(
        &(struct setup){.ca = {ca}, .crls = {crl}}, leaf, VERDICT_REVOCATION_UNKNOWN, code, words);
    X509_CRL_free(crl);
}

static void expect_crl(struct pki_crl_spec spec, int code, const char *words)
{
    struct pki *leaf = pki_client("CN=x", ca);

    expect_crl_of(leaf, spec, code, words);
    pki_free(leaf);
}

/* Of two lists the root's is not for the CA between. */
static void expect_crl_of_root(struct pki_crl_spec spec, int code, const char *words)
{
    struct pki *between =
        pki_make(&(struct pki_spec){.subject = "CN=Between", .issuer = ca, .ca = true});
    struct pki *leaf = pki_client("CN=x", between);
    X509_CRL *below = pki_crl(&(struct pki_crl_spec){.issuer = between}), *above;

    spec.issuer = ca;
    above = pki_crl(&spec);
    verify_expect_words(&(struct setup){.ca = {ca}, .chain = {between}, .crls = {below, above}},
        leaf, VERDICT_REVOCATION_UNKNOWN, code, words);
    X509_CRL_free(above);
    X509_CRL_free(below);
    pki_free(leaf);
    pki_free(between);
}

Test(verify_words_crls, of_lists_for_one_kind_about_a_ca)
{
    expect_crl_of_root(
        (struct pki_crl_spec){.extensions = {"issuingDistributionPoint=critical,@idp"},
            .configuration = "[idp]\nonlyuser=TRUE\n"},
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "for other certificates, those of users alone: CN=Our CA");
    expect_crl_of_root(
        (struct pki_crl_spec){.extensions = {"issuingDistributionPoint=critical,@idp"},
            .configuration = "[idp]\nonlyCA=TRUE\nfullname=URI:http://a.example/b\n"},
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "those whose cRLDistributionPoints name its");
}

/* A certificate of version 1 does not say whether it is a CA's. */
Test(verify_words_crls, of_lists_for_one_kind_about_a_certificate_of_no_kind)
{
    struct pki *old = pki_make(&(struct pki_spec){.issuer = ca, .version = 1});

    expect_crl_of(old,
        (struct pki_crl_spec){.extensions = {"issuingDistributionPoint=critical,@idp"},
            .configuration = "[idp]\nonlyCA=TRUE\n"},
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "for other certificates, those of CAs alone: CN=Our CA");
    expect_crl_of(old,
        (struct pki_crl_spec){.extensions = {"issuingDistributionPoint=critical,@idp"},
            .configuration = "[idp]\nonlyuser=TRUE\n"},
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "for other certificates, those of users alone: CN=Our CA");
    pki_free(old);
}

Test(verify_words_crls, of_revocation_lists)
{
    struct pki *other = pki_ca("CN=Other CA"), *twin = pki_ca("CN=Our CA");
    struct pki *mute = pki_make(&(struct pki_spec){
        .subject = "CN=Mute", .ca = true, .extensions = {"keyUsage=critical,keyCertSign"}});
    struct pki *below = pki_client("CN=x", mute);
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = mute});

    expect_crl((struct pki_crl_spec){.issuer = other}, X509_V_ERR_UNABLE_TO_GET_CRL,
        "there is no CRL of its issuer: CN=Our CA");
    expect_crl((struct pki_crl_spec){.issuer = twin}, X509_V_ERR_CRL_SIGNATURE_FAILURE,
        "no key of CN=Our CA that is known signed it");
    expect_crl((struct pki_crl_spec){.this_update_text = "20200101000000Z",
                   .next_update_text = "20210203040506Z"},
        X509_V_ERR_CRL_HAS_EXPIRED,
        "CN=Our CA should have given another one by 2021-02-03T04:05:06Z");
    expect_crl((struct pki_crl_spec){.this_update_text = "20450203040506Z",
                   .next_update_text = "20480101000000Z"},
        X509_V_ERR_CRL_NOT_YET_VALID, "CN=Our CA, from 2045-02-03T04:05:06Z");
    expect_crl((struct pki_crl_spec){.no_next_update = true},
        X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, "has no nextUpdate");
    expect_crl((struct pki_crl_spec){.next_update_text = "nonsense date"},
        X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, "a nextUpdate that cannot be read");
    expect_crl((struct pki_crl_spec){.this_update_text = "nonsense date"},
        X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, "a thisUpdate that cannot be read");
    expect_crl((struct pki_crl_spec){.extensions = {"1.2.3.4=critical,DER:0500"}},
        X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, "does not count: it has a critical extension");
    expect_crl((struct pki_crl_spec){.extensions = {"issuingDistributionPoint=critical,@idp"},
                   .configuration = "[idp]\nonlyCA=TRUE\n"},
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "for other certificates, those of CAs alone: CN=Our CA");
    expect_crl((struct pki_crl_spec){.extensions = {"issuingDistributionPoint=critical,@idp"},
                   .configuration = "[idp]\nonlyAA=TRUE\n"},
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "certificates, attribute certificates alone: CN=Our CA");
    expect_crl((struct pki_crl_spec){.extensions = {"issuingDistributionPoint=critical,@idp"},
                   .configuration = "[idp]\nonlyuser=TRUE\nfullname=URI:http://a.example/b\n"},
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "those whose cRLDistributionPoints name its");
    expect_crl((struct pki_crl_spec){.extensions = {"issuingDistributionPoint=critical,DER:30048302"
                                                    "0700"}},
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "for other certificates or reasons: CN=Our CA");
    expect_crl((struct pki_crl_spec){.extensions = {"issuingDistributionPoint=critical,@idp"},
                   .configuration = "[idp]\nonlysomereasons=keyCompromise\n"},
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "for some reasons alone: CN=Our CA");
    expect_crl((struct pki_crl_spec){.number = 2, .delta_base_plus_one = 2},
        X509_V_ERR_DIFFERENT_CRL_SCOPE, "a delta CRL without a complete one: CN=Our CA");
    expect_crl((struct pki_crl_spec){.digest = "sha1"}, X509_V_ERR_CRL_SIGNATURE_FAILURE,
        "the issuer's CRL is signed with a digest that is too weak for the security level: "
        "ecdsa-with-SHA1, at level 2: CN=Our CA");
    verify_expect_words(&(struct setup){.ca = {mute}, .crls = {crl}}, below,
        VERDICT_REVOCATION_UNKNOWN, X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, "CN=Mute");
    X509_CRL_free(crl);
    pki_free(below);
    pki_free(mute);
    pki_free(twin);
    pki_free(other);
}
