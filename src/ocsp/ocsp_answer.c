/* SPDX-License-Identifier: ISC */
#include "ocsp/ocsp_answer.h"
#include "certificate/alloc_watch.h"
#include "certificate/der.h"
#include "certificate/identity.h"
#include "ocsp/ocsp_signer.h"
#include "verify/verify_revocation.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONCE_BYTES 32
#define DER_CONTEXT_0 0xA0

bool ocsp_question_make(struct ocsp_question *question, X509 *leaf, X509 *issuer, bool with_nonce)
{
    OCSP_CERTID *id = NULL;

    *question = (struct ocsp_question){.leaf = leaf, .issuer = issuer};
    alloc_watch_clear();
    question->request = OCSP_REQUEST_new();
    id = OCSP_cert_to_id(EVP_sha1(), leaf, issuer);
    if (question->request == NULL || id == NULL ||
        OCSP_request_add0_id(question->request, id) == NULL) {
        OCSP_CERTID_free(id);
        goto fail;
    }
    question->id = id;
    if (with_nonce && OCSP_request_add1_nonce(question->request, NULL, NONCE_BYTES) != 1)
        goto fail;
    if (!alloc_watch_failed())
        return true;

fail:
    ocsp_question_free(question);
    ERR_clear_error();
    return false;
}

void ocsp_question_free(struct ocsp_question *question)
{
    OCSP_REQUEST_free(question->request);
    *question = (struct ocsp_question){.request = NULL};
}

bool ocsp_question_encode(const struct ocsp_question *question, struct bytes *bytes)
{
    int length = i2d_OCSP_REQUEST(question->request, NULL);
    unsigned char *at;

    *bytes = (struct bytes){.length = 0};
    if (length <= 0)
        return false;
    bytes->data = malloc((size_t)length);
    if (bytes->data == NULL)
        return false;
    bytes->length = (size_t)length;
    at = bytes->data;
    if (i2d_OCSP_REQUEST(question->request, &at) == length)
        return true;
    free(bytes->data);
    bytes->data = NULL;
    return false;
}

void ocsp_answer_set(
    struct ocsp_answer *answer, enum ocsp_result result, time_t now, const char *words)
{
    *answer = (struct ocsp_answer){.result = result, .from = now, .until = now + OCSP_FAILURE_KEEP};
    (void)snprintf(answer->words, sizeof(answer->words), "%s", words);
}

/* RFC 6960 section 4.2.1; NULL when it is successful. */
static const char *status_words(int status)
{
    switch (status) {
    case OCSP_RESPONSE_STATUS_SUCCESSFUL:
        return NULL;
    case OCSP_RESPONSE_STATUS_MALFORMEDREQUEST:
        return "the responder does not understand the request";
    case OCSP_RESPONSE_STATUS_INTERNALERROR:
        return "the responder has an internal error";
    case OCSP_RESPONSE_STATUS_TRYLATER:
        return "the responder says: try later";
    case OCSP_RESPONSE_STATUS_SIGREQUIRED:
        return "the responder requires signed requests";
    case OCSP_RESPONSE_STATUS_UNAUTHORIZED:
        return "the responder says that it does not answer for this certificate";
    default:
        return "the responder answers with an unknown status";
    }
}

static const char not_ocsp[] = "what came is not an OCSP response";

/* The BasicOCSPResponse in a response (RFC 6960 section 4.2.1), without its header; empty when
 * there is none. */
static bool find_basic(const struct bytes *bytes, struct der_span *basic)
{
    static const unsigned char basic_type[] = {
        0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01}; /* id-pkix-ocsp-basic */
    struct der_span all = {bytes->data, bytes->length}, response, part, typed, type;

    *basic = (struct der_span){.length = 0};
    if (!der_take(&all, DER_SEQUENCE, &response) || !der_take(&response, DER_ENUMERATED, &part))
        return false;
    if (response.length == 0)
        return true;
    if (!der_take(&response, DER_CONTEXT_0, &part) || !der_take(&part, DER_SEQUENCE, &typed) ||
        !der_take(&typed, DER_OBJECT_IDENTIFIER, &type))
        return false;
    if (type.length != sizeof(basic_type) || memcmp(type.at, basic_type, type.length) != 0)
        return true;
    return der_take(&typed, DER_OCTET_STRING, &part) && der_take(&part, DER_SEQUENCE, basic);
}

/* The certificates that a response carries; false when it is not DER. */
static bool find_carried(const struct bytes *bytes, struct der_span *certificates)
{
    struct der_span basic, part, algorithm;

    *certificates = (struct der_span){.length = 0};
    if (!find_basic(bytes, &basic))
        return false;
    if (basic.length == 0)
        return true;
    if (!der_take(&basic, DER_SEQUENCE, &part) || !der_take(&basic, DER_SEQUENCE, &algorithm) ||
        !der_take(&basic, DER_BIT_STRING, &part))
        return false;
    return basic.length == 0 ||
           (der_take(&basic, DER_CONTEXT_0, &part) && der_take(&part, DER_SEQUENCE, certificates));
}

