/* SPDX-License-Identifier: ISC */
#include "certificate/identity.h"
#include "unit/verify/verify_helpers.h"
#include "verify/verify_path.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Certificates without key identifiers, so that nothing but the signature tells one issuer from
 * another of its name. */
static struct pki *bare_ca(const char *subject, const struct pki *issuer)
{
    return pki_make(&(struct pki_spec){.subject = subject,
        .issuer = issuer,
        .no_extensions = true,
        .extensions = {
            "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"}});
}

static struct pki *bare_client(const char *subject, const struct pki *issuer)
{
    return pki_make(
        &(struct pki_spec){.subject = subject, .issuer = issuer, .no_extensions = true});
}

Test(verify_path, of_intermediates_of_one_name_the_one_that_signed_counts_in_any_order)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *one = bare_ca("CN=Between", root), *two = bare_ca("CN=Between", root);
    struct pki *leaf = bare_client("CN=x", two);
    struct setup setup = {.ca = {root}, .without_second_judge = true};

    setup.intermediates[0] = one;
    setup.intermediates[1] = two;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "kept, the wrong one first");
    setup.intermediates[0] = two;
    setup.intermediates[1] = one;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "kept, the right one first");
    setup.intermediates[1] = NULL;
    setup.intermediates[0] = one;
    setup.chain[0] = two;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "the right one sent");
    setup.intermediates[0] = two;
    setup.chain[0] = one;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "the wrong one sent");
    setup.intermediates[0] = NULL;
    (void)verify_both(&setup, leaf, VERDICT_UNTRUSTED, "only the wrong one");
    pki_free(leaf);
    pki_free(two);
    pki_free(one);
    pki_free(root);
}

Test(verify_path, an_expired_intermediate_that_was_sent_does_not_stand_in_the_way_of_the_new_one)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *old = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .not_before = -20 * PKI_DAY,
        .not_after = -PKI_DAY});
    struct pki *new = pki_make(&(struct pki_spec){
        .subject = "CN=Between", .issuer = root, .ca = true, .same_key_as = old});
    struct pki *leaf = pki_client("CN=x", old);
    struct verdict verdict;

    (void)verify_both(&(struct setup){.ca = {root}, .chain = {old}, .intermediates = {new}}, leaf,
        VERDICT_VALID, "the new one is kept");
    (void)verify_both(
        &(struct setup){.ca = {root}, .chain = {old, new}}, leaf, VERDICT_VALID, "both are sent");
    verdict = verify_both(&(struct setup){.ca = {root}, .chain = {old}}, leaf, VERDICT_UNTRUSTED,
        "the old one alone");
    cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_HAS_EXPIRED);
    pki_free(leaf);
    pki_free(new);
    pki_free(old);
    pki_free(root);
}

Test(verify_path, an_intermediate_of_the_anchors_name_leads_to_it)
{
    struct pki *root = bare_ca("CN=Acme", NULL);
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Acme",
        .issuer = root,
        .ca = true,
        .extensions = {"authorityKeyIdentifier=issuer:always"}});
    struct pki *leaf = bare_client("CN=x", between);

    (void)verify_both(
        &(struct setup){.ca = {root}, .intermediates = {between}, .without_second_judge = true},
        leaf, VERDICT_VALID, "of one name");
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

/* The same CA below two roots, one of which is trusted. */
Test(verify_path, a_cross_certificate_leads_to_the_root_that_is_trusted)
{
    struct pki *ours = pki_ca("CN=Ours"), *theirs = pki_ca("CN=Theirs");
    struct pki *below_ours =
        pki_make(&(struct pki_spec){.subject = "CN=Shared", .issuer = ours, .ca = true});
    struct pki *below_theirs = pki_make(&(struct pki_spec){
        .subject = "CN=Shared", .issuer = theirs, .ca = true, .same_key_as = below_ours});
    struct pki *leaf = pki_client("CN=x", below_ours);

    (void)verify_both(&(struct setup){.ca = {ours},
                          .chain = {below_theirs, theirs, below_ours},
                          .without_second_judge = true},
        leaf, VERDICT_VALID, "the other one first");
    (void)verify_both(&(struct setup){.ca = {theirs},
                          .chain = {below_ours, ours, below_theirs},
                          .without_second_judge = true},
        leaf, VERDICT_VALID, "by the other root");
    (void)verify_both(&(struct setup){.ca = {ours}, .chain = {below_theirs, theirs}}, leaf,
        VERDICT_UNTRUSTED, "nothing leads to ours");
    pki_free(leaf);
    pki_free(below_theirs);
    pki_free(below_ours);
    pki_free(theirs);
    pki_free(ours);
}

