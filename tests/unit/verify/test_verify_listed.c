/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_causes.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>

/* Delta CRLs, and entries on hold. */

enum { HOLD = 6, REMOVE = 8, COMPROMISE = 1 };

static struct pki *ca, *leaf;

static void make_all(void)
{
    ca = pki_ca("CN=CA");
    leaf = pki_client("CN=leaf", ca);
}

static void free_all(void)
{
    pki_free(leaf);
    pki_free(ca);
}

TestSuite(verify_listed, .init = make_all, .fini = free_all);

/* Whether complete CRLs point to deltas (RFC 5280 section 5.2.6): libcrypto uses none otherwise. */
static bool is_fresh = true;

/* A CRL with this number and age in days, delta to `base` unless that is 0; reason -1: the leaf is
 * not on it. */
static X509_CRL *make_with(long number, long base, long days_ago, int reason, const char *digest)
{
    struct pki_revoked line = {.certificate = leaf->certificate, .reason = reason > 0 ? reason : 0};

    return pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .revoked = &line,
        .revoked_count = reason >= 0,
        .number = number,
        .delta_base_plus_one = base > 0 ? base + 1 : 0,
        .extensions = {is_fresh && base == 0 ? "freshestCRL=URI:http://127.0.0.1/delta" : NULL},
        .this_update = -days_ago * PKI_DAY,
        .digest = digest});
}

static X509_CRL *make(long number, long base, long days_ago, int reason)
{
    return make_with(number, base, days_ago, reason, NULL);
}

/* With a digest that certificates must not have at the security level. */
static X509_CRL *make_weak(long number, long base, long days_ago, int reason)
{
    return make_with(number, base, days_ago, reason, "sha1");
}

static struct verdict judge(
    X509_CRL *one, X509_CRL *two, X509_CRL *three, enum verdict_status wanted, const char *what)
{
    struct setup setup = {.ca = {ca}, .crls = {one, two, three}};
    struct verdict verdict = verify_both(&setup, leaf, wanted, what);

    X509_CRL_free(one);
    X509_CRL_free(two);
    X509_CRL_free(three);
    return verdict;
}

Test(verify_listed, a_delta_crl_revokes)
{
    struct verdict verdict = judge(
        make(1, 0, 3, -1), make(2, 1, 1, COMPROMISE), NULL, VERDICT_REVOKED, "on the delta alone");

    cr_expect_neq(verdict.revoked_at, 0);
    cr_expect_str_eq(verdict.revocation_reason, "keyCompromise");
    verdict = judge(
        make(1, 0, 3, -1), make(2, 1, 1, HOLD), NULL, VERDICT_REVOKED, "on hold on the delta");
    cr_expect_str_eq(verdict.revocation_reason, "certificateHold");
    (void)judge(make(1, 0, 3, -1), make(2, 1, 1, -1), NULL, VERDICT_VALID, "on neither");
    (void)judge(make(2, 1, 1, -1), NULL, NULL, VERDICT_REVOCATION_UNKNOWN, "a delta alone");
}

Test(verify_listed, a_hold_counts_until_a_later_crl_releases_it)
{
    (void)judge(make(1, 0, 3, HOLD), NULL, NULL, VERDICT_REVOKED, "on hold");
    (void)judge(make(1, 0, 3, HOLD), make(2, 0, 1, -1), NULL, VERDICT_VALID, "released");
    (void)judge(make(2, 0, 1, HOLD), make(1, 0, 3, -1), NULL, VERDICT_REVOKED, "held later");
    (void)judge(
        make(1, 0, 3, HOLD), make(2, 1, 1, REMOVE), NULL, VERDICT_VALID, "released by a delta");
    (void)judge(make(1, 0, 3, HOLD), make(2, 1, 1, -1), NULL, VERDICT_REVOKED,
        "a delta that does not speak of it");
    (void)judge(make(1, 0, 3, HOLD), make(2, 1, 1, HOLD), NULL, VERDICT_REVOKED,
        "a delta that holds it, too");
    (void)judge(make(1, 0, 3, HOLD), make(2, 1, 2, REMOVE), make(3, 1, 1, HOLD), VERDICT_REVOKED,
        "held again");
    is_fresh = false;
    (void)judge(make(1, 0, 3, HOLD), make(2, 1, 1, REMOVE), NULL, VERDICT_REVOKED,
        "released by a delta that the CRL does not point to");
    (void)judge(make(1, 0, 3, -1), make(2, 1, 1, HOLD), NULL, VERDICT_REVOKED,
        "held by a delta that the CRL does not point to");
}

