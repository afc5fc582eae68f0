/* SPDX-License-Identifier: ISC */
#include "forwarded/forwarded.h"
#include "base/text.h"
#include "forwarded/cursor.h"
#include "forwarded/forwarded_encodings.h"
#include "forwarded/forwarded_find.h"
#include "forwarded/forwarded_options.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void drop_certificates(struct forwarded *forwarded)
{
    size_t i;

    OPENSSL_free(forwarded->leaf.data);
    forwarded->leaf = (struct bytes){.data = NULL};
    for (i = 0; i < forwarded->chain_count; i++)
        OPENSSL_free(forwarded->chain[i].data);
    forwarded->chain_count = 0;
    forwarded->encoding = NULL;
}

/* Makes it malformed: `variable` is where, the words are why. */
__attribute__((format(printf, 3, 4))) static void be_malformed(
    struct forwarded *forwarded, const char *variable, const char *format, ...)
{
    va_list arguments;
    char words[sizeof(forwarded->reason) - sizeof(forwarded->source) - 2];

    va_start(arguments, format);
    if (vsnprintf(words, sizeof(words), format, arguments) < 0)
        words[0] = '\0';
    va_end(arguments);
    drop_certificates(forwarded);
    forwarded->status = FORWARDED_MALFORMED;
    (void)snprintf(forwarded->source, sizeof(forwarded->source), "%s", variable);
    (void)snprintf(forwarded->reason, sizeof(forwarded->reason), "%s%s%s", variable,
        variable[0] != '\0' ? ": " : "", words);
}

static void be_failed(struct forwarded *forwarded)
{
    /* Since version 3.2 libcrypto's allocator queues an error when it fails. */
    ERR_clear_error();
    drop_certificates(forwarded);
    forwarded->status = FORWARDED_FAILED;
    forwarded->source[0] = '\0';
    forwarded->reason[0] = '\0';
}

/* Moves certificates from `first` on to the chain. A chain that begins with the leaf (Envoy's, and
 * whatever a front takes from SSL_get_peer_full_cert_chain) loses it. */
static void add_chain(struct forwarded *forwarded, const char *variable,
    struct certificates *certificates, size_t first)
{
    size_t i = first;

    if (i == 0 && forwarded->chain_count == 0 && certificates->count > 0 &&
        bytes_equal(&certificates->items[0], &forwarded->leaf))
        i++;
    if (certificates->count - i > CERTIFICATE_MAX_CHAIN - forwarded->chain_count) {
        be_malformed(
            forwarded, variable, "more than %d chain certificates came", CERTIFICATE_MAX_CHAIN);
        return;
    }
    for (; i < certificates->count; i++) {
        forwarded->chain[forwarded->chain_count++] = certificates->items[i];
        certificates->items[i].data = NULL;
    }
}

/* Decodes a value. True when certificates came of it; what is wrong with it is noted. */
static bool decode(struct forwarded *forwarded, const char *variable,
    const struct encoding *encoding, struct cursor value, size_t xfcc_hop,
    struct certificates *certificates)
{
    switch (encoding_decode(encoding, value.at, cursor_left(&value), xfcc_hop, certificates)) {
    case DECODING_FINE:
        return true;
    case DECODING_BLANK:
        break;
    case DECODING_REFUSED:
        be_malformed(forwarded, variable, "%s", certificates->reason);
        break;
    case DECODING_FAILED:
        be_failed(forwarded);
        break;
    }
    return false;
}

/* Decodes a value that holds the leaf, and maybe the chain. */
static void take_leaf(struct forwarded *forwarded, const char *variable,
    const struct encoding *encoding, struct cursor value, size_t xfcc_hop)
{
    struct certificates certificates;

    if (decode(forwarded, variable, encoding, value, xfcc_hop, &certificates)) {
        forwarded->status = FORWARDED_PRESENT;
        forwarded->encoding = certificates.encoding;
        (void)snprintf(forwarded->source, sizeof(forwarded->source), "%s", variable);
        forwarded->leaf = certificates.items[0];
        certificates.items[0].data = NULL;
        add_chain(forwarded, variable, &certificates, 1);
    }
    certificates_free(&certificates);
}

