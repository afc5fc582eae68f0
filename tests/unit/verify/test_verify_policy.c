/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "unit/base/leaks.h"
#include "unit/verify/verify_helpers.h"
#include "verify/verify_policy.h"

#include <criterion/criterion.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static void add_unreadable(X509 *certificate, void *oid)
{
    pki_add_raw_extension(certificate, oid, false, "\x05\x00", 2);
}

Test(verify_policy, an_extension_about_policies_that_cannot_be_read_is_untrusted)
{
    static char oids[][12] = {"2.5.29.32", "2.5.29.33", "2.5.29.36", "2.5.29.54"};
    struct pki *root = pki_ca("CN=Root");
    size_t i;

    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
            .issuer = root,
            .ca = true,
            .customise = add_unreadable,
            .context = oids[i]});
        struct pki *below = pki_client("CN=x", between);
        struct verdict verdict;
        struct pki *leaf = pki_make(&(struct pki_spec){
            .subject = "CN=x", .issuer = root, .customise = add_unreadable, .context = oids[i]});

        (void)verify_both(
            &(struct setup){.ca = {root}, .chain = {between}}, below, VERDICT_UNTRUSTED, oids[i]);
        verdict = verify_both(&(struct setup){.ca = {root}}, leaf, VERDICT_UNTRUSTED, oids[i]);
        cr_expect(strstr(verdict.reason, oids[i]) != NULL &&
                      strstr(verdict.reason, " cannot be read") != NULL,
            "%s: %s", oids[i], verdict.reason);
        pki_free(leaf);
        pki_free(below);
        pki_free(between);
    }
    pki_free(root);
}

/* What a certificate may say of policies; without both a chain goes to libcrypto. */
static const char *const sayings[][2] = {{NULL}, {"certificatePolicies=1.2.3.4"},
    {"certificatePolicies=2.5.29.32.0"}, {"policyConstraints=critical,requireExplicitPolicy:0"},
    {"policyConstraints=critical,requireExplicitPolicy:1"},
    {"policyConstraints=critical,requireExplicitPolicy:2,inhibitPolicyMapping:0"},
    {"policyConstraints=critical,inhibitPolicyMapping:0"},
    {"policyConstraints=critical,requireExplicitPolicy:99999999999999999999"},
    {"policyConstraints=critical,requireExplicitPolicy:-1"},
    {"policyConstraints=critical,inhibitPolicyMapping:-1"}, {"policyConstraints=critical,DER:3000"},
    {"inhibitAnyPolicy=critical,0"},
    {"certificatePolicies=1.2.3.4", "policyConstraints=critical,requireExplicitPolicy:0"},
    {"certificatePolicies=1.2.3.5", "policyConstraints=critical,requireExplicitPolicy:1"}};

#define SAYINGS (sizeof(sayings) / sizeof(sayings[0]))

static int by_libcrypto(STACK_OF(X509) * chain)
{
    STACK_OF(ASN1_OBJECT) *initial = sk_ASN1_OBJECT_new_null();
    X509_POLICY_TREE *tree = NULL;
    int explicit_policy = 0, result;

    (void)sk_ASN1_OBJECT_push(initial, OBJ_nid2obj(NID_any_policy));
    result = X509_policy_check(&tree, &explicit_policy, chain, initial, 0);
    sk_ASN1_OBJECT_free(initial);
    X509_policy_tree_free(tree);
    return result == X509_PCY_TREE_VALID     ? X509_V_OK
           : result == X509_PCY_TREE_FAILURE ? X509_V_ERR_NO_EXPLICIT_POLICY
           : result == X509_PCY_TREE_INVALID ? X509_V_ERR_INVALID_POLICY_EXTENSION
                                             : X509_V_ERR_UNSPECIFIED;
}

static void put_policies_first(X509 *certificate, void *context)
{
    const int at = X509_get_ext_by_NID(certificate, NID_certificate_policies, -1);
    X509_EXTENSION *policies = at >= 0 ? X509_delete_ext(certificate, at) : NULL;

    (void)context;
    if (policies != NULL)
        pki_must(X509_add_ext(certificate, policies, 0) == 1, "an extension");
    X509_EXTENSION_free(policies);
}

/* Three below an anchor, each with each saying, issued by another or by itself. No look at leaks:
 * libcrypto has some. */
