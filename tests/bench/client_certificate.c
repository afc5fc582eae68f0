/* SPDX-License-Identifier: ISC */
/* wrk cannot send a client certificate. Preloaded, this gives it the one that CLIENT_CERTIFICATE
 * and CLIENT_KEY name. */
#include "common.h"

#include <dlfcn.h>
#include <openssl/ssl.h>

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    SSL_CTX *(*original)(const SSL_METHOD *);
    SSL_CTX *context;

    *(void **)&original = dlsym(RTLD_NEXT, "SSL_CTX_new");
    bench_must(original != NULL, "SSL_CTX_new");
    context = original(method);
    bench_must(
        context != NULL &&
            SSL_CTX_use_certificate_file(context, getenv("CLIENT_CERTIFICATE"), SSL_FILETYPE_PEM) ==
                1 &&
            SSL_CTX_use_PrivateKey_file(context, getenv("CLIENT_KEY"), SSL_FILETYPE_PEM) == 1,
        "the client's certificate or key");
    return context;
}
