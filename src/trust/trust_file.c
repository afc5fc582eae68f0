/* SPDX-License-Identifier: ISC */
#include "trust/trust_file.h"
#include "base/file.h"
#include "certificate/alloc_watch.h"
#include "certificate/bundle.h"
#include "certificate/identity.h"
#include "certificate/policies.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool trust_file_is_ca(X509 *certificate)
{
    int kind = X509_check_ca(certificate);

    return kind == 1 || kind == 3;
}

static const char *why_no_ca(X509 *certificate)
{
    const uint32_t flags = X509_get_extension_flags(certificate);

    if ((flags & EXFLAG_INVALID) != 0)
        return "one of its extensions occurs twice, cannot be read, contradicts another or has a "
               "value that RFC 5280 does not allow";
    if ((flags & EXFLAG_CA) != 0)
        return "its keyUsage does not have keyCertSign (RFC 5280 section 4.2.1.3)";
    return "it has no basicConstraints with CA:TRUE (RFC 5280 section 4.2.1.9)";
}

/* A leaf among the anchors would be accepted as it stands: every certificate of --ca must be a
 * CA's. */
static bool check_cas(const char *path, const struct bundle *bundle, struct error *error)
{
    int i, count = bundle->certificates != NULL ? sk_X509_num(bundle->certificates) : 0;

    if (bundle->crl_count > 0) {
        error_set(error, ERROR_INPUT,
            "%s: it holds a CRL; CRLs are named with --crl, and a folder of both with both", path);
        return false;
    }
    if (count == 0) {
        error_set(error, ERROR_INPUT, "%s: it holds %s", path,
            bundle->has_private_key
                ? "a private key and no CA certificate: name the certificate, which is public"
                : "no CA certificate");
        return false;
    }
    for (i = 0; i < count; i++) {
        X509 *certificate = sk_X509_value(bundle->certificates, i);
        char *name;

        if (trust_file_is_ca(certificate))
            continue;
        name = identity_name(X509_get_subject_name(certificate), NULL);
        error_set(error, ERROR_INPUT,
            "%s: certificate %d (%.200s) is not a CA certificate: %s, so it must not be trusted as "
            "one",
            path, i + 1, name != NULL ? name : "", why_no_ca(certificate));
        free(name);
        return false;
    }
    return true;
}

/* What is there that must not be, or else is missing. */
static const char *what_it_holds(enum trust_part part, const struct bundle *bundle)
{
    if (part == TRUST_CRL && bundle->certificates != NULL)
        return "a certificate";
    if (part != TRUST_CRL && bundle->crl_count > 0)
        return "a CRL, which is for --crl";
    if (bundle->has_private_key)
        return "a private key";
    return part == TRUST_CRL ? "no CRL" : "no certificate";
}

static bool check(
    enum trust_part part, const char *path, const struct bundle *bundle, struct error *error)
{
    bool certificates = bundle->certificates != NULL && sk_X509_num(bundle->certificates) > 0;
    bool crls = bundle->crl_count > 0;

    if (part == TRUST_CA)
        return check_cas(path, bundle, error);
    if (part == TRUST_CRL ? crls && !certificates : certificates && !crls)
        return true;
    error_set(error, ERROR_INPUT, "%s: it holds %s; it must hold %s and nothing else", path,
        what_it_holds(part, bundle), part == TRUST_CRL ? "CRLs" : "certificates");
    return false;
}

/* Whether it holds what another part reads, and nothing else. */
static bool is_for_others(enum trust_part part, const struct bundle *bundle)
{
    bool certificates = bundle->certificates != NULL && sk_X509_num(bundle->certificates) > 0;
    bool crls = bundle->crl_count > 0;

    return part == TRUST_CRL ? certificates && !crls
                             : crls && !certificates && !bundle->has_private_key;
}

/* libcrypto reads the extensions of a certificate when they are first needed, and keeps what came
 * out, even when that came of an allocation that failed. Now is the time: afterwards threads only
 * read. */
static bool settle(const char *path, const struct bundle *bundle, struct error *error)
{
    int i;

    ERR_clear_error();
    alloc_watch_clear();
    for (i = 0; bundle->certificates != NULL && i < sk_X509_num(bundle->certificates); i++) {
        (void)X509_check_purpose(sk_X509_value(bundle->certificates, i), -1, 0);
        (void)X509_get0_pubkey(sk_X509_value(bundle->certificates, i));
        if (!policies_are_lost(sk_X509_value(bundle->certificates, i)))
            (void)policies_settle(sk_X509_value(bundle->certificates, i));
    }
    if (!alloc_watch_explains_errors())
        return true;
    error_set(error, ERROR_MEMORY, "%s: out of memory", path);
    return false;
}

