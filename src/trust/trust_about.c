/* SPDX-License-Identifier: ISC */
#include "trust/trust_about.h"
#include "certificate/crl.h"
#include "certificate/identity.h"
#include "trust/trust_inside.h"
#include "trust/trust_list.h"
#include "trust/trust_lists.h"

#include <stdlib.h>

/* Names of each kind that stand in a summary. */
#define SUMMARY_MOST 3

/* What is told of the certificates, or of the lists. */
struct kind {
    struct text *text;
    const char *name, *of; /* in words; what stands before a name */
    time_t now;
    size_t count, passed; /* so far; of those that are not named */
};

/* "; CA NAME until 2036-11-24T06:52:36Z" */
static void append_one(struct kind *kind, const X509_NAME *name, bool has_end, time_t end)
{
    const bool passed = has_end && end < kind->now;
    char *shown;
    char moment[IDENTITY_TIME_SIZE] = "an unknown date";

    if (kind->count++ >= SUMMARY_MOST) {
        kind->passed += passed ? 1 : 0;
        return;
    }
    shown = identity_name(name, NULL);
    if (has_end)
        identity_format_time(end, moment);
    text_printf(kind->text, "; %s%s %.120s until %s%s", kind->name, kind->of,
        shown != NULL ? shown : "?", moment, passed ? " (out of date)" : "");
    free(shown);
}

static void append_rest(const struct kind *kind)
{
    const size_t rest = kind->count > SUMMARY_MOST ? kind->count - SUMMARY_MOST : 0;

    if (rest > 0)
        text_printf(kind->text, "; %zu more %s%s", rest, kind->name, rest > 1 ? "s" : "");
    if (kind->passed > 0)
        text_printf(kind->text, " (out of date: %zu)", kind->passed);
}

void trust_append_summary(const struct trust *trust, time_t now, struct text *text)
{
    const struct trust_lists *lists = trust_lists_of(trust);
    struct kind cas = {.text = text, .name = "CA", .of = "", .now = now};
    struct kind crls = {.text = text, .name = "CRL", .of = " of", .now = now};
    STACK_OF(X509) *anchors = trust_anchors(trust);
    time_t end = 0;
    size_t i;
    int j;

    for (j = 0; j < sk_X509_num(anchors); j++) {
        X509 *anchor = sk_X509_value(anchors, j);
        bool has_end = identity_time(X509_get0_notAfter(anchor), &end);

        append_one(&cas, X509_get_subject_name(anchor), has_end, end);
    }
    append_rest(&cas);
    for (i = 0; i < lists->count; i++) {
        const struct crl *crl = trust_list_crl(lists->items[i]);
        bool has_end = crl_next_update(crl, &end);

        append_one(&crls, crl_issuer(crl), has_end, end);
    }
    append_rest(&crls);
}
