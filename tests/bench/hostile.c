/* SPDX-License-Identifier: ISC */
/* What a stranger can cost: the time that hostile inputs take, beside their decoding.
 * Usage: hostile [ROUNDS [NAME]]. Prints a table, microseconds of processor time for one of each,
 * or of those alone in whose name NAME stands; exits 1 when one takes longer than it may. Under
 * callgrind `--toggle-collect=judge` counts the verifications alone, `=decode` what is before. */
#include "certificate/alloc_watch.h"
#include "certificate/certificate.h"
#include "certificate/identity.h"
#include "common.h"
#include "hostile_made.h"
#include "unit/pki/pki.h"
#include "verify/verify.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

/* Beyond decoding (and reading who it is), and with it. */
#define MOST_MICROSECONDS 5000.0
#define MOST_IN_ALL 10000.0
#define MOST_CERTIFICATES 11
#define MOST_INPUTS 24
#define MANY_ANCHORS 1000
#define MANY_NAMES 2400
#define MANY_CONSTRAINTS 430

/* One input: what is trusted, and what a stranger sends, as DER. */
struct input {
    const char *name;
    const struct trust *trust;
    unsigned char *der[MOST_CERTIFICATES];
    size_t length[MOST_CERTIFICATES];
    int count;
};

struct sent {
    X509 *leaf;
    STACK_OF(X509) * chain;
    struct identity *identity;
};

/* These two are not inlined, so that callgrind can tell them from what is around them. */
__attribute__((noinline)) bool decode(const struct input *input, struct sent *sent);
__attribute__((noinline)) void judge(
    const struct sent *sent, const struct trust *trust, struct verdict *verdict);

/* false when one of them is refused for what it is. */
bool decode(const struct input *input, struct sent *sent)
{
    const struct bytes leaf = {.data = input->der[0], .length = input->length[0]};
    struct error error;
    int i;

    *sent = (struct sent){.chain = sk_X509_new_null()};
    for (i = 0; i < input->count; i++) {
        X509 *certificate = certificate_decode(input->der[i], input->length[i], &error);

        if (certificate == NULL) {
            bench_must(error.kind == ERROR_INPUT, error.text);
            return false;
        }
        if (i == 0)
            sent->leaf = certificate;
        else
            bench_must(sk_X509_push(sent->chain, certificate) > 0, "a chain");
    }
    sent->identity = identity_read(sent->leaf, &leaf, &error);
    bench_must(sent->identity != NULL, error.text);
    return true;
}

static void free_sent(struct sent *sent)
{
    identity_free(sent->identity);
    X509_free(sent->leaf);
    sk_X509_pop_free(sent->chain, X509_free);
}

void judge(const struct sent *sent, const struct trust *trust, struct verdict *verdict)
{
    const struct verify_options options = {
        .purpose = X509_PURPOSE_SSL_CLIENT, .depth = 10, .security_level = 2};

    verify_certificate(sent->leaf, sent->chain, trust, &options, time(NULL), verdict, NULL);
}

/* false when it takes too long. */
static bool measure(const struct input *input, long rounds)
{
    double decoding = 0, judging = 0;
    struct verdict verdict = {.status = VERDICT_VALID};
    size_t bytes = 0;
    bool good;
    long i;

    for (i = 0; i < input->count; i++)
        bytes += input->length[i];
    for (i = 0; i < rounds; i++) {
        double began = bench_cpu_microseconds(), between;
        struct sent sent;
        bool fine = decode(input, &sent);

        between = bench_cpu_microseconds();
        if (fine)
            judge(&sent, input->trust, &verdict);
        else
            verdict.status = VERDICT_MALFORMED;
        judging += bench_cpu_microseconds() - between;
        decoding += between - began;
        free_sent(&sent);
    }
    decoding /= (double)rounds;
    judging /= (double)rounds;
    good = judging <= MOST_MICROSECONDS && decoding + judging <= MOST_IN_ALL &&
           verdict.status != VERDICT_VALID && verdict.status != VERDICT_NOT_JUDGED;
    printf("| %s | %zu | %.0f | %.0f | %s%s |\n", input->name, bytes, decoding, judging,
        verdict_status_name(verdict.status), good ? "" : ", TOO MUCH");
    return good;
}

static void add(struct input *input, const struct pki *certificate)
{
    bench_must(input->count < MOST_CERTIFICATES, "too many certificates");
    input->der[input->count] = pki_der(certificate->certificate, &input->length[input->count]);
    input->count++;
}