/* Each list becomes one whose signer can be remembered; the bundle is left without them. */
static bool take_lists(struct trust_lists *lists, struct bundle *bundle, struct error *error)
{
    while (bundle->crl_count > 0) {
        struct trust_list *list = trust_list_new(bundle->crls[bundle->crl_count - 1]);
        bool added;

        if (list == NULL) {
            error_set(error, ERROR_MEMORY, "out of memory for the CRLs");
            return false;
        }
        bundle->crl_count--;
        added = trust_lists_add(lists, list, error);
        trust_list_release(list);
        if (!added)
            return false;
    }
    return true;
}

/* `others` allows that it holds what another part reads. */
static bool decode(struct trust_file *file, const struct bytes *bytes,
    const struct trust_file_reading *reading, bool others, struct error *error)
{
    struct bundle bundle = {0};
    struct error ignored = {0};
    bool good = bundle_add(&bundle, file->path, bytes, reading->password, error) &&
                settle(file->path, &bundle, error);

    file->is_others = good && others && is_for_others(file->part, &bundle);
    if (file->is_others) {
        bundle_free(&bundle);
        return true;
    }
    good = good && check(file->part, file->path, &bundle, error) &&
           take_lists(&file->lists, &bundle, error);
    if (good) {
        file->certificates = bundle.certificates;
        file->has_private_key = bundle.has_private_key;
        bundle.certificates = NULL;
    } else if (file->part == TRUST_CRL && reading->salvaged != NULL) {
        bundle_free(&bundle);
        bundle_salvage_crls(&bundle, bytes);
        (void)take_lists(reading->salvaged, &bundle, &ignored);
    }
    bundle_free(&bundle);
    return good;
}

static struct trust_file *make(
    enum trust_part part, const char *source, const char *path, bool is_regular)
{
    struct trust_file *file = calloc(1, sizeof(*file));

    if (file == NULL)
        return NULL;
    atomic_init(&file->references, 1);
    file->part = part;
    file->is_regular = is_regular;
    file->source = strdup(source);
    file->path = strdup(path);
    if (file->source != NULL && file->path != NULL)
        return file;
    trust_file_release(file);
    return NULL;
}

static struct trust_file *read_anew(struct trust_file *file, const struct bytes *bytes,
    struct trust_file *before, const struct trust_file_reading *reading, struct error *error)
{
    /* What counted before is not given up for what counts elsewhere. */
    const bool others = reading->is_shared && (before == NULL || before->is_others);
    unsigned int length = 0;

    ERR_clear_error();
    alloc_watch_clear();
    if (EVP_Digest(bytes->data, bytes->length, file->digest, &length, EVP_sha256(), NULL) != 1) {
        error_set(error, alloc_watch_explains_errors() ? ERROR_MEMORY : ERROR_LIBRARY,
            "%s: libcrypto could not hash it", file->path);
        return NULL;
    }
    if (before != NULL && before->is_others <= others &&
        memcmp(before->digest, file->digest, sizeof(file->digest)) == 0)
        return trust_file_retain(before);
    return decode(file, bytes, reading, others, error) ? trust_file_retain(file) : NULL;
}

struct trust_file *trust_file_read(enum trust_part part, const char *source, const char *path,
    struct trust_file *before, const struct trust_file_reading *reading, struct error *error)
{
    struct trust_file *file, *result;
    struct bytes bytes = {0};
    struct stat status;
    bool is_regular =
        strcmp(path, "-") != 0 && (stat(path, &status) != 0 || S_ISREG(status.st_mode));

    /* A FIFO would block until somebody writes again, and then bring something else. */
    if (!is_regular && before != NULL && !before->is_regular)
        return trust_file_retain(before);
    if (!is_regular && before != NULL) {
        error_set(error, ERROR_FILE,
            "%s: it is a device, a FIFO or a socket now, which is not read in a file's place",
            path);
        return NULL;
    }
    if (!file_read(path, 0, &bytes, error))
        return NULL;
    file = make(part, source, path, is_regular);
    if (file == NULL) {
        error_set(error, ERROR_MEMORY, "%s: out of memory", path);
        result = NULL;
    } else {
        result = read_anew(file, &bytes, before, reading, error);
    }
    trust_file_release(file);
    OPENSSL_cleanse(bytes.data, bytes.length);
    free(bytes.data);
    /* The result has a reference of its own. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    return result;
}

struct trust_file *trust_file_retain(struct trust_file *file)
{
    atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed);
    return file;
}

void trust_file_release(struct trust_file *file)
{
    if (file == NULL || atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel) != 1)
        return;
    sk_X509_pop_free(file->certificates, X509_free);
    trust_lists_free(&file->lists);
    free(file->source);
    free(file->path);
    free(file);
}
