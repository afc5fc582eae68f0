/* SPDX-License-Identifier: ISC */
#include "certificate/crl.h"
#include "unit/certificate/crl_given.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>

/* RFC 5280 sections 5.2 and 5.2.5: what makes a list useless, and what does not. */
Test(crl_extensions, what_cannot_be_understood_in_a_list_is_a_fault)
{
    static const struct {
        struct pki_crl_spec spec;
        const char *fault; /* NULL: none */
    } cases[] = {
        {{.number = 1}, NULL},
        {{.number = -1}, NULL},
        {{.delta_base_plus_one = 1}, NULL},
        {{.extensions = {"1.2.3.4=DER:0500"}}, NULL},
        {{.extensions = {"1.2.3.4=critical,DER:0500"}},
            "critical extension that is not understood: 1.2.3.4"},
        {{.number = -1, .extensions = {"2.5.29.20=critical,DER:020101"}},
            "not understood: 2.5.29.20"},
        {{.extensions = {"1.2.3.4=DER:0500", "1.2.3.4=DER:0500"}}, "twice"},
        {{.extensions = {"2.5.29.27=critical,DER:0402"}}, "deltaCRLIndicator cannot be read"},
        {{.extensions = {"2.5.29.27=critical,DER:02010500"}}, "deltaCRLIndicator cannot be read"},
        {{.extensions = {"2.5.29.28=critical,DER:0500"}},
            "issuingDistributionPoint cannot be read"},
        {{.extensions = {"2.5.29.28=critical,DER:30038101FF05"}},
            "issuingDistributionPoint cannot be read"},
        {{.extensions = {"2.5.29.28=critical,DER:30038101FF"}}, NULL},
        {{.extensions = {"2.5.29.28=critical,DER:30068101FF8201FF"}}, "contradicts itself"},
        {{.extensions = {"2.5.29.28=critical,DER:30038401FF"}}, NULL},
        {{.extensions = {"2.5.29.46=DER:0500"}}, "freshestCRL cannot be read"},
        {{.number = -1, .extensions = {"2.5.29.20=DER:0500"}}, "cRLNumber cannot be read"},
        {{.extensions = {"2.5.29.20=DER:020102"}}, "twice"},
    };
    struct pki *ca = pki_ca("CN=CA");
    const struct pki_revoked line = {.serial = 77};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pki_crl_spec spec = cases[i].spec;
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        struct crl_entry entry;
        struct crl *decoded;
        X509_CRL *crl;

        spec.issuer = ca;
        spec.revoked = &line;
        spec.revoked_count = 1;
        crl = pki_crl(&spec);
        decoded = expect_decoded(crl);
        expect_fault(decoded, cases[i].fault, i);
        ASN1_INTEGER_set(serial, 77);
        cr_expect(crl_find(decoded, serial, &entry), "case %zu: the entry counts", i);
        cr_expect_eq(crl_verify(decoded, ca->key), 1, "case %zu", i);
        ASN1_INTEGER_free(serial);
        crl_free(decoded);
        X509_CRL_free(crl);
    }
    pki_free(ca);
}
