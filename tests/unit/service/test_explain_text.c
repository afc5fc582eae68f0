/* SPDX-License-Identifier: ISC */
#include "unit/service/explain_given.h"

#include <criterion/criterion.h>
#include <string.h>

/* Expects these words, with @ for the folder of the rules. */
static void expect_words(struct explained *explained, bool row, const char *words)
{
    struct text text = {.limit = 0}, wanted = {.limit = 0};

    for (; *words != '\0'; words++) {
        if (*words == '@')
            text_append_string(&wanted, explained->stage->files.dir);
        else
            text_append(&wanted, words, 1);
    }
    if (row)
        explain_append_row(&text, &explained->findings);
    else
        explain_append_text(&text, &explained->findings);
    cr_expect_str_eq(text_string(&text), text_string(&wanted), "came:\n%s\nexpected:\n%s",
        text_string(&text), text_string(&wanted));
    text_free(&text);
    text_free(&wanted);
}

#define VALID                                                                                      \
    "valid: CN=Dan Example,OU=Ops,O=Acme,C=GB, up to CN=Acme CA,O=Acme, good by list of "          \
    "2026-11-24T00:00:00Z\n"

#define UP_TO_ACME "valid: CN=Dan Example,OU=Ops,O=Acme,C=GB, up to acme (CN=Acme CA,O=Acme), "
/* Rules about somebody else. */
#define NOBODY "issuer acme ca.cer\nallow cn=Somebody user=$cn\n"
#define ABOUT_NOBODY "denied: no line is about this certificate\n"

Test(explain_text, a_yes_has_the_line_that_decides_and_the_user)
{
    struct explained explained;

    explained_begin(&explained, usual_rules);
    explained_decide(&explained);
    cr_expect_str_eq(explain_reason(&explained.findings), "rule");
    expect_words(&explained, false,
        VALID "allowed by @/access.rules:2 (staff) allow any path=/pub/ user=$cn label=staff\n"
              "user: Dan%20Example\n");
    expect_words(&explained, true, "dan.cer\tallowed\t@/access.rules:2 (staff)\tDan%20Example\n");
    explained_end(&explained);
}

Test(explain_text, a_no_by_a_line_names_it)
{
    struct explained explained;

    explained_begin(&explained, usual_rules);
    explained.findings.request.raw_path = "/secret/x";
    explained_decide(&explained);
    expect_words(&explained, false,
        VALID "denied by @/access.rules:1 (hidden) deny any path=/secret/ label=hidden\n"
              "nearest: @/access.rules:2 (staff): path=/pub/ does not hold (asked for /secret/x)\n"
              "nearest: @/access.rules:3: path=/mail/ does not hold (asked for /secret/x)\n");
    expect_words(&explained, true, "dan.cer\tdenied\t@/access.rules:1 (hidden)\trule\n");
    explained_end(&explained);
}

Test(explain_text, a_no_without_a_line_says_what_comes_nearest)
{
    struct explained explained;

    explained_begin(&explained, usual_rules);
    explained.findings.request.raw_path = "/else";
    explained_decide(&explained);
    cr_expect_str_eq(explain_reason(&explained.findings), "no_rule");
    expect_words(&explained, false,
        VALID "denied: no line holds\n"
              "nearest: @/access.rules:2 (staff): path=/pub/ does not hold (asked for /else)\n"
              "nearest: @/access.rules:3: path=/mail/ does not hold (asked for /else)\n");
    expect_words(&explained, true, "dan.cer\tdenied\t-\tno_rule\n");
    explained_end(&explained);
}

Test(explain_text, a_path_that_two_read_as_two_is_denied_with_its_fault)
{
    struct explained explained;

    explained_begin(&explained, usual_rules);
    explained.findings.request.raw_path = "/pub/%2e%2e/x";
    explained_decide(&explained);
    explained.findings.miss_count = 0;
    expect_words(&explained, false,
        VALID "denied: the path is ambiguous: it has segments of dots or overlong UTF-8\n");
    explained_end(&explained);
}

Test(explain_text, without_a_path_the_lines_about_the_certificate_are_listed)
{
    struct explained explained;

    explained_begin(&explained, "issuer acme ca.cer\n"
                                "deny any path=/secret/\n"
                                "allow cn=Somebody user=$cn\n"
                                "allow cn=\"Dan Example\" path=/pub/ user=$cn\n"
                                "allow any path=/mail/ user=$email\n");
    explained.findings.request.raw_path = NULL;
    expect_words(&explained, false,
        UP_TO_ACME "good by list of 2026-11-24T00:00:00Z\n"
                   "the first of these lines that holds decides:\n"
                   "  @/access.rules:2 deny path=/secret/\n"
                   "  @/access.rules:4 allow path=/pub/ user=Dan%20Example\n"
                   "  @/access.rules:5 allow path=/mail/ user=(none: denied)\n"
                   "otherwise denied\n");
    explained_end(&explained);
    explained_begin(&explained, NOBODY);
    explained.findings.request.raw_path = NULL;
    expect_words(
        &explained, false, UP_TO_ACME "good by list of 2026-11-24T00:00:00Z\n" ABOUT_NOBODY);
    explained_end(&explained);
}

Test(explain_text, a_certificate_that_is_not_valid_is_denied_by_its_status)
{
    struct explained explained;

    explained_begin(&explained, usual_rules);
    explained_expire(&explained);
    cr_expect_str_eq(explain_reason(&explained.findings), "expired");
    expect_words(&explained, false,
        "expired: CN=Dan Example,OU=Ops,O=Acme,C=GB: it is so\n"
        "denied: the certificate is not valid\n");
    expect_words(&explained, true, "dan.cer\tdenied\t-\texpired\n");
    explained_end(&explained);
}

Test(explain_text, what_is_known_of_the_revocation_is_told)
{
    struct explained explained;

    explained_begin(&explained, NOBODY);
    explained.evaluation.verdict.ocsp = VERDICT_OCSP_GOOD;
    explained.evaluation.verdict.ocsp_this_update = 86400;
    expect_words(
        &explained, false, UP_TO_ACME "good by OCSP of 1970-01-02T00:00:00Z\n" ABOUT_NOBODY);
    explained.evaluation.verdict.ocsp = VERDICT_OCSP_UNKNOWN;
    explained.evaluation.verdict.revocation = REVOCATION_NOT_CHECKED;
    expect_words(&explained, false, UP_TO_ACME "revocation not checked\n" ABOUT_NOBODY);
    explained_end(&explained);
}

Test(explain_text, of_several_files_each_has_a_title_that_is_safe_to_show)
{
    struct explained explained;

    explained_begin(&explained, usual_rules);
    explained_expire(&explained);
    explained.stage->config.files.count = 2;
    explained.findings.file = "a\nb";
    expect_words(&explained, false,
        "==> a\\0Ab <==\n"
        "expired: CN=Dan Example,OU=Ops,O=Acme,C=GB: it is so\n"
        "denied: the certificate is not valid\n");
    explained.stage->config.files.count = 0;
    explained_end(&explained);
}
