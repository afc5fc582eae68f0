/* SPDX-License-Identifier: ISC */
/* libcrypto's own parse and verify, in one thread and nothing around it: what no program that does
 * both anew for each request can undercut. Usage: judge COUNT CA PEM. Prints CPU microseconds for
 * parsing the PEM, and for parsing and verifying. */
#include "common.h"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

static void judge(X509_STORE *store, const char *pem, bool with_verify)
{
    BIO *in = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
    X509_STORE_CTX *context = with_verify ? X509_STORE_CTX_new() : NULL;

    bench_must(certificate != NULL, "the certificate cannot be read");
    if (with_verify)
        bench_must(X509_STORE_CTX_init(context, store, certificate, NULL) == 1 &&
                       X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) == 1 &&
                       X509_verify_cert(context) == 1,
            "the certificate is not valid");
    X509_STORE_CTX_free(context);
    X509_free(certificate);
    BIO_free(in);
}

static double measure(X509_STORE *store, const char *pem, bool with_verify, long count)
{
    double began;
    long i;

    judge(store, pem, with_verify);
    began = bench_cpu_microseconds();
    for (i = 0; i < count; i++)
        judge(store, pem, with_verify);
    return (bench_cpu_microseconds() - began) / (double)count;
}

int main(int argc, char **argv)
{
    X509_STORE *store = X509_STORE_new();
    char pem[32768];
    long count;

    if (argc != 4)
        return 2;
    count = strtol(argv[1], NULL, 10);
    bench_read(argv[3], pem, sizeof(pem));
    bench_must(store != NULL && X509_STORE_load_file(store, argv[2]) == 1, argv[2]);
    printf("%.1f %.1f\n", measure(store, pem, false, count), measure(store, pem, true, count));
    X509_STORE_free(store);
    return 0;
}
