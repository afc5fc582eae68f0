/* SPDX-License-Identifier: ISC */
#include "trust/trust_build.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity.h"
#include "trust/trust_split.h"
#include "trust/trust_succession.h"

#include <openssl/err.h>
#include <stdlib.h>

static bool say_memory(struct error *error)
{
    error_set(error, ERROR_MEMORY, "out of memory for the trust");
    return false;
}

static void add_date(struct trust *trust, const ASN1_TIME *date)
{
    if (date == NULL)
        return;
    if (identity_time(date, &trust->dates[trust->date_count]))
        trust->date_count++;
    else
        trust->has_unreadable_date = true;
}

static void add_dates_of(struct trust *trust, STACK_OF(X509) * certificates)
{
    int i;

    for (i = 0; i < sk_X509_num(certificates); i++) {
        add_date(trust, X509_get0_notBefore(sk_X509_value(certificates, i)));
        add_date(trust, X509_get0_notAfter(sk_X509_value(certificates, i)));
    }
}

static void add_dates_of_list(struct trust *trust, const struct crl *crl)
{
    if (crl_this_update(crl, &trust->dates[trust->date_count]))
        trust->date_count++;
    else
        trust->has_unreadable_date = true;
    if (crl_next_update(crl, &trust->dates[trust->date_count]))
        trust->date_count++;
    else if (crl_has_next_update(crl))
        trust->has_unreadable_date = true;
}

static int compare_dates(const void *a, const void *b)
{
    time_t one = *(const time_t *)a, other = *(const time_t *)b;

    return one < other ? -1 : one > other;
}

static bool collect_dates(struct trust *trust, struct error *error)
{
    size_t i, most = (size_t)sk_X509_num(trust->cas) + (size_t)sk_X509_num(trust->intermediates) +
                     trust->lists.count;

    trust->dates = calloc(most + 1, 2 * sizeof(*trust->dates));
    if (trust->dates == NULL)
        return say_memory(error);
    add_dates_of(trust, trust->anchors);
    add_dates_of(trust, trust->intermediates);
    for (i = 0; i < trust->lists.count; i++)
        add_dates_of_list(trust, trust_list_crl(trust->lists.items[i]));
    qsort(trust->dates, trust->date_count, sizeof(*trust->dates), compare_dates);
    return true;
}

/* The certificates of the files: intermediates of the operator's before CAs that are below others.
 */
static bool collect_certificates(struct trust *trust, struct error *error)
{
    struct trust_parts parts;
    size_t i;

    trust->cas = sk_X509_new_null();
    trust->anchors = sk_X509_new_null();
    trust->issued = sk_X509_new_null();
    trust->intermediates = sk_X509_new_null();
    if (trust->cas == NULL || trust->anchors == NULL || trust->issued == NULL ||
        trust->intermediates == NULL)
        return say_memory(error);
    for (i = 0; i < trust->files.count; i++) {
        const struct trust_file *file = trust->files.items[i];

        if ((file->part == TRUST_CA && !trust_push_all(trust->cas, file->certificates)) ||
            (file->part == TRUST_INTERMEDIATES &&
                !trust_push_all(trust->intermediates, file->certificates)))
            return say_memory(error);
    }
    parts = (struct trust_parts){trust->anchors, trust->issued, trust->intermediates};
    return trust_split_cas(trust->cas, trust->intermediates, &parts, &trust->files.warnings, error);
}

static bool collect_lists(
    struct trust *trust, const struct trust_lists *salvaged, struct error *error)
{
    size_t i, j;

    for (i = 0; i < trust->files.count; i++) {
        const struct trust_lists *lists = &trust->files.items[i]->lists;

        for (j = 0; j < lists->count; j++) {
            if (!trust_lists_add(&trust->lists, lists->items[j], error))
                return false;
        }
    }
    for (i = 0; i < salvaged->count; i++) {
        if (!trust_lists_add(&trust->lists, salvaged->items[i], error))
            return false;
    }
    trust_lists_sort(&trust->lists);
    return trust_lists_prove(&trust->lists, trust->cas, error) &&
           trust_lists_prove(&trust->lists, trust->intermediates, error);
}

