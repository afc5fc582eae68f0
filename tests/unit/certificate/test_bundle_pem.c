/* SPDX-License-Identifier: ISC */
#include "certificate/bundle_pem.h"
#include "unit/certificate/bundle_given.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

TestSuite(bundle_pem, .init = bundle_given_make, .fini = bundle_given_free);

Test(bundle_pem, pem_may_hold_certificates_and_crls_within_any_text)
{
    char *crlf = calloc(2, strlen(given.ca_pem)), *at = crlf;
    const char *from;

    expect_bundle_together(strdup(given.ca_pem), 1, 0, false);
    expect_bundle_together(
        TOGETHER(given.ca_pem, given.other_pem, given.crl_pem, given.ca_pem), 3, 1, false);
    expect_bundle_together(TOGETHER("Bag Attributes\n  friendlyName: x\n", given.ca_pem,
                               "\n\n# y\n", given.other_pem, "the end"),
        2, 0, false);
    expect_bundle_together(TOGETHER("0 is how this text begins\n", given.ca_pem), 1, 0, false);
    for (from = given.ca_pem; *from != '\0'; from++) {
        if (*from == '\n')
            *at++ = '\r';
        *at++ = *from;
    }
    expect_bundle_together(crlf, 1, 0, false);
    given.ca_pem[strlen(given.ca_pem) - 1] = '\0'; /* no line end at the end */
    expect_bundle_together(strdup(given.ca_pem), 1, 0, false);
}

Test(bundle_pem, a_private_key_is_noted_and_passed_over)
{
    expect_bundle_together(TOGETHER(given.key_pem, given.ca_pem), 1, 0, true);
    expect_bundle_together(TOGETHER(given.ca_pem, given.key_pem, given.other_pem), 2, 0, true);
    expect_bundle_together(strdup(given.key_pem), 0, 0, true);
    /* Never decoded: what is in it does not matter. */
    expect_bundle_together(
        TOGETHER(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
            given.ca_pem),
        1, 0, true);
}

Test(bundle_pem, blocks_of_another_kind_are_refused)
{
    static const char *const labels[] = {"CERTIFICATE REQUEST", "PKCS7", "PUBLIC KEY", "X",
        "ATTRIBUTE CERTIFICATE", "CERTIFICATE ", "certificate", "PRIVATE KEY X", "CMS"};
    char words[200], *joined;
    size_t i;

    for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        (void)snprintf(words, sizeof(words), "-----BEGIN %s-----\nMAA=\n-----END %s-----\n",
            labels[i], labels[i]);
        joined = TOGETHER(given.ca_pem, words);
        expect_bundle_text_refused(joined, "neither certificate nor CRL");
        free(joined);
    }
}

Test(bundle_pem, what_a_block_has_instead_of_lines_of_base64_is_named)
{
    char *escaped = TOGETHER("-----BEGIN CERTIFICATE-----\\nMAA=\\n-----END CERTIFICATE-----\\n"),
         *headers = TOGETHER("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
                             "\nMAA=\n-----END CERTIFICATE-----\n"),
         *comment = TOGETHER(
             "-----BEGIN CERTIFICATE-----\nComment: x\n\nMAA=\n-----END CERTIFICATE-----\n");

    expect_bundle_text_refused(escaped, "its line ends are written as the two characters");
    expect_bundle_text_refused(headers, "header lines follow");
    expect_bundle_text_refused(comment, "header lines follow");
    free(escaped);
    free(headers);
    free(comment);
}

/* libcrypto passes over a line that it does not take for the beginning of a block: the operator
 * would have fewer anchors, or no CRL, without a word. */
Test(bundle_pem, a_block_whose_first_line_is_damaged_is_not_passed_over)
{
    static const char *const damages[] = {"----BEGIN CERTIFICATE-----\n",
        "-BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE----\n",
        "x-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE----- x\n",
        "-----BEGIN CERTIFICATE-----\r-x\n"};
    const char *rest = strchr(given.ca_pem, '\n') + 1;
    char *joined;
    size_t i;

    for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        joined = TOGETHER(given.other_pem, damages[i], rest);
        expect_bundle_text_refused(joined, "a PEM block in it is broken");
        free(joined);
        joined = TOGETHER(damages[i], rest, given.other_pem);
        expect_bundle_text_refused(joined, "a PEM block in it is broken");
        free(joined);
        joined = TOGETHER(damages[i], rest);
        expect_bundle_text_refused(joined, "a PEM block in it is broken");
        free(joined);
    }
}

/* The text with each line behind a mark; freed by the caller. */
static char *marked(const char *text, const char *mark)
{
    char *all = calloc(1, (strlen(mark) + 1) * strlen(text) + 1), *at = all;

    for (; *text != '\0'; text++) {
        if (at == all || at[-1] == '\n')
            at = stpcpy(at, mark);
        *at++ = *text;
    }
    return all;
}

/* As every given.other reader of PEM has it; otherwise a CA that was taken out this way stays
 * trusted. */
Test(bundle_pem, a_block_that_is_commented_out_is_passed_over)
{
    char *whole = marked(given.ca_pem, "# "), *close = marked(given.ca_pem, "#"),
         *slashes = marked(given.ca_pem, "// ");
    char *all = TOGETHER(given.other_pem, whole, close, "#", given.ca_pem, slashes, given.crl_pem);

    expect_bundle_together(all, 1, 1, false);
    free(whole);
    free(close);
    free(slashes);
    expect_bundle_together(
        TOGETHER("a -----BEGIN CERTIFICATE----- stands here\n", given.ca_pem), 1, 0, false);
}