/* A list of alternative names or constraints, as openssl.cnf has it; free with free(). */
static char *list(const char *before, const char *each, int count)
{
    size_t size = strlen(before) + (strlen(each) + 16) * (size_t)count + 1, length;
    char *line = malloc(size);
    int i;

    bench_must(line != NULL, "memory");
    length = (size_t)snprintf(line, size, "%s", before);
    for (i = 0; i < count; i++)
        length += (size_t)snprintf(
            line + length, size - length, "%s%s%d", i > 0 ? "," : "", each, i % 100);
    return line;
}

/* What the CAs of a chain, and its leaf, are made with. */
struct shape {
    const char *ca[2];
    const char *leaf;
    enum pki_key key;
    const struct pki *first; /* whose name the chain names as its issuer; NULL: nobody's */
    int length;
    void (*customise)(X509 *certificate, void *context);
};

/* A chain that nobody we know signed. */
static struct input chain_of(const char *name, const struct trust *trust, const struct shape *shape)
{
    struct input input = {.name = name, .trust = trust};
    struct pki *all[MOST_CERTIFICATES];
    struct pki *mimic =
        shape->first != NULL
            ? pki_make(&(struct pki_spec){
                  .subject_name = X509_get_subject_name(shape->first->certificate), .ca = true})
            : NULL;
    int i;

    for (i = shape->length - 1; i >= 0; i--) {
        char subject[16];

        (void)snprintf(subject, sizeof(subject), "CN=c%d", i);
        all[i] = pki_make(&(struct pki_spec){.subject = subject,
            .issuer = i + 1 < shape->length ? all[i + 1] : mimic,
            .ca = i > 0,
            .key = shape->key,
            .customise = shape->customise,
            .extensions = {"authorityKeyIdentifier=", i > 0 ? shape->ca[0] : shape->leaf,
                i > 0 ? shape->ca[1] : NULL}});
    }
    for (i = 0; i < shape->length; i++)
        add(&input, all[i]);
    for (i = 0; i < shape->length; i++)
        pki_free(all[i]);
    pki_free(mimic);
    return input;
}

/* Certificates that all name our CA, with signatures that are not its. */
static struct input crowd_of(const char *name, const struct trust *trust, const struct pki *ca)
{
    struct input input = {.name = name, .trust = trust};
    struct pki *mimic = pki_make(
        &(struct pki_spec){.subject_name = X509_get_subject_name(ca->certificate), .ca = true});
    int i;

    for (i = 0; i < MOST_CERTIFICATES; i++) {
        struct pki *one =
            pki_make(&(struct pki_spec){.subject_name = X509_get_subject_name(ca->certificate),
                .issuer = mimic,
                .ca = i > 0,
                .extensions = {"authorityKeyIdentifier="}});

        add(&input, one);
        pki_free(one);
    }
    pki_free(mimic);
    return input;
}

static struct trust *load(const struct pki *const *cas, int count, X509_CRL *crl)
{
    char *dir = pki_temp_dir(), *paths[2] = {NULL, NULL}, *pem;
    struct config config = {.ca = {&paths[0], 1}};
    struct error error = {.kind = ERROR_NONE};
    struct trust_options options;
    struct trust *trust;
    FILE *file;
    int i;

    paths[0] = pki_write_text(dir, "ca.pem", "");
    file = fopen(paths[0], "w");
    bench_must(file != NULL, "ca.pem");
    for (i = 0; i < count; i++) {
        pem = pki_pem(cas[i]->certificate);
        bench_must(fputs(pem, file) >= 0, "ca.pem");
        free(pem);
    }
    bench_must(fclose(file) == 0, "ca.pem");
    if (crl != NULL) {
        pem = pki_crl_pem(crl);
        paths[1] = pki_write_text(dir, "crl.pem", pem);
        config.crl = (struct list){&paths[1], 1};
        free(pem);
    }
    options = trust_options_of(&config);
    trust = trust_load(&options, &error);
    bench_must(trust != NULL, error.text);
    free(paths[0]);
    free(paths[1]);
    pki_remove_dir(dir);
    return trust;
}

/* Anchors of one name, each with a key of its own, and without key identifiers. */
static struct trust *load_twins(enum pki_key key, int count)
{
    const struct pki **all = calloc((size_t)count, sizeof(*all));
    struct trust *trust;
    int i;

    bench_must(all != NULL, "memory");
    for (i = 0; i < count; i++)
        all[i] = pki_make(&(struct pki_spec){.subject = "CN=CA",
            .ca = true,
            .key = key,
            .fresh_key = true,
            .extensions = {"subjectKeyIdentifier=", "authorityKeyIdentifier="}});
    trust = load(all, count, NULL);
    for (i = 0; i < count; i++)
        pki_free((struct pki *)(uintptr_t)all[i]);
    free(all);
    return trust;
}

