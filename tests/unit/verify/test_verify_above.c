/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_path.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <string.h>

/* A root and an issuing CA of --ca, and between them a CA that clients alone send. */

static struct pki *root, *middle, *issuing, *leaf;

static struct pki *make_ca(const char *subject, const struct pki *issuer)
{
    return pki_make(&(struct pki_spec){.subject = subject, .issuer = issuer, .ca = true});
}

static void make_all(void)
{
    root = pki_ca("CN=Root");
    middle = make_ca("CN=Middle", root);
    issuing = make_ca("CN=Issuing", middle);
    leaf = pki_client("CN=leaf", issuing);
}

static void free_all(void)
{
    pki_free(leaf);
    pki_free(issuing);
    pki_free(middle);
    pki_free(root);
}

TestSuite(verify_above, .init = make_all, .fini = free_all);

/* A list of this CA; NULL: nothing is on it. */
static X509_CRL *list_of(const struct pki *issuer, const struct pki *revoked)
{
    struct pki_revoked line = {.certificate = revoked != NULL ? revoked->certificate : NULL};

    return pki_crl(&(struct pki_crl_spec){
        .issuer = issuer, .revoked = &line, .revoked_count = revoked != NULL ? 1 : 0});
}

/* With what the root and the issuing CA revoke, and what the client sends. */
static struct verdict judge(const struct pki *revoked, const struct pki *one, const struct pki *two,
    enum verdict_status wanted, const char *what)
{
    X509_CRL *of_root = list_of(root, revoked), *of_issuing = list_of(issuing, NULL);
    struct setup setup = {.ca = {root, issuing},
        .crls = {of_root, of_issuing},
        .chain = {one, two},
        .without_second_judge = true};
    struct verdict verdict = verify_both(&setup, leaf, wanted, what);

    X509_CRL_free(of_issuing);
    X509_CRL_free(of_root);
    return verdict;
}

Test(verify_above, a_middle_ca_that_the_root_revoked_counts)
{
    struct verdict verdict = judge(middle, middle, NULL, VERDICT_REVOKED, "revoked");

    cr_expect_eq(verdict.error_depth, 2);
    cr_expect_eq(verdict.revocation, REVOCATION_REVOKED);
    cr_expect_eq(verdict.chain_length, 4);
    cr_expect_str_eq(verdict.anchor, "CN=Root");
    cr_expect_not_null(strstr(verdict.reason, "CN=Middle"), "%s", verdict.reason);
    (void)judge(middle, issuing, middle, VERDICT_REVOKED, "the whole chain is sent");
    verdict = judge(NULL, middle, NULL, VERDICT_VALID, "not revoked");
    cr_expect_str_eq(verdict.anchor, "CN=Issuing");
    cr_expect_eq(verdict.chain_length, 2);
    (void)judge(middle, NULL, NULL, VERDICT_VALID, "not sent: it is not known what is above");
}

Test(verify_above, so_does_an_issuing_ca_that_the_middle_one_revoked)
{
    X509_CRL *of_middle = list_of(middle, issuing), *of_issuing = list_of(issuing, NULL);
    struct setup setup = {.ca = {root, issuing},
        .crls = {of_middle, of_issuing},
        .chain = {middle},
        .without_second_judge = true};

    (void)verify_both(&setup, leaf, VERDICT_REVOKED, "revoked");
    setup.crl_leaf = true;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "the revocation of CAs is not asked for");
    X509_CRL_free(of_issuing);
    X509_CRL_free(of_middle);
}