/* A path that breaks a rule does not stand in the way of one that breaks none. */
Test(verify_path, the_path_that_is_valid_counts)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *narrow = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .extensions = {"nameConstraints=critical,permitted;DNS:example.org"}});
    struct pki *wide = pki_make(&(struct pki_spec){
        .subject = "CN=Between", .issuer = root, .ca = true, .same_key_as = narrow});
    struct pki *leaf = pki_make(&(struct pki_spec){
        .subject = "CN=x", .issuer = wide, .extensions = {"subjectAltName=DNS:example.net"}});
    struct setup setup = {
        .ca = {root}, .intermediates = {narrow, wide}, .without_second_judge = true};

    (void)verify_both(&setup, leaf, VERDICT_VALID, "two paths");
    setup.intermediates[1] = NULL;
    (void)verify_both(&setup, leaf, VERDICT_UNTRUSTED, "the narrow one");
    pki_free(leaf);
    pki_free(wide);
    pki_free(narrow);
    pki_free(root);
}

/* So many paths are tried, the first ones of those that promise the same. */
Test(verify_path, the_ninth_path_is_not_tried)
{
    struct pki *root = pki_ca("CN=Root"), *all[PATHS_MOST + 1], *leaf;
    struct setup setup = {.ca = {root}, .without_second_judge = true};
    int i;

    for (i = 0; i <= PATHS_MOST; i++) {
        all[i] = pki_make(&(struct pki_spec){.subject = "CN=Between",
            .issuer = root,
            .ca = true,
            .same_key_as = i > 0 ? all[0] : NULL,
            .extensions = {
                i < PATHS_MOST ? "nameConstraints=critical,permitted;DNS:example.org" : NULL}});
        setup.intermediates[i] = all[i];
    }
    leaf = pki_make(&(struct pki_spec){
        .subject = "CN=x", .issuer = all[0], .extensions = {"subjectAltName=DNS:example.net"}});
    (void)verify_both(&setup, leaf, VERDICT_UNTRUSTED, "the ninth is wide");
    setup.intermediates[0] = all[PATHS_MOST];
    setup.intermediates[PATHS_MOST] = all[0];
    (void)verify_both(&setup, leaf, VERDICT_VALID, "the first is wide");
    setup.intermediates[0] = all[0];
    setup.intermediates[PATHS_MOST - 1] = all[PATHS_MOST];
    setup.intermediates[PATHS_MOST] = NULL;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "the eighth is wide");
    for (i = 0; i <= PATHS_MOST; i++)
        pki_free(all[i]);
    pki_free(leaf);
    pki_free(root);
}

Test(verify_path, of_paths_that_are_alike_the_first_is_told)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *narrow = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .extensions = {"nameConstraints=critical,permitted;DNS:example.org"}});
    struct pki *critical = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .same_key_as = narrow,
        .extensions = {"1.2.3.4=critical,DER:0500"}});
    struct pki *leaf = pki_make(&(struct pki_spec){
        .subject = "CN=x", .issuer = narrow, .extensions = {"subjectAltName=DNS:example.net"}});
    struct setup setup = {.ca = {root}, .intermediates = {narrow, critical}};
    struct verdict verdict = verify_both(&setup, leaf, VERDICT_UNTRUSTED, "the narrow one first");

    cr_expect_eq(verdict.error_code, X509_V_ERR_PERMITTED_VIOLATION, "%s", verdict.reason);
    setup.intermediates[0] = critical;
    setup.intermediates[1] = narrow;
    verdict = verify_both(&setup, leaf, VERDICT_UNTRUSTED, "the other first");
    cr_expect_eq(verdict.error_code, X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "%s", verdict.reason);
    pki_free(leaf);
    pki_free(critical);
    pki_free(narrow);
    pki_free(root);
}