/* libcrypto takes any one of several delta CRLs. */
Test(verify_listed, a_hold_on_a_delta_crl_is_released_by_the_next)
{
    X509_CRL *base = make(1, 0, 3, -1), *held = make(2, 1, 2, HOLD), *gone = make(3, 1, 1, REMOVE);
    X509_CRL *silent = make(3, 1, 1, -1);
    struct setup setup = {.ca = {ca}, .crls = {base, held, gone}, .without_second_judge = true};

    (void)verify_both(&setup, leaf, VERDICT_VALID, "released");
    setup.crls[2] = silent;
    (void)verify_both(&setup, leaf, VERDICT_REVOKED, "one that does not speak of it");
    setup.crls[2] = NULL;
    (void)verify_both(&setup, leaf, VERDICT_REVOKED, "held");
    X509_CRL_free(silent);
    X509_CRL_free(gone);
    X509_CRL_free(held);
    X509_CRL_free(base);
}

/* RFC 5280 section 5.2.4: a delta CRL adds to a complete one whose number is not below its base. */
Test(verify_listed, a_delta_to_a_complete_crl_that_is_not_there_revokes_and_releases_nothing)
{
    X509_CRL *base, *held, *gone;
    struct setup setup;

    (void)judge(make(1, 0, 3, HOLD), make(3, 2, 1, REMOVE), NULL, VERDICT_REVOKED,
        "its base is above the complete one");
    (void)judge(make(2, 0, 3, HOLD), make(3, 2, 1, REMOVE), NULL, VERDICT_VALID,
        "its base is the complete");
    (void)judge(make(2, 0, 3, HOLD), make(3, 1, 1, REMOVE), NULL, VERDICT_VALID,
        "its base is below the complete one");
    (void)judge(make(1, 0, 3, -1), make(3, 2, 1, HOLD), NULL, VERDICT_REVOKED,
        "on hold on the delta, whatever its base");
    base = make(1, 0, 4, -1);
    held = make(2, 1, 2, HOLD);
    gone = make(4, 3, 1, REMOVE);
    setup = (struct setup){.ca = {ca}, .crls = {base, held, gone}, .without_second_judge = true};
    (void)verify_both(&setup, leaf, VERDICT_REVOKED, "held on one delta, removed by such a one");
    X509_CRL_free(gone);
    X509_CRL_free(held);
    X509_CRL_free(base);
}

Test(verify_listed, a_crl_with_a_weak_signature_proves_nothing_good)
{
    X509_CRL *clean = make_weak(1, 0, 1, -1);
    struct setup setup = {.ca = {ca}, .crls = {clean}};
    struct verdict verdict = verify_both(&setup, leaf, VERDICT_REVOCATION_UNKNOWN, "alone");

    cr_expect_eq(verdict.cause, CAUSE_CRL_DIGEST);
    cr_expect_eq(verdict.revocation, REVOCATION_UNKNOWN);
    setup.crl_missing_ok = true;
    (void)verify_both(&setup, leaf, VERDICT_REVOCATION_UNKNOWN, "it is not missing");
    setup.level_plus_one = 1;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "at level 0");
    X509_CRL_free(clean);
    (void)judge(make_weak(1, 0, 1, COMPROMISE), NULL, NULL, VERDICT_REVOKED, "what it lists");
    (void)judge(
        make(1, 0, 3, -1), make_weak(1, 0, 3, -1), NULL, VERDICT_VALID, "a good one beside");
    (void)judge(make(1, 0, 3, -1), make_weak(2, 1, 1, HOLD), NULL, VERDICT_REVOKED, "a weak delta");
    (void)judge(make(1, 0, 3, HOLD), make_weak(2, 0, 1, -1), NULL, VERDICT_REVOKED,
        "a complete one releases nothing");
    (void)judge(make(1, 0, 3, HOLD), make_weak(2, 1, 1, REMOVE), NULL, VERDICT_REVOKED,
        "a delta releases nothing");
    (void)judge(make_weak(1, 0, 4, -1), make(2, 1, 2, HOLD), make(3, 1, 1, REMOVE), VERDICT_REVOKED,
        "a delta to a weak one releases nothing");
}

