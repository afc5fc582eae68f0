/* SPDX-License-Identifier: ISC */
#include "unit/trust/trust_given.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(trust, .init = trust_given_make, .fini = trust_given_free);

/* As --ca; frees the path. */
static void expect_ca_loads(char *path, int anchors, const char *warning)
{
    struct config config = make_config(&path, NULL, NULL);

    trust_release(expect_loads(&config, anchors, warning));
    free(path);
}

static void expect_ca_refused(char *path, const char *words)
{
    struct config config = make_config(&path, NULL, NULL);

    expect_refused_config(&config, path, words);
    free(path);
}

Test(trust, a_ca_comes_as_pem_der_bundle_or_directory)
{
    size_t length = 0;
    unsigned char *der = pki_der(ca->certificate, &length);

    expect_ca_loads(WRITE("a.pem", ca), 1, NULL);
    expect_ca_loads(WRITE("b.pem", other, ca), 2, NULL);
    expect_ca_loads(pki_write_file(dir, "c.der", der, length), 1, NULL);
    free(pki_write_text(dir, ".hidden", "nonsense"));
    expect_ca_loads(strdup(dir), 4, NULL);
    free(der);
}

Test(trust, each_anchor_is_known_and_no_other)
{
    char *path = WRITE("a.pem", ca);
    struct config config = make_config(&path, NULL, NULL);
    struct trust *trust = expect_loads(&config, 1, NULL);

    cr_expect(trust_is_anchor(trust, ca->certificate));
    cr_expect_not(trust_is_anchor(trust, other->certificate));
    cr_expect_not(trust_is_anchor(trust, leaf->certificate));
    cr_expect_null(trust_intermediates(trust));
    cr_expect_eq(trust_crl_count(trust), 0);
    trust_release(trust);
    trust_release(NULL);
    free(path);
}

Test(trust, a_leaf_among_the_cas_is_refused_and_named)
{
    expect_ca_refused(
        WRITE("a.pem", ca, leaf, other), "certificate 2 (CN=Dan) is not a CA certificate");
    expect_ca_refused(WRITE("b.pem", leaf), "certificate 1 (CN=Dan) is not a CA certificate");
}

Test(trust, what_may_not_sign_certificates_is_no_ca)
{
    struct pki *made[] = {
        pki_make(&(struct pki_spec){.subject = "CN=self"}),
        pki_make(
            &(struct pki_spec){.subject = "CN=bc", .extensions = {"basicConstraints=CA:FALSE"}}),
        pki_make(&(struct pki_spec){
            .subject = "CN=usage", .ca = true, .extensions = {"keyUsage=critical,cRLSign"}}),
        pki_make(&(struct pki_spec){.subject = "CN=no", .no_extensions = true}),
        pki_make(&(struct pki_spec){.subject = "CN=only",
            .no_extensions = true,
            .extensions = {"keyUsage=critical,keyCertSign"}}),
        pki_make(&(struct pki_spec){.subject = "CN=v1", .issuer = ca, .version = 1}),
        pki_make(&(struct pki_spec){.subject = "CN=pathlen",
            .no_extensions = true,
            .extensions = {"2.5.29.19=critical,DER:30060101FF0201FF"}}),
    };
    static const char *const why[] = {"no basicConstraints", "no basicConstraints",
        "its keyUsage does not have keyCertSign", "no basicConstraints", "no basicConstraints",
        "no basicConstraints", "a value that RFC 5280 does not allow"};
    size_t i;

    for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        expect_ca_refused(WRITE("a.pem", made[i]), "is not a CA certificate");
        expect_ca_refused(WRITE("a.pem", made[i]), why[i]);
        pki_free(made[i]);
    }
}