Test(verify_policy, every_chain_is_judged_as_by_libcrypto)
{
    struct pki *anchor = pki_ca("CN=Root"), *made[2 * SAYINGS];
    size_t i, at[3], seen[4] = {0};

    look_at_no_leaks();
    for (i = 0; i < 2 * SAYINGS; i++) {
        const char *const *saying = sayings[i / 2];

        made[i] = pki_make(&(struct pki_spec){.subject = "CN=Between",
            .issuer = i % 2 == 0 ? anchor : NULL,
            .ca = true,
            .extensions = {saying[0], saying[1]},
            .customise = put_policies_first});
    }
    for (i = 0; i < 2 * SAYINGS * 2 * SAYINGS * 2 * SAYINGS; i++) {
        STACK_OF(X509) *chain = sk_X509_new_null();
        int depth, came, wanted;
        size_t j, rest = i;

        for (j = 0; j < 3; j++, rest /= 2 * SAYINGS) {
            at[j] = rest % (2 * SAYINGS);
            (void)sk_X509_push(chain, made[at[j]]->certificate);
        }
        (void)sk_X509_push(chain, anchor->certificate);
        came = policy_fault(chain, &depth);
        wanted = by_libcrypto(chain);
        cr_expect_eq(
            came, wanted, "%zu %zu %zu: expected %d, came %d", at[0], at[1], at[2], wanted, came);
        seen[wanted == X509_V_OK                             ? 0
             : wanted == X509_V_ERR_NO_EXPLICIT_POLICY       ? 1
             : wanted == X509_V_ERR_INVALID_POLICY_EXTENSION ? 2
                                                             : 3]++;
        sk_X509_free(chain);
    }
    cr_expect(seen[0] > 100 && seen[1] > 100 && seen[2] > 100 && seen[3] == 0);
    for (i = 0; i < 2 * SAYINGS; i++)
        pki_free(made[i]);
    pki_free(anchor);
}

/* A chain of which libcrypto would lose memory, demanding a policy or none. */
Test(verify_policy, want_of_memory_is_told)
{
    struct pki *root = pki_ca("CN=Root"), *made[3];
    unsigned long nth, count = 1;
    int demands, i, depth, code, wanted = 0;

    for (demands = 0; demands < 2; demands++) {
        made[0] = pki_client("CN=x", root);
        made[1] = pki_make(&(struct pki_spec){.issuer = root,
            .extensions = {demands ? "policyConstraints=critical,requireExplicitPolicy:0"
                                   : "policyConstraints=critical,inhibitPolicyMapping:0"}});
        made[2] = pki_make(
            &(struct pki_spec){.issuer = root, .extensions = {"certificatePolicies=1.2.3.4"}});
        for (nth = 0; nth <= count; nth++) {
            STACK_OF(X509) *chain = sk_X509_new_null();

            for (i = 0; i < 3; i++)
                (void)sk_X509_push(chain, X509_dup(made[i]->certificate));
            (void)sk_X509_push(chain, X509_dup(root->certificate));
            alloc_watch_clear();
            alloc_watch_fail_at(nth, false);
            code = policy_fault(chain, &depth);
            if (nth == 0) {
                count = alloc_watch_count();
                wanted = code;
            }
            cr_expect(code == wanted || alloc_watch_failed(), "allocation %lu: %d", nth, code);
            alloc_watch_fail_at(0, false);
            sk_X509_pop_free(chain, X509_free);
        }
        cr_expect_eq(wanted, demands ? X509_V_ERR_NO_EXPLICIT_POLICY : X509_V_OK);
        cr_expect_gt(count, 20);
        for (i = 0; i < 3; i++)
            pki_free(made[i]);
    }
    pki_free(root);
}

/* RFC 5280 section 6.1.1: what the anchor says of policies is no part of the path. */
Test(verify_policy, an_anchor_without_policies_takes_none_from_those_below)
{
    struct pki *anchor = pki_make(&(struct pki_spec){.subject = "CN=Root",
        .ca = true,
        .extensions = {"policyConstraints=critical,requireExplicitPolicy:0"}});
    struct pki *between = pki_make(&(struct pki_spec){.subject = "CN=Between",
        .issuer = anchor,
        .ca = true,
        .extensions = {
            "certificatePolicies=1.2.3.4", "policyConstraints=critical,requireExplicitPolicy:0"}});
    struct pki *leaf = pki_make(&(struct pki_spec){
        .subject = "CN=x", .issuer = between, .extensions = {"certificatePolicies=1.2.3.4"}});

    (void)verify_both(
        &(struct setup){.ca = {anchor}, .chain = {between}}, leaf, VERDICT_VALID, "a policy");
    pki_free(leaf);
    pki_free(between);
    pki_free(anchor);
}