Test(verify_listed, what_a_complete_crl_removes_is_revoked)
{
    (void)judge(make(1, 0, 3, REMOVE), NULL, NULL, VERDICT_REVOKED, "alone");
    (void)judge(make(1, 0, 3, HOLD), make(2, 0, 1, REMOVE), NULL, VERDICT_REVOKED, "after a hold");
}

Test(verify_listed, a_later_crl_that_cannot_be_read_whole_releases_nothing)
{
    X509_CRL *later = pki_crl(&(struct pki_crl_spec){
        .issuer = ca, .number = 2, .extensions = {"1.2.3.4=critical,DER:0500"}});

    (void)judge(make(1, 0, 3, HOLD), later, NULL, VERDICT_REVOKED, "a critical extension");
}

/* RFC 5280 section 4.2.1.15: freshestCRL in the certificate instead. */
Test(verify_listed, a_certificate_may_point_to_delta_crls_itself)
{
    const struct pki_crl_spec stale = {
        .issuer = ca, .this_update = -9 * PKI_DAY, .next_update = -PKI_DAY};

    is_fresh = false;
    (void)judge(pki_crl(&stale), make(2, 1, 1, -1), NULL, VERDICT_REVOCATION_UNKNOWN,
        "neither points to one");
    pki_free(leaf);
    leaf = pki_make(&(struct pki_spec){.subject = "CN=leaf",
        .issuer = ca,
        .extensions = {"freshestCRL=URI:http://127.0.0.1/delta"}});
    (void)judge(pki_crl(&stale), make(2, 1, 1, -1), NULL, VERDICT_VALID, "a stale complete one");
    (void)judge(make(1, 0, 3, HOLD), make(2, 1, 1, REMOVE), NULL, VERDICT_VALID, "a hold");
}

/* `number` and days as make has them; good for so many days from its thisUpdate on. */
static X509_CRL *make_lasting(long number, long days_ago, long days, int reason)
{
    struct pki_revoked line = {.certificate = leaf->certificate, .reason = reason > 0 ? reason : 0};

    return pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .revoked = &line,
        .revoked_count = reason >= 0,
        .number = number,
        .this_update = -days_ago * PKI_DAY,
        .next_update = (days - days_ago) * PKI_DAY});
}

Test(verify_listed, a_crl_that_was_signed_ahead_releases_nothing)
{
    (void)judge(make_lasting(3, 3, 2, HOLD), make_lasting(1, 10, 20, -1), NULL, VERDICT_REVOKED,
        "held by a stale CRL, later than the current one");
    (void)judge(make_lasting(3, 3, 2, HOLD), make_lasting(1, 10, 20, -1),
        make_lasting(4, -2, 20, -1), VERDICT_REVOKED, "and one whose time has not come");
    (void)judge(make_lasting(3, 3, 9, HOLD), make_lasting(2, 1, 20, -1), NULL, VERDICT_REVOKED,
        "one whose time has come, signed before the hold");
    (void)judge(make_lasting(3, 3, 9, HOLD), make_lasting(4, 1, 20, -1), NULL, VERDICT_VALID,
        "one that was signed after it");
}

Test(verify_listed, a_compromised_key_is_never_released)
{
    (void)judge(make(1, 0, 3, COMPROMISE), make(2, 0, 1, -1), NULL, VERDICT_REVOKED, "by a CRL");
    (void)judge(
        make(1, 0, 3, COMPROMISE), make(2, 1, 1, REMOVE), NULL, VERDICT_REVOKED, "by a delta");
}

/* libcrypto prefers the CRL that is current, though the stale one is newer. */
Test(verify_listed, a_hold_on_a_newer_crl_that_is_stale_counts)
{
    struct pki_revoked line = {.certificate = leaf->certificate, .reason = HOLD};
    X509_CRL *stale = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .revoked = &line,
        .revoked_count = 1,
        .number = 2,
        .this_update = -2 * PKI_DAY,
        .next_update = -PKI_DAY});

    (void)judge(make(1, 0, 5, -1), stale, NULL, VERDICT_REVOKED, "newer, on hold and stale");
}

