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
    trust_append_summary(trust, 0, &text);
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
    trust_append_summary(trust, 0, &text);
    cr_expect_not_null(strstr(text_string(&text), "; 1 more CA"), "%s", text_string(&text));
    cr_expect_null(strstr(text_string(&text), "CN=4"), "%s", text_string(&text));
    text_free(&text);
    trust_release(trust);
    pki_free(third);
    pki_free(fourth);
    free(cas);
}

/* Whether a summary at that time says of something that it is out of date. */
static bool tells_of_old(const struct trust *trust, time_t now, const char *words)
{
    struct text text = {.limit = 0};
    bool found;

    trust_append_summary(trust, now, &text);
    found = strstr(text_string(&text), words) != NULL;
    text_free(&text);
    return found;
}

Test(trust_about, what_is_out_of_date_is_told)
{
    const time_t now = time(NULL), later = now + (time_t)100 * 365 * 86400;
    struct pki *third = pki_ca("CN=3"), *fourth = pki_ca("CN=4");
    char *cas = WRITE("a.pem", ca, other, third, fourth);
    char *crl = write_crl("crl.pem", &(struct pki_crl_spec){.issuer = ca});
    struct config config = make_config(&cas, NULL, &crl);
    struct trust *trust = expect_loads(&config, 4, NULL);

    cr_expect_not(tells_of_old(trust, now, "out of date"));
    cr_expect(tells_of_old(trust, later, "Z (out of date); CA CN="));
    cr_expect(tells_of_old(trust, later, "; 1 more CA (out of date: 1); CRL of CN="));
    trust_release(trust);
    pki_free(third);
    pki_free(fourth);
    free(cas);
    free(crl);
}
