/* SPDX-License-Identifier: ISC */
#include "base/file.h"
#include "base/file_writers.h"
#include "certificate/alloc_watch.h"
#include "certificate/bundle.h"
#include "rules/rules_resolve.h"
#include "rules/rules_words.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a file that an issuer line names at the most. */
#define ISSUER_MAX_FILE ((size_t)256 * 1024)

bool rules_digest(X509 *certificate, bool key, unsigned char digest[32], struct error *error)
{
    unsigned char *der = NULL;
    int length = key ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der)
                     : i2d_X509(certificate, &der);
    bool good =
        length > 0 && EVP_Digest(der, (size_t)length, digest, NULL, EVP_sha256(), NULL) == 1;

    OPENSSL_free(der);
    if (!good)
        (void)alloc_watch_refuse(error, ERROR_LIBRARY, "libcrypto failed to digest a certificate");
    return good;
}

/* Looks through the certificates for one with this digest (of its key or of itself), and gives its
 * key's. */
static bool find_certificate(STACK_OF(X509) * certificates, bool by_key,
    const unsigned char wanted[32], unsigned char key[32], bool *found, struct error *error)
{
    int i;

    for (i = 0; certificates != NULL && i < sk_X509_num(certificates) && !*found; i++) {
        X509 *certificate = sk_X509_value(certificates, i);
        unsigned char digest[32];

        if (!rules_digest(certificate, by_key, digest, error))
            return false;
        if (memcmp(digest, wanted, sizeof(digest)) != 0)
            continue;
        *found = true;
        return rules_digest(certificate, true, key, error);
    }
    return true;
}

/* Whether the trust has it, and its key. */
static bool find_in_trust(const struct trust *trust, bool by_key, const unsigned char wanted[32],
    unsigned char key[32], bool *found, struct error *error)
{
    *found = false;
    if (trust == NULL)
        return true;
    return find_certificate(trust_anchors(trust), by_key, wanted, key, found, error) &&
           find_certificate(trust_intermediates(trust), by_key, wanted, key, found, error);
}

/* Reads 64 hexadecimal digits, with or without colons. */
static bool read_digest(const char *digits, unsigned char digest[32])
{
    size_t length = 0;

    return OPENSSL_hexstr2buf_ex(digest, 32, &length, digits, ':') == 1 && length == 32;
}

/* FILE is relative to the folder of the rule file. */
static char *path_of(const char *rules_path, const char *file)
{
    const char *slash = strrchr(rules_path, '/');
    char *path = NULL;

    if (file[0] == '/' || slash == NULL)
        return strdup(file);
    if (asprintf(&path, "%.*s/%s", (int)(slash - rules_path), rules_path, file) < 0)
        return NULL;
    return path;
}

/* Reads the one certificate of a file into an issuer's digest, which is that of its key. */
static bool read_file(struct rules *rules, const struct rules_line *line,
    struct rules_issuer *issuer, const char *path, struct list *warnings, struct error *error)
{
    struct bundle bundle = {.certificates = NULL};
    struct bytes bytes = {.length = 0};
    struct error inner = {.kind = ERROR_NONE};
    bool good = false;

    if (!file_writers_check(path, "CA certificate of an issuer line", warnings, &inner) ||
        !file_read(path, ISSUER_MAX_FILE, &bytes, &inner) ||
        !bundle_add(&bundle, path, &bytes, NULL, &inner)) {
        (void)rules_refuse(rules, line->number, error, "%s", inner.text);
        if (error != NULL)
            error->kind = inner.kind;
    } else if (bundle.certificates == NULL || sk_X509_num(bundle.certificates) != 1) {
        (void)rules_refuse(
            rules, line->number, error, "%s must hold one certificate", line->source);
    } else {
        good = rules_digest(sk_X509_value(bundle.certificates, 0), true, issuer->digest, error);
    }
    bundle_free(&bundle);
    free(bytes.data);
    return good;
}

static bool resolve_file(struct rules *rules, const struct trust *trust,
    const struct rules_line *line, struct rules_issuer *issuer, struct list *files,
    struct list *warnings, struct error *error)
{
    char *path = path_of(rules->path, line->source);
    unsigned char key[32];
    bool found = false;

    if (path == NULL)
        return rules_out_of_memory(rules, error);
    if (!list_take(files, path, error))
        return false;
    path = files->items[files->count - 1];
    if (!read_file(rules, line, issuer, path, warnings, error) ||
        !find_in_trust(trust, true, issuer->digest, key, &found, error))
        return false;
    return found || rules_refuse(rules, line->number, error,
                        "%s is not among the CAs in --ca and --intermediates", line->source);
}

/* spki: and sha256: may name a CA that only clients forward. */
static bool resolve_digest(struct rules *rules, const struct trust *trust,
    const struct rules_line *line, struct rules_issuer *issuer, struct list *warnings,
    struct error *error)
{
    bool by_key = line->source[1] == 'p', found = false;
    unsigned char key[32];

    if (!read_digest(strchr(line->source, ':') + 1, issuer->digest))
        return rules_refuse(rules, line->number, error,
            "%s must be followed by SHA-256 in 64 hexadecimal digits",
            by_key ? "spki:" : "sha256:");
    if (!find_in_trust(trust, by_key, issuer->digest, key, &found, error))
        return false;
    if (found) {
        memcpy(issuer->digest, key, sizeof(key));
        return true;
    }
    issuer->by_certificate = !by_key;
    return rules_tell(rules, line->number, warnings, error,
        "issuer '%s' is not among the CAs in --ca and --intermediates", issuer->name);
}

static bool add_issuer(struct rules *rules, const struct trust *trust,
    const struct rules_line *line, struct list *files, struct list *warnings, struct error *error)
{
    struct rules_issuer *issuer = &rules->issuers[rules->issuer_count];
    size_t i;

    for (i = 0; i < rules->issuer_count; i++) {
        if (strcmp(rules->issuers[i].name, line->name) == 0)
            return rules_refuse(rules, line->number, error,
                "issuer '%s' is defined on line %zu already", line->name, rules->issuers[i].line);
    }
    *issuer = (struct rules_issuer){.name = line->name, .line = line->number};
    rules->issuer_count++;
    if (strncmp(line->source, "spki:", 5) == 0 || strncmp(line->source, "sha256:", 7) == 0)
        return resolve_digest(rules, trust, line, issuer, warnings, error);
    return resolve_file(rules, trust, line, issuer, files, warnings, error);
}

bool rules_resolve_issuers(struct rules *rules, const struct trust *trust, struct list *files,
    struct list *warnings, struct error *error)
{
    size_t i;

    rules->issuers =
        rules_arena_get(&rules->arena, rules->kinds[LINE_ISSUER], sizeof(*rules->issuers));
    if (rules->issuers == NULL)
        return rules_out_of_memory(rules, error);
    for (i = 0; i < rules->line_count; i++) {
        if (rules->lines[i].kind == LINE_ISSUER &&
            !add_issuer(rules, trust, &rules->lines[i], files, warnings, error))
            return false;
    }
    return true;
}
