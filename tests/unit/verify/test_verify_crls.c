/* SPDX-License-Identifier: ISC */
#include "certificate/identity.h"
#include "unit/verify/verify_helpers.h"
#include "verify/verify_revocation.h"

#include <criterion/criterion.h>
#include <string.h>

/* CRLs of others, with dates that say nothing, and of a scope of their own; keys that cannot be
 * used. */

enum { HOLD = 6 };

static struct pki *ca, *other, *leaf, *old;

static void make_all(void)
{
    ca = pki_ca("CN=CA");
    other = pki_ca("CN=Other");
    leaf = pki_make(&(struct pki_spec){.issuer = ca, .serial = 77});
    old = pki_make(&(struct pki_spec){.issuer = ca, .version = 1, .serial = 78});
}

static void free_all(void)
{
    pki_free(old);
    pki_free(leaf);
    pki_free(other);
    pki_free(ca);
}

TestSuite(verify_crls, .init = make_all, .fini = free_all);

/* Judges with these CRLs and frees them. */
static struct verdict judge(
    const struct pki *who, X509_CRL *crls[4], enum verdict_status wanted, const char *what)
{
    struct setup setup = {.ca = {ca, other}};
    struct verdict verdict;
    int i;

    for (i = 0; i < 4; i++)
        setup.crls[i] = crls[i];
    verdict = verify_both(&setup, who, wanted, what);
    for (i = 0; i < 4; i++)
        X509_CRL_free(crls[i]);
    return verdict;
}

static X509_CRL *clean(const struct pki *issuer)
{
    return pki_crl(&(struct pki_crl_spec){.issuer = issuer});
}

static X509_CRL *scoped(const struct pki *issuer, const char *section)
{
    return pki_crl(&(struct pki_crl_spec){.issuer = issuer,
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = section});
}

/* The leaf on hold, on a CRL that is so many days old. */
static X509_CRL *holding(long number, long days_ago)
{
    struct pki_revoked line = {.certificate = leaf->certificate, .reason = HOLD};

    return pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .revoked = &line,
        .revoked_count = 1,
        .number = number,
        .this_update = -days_ago * PKI_DAY});
}

Test(verify_crls, the_same_serial_on_a_list_of_another_ca_says_nothing)
{
    struct pki_revoked line = {.serial = 77};
    X509_CRL *theirs =
        pki_crl(&(struct pki_crl_spec){.issuer = other, .revoked = &line, .revoked_count = 1});
    struct verdict verdict =
        judge(leaf, (X509_CRL *[4]){clean(ca), theirs}, VERDICT_VALID, "another CA's serial 77");

    cr_expect_eq(verdict.revoked_at, 0);
}

Test(verify_crls, a_list_without_an_end_of_another_ca_is_no_matter)
{
    X509_CRL *theirs = pki_crl(&(struct pki_crl_spec){.issuer = other, .no_next_update = true});

    (void)judge(leaf, (X509_CRL *[4]){clean(ca), theirs}, VERDICT_VALID, "no end");
}

Test(verify_crls, a_hold_that_the_later_list_repeats_stays)
{
    X509_CRL *newest = scoped(ca, "[idp]\nonlyuser=TRUE\n");

    (void)judge(
        leaf, (X509_CRL *[4]){holding(1, 3), holding(2, 1)}, VERDICT_REVOKED, "held on both");
    /* The newest, which libcrypto takes, is of another scope. */
    (void)judge(leaf, (X509_CRL *[4]){holding(1, 3), holding(2, 1), newest}, VERDICT_REVOKED,
        "held on both for all");
}

static time_t date_of(const ASN1_TIME *date)
{
    time_t seconds = 0;

    cr_assert(identity_time(date, &seconds));
    return seconds;
}