Test(verify_above, what_cannot_be_told_of_it_takes_nothing_away)
{
    const struct pki_spec specs[] = {
        {.subject = "CN=Middle", .ca = true, .issuer = root, .same_key_as = middle},
        {.subject = "CN=Middle",
            .ca = true,
            .issuer = root,
            .same_key_as = middle,
            .not_after = -60},
        {.subject = "CN=Middle",
            .ca = true,
            .issuer = root,
            .same_key_as = middle,
            .not_before = PKI_DAY},
        {.subject = "CN=Middle",
            .ca = true,
            .issuer = root,
            .same_key_as = middle,
            .not_after_text = "nonsense date"},
        {.subject = "CN=Middle", .issuer = root, .same_key_as = middle},
        {.subject = "CN=Middle",
            .ca = true,
            .issuer = root,
            .same_key_as = middle,
            .extensions = {"keyUsage=critical,cRLSign"}},
        {.subject = "CN=Middle",
            .ca = true,
            .issuer = root,
            .same_key_as = middle,
            .digest = "sha1"},
        {.subject = "CN=Middle", .ca = true, .issuer = root},
        {.subject = "CN=Middle", .ca = true, .same_key_as = middle},
    };
    size_t i;

    for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        struct pki *other = pki_make(&specs[i]);

        (void)judge(NULL, other, NULL, VERDICT_VALID, "another certificate in its place");
        (void)judge(middle, other, NULL, VERDICT_VALID, "and its own revoked");
        if (i < 2)
            (void)judge(other, other, NULL, VERDICT_REVOKED, "revoked, though out of date");
        pki_free(other);
    }
}

Test(verify_above, one_way_that_is_not_forbidden_is_enough)
{
    struct pki *renewed = pki_make(&(struct pki_spec){
        .subject = "CN=Middle", .ca = true, .issuer = root, .same_key_as = middle});

    (void)judge(middle, middle, renewed, VERDICT_VALID, "the revoked one beside the new one");
    (void)judge(middle, renewed, middle, VERDICT_VALID, "in the other order");
    pki_free(renewed);
}

Test(verify_above, when_all_ways_are_forbidden_one_is_told)
{
    struct pki *all[VERIFY_MOST] = {NULL};
    struct pki_revoked lines[VERIFY_MOST];
    struct setup setup = {.ca = {root, issuing}, .without_second_judge = true};
    const size_t count = VERIFY_MOST - 1;
    X509_CRL *of_root;
    size_t i;

    setup.crl_missing_ok = true;
    for (i = 0; i < count; i++) {
        all[i] = pki_make(&(struct pki_spec){
            .subject = "CN=Middle", .ca = true, .issuer = root, .same_key_as = middle});
        lines[i] = (struct pki_revoked){.certificate = all[i]->certificate};
        setup.chain[i] = all[i];
    }
    of_root =
        pki_crl(&(struct pki_crl_spec){.issuer = root, .revoked = lines, .revoked_count = count});
    setup.crls[0] = of_root;
    (void)verify_both(&setup, leaf, VERDICT_REVOKED, "many certificates of one key");
    X509_CRL_free(of_root);
    for (i = 0; i < count; i++)
        pki_free(all[i]);
}

/* That the client's own is revoked says more than what became of a CA above. */
Test(verify_above, a_revoked_client_is_told_as_that)
{
    X509_CRL *of_root = list_of(root, middle), *of_issuing = list_of(issuing, leaf);
    struct setup setup = {.ca = {root, issuing},
        .crls = {of_root, of_issuing},
        .chain = {middle},
        .without_second_judge = true};
    struct verdict verdict = verify_both(&setup, leaf, VERDICT_REVOKED, "both are revoked");

    cr_expect_eq(verdict.error_depth, 0, "%s", verdict.reason);
    cr_expect_eq(verdict.chain_length, 2, "%d: it is told of its own path", verdict.chain_length);
    X509_CRL_free(of_issuing);
    X509_CRL_free(of_root);
}

/* So many ways are tried: when all of them are forbidden, one that is not looked at saves nobody.
 */
