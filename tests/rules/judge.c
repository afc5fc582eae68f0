/* SPDX-License-Identifier: ISC */
/* Judges cases in bulk for property.py: each line of standard input is a JSON object with the text
 * of rules, certificates and requests; each line of standard output has the decisions. In the rules
 * `@sha256:N@` is the digest of the Nth certificate, `@spki:N@` that of the Nth key,
 * `@ca-sha256:NAME@` and `@ca-spki:NAME@` those of a CA; the answer tells these digests. */
#include "base/text.h"
#include "certificate/alloc_watch.h"
#include "unit/rules/rules_world.h"

#include <jansson.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* {"subject": [[["CN", "a"], ["UID", "b"]], ...]}: the first RDN first. */
static void set_subject(X509 *certificate, const json_t *rdns)
{
    X509_NAME *name = X509_NAME_new();
    size_t i, j;

    for (i = 0; i < json_array_size(rdns); i++) {
        const json_t *rdn = json_array_get(rdns, i);

        for (j = 0; j < json_array_size(rdn); j++) {
            const json_t *part = json_array_get(rdn, j);
            const char *value = json_string_value(json_array_get(part, 1));

            pki_name_add(name, json_string_value(json_array_get(part, 0)), V_ASN1_UTF8STRING, value,
                strlen(value), j > 0);
        }
    }
    pki_must(X509_set_subject_name(certificate, name) == 1, "a subject");
    X509_NAME_free(name);
}

static ASN1_STRING *make_string(int type, const char *value)
{
    ASN1_STRING *string = ASN1_STRING_type_new(type);

    pki_must(string != NULL && ASN1_STRING_set(string, value, -1) == 1, "a string");
    return string;
}

static GENERAL_NAME *make_name(const char *kind, const char *value)
{
    GENERAL_NAME *name = GENERAL_NAME_new();

    if (strcmp(kind, "ip") == 0) {
        ASN1_OCTET_STRING *address = a2i_IPADDRESS(value);

        pki_must(address != NULL, value);
        GENERAL_NAME_set0_value(name, GEN_IPADD, address);
    } else if (strcmp(kind, "upn") == 0) {
        ASN1_TYPE *type = ASN1_TYPE_new();

        ASN1_TYPE_set(type, V_ASN1_UTF8STRING, make_string(V_ASN1_UTF8STRING, value));
        pki_must(GENERAL_NAME_set0_othername(name, OBJ_nid2obj(NID_ms_upn), type) == 1, "a UPN");
    } else {
        int form = strcmp(kind, "email") == 0 ? GEN_EMAIL
                   : strcmp(kind, "dns") == 0 ? GEN_DNS
                                              : GEN_URI;

        GENERAL_NAME_set0_value(name, form, make_string(V_ASN1_IA5STRING, value));
    }
    return name;
}

static void set_names(X509 *certificate, const json_t *names)
{
    GENERAL_NAMES *stack = sk_GENERAL_NAME_new_null();
    size_t i;

    for (i = 0; i < json_array_size(names); i++) {
        const json_t *pair = json_array_get(names, i);

        pki_must(sk_GENERAL_NAME_push(stack, make_name(json_string_value(json_array_get(pair, 0)),
                                                 json_string_value(json_array_get(pair, 1)))) > 0,
            "names");
    }
    if (i > 0)
        pki_must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, stack, 0, 0) == 1, "names");
    GENERAL_NAMES_free(stack);
}

static void customise(X509 *certificate, void *context)
{
    const json_t *object = context;

    set_subject(certificate, json_object_get(object, "subject"));
    set_names(certificate, json_object_get(object, "names"));
}

static struct pki *make_certificate(json_t *object, const struct pki *key)
{
    char policies[256] = "certificatePolicies=";
    const json_t *list = json_object_get(object, "policies");
    struct pki_spec spec = {.issuer = world_ca(text_of(object, "issuer")),
        .same_key_as = key,
        .serial_hex = text_of(object, "serial"),
        .customise = customise,
        .context = object};
    size_t i;

    for (i = 0; i < json_array_size(list); i++) {
        strcat(policies, i > 0 ? "," : "");
        strcat(policies, json_string_value(json_array_get(list, i)));
    }
    if (i > 0)
        spec.extensions[0] = policies;
    return pki_make(&spec);
}

static json_t *decide(
    const struct rules *rules, const struct rules_subject *subject, const json_t *object)
{
    struct rules_decision decision;
    const struct rules_request request = {.host = text_of(object, "host"),
        .path = text_of(object, "served"),
        .path_is_encoded = json_is_true(json_object_get(object, "redirect")),
        .raw_path = text_of(object, "path"),
        .method = text_of(object, "method"),
        .remote_address = text_of(object, "from"),
        .now = (time_t)json_integer_value(json_object_get(object, "now")),
        .revocation_good = json_is_true(json_object_get(object, "good")),
        .revocation_this_update =
            (time_t)json_integer_value(json_object_get(object, "this_update"))};

    rules_decide(rules, subject, &request, &decision);
    if (decision.allowed)
        return json_sprintf("yes %zu %s", decision.rule->line, decision.user);
    if (decision.rule != NULL && decision.reason == RULES_RULE)
        return json_sprintf("no %zu", decision.rule->line);
    if (decision.rule != NULL)
        return json_sprintf("no %zu %s", decision.rule->line, rules_reason_name(decision.reason));
    return json_sprintf("no %s", rules_reason_name(decision.reason));
}

