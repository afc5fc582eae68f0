/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp.h"
#include "base/clock.h"
#include "certificate/alloc_watch.h"
#include "ocsp/ocsp_cache.h"
#include "ocsp/ocsp_fetch.h"
#include "ocsp/ocsp_url.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct ocsp {
    const struct config *config; /* borrowed */
    struct ocsp_url url;         /* of --ocsp-url */
    bool has_url;
    struct ocsp_cache *cache;
    struct worker_slots *slots; /* borrowed */
    atomic_llong end;           /* nobody is waited for beyond (clock_milliseconds) */
};

static bool check_options(const struct config *config, struct ocsp_url *url, struct error *error)
{
    size_t i;

    if (config->ocsp_url == NULL && config->ocsp_allow.count == 0) {
        error_set(error, ERROR_USAGE,
            "--ocsp: no responder may be asked; name one with --ocsp-url, or with --ocsp-allow "
            "those that certificates may name");
        return false;
    }
    if (config->ocsp_url != NULL &&
        !ocsp_url_read(config->ocsp_url, strlen(config->ocsp_url), url)) {
        error_set(error, ERROR_USAGE, "--ocsp-url: must be http://HOST[:PORT][/PATH]");
        return false;
    }
    for (i = 0; i < config->ocsp_allow.count; i++) {
        if (!ocsp_url_check_allowed(config->ocsp_allow.items[i])) {
            error_set(error, ERROR_USAGE, "--ocsp-allow: must be HOST[:PORT]");
            return false;
        }
    }
    return true;
}

struct ocsp *ocsp_new(const struct config *config, struct worker_slots *slots, struct error *error)
{
    struct ocsp_url url = {.host = ""};
    struct ocsp *ocsp = NULL;

    if (!check_options(config, &url, error))
        return NULL;
    ocsp = calloc(1, sizeof(*ocsp));
    if (ocsp != NULL)
        ocsp->cache = ocsp_cache_new((unsigned)config->threads, worker_slots_processors(),
            config->ocsp_url != NULL ? 1 : config->ocsp_allow.count, slots);
    if (ocsp == NULL || ocsp->cache == NULL) {
        error_set(error, ERROR_MEMORY, "out of memory for OCSP");
        free(ocsp);
        return NULL;
    }
    ocsp->config = config;
    atomic_init(&ocsp->end, INT64_MAX);
    ocsp->slots = slots;
    ocsp->url = url;
    ocsp->has_url = config->ocsp_url != NULL;
    return ocsp;
}

void ocsp_free(struct ocsp *ocsp)
{
    if (ocsp == NULL)
        return;
    ocsp_cache_free(ocsp->cache);
    free(ocsp);
}

void ocsp_end(struct ocsp *ocsp, int64_t moment)
{
    if (ocsp != NULL)
        atomic_store(&ocsp->end, moment);
}

/* Why none of the addresses that a certificate names is asked: what is wrong with this one. */
static void refuse_address(
    const char *address, struct ocsp_url *url, struct ocsp_answer *answer, time_t now)
{
    char words[sizeof(answer->words)];

    if (strncasecmp(address, "https:", 6) == 0)
        (void)snprintf(words, sizeof(words), "%s",
            "the certificate names its responder by https, and only http is asked (the response is "
            "signed)");
    else if (!ocsp_url_read(address, strlen(address), url))
        (void)snprintf(words, sizeof(words), "%s",
            "the address of the responder in the certificate is not http://HOST[:PORT][/PATH]");
    else
        (void)snprintf(words, sizeof(words),
            "the responder %.60s:%s that the certificate names is not in --ocsp-allow (an entry "
            "without a port means port 80)",
            url->host, url->port);
    ocsp_answer_set(answer, OCSP_UNREACHED, now, words);
}

/* The first address that could be asked if it were allowed; otherwise the first one. */
static const char *most_usable(STACK_OF(OPENSSL_STRING) * named)
{
    struct ocsp_url url;
    int i;

    for (i = 0; i < sk_OPENSSL_STRING_num(named); i++) {
        const char *address = sk_OPENSSL_STRING_value(named, i);

        if (ocsp_url_read(address, strlen(address), &url))
            return address;
    }
    return sk_OPENSSL_STRING_value(named, 0);
}

