/* SPDX-License-Identifier: ISC */
#include "unit/trust/trust_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

TestSuite(trust_ends, .init = trust_given_make, .fini = trust_given_free);

static struct pki *ca_that_ends(const char *subject, const struct pki *key_of, long days)
{
    return pki_make(&(struct pki_spec){
        .subject = subject, .ca = true, .same_key_as = key_of, .not_after = days * PKI_DAY});
}

/* The moment is so many days from now, but for the minutes that a test may take. */
static void expect_days(time_t moment, long days)
{
    long seconds = (long)(moment - time(NULL)) - days * PKI_DAY;

    cr_expect(
        moment != 0 && seconds > -3600 && seconds < 3600, "%ld s from %ld days", seconds, days);
}

static void expect_first_ca_end(
    const struct pki *const *cas, const struct pki *const *others, long days)
{
    char *path = write_certificates("a.pem", cas),
         *others_path = write_certificates("b.pem", others);
    struct config config = make_config(&path, &others_path, NULL);
    struct trust *trust = load_trust(&config, NULL);

    cr_assert_not_null(trust);
    expect_days(trust_first_ca_end(trust), days);
    trust_release(trust);
    free(path);
    free(others_path);
}
#define LIST(...)                                                                                  \
    (const struct pki *const[])                                                                    \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

Test(trust_ends, the_first_end_of_a_ca_is_that_of_an_anchor_or_an_intermediate)
{
    struct pki *soon = ca_that_ends("CN=Soon", NULL, 9),
               *sooner = ca_that_ends("CN=Sooner", NULL, 5);

    expect_first_ca_end(LIST(ca, soon), LIST(other), 9);
    expect_first_ca_end(LIST(ca, soon), LIST(sooner), 5);
    pki_free(soon);
    pki_free(sooner);
}

Test(trust_ends, a_ca_that_was_renewed_with_its_key_ends_with_the_new_certificate)
{
    struct pki *old = ca_that_ends("CN=Ops", NULL, 3), *renewed = ca_that_ends("CN=Ops", old, 90);
    struct pki *new_key = ca_that_ends("CN=Ops", NULL, 80);
    struct pki *new_name = ca_that_ends("CN=Sales", old, 80);

    expect_first_ca_end(LIST(ca, old), LIST(renewed), 90);
    expect_first_ca_end(LIST(renewed, ca, old), LIST(other), 90);
    expect_first_ca_end(LIST(ca, old), LIST(new_key), 3);
    expect_first_ca_end(LIST(ca, old), LIST(new_name), 3);
    pki_free(old);
    pki_free(renewed);
    pki_free(new_key);
    pki_free(new_name);
}

/* Two lists of one CA, of the days from `begin` to `end`. */
static void expect_first_crl_end(struct pki_crl_spec one, struct pki_crl_spec two, long days)
{
    char *path = WRITE("a.pem", ca, other), *folder = pki_temp_dir(), *a, *b;
    X509_CRL *first, *second;
    struct config config = make_config(&path, NULL, &folder);
    struct trust *trust;

    one.issuer = ca;
    two.issuer = two.issuer != NULL ? two.issuer : ca;
    first = pki_crl(&one);
    second = pki_crl(&two);
    a = pki_crl_pem(first);
    b = pki_crl_pem(second);
    free(pki_write_text(folder, "1.crl", a));
    free(pki_write_text(folder, "2.crl", b));
    trust = load_trust(&config, NULL);
    cr_assert_not_null(trust);
    cr_expect_eq(trust_crl_count(trust), 2);
    expect_days(trust_first_crl_end(trust, time(NULL)), days);
    trust_release(trust);
    X509_CRL_free(first);
    X509_CRL_free(second);
    free(a);
    free(b);
    pki_remove_dir(folder);
    free(path);
}
#define FROM(begin, end) .this_update = (begin)*PKI_DAY, .next_update = (end)*PKI_DAY
#define CRL(...)                                                                                   \
    (struct pki_crl_spec)                                                                          \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

Test(trust_ends, a_list_that_another_one_continues_has_not_ended)
{
    expect_first_crl_end(CRL(FROM(-20, -10)), CRL(FROM(-2, 5), .number = 2), 5);
    expect_first_crl_end(CRL(FROM(-5, 2)), CRL(FROM(1, 9), .number = 2), 9);
    expect_first_crl_end(CRL(FROM(1, 9), .number = 2), CRL(FROM(-5, 2)), 9);
}

Test(trust_ends, a_list_that_nothing_continues_ends_or_has_ended)
{
    struct pki_crl_spec now = CRL(FROM(-5, 2)), then = CRL(FROM(-20, -10));

    expect_first_crl_end(then, CRL(FROM(-30, -15)), -10);
    expect_first_crl_end(now, CRL(FROM(3, 9), .number = 2), 2);
    expect_first_crl_end(now, CRL(FROM(-1, 9), .issuer = other), 2);
    expect_first_crl_end(now, CRL(FROM(-1, 9), .number = 2, .delta_base_plus_one = 2), 2);
    expect_first_crl_end(now, CRL(FROM(-1, 9), .extensions = {"1.2.3.4=critical,DER:0500"}), 2);
    expect_first_crl_end(now,
        CRL(FROM(-1, 9), .extensions = {"issuingDistributionPoint=critical,@idp"},
            .configuration = "[idp]\nonlyuser=TRUE\n"),
        2);
}

Test(trust_ends, without_lists_none_ends)
{
    char *path = WRITE("a.pem", ca);
    struct config config = make_config(&path, NULL, NULL);
    struct trust *trust = load_trust(&config, NULL);

    cr_assert_not_null(trust);
    cr_expect_eq(trust_first_crl_end(trust, time(NULL)), 0);
    trust_release(trust);
    free(path);
}
