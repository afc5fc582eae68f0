/* SPDX-License-Identifier: ISC */
#include "unit/certificate/identity_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct identity *identity_given(const struct pki_spec *spec)
{
    struct pki *pki = pki_make(spec);
    struct identity *identity = identity_of(pki->certificate);

    pki_free(pki);
    return identity;
}

struct identity *identity_of(X509 *certificate)
{
    struct error error = {.kind = ERROR_NONE};
    struct bytes der;
    struct identity *identity;

    der.data = pki_der(certificate, &der.length);
    identity = identity_read(certificate, &der, &error);
    cr_assert_not_null(identity, "%s", error.text);
    free(der.data);
    return identity;
}