Test(trust, version_1_roots_and_cas_that_are_not_self_signed_are_anchors)
{
    struct pki *root = pki_make(&(struct pki_spec){.subject = "CN=v1", .version = 1});
    struct pki *middle =
        pki_make(&(struct pki_spec){.subject = "CN=middle", .issuer = ca, .ca = true});
    struct pki *expired = pki_make(&(struct pki_spec){
        .subject = "CN=old", .ca = true, .not_before = -20 * PKI_DAY, .not_after = -10 * PKI_DAY});

    expect_ca_loads(WRITE("a.pem", root), 1, NULL);
    expect_ca_loads(WRITE("b.pem", middle), 1, NULL);
    expect_ca_loads(WRITE("c.pem", expired, ca), 2, NULL); /* its date is verification's matter */
    pki_free(root);
    pki_free(middle);
    pki_free(expired);
}

Test(trust, a_file_without_a_ca_certificate_is_refused)
{
    char *key = pki_key_pem(ca->key), *path;

    expect_ca_refused(pki_write_text(dir, "a", ""), "the file is empty");
    expect_ca_refused(pki_write_text(dir, "a", "hello\n"), "it is not a PEM");
    expect_ca_refused(
        pki_write_text(dir, "a", key), "it holds a private key and no CA certificate");
    path = write_crl("a", &(struct pki_crl_spec){.issuer = ca});
    expect_ca_refused(path, "it holds a CRL; CRLs are named with --crl");
    free(key);
    cr_assert_eq(asprintf(&path, "%s/missing", dir) > 0, true);
    expect_ca_refused(path, "No such file or directory");
    cr_assert_eq(asprintf(&path, "%s/empty", dir) > 0, true);
    cr_assert_eq(mkdir(path, 0700), 0);
    expect_ca_refused(path, "the directory holds no file whose name ends in");
}

Test(trust, one_bad_file_in_a_directory_spoils_it_and_is_named)
{
    char *bad, *path = dir;
    struct config config = make_config(&path, NULL, NULL);

    free(WRITE("a.pem", ca));
    free(WRITE("z.pem", other));
    bad = pki_write_text(dir, "m.pem", "-----BEGIN CERTIFICATE-----\n");
    expect_refused_config(&config, bad, "a PEM block in it is broken");
    free(bad);
    bad = WRITE("m.pem", leaf);
    expect_refused_config(&config, bad, "certificate 1 (CN=Dan) is not a CA");
    free(bad);
}

Test(trust, no_ca_at_all_is_refused)
{
    struct config config = make_config(NULL, NULL, NULL);

    expect_refused_config(&config, "--ca", "missing");
}

Test(trust, a_private_key_beside_the_ca_is_warned_of)
{
    char *ca_pem = pki_pem(ca->certificate), *key = pki_key_pem(ca->key), *both = NULL, *paths[2];
    struct config config = {0};

    cr_assert(asprintf(&both, "%s%s", key, ca_pem) > 0);
    paths[0] = pki_write_text(dir, "key.pem", both);
    paths[1] = WRITE("b.pem", other);
    config.ca = (struct list){paths, 2};
    trust_release(expect_loads(&config, 2, "key.pem: it holds a private key"));
    free(paths[0]);
    free(paths[1]);
    free(both);
    free(key);
    free(ca_pem);
}

Test(trust, pkcs12_opens_with_the_password_file)
{
    size_t length = 0;
    unsigned char *p12 = pki_p12(ca, NULL, "s3cr3t", false, &length);
    char *path = pki_write_file(dir, "ca.p12", p12, length);
    char *password = pki_write_text(dir, "password", "s3cr3t\n");
    char *wrong = pki_write_text(dir, "wrong", "s3cr3u\n");
    struct config config = make_config(&path, NULL, NULL);

    expect_refused_config(&config, path, "needs a pass phrase");
    config.ca_password_file = wrong;
    expect_refused_config(&config, path, "the pass phrase does not open");
    config.ca_password_file = password;
    trust_release(expect_loads(&config, 1, "ca.p12: it holds a private key"));
    cr_assert_eq(unlink(password), 0);
    expect_refused_config(&config, password, "No such file");
    free(password);
    free(wrong);
    free(path);
    free(p12);
}

