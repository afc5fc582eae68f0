/* SPDX-License-Identifier: ISC */
#include "trust/trust_crls.h"
#include "unit/trust/trust_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>

TestSuite(trust_crls, .init = trust_given_make, .fini = trust_given_free);

/* How many lists are the issuer's; it expects them in the same order each time. */
static int count_crls(const struct trust *trust, const struct pki *issuer)
{
    const struct crl *seen[4] = {NULL}, *crl;
    int round, count = 0;

    for (round = 0; round < 2; round++) {
        size_t position = 0;
        bool failed = false;

        for (count = 0;
             (crl = trust_crl_next(trust, issuer->certificate, &position, &failed)) != NULL;
             count++) {
            cr_assert_lt(count, 4);
            cr_expect(round == 0 || seen[count] == crl, "another order");
            seen[count] = crl;
        }
        cr_expect_null(trust_crl_next(trust, issuer->certificate, &position, &failed));
        cr_expect_not(failed);
    }
    return count;
}

/* A regular CRL file in DER, several CRLs of one issuer, several CAs of one name. */
Test(trust_crls, of_two_cas_of_one_name_each_has_those_that_its_key_signed)
{
    struct pki *twin = pki_ca("CN=CA");
    char *cas = WRITE("ca.pem", ca, twin), *crls[3];
    struct config config = make_config(&cas, NULL, NULL);
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = twin, .number = 3});
    size_t length = 0;
    unsigned char *der = pki_crl_der(crl, &length);
    struct trust *trust;

    crls[0] = write_crl("0.pem", &(struct pki_crl_spec){.issuer = ca});
    crls[1] = write_crl("1.pem", &(struct pki_crl_spec){.issuer = ca, .number = 2});
    crls[2] = pki_write_file(dir, "2", der, length);
    config.crl = (struct list){crls, 3};
    trust = expect_loads(&config, 2, NULL);
    cr_expect_eq(trust_crl_count(trust), 3);
    cr_expect_eq(sk_X509_num(trust_anchors(trust)), 2);
    cr_expect_eq(count_crls(trust, ca), 2);
    cr_expect_eq(count_crls(trust, twin), 1);
    trust_release(trust);
    for (length = 0; length < 3; length++)
        free(crls[length]);
    X509_CRL_free(crl);
    free(der);
    free(cas);
    pki_free(twin);
}

Test(trust_crls, a_list_of_its_name_by_another_key_is_none_of_the_issuers)
{
    struct pki *stranger = pki_ca("CN=CA");
    char *path = WRITE("ca.pem", ca, other),
         *crl = write_crl("0.pem", &(struct pki_crl_spec){.issuer = ca});
    struct config config = make_config(&path, NULL, &crl);
    struct trust *trust = expect_loads(&config, 2, NULL);

    cr_expect_eq(count_crls(trust, ca), 1);
    cr_expect_eq(count_crls(trust, stranger), 0, "the same name, another key");
    cr_expect_eq(count_crls(trust, other), 0);
    cr_expect(trust_crl_names(trust, X509_get_subject_name(ca->certificate)));
    cr_expect(trust_crl_names(trust, X509_get_subject_name(stranger->certificate)));
    cr_expect_not(trust_crl_names(trust, X509_get_subject_name(other->certificate)));
    trust_release(trust);
    free(crl);
    free(path);
    pki_free(stranger);
}
