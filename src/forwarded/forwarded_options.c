/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded_options.h"
#include "base/text.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* which header comes in which encoding, and the header of the chain if that
 * is one of its own. */
static const struct {
    const char *name;
    const char *encoding;
    const char *chain_name;
    const char *chain_encoding;
} known_headers[] = {
    {"Client-Cert", "rfc9440", "Client-Cert-Chain", "rfc9440-chain"}, /* RFC 9440 section 2 */
    {"X-Forwarded-Client-Cert", "xfcc", NULL, NULL},                  /* Envoy */
    {"X-Forwarded-Tls-Client-Cert", "traefik", NULL, NULL},  /* Traefik passTLSClientCert */
    {"X-Amzn-Mtls-Clientcert", "url-pem-chain", NULL, NULL}, /* AWS ALB, passthrough */
    {"X-Amzn-Mtls-Clientcert-Leaf", "url-pem", NULL, NULL},  /* AWS ALB, verify */
    {"ssl-client-cert", "url-pem", NULL, NULL},              /* ingress-nginx */
    {"Cf-Client-Cert-Der-Base64", "base64-der", NULL, NULL}, /* Cloudflare */
};

/* tchar of RFC 9110 section 5.6.2. */
static bool is_token(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        char letter = name[i];

        if (!(letter >= 'a' && letter <= 'z') && !(letter >= 'A' && letter <= 'Z') &&
            !(letter >= '0' && letter <= '9') &&
            (letter == '\0' || strchr("!#$%&'*+-.^_`|~", letter) == NULL))
            return false;
    }
    return length > 0;
}

/* The variable of a header: upper case, and `_` for all but letters and digits, as lighttpd and
 * Apache have it (RFC 3875 section 4.1.18 speaks of `-` alone). False when it is too long. */
static bool name_variable(const char *name, size_t length, char *variable, size_t size)
{
    static const char prefix[] = "HTTP_";
    size_t i;

    if (length + sizeof(prefix) > size)
        return false;
    memcpy(variable, prefix, sizeof(prefix));
    for (i = 0; i < length; i++) {
        char letter = name[i];

        if (letter >= 'a' && letter <= 'z')
            letter = (char)(letter - 'a' + 'A');
        else if (!(letter >= 'A' && letter <= 'Z') && !(letter >= '0' && letter <= '9'))
            letter = '_';
        variable[sizeof(prefix) - 1 + i] = letter;
    }
    variable[sizeof(prefix) - 1 + length] = '\0';
    return true;
}

static bool add_header(struct forwarded_options *options, const char *name, size_t length,
    const struct encoding *encoding, bool is_chain, struct error *error)
{
    struct forwarded_header header = {.encoding = encoding, .is_chain = is_chain}, *headers;
    char shown[80];
    size_t i;

    text_show_shortened(shown, sizeof(shown), name, length);
    if (!name_variable(name, length, header.variable, sizeof(header.variable))) {
        error_set(error, ERROR_USAGE, "the header name %s is too long", shown);
        return false;
    }
    for (i = 0; i < options->header_count; i++) {
        if (strcmp(options->headers[i].variable, header.variable) == 0) {
            error_set(error, ERROR_USAGE, "the header %s is named twice", shown);
            return false;
        }
    }
    if (options->header_count == FORWARDED_MAX_HEADERS) {
        error_set(error, ERROR_USAGE, "more than %d headers are named", FORWARDED_MAX_HEADERS);
        return false;
    }
    headers = OPENSSL_realloc(
        options->headers, (options->header_count + 1) * sizeof(options->headers[0]));
    if (headers == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory while reading the configuration");
        return false;
    }
    headers[options->header_count++] = header;
    options->headers = headers;
    return true;
}

/* The encoding that the operator named; NULL with the error when there is none of this name. */
static const struct encoding *find_named_encoding(const char *name, struct error *error)
{
    const struct encoding *encoding = encoding_find(name, strlen(name));
    char shown[80], names[256];
    size_t i, length = 0;

    if (encoding != NULL)
        return encoding;
    names[0] = '\0';
    for (i = 0; encoding_at(i) != NULL && length < sizeof(names); i++) {
        int more = snprintf(names + length, sizeof(names) - length, "%s%s", i > 0 ? ", " : "",
            encoding_at(i)->name);

        length += more > 0 ? (size_t)more : 0;
    }
    text_show_shortened(shown, sizeof(shown), name, strlen(name));
    error_set(error, ERROR_USAGE, "unknown encoding %s of a header; known are %s", shown, names);
    return NULL;
}

static bool is_name(const char *name, size_t length, const char *known)
{
    return strlen(known) == length && strncasecmp(name, known, length) == 0;
}

bool forwarded_options_add(
    struct forwarded_options *options, const char *words, struct error *error)
{
    size_t length = strcspn(words, ":"), i;
    const struct encoding *encoding = NULL, *known;
    const char *chain_name = NULL, *chain_encoding = NULL;
    char shown[80];

    text_show_shortened(shown, sizeof(shown), words, length);
    if (!is_token(words, length)) {
        error_set(error, ERROR_USAGE, "'%s' is not a header name (RFC 9110 section 5.6.2)", shown);
        return false;
    }
    if (words[length] == ':' && (encoding = find_named_encoding(words + length + 1, error)) == NULL)
        return false;
    for (i = 0; i < sizeof(known_headers) / sizeof(known_headers[0]); i++) {
        const char *chain = known_headers[i].chain_name;

        if (chain != NULL && is_name(words, length, chain)) {
            error_set(error, ERROR_USAGE, "%s is read with %s: name that one", chain,
                known_headers[i].name);
            return false;
        }
        if (!is_name(words, length, known_headers[i].name))
            continue;
        known = encoding_find(known_headers[i].encoding, strlen(known_headers[i].encoding));
        if (encoding != NULL && encoding != known)
            continue;
        encoding = known;
        chain_name = chain;
        chain_encoding = known_headers[i].chain_encoding;
    }
    if (encoding == NULL)
        encoding = encoding_find("any", strlen("any"));
    if (!add_header(options, words, length, encoding, false, error))
        return false;
    return chain_name == NULL ||
           add_header(options, chain_name, strlen(chain_name),
               encoding_find(chain_encoding, strlen(chain_encoding)), true, error);
}

void forwarded_options_free(struct forwarded_options *options)
{
    if (options == NULL)
        return;
    OPENSSL_free(options->headers);
    options->headers = NULL;
    options->header_count = 0;
}
