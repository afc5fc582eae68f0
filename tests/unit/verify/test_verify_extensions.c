/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_extensions.h"

#include <criterion/criterion.h>
#include <string.h>

struct raw {
    const char *oid;
    bool critical;
    const char *bytes;
    size_t length;
    int times;
};

static void add(X509 *certificate, void *context)
{
    const struct raw *raw = context;
    int i;

    for (i = 0; i < raw->times; i++)
        pki_add_raw_extension(certificate, raw->oid, raw->critical, raw->bytes, raw->length);
}

/* As a client's own, and as that of the CA above it. Without `words` it is valid. */
static void expect(struct raw *raw, const char *words)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *between = pki_make(&(struct pki_spec){
        .subject = "CN=Between", .issuer = root, .ca = true, .customise = add, .context = raw});
    struct pki *leaf =
        pki_make(&(struct pki_spec){.issuer = root, .customise = add, .context = raw});
    struct pki *below = pki_client("CN=x", between);
    enum verdict_status wanted = words != NULL ? VERDICT_UNTRUSTED : VERDICT_VALID;
    struct verdict verdict;

    verdict = verify_both(&(struct setup){.ca = {root}}, leaf, wanted, raw->oid);
    cr_expect(words == NULL || strstr(verdict.reason, words) != NULL, "expected '%s', came '%s'",
        words != NULL ? words : "", verdict.reason);
    (void)verify_both(&(struct setup){.ca = {root}, .chain = {between}}, below, wanted, raw->oid);
    (void)verify_both(
        &(struct setup){.ca = {root}, .intermediates = {between}}, below, wanted, raw->oid);
    pki_free(below);
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

/* libcrypto looks only at those that it reads itself. */
Test(verify_extensions, one_that_stands_there_twice_is_untrusted)
{
    expect(&(struct raw){"1.2.3.4", false, "\x05\x00", 2, 1}, NULL);
    expect(&(struct raw){"1.2.3.4", false, "\x05\x00", 2, 2}, "1.2.3.4 occurs twice in it");
    expect(&(struct raw){"2.16.840.1.113730.1.13", false, "\x16\x01z", 3, 2}, "occurs twice in it");
}

Test(verify_extensions, policies_that_are_named_twice_are_untrusted)
{
    expect(&(struct raw){"2.5.29.32", false, "\x30\x0C\x30\x04\x06\x02*\x03\x30\x04\x06\x02*\x04",
               14, 1},
        NULL);
    expect(&(struct raw){"2.5.29.32", false, "\x30\x0C\x30\x04\x06\x02*\x03\x30\x04\x06\x02*\x03",
               14, 1},
        "certificatePolicies (2.5.29.32) has a policy twice");
    expect(&(struct raw){"2.5.29.32", false,
               "\x30\x12\x30\x04\x06\x02*\x04\x30\x04\x06\x02*\x03\x30\x04\x06\x02*\x04", 20, 1},
        "certificatePolicies (2.5.29.32) has a policy twice");
}

static void add_policies_and_no_mapping(X509 *certificate, void *context)
{
    (void)context;
    pki_add_raw_extension(certificate, "2.5.29.32", false, "\x30\x06\x30\x04\x06\x02*\x03", 8);
    pki_add_raw_extension(certificate, "2.5.29.33", true, "\x30\x00", 2);
}

/* Invalid for libcrypto beside policies alone. */
Test(verify_extensions, mappings_of_nothing_are_named)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = root,
        .ca = true,
        .customise = add_policies_and_no_mapping});
    struct pki *leaf = pki_client("CN=x", between);

    verify_expect_words(&(struct setup){.ca = {root}, .chain = {between}}, leaf, VERDICT_UNTRUSTED,
        X509_V_ERR_INVALID_POLICY_EXTENSION, "policyMappings (2.5.29.33) is empty");
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

Test(verify_extensions, bytes_behind_a_value_are_untrusted)
{
    expect(&(struct raw){"2.5.29.18", false, "\x30\x03\x82\x01z", 5, 1}, NULL);
    expect(&(struct raw){"2.5.29.18", false, "\x30\x03\x82\x01z\x00", 6, 1}, "cannot be read");
    expect(
        &(struct raw){"2.5.29.33", true, "\x30\x0A\x30\x08\x06\x02*\x03\x06\x02*\x04\x00", 13, 1},
        "policyMappings (2.5.29.33) cannot be read");
    /* An indefinite length is no DER. */
    expect(&(struct raw){"2.5.29.18", false, "\x30\x80\x82\x01z\x00\x00", 7, 1}, "cannot be read");
    expect(&(struct raw){"2.5.29.0", false, "\x30", 1, 1}, "cannot be read");
    /* What nobody reads may hold anything. */
    expect(&(struct raw){"1.2.3.4", false, "\x30", 1, 1}, NULL);
    expect(&(struct raw){"1.3.29.31", false, "\x30", 1, 1}, NULL);
    expect(&(struct raw){"2.5.4.31", false, "\x30", 1, 1}, NULL);
    expect(&(struct raw){"2.5.29.31.1", false, "\x30", 1, 1}, NULL);
}

