/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_IDENTITY_GIVEN_H
#define PEERCERT_TESTS_IDENTITY_GIVEN_H

#include "certificate/identity.h"
#include "unit/pki/pki.h"

/* Makes a certificate and reads what it says of itself; fails the test when that is not possible.
 * Free with identity_free. */
struct identity *identity_given(const struct pki_spec *spec);

/* The same of a certificate that is there, which is borrowed. */
struct identity *identity_of(X509 *certificate);

#endif