static struct trust *load_large_crl(const struct pki *ca, size_t entries)
{
    struct pki_revoked *lines = calloc(entries, sizeof(*lines));
    struct trust *trust;
    X509_CRL *crl;
    size_t i;

    bench_must(lines != NULL, "memory");
    for (i = 0; i < entries; i++)
        lines[i].serial = (long)i + 1;
    crl = pki_crl(&(struct pki_crl_spec){.issuer = ca, .revoked = lines, .revoked_count = entries});
    trust = load(&ca, 1, crl);
    X509_CRL_free(crl);
    free(lines);
    return trust;
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 20;
    struct pki *ca;
    struct trust *plain, *twins, *slow_twins, *listed;
    char *names, *constraints, *policies, *points;
    struct input inputs[MOST_INPUTS];
    int count = 0, i;
    bool good = true;

    bench_must(alloc_watch_start(), "alloc_watch_start");
    ca = pki_ca("CN=CA");
    plain = load((const struct pki *const *)&ca, 1, NULL);
    twins = load_twins(PKI_EC_P256, MANY_ANCHORS);
    slow_twins = load_twins(PKI_EC_P384, 100);
    listed = load_large_crl(ca, 100000);
    names = list("subjectAltName=", "DNS:a", MANY_NAMES);
    constraints = list("nameConstraints=", "excluded;DNS:b", MANY_CONSTRAINTS);
    policies = list("certificatePolicies=", "1.2.3.4.", 1100);
    points = list("crlDistributionPoints=", "URI:http://a/", 1000);

#define INPUT(title, trust, ...)                                                                   \
    inputs[count++] = chain_of(title, trust, &(struct shape){__VA_ARGS__})
    INPUT("a certificate that signed itself", plain, .length = 1);
    INPUT("a forged one under our CA's name", plain, .length = 1, .first = ca);
    INPUT("10 CAs of a stranger's", plain, .length = 11);
    INPUT("10 forged CAs under our CA's name", plain, .length = 11, .first = ca);
    INPUT("9 CAs with 2,400 names and 430 constraints", plain, .length = 10, .leaf = names,
        .ca = {names, constraints});
    INPUT("the same under our CA's name", plain, .length = 10, .leaf = names,
        .ca = {names, constraints}, .first = ca);
    INPUT("10 CAs with 1,100 policies", plain, .length = 11, .leaf = policies, .ca = {policies});
    INPUT("the same under our CA's name", plain, .length = 11, .leaf = policies, .ca = {policies},
        .first = ca);
    INPUT("10 CAs with 1,000 distribution points", plain, .length = 11, .leaf = points,
        .ca = {points}, .first = ca);
    INPUT("10 RSA keys with exponents of 3,000 bits", plain, .length = 10,
        .customise = make_long_exponent);
    INPUT("the same under our CA's name", plain, .length = 10, .customise = make_long_exponent,
        .first = ca);
    INPUT("an RSA key of 16,384 bits that signed itself", plain, .length = 1,
        .customise = make_long_key);
    INPUT("10 RSA keys of 16,384 bits under our CA's name", plain, .length = 10,
        .customise = make_long_key, .first = ca);
    INPUT("2,000 extensions", plain, .length = 1, .customise = make_many_extensions, .first = ca);
    INPUT("10 CAs with 2,000 extensions each", plain, .length = 10,
        .customise = make_many_extensions, .first = ca);
    INPUT("10 CAs with 2,000 RDNs each", plain, .length = 10, .customise = make_many_rdns,
        .first = ca);
    INPUT("10 CAs with 2,000 attributes in one RDN", plain, .length = 10,
        .customise = make_many_in_one_rdn, .first = ca);
    INPUT("20,000 names", plain, .length = 1, .customise = make_many_names, .first = ca);
    INPUT("10 CAs at the limits of all that is counted", plain, .length = 10,
        .customise = make_at_the_limits, .first = ca);
    INPUT("1,000 anchors of one name", twins, .length = 1, .first = ca);
    INPUT("the same and 10 forged CAs", twins, .length = 11, .first = ca);
    INPUT("100 anchors of one name with P-384", slow_twins, .length = 1, .first = ca);
    INPUT("a CRL of 100,000 entries", listed, .length = 1, .first = ca);
    inputs[count++] = crowd_of("11 certificates of our CA's own name", plain, ca);
#undef INPUT

    printf("| input | bytes | decoding us | verification us | verdict |\n"
           "| --- | ---: | ---: | ---: | --- |\n");
    for (i = 0; i < count; i++) {
        if (argc <= 2 || strstr(inputs[i].name, argv[2]) != NULL)
            good = measure(&inputs[i], rounds) && good;
    }
    return good ? 0 : 1;
}
