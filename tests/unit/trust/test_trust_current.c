/* SPDX-License-Identifier: ISC */
#include "trust/trust_current.h"
#include "unit/pki/pki.h"
#include "unit/verify/verify_helpers.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A CA, perhaps with a CRL, in files whose content the tests change. */
struct scene {
    char *dir;
    struct pki *ca, *other;
    char *ca_path[1], *crl_path[1];
    struct config config;
    struct trust_current *current;
    struct trust_news news; /* of the last look */
};

/* As operators do it: a new file is renamed over the old one. */
static void put(struct scene *scene, const char *path, const char *content)
{
    char *temporary = pki_write_text(scene->dir, "new", content);

    cr_assert_eq(rename(temporary, path), 0);
    free(temporary);
}

static void put_ca(struct scene *scene, const struct pki *ca)
{
    char *pem = pki_pem(ca->certificate);

    put(scene, scene->ca_path[0], pem);
    free(pem);
}

static void put_crl(struct scene *scene, const struct pki_crl_spec *spec)
{
    X509_CRL *crl = pki_crl(spec);
    char *pem = pki_crl_pem(crl);

    put(scene, scene->crl_path[0], pem);
    free(pem);
    X509_CRL_free(crl);
}

static struct scene *scene_new(bool with_crl)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct trust_options options;

    cr_assert_not_null(scene);
    scene->dir = pki_temp_dir();
    scene->ca = pki_ca("CN=One");
    scene->other = pki_ca("CN=Other");
    scene->ca_path[0] = pki_write_text(scene->dir, "ca", "");
    scene->crl_path[0] = pki_write_text(scene->dir, "crl", "");
    scene->config = (struct config){.ca = {.items = scene->ca_path, .count = 1},
        .crl = {.items = scene->crl_path, .count = with_crl ? 1 : 0},
        .depth = 10,
        .security_level = 2};
    put_ca(scene, scene->ca);
    if (with_crl)
        put_crl(scene, &(struct pki_crl_spec){.issuer = scene->ca, .number = 5});
    options = trust_options_of(&scene->config);
    scene->current = trust_current_new(&options);
    cr_assert_null(trust_current_get(scene->current));
    cr_assert_eq(trust_current_reload(scene->current, &scene->news), TRUST_CHANGED, "%s",
        scene->news.error.text);
    return scene;
}

static void scene_free(struct scene *scene)
{
    trust_current_free(scene->current);
    trust_news_free(&scene->news);
    pki_free(scene->ca);
    pki_free(scene->other);
    free(scene->ca_path[0]);
    free(scene->crl_path[0]);
    pki_remove_dir(scene->dir);
    free(scene);
}

static enum trust_change look(struct scene *scene)
{
    trust_news_free(&scene->news);
    scene->news = (struct trust_news){.error = {.kind = ERROR_NONE}};
    return trust_current_look(scene->current, &scene->news);
}

/* Something is kept, of this name and for this reason. */
static void expect_kept(struct scene *scene, const char *what, const char *why, const char *label)
{
    struct trust *trust = trust_current_get(scene->current);
    size_t i, count = trust_kept_count(trust);
    bool found = false;

    for (i = 0; i < count; i++) {
        char *words = trust_kept_words(trust_kept(trust, i));

        cr_assert_not_null(words);
        found = found || (strstr(words, what) == words && strstr(words, why) != NULL &&
                             strstr(words, " is kept as it was at 20") != NULL);
        free(words);
    }
    cr_expect(found, "%s: \"%s\" is not among %zu; the first is \"%s\"", label, why, count,
        count > 0 ? trust_kept(trust, 0)->why : "");
    trust_release(trust);
}

static void expect_nothing_kept(struct scene *scene)
{
    struct trust *trust = trust_current_get(scene->current);

    cr_expect_eq(trust_kept_count(trust), 0);
    trust_release(trust);
}

static enum verdict_status judge(struct scene *scene, const struct pki *client)
{
    struct trust *trust = trust_current_get(scene->current);
    struct verdict verdict;

