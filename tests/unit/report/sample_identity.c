/* SPDX-License-Identifier: ISC */
#include "unit/report/sample_identity.h"
#include "config/config.h"
#include "unit/pki/pki.h"

#include <criterion/criterion.h>
#include <stdio.h>

static char subject[] = "CN=Dan Example,OU=Ops,O=Acme,C=GB";
static char issuer[] = "CN=Acme CA,O=Acme";
static char serial[] = "1001", serial_decimal[] = "4097";
static char not_before[] = "2026-11-23T17:57:38Z", not_after[] = "2027-11-23T17:57:38Z";
static char fingerprint[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static char spki[] = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";
static char public_key[] = "EC prime256v1 256 bits", algorithm[] = "ecdsa-with-SHA256";
static char subject_key_id[] = "AB:CD", authority_key_id[] = "01:23";
static char type_c[] = "C", gb[] = "GB", type_o[] = "O", acme[] = "Acme", type_ou[] = "OU",
            ops[] = "Ops", type_cn[] = "CN", dan[] = "Dan Example";
static struct identity_part parts[] = {
    {type_c, gb}, {type_o, acme}, {type_ou, ops}, {type_cn, dan}};
static char dns[] = "DNS:dan.example", uri[] = "URI:http://x, DNS:admin.example";
static char *names[] = {dns, uri};
static char signature[] = "digitalSignature", agreement[] = "keyAgreement";
static char *usages[] = {signature, agreement};
static char client_auth[] = "clientAuth";
static char *extended_usages[] = {client_auth};
static char oid[] = "1.2.3.4";
static char *unknown[] = {oid};

time_t sample_time(const char *moment)
{
    time_t seconds = 0;

    pki_must(config_parse_time(moment, &seconds), moment);
    return seconds;
}

void sample_plain_identity(struct identity *identity)
{
    *identity = (struct identity){
        .subject = subject,
        .issuer = issuer,
        .subject_parts = parts,
        .subject_part_count = sizeof(parts) / sizeof(parts[0]),
        .serial = serial,
        .serial_decimal = serial_decimal,
        .version = 1,
        .not_before = not_before,
        .not_after = not_after,
        .not_before_time = sample_time(not_before),
        .not_after_time = sample_time(not_after),
        .not_before_known = true,
        .not_after_known = true,
        .sha256_fingerprint = fingerprint,
        .spki_sha256 = spki,
        .public_key = public_key,
        .signature_algorithm = algorithm,
    };
}

void sample_identity(struct identity *identity)
{
    sample_plain_identity(identity);
    identity->version = 3;
    identity->subject_replaced = true;
    identity->subject_alt_names = (struct identity_list){names, 2, true, false};
    identity->key_usage = (struct identity_list){usages, 2, true, true};
    identity->extended_key_usage = (struct identity_list){extended_usages, 1, true, false};
    identity->unknown_extensions = (struct identity_list){unknown, 1, true, false};
    identity->subject_key_id = subject_key_id;
    identity->authority_key_id = authority_key_id;
}

void sample_forwarded(struct forwarded *forwarded, const char *front)
{
    *forwarded = (struct forwarded){
        .status = FORWARDED_PRESENT,
        .source = "SSL_CLIENT_CERT",
        .encoding = "PEM",
        .has_front_verify = front != NULL,
    };
    (void)snprintf(
        forwarded->front_verify, sizeof(forwarded->front_verify), "%s", front != NULL ? front : "");
}

struct report sample_report(enum report_format format, bool plain, struct identity *identity,
    struct forwarded *forwarded, const char *front)
{
    if (plain)
        sample_plain_identity(identity);
    else
        sample_identity(identity);
    sample_forwarded(forwarded, front);
    return (struct report){
        .format = format, .forwarded = forwarded, .identity = identity, .warn_days = 30};
}

void sample_verdict(struct verdict *verdict, enum verdict_status status, const char *moment)
{
    *verdict =
        (struct verdict){.status = status, .error_depth = -1, .checked_at = sample_time(moment)};
}

struct verdict sample_good_verdict(const char *moment)
{
    struct verdict verdict;

    sample_verdict(&verdict, VERDICT_VALID, moment);
    verdict.chain_length = 2;
    (void)snprintf(verdict.anchor, sizeof(verdict.anchor), "CN=Acme CA,O=Acme");
    verdict.revocation = REVOCATION_GOOD;
    verdict.crl_this_update = sample_time("2026-11-24");
    verdict.crl_next_update = sample_time("2026-11-25");
    return verdict;
}

struct verdict sample_revoked_verdict(const char *moment)
{
    struct verdict verdict = sample_good_verdict(moment);

    verdict.status = VERDICT_REVOKED;
    verdict.error_code = X509_V_ERR_CERT_REVOKED;
    verdict.error_depth = 0;
    verdict.revocation = REVOCATION_REVOKED;
    verdict.revoked_at = sample_time("2026-11-24T12:00:00Z");
    verdict.revocation_reason = "keyCompromise";
    (void)snprintf(verdict.reason, sizeof(verdict.reason), "the certificate was revoked");
    return verdict;
}

void sample_expect_text(const char *came, const char *wanted)
{
    cr_expect_str_eq(came, wanted, "expected:\n%s\ncame:\n%s", wanted, came);
}

void sample_expect_verdict(
    const struct report *report, const struct verdict *verdict, const char *wanted)
{
    struct text text = {.limit = 0};

    report_append_verdict(&text, report, verdict);
    cr_expect(!text.failed);
    sample_expect_text(text_string(&text), wanted);
    text_free(&text);
}