Test(verify_crls, a_hold_is_released_by_a_later_list_from_its_first_second_on)
{
    struct pki_revoked line = {.certificate = leaf->certificate, .reason = HOLD};
    static char same[] = "260101000000Z";
    X509_CRL *held = pki_crl(&(struct pki_crl_spec){
        .issuer = ca, .revoked = &line, .revoked_count = 1, .number = 1, .this_update_text = same});
    X509_CRL *of_the_same_second =
        pki_crl(&(struct pki_crl_spec){.issuer = ca, .number = 2, .this_update_text = same});
    X509_CRL *later = pki_crl(&(struct pki_crl_spec){.issuer = ca, .number = 2});
    struct setup setup = {.ca = {ca}, .crls = {held, of_the_same_second}};

    (void)verify_both(&setup, leaf, VERDICT_REVOKED, "which of the two came later?");
    setup.crls[1] = later;
    setup.at_time = date_of(X509_CRL_get0_lastUpdate(later));
    (void)verify_both(&setup, leaf, VERDICT_VALID, "the later one's first second");
    X509_CRL_free(later);
    X509_CRL_free(of_the_same_second);
    X509_CRL_free(held);
}

Test(verify_crls, reasons_have_names_within_their_bounds)
{
    cr_expect_null(revocation_reason_name(-1));
    cr_expect_str_eq(revocation_reason_name(0), "unspecified");
    cr_expect_str_eq(revocation_reason_name(10), "aACompromise");
    cr_expect_null(revocation_reason_name(11));
}

Test(verify_crls, one_whose_dates_cannot_be_read_is_no_current_one)
{
    X509_CRL *begins =
        pki_crl(&(struct pki_crl_spec){.issuer = ca, .this_update_text = "nonsense date"});
    X509_CRL *ends =
        pki_crl(&(struct pki_crl_spec){.issuer = ca, .next_update_text = "nonsense date"});

    (void)judge(leaf, (X509_CRL *[4]){begins}, VERDICT_REVOCATION_UNKNOWN, "thisUpdate");
    (void)judge(leaf, (X509_CRL *[4]){ends}, VERDICT_REVOCATION_UNKNOWN, "nextUpdate");
}

Test(verify_crls, one_whose_date_cannot_be_read_releases_nothing)
{
    X509_CRL *later = pki_crl(
        &(struct pki_crl_spec){.issuer = ca, .number = 9, .this_update_text = "nonsense date"});
    struct pki_revoked line = {.certificate = leaf->certificate, .reason = HOLD};
    X509_CRL *undated = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .revoked = &line,
        .revoked_count = 1,
        .number = 1,
        .this_update_text = "nonsense date"});

    (void)judge(leaf, (X509_CRL *[4]){holding(1, 3), later}, VERDICT_REVOKED, "nonsense later");
    (void)judge(leaf, (X509_CRL *[4]){undated, clean(ca)}, VERDICT_REVOKED, "held since nonsense");
}

/* The dates that are told are those of a list whose dates can be read, if there is one. */
Test(verify_crls, the_dates_that_are_told_can_be_read)
{
    const struct pki_crl_spec spec = {.issuer = ca,
        .number = 1,
        .this_update_text = "nonsense date",
        .next_update_text = "nonsense date"};
    int i;

    for (i = 0; i < 2; i++) {
        X509_CRL *crls[4] = {NULL};
        struct verdict verdict;

        crls[i] = pki_crl(&spec);
        crls[1 - i] = clean(ca);
        verdict = judge(leaf, crls, VERDICT_VALID, "one of two is good");
        cr_expect(verdict.crl_this_update > 0, "nonsense is number %d", i);
        cr_expect(verdict.crl_next_update > verdict.crl_this_update, "nonsense is number %d", i);
    }
}

/* What is scoped to users or CAs cannot be told of a version 1 certificate, which says not which of
 * the two it is. */
