/* SPDX-License-Identifier: ISC */
#include "unit/forwarded/forwarded_helpers.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *format(const char *pattern, ...)
{
    va_list arguments;
    char *made = NULL;

    va_start(arguments, pattern);
    pki_must(vasprintf(&made, pattern, arguments) >= 0, "vasprintf");
    va_end(arguments);
    return made;
}

char *with(const char *text, const char *what, const char *instead)
{
    char *made = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&made, &size);

    pki_must(file != NULL, "open_memstream");
    while (*text != '\0') {
        if (strncmp(text, what, strlen(what)) == 0) {
            fputs(instead, file);
            text += strlen(what);
        } else {
            fputc(*text++, file);
        }
    }
    fclose(file);
    return made;
}

char *base64_of(const unsigned char *bytes, size_t length)
{
    char *made = malloc(length / 3 * 4 + 5);

    pki_must(made != NULL, "malloc");
    EVP_EncodeBlock((unsigned char *)made, bytes, (int)length);
    return made;
}

char *base64_of_both(const struct sample *one, const struct sample *other)
{
    unsigned char *both = malloc(one->length + other->length);
    char *made;

    pki_must(both != NULL, "malloc");
    memcpy(both, one->der, one->length);
    memcpy(both + one->length, other->der, other->length);
    made = base64_of(both, one->length + other->length);
    free(both);
    return made;
}

char *url_encoded(const char *text, const char *kept)
{
    char *made = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&made, &size);

    pki_must(file != NULL, "open_memstream");
    for (; *text != '\0'; text++) {
        if (isalnum((unsigned char)*text) || strchr("-._~", *text) || strchr(kept, *text))
            fputc(*text, file);
        else
            fprintf(file, "%%%02X", (unsigned)(unsigned char)*text);
    }
    fclose(file);
    return made;
}

struct sample sample_make(const char *subject)
{
    struct sample sample = {.length = 0};
    struct pki *pki = pki_make(&(struct pki_spec){.subject = subject});

    sample.der = pki_der(pki->certificate, &sample.length);
    sample.pem = pki_pem(pki->certificate);
    sample.base64 = base64_of(sample.der, sample.length);
    sample.url = url_encoded(sample.pem, "");
    pki_free(pki);
    return sample;
}

void sample_free(struct sample *sample)
{
    free(sample->der);
    free(sample->pem);
    free(sample->base64);
    free(sample->url);
}

struct sample sample_one, sample_two;

void two_samples_make(void)
{
    sample_one = sample_make("CN=Dan");
    sample_two = sample_make("CN=Eve");
}

void two_samples_free(void)
{
    sample_free(&sample_one);
    sample_free(&sample_two);
}

struct sample sample_ca, sample_root;

void four_samples_make(void)
{
    two_samples_make();
    sample_ca = sample_make("CN=CA");
    sample_root = sample_make("CN=Root");
}

void four_samples_free(void)
{
    two_samples_free();
    sample_free(&sample_ca);
    sample_free(&sample_root);
}

void read_with(
    char *const *parameters, const char *trusted, size_t xfcc_hop, struct forwarded *forwarded)
{
    struct forwarded_options options = {.has_xfcc_hop = xfcc_hop != NO_HOP, .xfcc_hop = xfcc_hop};
    char *words = format("%s", trusted != NULL ? trusted : ""), *rest = words, *word;
    struct error error = {.kind = ERROR_NONE};

    while ((word = strsep(&rest, " ")) != NULL) {
        if (*word != '\0')
            cr_assert(forwarded_options_add(&options, word, &error), "%s: %s", word, error.text);
    }
    forwarded_read(parameters, trusted != NULL ? &options : NULL, forwarded);
    forwarded_options_free(&options);
    free(words);
}

static void expect_bytes(const struct bytes *came, const struct sample *wanted, const char *what)
{
    cr_expect(came->length == wanted->length && memcmp(came->data, wanted->der, came->length) == 0,
        "%s: another certificate came (%zu bytes)", what, came->length);
}

void expect_present(struct forwarded *forwarded, const char *what, const char *source,
    const struct sample *leaf, const struct sample *const *chain)
{
    size_t i, count = 0;

    while (chain != NULL && chain[count] != NULL)
        count++;
    cr_expect_eq(forwarded->status, FORWARDED_PRESENT, "%s: expected a certificate, came %d: %s",
        what, (int)forwarded->status, forwarded->reason);
    if (forwarded->status == FORWARDED_PRESENT) {
        expect_bytes(&forwarded->leaf, leaf, what);
        cr_expect_str_eq(forwarded->source, source, "%s: source %s", what, forwarded->source);
        cr_expect_str_eq(forwarded->reason, "", "%s: %s", what, forwarded->reason);
        cr_expect_not_null(forwarded->encoding, "%s: no encoding", what);
        cr_expect_eq(forwarded->chain_count, count, "%s: expected %zu in the chain, came %zu", what,
            count, forwarded->chain_count);
        for (i = 0; i < count && i < forwarded->chain_count; i++)
            expect_bytes(&forwarded->chain[i], chain[i], what);
    }
    forwarded_free(forwarded);
}

void expect_malformed(struct forwarded *forwarded, const char *what, const char *words)
{
    cr_expect_eq(forwarded->status, FORWARDED_MALFORMED, "%s: expected \"%s\", came status %d",
        what, words, (int)forwarded->status);
    cr_expect_not_null(strstr(forwarded->reason, words), "%s: expected \"%s\", came \"%s\"", what,
        words, forwarded->reason);
    cr_expect_null(forwarded->leaf.data, "%s: a leaf is there", what);
    cr_expect_eq(forwarded->chain_count, 0, "%s: a chain is there", what);
    cr_expect_null(forwarded->encoding, "%s: an encoding is there", what);
    forwarded_free(forwarded);
}

void expect_absent(struct forwarded *forwarded, const char *what)
{
    cr_expect_eq(forwarded->status, FORWARDED_ABSENT, "%s: expected nothing, came %d: %s", what,
        (int)forwarded->status, forwarded->reason);
    cr_expect_str_eq(forwarded->source, "", "%s: source %s", what, forwarded->source);
    cr_expect_str_eq(forwarded->reason, "", "%s: reason %s", what, forwarded->reason);
    cr_expect_null(forwarded->encoding, "%s", what);
    forwarded_free(forwarded);
}

struct forwarded read_headers(
    const char *trusted, size_t xfcc_hop, char *one, char *two, char *three)
{
    char *parameters[] = {one, two, three, NULL};
    struct forwarded forwarded;
    size_t i;

    read_with(parameters, trusted, xfcc_hop, &forwarded);
    for (i = 0; i < 3; i++)
        free(parameters[i]);
    return forwarded;
}

void expect_header(const char *trusted, char *parameter, const char *source,
    const struct sample *wanted, const struct sample *const *chain)
{
    struct forwarded forwarded = read_headers(trusted, 0, parameter, NULL, NULL);

    expect_present(&forwarded, trusted, source, wanted, chain);
}

void expect_headers_refused(const char *trusted, char *one, char *two, const char *reason)
{
    struct forwarded forwarded = read_headers(trusted, 0, one, two, NULL);

    expect_malformed(&forwarded, trusted, reason);
}