    verify_configured(client->certificate, NULL, trust, &scene->config, time(NULL), &verdict);
    trust_release(trust);
    return verdict.status;
}

Test(trust_current, a_change_of_content_is_noticed_and_a_change_of_time_alone_is_none)
{
    struct scene *scene = scene_new(false);
    struct pki *client = pki_client("CN=Dan", scene->other);

    cr_expect_eq(look(scene), TRUST_SAME);
    put_ca(scene, scene->ca);
    cr_expect_eq(look(scene), TRUST_SAME, "the same content again");
    cr_expect_eq(judge(scene, client), VERDICT_UNTRUSTED);
    put_ca(scene, scene->other);
    cr_expect_eq(look(scene), TRUST_CHANGED, "%s", scene->news.error.text);
    cr_expect_eq(judge(scene, client), VERDICT_VALID);
    cr_expect_eq(look(scene), TRUST_SAME);
    pki_free(client);
    scene_free(scene);
}

Test(trust_current, a_file_that_breaks_keeps_what_it_held_and_is_told_once)
{
    static const struct {
        const char *content; /* NULL: a client's certificate */
        const char *why;
    } broken[] = {{"", "the file is empty"}, {"garbage", "it is not a PEM"},
        {"-----BEGIN CERTIFICATE-----\nMIIB\n", "PEM"}, {NULL, "is not a CA certificate"}};
    struct scene *scene = scene_new(false);
    struct pki *client = pki_client("CN=Dan", scene->ca);
    char *leaf = pki_pem(client->certificate);
    size_t i;

    for (i = 0; i < 4; i++) {
        put(scene, scene->ca_path[0], broken[i].content != NULL ? broken[i].content : leaf);
        cr_expect_eq(look(scene), TRUST_CHANGED, "case %zu", i);
        cr_expect_eq(scene->news.kept.count, 1, "case %zu", i);
        expect_kept(scene, scene->ca_path[0], broken[i].why, broken[i].why);
        cr_expect_eq(look(scene), TRUST_SAME, "case %zu is told twice", i);
        cr_expect_eq(scene->news.kept.count, 0, "case %zu is told twice", i);
        cr_expect_eq(judge(scene, client), VERDICT_VALID);
    }
    cr_assert_eq(unlink(scene->ca_path[0]), 0);
    cr_expect_eq(look(scene), TRUST_CHANGED);
    expect_kept(scene, scene->ca_path[0], "No such file or directory", "removed");
    cr_expect_eq(look(scene), TRUST_SAME);
    cr_expect_eq(judge(scene, client), VERDICT_VALID);
    put_ca(scene, scene->ca);
    cr_expect_eq(look(scene), TRUST_CHANGED, "back to what is in use");
    expect_nothing_kept(scene);
    cr_assert_eq(unlink(scene->ca_path[0]), 0);
    cr_expect_eq(look(scene), TRUST_CHANGED, "told again after it was good");
    cr_expect_eq(scene->news.kept.count, 1);
    free(leaf);
    pki_free(client);
    scene_free(scene);
}

Test(trust_current, requests_keep_the_snapshot_that_they_began_with)
{
    struct scene *scene = scene_new(false);
    struct trust *old = trust_current_get(scene->current), *new;

    put_ca(scene, scene->other);
    cr_assert_eq(look(scene), TRUST_CHANGED);
    new = trust_current_get(scene->current);
    cr_expect_neq(trust_number(old), trust_number(new));
    cr_expect(trust_is_anchor(old, scene->ca->certificate));
    cr_expect_not(trust_is_anchor(new, scene->ca->certificate));
    trust_release(old);
    trust_release(new);
    scene_free(scene);
}