/* X509_get1_ocsp takes what it cannot read, or what stands there twice, for nothing. */
static bool has_unreadable_access(const X509 *leaf)
{
    int critical = -1;
    AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(leaf, NID_info_access, &critical, NULL);
    bool unreadable = access == NULL && critical != -1;

    AUTHORITY_INFO_ACCESS_free(access);
    return unreadable;
}

/* Where to ask: --ocsp-url, else the first address in the certificate (RFC 5280 section 4.2.2.1)
 * that is one of ours and that --ocsp-allow names, whose place there is the responder's number. */
static bool choose_url(const struct ocsp *ocsp, X509 *leaf, struct ocsp_url *url, size_t *number,
    struct ocsp_answer *answer, time_t now)
{
    STACK_OF(OPENSSL_STRING) *named = NULL;
    bool found = false;
    int i;

    *url = ocsp->url;
    *number = 0;
    if (ocsp->has_url)
        return true;
    alloc_watch_clear();
    named = X509_get1_ocsp(leaf);
    for (i = 0; i < sk_OPENSSL_STRING_num(named) && !found; i++) {
        const char *words = sk_OPENSSL_STRING_value(named, i);

        found = ocsp_url_read(words, strlen(words), url) &&
                ocsp_url_is_allowed(url, &ocsp->config->ocsp_allow, number);
    }
    if (alloc_watch_failed()) {
        ocsp_answer_set(answer, OCSP_FAILED, now, "memory failed");
        found = false;
    } else if (!found && sk_OPENSSL_STRING_num(named) > 0) {
        refuse_address(most_usable(named), url, answer, now);
    } else if (!found) {
        ocsp_answer_set(answer, OCSP_UNREACHED, now,
            has_unreadable_access(leaf)
                ? "the authorityInfoAccess of the certificate cannot be read"
                : "the certificate names no responder");
    }
    X509_email_free(named);
    ERR_clear_error();
    return found;
}

/* Fetches without the worker's slot. */
static bool fetch(const struct ocsp *ocsp, const struct ocsp_url *url, const struct bytes *request,
    struct bytes *response, struct error *error)
{
    const struct ocsp_limit limit = {
        .deadline = clock_milliseconds() + ocsp->config->ocsp_timeout * INT64_C(1000),
        .end = &ocsp->end};
    bool good;

    worker_slots_leave(ocsp->slots);
    good = ocsp_fetch(url, request, &limit, response, error);
    return good;
}

static void ask_responder(const struct ocsp *ocsp, X509 *leaf, X509 *issuer,
    const struct ocsp_url *url, size_t number, const struct trust *trust,
    struct ocsp_answer *answer)
{
    struct ocsp_question question = {.request = NULL};
    struct bytes request = {.data = NULL}, response = {.data = NULL};
    struct error error = {.kind = ERROR_MEMORY};
    const int64_t began = clock_milliseconds();

    bool arrived = ocsp_question_make(&question, leaf, issuer, true) &&
                   ocsp_question_encode(&question, &request) &&
                   fetch(ocsp, url, &request, &response, &error);

    ocsp_cache_arrived(
        ocsp->cache, number, arrived || clock_milliseconds() - began < OCSP_GRACE_MS);
    if (arrived) {
        ocsp_answer_check(&question, &response, trust, ocsp->config, time(NULL), answer);
    } else if (error.kind == ERROR_INPUT) {
        char words[sizeof(answer->words)];

        (void)snprintf(
            words, sizeof(words), "the responder gave no usable response: %.160s", error.text);
        ocsp_answer_set(answer, OCSP_UNREACHED, time(NULL), words);
    } else {
        ocsp_answer_set(answer, OCSP_FAILED, time(NULL), "memory failed");
    }
    free(response.data);
    free(request.data);
    ocsp_question_free(&question);
}

