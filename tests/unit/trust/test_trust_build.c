/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "config/config_options.h"
#include "trust/trust_crls.h"
#include "unit/base/memory_fault.h"
#include "unit/trust/trust_given.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

TestSuite(trust_build, .init = trust_given_make, .fini = trust_given_free);

Test(trust_build, each_snapshot_has_a_number_of_its_own_and_lives_as_long_as_it_is_held)
{
    char *path = WRITE("a.pem", ca);
    struct config config = make_config(&path, NULL, NULL);
    struct trust *one = expect_loads(&config, 1, NULL), *two = expect_loads(&config, 1, NULL);
    int i;

    cr_expect_neq(trust_number(one), trust_number(two));
    for (i = 0; i < 3; i++)
        cr_expect_eq(trust_retain(one), one);
    for (i = 0; i < 3; i++)
        trust_release(one);
    cr_expect(trust_is_anchor(one, ca->certificate), "it is still held once");
    trust_release(one);
    trust_release(two);
    free(path);
}

Test(trust_build, an_interval_is_cut_at_the_date_and_at_the_second_after_it)
{
    static const struct {
        time_t date, now, from, until;
    } cases[] = {
        {100, 99, -1000, 100}, {100, 100, 100, 101}, {100, 101, 101, 1000}, {100, 500, 101, 1000},
        {100, -500, -1000, 100},
        {2000, 500, -1000, 1000},  /* later than the end that is known already */
        {-2000, 500, -1000, 1000}, /* before the beginning */
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        time_t from = -1000, until = 1000;

        trust_narrow_interval(cases[i].date, cases[i].now, &from, &until);
        cr_expect(from == cases[i].from && until == cases[i].until,
            "case %zu: expected [%ld, %ld), came [%ld, %ld)", i, (long)cases[i].from,
            (long)cases[i].until, (long)from, (long)until);
    }
}

/* Dates of the anchor, the intermediate and the CRL, in an order that is not that of the files. */
Test(trust_build, the_interval_of_a_snapshot_ends_at_the_next_date_of_anything_in_it)
{
    const time_t base = 1800000000;
    long shift = (long)(base - time(NULL));
    struct pki *root = pki_make(&(struct pki_spec){.subject = "CN=root",
        .ca = true,
        .not_before = shift + 100,
        .not_after_text = "20400101000000Z"});
    struct pki *middle = pki_make(&(struct pki_spec){.subject = "CN=middle",
        .ca = true,
        .not_before_text = "20260101000000Z",
        .not_after = shift + 300});
    char *cas = WRITE("a.pem", root), *others = WRITE("b.pem", middle);
    char *crl = write_crl("c.pem", &(struct pki_crl_spec){
                                       .issuer = root,
                                       .this_update = shift + 200,
                                       .next_update = shift + 400,
                                   });
    struct config config = make_config(&cas, &others, &crl);
    struct trust *trust = expect_loads(&config, 1, NULL);
    time_t edges[9] = {1767225600 + 1}, from, until, now;
    size_t i, count = 1, k;
    int kind;

    /* The clock may have moved on while the certificates were made: ask them. */
    for (kind = 0; kind < 4; kind++) {
        size_t position = 0;
        bool failed = false;
        const struct crl *list = trust_crl_next(trust, root->certificate, &position, &failed);
        const ASN1_TIME *date = kind == 0 ? X509_get0_notBefore(root->certificate)
                                          : X509_get0_notAfter(middle->certificate);
        struct tm tm;

        cr_assert_not_null(list);
        cr_assert_eq(ASN1_TIME_to_tm(date, &tm), 1);
        edges[count] = timegm(&tm);
        cr_assert(kind % 2 == 0 || (kind == 1 ? crl_this_update(list, &edges[count])
                                              : crl_next_update(list, &edges[count])));
        edges[count + 1] = edges[count] + 1;
        count += 2;
    }
    for (i = 0; i + 1 < count; i++) {
        const time_t moments[2] = {edges[i], edges[i + 1] - 1};

        for (k = 0; k < 2; k++) {
            now = moments[k];
            trust_interval(trust, now, &from, &until);
            cr_expect(from == edges[i] && until == edges[i + 1],
                "at %ld: expected [%ld, %ld), came [%ld, %ld)", (long)now, (long)edges[i],
                (long)edges[i + 1], (long)from, (long)until);
        }
    }
    trust_interval(trust, 0, &from, &until);
    cr_expect(from == (time_t)INT64_MIN && until == 1767225600, "%ld %ld", (long)from, (long)until);
    trust_interval(trust, 5000000000, &from, &until);
    cr_expect(until == (time_t)INT64_MAX && from > edges[8], "%ld %ld", (long)from, (long)until);
    trust_release(trust);
    free(cas);
    free(others);
    free(crl);
    pki_free(root);
    pki_free(middle);
}