Test(trust_current, a_reload_never_un_revokes)
{
    struct scene *scene = scene_new(true);
    struct pki *client = pki_client("CN=Dan", scene->ca);
    const struct pki_revoked line = {.certificate = client->certificate};
    const struct pki_crl_spec good = {
        .issuer = scene->ca, .revoked = &line, .revoked_count = 1, .number = 7};
    const struct pki_crl_spec bad[] = {
        {.issuer = scene->ca, .number = 6},                           /* a lower number */
        {.issuer = scene->ca, .number = -1},                          /* none */
        {.issuer = scene->other, .number = 8},                        /* another issuer's */
        {.issuer = scene->ca, .number = 8, .delta_base_plus_one = 8}, /* a delta alone */
        {.issuer = scene->ca, .number = 8, .this_update = -7200},     /* an earlier date */
    };
    static const char *const why[] = {"a lower CRL number", "has no CRL number", "no file holds it",
        "no file holds it", "is older, by its thisUpdate"};
    size_t i;

    put_crl(scene, &good);
    cr_assert_eq(look(scene), TRUST_CHANGED, "%s", scene->news.error.text);
    cr_assert_eq(judge(scene, client), VERDICT_REVOKED);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put_crl(scene, &bad[i]);
        cr_expect_eq(look(scene), TRUST_CHANGED, "case %zu", i);
        expect_kept(scene, "the CRL of CN=One", why[i], why[i]);
        cr_expect_eq(look(scene), TRUST_SAME, "case %zu is told twice", i);
        cr_expect_eq(judge(scene, client), VERDICT_REVOKED, "case %zu", i);
    }
    put_crl(scene, &(struct pki_crl_spec){.issuer = scene->ca, .number = 8, .this_update = -1800});
    cr_expect_eq(look(scene), TRUST_CHANGED, "%s", scene->news.error.text);
    cr_expect_eq(judge(scene, client), VERDICT_VALID, "the owner took it back");
    pki_free(client);
    scene_free(scene);
}

struct crowd {
    struct scene *scene;
    const struct pki *ours, *theirs;
    atomic_bool over;
    atomic_ulong wrong, judged;
};

static void *ask_on(void *context)
{
    struct crowd *crowd = context;

    while (!atomic_load(&crowd->over)) {
        struct trust *trust = trust_current_get(crowd->scene->current);
        bool first = trust_is_anchor(trust, crowd->scene->ca->certificate);
        struct verdict ours, theirs;

        verify_configured(
            crowd->ours->certificate, NULL, trust, &crowd->scene->config, time(NULL), &ours);
        verify_configured(
            crowd->theirs->certificate, NULL, trust, &crowd->scene->config, time(NULL), &theirs);
        if (ours.status != (first ? VERDICT_VALID : VERDICT_UNTRUSTED) ||
            theirs.status != (first ? VERDICT_UNTRUSTED : VERDICT_VALID))
            atomic_fetch_add(&crowd->wrong, 1);
        atomic_fetch_add(&crowd->judged, 2);
        trust_release(trust);
    }
    return NULL;
}

Test(trust_current, while_the_trust_is_swapped_every_answer_is_right_for_one_of_the_two)
{
    struct scene *scene = scene_new(false);
    struct pki *ours = pki_client("CN=Dan", scene->ca),
               *theirs = pki_client("CN=Eve", scene->other);
    struct crowd crowd = {.scene = scene, .ours = ours, .theirs = theirs};
    pthread_t threads[4];
    int i;

    for (i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, ask_on, &crowd), 0);
    for (i = 0; i < 100; i++) {
        unsigned long before = atomic_load(&crowd.judged);

        put_ca(scene, i % 2 == 0 ? scene->other : scene->ca);
        cr_expect_eq(look(scene), TRUST_CHANGED, "swap %d: %s", i, scene->news.error.text);
        while (atomic_load(&crowd.judged) < before + 100)
            usleep(100);
    }
    atomic_store(&crowd.over, true);
    for (i = 0; i < 4; i++)
        (void)pthread_join(threads[i], NULL);
    cr_expect_eq(atomic_load(&crowd.wrong), 0);
    cr_expect_geq(atomic_load(&crowd.judged), 10000);
    pki_free(ours);
    pki_free(theirs);
    scene_free(scene);
}
