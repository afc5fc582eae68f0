/* SPDX-License-Identifier: ISC */
#include "unit/rules/rules_world.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trust *world_trust;
char *world_dir;
static struct pki *acme, *sub, *devices, *other;

#define UPN "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"

static struct someone {
    const char *name;
    const char *issuer; /* acme, sub or devices */
    const char *subject;
    const char *extensions[2];
    const char *serial;
    struct pki *pki;
} people[] = {
    {"eve", "acme", "CN=Eve Example,OU=Sales,O=Acme,C=GB",
        {"subjectAltName=email:eve@acme.example"}, "00E1", NULL},
    {"dan", "acme", "CN=Dan,OU=Ops,O=Acme",
        {"subjectAltName=email:dan@Acme.Example," UPN "dan@CORP.example",
            "certificatePolicies=1.2.3.4,1.2.3.5"},
        "DA", NULL},
    {"two", "acme", "CN=Two,CN=Zwei,O=Acme",
        {"subjectAltName=email:two@acme.example,email:zwei@acme.example,email:two@elsewhere."
         "example"},
        "22", NULL},
    {"sam", "sub", "CN=Sam,OU=Ops,O=Acme",
        {"subjectAltName=email:sam@acme.example", "certificatePolicies=1.2.3.4,1.2.3.5"}, "5A",
        NULL},
    {"sensor", "devices", "CN=Sensor 7",
        {"subjectAltName=URI:spiffe://acme.example/sensor/7,DNS:7.sensor.acme.example,IP:192.0.2.7,"
         "IP:2001:db8::7"},
        "77", NULL},
    {"deep", "devices", "CN=Deep", {"subjectAltName=URI:SPIFFE://Acme.Example/ops/eu/7"}, "78",
        NULL},
    {"dots", "devices", "CN=Dots",
        {"subjectAltName=URI:spiffe://acme.example/ops/../sensor/7,URI:spiffe://acme.example/ops//"
         "7,"
         "URI:spiffe://acme.example/ops/%2e%2e,URI:spiffe://acme.example/ops/7?q"},
        "79", NULL},
    {"star", "acme", "CN=*",
        {"subjectAltName=email:*@acme.example,DNS:*.acme.example,URI:spiffe://acme.example/ops/*"},
        "7A", NULL},
    {"mallory", "devices", "CN=Eve Example,OU=Ops,O=Acme,C=GB",
        {"subjectAltName=email:eve@acme.example"}, "E1", NULL},
    {"multi", "acme", "CN=Multi+UID=m1,OU=Ops,OU=Dev,O=Acme,DC=example,DC=org", {NULL}, "3A", NULL},
    {"night", "acme", "CN=  night   AUDITOR ,O=Acme", {NULL}, "4A", NULL},
    {"nobody", "acme", "", {"subjectAltName=critical,DNS:nobody.example"}, "5", NULL},
    {"umlaut", "acme", "CN=J\xc3\xb6rg\\, M,O=Acme", {NULL}, "6", NULL},
};
#define PEOPLE (sizeof(people) / sizeof(people[0]))

static void write_ca(const char *name, const struct pki *ca)
{
    char *pem = pki_pem(ca->certificate);

    free(pki_write_text(world_dir, name, pem));
    free(pem);
}

const struct pki *world_ca(const char *name)
{
    return strcmp(name, "acme") == 0    ? acme
           : strcmp(name, "sub") == 0   ? sub
           : strcmp(name, "other") == 0 ? other
                                        : devices;
}

static void make_person(struct someone *person)
{
    struct pki_spec spec = {.subject = person->subject,
        .issuer = world_ca(person->issuer),
        .extensions = {person->extensions[0], person->extensions[1]},
        .serial_hex = person->serial};

    person->pki = pki_make(&spec);
}

static void load_trust(void)
{
    char *paths[3] = {NULL};
    struct config config = {.ca = {paths, 2}, .intermediates = {&paths[2], 1}};
    struct trust_options options;
    struct error error = {.kind = ERROR_NONE};

    pki_must(asprintf(&paths[0], "%s/acme.cer", world_dir) > 0 &&
                 asprintf(&paths[1], "%s/devices.cer", world_dir) > 0 &&
                 asprintf(&paths[2], "%s/sub.cer", world_dir) > 0,
        "asprintf");
    options = trust_options_of(&config);
    world_trust = trust_load(&options, &error);
    pki_must(world_trust != NULL, error.text);
    free(paths[0]);
    free(paths[1]);
    free(paths[2]);
}

void rules_world_make(void)
{
    size_t i;

    world_dir = pki_temp_dir();
    acme = pki_ca("CN=Acme CA");
    sub = pki_make(&(struct pki_spec){.subject = "CN=Acme Sub CA",
        .issuer = acme,
        .ca = true,
        .extensions = {"certificatePolicies=1.2.3.4"}});
    devices = pki_ca("CN=Devices CA");
    other = pki_ca("CN=Acme CA");
    write_ca("acme.cer", acme);
    write_ca("sub.cer", sub);
    write_ca("devices.cer", devices);
    write_ca("other.cer", other);
    load_trust();
    for (i = 0; i < PEOPLE; i++)
        make_person(&people[i]);
}

void rules_world_free(void)
{
    size_t i;

    for (i = 0; i < PEOPLE; i++)
        pki_free(people[i].pki);
    pki_free(acme);
    pki_free(sub);
    pki_free(devices);
    pki_free(other);
    trust_release(world_trust);
    pki_remove_dir(world_dir);
}

static void push(STACK_OF(X509) * chain, X509 *certificate)
{
    pki_must(sk_X509_push(chain, certificate) > 0, "a chain");
}