#define KEYS 3
#define MOST 64

/* What a file is judged with. */
struct bench {
    struct pki *keys[KEYS];
    struct pki *certificates[MOST];
    size_t count;
};

__attribute__((format(printf, 3, 4))) static void add_digest(
    json_t *digests, const char *digest, const char *format, ...)
{
    char name[64];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(name, sizeof(name), format, arguments);
    va_end(arguments);
    pki_must(json_object_set_new(digests, name, json_string(digest)) == 0, "json");
}

static json_t *digests_of(const struct bench *bench)
{
    static const char *const names[] = {"acme", "sub", "devices"};
    json_t *digests = json_object();
    size_t i;

    for (i = 0; i < bench->count; i++)
        add_digest(
            digests, world_digest_of(bench->certificates[i]->certificate, false), "sha256:%zu", i);
    for (i = 0; i < KEYS; i++)
        add_digest(digests, world_digest_of(bench->keys[i]->certificate, true), "spki:%zu", i);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        add_digest(digests, world_digest(names[i], true), "ca-spki:%s", names[i]);
        add_digest(digests, world_digest(names[i], false), "ca-sha256:%s", names[i]);
    }
    return digests;
}

/* The rules with the digests in their places; free with free(). */
static char *with_digests(const char *rules, json_t *digests)
{
    struct text text = {.limit = 0};

    while (*rules != '\0') {
        const char *end = *rules == '@' ? strchr(rules + 1, '@') : NULL;
        char name[64] = "";
        const char *digest = NULL;

        if (end != NULL && (size_t)(end - rules) < sizeof(name)) {
            (void)snprintf(name, sizeof(name), "%.*s", (int)(end - rules - 1), rules + 1);
            digest = text_of(digests, name);
        }
        text_append(&text, digest != NULL ? digest : rules, digest != NULL ? 64 : 1);
        rules = digest != NULL ? end + 1 : rules + 1;
    }
    return text_take(&text);
}

static void judge_certificate(const struct rules *rules, const struct pki *pki,
    const json_t *object, const json_t *requests, json_t *decisions)
{
    STACK_OF(X509) *proven = world_chain(pki->certificate, text_of(object, "issuer"));
    struct error error = {.kind = ERROR_NONE};
    struct rules_subject *subject = rules_subject_new(rules, pki->certificate, proven, &error);
    size_t i;

    pki_must(subject != NULL, error.text);
    for (i = 0; i < json_array_size(requests); i++)
        json_array_append_new(decisions, decide(rules, subject, json_array_get(requests, i)));
    rules_subject_free(subject);
    sk_X509_free(proven);
}

static json_t *judge_all(const json_t *file, const struct bench *bench, json_t *digests)
{
    struct error error = {.kind = ERROR_NONE};
    char *text = with_digests(text_of(file, "rules"), digests);
    struct rules *rules = world_rules(text, NULL, &error);
    const json_t *certificates = json_object_get(file, "certificates");
    json_t *decisions = json_array();
    size_t i;

    free(text);
    if (rules == NULL) {
        json_decref(decisions);
        json_decref(digests);
        return json_pack("{s:s}", "error", error.text);
    }
    for (i = 0; i < bench->count; i++)
        judge_certificate(rules, bench->certificates[i], json_array_get(certificates, i),
            json_object_get(file, "requests"), decisions);
    rules_release(rules);
    return json_pack("{s:o,s:o}", "decisions", decisions, "digests", digests);
}

static json_t *judge(const json_t *file, struct bench *bench)
{
    const json_t *certificates = json_object_get(file, "certificates");
    json_t *answer;
    size_t i;

    pki_must(json_array_size(certificates) <= MOST, "too many certificates");
    for (bench->count = 0; bench->count < json_array_size(certificates); bench->count++) {
        json_t *object = json_array_get(certificates, bench->count);
        const json_int_t key = json_integer_value(json_object_get(object, "key"));

        pki_must(key >= 0 && key < KEYS, "no such key");
        bench->certificates[bench->count] = make_certificate(object, bench->keys[key]);
    }
    answer = judge_all(file, bench, digests_of(bench));
    for (i = 0; i < bench->count; i++)
        pki_free(bench->certificates[i]);
    return answer;
}

int main(void)
{
    struct bench bench = {.count = 0};
    char *line = NULL;
    size_t i, size = 0;

    pki_must(alloc_watch_start(), "the watch of allocations");
    rules_world_make();
    for (i = 0; i < KEYS; i++)
        bench.keys[i] = pki_client("CN=Key", world_ca("acme"));
    while (getline(&line, &size, stdin) > 0) {
        json_t *file = json_loads(line, 0, NULL), *answer;
        char *words;

        pki_must(file != NULL, "the input is no JSON");
        answer = judge(file, &bench);
        words = json_dumps(answer, JSON_COMPACT);
        puts(words);
        free(words);
        json_decref(answer);
        json_decref(file);
    }
    free(line);
    for (i = 0; i < KEYS; i++)
        pki_free(bench.keys[i]);
    rules_world_free();
    return 0;
}