static bool keep_lists(
    struct trust *trust, const struct trust *before, time_t now, struct error *error)
{
    struct trust_succession succession = {
        .before = before != NULL ? &before->lists : NULL,
        .after = &trust->lists,
        .kept_before = before != NULL ? &before->files : NULL,
        .files = &trust->files,
        .cas_before = before != NULL ? before->cas : NULL,
        .cas = trust->cas,
        .now = now,
    };

    return before == NULL || trust_succession_keep(&succession, error);
}

static bool warn_of_keys(struct trust_files *files, struct error *error)
{
    size_t i;

    for (i = 0; i < files->count; i++) {
        struct error text = {.kind = ERROR_NONE};

        if (!files->items[i]->has_private_key)
            continue;
        error_set(&text, ERROR_NONE,
            "%s: it holds a private key beside the certificate; whoever reads it can sign as this "
            "CA. The key was not kept; use a file with the certificate alone",
            files->items[i]->path);
        if (!list_add(&files->warnings, text.text, error))
            return false;
    }
    return true;
}

static bool has_ca_of_name(const struct trust *trust, const X509_NAME *name)
{
    int i;

    for (i = 0; i < sk_X509_num(trust->cas); i++) {
        if (X509_NAME_cmp(X509_get_subject_name(sk_X509_value(trust->cas, i)), name) == 0)
            return true;
    }
    return false;
}

static bool warn_of_list(
    struct trust *trust, const char *path, const struct trust_list *list, struct error *error)
{
    const struct crl *crl = trust_list_crl(list);
    struct error text = {.kind = ERROR_NONE};
    char *name = NULL;

    if (crl_fault(crl) == NULL &&
        (trust_list_signer(list) != NULL || !has_ca_of_name(trust, crl_issuer(crl))))
        return true;
    name = identity_name(crl_issuer(crl), NULL);
    if (crl_fault(crl) != NULL)
        error_set(&text, ERROR_NONE,
            "%s: the CRL of %.200s proves no certificate good: %s. What it plainly lists as "
            "revoked is "
            "revoked",
            path, name != NULL ? name : "", crl_fault(crl));
    else
        error_set(&text, ERROR_NONE,
            "%s: the CRL of %.200s is not signed by the CA of that name in --ca or "
            "--intermediates: it "
            "counts only beside a certificate of its own key that comes with a client's",
            path, name != NULL ? name : "");
    free(name);
    return list_add(&trust->files.warnings, text.text, error);
}

static bool warn(struct trust *trust, struct error *error)
{
    size_t i, j;

    if (!warn_of_keys(&trust->files, error))
        return false;
    for (i = 0; i < trust->files.count; i++) {
        const struct trust_file *file = trust->files.items[i];

        for (j = 0; j < file->lists.count; j++) {
            if (!warn_of_list(trust, file->path, file->lists.items[j], error))
                return false;
        }
    }
    return true;
}

static struct trust *new_trust(void)
{
    static atomic_uint_fast64_t last_number;
    struct trust *trust = calloc(1, sizeof(*trust));

    if (trust == NULL)
        return NULL;
    atomic_init(&trust->references, 1);
    trust->number = atomic_fetch_add(&last_number, 1) + 1;
    return trust;
}

static struct trust *load(const struct trust *before, const struct trust_options *options,
    time_t now, struct error *error)
{
    struct trust *trust = new_trust();
    struct trust_lists salvaged = {0};

    if (trust == NULL) {
        say_memory(error);
        return NULL;
    }
    if (!trust_files_read(&trust->files, before != NULL ? &before->files : NULL, options, now,
            before != NULL ? &salvaged : NULL, error) ||
        !collect_certificates(trust, error) || !collect_lists(trust, &salvaged, error) ||
        !keep_lists(trust, before, now, error) || !collect_dates(trust, error) ||
        !warn(trust, error)) {
        trust_release(trust);
        trust = NULL;
    }
    trust_lists_free(&salvaged);
    ERR_clear_error();
    return trust;
}

struct trust *trust_load(const struct trust_options *options, struct error *error)
{
    return load(NULL, options, 0, error);
}

struct trust *trust_load_after(const struct trust *before, const struct trust_options *options,
    time_t now, struct error *error)
{
    return load(before, options, now, error);
}