static struct someone *find(const char *name)
{
    size_t i;

    for (i = 0; i < PEOPLE; i++) {
        if (strcmp(people[i].name, name) == 0)
            return &people[i];
    }
    pki_must(false, name);
    return NULL;
}

STACK_OF(X509) * world_chain(X509 *leaf, const char *issuer)
{
    STACK_OF(X509) *proven = sk_X509_new_null();

    pki_must(proven != NULL, "a chain");
    push(proven, leaf);
    push(proven, world_ca(issuer)->certificate);
    if (strcmp(issuer, "sub") == 0)
        push(proven, acme->certificate);
    return proven;
}

X509 *world_certificate(const char *name, STACK_OF(X509) * *proven)
{
    const struct someone *person = find(name);

    *proven = world_chain(person->pki->certificate, person->issuer);
    return person->pki->certificate;
}

const char *world_digest_of(const X509 *certificate, bool key)
{
    static char digits[65];
    unsigned char *der = NULL, digest[32];
    int i, length = key ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der)
                        : i2d_X509((X509 *)(uintptr_t)certificate, &der);

    pki_must(length > 0 && EVP_Digest(der, (size_t)length, digest, NULL, EVP_sha256(), NULL) == 1,
        "a digest");
    OPENSSL_free(der);
    for (i = 0; i < 32; i++)
        (void)snprintf(digits + 2 * i, 3, "%02x", digest[i]);
    return digits;
}

const char *world_digest(const char *name, bool key)
{
    const bool is_ca = strcmp(name, "acme") == 0 || strcmp(name, "sub") == 0 ||
                       strcmp(name, "devices") == 0 || strcmp(name, "other") == 0;

    return world_digest_of(is_ca ? world_ca(name)->certificate : find(name)->pki->certificate, key);
}

struct rules *world_rules(const char *text, struct list *warnings, struct error *error)
{
    char path[256], *copy = strdup(text);
    const struct bytes bytes = {.data = (unsigned char *)copy, .length = strlen(text)};
    struct list files = {.count = 0};
    struct rules *rules;

    (void)snprintf(path, sizeof(path), "%s/access.rules", world_dir);
    rules = rules_make(path, &bytes, world_trust, &files, warnings, error);
    list_free(&files);
    free(copy);
    return rules;
}

static const char *word(char **at)
{
    char *found = strsep(at, " ");

    return found == NULL || strcmp(found, "-") == 0 ? NULL : found;
}

/* Settings behind the path: at=TIME, from=ADDRESS, crl=TIME (a list of then says good), good (a
 * list without date says so), served=PATH, redirect=PATH. */
static void set(struct rules_request *request, const char *setting)
{
    const char *value = strchr(setting, '=');

    if (strncmp(setting, "at=", 3) == 0)
        pki_must(config_parse_time(value + 1, &request->now), setting);
    else if (strncmp(setting, "from=", 5) == 0)
        request->remote_address = value + 1;
    else if (strncmp(setting, "served=", 7) == 0)
        request->path = value + 1;
    else if (strncmp(setting, "redirect=", 9) == 0)
        request->path = value + 1;
    else if (strncmp(setting, "crl=", 4) == 0)
        pki_must(config_parse_time(value + 1, &request->revocation_this_update), setting);
    else
        pki_must(strcmp(setting, "good") == 0, setting);
    if (strncmp(setting, "redirect=", 9) == 0)
        request->path_is_encoded = true;
    if (setting[0] == 'c' || setting[0] == 'g')
        request->revocation_good = true;
}

static void decide(const struct rules *rules, X509 *leaf, STACK_OF(X509) * proven,
    const char *asked, char words[700])
{
    char *copy = strdup(asked), *at = copy;
    struct rules_request request = {.now = 1795737600}; /* Friday 2026-11-27T00:00:00Z */
    struct rules_decision decision;
    struct error error = {.kind = ERROR_NONE};
    struct rules_subject *subject = rules_subject_new(rules, leaf, proven, &error);

    pki_must(subject != NULL, error.text);
    request.method = word(&at);
    request.host = word(&at);
    request.raw_path = word(&at);
    while (at != NULL)
        set(&request, word(&at));
    rules_decide(rules, subject, &request, &decision);
    if (decision.allowed)
        (void)snprintf(words, 700, "yes %zu %s", decision.rule->line, decision.user);
    else if (decision.rule != NULL && decision.reason == RULES_RULE)
        (void)snprintf(words, 700, "no %zu", decision.rule->line);
    else if (decision.rule != NULL)
        (void)snprintf(
            words, 700, "no %zu %s", decision.rule->line, rules_reason_name(decision.reason));
    else
        (void)snprintf(words, 700, "no %s", rules_reason_name(decision.reason));
    rules_subject_free(subject);
    sk_X509_free(proven);
    free(copy);
}

void world_decide(const struct rules *rules, const char *name, const char *asked, char words[700])
{
    STACK_OF(X509) *proven = NULL;
    X509 *leaf = world_certificate(name, &proven);

    decide(rules, leaf, proven, asked, words);
}

void world_decide_made(const char *text, const struct pki_spec *spec, char words[700])
{
    struct error error = {.kind = ERROR_NONE};
    struct rules *rules = world_rules(text, NULL, &error);
    struct pki_spec its = *spec;
    struct pki *made;

    pki_must(rules != NULL, error.text);
    its.issuer = acme;
    made = pki_make(&its);
    decide(rules, made->certificate, world_chain(made->certificate, "acme"), "GET h /", words);
    pki_free(made);
    rules_release(rules);
}
