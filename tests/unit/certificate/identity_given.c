/* SPDX-License-Identifier: ISC */
#include "unit/certificate/identity_given.h"

#include <criterion/criterion.h>

struct identity *identity_given(const struct pki_spec *spec)
{
    struct pki *pki = pki_make(spec);
    struct error error = {.kind = ERROR_NONE};
    struct identity *identity = identity_read(pki->certificate, &error);

    cr_assert_not_null(identity, "%s", error.text);
    pki_free(pki);
    return identity;
}