/* Decodes a value that holds the chain, or one certificate of it. */
static void take_chain(struct forwarded *forwarded, const char *variable,
    const struct encoding *encoding, struct cursor value)
{
    struct certificates certificates;

    if (decode(forwarded, variable, encoding, value, 0, &certificates)) {
        if (forwarded->status == FORWARDED_ABSENT)
            be_malformed(forwarded, variable, "a chain came without its certificate");
        else
            add_chain(forwarded, variable, &certificates, 0);
    }
    certificates_free(&certificates);
}

static bool is_settled(const struct forwarded *forwarded)
{
    return forwarded->status == FORWARDED_MALFORMED || forwarded->status == FORWARDED_FAILED;
}

static const struct encoding *encoding_named(const char *name)
{
    return encoding_find(name, strlen(name));
}

static struct cursor over(const char *string)
{
    return cursor_over(string, strlen(string));
}

/* SSL_CLIENT_CERT_CHAIN_n, in order. A number that is missing before one that came means that the
 * front lost a part: without it the certificate would be told as untrusted, which is not what is
 * wrong, so it is refused. */
static void take_numbered(const struct forwarded_parameters *findings, struct forwarded *forwarded)
{
    char variable[64];
    size_t i, missing = CERTIFICATE_MAX_CHAIN;

    if (findings->numbered_too_high)
        be_malformed(forwarded, forwarded_find_chain_name, "more than %d chain certificates came",
            CERTIFICATE_MAX_CHAIN);
    for (i = 0; i < CERTIFICATE_MAX_CHAIN && !is_settled(forwarded); i++) {
        const char *value = findings->numbered[i].value;

        if (value == NULL || forwarded_find_is_blank(value)) {
            missing = missing < i ? missing : i;
            continue;
        }
        (void)snprintf(variable, sizeof(variable), "%s_%zu", forwarded_find_chain_name, i);
        if (missing < i)
            be_malformed(forwarded, variable, "it came without %s_%zu: a part of the chain is lost",
                forwarded_find_chain_name, missing);
        else if (findings->chain.value != NULL && !forwarded_find_is_blank(findings->chain.value))
            be_malformed(
                forwarded, variable, "a second chain came in %s", forwarded_find_chain_name);
        else
            take_chain(forwarded, variable, encoding_named("any"), over(value));
    }
}

static void take_variables(const struct forwarded_parameters *findings, struct forwarded *forwarded)
{
    if (findings->certificate.value != NULL)
        take_leaf(forwarded, forwarded_find_certificate_name, encoding_named("any"),
            over(findings->certificate.value), 0);
    if (!is_settled(forwarded))
        take_numbered(findings, forwarded);
    if (!is_settled(forwarded) && findings->chain.value != NULL)
        take_chain(forwarded, forwarded_find_chain_name, encoding_named("base64-der-chain"),
            over(findings->chain.value));
}

/* Joins the values of a list header that came several times (RFC 9110 section 5.3) into memory that
 * the caller frees with OPENSSL_free. */
static enum decoding join_values(
    char *const *parameters, const char *variable, struct bytes *joined)
{
    char *const *parameter;
    size_t size = 0;

    for (parameter = parameters; *parameter != NULL; parameter++) {
        const char *value = forwarded_find_value_of(*parameter, variable);

        size += value != NULL ? strlen(value) + 1 : 0;
        if (size > FORWARDED_MAX_VALUE)
            return DECODING_REFUSED;
    }
    joined->data = OPENSSL_malloc(size + 1);
    if (joined->data == NULL)
        return DECODING_FAILED;
    for (parameter = parameters; *parameter != NULL; parameter++) {
        const char *value = forwarded_find_value_of(*parameter, variable);
        size_t length = value != NULL ? strlen(value) : 0;

        if (value == NULL || forwarded_find_is_blank(value))
            continue;
        if (joined->length > 0)
            joined->data[joined->length++] = ',';
        memcpy(joined->data + joined->length, value, length);
        joined->length += length;
    }
    return DECODING_FINE;
}

static void take_header(char *const *parameters, const struct forwarded_options *options,
    const struct forwarded_header *header, const struct forwarded_parameter *found,
    struct forwarded *forwarded)
{
    struct bytes joined = {.data = NULL};
    struct cursor value;