Test(trust_build, a_date_that_cannot_be_read_makes_every_interval_empty)
{
    struct pki *odd = pki_make(
        &(struct pki_spec){.subject = "CN=odd", .ca = true, .not_after_text = "99nonsense00Z"});
    char *path = WRITE("a.pem", odd);
    struct config config = make_config(&path, NULL, NULL);
    struct trust *trust = expect_loads(&config, 1, NULL);
    time_t from, until;

    trust_interval(trust, 12345, &from, &until);
    cr_expect(from == 12345 && until == 12345, "[%ld, %ld)", (long)from, (long)until);
    trust_release(trust);
    free(path);
    pki_free(odd);
}

/* Never a snapshot with less in it than the files hold. */
static void torture(const struct config *config, int anchors, int intermediates, int crls)
{
    struct error error = {0};
    struct trust *trust = load_trust(config, &error);
    unsigned long nth, count;
    int and_after, failed = 0;

    trust_release(trust);
    alloc_watch_fail_at(0, false);
    trust_release(load_trust(config, &error));
    count = alloc_watch_count();
    cr_assert_gt(count, 50, "%lu allocations: the watch does not see them", count);
    for (nth = 1; nth <= count; nth += memory_fault_step()) {
        for (and_after = 0; and_after < 2; and_after++) {
            alloc_watch_fail_at(nth, and_after);
            error = (struct error){0};
            trust = load_trust(config, &error);
            alloc_watch_fail_at(0, false);
            if (trust == NULL) {
                failed++;
                cr_expect_eq(error.kind, ERROR_MEMORY, "allocation %lu of %lu (%d): %s", nth, count,
                    and_after, error.text);
                continue;
            }
            cr_expect(trust_anchor_count(trust) == anchors && trust_crl_count(trust) == crls &&
                          sk_X509_num(trust_intermediates(trust)) == intermediates,
                "allocation %lu of %lu (%d): %d anchors, %d CRLs", nth, count, and_after,
                trust_anchor_count(trust), trust_crl_count(trust));
            cr_expect_neq(
                X509_get_extension_flags(sk_X509_value(trust_intermediates(trust), 0)) & EXFLAG_SET,
                0);
            cr_expect_eq(X509_get_extension_flags(sk_X509_value(trust_intermediates(trust), 0)) &
                             EXFLAG_INVALID,
                0, "allocation %lu: an intermediate is spoiled", nth);
            trust_release(trust);
        }
    }
    cr_expect_gt(failed, 0);
}

Test(trust_build, running_out_of_memory_never_makes_a_smaller_trust)
{
    char *cas = WRITE("a.pem", ca, other), *others = WRITE("b.pem", leaf);
    char *crl = write_crl("c.pem", &(struct pki_crl_spec){.issuer = ca});
    struct config config = make_config(&cas, &others, &crl);

    torture(&config, 2, 1, 1);
    free(cas);
    free(others);
    free(crl);
}

static void expect_verdict(const struct trust *trust, const struct config *config,
    const struct pki *client, enum verdict_status status, const char *what)
{
    struct verdict verdict;

    verify_configured(client->certificate, NULL, trust, config, time(NULL), &verdict);
    cr_expect_eq(verdict.status, status, "%s: expected %s, came %s (%s)", what,
        verdict_status_name(status), verdict_status_name(verdict.status), verdict.reason);
}

/* An operator who made a new key for a CA of the same name trusts both while clients change;
 * version 1 certificates, which the classic recipe makes, say nothing of which key signed them. */
Test(trust_build, of_several_cas_of_one_name_the_one_that_signed_is_found)
{
    struct pki *cas[3], *clients[3], *stranger = pki_ca("CN=Same"), *client;
    struct config config = config_defaults;
    struct error error = {0};
    struct trust *trust;
    char *path;
    size_t i;

    for (i = 0; i < 3; i++) {
        cas[i] = pki_ca("CN=Same");
        clients[i] =
            pki_make(&(struct pki_spec){.subject = "CN=client", .issuer = cas[i], .version = 1});
    }
    client = pki_make(&(struct pki_spec){.subject = "CN=client", .issuer = stranger, .version = 1});
    path = WRITE("a.pem", cas[0], cas[1], cas[2]);
    config.ca = (struct list){&path, 1};
    trust = load_trust(&config, &error);
    cr_assert_not_null(trust, "%s", error.text);
    for (i = 0; i < 3; i++)
        expect_verdict(trust, &config, clients[i], VERDICT_VALID, i == 0 ? "first" : "later");
    expect_verdict(trust, &config, client, VERDICT_UNTRUSTED, "a stranger of the same name");
    cr_expect_eq(ERR_peek_error(), 0);
    trust_release(trust);
    for (i = 0; i < 3; i++) {
        pki_free(cas[i]);
        pki_free(clients[i]);
    }
    pki_free(stranger);
    pki_free(client);
    free(path);
}
