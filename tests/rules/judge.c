/* SPDX-License-Identifier: ISC */
/* Judges cases in bulk for property.py: each line of standard input is a JSON object with the text
 * of rules, certificates and requests; each line of standard output has the decisions. */
#include "certificate/alloc_watch.h"
#include "unit/rules/rules_world.h"

#include <jansson.h>
#include <openssl/x509v3.h>
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

static void judge_certificate(const struct rules *rules, json_t *object, const json_t *requests,
    const struct pki *key, json_t *decisions)
{
    struct pki *pki = make_certificate(object, key);
    STACK_OF(X509) *proven = world_chain(pki->certificate, text_of(object, "issuer"));
    struct error error = {.kind = ERROR_NONE};
    struct rules_subject *subject = rules_subject_new(rules, pki->certificate, proven, &error);
    size_t i;

    pki_must(subject != NULL, error.text);
    for (i = 0; i < json_array_size(requests); i++)
        json_array_append_new(decisions, decide(rules, subject, json_array_get(requests, i)));
    rules_subject_free(subject);
    sk_X509_free(proven);
    pki_free(pki);
}

static json_t *judge(const json_t *file, const struct pki *key)
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules(text_of(file, "rules"), NULL, &error);
    const json_t *certificates = json_object_get(file, "certificates");
    json_t *decisions = json_array();
    size_t i;

    if (rules == NULL) {
        json_decref(decisions);
        return json_pack("{s:s}", "error", error.text);
    }
    for (i = 0; i < json_array_size(certificates); i++)
        judge_certificate(rules, json_array_get(certificates, i), json_object_get(file, "requests"),
            key, decisions);
    rules_release(rules);
    return json_pack("{s:o}", "decisions", decisions);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    struct pki *key;

    pki_must(alloc_watch_start(), "the watch of allocations");
    rules_world_make();
    key = pki_client("CN=Key", world_ca("acme"));
    while (getline(&line, &size, stdin) > 0) {
        json_t *file = json_loads(line, 0, NULL), *answer;
        char *words;

        pki_must(file != NULL, "the input is no JSON");
        answer = judge(file, key);
        words = json_dumps(answer, JSON_COMPACT);
        puts(words);
        free(words);
        json_decref(answer);
        json_decref(file);
    }
    free(line);
    pki_free(key);
    rules_world_free();
    return 0;
}