/* By libcrypto's judgement, and by ours where a certificate has no policies. */
/* RFC 5280 section 6.1: the anchor is not a part of the path. */
Test(verify_policy, what_an_anchor_maps_does_not_matter)
{
    struct pki *anchor = pki_make(&(struct pki_spec){.subject = "CN=Root",
        .ca = true,
        .extensions = {
            "certificatePolicies=1.2.3.4", "policyMappings=DER:300C300A06022A030604551D2000"}});
    struct pki *leaf = pki_client("CN=leaf", anchor);

    (void)verify_both(
        &(struct setup){.ca = {anchor}}, leaf, VERDICT_VALID, "anyPolicy is mapped by the anchor");
    pki_free(leaf);
    pki_free(anchor);
}

Test(verify_policy, whose_extension_is_invalid_is_told)
{
    static const char policies[] = "certificatePolicies=1.2.3.4";
    static const char bad[] = "policyConstraints=critical,requireExplicitPolicy:-1";
    struct pki *anchor = pki_ca("CN=Root");
    int place, without, i, depth;

    for (without = 0; without < 2; without++) {
        for (place = 0; place < 3; place++) {
            STACK_OF(X509) *chain = sk_X509_new_null();
            struct pki *made[3];

            for (i = 0; i < 3; i++) {
                made[i] = pki_make(&(struct pki_spec){.subject = "CN=Between",
                    .issuer = anchor,
                    .ca = true,
                    .extensions = {without && i == 2 ? "1.2.3.4=DER:0500" : policies,
                        i == place ? bad : NULL}});
                (void)sk_X509_push(chain, made[i]->certificate);
            }
            (void)sk_X509_push(chain, anchor->certificate);
            cr_expect_eq(policy_fault(chain, &depth), X509_V_ERR_INVALID_POLICY_EXTENSION);
            cr_expect_eq(depth, place, "of %d, told of %d", place, depth);
            sk_X509_free(chain);
            for (i = 0; i < 3; i++)
                pki_free(made[i]);
        }
    }
    pki_free(anchor);
}

/* What a certificate says of 1.2.3.4, 1.2.3.5 and anyPolicy, and after how many more anyPolicy
 * stands for nothing (-1: it does not say). */
static const struct policies_said {
    const char *extensions[2];
    bool has[3];
    int inhibits_after;
} said[] = {
    {{NULL}, {false, false, false}, -1},
    {{"certificatePolicies=1.2.3.4"}, {true, false, false}, -1},
    {{"certificatePolicies=1.2.3.4,1.2.3.5"}, {true, true, false}, -1},
    {{"certificatePolicies=2.5.29.32.0"}, {false, false, true}, -1},
    {{"certificatePolicies=2.5.29.32.0,1.2.3.5"}, {false, true, true}, -1},
    {{"certificatePolicies=2.5.29.32.0", "inhibitAnyPolicy=critical,0"}, {false, false, true}, 0},
    {{"certificatePolicies=1.2.3.4", "inhibitAnyPolicy=critical,1"}, {true, false, false}, 1},
    {{"inhibitAnyPolicy=critical,0"}, {false, false, false}, 0},
    {{"policyConstraints=critical,inhibitPolicyMapping:0"}, {false, false, false}, -1},
};
#define SAID (sizeof(said) / sizeof(said[0]))

/* By RFC 5280 section 6.1, without a tree: all of them vouch for the policy. An even place is of a
 * certificate that another issued, an odd one of one that its own name did. */
static bool all_vouch(const size_t at[3], int policy)
{
    int any_left = 4, i;

    for (i = 2; i >= 0; i--) {
        const struct policies_said *its = &said[at[i] / 2];
        const bool self_issued = at[i] % 2 != 0;

        if (!(policy < 2 && its->has[policy]) &&
            !(its->has[2] && (any_left > 0 || (self_issued && i > 0))))
            return false;
        if (!self_issued && any_left > 0)
            any_left--;
        if (its->inhibits_after >= 0 && its->inhibits_after < any_left)
            any_left = its->inhibits_after;
    }
    return true;
}

static bool is_valid_for(STACK_OF(X509) * chain, const char *policy)
{
    ASN1_OBJECT *wanted = OBJ_txt2obj(policy, 1);
    X509_POLICY_TREE *valid = NULL;
    bool is_valid;

    cr_assert(policy_find_valid(chain, &valid));
    is_valid = policy_is_valid(valid, wanted);
    X509_policy_tree_free(valid);
    ASN1_OBJECT_free(wanted);
    return is_valid;
}

