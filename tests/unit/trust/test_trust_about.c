/* SPDX-License-Identifier: ISC */
#include "trust/trust_about.h"
#include "unit/trust/trust_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(trust_about, .init = trust_given_make, .fini = trust_given_free);

Test(trust_about, certificates_and_lists_are_named_with_their_end)
{
    char *cas = WRITE("a.pem", ca, other);
    char *crl = write_crl("crl.pem", &(struct pki_crl_spec){.issuer = ca});
    struct config config = make_config(&cas, NULL, &crl);
    struct trust *trust = expect_loads(&config, 2, NULL);
    struct text text = {.limit = 0};
    trust_append_summary(trust, &text);
    cr_expect_not(text.failed);
    cr_expect_not_null(strstr(text_string(&text), "; CA CN="), "%s", text_string(&text));
    cr_expect_not_null(strstr(text_string(&text), "; CRL of CN="), "%s", text_string(&text));
    cr_expect_not_null(strstr(text_string(&text), " until 20"), "%s", text_string(&text));
    cr_expect_null(strstr(text_string(&text), " more "), "%s", text_string(&text));
    text_free(&text);
    trust_release(trust);
    free(cas);
    free(crl);
}

Test(trust_about, of_many_the_first_three_are_named_and_the_rest_is_counted)
{
    char *cas = WRITE("a.pem", ca, other, ca, other);
    struct pki *third = pki_ca("CN=3"), *fourth = pki_ca("CN=4");
    struct config config = make_config(&cas, NULL, NULL);
    struct text text = {.limit = 0};
    struct trust *trust;

    free(WRITE("a.pem", ca, other, third, fourth));
    trust = expect_loads(&config, 4, NULL);
    trust_append_summary(trust, &text);
    cr_expect_not_null(strstr(text_string(&text), "; 1 more CAs"), "%s", text_string(&text));
    cr_expect_null(strstr(text_string(&text), "CN=4"), "%s", text_string(&text));
    text_free(&text);
    trust_release(trust);
    pki_free(third);
    pki_free(fourth);
    free(cas);
}
