#include "trust.h"
#include "bundle.h"
#include "file.h"
#include "identity.h"
#include "memory.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct trust {
    atomic_uint references;
    uint64_t number;
    unsigned char digest[32];
    X509_STORE *store;
    struct bundle anchors;
    struct bundle intermediates;
    struct bundle crls;
    time_t *dates; /* of all of these, sorted */
    size_t date_count;
    bool has_unreadable_date;
};

/* Which of the trust's parts a file is for. */
enum part { PART_CA, PART_INTERMEDIATES, PART_CRL };

/* What is done with each file that the configuration names. */
struct loading {
    struct trust *trust; /* NULL: only the digest is wanted */
    EVP_MD_CTX *digest;
    char *password;
    struct error *warning;
};

static bool is_ca(X509 *certificate)
{
    int kind = X509_check_ca(certificate);

    return kind == 1 || kind == 3;
}

/* A leaf among the anchors would be accepted as it stands: every certificate of --ca must be a
 * CA's. */
static bool check_anchors(
    const char *path, const struct bundle *bundle, int first, struct error *error)
{
    int i, count = bundle->certificates != NULL ? sk_X509_num(bundle->certificates) : 0;

    if (bundle->crls != NULL) {
        error_set(error, ERROR_INPUT, "%s: it holds a CRL; CRLs are named with --crl", path);
        return false;
    }
    if (count == first) {
        error_set(error, ERROR_INPUT, "%s: it holds no CA certificate", path);
        return false;
    }
    for (i = first; i < count; i++) {
        X509 *certificate = sk_X509_value(bundle->certificates, i);
        char *name;

        if (is_ca(certificate))
            continue;
        name = identity_name(X509_get_subject_name(certificate), NULL);
        error_set(error, ERROR_INPUT,
            "%s: certificate %d (%.200s) is no CA certificate (RFC 5280 section 4.2.1.9): it must "
            "not be trusted as one",
            path, i - first + 1, name != NULL ? name : "");
        free(name);
        return false;
    }
    return true;
}

static bool check_part(
    enum part part, const char *path, const struct bundle *bundle, int first, struct error *error)
{
    int crls = bundle->crls != NULL ? sk_X509_CRL_num(bundle->crls) : 0;
    int certificates = bundle->certificates != NULL ? sk_X509_num(bundle->certificates) : 0;

    if (part == PART_CA)
        return check_anchors(path, bundle, first, error);
    if (part == PART_INTERMEDIATES && crls == 0 && certificates > first)
        return true;
    if (part == PART_CRL && certificates == 0 && crls > first)
        return true;
    error_set(error, ERROR_INPUT, "%s: it must hold %s and nothing else", path,
        part == PART_CRL ? "CRLs" : "certificates");
    return false;
}

static int part_count(enum part part, const struct bundle *bundle)
{
    if (part == PART_CRL)
        return bundle->crls != NULL ? sk_X509_CRL_num(bundle->crls) : 0;
    return bundle->certificates != NULL ? sk_X509_num(bundle->certificates) : 0;
}

static bool load_bytes(struct loading *loading, enum part part, const char *path,
    const struct bytes *bytes, struct error *error)
{
    struct bundle *bundle;
    int first;

    if (loading->trust == NULL)
        return true;
    bundle = part == PART_CA    ? &loading->trust->anchors
             : part == PART_CRL ? &loading->trust->crls
                                : &loading->trust->intermediates;
    first = part_count(part, bundle);
    if (!bundle_add(bundle, path, bytes, loading->password, error) ||
        !check_part(part, path, bundle, first, error))
        return false;
    if (bundle->has_private_key) {
        error_set(loading->warning, ERROR_NONE,
            "%s: it holds a private key beside the certificate; whoever reads it can sign as this "
            "CA. The key was not kept; use a file with the certificate alone",
            path);
        bundle->has_private_key = false;
    }
    return true;
}

static bool load_file(
    struct loading *loading, enum part part, const char *path, struct error *error)
{
    struct bytes bytes = {0};
    unsigned char header[9] = {(unsigned char)part};
    size_t i;
    bool good = false;

    if (!file_read(path, 0, &bytes, error))
        return false;
    for (i = 0; i < 8; i++)
        header[1 + i] = (unsigned char)(bytes.length >> (8 * i));
    if (EVP_DigestUpdate(loading->digest, header, sizeof(header)) != 1 ||
        EVP_DigestUpdate(loading->digest, bytes.data, bytes.length) != 1)
        error_set(error, ERROR_LIBRARY, "%s: libcrypto could not digest it", path);
    else
        good = load_bytes(loading, part, path, &bytes, error);
    if (part == PART_CA && bytes.data != NULL)
        OPENSSL_cleanse(bytes.data, bytes.length);
    free(bytes.data);
    return good;
}

static bool load_paths(
    struct loading *loading, enum part part, const struct config_list *paths, struct error *error)
{
    size_t i, j;

    for (i = 0; i < paths->count; i++) {
        struct config_list files = {0};
        bool good = file_list(paths->items[i], &files, error);

        if (good && files.count == 0) {
            error_set(error, ERROR_INPUT, "%s: the directory holds no file", paths->items[i]);
            good = false;
        }
        for (j = 0; good && j < files.count; j++)
            good = load_file(loading, part, files.items[j], error);
        file_list_free(&files);
        if (!good)
            return false;
    }
    return true;
}

