/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* Random certificate authorities that vouch for one another, beside a second answer that is slow
 * and obvious: a certificate is good when its issuer (a name with a key) is an anchor's subject, or
 * that of a certificate that is good. */

#define ENTITIES 6 /* three names with two keys each */
#define MOST_CERTIFICATES 8
#define ROUNDS 400

struct certificate {
    struct pki *pki;
    int subject, issuer; /* entities */
};

struct world {
    struct pki *entities[ENTITIES];
    struct certificate all[MOST_CERTIFICATES];
    int count, anchors; /* the first ones are anchors */
    unsigned seed;
};

static int draw(struct world *world, int below)
{
    world->seed = world->seed * 1103515245U + 12345U;
    return (int)((world->seed >> 16) % (unsigned)below);
}

static void make_entities(struct world *world)
{
    static const char *const names[] = {"CN=A", "CN=B", "CN=C"};
    int i;

    for (i = 0; i < ENTITIES; i++)
        world->entities[i] = pki_ca(names[i / 2]);
}

static void make_certificates(struct world *world)
{
    int i;

    world->count = 2 + draw(world, MOST_CERTIFICATES - 1);
    world->anchors = 1 + draw(world, 2);
    for (i = 0; i < world->count; i++) {
        struct certificate *one = &world->all[i];
        const struct pki *of;

        one->subject = draw(world, ENTITIES);
        one->issuer = draw(world, ENTITIES);
        of = world->entities[one->subject];
        one->pki =
            pki_make(&(struct pki_spec){.subject_name = X509_get_subject_name(of->certificate),
                .issuer = one->issuer == one->subject ? NULL : world->entities[one->issuer],
                .same_key_as = of,
                .ca = true});
    }
}

static bool is_good(const struct world *world, int issuer)
{
    bool good[ENTITIES] = {false};
    int round, i;

    for (i = 0; i < world->anchors; i++)
        good[world->all[i].subject] = true;
    for (round = 0; round < MOST_CERTIFICATES; round++) {
        for (i = world->anchors; i < world->count; i++)
            good[world->all[i].subject] = good[world->all[i].subject] || good[world->all[i].issuer];
    }
    return good[issuer];
}

static struct setup arrange(struct world *world)
{
    struct setup setup = {.without_second_judge = true};
    int i, kept = 0, sent = 0;

    for (i = 0; i < world->anchors; i++)
        setup.ca[i] = world->all[i].pki;
    for (; i < world->count; i++) {
        if (draw(world, 2) == 0)
            setup.intermediates[kept++] = world->all[i].pki;
        else
            setup.chain[sent++] = world->all[i].pki;
    }
    return setup;
}

/* A CA that another one of --ca issued is no anchor: then what it leads to depends on the other. */
static bool has_one_kind_of_anchor(const struct world *world)
{
    int i, j;

    for (i = 0; i < world->anchors; i++) {
        for (j = 0; j < world->anchors; j++) {
            if (i != j && world->all[i].issuer == world->all[j].subject)
                return false;
        }
    }
    return true;
}

Test(verify_random, every_path_that_is_there_is_found_and_no_other)
{
    struct world world = {.seed = 1};
    int round, i, found = 0;

    make_entities(&world);
    for (round = 0; round < ROUNDS; round++) {
        char what[64];
        int issuer = draw(&world, ENTITIES);
        struct pki *leaf = pki_client("CN=x", world.entities[issuer]);
        struct setup setup;
        bool wanted;

        make_certificates(&world);
        setup = arrange(&world);
        wanted = is_good(&world, issuer);
        (void)snprintf(what, sizeof(what), "round %d", round);
        if (has_one_kind_of_anchor(&world))
            (void)verify_both(&setup, leaf, wanted ? VERDICT_VALID : VERDICT_UNTRUSTED, what);
        found += wanted;
        for (i = 0; i < world.count; i++)
            pki_free(world.all[i].pki);
        pki_free(leaf);
    }
    cr_expect(found > ROUNDS / 10 && found < ROUNDS - ROUNDS / 10, "%d of %d", found, ROUNDS);
    for (i = 0; i < ENTITIES; i++)
        pki_free(world.entities[i]);
}