/* No error: there are too many of them, or what is no certificate. */
static void refuse_carried(struct ocsp_answer *answer, const struct error *error, time_t now)
{
    char words[sizeof(answer->words)];

    if (error->kind == ERROR_MEMORY) {
        ocsp_answer_set(answer, OCSP_FAILED, now, "memory failed");
        return;
    }
    (void)snprintf(words, sizeof(words),
        "a certificate that the answer carries cannot be used: %.130s",
        error->kind != ERROR_NONE ? error->text : "there are more than a chain has, or it is none");
    ocsp_answer_set(answer, OCSP_UNUSABLE, now, words);
}

/* libcrypto decodes what a response carries before it is known who signed it, and anybody on the
 * way may have written it: the limits for what clients send hold here, too. Otherwise sets the
 * answer.
 */
static bool check_carried(const struct bytes *bytes, struct ocsp_answer *answer, time_t now)
{
    struct der_span certificates, part;
    int count = 0;

    if (!find_carried(bytes, &certificates)) {
        ocsp_answer_set(answer, OCSP_UNUSABLE, now, not_ocsp);
        return false;
    }
    while (certificates.length > 0) {
        const unsigned char *begins = certificates.at;
        struct error error = {.kind = ERROR_NONE};
        X509 *certificate = NULL;

        if (der_take(&certificates, DER_SEQUENCE, &part) && ++count <= CERTIFICATE_MAX_CHAIN)
            certificate = certificate_decode(begins, (size_t)(certificates.at - begins), &error);
        if (certificate == NULL) {
            refuse_carried(answer, &error, now);
            return false;
        }
        X509_free(certificate);
    }
    return true;
}

/* Decodes; NULL with the words. d2i takes bytes after the response: here it must end at the end. */
static OCSP_BASICRESP *decode(const struct bytes *bytes, const char **words)
{
    const unsigned char *at = bytes->data;
    OCSP_RESPONSE *response = NULL;
    OCSP_BASICRESP *basic = NULL;

    *words = not_ocsp;
    if (bytes->length > 0)
        response = d2i_OCSP_RESPONSE(NULL, &at, (long)bytes->length);
    if (response == NULL || at != bytes->data + bytes->length)
        goto out;
    *words = status_words(OCSP_response_status(response));
    if (*words != NULL)
        goto out;
    basic = OCSP_response_get1_basic(response);
    if (basic == NULL)
        *words = "the response is of an unknown type";

out:
    OCSP_RESPONSE_free(response);
    return basic;
}

static long nid_of(X509_EXTENSION *extension)
{
    return OBJ_obj2nid(X509_EXTENSION_get_object(extension));
}

/* RFC 6960 section 4.4: what is critical and not understood must not be passed over. */
static bool has_unknown_critical(OCSP_BASICRESP *basic)
{
    int at = OCSP_BASICRESP_get_ext_by_critical(basic, 1, -1), i;

    for (; at >= 0; at = OCSP_BASICRESP_get_ext_by_critical(basic, 1, at)) {
        if (nid_of(OCSP_BASICRESP_get_ext(basic, at)) != NID_id_pkix_OCSP_Nonce)
            return true;
    }
    for (i = 0; i < OCSP_resp_count(basic); i++) {
        if (OCSP_SINGLERESP_get_ext_by_critical(OCSP_resp_get0(basic, i), 1, -1) >= 0)
            return true;
    }
    return false;
}

static time_t seconds_of(const ASN1_GENERALIZEDTIME *date)
{
    time_t seconds = 0;

    return date != NULL && identity_time(date, &seconds) ? seconds : 0;
}

/* Whether a response is about the certificate. It may hash names and keys otherwise than the
 * question did (RFC 6960 section 4.1.1); the serial number is looked at first, since each hash
 * takes time. */
static bool is_about(const struct ocsp_question *question, OCSP_SINGLERESP *single)
{
    OCSP_CERTID *id = (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single), *ours = NULL;
    ASN1_OBJECT *algorithm = NULL;
    ASN1_INTEGER *serial = NULL;
    const EVP_MD *digest;
    bool same;

    if (OCSP_id_cmp(id, question->id) == 0)
        return true;
    if (OCSP_id_get0_info(NULL, &algorithm, NULL, &serial, id) != 1 ||
        ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(question->leaf)) != 0)
        return false;
    digest = EVP_get_digestbyobj(algorithm);
    ours = digest != NULL ? OCSP_cert_to_id(digest, question->leaf, question->issuer) : NULL;
    same = ours != NULL && OCSP_id_cmp(id, ours) == 0;
    OCSP_CERTID_free(ours);
    return same;
}

