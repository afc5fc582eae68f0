/* SPDX-License-Identifier: ISC */
/* Fuzzes X-Forwarded-Client-Cert as proxies write it around what a client may choose. The first
 * byte says who writes what, the rest is the client's:
 *   0  the header of a proxy that replaces it; the client's are the characters behind URI=
 *   1  the same; the client's is a subject, between quotes, its quotes escaped
 *   2  the element that a proxy appends to the client's header (--xfcc-hop 0)
 *   3  the elements that two proxies append to the client's header (--xfcc-hop 1)
 *   4  all of it, with the hop that the next bits say
 *   5  the header of a proxy that replaces it and forwards no certificate: subject and URI, which
 *      the first line end divides, are the client's; no leaf comes out
 *   6  the same, and the last element counts (--xfcc-hop 0)
 * With 8 the proxy writes Chain too. In 0 to 3 the leaf that comes out, if any does, is
 * the one that the proxy wrote. */
#include "forwarded/forwarded.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* DER of a SEQUENCE; what is in it does not matter here. */
#define PEM(base64) "-----BEGIN%20CERTIFICATE-----%0A" base64 "%0A-----END%20CERTIFICATE-----%0A"
#define OURS PEM("MAUwAwIBAQ==")
#define HASH "0123456789abcdef0123456789ABCDEF" /* half of one */
#define NEXT PEM("MAUwAwIBAw==")
static const unsigned char our_der[] = {0x30, 5, 0x30, 3, 2, 1, 1};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
    if (!fine)
        abort();
}

/* As Envoy does: a double quote becomes \". Returns a string to be freed. */
static char *escape(const char *text)
{
    char *escaped = malloc(2 * strlen(text) + 1), *to = escaped;

    must(escaped != NULL);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            *to++ = '\\';
        *to++ = *text;
    }
    *to = '\0';
    return escaped;
}

/* As RFC 2253 does: a double quote and a backslash get a backslash before them. */
static char *escape_subject(const char *text)
{
    char *escaped = malloc(2 * strlen(text) + 1), *to = escaped;

    must(escaped != NULL);
    for (; *text != '\0' && *text != '\n'; text++) {
        if (*text == '"' || *text == '\\')
            *to++ = '\\';
        *to++ = *text;
    }
    *to = '\0';
    return escaped;
}

/* The header, as a parameter to be freed. */
static char *write_header(unsigned how, const char *client)
{
    const char *chain = (how & 8) != 0 ? ";Chain=\"" OURS NEXT "\"" : "";
    const char *name = "HTTP_X_FORWARDED_CLIENT_CERT=";
    char *header = NULL, *escaped = escape(client), *subject = escape_subject(client);
    const char *uri = strchr(client, '\n');
    int length = 0;

    switch (how & 7) {
    case 0:
        length = asprintf(
            &header, "%sBy=spiffe://a;Hash=00;Cert=\"%s\"%s;URI=%s", name, OURS, chain, client);
        break;
    case 1:
        length = asprintf(
            &header, "%sHash=00;Cert=\"%s\"%s;Subject=\"%s\";URI=", name, OURS, chain, escaped);
        break;
    case 2:
        length = asprintf(&header, "%s%s,Hash=00;Cert=\"%s\"%s", name, client, OURS, chain);
        break;
    case 3:
        length = asprintf(&header, "%s%s,Hash=00;Cert=\"%s\"%s,Hash=01;Cert=\"%s\"", name, client,
            OURS, chain, NEXT);
        break;
    case 5:
    case 6:
        length = asprintf(&header, "%sBy=spiffe://a;Hash=%s%s;Subject=\"%s\";URI=%s", name, HASH,
            HASH, subject, uri != NULL ? uri + 1 : "");
        break;
    default:
        length = asprintf(&header, "%s%s", name, client);
        break;
    }
    must(length > 0);
    free(subject);
    free(escaped);
    return header;
}

static void check(const struct forwarded *forwarded, bool is_ours)
{
    must(forwarded->status == FORWARDED_PRESENT || forwarded->status == FORWARDED_MALFORMED ||
         forwarded->status == FORWARDED_ABSENT);
    must((forwarded->status == FORWARDED_PRESENT) == (forwarded->leaf.data != NULL));
    must((forwarded->status == FORWARDED_MALFORMED) == (forwarded->reason[0] != '\0'));
    must(forwarded->chain_count == 0 || forwarded->leaf.data != NULL);
    must(!is_ours || forwarded->leaf.data == NULL ||
         (forwarded->leaf.length == sizeof(our_der) &&
             memcmp(forwarded->leaf.data, our_der, sizeof(our_der)) == 0));
    must(!is_ours || forwarded->status != FORWARDED_ABSENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct forwarded_options options;
    struct forwarded forwarded;
    char *client, *parameters[2] = {NULL};
    bool names_alone;
    unsigned how;

    if (options.header_count == 0)
        must(forwarded_options_add(&options, "X-Forwarded-Client-Cert", NULL));
    if (size == 0)
        return 0;
    how = data[0];
    must(asprintf(&client, "%.*s", (int)(size - 1), (const char *)data + 1) >= 0);
    names_alone = (how & 7) == 5 || (how & 7) == 6;
    options.has_xfcc_hop = (how & 7) == 2 || (how & 7) == 3 || (how & 7) == 6 ||
                           ((how & 7) > 3 && !names_alone && (how & 16) != 0);
    options.xfcc_hop = (how & 7) > 3 && !names_alone ? how >> 5 : (how & 7) == 3;
    parameters[0] = write_header(how, client);
    forwarded_read(parameters, &options, &forwarded);
    check(&forwarded, (how & 7) <= 3);
    must(!names_alone || forwarded.status == FORWARDED_MALFORMED);
    if ((how & 7) < 2 && client[0] == '\0')
        must(forwarded.status == FORWARDED_PRESENT);
    forwarded_free(&forwarded);
    free(parameters[0]);
    free(client);
    return 0;
}