    if (found->count == 0)
        return;
    value = over(found->value);
    if (found->count > 1) {
        switch (join_values(parameters, header->variable, &joined)) {
        case DECODING_REFUSED:
            be_malformed(forwarded, header->variable, "its values are longer than the limit of %zu",
                FORWARDED_MAX_VALUE);
            return;
        case DECODING_FAILED:
            be_failed(forwarded);
            return;
        case DECODING_FINE:
        case DECODING_BLANK:
            value = cursor_over((const char *)joined.data, joined.length);
            break;
        }
    }
    if (header->is_chain)
        take_chain(forwarded, header->variable, header->encoding, value);
    else
        take_leaf(forwarded, header->variable, header->encoding, value,
            options->has_xfcc_hop ? options->xfcc_hop : XFCC_ONE_ELEMENT);
    OPENSSL_free(joined.data);
}

/* Takes over what a further source brought. The same leaf twice is fine, and the first chain counts
 * (chains are never trusted); different leaves are not. */
static void merge(struct forwarded *total, struct forwarded *next)
{
    const char *source = next->source;

    if (next->status == FORWARDED_FAILED) {
        be_failed(total);
    } else if (next->status == FORWARDED_MALFORMED) {
        drop_certificates(total);
        total->status = FORWARDED_MALFORMED;
        memcpy(total->source, next->source, sizeof(total->source));
        memcpy(total->reason, next->reason, sizeof(total->reason));
    } else if (next->status == FORWARDED_PRESENT && total->status == FORWARDED_PRESENT &&
               !bytes_equal(&total->leaf, &next->leaf)) {
        char first[sizeof(total->source)];

        memcpy(first, total->source, sizeof(first));
        be_malformed(total, source, "it disagrees with %s about the certificate", first);
    } else if (next->status == FORWARDED_PRESENT && total->status == FORWARDED_ABSENT) {
        total->status = FORWARDED_PRESENT;
        total->encoding = next->encoding;
        memcpy(total->source, next->source, sizeof(total->source));
        total->leaf = next->leaf;
        next->leaf = (struct bytes){.data = NULL};
    }
    if (total->status == FORWARDED_PRESENT && total->chain_count == 0) {
        memcpy(total->chain, next->chain, sizeof(total->chain));
        total->chain_count = next->chain_count;
        next->chain_count = 0;
    }
    drop_certificates(next);
}

static void take_headers(char *const *parameters, const struct forwarded_options *options,
    const struct forwarded_parameters *findings, struct forwarded *forwarded)
{
    size_t i = 0;

    while (i < options->header_count && !is_settled(forwarded)) {
        struct forwarded next = {.status = FORWARDED_ABSENT};

        do {
            take_header(parameters, options, &options->headers[i], &findings->headers[i], &next);
            i++;
        } while (i < options->header_count && options->headers[i].is_chain && !is_settled(&next));
        merge(forwarded, &next);
    }
}

void forwarded_read(
    char *const *parameters, const struct forwarded_options *options, struct forwarded *forwarded)
{
    static const struct forwarded_options none = {.headers = NULL};
    struct forwarded_parameters findings = {.numbered_too_high = false};
    const char *repeated;
    char buffer[64];

    *forwarded = (struct forwarded){.status = FORWARDED_ABSENT};
    if (options == NULL)
        options = &none;
    forwarded_find_parameters(parameters, options, &findings);
    repeated = forwarded_find_repeated(&findings, options, buffer, sizeof(buffer));
    if (findings.verify.count == 1 && !forwarded_find_is_blank(findings.verify.value)) {
        forwarded->has_front_verify = true;
        text_show_shortened(forwarded->front_verify, sizeof(forwarded->front_verify),
            findings.verify.value, strlen(findings.verify.value));
    }
    if (repeated != NULL) {
        be_malformed(
            forwarded, repeated, "it came more than once, and which one counts is unknown");
        return;
    }
    take_variables(&findings, forwarded);
    if (!is_settled(forwarded))
        take_headers(parameters, options, &findings, forwarded);
}

void forwarded_decode_value(const char *value, size_t length, struct forwarded *forwarded)
{
    *forwarded = (struct forwarded){.status = FORWARDED_ABSENT};
    take_leaf(forwarded, "", encoding_named("any"), cursor_over(value, length), 0);
}

void forwarded_free(struct forwarded *forwarded)
{
    if (forwarded == NULL)
        return;
    drop_certificates(forwarded);
    *forwarded = (struct forwarded){.status = FORWARDED_ABSENT};
}
