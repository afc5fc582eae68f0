/* SPDX-License-Identifier: ISC */
#include "trust/trust.h"
#include "certificate/identity.h"
#include "trust/trust_build.h"
#include "trust/trust_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trust_options trust_options_of(const struct config *config)
{
    return (struct trust_options){
        &config->ca, &config->intermediates, &config->crl, config->ca_password_file};
}

void trust_narrow_interval(time_t date, time_t now, time_t *from, time_t *until)
{
    int second;

    for (second = 0; second < 2; second++) {
        time_t edge = date + second;

        if (edge <= now && edge > *from)
            *from = edge;
        if (edge > now && edge < *until)
            *until = edge;
    }
}

void trust_interval(const struct trust *trust, time_t now, time_t *from, time_t *until)
{
    size_t low = 0, high = trust->date_count;

    *from = (time_t)INT64_MIN;
    *until = (time_t)INT64_MAX;
    if (trust->has_unreadable_date) {
        *from = now;
        *until = now;
        return;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (trust->dates[middle] <= now)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0)
        trust_narrow_interval(trust->dates[low - 1], now, from, until);
    if (low < trust->date_count)
        trust_narrow_interval(trust->dates[low], now, from, until);
}

struct trust *trust_retain(struct trust *trust)
{
    atomic_fetch_add_explicit(&trust->references, 1, memory_order_relaxed);
    return trust;
}

void trust_release(struct trust *trust)
{
    if (trust == NULL ||
        atomic_fetch_sub_explicit(&trust->references, 1, memory_order_acq_rel) != 1)
        return;
    sk_X509_free(trust->cas);
    sk_X509_free(trust->anchors);
    sk_X509_free(trust->issued);
    sk_X509_free(trust->intermediates);
    trust_lists_free(&trust->lists);
    trust_files_free(&trust->files);
    free(trust->dates);
    free(trust);
}

static bool is_same_kept(const struct trust_files *one, const struct trust_files *other)
{
    size_t i;

    if (one->kept_count != other->kept_count)
        return false;
    for (i = 0; i < one->kept_count; i++) {
        if (strcmp(one->kept[i].what, other->kept[i].what) != 0 ||
            strcmp(one->kept[i].why, other->kept[i].why) != 0)
            return false;
    }
    return true;
}

static bool is_same_list(const struct list *one, const struct list *other)
{
    size_t i;

    if (one->count != other->count)
        return false;
    for (i = 0; i < one->count; i++) {
        if (strcmp(one->items[i], other->items[i]) != 0)
            return false;
    }
    return true;
}

/* A file whose bytes did not change is the same object in both. */
bool trust_is_same(const struct trust *one, const struct trust *other)
{
    size_t files = one->files.count, lists = one->lists.count;

    return files == other->files.count && lists == other->lists.count &&
           memcmp(one->files.items, other->files.items, files * sizeof(*one->files.items)) == 0 &&
           (lists == 0 || memcmp(one->lists.items, other->lists.items,
                              lists * sizeof(*one->lists.items)) == 0) &&
           is_same_kept(&one->files, &other->files) &&
           is_same_list(&one->files.warnings, &other->files.warnings);
}

size_t trust_kept_count(const struct trust *trust)
{
    return trust->files.kept_count;
}

const struct trust_kept *trust_kept(const struct trust *trust, size_t number)
{
    return &trust->files.kept[number];
}

static char *kept_words(const struct trust_kept *kept, const char *what)
{
    char since[IDENTITY_TIME_SIZE], *words = NULL;

    identity_format_time(kept->since, since);
    if (asprintf(&words,
            kept->held ? "%s is kept as it was at %s: %s" : "%s cannot be used since %s: %s", what,
            since, kept->why) < 0)
        return NULL;
    return words;
}

char *trust_kept_words(const struct trust_kept *kept)
{
    return kept_words(kept, kept->what);
}

char *trust_kept_public_words(const struct trust_kept *kept)
{
    return kept_words(kept, kept->shown);
}

const struct list *trust_warnings(const struct trust *trust)
{
    return &trust->files.warnings;
}

STACK_OF(X509) * trust_intermediates(const struct trust *trust)
{
    return sk_X509_num(trust->intermediates) > 0 ? trust->intermediates : NULL;
}

STACK_OF(X509) * trust_anchors(const struct trust *trust)
{
    return trust->anchors;
}

STACK_OF(X509) * trust_issued_anchors(const struct trust *trust)
{
    return trust->issued;
}

/* X509_cmp reads all extensions and hashes the whole, which a stranger's certificate is spared. */
bool trust_is_anchor(const struct trust *trust, const X509 *certificate)
{
    const ASN1_BIT_STRING *signature = NULL, *its = NULL;
    int i;

    X509_get0_signature(&signature, NULL, certificate);
    for (i = 0; i < trust_anchor_count(trust); i++) {
        const X509 *anchor = sk_X509_value(trust->cas, i);

        X509_get0_signature(&its, NULL, anchor);
        if (ASN1_STRING_cmp(its, signature) == 0 && X509_cmp(anchor, certificate) == 0)
            return true;
    }
    return false;
}

int trust_anchor_count(const struct trust *trust)
{
    return sk_X509_num(trust->cas);
}

int trust_crl_count(const struct trust *trust)
{
    return (int)trust->lists.count;
}

const struct trust_lists *trust_lists_of(const struct trust *trust)
{
    return &trust->lists;
}

uint64_t trust_number(const struct trust *trust)
{
    return trust->number;
}

time_t trust_next_due(const struct trust *trust, time_t now)
{
    time_t next = 0;
    size_t i;

    for (i = 0; i < trust->lists.count; i++) {
        time_t begins;

        if (crl_this_update(trust_list_crl(trust->lists.items[i]), &begins) && begins > now &&
            (next == 0 || begins < next))
            next = begins;
    }
    return next;
}