Test(verify_above, the_ninth_way_is_not_tried)
{
    struct pki *all[PATHS_MOST + 1];
    struct pki_revoked lines[PATHS_MOST + 1];
    struct setup setup = {.ca = {root, issuing}, .crl_missing_ok = true};
    int i, good;

    setup.without_second_judge = true;
    for (i = 0; i <= PATHS_MOST; i++) {
        all[i] = pki_make(&(struct pki_spec){
            .subject = "CN=Middle", .ca = true, .issuer = root, .same_key_as = middle});
        setup.chain[i] = all[i];
    }
    for (good = PATHS_MOST - 1; good <= PATHS_MOST; good++) {
        for (i = 0; i <= PATHS_MOST; i++)
            lines[i] = i == good ? (struct pki_revoked){.serial = 1}
                                 : (struct pki_revoked){.certificate = all[i]->certificate};
        setup.crls[0] = pki_crl(&(struct pki_crl_spec){
            .issuer = root, .revoked = lines, .revoked_count = PATHS_MOST + 1});
        (void)verify_both(&setup, leaf, good < PATHS_MOST ? VERDICT_VALID : VERDICT_REVOKED,
            "one of them is not revoked");
        X509_CRL_free(setup.crls[0]);
    }
    for (i = 0; i <= PATHS_MOST; i++)
        pki_free(all[i]);
}

/* A chain of a root with this extension or path length. */
static enum verdict_status status_below(const struct pki_spec *of_root, const char *subject)
{
    struct pki *top = pki_make(of_root), *between = make_ca("CN=Middle", top);
    struct pki *sub = make_ca("CN=Issuing", between);
    struct pki *client = pki_client(subject, sub);
    struct setup setup = {.ca = {sub, top}, .chain = {between}, .depth_plus_one = 1};
    struct verdict verdict;

    setup.without_second_judge = true;
    verdict = verify_judge(&setup, client->certificate);
    cr_expect_eq(verdict.status == VERDICT_VALID, verdict.reason[0] == '\0');
    pki_free(client);
    pki_free(sub);
    pki_free(between);
    pki_free(top);
    return verdict.status;
}

Test(verify_above, path_length_constraints_and_policies_of_the_root_count)
{
    static const char exclude[] = "[nc]\nexcluded;dirName=dn\n[dn]\nO=Evil\n";

    cr_expect_eq(status_below(&(struct pki_spec){.subject = "CN=Top", .ca = true}, "CN=x"),
        VERDICT_VALID, "the limit of depth is that of the anchor");
    cr_expect_eq(
        status_below(
            &(struct pki_spec){.subject = "CN=Top", .ca = true, .pathlen_plus_one = 1}, "CN=x"),
        VERDICT_UNTRUSTED);
    cr_expect_eq(status_below(&(struct pki_spec){.subject = "CN=Top",
                                  .ca = true,
                                  .extensions = {"nameConstraints=critical,@nc"},
                                  .configuration = exclude},
                     "CN=x,O=Evil"),
        VERDICT_UNTRUSTED);
    cr_expect_eq(status_below(&(struct pki_spec){.subject = "CN=Top",
                                  .ca = true,
                                  .extensions = {"nameConstraints=critical,@nc"},
                                  .configuration = exclude},
                     "CN=x,O=Good"),
        VERDICT_VALID);
}

Test(verify_above, the_rules_that_libcrypto_does_not_have_count_too)
{
    static const char exclude[] = "[nc]\nexcluded;URI.0=.evil.example\n";
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Middle",
        .ca = true,
        .issuer = root,
        .extensions = {"nameConstraints=critical,@nc"},
        .configuration = exclude});
    struct pki *sub = make_ca("CN=Sub", between);
    struct pki *client = pki_make(&(struct pki_spec){.subject = "CN=x",
        .issuer = sub,
        .extensions = {"subjectAltName=URI:http://a.evil.example./"}});
    struct setup setup = {.ca = {root, sub}, .chain = {between}, .without_second_judge = true};

    (void)verify_both(&setup, client, VERDICT_UNTRUSTED, "a final dot");
    pki_free(client);
    pki_free(sub);
    pki_free(between);
}