static void find_answer(struct ocsp *ocsp, X509 *leaf, X509 *issuer, const struct trust *trust,
    time_t now, struct ocsp_answer *answer)
{
    struct ocsp_url url;
    struct ocsp_key key;
    size_t number;

    if (ocsp->config->at != NULL) {
        ocsp_answer_set(
            answer, OCSP_UNREACHED, now, "no responder is asked about another time (--at)");
        return;
    }
    if (!choose_url(ocsp, leaf, &url, &number, answer, now))
        return;
    if (!ocsp_key_make(&key, leaf, issuer, trust)) {
        ocsp_answer_set(answer, OCSP_FAILED, now, "memory failed");
        return;
    }
    switch (ocsp_cache_enter(ocsp->cache, number, &key, now,
        (int64_t)ocsp->config->ocsp_timeout * 1000 + 1000, answer)) {
    case OCSP_TURN_KNOWN:
        break;
    case OCSP_TURN_ASK:
        ask_responder(ocsp, leaf, issuer, &url, number, trust, answer);
        /* Whoever began to verify when this did may use it. */
        answer->from = now;
        ocsp_cache_leave(ocsp->cache, &key, answer);
        break;
    case OCSP_TURN_BUSY:
        ocsp_answer_set(
            answer, OCSP_UNREACHED, now, "too many requests wait for the responder already");
        answer->until = now; /* true of this moment alone */
        break;
    }
}

static void refuse(struct verdict *verdict, enum verdict_status status, int code, const char *words)
{
    const char *why = verdict_error_words(code);

    verdict->status = status;
    verdict->error_code = code;
    verdict->error_depth = 0;
    (void)snprintf(verdict->reason, sizeof(verdict->reason), "%s%s%s", why,
        words[0] != '\0' ? ": " : "", words);
}

static void apply_unknown(
    struct verdict *verdict, const struct ocsp_answer *answer, const struct config *config)
{
    int code = X509_V_ERR_OCSP_VERIFY_NEEDED;

    verdict->ocsp = VERDICT_OCSP_UNKNOWN;
    (void)snprintf(verdict->ocsp_words, sizeof(verdict->ocsp_words), "%s", answer->words);
    if (config->ocsp != CONFIG_OCSP_HARD)
        return;
    if (answer->result == OCSP_SAYS_UNKNOWN)
        code = X509_V_ERR_OCSP_CERT_UNKNOWN;
    else if (answer->result == OCSP_UNUSABLE)
        code = X509_V_ERR_OCSP_VERIFY_FAILED;
    if (answer->weak)
        verdict->cause = CAUSE_OCSP_WEAK;
    verdict->revocation = REVOCATION_UNKNOWN;
    refuse(verdict, VERDICT_REVOCATION_UNKNOWN, code,
        answer->result == OCSP_SAYS_UNKNOWN ? "" : answer->words);
}

static void apply(
    struct verdict *verdict, const struct ocsp_answer *answer, const struct config *config)
{
    if (answer->from > verdict->good_from)
        verdict->good_from = answer->from;
    if (answer->until < verdict->good_until)
        verdict->good_until = answer->until;
    verdict->ocsp_this_update = answer->this_update;
    verdict->ocsp_next_update = answer->next_update;
    switch (answer->result) {
    case OCSP_SAYS_GOOD:
        verdict->ocsp = VERDICT_OCSP_GOOD;
        verdict->revocation = REVOCATION_GOOD;
        break;
    case OCSP_SAYS_REVOKED:
        verdict->ocsp = VERDICT_OCSP_REVOKED;
        verdict->revocation = REVOCATION_REVOKED;
        verdict->revoked_at = answer->revoked_at;
        verdict->revocation_reason = answer->reason;
        verdict->crl_this_update = 0;
        verdict->crl_next_update = 0;
        refuse(verdict, VERDICT_REVOKED, X509_V_ERR_CERT_REVOKED, "");
        break;
    case OCSP_FAILED:
        verdict_set(verdict, VERDICT_NOT_JUDGED, verdict->checked_at, "it could not be judged");
        break;
    case OCSP_SAYS_UNKNOWN:
    case OCSP_UNUSABLE:
    case OCSP_UNREACHED:
        apply_unknown(verdict, answer, config);
        break;
    }
}

void ocsp_ask(
    struct ocsp *ocsp, X509 *leaf, X509 *issuer, const struct trust *trust, struct verdict *verdict)
{
    struct ocsp_answer answer;

    if (ocsp == NULL || verdict->status != VERDICT_VALID)
        return;
    find_answer(ocsp, leaf, issuer, trust, verdict->checked_at, &answer);
    apply(verdict, &answer, ocsp->config);
}
