/* SPDX-License-Identifier: ISC */
#include "verify/verdict.h"
#include "verify/verify_causes.h"

#include <criterion/criterion.h>
#include <openssl/x509_vfy.h>
#include <string.h>

Test(verify_causes, each_has_a_sentence_of_its_own_and_a_number_that_is_known)
{
    int i, j;

    cr_expect_str_eq(verify_cause_words(CAUSE_OF_CODE), "");
    for (i = CAUSE_OF_CODE + 1; i < CAUSE_COUNT; i++) {
        const char *words = verify_cause_words((enum verify_cause)i);

        cr_assert_not_null(words, "cause %d", i);
        cr_expect_gt(strlen(words), 10, "cause %d: %s", i, words);
        cr_expect_not_null(
            verdict_error_name(verify_cause_code((enum verify_cause)i)), "cause %d", i);
        for (j = CAUSE_OF_CODE + 1; j < i; j++)
            cr_expect_str_neq(words, verify_cause_words((enum verify_cause)j), "%d and %d", i, j);
    }
}

Test(verify_causes, a_cause_is_told_with_the_number_that_fits_it)
{
    cr_expect_eq(verify_cause_code(CAUSE_SELF_SIGNED), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    cr_expect_eq(verify_cause_code(CAUSE_SIGNATURE), X509_V_ERR_CERT_SIGNATURE_FAILURE);
}