Test(trust, parts_hold_what_they_are_named_for)
{
    char *cas = WRITE("ca.pem", ca), *certificates = WRITE("i.pem", other, leaf);
    char *crl = write_crl("crl.pem", &(struct pki_crl_spec){.issuer = ca});
    struct config config = make_config(&cas, &certificates, &crl);
    struct trust *trust = expect_loads(&config, 1, NULL);

    /* A leaf among the intermediates: no anchor, so it does no harm. */
    cr_expect_eq(sk_X509_num(trust_intermediates(trust)), 2);
    cr_expect_not(trust_is_anchor(trust, other->certificate));
    cr_expect_eq(trust_crl_count(trust), 1);
    trust_release(trust);
    config = make_config(&cas, &crl, NULL);
    expect_refused_config(&config, crl,
        "it holds a CRL, which is for --crl; it must hold certificates and nothing else");
    config = make_config(&cas, NULL, &certificates);
    expect_refused_config(
        &config, certificates, "it holds a certificate; it must hold CRLs and nothing else");
    free(cas);
    free(certificates);
    free(crl);
}

Test(trust, a_crl_that_contradicts_itself_is_warned_of)
{
    char *cas = WRITE("ca.pem", ca);
    char *crl = write_crl("crl.pem", &(struct pki_crl_spec){.issuer = ca,
                                         .extensions = {"issuingDistributionPoint=critical,@idp"},
                                         .configuration = "[idp]\nonlyuser=TRUE\nonlyCA=TRUE\n"});
    struct config config = make_config(&cas, NULL, &crl);

    trust_release(expect_loads(
        &config, 1, "proves no certificate good: its issuingDistributionPoint contradicts itself"));
    free(cas);
    free(crl);
}

static void feed(const char *path)
{
    char *pem = pki_pem(ca->certificate);
    int fd = open(path, O_WRONLY);
    ssize_t length = (ssize_t)strlen(pem);

    _exit(fd >= 0 && write(fd, pem, (size_t)length) == length ? 0 : 1);
}

Test(trust, a_fifo_is_read_once_and_never_waited_for_again)
{
    struct error error = {0};
    char *path = NULL;
    struct config config = make_config(&path, NULL, NULL);
    const struct trust_options options = trust_options_of(&config);
    struct trust *trust, *again;
    int status = -1;
    pid_t child;

    cr_assert(asprintf(&path, "%s/fifo", dir) > 0 && mkfifo(path, 0600) == 0);
    child = fork();
    if (child == 0)
        feed(path);
    trust = expect_loads(&config, 1, NULL);
    cr_expect(waitpid(child, &status, 0) == child && status == 0);
    again = trust_load_after(trust, &options, time(NULL), &error);
    cr_assert_not_null(again, "%s", error.text);
    cr_expect(trust_is_same(trust, again));
    trust_release(again);
    trust_release(trust);
    free(path);
}

Test(trust, files_of_older_tools_load)
{
    size_t length = 0;
    unsigned char *p12 = pki_p12(other, NULL, "password", true, &length);
    char *paths[2] = {WRITE("ca.cer", ca), pki_write_file(dir, "ca.p12", p12, length)};
    char *password = pki_write_text(dir, "password", "password\n");
    struct config config = {.ca = {paths, 2}, .ca_password_file = password};
    EVP_CIPHER *cipher;

    trust_release(expect_loads(&config, 2, "ca.p12: it holds a private key"));
    cipher = EVP_CIPHER_fetch(NULL, "RC2-40-CBC", NULL);
    cr_expect_null(cipher, "verification has the old ciphers too");
    EVP_CIPHER_free(cipher);
    ERR_clear_error();
    free(password);
    free(paths[0]);
    free(paths[1]);
    free(p12);
}

Test(trust, a_request_for_a_certificate_is_named)
{
    X509_REQ *request = X509_to_X509_REQ(leaf->certificate, leaf->key, EVP_sha256());
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL, *copy;
    long length;

    cr_assert(request != NULL && PEM_write_bio_X509_REQ(bio, request) == 1);
    length = BIO_get_mem_data(bio, &pem);
    copy = strndup(pem, (size_t)length);
    expect_ca_refused(
        pki_write_text(dir, "client.req", copy), "it holds a PEM block 'CERTIFICATE REQUEST'");
    free(copy);
    BIO_free(bio);
    X509_REQ_free(request);
}
