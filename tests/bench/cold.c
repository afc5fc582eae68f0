/* SPDX-License-Identifier: ISC */
/* A whole cold answer of peercert in one thread, with no socket around it: from the request's
 * parameters to the report's last line, beside what tests/bench/judge.c does. Usage: cold COUNT CA
 * PEM. Prints CPU microseconds for an answer. */
#include "certificate/alloc_watch.h"
#include "common.h"
#include "fastcgi/request.h"
#include "service/respond.h"
#include "service/service.h"

#include <string.h>

/* Remembers the end of what was written: how the report ends is the answer. */
struct sink {
    char last[64];
};

static bool take(void *context, const void *bytes, size_t length)
{
    struct sink *sink = context;
    size_t part = length < sizeof(sink->last) - 1 ? length : sizeof(sink->last) - 1;

    memcpy(sink->last, (const char *)bytes + length - part, part);
    sink->last[part] = '\0';
    return true;
}

static bool flush(void *context)
{
    (void)context;
    return true;
}

static void answer(const struct service *service, char *const *parameters)
{
    struct sink sink = {""};
    struct request request = {.role = REQUEST_RESPONDER,
        .parameters = parameters,
        .transport = {.write = take, .flush = flush, .context = &sink}};

    respond(service, &request);
    bench_must(strstr(sink.last, "\nThe certificate is valid\n") != NULL, sink.last);
}

static double measure(const struct service *service, char *const *parameters, long count)
{
    double began;
    long i;

    answer(service, parameters);
    began = bench_cpu_microseconds();
    for (i = 0; i < count; i++)
        answer(service, parameters);
    return (bench_cpu_microseconds() - began) / (double)count;
}

int main(int argc, char **argv)
{
    static char certificate[32768] = "SSL_CLIENT_CERT=", method[] = "REQUEST_METHOD=GET";
    char *const parameters[] = {method, certificate, NULL};
    static char ca[4096], cache[] = "PEERCERT_CACHE=0", log[] = "PEERCERT_LOG_FILE=/dev/null";
    char *const environment[] = {ca, cache, log, NULL};
    struct error error = {.kind = ERROR_NONE};
    struct config config;
    struct service service;
    size_t begins = strlen(certificate);

    if (argc != 4)
        return 2;
    (void)snprintf(ca, sizeof(ca), "PEERCERT_CA=%s", argv[2]);
    bench_read(argv[3], certificate + begins, sizeof(certificate) - begins);
    bench_must(alloc_watch_start(), "alloc_watch_start");
    bench_must(config_read(&config, 0, NULL, environment, &error) &&
                   service_open(&service, &config, true, &error) &&
                   service_load_trust(&service, &error),
        error.text);
    printf("%.1f\n", measure(&service, parameters, strtol(argv[1], NULL, 10)));
    service_close(&service);
    config_free(&config);
    return 0;
}