static void add_constraints(X509 *certificate, void *context)
{
    (void)context;
    /* permitted DNS:z, and bytes behind it */
    pki_add_raw_extension(
        certificate, "2.5.29.30", true, "\x30\x07\xA0\x05\x30\x03\x82\x01z\xA1\x00", 11);
}

Test(verify_extensions, name_constraints_end_where_they_end)
{
    struct pki *root = pki_ca("CN=Root");
    struct pki *between = pki_make(&(struct pki_spec){
        .subject = "CN=Between", .issuer = root, .ca = true, .customise = add_constraints});
    struct pki *leaf = pki_client("CN=x", between);

    (void)verify_both(
        &(struct setup){.ca = {root}, .chain = {between}}, leaf, VERDICT_UNTRUSTED, "constraints");
    pki_free(leaf);
    pki_free(between);
    pki_free(root);
}

Test(verify_extensions, inhibit_any_policy_below_zero_is_untrusted)
{
    expect(&(struct raw){"2.5.29.54", true, "\x02\x01\x00", 3, 1}, NULL);
    expect(&(struct raw){"2.5.29.54", true, "\x02\x01\xFF", 3, 1},
        "inhibitAnyPolicy (2.5.29.54) is below zero");
    expect(&(struct raw){"2.5.29.54", true, "\x02\x02\x00\xFF", 4, 1}, NULL);
    expect(&(struct raw){"2.5.29.54", true, "\x02\x00", 2, 1},
        "inhibitAnyPolicy (2.5.29.54) cannot be read");
}

/* RFC 5280 section 6.1.4 a: of a CA, whichever policy is it and wherever it stands in the list. */
Test(verify_extensions, a_ca_that_maps_any_policy_vouches_for_nobody)
{
    struct raw rows[] = {
        {"2.5.29.33", true, "\x30\x0C\x30\x0A\x06\x04\x55\x1D\x20\x00\x06\x02*\x03", 14, 1},
        {"2.5.29.33", true, "\x30\x0C\x30\x0A\x06\x02*\x03\x06\x04\x55\x1D\x20\x00", 14, 1},
        {"2.5.29.33", true,
            "\x30\x16\x30\x08\x06\x02*\x03\x06\x02*\x04\x30\x0A\x06\x02*\x03\x06\x04\x55\x1D\x20"
            "\x00",
            24, 1},
        {"2.5.29.33", true,
            "\x30\x16\x30\x0A\x06\x02*\x03\x06\x04\x55\x1D\x20\x00\x30\x08\x06\x02*\x03\x06\x02*"
            "\x04",
            24, 1},
        {"2.5.29.33", true, "\x30\x0A\x30\x08\x06\x02*\x03\x06\x02*\x04", 12, 1}};
    struct pki *root = pki_ca("CN=Root");
    size_t i;

    for (i = 0; i < 5; i++) {
        struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
            .issuer = root,
            .ca = true,
            .customise = add,
            .context = &rows[i]});
        struct pki *leaf = pki_client("CN=x", between);
        struct verdict verdict = verify_both(&(struct setup){.ca = {root}, .chain = {between}},
            leaf, i < 4 ? VERDICT_UNTRUSTED : VERDICT_VALID, "mappings");

        cr_expect(i == 4 || strstr(verdict.reason, "(2.5.29.33) maps anyPolicy") != NULL, "%s",
            verdict.reason);
        pki_free(leaf);
        pki_free(between);
    }
    pki_free(root);
}