/* easy-rsa's certificates name their issuer's issuer and serial number. */
Test(verify_path, after_a_renewal_with_the_same_key_the_old_serial_number_does_not_matter)
{
    struct pki *old = pki_make(&(struct pki_spec){.subject = "CN=CA",
        .ca = true,
        .serial = 1,
        .not_before = -20 * PKI_DAY,
        .not_after = -PKI_DAY});
    struct pki *new = pki_make(
        &(struct pki_spec){.subject = "CN=CA", .ca = true, .serial = 2, .same_key_as = old});
    struct pki *leaf = pki_make(&(struct pki_spec){.subject = "CN=x",
        .issuer = old,
        .extensions = {"authorityKeyIdentifier=keyid,issuer:always"}});
    struct setup setup = {.ca = {new}, .without_second_judge = true};

    (void)verify_both(&setup, leaf, VERDICT_VALID, "the new one");
    setup.ca[0] = old;
    setup.ca[1] = new;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "both, the old one first");
    setup.ca[0] = new;
    setup.ca[1] = old;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "both, the new one first");
    setup.ca[0] = old;
    setup.ca[1] = NULL;
    (void)verify_both(&setup, leaf, VERDICT_UNTRUSTED, "the old one");
    pki_free(leaf);
    pki_free(new);
    pki_free(old);
}

/* What its key identifiers say counts for a CA, unless it is trusted by itself. */
Test(verify_path, a_ca_that_names_another_key_as_its_issuers_is_below_nobody)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .extensions = {"authorityKeyIdentifier=DER:3006800461626364"}});
    struct pki *leaf = pki_client("CN=x", between);

    (void)verify_both(&(struct setup){.ca = {root}, .intermediates = {between}}, leaf,
        VERDICT_UNTRUSTED, "the operator's");
    (void)verify_both(
        &(struct setup){.ca = {root}, .chain = {between}}, leaf, VERDICT_UNTRUSTED, "the client's");
    (void)verify_both(&(struct setup){.ca = {root, between}, .without_second_judge = true}, leaf,
        VERDICT_VALID, "trusted by itself");
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

/* A self-made loop of CAs that vouch for each other leads nowhere, and ends. */
Test(verify_path, a_loop_ends)
{
    struct pki *root = pki_ca("CN=Root"), *a = pki_ca("CN=A"), *b = pki_ca("CN=B");
    struct pki *a_by_b =
        pki_make(&(struct pki_spec){.subject = "CN=A", .issuer = b, .ca = true, .same_key_as = a});
    struct pki *b_by_a =
        pki_make(&(struct pki_spec){.subject = "CN=B", .issuer = a, .ca = true, .same_key_as = b});
    struct pki *leaf = pki_client("CN=x", a);

    (void)verify_both(&(struct setup){.ca = {root}, .chain = {a_by_b, b_by_a}}, leaf,
        VERDICT_UNTRUSTED, "a stranger's loop");
    (void)verify_both(&(struct setup){.ca = {a}, .chain = {a_by_b, b_by_a}}, leaf, VERDICT_VALID,
        "a loop with an anchor");
    (void)verify_both(&(struct setup){.ca = {b}, .chain = {b_by_a, a_by_b}}, leaf, VERDICT_VALID,
        "a loop with the other anchor");
    pki_free(leaf);
    pki_free(b_by_a);
    pki_free(a_by_b);
    pki_free(b);
    pki_free(a);
    pki_free(root);
}

/* Anchors of one name without key identifiers, of which one signed: so many are tried. */
Test(verify_path, the_search_is_bounded_and_says_so)
{
    static struct pki *all[40];
    struct setup setup = {.without_second_judge = true};
    struct pki *first, *last;
    struct verdict verdict;
    struct verify_files files;
    struct trust *trust;
    char *pem = calloc(1, 200000);
    size_t i;

    for (i = 0; i < 40; i++) {
        char *one;

        /* Their signatures do not tell which key made them. */
        all[i] = pki_make(&(struct pki_spec){.subject = "CN=CA",
            .key = PKI_ED25519,
            .ca = true,
            .extensions = {"subjectKeyIdentifier=", "authorityKeyIdentifier="}});
        one = pki_pem(all[i]->certificate);
        strcat(pem, one);
        free(one);
    }
    first = bare_client("CN=x", all[0]);
    last = bare_client("CN=x", all[39]);
    setup.ca[0] = all[0];
    verify_files_make(&setup, &files);
    free(files.ca);
    files.ca = pki_write_text(files.dir, "many.pem", pem);
    trust = verify_files_load(&files);
    verify_configured(first->certificate, NULL, trust, &files.config, time(NULL), &verdict);
    verify_expect(&verdict, VERDICT_VALID, "the first of 40");
    verify_configured(last->certificate, NULL, trust, &files.config, time(NULL), &verdict);
    verify_expect(&verdict, VERDICT_UNTRUSTED, "the last of 40");
    cr_expect_not_null(strstr(verdict.reason, "there are more of them"), "%s", verdict.reason);
    trust_release(trust);
    verify_files_free(&files);
    for (i = 0; i < 40; i++)
        pki_free(all[i]);
    pki_free(first);
    pki_free(last);
    free(pem);
}

