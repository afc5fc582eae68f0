/* SPDX-License-Identifier: ISC */
#include "trust/trust_crls.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What openssl.cnf calls some reasons, and their bits. */
static const struct {
    const char *name;
    unsigned bit;
} reasons[] = {{"keyCompromise", 0x40}, {"CACompromise", 0x20}, {"superseded", 0x08}};

static unsigned random_number(unsigned below)
{
    static unsigned long long state = 8;

    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(state >> 33) % below;
}

/* A distribution point, or that of a list: names are bits of http://0/ to http://2/. */
struct point {
    unsigned names;
    unsigned reasons; /* 0: all */
};

/* Puts `KEY=value` of both into a section. Reasons are a random set of the three, or none. */
static struct point write_point(char *to, size_t size, const char *reasons_key, bool named)
{
    struct point point = {.names = named ? random_number(7) + 1 : 0};
    unsigned set = random_number(2) == 0 ? random_number(8) : 0, i;
    size_t at = 0;

    to[0] = '\0';
    for (i = 0; i < 3; i++) {
        if ((point.names >> i & 1) != 0)
            at += (size_t)snprintf(to + at, size - at, "%sURI:http://%u/",
                strstr(to, "fullname") == NULL ? "fullname=" : ",", i);
    }
    if (point.names != 0)
        at += (size_t)snprintf(to + at, size - at, "\n");
    for (i = 0; i < 3; i++) {
        if ((set >> i & 1) == 0)
            continue;
        at += (size_t)snprintf(to + at, size - at, "%s%s%s", point.reasons == 0 ? reasons_key : "",
            point.reasons == 0 ? "=" : ",", reasons[i].name);
        point.reasons |= reasons[i].bit;
    }
    if (point.reasons != 0)
        (void)snprintf(to + at, size - at, "\n");
    return point;
}

static unsigned or_all(unsigned bits)
{
    return bits != 0 ? bits : CRL_ALL_REASONS;
}

/* RFC 5280 sections 5.2.5 and 6.3.3 b and d, said in the plainest way. */
static unsigned obvious(
    struct point scope, int only, bool is_ca, bool is_v1, const struct point *points, size_t count)
{
    unsigned covered = 0;
    size_t i;

    if (only == 3 || (only == 1 && (is_ca || is_v1)) || (only == 2 && (!is_ca || is_v1)))
        return 0;
    if (scope.names == 0)
        return or_all(scope.reasons);
    for (i = 0; i < count; i++) {
        if ((points[i].names & scope.names) != 0)
            covered |= or_all(points[i].reasons) & or_all(scope.reasons);
    }
    return covered;
}

Test(trust_crl_scope, what_a_list_speaks_of_is_what_the_rfc_says_in_plain_words)
{
    static const char *const only_words[] = {
        "", "onlyuser=TRUE\n", "onlyCA=TRUE\n", "onlyAA=TRUE\n"};
    static const char *const point_lists[] = {
        NULL, "crlDistributionPoints=p0", "crlDistributionPoints=p0,p1"};
    struct pki *ca = pki_ca("CN=CA");
    int round;

    for (round = 0; round < 600; round++) {
        char section[4][512], configuration[2048];
        struct point points[2], scope;
        int only = (int)random_number(4);
        size_t count = random_number(3);
        bool is_ca = random_number(2) == 0, is_v1 = random_number(8) == 0;
        struct pki_spec spec = {.subject = "CN=x",
            .issuer = ca,
            .ca = is_ca && !is_v1,
            .version = is_v1 ? 1 : 0,
            .extensions = {is_v1 ? NULL : point_lists[count]},
            .configuration = configuration};
        struct pki_crl_spec crl_spec = {.issuer = ca,
            .configuration = configuration,
            .extensions = {"issuingDistributionPoint=critical,@idp"}};
        unsigned wanted, came;
        struct error error = {0};
        unsigned char *der;
        size_t length = 0;
        struct crl *crl;
        X509_CRL *made;
        struct pki *who;

        points[0] = write_point(section[0], 512, "reasons", true);
        points[1] = write_point(section[1], 512, "reasons", true);
        scope = write_point(section[2], 512, "onlysomereasons", random_number(2) == 0);
        if (only == 0 && scope.names == 0 && scope.reasons == 0)
            continue;
        (void)snprintf(configuration, sizeof(configuration), "[p0]\n%s[p1]\n%s[idp]\n%s%s",
            section[0], section[1], section[2], only_words[only]);
        who = pki_make(&spec);
        made = pki_crl(&crl_spec);
        der = pki_crl_der(made, &length);
        crl = crl_decode(der, length, &error);
        cr_assert_not_null(crl, "%s", error.text);
        cr_assert_null(crl_fault(crl), "%s", crl_fault(crl));
        wanted = obvious(scope, only, is_ca && !is_v1, is_v1, points, is_v1 ? 0 : count);
        came = trust_crl_reasons(crl, who->certificate);
        cr_assert_eq(came, wanted,
            "round %d: expected %#x, came %#x; CA %d, version 1 %d, %zu points,\n%s", round, wanted,
            came, is_ca, is_v1, count, configuration);
        crl_free(crl);
        free(der);
        X509_CRL_free(made);
        pki_free(who);
    }
    pki_free(ca);
}