/* Goes through all files of the configuration once. */
static bool load_all(struct loading *loading, const struct config *config, unsigned char digest[32],
    struct error *error)
{
    bool good = false;
    unsigned int length = 0;

    loading->digest = EVP_MD_CTX_new();
    if (loading->digest == NULL || EVP_DigestInit_ex(loading->digest, EVP_sha256(), NULL) != 1) {
        error_set(error, ERROR_LIBRARY, "libcrypto could not begin a digest");
        goto out;
    }
    if (config->ca_password_file != NULL) {
        loading->password = file_read_password(config->ca_password_file, error);
        if (loading->password == NULL)
            goto out;
    }
    if (!load_paths(loading, PART_CA, &config->ca, error) ||
        !load_paths(loading, PART_INTERMEDIATES, &config->intermediates, error) ||
        !load_paths(loading, PART_CRL, &config->crl, error))
        goto out;
    if (EVP_DigestFinal_ex(loading->digest, digest, &length) != 1) {
        error_set(error, ERROR_LIBRARY, "libcrypto could not end a digest");
        goto out;
    }
    good = true;

out:
    file_wipe(loading->password);
    EVP_MD_CTX_free(loading->digest);
    return good;
}

static bool fill_store(struct trust *trust, struct error *error)
{
    int i;

    trust->store = X509_STORE_new();
    if (trust->store == NULL)
        goto fail;
    for (i = 0; i < sk_X509_num(trust->anchors.certificates); i++) {
        X509 *anchor = sk_X509_value(trust->anchors.certificates, i);

        /* Computes and keeps the extension cache now, so that threads only read it. */
        (void)X509_check_purpose(anchor, -1, 0);
        (void)X509_get0_pubkey(anchor);
        if (X509_STORE_add_cert(trust->store, anchor) != 1)
            goto fail;
    }
    for (i = 0; i < trust_crl_count(trust); i++) {
        if (X509_STORE_add_crl(trust->store, sk_X509_CRL_value(trust->crls.crls, i)) != 1)
            goto fail;
    }
    return true;

fail:
    error_set(error, error_queue_tells_of_memory() ? ERROR_MEMORY : ERROR_LIBRARY,
        "libcrypto could not build the trust store");
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

static int compare_dates(const void *a, const void *b)
{
    time_t one = *(const time_t *)a, other = *(const time_t *)b;

    return one < other ? -1 : one > other;
}

static bool collect_dates(struct trust *trust, struct error *error)
{
    STACK_OF(X509) * stacks[2] = {trust->anchors.certificates, trust->intermediates.certificates};
    size_t most = 0;
    int i, stack;

    most += (size_t)part_count(PART_CA, &trust->anchors);
    most += (size_t)part_count(PART_INTERMEDIATES, &trust->intermediates);
    most += (size_t)part_count(PART_CRL, &trust->crls);
    trust->dates = calloc(most + 1, 2 * sizeof(*trust->dates));
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
        add_date(trust, X509_CRL_get0_lastUpdate(sk_X509_CRL_value(trust->crls.crls, i)));
        add_date(trust, X509_CRL_get0_nextUpdate(sk_X509_CRL_value(trust->crls.crls, i)));
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

struct trust *trust_load(const struct config *config, struct error *warning, struct error *error)
{
    static atomic_uint_fast64_t last_number;
    struct trust *trust = calloc(1, sizeof(*trust));
    struct loading loading = {.trust = trust, .warning = warning};

    if (warning != NULL)
        *warning = (struct error){0};
    if (trust == NULL) {
        error_set(error, ERROR_MEMORY, "want of memory for the trust");
        return NULL;
    }
    atomic_init(&trust->references, 1);
    trust->number = atomic_fetch_add(&last_number, 1) + 1;
    if (!load_all(&loading, config, trust->digest, error) || !fill_store(trust, error) ||
        !collect_dates(trust, error)) {
        trust_release(trust);
        return NULL;
    }
    return trust;
}

bool trust_read_digest(const struct config *config, unsigned char digest[32], struct error *error)
{
    struct loading loading = {0};

    return load_all(&loading, config, digest, error);
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
    bundle_free(&trust->anchors);
    bundle_free(&trust->intermediates);
    bundle_free(&trust->crls);
    free(trust->dates);
    free(trust);
}

X509_STORE *trust_store(const struct trust *trust)
{
    return trust->store;
}

STACK_OF(X509) * trust_intermediates(const struct trust *trust)
{
    return trust->intermediates.certificates;
}

STACK_OF(X509_CRL) * trust_crls(const struct trust *trust)
{
    return trust->crls.crls;
}

bool trust_is_anchor(const struct trust *trust, const X509 *certificate)
{
    int i;

    for (i = 0; i < sk_X509_num(trust->anchors.certificates); i++) {
        if (X509_cmp(sk_X509_value(trust->anchors.certificates, i), certificate) == 0)
            return true;
    }
    return false;
}

int trust_anchor_count(const struct trust *trust)
{
    return sk_X509_num(trust->anchors.certificates);
}

int trust_crl_count(const struct trust *trust)
{
    return trust->crls.crls != NULL ? sk_X509_CRL_num(trust->crls.crls) : 0;
}

uint64_t trust_number(const struct trust *trust)
{
    return trust->number;
}

const unsigned char *trust_digest(const struct trust *trust)
{
    return trust->digest;
}