/* RFC 5280 section 6.3.3 a: what may have come after the stale one is not known. */
Test(verify_listed, a_stale_crl_does_not_release_what_a_current_one_holds)
{
    X509_CRL *base = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .revoked = &(struct pki_revoked){.certificate = leaf->certificate, .reason = HOLD},
        .revoked_count = 1,
        .number = 1,
        .this_update = -10 * PKI_DAY,
        .next_update = -5 * PKI_DAY,
        .extensions = {"freshestCRL=URI:http://127.0.0.1/delta"}});

    (void)judge(make_lasting(1, 10, 20, HOLD), make_lasting(2, 5, 20, -1), NULL, VERDICT_VALID,
        "both are current");
    (void)judge(make_lasting(1, 10, 20, HOLD), make_lasting(2, 5, 2, -1), NULL, VERDICT_REVOKED,
        "the later one is stale");
    (void)judge(make_lasting(1, 10, 5, HOLD), make_lasting(2, 5, 2, -1), NULL,
        VERDICT_REVOCATION_UNKNOWN, "both are stale");
    (void)judge(make_lasting(1, 10, 5, HOLD), make_lasting(2, 5, 20, -1), NULL, VERDICT_VALID,
        "the earlier one is stale");
    (void)judge(base, make_lasting(2, 6, 2, -1), make(3, 1, 1, -1), VERDICT_REVOKED,
        "a delta makes the earlier one current");
}

Test(verify_listed, the_second_of_its_next_update_is_a_crls_last)
{
    X509_CRL *held = make_lasting(1, 10, 20, HOLD), *later = make_lasting(2, 5, 2, -1);
    struct setup setup = {.ca = {ca}, .crls = {held, later}};
    struct tm end;

    cr_assert_eq(ASN1_TIME_to_tm(X509_CRL_get0_nextUpdate(held), &end), 1);
    setup.at_time = timegm(&end);
    (void)verify_both(&setup, leaf, VERDICT_REVOKED, "in force");
    setup.at_time++;
    (void)verify_both(&setup, leaf, VERDICT_REVOCATION_UNKNOWN, "stale");
    X509_CRL_free(held);
    X509_CRL_free(later);
}

Test(verify_listed, only_a_delta_crl_in_force_to_it_makes_a_stale_one_relied_on)
{
    X509_CRL *stale_delta = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .number = 3,
        .delta_base_plus_one = 2,
        .this_update = -4 * PKI_DAY,
        .next_update = -3 * PKI_DAY});
    X509_CRL *endless = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .revoked = &(struct pki_revoked){.certificate = leaf->certificate, .reason = HOLD},
        .revoked_count = 1,
        .number = 1,
        .this_update = -10 * PKI_DAY,
        .no_next_update = true});

    (void)judge(make_lasting(1, 10, 5, HOLD), make_lasting(3, 5, 2, -1), make(4, 3, 1, -1),
        VERDICT_REVOCATION_UNKNOWN, "a delta CRL to the later one");
    (void)judge(make_lasting(1, 10, 5, HOLD), make_lasting(2, 5, 2, -1), stale_delta,
        VERDICT_REVOCATION_UNKNOWN, "a stale one");
    (void)judge(endless, make_lasting(2, 5, 2, -1), NULL, VERDICT_REVOCATION_UNKNOWN,
        "one without nextUpdate is not relied on");
}

static X509_CRL *break_signature(X509_CRL *crl)
{
    const ASN1_BIT_STRING *signature = NULL;

    X509_CRL_get0_signature(crl, &signature, NULL);
    signature->data[signature->length - 1] ^= 1;
    return crl;
}

Test(verify_listed, a_forged_crl_releases_nothing)
{
    struct verdict verdict;
    X509_CRL *held = make(1, 0, 3, HOLD);
    struct setup setup = {.ca = {ca}, .crl_missing_ok = true};

    (void)judge(make(1, 0, 3, HOLD), break_signature(make(2, 0, 1, -1)), NULL, VERDICT_REVOKED,
        "a forged CRL");
    (void)judge(make(1, 0, 3, HOLD), break_signature(make(2, 1, 1, REMOVE)), NULL, VERDICT_REVOKED,
        "a forged delta");
    setup.crls[0] = held;
    setup.crls[1] = break_signature(make(2, 1, 1, REMOVE));
    verdict = verify_judge(&setup, leaf->certificate);
    cr_expect_neq(verdict.status, VERDICT_VALID, "a forged delta, missing ones forgiven");
    X509_CRL_free(held);
    X509_CRL_free(setup.crls[1]);
}

