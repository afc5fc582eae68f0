/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>

struct scene {
    struct pki *root, *middle, *leaf, *stranger;
    struct config config;
    struct trust *trust;
};

static void begin(struct scene *scene)
{
    scene->root = pki_ca("CN=Root");
    scene->middle =
        pki_make(&(struct pki_spec){.subject = "CN=Middle", .issuer = scene->root, .ca = true});
    scene->leaf = pki_client("CN=Dan", scene->middle);
    scene->stranger = pki_make(&(struct pki_spec){.subject = "CN=Stranger"});
    scene->trust = verify_trust(
        &(struct setup){.ca = {scene->root}, .intermediates = {scene->middle}}, &scene->config);
}

static void end(struct scene *scene)
{
    trust_release(scene->trust);
    pki_free(scene->root);
    pki_free(scene->middle);
    pki_free(scene->leaf);
    pki_free(scene->stranger);
}

static STACK_OF(X509) *
    prove(const struct scene *scene, const struct pki *leaf, time_t now, struct verdict *verdict)
{
    const struct verify_options options = verify_options_of(&scene->config);
    STACK_OF(X509) *proven = NULL;

    verify_certificate(leaf->certificate, NULL, scene->trust, &options, now, verdict, &proven);
    return proven;
}

Test(verify_proven, the_chain_goes_from_the_leaf_up_to_the_anchor)
{
    struct scene scene;
    struct verdict verdict;
    STACK_OF(X509) * proven;

    begin(&scene);
    proven = prove(&scene, scene.leaf, time(NULL), &verdict);
    verify_expect(&verdict, VERDICT_VALID, "Dan");
    cr_assert_eq(sk_X509_num(proven), 3);
    cr_expect_eq(X509_cmp(sk_X509_value(proven, 0), scene.leaf->certificate), 0);
    cr_expect_eq(X509_cmp(sk_X509_value(proven, 1), scene.middle->certificate), 0);
    cr_expect_eq(X509_cmp(sk_X509_value(proven, 2), scene.root->certificate), 0);
    sk_X509_pop_free(proven, X509_free);
    end(&scene);
}

Test(verify_proven, an_expired_certificate_has_one_and_a_strangers_has_none)
{
    struct scene scene;
    struct verdict verdict;
    STACK_OF(X509) * proven;

    begin(&scene);
    cr_expect_null(prove(&scene, scene.stranger, time(NULL), &verdict));
    verify_expect(&verdict, VERDICT_UNTRUSTED, "a stranger");
    pki_free(scene.leaf);
    scene.leaf = pki_make(&(struct pki_spec){.subject = "CN=Old",
        .issuer = scene.middle,
        .not_before = -2 * PKI_DAY,
        .not_after = -PKI_DAY});
    proven = prove(&scene, scene.leaf, time(NULL), &verdict);
    verify_expect(&verdict, VERDICT_EXPIRED, "Old");
    cr_expect_eq(sk_X509_num(proven), 3);
    sk_X509_pop_free(proven, X509_free);
    end(&scene);
}