/* What libcrypto takes for inconsistent, without saying what. */
Test(verify_extensions, the_reason_names_what_is_inconsistent)
{
    static const struct {
        const char *lines[3];
        const char *words;
    } rows[] = {
        {{"keyUsage=critical,DER:03020700"}, "keyUsage (2.5.29.15) has no bit set"},
        {{"basicConstraints=critical,DER:30060101FF0201FF"}, "has a path length below zero"},
        {{"policyConstraints=critical,DER:3000"}, "policyConstraints (2.5.29.36) is empty"},
        {{"policyConstraints=critical,DER:30038001FF"}, "has a number below zero"},
        {{"certificatePolicies=1.2.3.4",
             "policyMappings=critical,DER:300C300A06022A030604551D2000"},
            "maps anyPolicy"},
        {{"crlDistributionPoints=DER:30043002A200"},
            "crlDistributionPoints (2.5.29.31) has a point without a name"},
        {{"inhibitAnyPolicy=critical,DER:0201FF"}, "inhibitAnyPolicy (2.5.29.54) is below zero"},
        {{"inhibitAnyPolicy=critical,0", "keyUsage=critical,DER:03020700"},
            "keyUsage (2.5.29.15) has no bit set"},
        {{"subjectAltName=DNS:a", "proxyCertInfo=critical,language:id-ppl-anyLanguage"},
            "proxyCertInfo (1.3.6.1.5.5.7.1.14) stands in a CA's certificate or beside"},
        {{"issuerAltName=DNS:a", "proxyCertInfo=critical,language:id-ppl-anyLanguage"},
            "proxyCertInfo (1.3.6.1.5.5.7.1.14) stands in a CA's certificate or beside"},
        {{"proxyCertInfo=critical,language:id-ppl-anyLanguage", "subjectAltName=DNS:a"},
            "proxyCertInfo (1.3.6.1.5.5.7.1.14) stands in a CA's certificate or beside"},
        {{"basicConstraints=critical,CA:TRUE",
             "proxyCertInfo=critical,language:id-ppl-anyLanguage"},
            "proxyCertInfo (1.3.6.1.5.5.7.1.14) stands in a CA's certificate or beside"},
        {{"policyConstraints=critical,DER:30038101FF"}, "has a number below zero"},
        /* What comes first is all right. */
        {{"policyConstraints=critical,requireExplicitPolicy:0", "keyUsage=critical,DER:03020700"},
            "keyUsage (2.5.29.15) has no bit set"},
        {{"policyConstraints=critical,inhibitPolicyMapping:0", "keyUsage=critical,DER:03020700"},
            "keyUsage (2.5.29.15) has no bit set"},
        {{"crlDistributionPoints=URI:http://a.example/", "keyUsage=critical,DER:03020700"},
            "keyUsage (2.5.29.15) has no bit set"},
        {{"basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,DER:03020700"},
            "keyUsage (2.5.29.15) has no bit set"},
        {{"certificatePolicies=1.2.3.4", "policyMappings=critical,1.2.3.4:1.2.3.5",
             "keyUsage=critical,DER:03020700"},
            "keyUsage (2.5.29.15) has no bit set"},
        {{"proxyCertInfo=critical,language:id-ppl-anyLanguage", "keyUsage=critical,DER:03020700"},
            "keyUsage (2.5.29.15) has no bit set"},
    };
    struct pki *root = pki_ca("CN=Root");
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki_spec spec = {.issuer = root, .no_extensions = true};
        struct pki *leaf;
        struct verdict verdict;

        memcpy(spec.extensions, rows[i].lines, sizeof(rows[i].lines));
        leaf = pki_make(&spec);
        verdict =
            verify_both(&(struct setup){.ca = {root}}, leaf, VERDICT_UNTRUSTED, rows[i].words);
        cr_expect_not_null(strstr(verdict.reason, rows[i].words), "expected '%s', came '%s'",
            rows[i].words, verdict.reason);
        pki_free(leaf);
    }
    pki_free(root);
}

/* Decoded without a fault, and refused by libcrypto all the same. */
Test(verify_extensions, what_libcrypto_takes_for_inconsistent_is_named)
{
    /* No number, no address. */
    struct raw resources[] = {{"1.3.6.1.5.5.7.1.8", false, "\x30\x04\xA0\x02\x30\x00", 6, 1},
        {"1.3.6.1.5.5.7.1.7", false, "\x30\x08\x30\x06\x04\x02\x00\x01\x30\x00", 10, 1}};
    struct raw points = {"2.5.29.31", false, "\x30\x02\x30\x00", 4, 1};
    struct pki *root = pki_ca("CN=Root"),
               *behind = pki_make(&(struct pki_spec){.issuer = root,
                   .extensions = {"sbgp-ipAddrBlock=critical,IPv4:192.0.2.0/24"},
                   .customise = add,
                   .context = &points});
    struct verdict seen =
        verify_both(&(struct setup){.ca = {root}}, behind, VERDICT_UNTRUSTED, "behind others");
    size_t i;

    cr_expect(strstr(seen.reason, "has a point without a name") != NULL, "%s", seen.reason);
    pki_free(behind);
    expect(&points, "crlDistributionPoints (2.5.29.31) has a point without a name");
    /* The first is named by its issuer alone. */
    expect(&(struct raw){"2.5.29.31", false, "\x30\x09\x30\x05\xA2\x03\x82\x01z\x30\x00", 11, 1},
        "crlDistributionPoints (2.5.29.31) has a point without a name");
    for (i = 0; i < 2; i++) {
        struct pki *leaf = pki_make(&(struct pki_spec){.issuer = root,
            .extensions = {"crlDistributionPoints=URI:http://crl.example/"},
            .customise = add,
            .context = &resources[i]});
        struct verdict verdict =
            verify_both(&(struct setup){.ca = {root}}, leaf, VERDICT_UNTRUSTED, "resources");

        cr_expect(strstr(verdict.reason, resources[i].oid) != NULL &&
                      strstr(verdict.reason, "is not in the canonical form of RFC 3779") != NULL,
            "%s", verdict.reason);
        pki_free(leaf);
    }
    pki_free(root);
}
