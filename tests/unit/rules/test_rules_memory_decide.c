/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "unit/base/leaks.h"
#include "unit/base/memory_fault.h"
#include "unit/rules/rules_memory_helpers.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Allocations of deciding fail, one at a time: never another decision, nothing lost, and told as
 * memory. */
TestSuite(rules_memory_decide, .init = rules_world_make, .fini = rules_world_free, .timeout = 300);

struct judged {
    struct rules *rules;
    X509 *leaf;
    STACK_OF(X509) * proven;
};

/* "" and the error when nothing can be decided. */
static const char *judge(const struct judged *judged, struct error *error)
{
    static char words[2000];
    const struct rules_request request = {.host = "wiki.acme.example",
        .raw_path = "/a/b",
        .method = "GET",
        .remote_address = "192.0.2.1",
        .now = 1795737600};
    struct rules_decision decision;
    struct rules_subject *subject =
        rules_subject_new(judged->rules, judged->leaf, judged->proven, error);
    size_t i, length;

    words[0] = '\0';
    if (subject == NULL)
        return words;
    rules_decide(judged->rules, subject, &request, &decision);
    length = (size_t)snprintf(words, sizeof(words), "%d %s %s ", decision.allowed,
        rules_reason_name(decision.reason), decision.user);
    for (i = 0; i < rules_count(judged->rules) && length + 600 < sizeof(words); i++) {
        char user[RULES_USER_MAX + 1] = "-";

        if (rules_subject_meets(subject, i))
            (void)rules_user(judged->rules, subject, i, user);
        length += (size_t)snprintf(words + length, sizeof(words) - length, "%s;", user);
    }
    rules_subject_free(subject);
    return words;
}

static void torture_certificate(
    const struct judged *judged, const char *name, unsigned long least, bool and_after)
{
    struct error error = {.kind = ERROR_NONE};
    char *wanted = strdup(judge(judged, &error));
    unsigned long nth, count, refused = 0;

    memory_fault_at(0, false);
    (void)judge(judged, &error);
    count = memory_fault_count();
    cr_assert_gt(count, least, "%s: the allocations are not seen", name);
    for (nth = 1; nth <= count; nth += memory_fault_step()) {
        const char *came;

        error = (struct error){.kind = ERROR_NONE};
        memory_fault_at(nth, and_after);
        came = judge(judged, &error);
        memory_fault_at(0, false);
        ERR_clear_error();
        if (came[0] == '\0')
            expect_memory_error(&error, nth);
        else
            cr_expect_str_eq(came, wanted, "%s, allocation %lu", name, nth);
        refused += came[0] == '\0';
    }
    cr_expect_gt(refused, least / 2 / memory_fault_step(), "%s", name);
    free(wanted);
}

Test(rules_memory_decide, a_certificate_is_read_whole_or_nothing_is_decided)
{
    static const char *const who[] = {
        "eve", "dan", "two", "sensor", "multi", "mallory", "nobody", "umlaut"};
    char *text = text_of_every_key();
    struct error error = {.kind = ERROR_NONE};
    struct judged judged = {.rules = world_rules(text, NULL, &error)};
    size_t i;

    cr_assert_not_null(judged.rules, "%s", error.text);
    for (i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
        judged.leaf = world_certificate(who[i], &judged.proven);
        torture_certificate(&judged, who[i], 20, false);
        torture_certificate(&judged, who[i], 20, true);
        sk_X509_free(judged.proven);
    }
    rules_release(judged.rules);
    free(text);
    expect_no_leak("a certificate");
}

/* What is compared of it is made in memory of its own. */
Test(rules_memory_decide, an_odd_uri_is_compared_or_nothing_is_decided)
{
    const struct pki_spec spec = {
        .issuer = world_ca("acme"), .extensions = {"subjectAltName=URI:spiffe://a/d/../b/c"}};
    struct pki *made = pki_make(&spec);
    struct error error = {.kind = ERROR_NONE};
    struct judged judged = {.rules = world_rules("issuer acme acme.cer\n"
                                                 "deny uri=spiffe://a/b/**\n"
                                                 "allow any user=x\n",
                                NULL, &error),
        .leaf = made->certificate,
        .proven = world_chain(made->certificate, "acme")};

    cr_assert_not_null(judged.rules, "%s", error.text);
    torture_certificate(&judged, "an odd URI", 5, false);
    sk_X509_free(judged.proven);
    rules_release(judged.rules);
    pki_free(made);
    expect_no_leak("an odd URI");
}

/* The words may be cut, the rules that they are about are the same. The first allocation is for
 * what is looked up: without it there are none. */
Test(rules_memory_decide, the_nearest_misses_are_the_same_lines)
{
    char *text = text_of_every_key();
    struct rules *rules = world_rules(text, NULL, NULL);
    const struct rules_request request = {.raw_path = "/else", .method = "PUT", .now = 1795737600};
    struct rules_miss wanted[RULES_MAX_MISSES], misses[RULES_MAX_MISSES];
    STACK_OF(X509) *proven = NULL;
    X509 *leaf = world_certificate("dan", &proven);
    struct rules_subject *subject = rules_subject_new(rules, leaf, proven, NULL);
    unsigned long nth, count;
    size_t i;

    cr_assert_not_null(subject);
    memory_fault_at(0, false);
    cr_assert_eq(rules_nearest(rules, subject, &request, wanted), RULES_MAX_MISSES);
    count = memory_fault_count();
    cr_assert_gt(count, 2);
    for (nth = 1; nth <= count; nth += memory_fault_step()) {
        size_t came;

        memory_fault_at(nth, true);
        came = rules_nearest(rules, subject, &request, misses);
        memory_fault_at(0, false);
        cr_assert_eq(came, nth == 1 ? 0 : RULES_MAX_MISSES);
        for (i = 0; i < came; i++) {
            const size_t length = strlen(misses[i].words);

            cr_expect_eq(misses[i].rule, wanted[i].rule);
            cr_expect(strcmp(misses[i].words, wanted[i].words) == 0 ||
                          strcmp(misses[i].words + length - 3, "...") == 0,
                "%s", misses[i].words);
        }
    }
    rules_subject_free(subject);
    sk_X509_free(proven);
    rules_release(rules);
    free(text);
    expect_no_leak("nearest misses");
}

static void spoil_names(X509 *certificate, void *context)
{
    (void)context;
    pki_add_raw_extension(certificate, "2.5.29.17", false, "\x30\x05", 2);
}

Test(rules_memory_decide, a_certificate_whose_names_cannot_be_read_meets_nothing)
{
    struct pki *spoilt =
        pki_make(&(struct pki_spec){.issuer = world_ca("acme"), .customise = spoil_names});
    char *text = text_of_every_key();
    const struct judged judged = {.rules = world_rules(text, NULL, NULL),
        .leaf = spoilt->certificate,
        .proven = world_chain(spoilt->certificate, "acme")};

    cr_assert_not_null(judged.rules);
    torture_certificate(&judged, "spoilt", 5, false);
    torture_certificate(&judged, "spoilt", 5, true);
    sk_X509_free(judged.proven);
    rules_release(judged.rules);
    pki_free(spoilt);
    free(text);
    expect_no_leak("a spoilt certificate");
}
