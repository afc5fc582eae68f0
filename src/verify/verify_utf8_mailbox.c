/* SPDX-License-Identifier: ISC */
#include "verify/verify_utf8_mailbox.h"

#include <stdbool.h>
#include <string.h>

/* Text with one @ and no NUL: what stands behind the @ is the host for every reader. */
static bool has_one_host(const ASN1_TYPE *value)
{
    const char *at, *text;
    size_t length;

    if (value->type != V_ASN1_UTF8STRING)
        return false;
    text = (const char *)ASN1_STRING_get0_data(value->value.utf8string);
    length = (size_t)ASN1_STRING_length(value->value.utf8string);
    at = length > 0 ? memchr(text, '@', length) : NULL;
    return at != NULL && memrchr(text, '@', length) == at && memchr(text, '\0', length) == NULL;
}

static bool is_own_kind(const GENERAL_NAME *base)
{
    return base->type == GEN_OTHERNAME &&
           OBJ_obj2nid(base->d.otherName->type_id) == NID_id_on_SmtpUTF8Mailbox;
}

static enum verify_cause judge_subtree(
    const GENERAL_NAME *base, const OTHERNAME *name, bool excluded)
{
    if (is_own_kind(base))
        return CAUSE_CONSTRAINT_NAME;
    if (base->type != GEN_EMAIL)
        return CAUSE_OF_CODE;
    if (excluded && ASN1_STRING_length(base->d.rfc822Name) == 0)
        return CAUSE_CONSTRAINT;
    return excluded || !has_one_host(name->value) ? CAUSE_CONSTRAINT_NAME : CAUSE_OF_CODE;
}

static enum verify_cause judge_subtrees(
    const STACK_OF(GENERAL_SUBTREE) * subtrees, const OTHERNAME *name, bool excluded)
{
    enum verify_cause cause = CAUSE_OF_CODE;
    int i;

    for (i = 0; cause == CAUSE_OF_CODE && i < sk_GENERAL_SUBTREE_num(subtrees); i++)
        cause = judge_subtree(sk_GENERAL_SUBTREE_value(subtrees, i)->base, name, excluded);
    return cause;
}

enum verify_cause utf8_mailbox_judge(const NAME_CONSTRAINTS *constraints, const OTHERNAME *name)
{
    enum verify_cause cause;

    if (OBJ_obj2nid(name->type_id) != NID_id_on_SmtpUTF8Mailbox)
        return CAUSE_OF_CODE;
    cause = judge_subtrees(constraints->excludedSubtrees, name, true);
    return cause != CAUSE_OF_CODE ? cause
                                  : judge_subtrees(constraints->permittedSubtrees, name, false);
}
