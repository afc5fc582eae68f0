#include "trust/trust_files.h"
#include "base/file.h"
#include "certificate/alloc_watch.h"
#include "certificate/identity.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Which of the trust's parts a file is for. */
enum part { PART_CA, PART_INTERMEDIATES, PART_CRL };

/* What is done with each file that the configuration names. */
struct loading {
    struct trust_files *files; /* NULL: only the digest is wanted */
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

/* RFC 5280 section 5.2.5: one that lists certificates of other issuers than its own. */
static bool is_indirect(const X509_CRL *crl)
{
    ISSUING_DIST_POINT *point =
        X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, NULL, NULL);
    bool indirect = point != NULL && point->indirectCRL > 0;

    ISSUING_DIST_POINT_free(point);
    return indirect;
}

static bool check_crls(
    const char *path, const struct bundle *bundle, int first, struct error *error)
{
    int i;

    for (i = first; i < sk_X509_CRL_num(bundle->crls); i++) {
        if (is_indirect(sk_X509_CRL_value(bundle->crls, i))) {
            error_set(error, ERROR_INPUT,
                "%s: CRL %d is an indirect one (RFC 5280 section 5.2.5), which is not supported",
                path, i - first + 1);
            return false;
        }
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
        return check_crls(path, bundle, first, error);
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

/* Has libcrypto read the policies of a certificate: it does so for all of a chain but its last, so
 * that the certificate stands there twice. What they say does not matter here. */
static void settle_policies(X509 *certificate)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509_POLICY_TREE *tree = NULL;
    int explicit_policy = 0;

    if (chain != NULL && sk_X509_push(chain, certificate) > 0 &&
        sk_X509_push(chain, certificate) > 0)
        (void)X509_policy_check(&tree, &explicit_policy, chain, NULL, 0);
    X509_policy_tree_free(tree);
    sk_X509_free(chain);
}

/* libcrypto reads the extensions of a certificate and sorts a CRL when they are first needed, and
 * keeps what came out, even when that came of want of memory. Now is the time: afterwards threads
 * only read. */
static bool settle(const char *path, const struct bundle *bundle, int first, struct error *error)
{
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    X509_REVOKED *revoked = NULL;
    int i;

    alloc_watch_clear();
    for (i = first; bundle->certificates != NULL && i < sk_X509_num(bundle->certificates); i++) {
        (void)X509_check_purpose(sk_X509_value(bundle->certificates, i), -1, 0);
        settle_policies(sk_X509_value(bundle->certificates, i));
    }
    for (i = first; serial != NULL && bundle->crls != NULL && i < sk_X509_CRL_num(bundle->crls);
         i++)
        (void)X509_CRL_get0_by_serial(sk_X509_CRL_value(bundle->crls, i), &revoked, serial);
    if (alloc_watch_explains_errors() || serial == NULL) {
        error_set(error, ERROR_MEMORY, "%s: want of memory", path);
        ASN1_INTEGER_free(serial);
        return false;
    }
    ASN1_INTEGER_free(serial);
    return true;
}

static bool load_bytes(struct loading *loading, enum part part, const char *path,
    const struct bytes *bytes, struct error *error)
{
    struct bundle *bundle = part == PART_CA    ? &loading->files->anchors
                            : part == PART_CRL ? &loading->files->crls
                                               : &loading->files->intermediates;
    int first = part_count(part, bundle);

    if (!bundle_add(bundle, path, bytes, loading->password, error) ||
        !settle(path, bundle, first, error) || !check_part(part, path, bundle, first, error))
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

/* A FIFO would block until somebody writes again, and then bring something else. */
static bool can_read_again(const char *path, struct error *error)
{
    struct stat status;

    if (strcmp(path, "-") != 0 && (stat(path, &status) != 0 || S_ISREG(status.st_mode)))
        return true; /* what cannot be found is told by file_read */
    error_set(error, ERROR_FILE, "%s: not a regular file, whether it changed cannot be told", path);
    return false;
}

static bool say_library(const char *path, struct error *error)
{
    error_set(error, alloc_watch_explains_errors() ? ERROR_MEMORY : ERROR_LIBRARY,
        "%s%slibcrypto could not make the digest of the trust", path, path[0] != '\0' ? ": " : "");
    return false;
}

static bool load_file(
    struct loading *loading, enum part part, const char *path, struct error *error)
{
    struct bytes bytes = {0};
    unsigned char header[9] = {(unsigned char)part};
    size_t i;
    bool good;

    if ((loading->files == NULL && !can_read_again(path, error)) ||
        !file_read(path, 0, &bytes, error))
        return false;
    for (i = 0; i < 8; i++)
        header[1 + i] = (unsigned char)(bytes.length >> (8 * i));
    alloc_watch_clear();
    if (EVP_DigestUpdate(loading->digest, header, sizeof(header)) != 1 ||
        EVP_DigestUpdate(loading->digest, bytes.data, bytes.length) != 1)
        good = say_library(path, error);
    else
        good = loading->files == NULL || load_bytes(loading, part, path, &bytes, error);
    OPENSSL_cleanse(bytes.data, bytes.length);
    free(bytes.data);
    return good;
}

static bool load_paths(
    struct loading *loading, enum part part, const struct list *paths, struct error *error)
{
    size_t i, j;

    for (i = 0; i < paths->count; i++) {
        struct list files = {0};
        bool good = file_list(paths->items[i], &files, error);

        if (good && files.count == 0) {
            error_set(error, ERROR_INPUT, "%s: the directory holds no file", paths->items[i]);
            good = false;
        }
        for (j = 0; good && j < files.count; j++)
            good = load_file(loading, part, files.items[j], error);
        list_free(&files);
        if (!good)
            return false;
    }
    return true;
}

bool trust_files_read(struct trust_files *files, const struct config *config,
    unsigned char digest[32], struct error *warning, struct error *error)
{
    struct loading loading = {.files = files, .warning = warning};
    unsigned int length = 0;
    bool good = false;

    if (config->ca.count == 0) {
        error_set(error, ERROR_USAGE, "--ca: missing; it names the trusted CA");
        return false;
    }
    ERR_clear_error();
    alloc_watch_clear();
    loading.digest = EVP_MD_CTX_new();
    if (loading.digest == NULL || EVP_DigestInit_ex(loading.digest, EVP_sha256(), NULL) != 1) {
        say_library("", error);
        goto out;
    }
    if (config->ca_password_file != NULL && files != NULL) {
        loading.password = file_read_password(config->ca_password_file, error);
        if (loading.password == NULL)
            goto out;
    }
    if (!load_paths(&loading, PART_CA, &config->ca, error) ||
        !load_paths(&loading, PART_INTERMEDIATES, &config->intermediates, error) ||
        !load_paths(&loading, PART_CRL, &config->crl, error))
        goto out;
    alloc_watch_clear();
    if (EVP_DigestFinal_ex(loading.digest, digest, &length) != 1) {
        say_library("", error);
        goto out;
    }
    good = true;

out:
    file_wipe(loading.password);
    EVP_MD_CTX_free(loading.digest);
    return good;
}

void trust_files_free(struct trust_files *files)
{
    if (files == NULL)
        return;
    bundle_free(&files->anchors);
    bundle_free(&files->intermediates);
    bundle_free(&files->crls);
}
