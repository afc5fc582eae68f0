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

/* "; CA NAME until 2036-11-24T06:52:36Z" */
static void append_one(
    struct text *text, const char *kind, const X509_NAME *name, bool has_end, time_t end)
{
    char *shown = identity_name(name, NULL);
    char moment[IDENTITY_TIME_SIZE] = "an unknown date";

    if (has_end)
        identity_format_time(end, moment);
    text_printf(text, "; %s %.120s until %s", kind, shown != NULL ? shown : "?", moment);
    free(shown);
}

static void append_rest(struct text *text, const char *kind, size_t count)
{
    if (count > SUMMARY_MOST)
        text_printf(text, "; %zu more %ss", count - SUMMARY_MOST, kind);
}

void trust_append_summary(const struct trust *trust, struct text *text)
{
    const struct trust_lists *lists = trust_lists_of(trust);
    STACK_OF(X509) *anchors = trust_anchors(trust);
    size_t i, count = (size_t)sk_X509_num(anchors);

    for (i = 0; i < count && i < SUMMARY_MOST; i++) {
        X509 *anchor = sk_X509_value(anchors, (int)i);
        time_t end = 0;
        bool has_end = identity_time(X509_get0_notAfter(anchor), &end);

        append_one(text, "CA", X509_get_subject_name(anchor), has_end, end);
    }
    append_rest(text, "CA", count);
    for (i = 0; i < lists->count && i < SUMMARY_MOST; i++) {
        const struct crl *crl = trust_list_crl(lists->items[i]);
        time_t end = 0;
        bool has_end = crl_next_update(crl, &end);

        append_one(text, "CRL of", crl_issuer(crl), has_end, end);
    }
    append_rest(text, "CRL", lists->count);
}
