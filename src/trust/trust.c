#include "trust/trust.h"
#include "certificate/identity.h"
#include "trust/trust_files.h"
#include "trust/trust_inside.h"
#include "trust/trust_store.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct trust {
    atomic_uint references;
    uint64_t number;
    unsigned char digest[32];
    X509_STORE *store;
    struct trust_files files;
    struct trust_lists lists;
    time_t *dates; /* of all of these, sorted */
    size_t date_count;
    bool has_unreadable_date;
};

static void add_date(struct trust *trust, const ASN1_TIME *date)
{
    if (date == NULL)
        return;
    if (identity_time(date, &trust->dates[trust->date_count]))
        trust->date_count++;
    else
        trust->has_unreadable_date = true;
}

static int compare_dates(const void *a, const void *b)
{
    time_t one = *(const time_t *)a, other = *(const time_t *)b;

    return one < other ? -1 : one > other;
}

static bool collect_dates(struct trust *trust, struct error *error)
{
    STACK_OF(X509) *
        stacks[2] = {trust->files.anchors.certificates, trust->files.intermediates.certificates};
    int i, stack, most = trust_anchor_count(trust) + trust_crl_count(trust);

    if (stacks[1] != NULL)
        most += sk_X509_num(stacks[1]);
    trust->dates = calloc((size_t)most + 1, 2 * sizeof(*trust->dates));
    if (trust->dates == NULL) {
        error_set(error, ERROR_MEMORY, "want of memory for the trust");
        return false;
    }
    for (stack = 0; stack < 2; stack++) {
        for (i = 0; stacks[stack] != NULL && i < sk_X509_num(stacks[stack]); i++) {
            add_date(trust, X509_get0_notBefore(sk_X509_value(stacks[stack], i)));
            add_date(trust, X509_get0_notAfter(sk_X509_value(stacks[stack], i)));
        }
    }
    for (i = 0; i < trust_crl_count(trust); i++) {
        add_date(trust, X509_CRL_get0_lastUpdate(sk_X509_CRL_value(trust->files.crls.crls, i)));
        add_date(trust, X509_CRL_get0_nextUpdate(sk_X509_CRL_value(trust->files.crls.crls, i)));
    }
    qsort(trust->dates, trust->date_count, sizeof(*trust->dates), compare_dates);
    return true;
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

/* Takes the CRLs over, each with the key that made it when that is known. */
static bool make_lists(struct trust *trust, struct error *error)
{
    struct bundle *bundle = &trust->files.crls;

    while (bundle->list_count > 0) {
        struct trust_list *list = trust_list_new(bundle->lists[bundle->list_count - 1]);
        bool added;

        if (list == NULL) {
            error_set(error, ERROR_MEMORY, "out of memory for the CRLs");
            return false;
        }
        bundle->list_count--;
        added = trust_lists_add(&trust->lists, list, error);
        trust_list_release(list);
        if (!added)
            return false;
    }
    trust_lists_sort(&trust->lists);
    return trust_lists_prove(&trust->lists, trust->files.anchors.certificates, error) &&
           trust_lists_prove(&trust->lists, trust->files.intermediates.certificates, error);
}

struct trust *trust_load(const struct config *config, struct error *warning, struct error *error)
{
    static atomic_uint_fast64_t last_number;
    struct trust *trust = calloc(1, sizeof(*trust));

    if (warning != NULL)
        *warning = (struct error){0};
    if (trust == NULL) {
        error_set(error, ERROR_MEMORY, "want of memory for the trust");
        return NULL;
    }
    atomic_init(&trust->references, 1);
    trust->number = atomic_fetch_add(&last_number, 1) + 1;
    if (!trust_files_read(&trust->files, config, trust->digest, warning, error))
        goto fail;
    trust->store = trust_store_make(&trust->files, error);
    if (trust->store == NULL || !make_lists(trust, error) || !collect_dates(trust, error))
        goto fail;
    return trust;

fail:
    trust_release(trust);
    return NULL;
}

bool trust_read_digest(const struct config *config, unsigned char digest[32], struct error *error)
{
    return trust_files_read(NULL, config, digest, NULL, error);
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
    X509_STORE_free(trust->store);
    trust_lists_free(&trust->lists);
    trust_files_free(&trust->files);
    free(trust->dates);
    free(trust);
}

X509_STORE *trust_store(const struct trust *trust)
{
    return trust->store;
}

STACK_OF(X509) * trust_anchors(const struct trust *trust)
{
    return trust->files.anchors.certificates;
}

STACK_OF(X509) * trust_intermediates(const struct trust *trust)
{
    return trust->files.intermediates.certificates;
}

STACK_OF(X509_CRL) * trust_crls(const struct trust *trust)
{
    return trust->files.crls.crls;
}

bool trust_is_anchor(const struct trust *trust, const X509 *certificate)
{
    int i;

    for (i = 0; i < trust_anchor_count(trust); i++) {
        if (X509_cmp(sk_X509_value(trust->files.anchors.certificates, i), certificate) == 0)
            return true;
    }
    return false;
}

int trust_anchor_count(const struct trust *trust)
{
    return trust->files.anchors.certificates != NULL
               ? sk_X509_num(trust->files.anchors.certificates)
               : 0;
}

int trust_crl_count(const struct trust *trust)
{
    return trust->files.crls.crls != NULL ? sk_X509_CRL_num(trust->files.crls.crls) : 0;
}

const struct trust_lists *trust_lists_of(const struct trust *trust)
{
    return &trust->lists;
}

uint64_t trust_number(const struct trust *trust)
{
    return trust->number;
}

const unsigned char *trust_digest(const struct trust *trust)
{
    return trust->digest;
}
