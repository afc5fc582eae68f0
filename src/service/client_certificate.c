/* SPDX-License-Identifier: ISC */
#include "service/client_certificate.h"
#include "certificate/certificate.h"

/* Only the input's own fault is told as such. */
static void set_failure(const struct error *error, time_t now, struct verdict *verdict)
{
    if (error->kind == ERROR_INPUT)
        verdict_set(verdict, VERDICT_MALFORMED, now, error->text);
    else
        verdict_set(verdict, VERDICT_NOT_JUDGED, now, "it could not be judged");
}

static bool decode_chain(
    struct client_certificate *client, const struct forwarded *forwarded, struct error *error)
{
    struct error inner = {.kind = ERROR_NONE};
    size_t i;

    if (forwarded->chain_count == 0)
        return true;
    client->chain = sk_X509_new_null();
    if (client->chain == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory for a chain");
        return false;
    }
    for (i = 0; i < forwarded->chain_count; i++) {
        X509 *certificate =
            certificate_decode(forwarded->chain[i].data, forwarded->chain[i].length, &inner);

        if (certificate == NULL) {
            error_set(error, inner.kind, "certificate %zu of its chain: %s", i + 1, inner.text);
            return false;
        }
        if (sk_X509_push(client->chain, certificate) <= 0) {
            X509_free(certificate);
            error_set(error, ERROR_MEMORY, "out of memory for a chain");
            return false;
        }
    }
    return true;
}

/* Decodes the leaf and its chain. */
static bool decode(
    struct client_certificate *client, const struct forwarded *forwarded, struct error *error)
{
    if (client->certificate != NULL)
        return true;
    client->certificate = certificate_decode(forwarded->leaf.data, forwarded->leaf.length, error);
    return client->certificate != NULL && decode_chain(client, forwarded, error);
}

bool client_certificate_decode(struct client_certificate *client, const struct forwarded *forwarded,
    time_t now, struct verdict *verdict)
{
    struct error error = {.kind = ERROR_NONE};

    switch (forwarded->status) {
    case FORWARDED_ABSENT:
        verdict_set(verdict, VERDICT_ABSENT, now, "no client certificate was sent");
        return false;
    case FORWARDED_MALFORMED:
        verdict_set(verdict, VERDICT_MALFORMED, now, forwarded->reason);
        return false;
    case FORWARDED_PRESENT:
        break;
    case FORWARDED_FAILED:
    default:
        verdict_set(verdict, VERDICT_NOT_JUDGED, now, "it could not be judged");
        return false;
    }
    if (decode(client, forwarded, &error)) {
        if (client->identity == NULL)
            client->identity = identity_read(client->certificate, &forwarded->leaf, &error);
        if (client->identity != NULL)
            return true;
    }
    set_failure(&error, now, verdict);
    return false;
}

void client_certificate_free(struct client_certificate *client)
{
    identity_free(client->identity);
    X509_free(client->certificate);
    sk_X509_pop_free(client->chain, X509_free);
    *client = (struct client_certificate){.certificate = NULL};
}