/* Three below an anchor, each with each saying. */
Test(verify_policy, a_policy_is_valid_when_all_below_the_anchor_vouch_for_it)
{
    static const char *const policies[] = {"1.2.3.4", "1.2.3.5", "1.2.3.6", "2.5.29.32.0"};
    struct pki *anchor = pki_ca("CN=Root"), *made[2 * SAID];
    size_t i, j, at[3], seen[2] = {0};

    for (i = 0; i < 2 * SAID; i++)
        made[i] = pki_make(&(struct pki_spec){.subject = i % 2 == 0 ? "CN=Between" : "CN=Root",
            .issuer = anchor,
            .ca = true,
            .extensions = {said[i / 2].extensions[0], said[i / 2].extensions[1]}});
    for (i = 0; i < 2 * SAID * 2 * SAID * 2 * SAID; i++) {
        STACK_OF(X509) *chain = sk_X509_new_null();
        size_t rest = i;

        for (j = 0; j < 3; j++, rest /= 2 * SAID) {
            at[j] = rest % (2 * SAID);
            (void)sk_X509_push(chain, made[at[j]]->certificate);
        }
        (void)sk_X509_push(chain, anchor->certificate);
        for (j = 0; j < 4; j++) {
            /* The third is in none but by anyPolicy, which is the fourth. */
            const bool wanted = all_vouch(at, (int)j);

            cr_expect_eq(is_valid_for(chain, policies[j]), wanted, "%zu %zu %zu: %s", at[0], at[1],
                at[2], policies[j]);
            seen[wanted]++;
        }
        sk_X509_free(chain);
    }
    cr_expect(seen[0] > 1000 && seen[1] > 500, "%zu and %zu", seen[0], seen[1]);
    for (i = 0; i < 2 * SAID; i++)
        pki_free(made[i]);
    pki_free(anchor);
}

/* A CA does not get by mapping what the CA above does not grant it. */
Test(verify_policy, a_mapped_policy_is_valid_as_what_it_is_above)
{
    static const struct {
        const char *above, *leaf;
        bool four, five;
    } rows[] = {
        {"1.2.3.4", "1.2.3.5", true, false},
        {"1.2.3.4", "1.2.3.4", false, false},
        {"1.2.3.5", "1.2.3.5", false, true},
        {"1.2.3.4,1.2.3.5", "1.2.3.5", true, true},
        {"2.5.29.32.0", "1.2.3.5", true, false},
        {"1.2.3.6", "1.2.3.5", false, false},
    };
    struct pki *anchor = pki_ca("CN=Root");
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        STACK_OF(X509) *chain = sk_X509_new_null();
        char above[64], below[64];
        struct pki *between, *leaf;

        (void)snprintf(above, sizeof(above), "certificatePolicies=%s", rows[i].above);
        (void)snprintf(below, sizeof(below), "certificatePolicies=%s", rows[i].leaf);
        between = pki_make(&(struct pki_spec){.subject = "CN=Between",
            .issuer = anchor,
            .ca = true,
            .extensions = {above, "policyMappings=1.2.3.4:1.2.3.5"}});
        leaf = pki_make(&(struct pki_spec){.issuer = between, .extensions = {below}});
        (void)sk_X509_push(chain, leaf->certificate);
        (void)sk_X509_push(chain, between->certificate);
        (void)sk_X509_push(chain, anchor->certificate);
        cr_expect_eq(is_valid_for(chain, "1.2.3.4"), rows[i].four, "row %zu: 1.2.3.4", i);
        cr_expect_eq(is_valid_for(chain, "1.2.3.5"), rows[i].five, "row %zu: 1.2.3.5", i);
        sk_X509_free(chain);
        pki_free(leaf);
        pki_free(between);
    }
    pki_free(anchor);
}

Test(verify_policy, without_a_path_no_policy_is_valid)
{
    struct pki *alone = pki_make(&(struct pki_spec){
        .subject = "CN=Root", .ca = true, .extensions = {"certificatePolicies=1.2.3.4"}});
    STACK_OF(X509) *chain = sk_X509_new_null();

    cr_expect_not(is_valid_for(NULL, "1.2.3.4"));
    cr_expect_not(is_valid_for(chain, "1.2.3.4"));
    (void)sk_X509_push(chain, alone->certificate);
    cr_expect_not(is_valid_for(chain, "1.2.3.4"));
    (void)sk_X509_push(chain, alone->certificate);
    cr_expect(is_valid_for(chain, "1.2.3.4"), "below itself");
    sk_X509_free(chain);
    pki_free(alone);
}
