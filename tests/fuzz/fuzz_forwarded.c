/* SPDX-License-Identifier: ISC */
/* Fuzzes what a front server forwards: the first two bytes choose two variables, a bar in the rest
 * divides their values. The rest is also decoded as one value. */
#include "forwarded/forwarded.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
static const char *const names[] = {"SSL_CLIENT_CERT", "SSL_CLIENT_CERT_CHAIN",
    "SSL_CLIENT_CERT_CHAIN_0", "SSL_CLIENT_VERIFY", "HTTP_CLIENT_CERT", "HTTP_CLIENT_CERT_CHAIN",
    "HTTP_X_FORWARDED_CLIENT_CERT", "HTTP_X_FORWARDED_TLS_CLIENT_CERT",
    "HTTP_X_AMZN_MTLS_CLIENTCERT", "HTTP_CHAIN", "HTTP_OTHER"};
static const char *const trusted[] = {"Client-Cert", "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert", "X-Amzn-Mtls-Clientcert", "Chain:base64-der-chain", "Other"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
    if (!fine)
        abort();
}

static void check(struct forwarded *forwarded)
{
    must((forwarded->status == FORWARDED_PRESENT) == (forwarded->leaf.data != NULL));
    must((forwarded->status == FORWARDED_MALFORMED) == (forwarded->reason[0] != '\0'));
    must(forwarded->status != FORWARDED_FAILED);
    must(forwarded->leaf.length <= CERTIFICATE_MAX_DER);
    must(forwarded->chain_count == 0 || forwarded->leaf.data != NULL);
    forwarded_free(forwarded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct forwarded_options options;
    char *parameters[3] = {NULL}, *value = NULL;
    struct forwarded forwarded;
    size_t i, half;

    for (i = 0; i < COUNT(trusted) && options.header_count < COUNT(trusted) + 1; i++)
        must(forwarded_options_add(&options, trusted[i], NULL));
    if (size < 2)
        return 0;
    forwarded_decode_value((const char *)data + 2, size - 2, &forwarded);
    check(&forwarded);
    must(asprintf(&value, "%.*s", (int)(size - 2), (const char *)data + 2) >= 0);
    half = strcspn(value, "|");
    must(asprintf(&parameters[0], "%s=%.*s", names[data[0] % COUNT(names)], (int)half, value) > 0);
    half += value[half] == '|' ? 1 : 0;
    must(asprintf(&parameters[1], "%s=%s", names[data[1] % COUNT(names)], value + half) > 0);
    forwarded_read(parameters, &options, &forwarded);
    check(&forwarded);
    free(parameters[0]);
    free(parameters[1]);
    free(value);
    return 0;
}
