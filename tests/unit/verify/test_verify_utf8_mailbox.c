/* SPDX-License-Identifier: ISC */
#include "unit/verify/verify_helpers.h"
#include "verify/verify_utf8_mailbox.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define MAILBOX "otherName.1=1.3.6.1.5.5.7.8.9;UTF8:"
#define OTHER_KIND "otherName.1=1.3.6.1.4.1.311.20.2.3;UTF8:"
#define DAN "d\xC3\xA4n"

static void judge(const char *constraint, const char *name, enum verdict_status wanted)
{
    struct pki *root = pki_ca("CN=Root");

    verify_constrained(root, constraint, name, wanted);
    pki_free(root);
}

Test(verify_utf8_mailbox, it_does_not_hide_from_excluded_mail_addresses)
{
    static const char *const excluded[] = {
        "example.org", ".example.org", "dan@example.org", "example.net", "xn--bcher-kva.example"};
    static const char *const names[] = {MAILBOX DAN "@example.org", MAILBOX "dan@example.org",
        MAILBOX DAN "@a.example.org", MAILBOX DAN "@example.org.",
        MAILBOX DAN "@xn--bcher-kva.example",
        MAILBOX DAN "@B\xC3\x9C"
                    "CHER.example"};
    char constraint[100];
    size_t i, j;

    for (i = 0; i < sizeof(excluded) / sizeof(excluded[0]); i++) {
        (void)snprintf(constraint, sizeof(constraint), "excluded;email.1=%s", excluded[i]);
        for (j = 0; j < sizeof(names) / sizeof(names[0]); j++)
            judge(constraint, names[j], VERDICT_UNTRUSTED);
    }
    judge("excluded;email.1=", MAILBOX DAN "@example.org", VERDICT_UNTRUSTED);
}

Test(verify_utf8_mailbox, a_permitted_host_is_that_behind_the_only_at)
{
    judge("permitted;email.1=example.org", MAILBOX DAN "@example.org", VERDICT_VALID);
    judge("permitted;email.1=example.org", MAILBOX DAN "@example.net", VERDICT_UNTRUSTED);
    judge(
        "permitted;email.1=example.org", MAILBOX DAN "@example.net@example.org", VERDICT_UNTRUSTED);
    judge("permitted;email.1=example.org", MAILBOX DAN, VERDICT_UNTRUSTED);
    judge("permitted;email.1=example.org", "otherName.1=1.3.6.1.5.5.7.8.9;IA5:dan@example.org",
        VERDICT_UNTRUSTED);
}

/* Nobody compares them. */
Test(verify_utf8_mailbox, constraints_of_its_own_kind_let_none_pass)
{
    judge("excluded;" MAILBOX "example.net", MAILBOX DAN "@example.org", VERDICT_UNTRUSTED);
    judge("permitted;" MAILBOX "example.org", MAILBOX DAN "@example.org", VERDICT_UNTRUSTED);
}

Test(verify_utf8_mailbox, other_names_and_other_constraints_are_not_its_business)
{
    judge("excluded;email.1=example.org", OTHER_KIND "dan@example.org", VERDICT_VALID);
    judge("excluded;" MAILBOX "example.org", OTHER_KIND "dan@example.org", VERDICT_VALID);
    judge("excluded;DNS.1=example.org", MAILBOX DAN "@example.org", VERDICT_VALID);
    judge("excluded;" OTHER_KIND "example.org", MAILBOX DAN "@example.org", VERDICT_VALID);
}

struct given {
    const char *subtree; /* a mail address */
    const char *value;   /* of the name */
    int length;
    int type;
    bool excluded;
};

static enum verify_cause cause_of(const struct given *given)
{
    NAME_CONSTRAINTS *constraints = NAME_CONSTRAINTS_new();
    GENERAL_SUBTREE *one = GENERAL_SUBTREE_new();
    STACK_OF(GENERAL_SUBTREE) *subtrees = sk_GENERAL_SUBTREE_new_null();
    OTHERNAME *name = OTHERNAME_new();
    ASN1_STRING *string = ASN1_STRING_type_new(given->type);
    ASN1_IA5STRING *base = ASN1_IA5STRING_new();
    enum verify_cause cause;

    pki_must(ASN1_STRING_set(string, given->value, given->length) == 1 &&
                 ASN1_STRING_set(base, given->subtree, -1) == 1 &&
                 sk_GENERAL_SUBTREE_push(subtrees, one) > 0,
        "a subtree");
    *(given->excluded ? &constraints->excludedSubtrees : &constraints->permittedSubtrees) =
        subtrees;
    GENERAL_NAME_set0_value(one->base, GEN_EMAIL, base);
    ASN1_OBJECT_free(name->type_id);
    name->type_id = OBJ_nid2obj(NID_id_on_SmtpUTF8Mailbox);
    ASN1_TYPE_set(name->value, given->type, string);
    cause = utf8_mailbox_judge(constraints, name);
    OTHERNAME_free(name);
    NAME_CONSTRAINTS_free(constraints);
    return cause;
}

Test(verify_utf8_mailbox, what_cannot_be_told_is_told_from_what_is_excluded)
{
    static const struct {
        struct given given;
        enum verify_cause cause;
    } rows[] = {
        {{"example.org", "a@example.org", 13, V_ASN1_UTF8STRING, false}, CAUSE_OF_CODE},
        {{"", "a@example.org", 13, V_ASN1_UTF8STRING, false}, CAUSE_OF_CODE},
        {{"example.org", "\0@example.org", 13, V_ASN1_UTF8STRING, false}, CAUSE_CONSTRAINT_NAME},
        {{"example.org", "", 0, V_ASN1_UTF8STRING, false}, CAUSE_CONSTRAINT_NAME},
        {{"example.org", "a@example.org", 13, V_ASN1_IA5STRING, false}, CAUSE_CONSTRAINT_NAME},
        {{"", "a@example.org", 13, V_ASN1_UTF8STRING, true}, CAUSE_CONSTRAINT},
        {{"example.net", "a@example.org", 13, V_ASN1_UTF8STRING, true}, CAUSE_CONSTRAINT_NAME},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_expect_eq(cause_of(&rows[i].given), rows[i].cause, "row %zu", i);
}