/* Every reason asks for the certificate that it is about by its depth. */
Test(verify_path, a_place_that_a_path_has_not_is_of_no_certificate)
{
    struct pki *root = pki_ca("CN=Root"), *leaf = pki_client("CN=x", root);
    struct path path = {.certificates = {leaf->certificate, root->certificate}, .length = 1};

    cr_expect_eq(path_at(&path, 0), leaf->certificate);
    cr_expect_null(path_at(&path, 1), "behind the end");
    cr_expect_null(path_at(&path, -1), "before the leaf");
    path.length = 2;
    cr_expect_eq(path_at(&path, 1), root->certificate);
    pki_free(leaf);
    pki_free(root);
}

Test(verify_path, the_issuer_on_a_path_is_what_stands_above)
{
    struct pki *root = pki_ca("CN=Root"), *between = pki_ca("CN=B"), *leaf = pki_ca("CN=x");
    struct path path = {
        .certificates = {leaf->certificate, between->certificate, root->certificate}, .length = 2};

    cr_expect_eq(path_issuer(&path, leaf->certificate), between->certificate);
    cr_expect_null(path_issuer(&path, between->certificate), "the anchor");
    cr_expect_null(path_issuer(&path, root->certificate), "behind the end");
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

/* Two digits, mostly about the bounds of months, days, hours and minutes. */
static int append_pair(char *text, unsigned *seed)
{
    static const char *const pairs[] = {"00", "01", "02", "12", "13", "23", "24", "28", "29", "30",
        "31", "32", "49", "50", "59", "60", "61", "99", "20", "0x", " 1"};
    size_t count = sizeof(pairs) / sizeof(pairs[0]);

    *seed = *seed * 1103515245U + 12345U;
    /* What is no digit is rare. */
    return sprintf(text, "%s", pairs[(*seed >> 16) % ((*seed >> 8) % 16 == 0 ? count : count - 2)]);
}

Test(verify_path, dates_are_compared_as_libcrypto_does)
{
    static const char *const ends[] = {"Z", "Z", "Z", "Z", "Z", "Z", "z", "", "+0000", ".5Z", "ZZ"};
    const time_t moments[] = {0, 951782399, 951782400, time(NULL), 2524607999, 4102444800};
    unsigned seed = 7, readable = 0;
    size_t round, i;

    for (round = 0; round < 20000; round++) {
        bool full = round % 2 == 0;
        ASN1_TIME *date = ASN1_STRING_type_new(full ? V_ASN1_GENERALIZEDTIME : V_ASN1_UTCTIME);
        char text[32] = "";
        int length = 0, pair;

        for (pair = full ? 0 : 1; pair < 7; pair++)
            length += append_pair(text + length, &seed);
        (void)sprintf(text + length, "%s", ends[round % (sizeof(ends) / sizeof(ends[0]))]);
        pki_must(ASN1_STRING_set(date, text, -1) == 1, "a date");
        for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
            time_t now = moments[i], its;
            int expected = X509_cmp_time(date, &now);

            cr_assert_eq(path_compare_date(date, now), expected, "%s at %jd: not %d", text,
                (intmax_t)now, expected);
            readable += expected != 0;
            if (expected == 0 || !identity_time(date, &its))
                continue;
            cr_assert_eq(path_compare_date(date, its), -1, "%s at its second", text);
            cr_assert_eq(path_compare_date(date, its - 1), 1, "%s a second before", text);
        }
        ASN1_STRING_free(date);
    }
    ERR_clear_error();
    cr_expect_gt(readable, 1000);
}