/* Reads what the response says of the certificate. Were there several entries, the one that says
 * the worst would count. -1 when there is none, else V_OCSP_CERTSTATUS_... */
static int read_status(
    const struct ocsp_question *question, OCSP_BASICRESP *basic, struct ocsp_answer *answer)
{
    int found = -1, at;

    for (at = 0; at < OCSP_resp_count(basic) && found != V_OCSP_CERTSTATUS_REVOKED; at++) {
        ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, at);
        int reason = -1, status;

        if (!is_about(question, single))
            continue;
        status = OCSP_single_get0_status(single, &reason, &revoked, &this_update, &next_update);
        if (found >= 0 && status == V_OCSP_CERTSTATUS_GOOD)
            continue;
        found = status;
        answer->this_update = seconds_of(this_update);
        answer->next_update = seconds_of(next_update);
        answer->revoked_at = seconds_of(revoked);
        answer->reason = revocation_reason_name(reason);
    }
    return found;
}

/* RFC 6960 section 4.2.2.1, and the extensions of section 4.4. NULL when the answer is for now, and
 * wholly understood. */
static const char *find_staleness(const struct ocsp_question *question, OCSP_BASICRESP *basic,
    const struct config *config, time_t now, const struct ocsp_answer *answer)
{
    int nonce = OCSP_check_nonce(question->request, basic);

    if (has_unknown_critical(basic))
        return "the answer has a critical extension that is not understood";
    if (nonce == 0)
        return "the answer is to another question: its nonce is not ours";
    if (nonce < 0 && config->ocsp_nonce != CONFIG_OCSP_NONCE_OPTIONAL)
        return "the answer does not repeat our nonce: it may be an old one";
    if (answer->this_update == 0)
        return "the answer's thisUpdate cannot be read";
    if (answer->next_update == 0)
        return "the answer has no nextUpdate";
    if (answer->next_update <= answer->this_update)
        return "the answer's nextUpdate is not after its thisUpdate";
    if (answer->this_update > now + OCSP_MAX_SKEW)
        return "the answer is not yet valid";
    if (answer->next_update <= now || now - answer->this_update > OCSP_MAX_AGE)
        return "the answer is stale";
    return NULL;
}

/* What an authentic response says. That a certificate is revoked counts in any case. */
static void judge(const struct ocsp_question *question, OCSP_BASICRESP *basic,
    const struct config *config, time_t now, struct ocsp_answer *answer)
{
    struct ocsp_answer read = {.result = OCSP_UNUSABLE};
    int status = read_status(question, basic, &read);
    const char *words = find_staleness(question, basic, config, now, &read);

    if (status < 0) {
        ocsp_answer_set(answer, OCSP_UNUSABLE, now, "the answer is about another certificate");
        return;
    }
    read.from = now;
    read.until = now + (words == NULL ? OCSP_MAX_KEEP : OCSP_FAILURE_KEEP);
    if (words == NULL && read.next_update < read.until)
        read.until = read.next_update;
    if (status == V_OCSP_CERTSTATUS_REVOKED)
        read.result = OCSP_SAYS_REVOKED;
    else if (words != NULL)
        read.result = OCSP_UNUSABLE;
    else if (status == V_OCSP_CERTSTATUS_GOOD)
        read.result = OCSP_SAYS_GOOD;
    if (read.result == OCSP_SAYS_REVOKED || read.result == OCSP_SAYS_GOOD)
        *answer = read;
    else if (words != NULL)
        ocsp_answer_set(answer, OCSP_UNUSABLE, now, words);
    else
        ocsp_answer_set(
            answer, OCSP_SAYS_UNKNOWN, now, "the responder does not know the certificate");
}

void ocsp_answer_check(const struct ocsp_question *question, const struct bytes *response,
    const struct trust *trust, const struct config *config, time_t now, struct ocsp_answer *answer)
{
    struct ocsp_fault fault = {.weak = false};
    const char *words = NULL;
    OCSP_BASICRESP *basic = NULL;

    if (!check_carried(response, answer, now))
        return;
    alloc_watch_clear();
    ERR_clear_error();
    basic = decode(response, &words);
    if (words == NULL && !ocsp_signer_check(question, basic, trust, config, now, &fault))
        words = fault.words;
    if (words != NULL)
        ocsp_answer_set(answer, OCSP_UNUSABLE, now, words);
    else
        judge(question, basic, config, now, answer);
    answer->weak = fault.weak;
    if (alloc_watch_explains_errors())
        ocsp_answer_set(answer, OCSP_FAILED, now, "memory failed");
    OCSP_BASICRESP_free(basic);
    ERR_clear_error();
}