Test(bundle_pem, blocks_may_be_joined_and_indented)
{
    char *indented = marked(given.ca_pem, " \t"), *joined = TOGETHER(given.ca_pem, given.other_pem);

    expect_bundle_together(TOGETHER("\xEF\xBB\xBF", given.ca_pem), 1, 0, false);
    expect_bundle_together(TOGETHER(indented, given.other_pem), 2, 0, false);
    memmove(joined + strlen(given.ca_pem) - 1, joined + strlen(given.ca_pem),
        strlen(given.other_pem) + 1);
    expect_bundle_together(TOGETHER(joined, given.crl_pem), 2, 1, false);
    free(indented);
    free(joined);
}

/* As mail quotes it, and as it stands in JSON. */
Test(bundle_pem, a_file_whose_blocks_all_stand_behind_something_is_told)
{
    static const char words[] = "something stands before the BEGIN line";
    char *quoted = marked(given.ca_pem, "> "), *text = TOGETHER("one\n", quoted);
    char *both = TOGETHER(quoted, given.other_pem), *commented = marked(given.ca_pem, "# ");

    expect_bundle_text_refused(text, words);
    expect_bundle_text_refused(text, "line 2: ");
    expect_bundle_text_refused("{\"x\": \"-----BEGIN CERTIFICATE-----\\nMII\"}", words);
    expect_bundle_together(both, 1, 0, false);
    expect_bundle_together(commented, 0, 0, false);
    free(quoted);
    free(text);
}

Test(bundle_pem, the_line_of_a_broken_block_is_named)
{
    char *cut = strdup(given.ca_pem), *joined;

    cut[strlen(cut) - strlen("-----END CERTIFICATE-----\n")] = '\0';
    joined = TOGETHER("one\r\ntwo\rthree\n", cut, given.other_pem);
    expect_bundle_text_refused(
        joined, "line 4: the END line of the block that begins here is missing");
    free(joined);
    joined = TOGETHER("\n\n-----BEGIN CERTIFICATE----\n", given.ca_pem);
    expect_bundle_text_refused(joined, "line 3: its BEGIN line is cut off or damaged");
    free(joined);
    joined = TOGETHER("-----END CERTIFICATE-----\n", given.ca_pem);
    expect_bundle_text_refused(joined, "line 1: this END line has no BEGIN line");
    free(joined);
    free(cut);
}

Test(bundle_pem, a_broken_block_spoils_the_file_wherever_it_is_cut)
{
    size_t length = strlen(given.ca_pem), end = length - strlen("-----END CERTIFICATE-----\n"), i;
    char *joined = TOGETHER(given.other_pem, given.ca_pem);
    size_t first = strlen(given.other_pem);

    for (i = strlen("-----BEGIN "); i < length - 2; i++)
        expect_bundle_refused(joined, first + i, NULL, i < end ? "broken" : "");
    /* A byte of the base64 text that is none, and one that is another. */
    joined[first + 200] = '!';
    expect_bundle_text_refused(joined, "broken");
    memcpy(joined + first + 100, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 38);
    joined[first + 200] = 'A';
    joined[first + 100] = joined[first + 110] = 'A';
    free(joined);
    joined =
        TOGETHER("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", given.ca_pem);
    expect_bundle_text_refused(joined, "it is not a DER certificate");
    free(joined);
    joined = TOGETHER("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n", given.ca_pem);
    expect_bundle_text_refused(joined, "it is not a DER CRL");
    free(joined);
}

Test(bundle_pem, want_of_memory_never_shortens_a_pem_bundle)
{
    char *joined = TOGETHER(given.ca_pem, given.key_pem, given.other_pem, given.crl_pem);

    fail_bundle_allocations(joined, strlen(joined), NULL, 2, 1, 10000);
    free(joined);
}

/* Each refused as a file; frees the string. */
static void expect_salvaged(char *text, size_t crl_count)
{
    const struct bytes file = {(unsigned char *)text, strlen(text)};
    struct bundle bundle = {0};
    struct error error = {0};

    cr_expect_not(add_to_bundle(&bundle, text, file.length, NULL, &error));
    bundle_free(&bundle);
    bundle_salvage_crls(&bundle, &file);
    cr_expect_eq(bundle_crls(&bundle), (int)crl_count, "%zu of %d: %s", crl_count,
        bundle_crls(&bundle), text);
    cr_expect_eq(bundle_certificates(&bundle), 0);
    cr_expect_eq(ERR_peek_error(), 0);
    bundle_free(&bundle);
    free(text);
}

#define CRL_BEGIN "-----BEGIN X509 CRL-----\n"
#define CRL_END "-----END X509 CRL-----\n"

/* What a CRL revokes must not be lost for what else is wrong with its file. */
Test(bundle_pem, crls_are_salvaged_from_a_file_that_is_refused)
{
    char *crl = given.crl_pem, *cut = strdup(crl);

    *strstr(cut, "-----END") = '\0';
    expect_salvaged(TOGETHER(CRL_BEGIN "!!!!\n" CRL_END, crl), 1);
    expect_salvaged(TOGETHER(crl, CRL_BEGIN "!!!!\n" CRL_END, crl), 2);
    expect_salvaged(TOGETHER(CRL_BEGIN "MAA=\n" CRL_END, crl), 1);
    expect_salvaged(TOGETHER(CRL_BEGIN "MAA=\n", crl), 1);
    expect_salvaged(TOGETHER("-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n", crl), 1);
    expect_salvaged(TOGETHER(CRL_END, crl), 1);
    expect_salvaged(TOGETHER(cut), 1);
    expect_salvaged(TOGETHER("#", crl, CRL_BEGIN "MAA=\n"), 0);
    expect_salvaged(TOGETHER(CRL_BEGIN), 0);
    expect_salvaged(TOGETHER("-----BEGIN X509 CR"), 0);
    free(cut);
}