/* Each of them with a CA above that is not in --ca: leaf, Sub, Between, Issuing, Middle, Root. */
Test(verify_above, an_anchor_above_is_below_another_one_itself)
{
    struct pki *between = make_ca("CN=Between", issuing), *sub = make_ca("CN=Sub", between);
    struct pki *last = make_ca("CN=Last", sub), *client = pki_client("CN=x", last);
    X509_CRL *revoking = list_of(root, middle), *clean = list_of(last, NULL);
    struct setup setup = {.ca = {root, issuing, sub},
        .crls = {clean, revoking},
        .chain = {middle, between, last},
        .without_second_judge = true};

    (void)verify_both(&setup, client, VERDICT_REVOKED, "revoked above both");
    setup.chain[1] = last;
    setup.chain[2] = NULL;
    setup.crl_missing_ok = true;
    (void)verify_both(&setup, client, VERDICT_VALID, "what stands between was not sent");
    X509_CRL_free(clean);
    X509_CRL_free(revoking);
    pki_free(client);
    pki_free(last);
    pki_free(sub);
    pki_free(between);
}

Test(verify_above, what_only_looks_like_a_ca_above_costs_no_more_than_the_search_may)
{
    struct pki *twins[VERIFY_MOST];
    struct setup setup = {.ca = {root, issuing}};
    struct config config;
    struct trust *trust = verify_trust(&setup, &config);
    struct path_search search = {.leaf = leaf->certificate, .trust = trust, .now = time(NULL)};
    struct path lower, upper;
    size_t i;

    for (i = 0; i < VERIFY_MOST; i++) {
        twins[i] = i + 1 < VERIFY_MOST ? make_ca("CN=Middle", root) : NULL;
        setup.chain[i] = twins[i];
    }
    search.chain = verify_chain_of(&setup);
    path_search(&search);
    cr_expect_leq(search.signatures, PATH_SIGNATURES);
    cr_expect(path_take(&search, 0, &lower));
    cr_expect_not(path_take_above(&search, &lower, 0, &upper), "none of them signed it");
    setup.without_second_judge = true;
    (void)verify_both(&setup, leaf, VERDICT_VALID, "none of them signed it");
    sk_X509_free(search.chain);
    trust_release(trust);
    for (i = 0; i < VERIFY_MOST; i++)
        pki_free(twins[i]);
}

/* A path ends at the first anchor: one that did not sign itself leads on for what stands above it
 * alone. */
Test(verify_above, an_anchor_is_no_step_of_a_path)
{
    struct setup setup = {.ca = {root, issuing}, .chain = {middle}};
    struct config config;
    struct trust *trust = verify_trust(&setup, &config);
    struct path_search search = {.leaf = leaf->certificate, .trust = trust, .now = time(NULL)};
    struct path path, upper;

    search.chain = verify_chain_of(&setup);
    path_search(&search);
    cr_assert(path_take(&search, 0, &path));
    cr_expect_eq(path.length, 2, "%d", path.length);
    cr_expect(path_take_above(&search, &path, 0, &upper));
    cr_expect_eq(upper.length, 4, "%d", upper.length);
    cr_expect_not(path_take(&search, 1, &path), "to the root, through the anchor below it");
    sk_X509_free(search.chain);
    trust_release(trust);
}

/* Two CAs that issued each other stay what the operator called them. */
Test(verify_above, a_circle_is_no_way)
{
    struct pki *one = pki_ca("CN=One"), *other = make_ca("CN=Other", one);
    struct pki *turned = pki_make(
        &(struct pki_spec){.subject = "CN=One", .ca = true, .issuer = other, .same_key_as = one});
    struct pki *client = pki_client("CN=x", other);
    X509_CRL *revoking = list_of(one, other), *of_other = list_of(other, NULL);
    struct setup setup = {.ca = {turned, other}, .chain = {turned, other}};

    setup.without_second_judge = true;
    (void)verify_both(&setup, client, VERDICT_VALID, "a circle");
    setup.crls[0] = revoking;
    setup.crls[1] = of_other;
    (void)verify_both(&setup, client, VERDICT_REVOKED, "one revoked the other");
    X509_CRL_free(of_other);
    X509_CRL_free(revoking);
    pki_free(client);
    pki_free(turned);
    pki_free(other);
    pki_free(one);
}
