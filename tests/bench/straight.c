/* SPDX-License-Identifier: ISC */
/* What one writes first: libfcgi, and for each request PEM_read_bio_X509 and X509_verify_cert
 * against a store that was loaded once. Usage: straight SOCKET THREADS BYTES CA */
#include "fcgi.h"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

static long bytes;
static X509_STORE *store;

static int verify(X509 *certificate)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int good = context != NULL && X509_STORE_CTX_init(context, store, certificate, NULL) == 1 &&
               X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) == 1 &&
               X509_verify_cert(context) == 1;

    X509_STORE_CTX_free(context);
    return good;
}

static void answer(FCGX_Request *request)
{
    const char *pem = FCGX_GetParam("SSL_CLIENT_CERT", request->envp);
    BIO *in = pem != NULL ? BIO_new_mem_buf(pem, -1) : NULL;
    X509 *certificate = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    BIO *out = BIO_new(BIO_s_mem());
    char *text;
    long length;

    if (certificate != NULL) {
        (void)BIO_puts(out, "Client cert received\n\nName: ");
        (void)X509_NAME_print_ex(
            out, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
        (void)BIO_puts(out, "\nValid dates: ");
        (void)ASN1_TIME_print(out, X509_get0_notBefore(certificate));
        (void)BIO_puts(out, " to ");
        (void)ASN1_TIME_print(out, X509_get0_notAfter(certificate));
        (void)BIO_puts(out, verify(certificate) ? "\n\nThe certificate is valid\n"
                                                : "\n\nThe certificate is not valid\n");
    }
    length = BIO_get_mem_data(out, &text);
    (void)FCGX_PutS(BENCH_HEAD, request->out);
    (void)FCGX_PutStr(text, (int)length, request->out);
    for (; length < bytes; length++)
        (void)FCGX_PutChar('x', request->out);
    BIO_free(out);
    BIO_free(in);
    X509_free(certificate);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    bytes = strtol(argv[3], NULL, 10);
    store = X509_STORE_new();
    bench_must(store != NULL && X509_STORE_load_file(store, argv[4]) == 1, argv[4]);
    bench_serve(argv[1], argv[2], answer);
    return 0;
}
