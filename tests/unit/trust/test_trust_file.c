/* SPDX-License-Identifier: ISC */
#include "trust/trust_file.h"
#include "unit/trust/trust_given.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(trust_file, .init = trust_given_make, .fini = trust_given_free);

static const struct trust_file_reading plain = {.password = NULL};

Test(trust_file, it_is_read_again_only_when_its_bytes_are_others)
{
    char *path = WRITE("a.pem", ca);
    struct error error = {0};
    struct trust_file *first = trust_file_read(TRUST_CA, path, path, NULL, &plain, &error), *again;

    cr_assert_not_null(first, "%s", error.text);
    cr_expect(first->is_regular);
    cr_expect_eq(sk_X509_num(first->certificates), 1);
    again = trust_file_read(TRUST_CA, path, path, first, &plain, &error);
    cr_expect_eq(again, first);
    trust_file_release(again);
    free(WRITE("a.pem", ca, other));
    again = trust_file_read(TRUST_CA, path, path, first, &plain, &error);
    cr_assert_not_null(again, "%s", error.text);
    cr_expect_neq(again, first);
    cr_expect_eq(sk_X509_num(again->certificates), 2);
    trust_file_release(again);
    trust_file_release(first);
    trust_file_release(NULL);
    free(path);
}

/* What a broken file plainly revokes counts. */
Test(trust_file, the_lists_of_a_file_that_does_not_read_whole_are_salvaged)
{
    struct trust_lists salvaged = {.count = 0};
    const struct trust_file_reading reading = {.salvaged = &salvaged};
    char *path = write_crl("crl.pem", &(struct pki_crl_spec){.issuer = ca});
    struct error error = {0};
    FILE *file = fopen(path, "a");

    cr_assert(file != NULL && fputs("-----BEGIN X509 CRL-----\nMAA=\n", file) >= 0);
    (void)fclose(file);
    cr_expect_null(trust_file_read(TRUST_CRL, path, path, NULL, &reading, &error));
    cr_expect_eq(strncmp(error.text, path, strlen(path)), 0, "%s", error.text);
    cr_expect_eq(salvaged.count, 1);
    trust_lists_free(&salvaged);
    free(path);
}

/* Wherever in the file it stands. */
Test(trust_file, a_list_behind_what_is_broken_is_salvaged)
{
    struct trust_lists salvaged = {.count = 0};
    const struct trust_file_reading reading = {.salvaged = &salvaged};
    X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca});
    char *pem = pki_crl_pem(crl), *text, *path;
    struct error error = {0};

    cr_assert(
        asprintf(&text, "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n%s", pem) > 0);
    path = pki_write_text(dir, "behind.pem", text);
    cr_expect_null(trust_file_read(TRUST_CRL, path, path, NULL, &reading, &error));
    cr_expect_eq(salvaged.count, 1);
    trust_lists_free(&salvaged);
    free(path);
    free(text);
    free(pem);
    X509_CRL_free(crl);
}

/* A link to /dev/null, as some switch a file off. What was none at the start is not read again. */
Test(trust_file, a_device_in_a_files_place_is_an_error)
{
    char *path = WRITE("a.pem", ca);
    struct error error = {0};
    struct trust_file *first = trust_file_read(TRUST_CA, path, path, NULL, &plain, &error), *again;

    cr_assert_not_null(first, "%s", error.text);
    cr_assert(unlink(path) == 0 && symlink("/dev/null", path) == 0);
    cr_expect_null(trust_file_read(TRUST_CA, path, path, first, &plain, &error));
    cr_expect_eq(error.kind, ERROR_FILE);
    cr_expect_eq(strncmp(error.text, path, strlen(path)), 0, "%s", error.text);
    cr_expect_not_null(strstr(error.text, "it is a device"), "%s", error.text);
    first->is_regular = false;
    again = trust_file_read(TRUST_CA, path, path, first, &plain, &error);
    cr_expect_eq(again, first);
    trust_file_release(again);
    trust_file_release(first);
    free(path);
}
