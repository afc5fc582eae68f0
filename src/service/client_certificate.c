#include "service/client_certificate.h"
#include "certificate/certificate.h"

#include <stdio.h>

static void set_malformed(
    struct forwarded *forwarded, time_t now, const char *reason, struct verdict *verdict)
{
    forwarded->status = FORWARDED_MALFORMED;
    (void)snprintf(forwarded->reason, sizeof(forwarded->reason), "%.*s",
        (int)sizeof(forwarded->reason) - 1, reason);
    verdict_set(verdict, VERDICT_MALFORMED, now, forwarded->reason);
}

/* Only the input's own fault is told as such. */
static void set_failure(
    struct forwarded *forwarded, time_t now, const struct error *error, struct verdict *verdict)
{
    if (error->kind == ERROR_INPUT)
        set_malformed(forwarded, now, error->text, verdict);
    else
        verdict_set(verdict, VERDICT_NOT_JUDGED, now, "it could not be judged");
}

static bool decode_chain(
    struct client_certificate *presented, const struct forwarded *forwarded, struct error *error)
{
    struct error inner = {.kind = ERROR_NONE};
    size_t i;

    if (forwarded->chain_count == 0)
        return true;
    presented->chain = sk_X509_new_null();
    if (presented->chain == NULL) {
        error_set(error, ERROR_MEMORY, "want of memory for a chain");
        return false;
    }
    for (i = 0; i < forwarded->chain_count; i++) {
        X509 *certificate =
            certificate_decode(forwarded->chain[i].data, forwarded->chain[i].length, &inner);

        if (certificate == NULL) {
            error_set(error, inner.kind, "certificate %zu of its chain: %s", i + 1, inner.text);
            return false;
        }
        if (sk_X509_push(presented->chain, certificate) <= 0) {
            X509_free(certificate);
            error_set(error, ERROR_MEMORY, "want of memory for a chain");
            return false;
        }
    }
    return true;
}

bool client_certificate_decode(struct client_certificate *presented, struct forwarded *forwarded,
    time_t now, struct verdict *verdict)
{
    struct error error = {.kind = ERROR_NONE};

    *presented = (struct client_certificate){.certificate = NULL};
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
    presented->certificate =
        certificate_decode(forwarded->leaf.data, forwarded->leaf.length, &error);
    if (presented->certificate != NULL && decode_chain(presented, forwarded, &error)) {
        presented->identity = identity_read(presented->certificate, &error);
        if (presented->identity != NULL)
            return true;
    }
    set_failure(forwarded, now, &error, verdict);
    return false;
}

void client_certificate_free(struct client_certificate *presented)
{
    identity_free(presented->identity);
    X509_free(presented->certificate);
    sk_X509_pop_free(presented->chain, X509_free);
    *presented = (struct client_certificate){.certificate = NULL};
}