/* A CRL that is for users alone, or for CAs alone. */
static X509_CRL *scoped(const char *section, long number, long days_ago, int reason)
{
    struct pki_revoked line = {.certificate = leaf->certificate, .reason = reason};

    return pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .revoked = &line,
        .revoked_count = reason > 0,
        .number = number,
        .this_update = -days_ago * PKI_DAY,
        .extensions = {"issuingDistributionPoint=critical,@idp"},
        .configuration = section});
}

Test(verify_listed, a_crl_of_the_same_scope_releases_and_one_of_another_does_not)
{
    static const char users[] = "[idp]\nonlyuser=TRUE\n", authorities[] = "[idp]\nonlyCA=TRUE\n";

    (void)judge(make(1, 0, 3, HOLD), scoped(authorities, 2, 1, 0), NULL, VERDICT_REVOKED,
        "held on one for all, a newer one for CAs alone");
    (void)judge(make(1, 0, 3, HOLD), scoped(users, 2, 1, 0), NULL, VERDICT_REVOKED,
        "held on one for all, a newer one for users alone");
    (void)judge(scoped(users, 1, 3, HOLD), scoped(users, 2, 1, 0), NULL, VERDICT_VALID,
        "held and released on those for users");
    (void)judge(scoped(users, 1, 3, HOLD), make(2, 0, 1, -1), NULL, VERDICT_REVOKED,
        "held on one for users, a newer one for all");
}

/* libcrypto takes the complete CRL that is current, and the delta to it. */
Test(verify_listed, a_delta_that_does_not_speak_of_it_releases_nothing)
{
    struct pki_revoked line = {.certificate = leaf->certificate, .reason = HOLD};
    X509_CRL *stale = pki_crl(&(struct pki_crl_spec){.issuer = ca,
        .revoked = &line,
        .revoked_count = 1,
        .number = 2,
        .this_update = -3 * PKI_DAY,
        .next_update = -2 * PKI_DAY});

    (void)judge(
        make(1, 0, 5, -1), stale, make(3, 1, 1, -1), VERDICT_REVOKED, "held on a stale CRL");
}

Test(verify_listed, a_stale_base_is_unknown)
{
    X509_CRL *base = pki_crl(&(struct pki_crl_spec){
        .issuer = ca, .number = 1, .this_update = -9 * PKI_DAY, .next_update = -PKI_DAY});

    (void)judge(base, NULL, NULL, VERDICT_REVOCATION_UNKNOWN, "a stale base alone");
}

/* A complete CRL that has ended, and a delta CRL to it (RFC 5280 section 5.2.4). */
Test(verify_listed, a_current_delta_makes_a_stale_base_current)
{
    static const struct {
        long number, base, this_update, next_update;
        const char *extension;
        enum verdict_status wanted;
        const char *what;
    } rows[] = {
        {2, 1, -PKI_DAY, 5 * PKI_DAY, NULL, VERDICT_VALID, "a delta that is current"},
        {2, 1, -3 * PKI_DAY, -PKI_DAY, NULL, VERDICT_REVOCATION_UNKNOWN, "a stale delta"},
        {2, 1, PKI_DAY, 5 * PKI_DAY, NULL, VERDICT_REVOCATION_UNKNOWN, "one from tomorrow on"},
        {3, 2, -PKI_DAY, 5 * PKI_DAY, NULL, VERDICT_REVOCATION_UNKNOWN, "one to a later CRL"},
        {1, 1, -PKI_DAY, 5 * PKI_DAY, NULL, VERDICT_REVOCATION_UNKNOWN, "one that is not later"},
        {2, 1, -PKI_DAY, 5 * PKI_DAY, "1.2.3.4=critical,DER:0500", VERDICT_REVOCATION_UNKNOWN,
            "one that cannot be read"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        X509_CRL *base = pki_crl(&(struct pki_crl_spec){.issuer = ca,
            .number = 1,
            .this_update = -9 * PKI_DAY,
            .next_update = -2 * PKI_DAY,
            .extensions = {"freshestCRL=URI:http://127.0.0.1/delta"}});
        X509_CRL *delta = pki_crl(&(struct pki_crl_spec){.issuer = ca,
            .number = rows[i].number,
            .delta_base_plus_one = rows[i].base + 1,
            .this_update = rows[i].this_update,
            .next_update = rows[i].next_update,
            .extensions = {rows[i].extension}});

        (void)judge(base, delta, NULL, rows[i].wanted, rows[i].what);
    }
}