Test(verify_crls, version_1_wants_a_list_for_all)
{
    static const char users[] = "[idp]\nonlyuser=TRUE\n", cas[] = "[idp]\nonlyCA=TRUE\n",
                      nobody[] = "[idp]\nindirectCRL=FALSE\n"
                                 "fullname=URI:http://127.0.0.1/ca.crl\n";

    (void)judge(old, (X509_CRL *[4]){clean(ca)}, VERDICT_VALID, "for all");
    (void)judge(old, (X509_CRL *[4]){clean(ca), clean(ca)}, VERDICT_VALID, "for all, twice");
    (void)judge(old, (X509_CRL *[4]){scoped(ca, users)}, VERDICT_REVOCATION_UNKNOWN, "for users");
    (void)judge(old, (X509_CRL *[4]){scoped(ca, cas)}, VERDICT_REVOCATION_UNKNOWN, "for CAs");
    (void)judge(old, (X509_CRL *[4]){scoped(ca, users), scoped(ca, cas)},
        VERDICT_REVOCATION_UNKNOWN, "for users and for CAs");
    (void)judge(old, (X509_CRL *[4]){scoped(ca, users), clean(ca)}, VERDICT_VALID, "users, all");
    (void)judge(old, (X509_CRL *[4]){scoped(ca, nobody), clean(ca)}, VERDICT_VALID, "a place, all");
    (void)judge(old, (X509_CRL *[4]){clean(ca), scoped(other, users)}, VERDICT_VALID,
        "for all, and another CA's for users");
    (void)judge(old, (X509_CRL *[4]){scoped(ca, users), clean(other)}, VERDICT_REVOCATION_UNKNOWN,
        "for users, and another CA's for all");
}

/* Marked as an indirect one: it lists its own issuer's certificates (RFC 5280 section 5.2.5). */
Test(verify_crls, an_indirect_list_without_other_issuers_is_one_of_its_issuer)
{
    static const char indirect[] = "[idp]\nindirectCRL=TRUE\n";
    const struct pki_revoked line = {
        .serial = ASN1_INTEGER_get(X509_get0_serialNumber(old->certificate))};

    (void)judge(old, (X509_CRL *[4]){scoped(ca, indirect)}, VERDICT_VALID, "of its issuer");
    (void)judge(old, (X509_CRL *[4]){scoped(other, indirect)}, VERDICT_REVOCATION_UNKNOWN,
        "of another issuer");
    (void)judge(old,
        (X509_CRL *[4]){pki_crl(&(struct pki_crl_spec){.issuer = ca,
            .revoked = &line,
            .revoked_count = 1,
            .extensions = {"issuingDistributionPoint=critical,@idp"},
            .configuration = indirect})},
        VERDICT_REVOKED, "listed");
}

Test(verify_crls, a_list_for_all_whose_dates_say_nothing_does_not_cover_version_1)
{
    static const char users[] = "[idp]\nonlyuser=TRUE\n";
    const struct pki_crl_spec specs[] = {{.issuer = ca, .this_update_text = "nonsense date"},
        {.issuer = ca, .next_update_text = "nonsense date"}, {.issuer = ca, .no_next_update = true},
        {.issuer = ca, .this_update = PKI_DAY, .next_update = 2 * PKI_DAY}};
    size_t i;

    for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
        (void)judge(old, (X509_CRL *[4]){scoped(ca, users), pki_crl(&specs[i])},
            VERDICT_REVOCATION_UNKNOWN, "for users, and one for all that cannot be used");
}

/* Of a kind that nobody knows, and of DSA without its parameters. */
static char foreign_keys[2][20] = {"1.2.3.4", "1.2.840.10040.4.1"};

Test(verify_crls, an_issuer_whose_key_cannot_be_used_vouches_for_nothing)
{
    size_t i;

    for (i = 0; i < 2; i++) {
        struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
            .issuer = ca,
            .ca = true,
            .customise = pki_foreign_key,
            .context = foreign_keys[i]});
        struct pki *below =
            pki_make(&(struct pki_spec){.issuer = between, .serial = 77, .not_after = -PKI_DAY});
        struct pki_revoked line = {.serial = 77};
        X509_CRL *crl =
            pki_crl(&(struct pki_crl_spec){.issuer = ca, .revoked = &line, .revoked_count = 1});
        struct setup setup = {.ca = {ca}, .intermediates = {between}, .crls = {crl}};

        (void)verify_both(&setup, below, VERDICT_UNTRUSTED, foreign_keys[i]);
        X509_CRL_free(crl);
        pki_free(below);
        pki_free(between);
    }
}

Test(verify_crls, a_leaf_whose_key_cannot_be_used_is_untrusted_whatever_else_it_is)
{
    size_t i;

    for (i = 0; i < 2; i++) {
        struct pki *late = pki_make(&(struct pki_spec){.issuer = ca,
            .not_before = -2 * PKI_DAY,
            .not_after = -PKI_DAY,
            .customise = pki_foreign_key,
            .context = foreign_keys[i]});
        X509 *decoded = pki_decoded(late);
        struct verdict verdict = verify_judge(&(struct setup){.ca = {ca}}, decoded);

        verify_expect(&verdict, VERDICT_UNTRUSTED, foreign_keys[i]);
        X509_free(decoded);
        pki_free(late);
    }
}

/* Of lists that are doubted for the same reason the newest says most, in any order. */
Test(verify_crls, of_two_stale_lists_the_newer_one_is_told)
{
    X509_CRL *first = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .this_update_text = "20200101000000Z",
        .next_update_text = "20210101000000Z"});
    X509_CRL *new = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .number = 2,
        .this_update_text = "20220101000000Z",
        .next_update_text = "20230101000000Z"});
    struct setup setup = {.ca = {ca}, .crls = {first, new}};
    int order;

    for (order = 0; order < 2; order++) {
        struct verdict verdict =
            verify_both(&setup, leaf, VERDICT_REVOCATION_UNKNOWN, "two stale lists");

        cr_expect_not_null(strstr(verdict.reason, "by 2023-01-01"), "%s", verdict.reason);
        setup.crls[0] = new;
        setup.crls[1] = first;
    }
    X509_CRL_free(new);
    X509_CRL_free(first);
}

/* Of lists that are doubted for different reasons the one that fits best, in any order. */
Test(verify_crls, of_a_stale_list_and_an_early_one_the_stale_one_is_told)
{
    X509_CRL *stale = pki_crl(
        &(struct pki_crl_spec){.issuer = ca, .this_update = -9 * PKI_DAY, .next_update = -PKI_DAY});
    X509_CRL *early =
        pki_crl(&(struct pki_crl_spec){.issuer = ca, .number = 2, .this_update = PKI_DAY});
    struct setup setup = {.ca = {ca}, .crls = {stale, early}};
    int order;

    for (order = 0; order < 2; order++) {
        struct verdict verdict =
            verify_both(&setup, leaf, VERDICT_REVOCATION_UNKNOWN, "stale and early");

        cr_expect_eq(verdict.error_code, X509_V_ERR_CRL_HAS_EXPIRED, "%s", verdict.reason);
        setup.crls[0] = early;
        setup.crls[1] = stale;
    }
    X509_CRL_free(early);
    X509_CRL_free(stale);
}

/* As the ocsp room asks of a responder's certificate. */
Test(verify_crls, a_certificate_is_listed_by_its_issuers_lists_alone)
{
    X509_CRL *held = holding(1, 1), *foreign = clean(other);
    struct setup setup = {.ca = {ca, other}, .crls = {held, foreign}};
    struct config config;
    struct trust *trust = verify_trust(&setup, &config);
    time_t now = time(NULL);

    cr_expect(revocation_is_listed(trust, leaf->certificate, ca->certificate, 2, now));
    cr_expect_not(revocation_is_listed(trust, old->certificate, ca->certificate, 2, now));
    cr_expect_not(revocation_is_listed(trust, leaf->certificate, other->certificate, 2, now));
    trust_release(trust);
    X509_CRL_free(foreign);
    X509_CRL_free(held);
}

/* A delta CRL that removes what the complete one does not list says nothing. */
Test(verify_crls, an_entry_that_removes_nothing_does_not_revoke)
{
    const struct pki_revoked line = {.certificate = leaf->certificate, .reason = 8};
    X509_CRL *base = pki_crl(&(struct pki_crl_spec){.issuer = ca});
    X509_CRL *delta = pki_crl(&(struct pki_crl_spec){
        .issuer = ca, .number = 2, .delta_base_plus_one = 2, .revoked = &line, .revoked_count = 1});
    struct setup setup = {.ca = {ca}, .crls = {base, delta}, .without_second_judge = true};

    (void)verify_both(&setup, leaf, VERDICT_VALID, "in a delta CRL");
    X509_CRL_free(delta);
    X509_CRL_free(base);
}
