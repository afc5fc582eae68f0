/* SPDX-License-Identifier: ISC */
#include "certificate/alloc_watch.h"
#include "ocsp/ocsp.h"
#include "unit/pki/pki_ocsp.h"
#include "unit/verify/verify_helpers.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A responder on loopback in a thread of its own. */
struct served {
    pthread_t thread;
    int fd;
    char url[64];
    struct pki *ca;
    int status; /* V_OCSP_CERTSTATUS_... */
    atomic_int asked;
};

/* Reads a request's body: the bytes that follow the empty line, as many as are announced. */
static OCSP_REQUEST *read_request(int fd)
{
    char buffer[8192];
    size_t length = 0, body = 0, announced = 1;

    while (body == 0 || length < body + announced) {
        ssize_t got = read(fd, buffer + length, sizeof(buffer) - 1 - length);
        const char *end, *field;

        if (got <= 0)
            return NULL;
        length += (size_t)got;
        buffer[length] = '\0';
        end = strstr(buffer, "\r\n\r\n");
        if (body == 0 && end != NULL) {
            body = (size_t)(end - buffer) + 4;
            field = strstr(buffer, "Content-Length: ");
            announced = field != NULL ? strtoul(field + 16, NULL, 10) : 0;
        }
    }
    {
        const unsigned char *at = (const unsigned char *)buffer + body;

        return d2i_OCSP_REQUEST(NULL, &at, (long)announced);
    }
}

static void reply(struct served *served, int fd)
{
    static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n";
    OCSP_REQUEST *request = read_request(fd);
    struct ocsp_question question = {.request = request};
    struct bytes bytes;

    if (request == NULL)
        return;
    question.id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0));
    bytes = pki_ocsp(&(struct pki_ocsp_spec){
        .question = &question, .signer = served->ca, .status_plus_one = served->status + 1});
    (void)!write(fd, head, sizeof(head) - 1);
    (void)!write(fd, bytes.data, bytes.length);
    free(bytes.data);
    OCSP_REQUEST_free(request);
}

static void *serve(void *context)
{
    struct served *served = context;
    int fd;

    while ((fd = accept(served->fd, NULL, NULL)) >= 0) {
        atomic_fetch_add(&served->asked, 1);
        reply(served, fd);
        (void)close(fd);
    }
    return NULL;
}

static void start(struct served *served, struct pki *ca)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    served->ca = ca;
    served->fd = socket(AF_INET, SOCK_STREAM, 0);
    pki_must(bind(served->fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                 listen(served->fd, 64) == 0 &&
                 getsockname(served->fd, (struct sockaddr *)&address, &size) == 0,
        "listening");
    (void)snprintf(
        served->url, sizeof(served->url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
    pki_must(pthread_create(&served->thread, NULL, serve, served) == 0, "a thread");
}

static void stop(struct served *served)
{
    (void)shutdown(served->fd, SHUT_RDWR);
    (void)pthread_join(served->thread, NULL);
    (void)close(served->fd);
}

struct scene {
    struct pki *ca, *client;
    struct served served;
    struct config config;
    struct trust *trust;
    struct ocsp *ocsp;
};

static void begin(struct scene *scene, int mode, int status)
{
    struct error error = {.kind = ERROR_NONE};

    scene->ca = pki_ca("CN=Acme CA");
    scene->client = pki_client("CN=Dan", scene->ca);
    scene->served = (struct served){.status = status};
    start(&scene->served, scene->ca);
    scene->trust = verify_trust(&(struct setup){.ca = {scene->ca}}, &scene->config);
    scene->config.threads = 8;
    scene->config.ocsp = mode;
    scene->config.ocsp_timeout = 20;
    scene->config.ocsp_url = scene->served.url;
    scene->ocsp = ocsp_new(&scene->config, NULL, &error);
    cr_assert_not_null(scene->ocsp, "%s", error.text);
}

static void end(struct scene *scene)
{
    stop(&scene->served);
    ocsp_free(scene->ocsp);
    trust_release(scene->trust);
    pki_free(scene->client);
    pki_free(scene->ca);
}

static struct verdict judge_with(const struct scene *scene, struct ocsp *ocsp, time_t now)
{
    const struct verify_options options = verify_options_of(&scene->config);
    X509 *leaf = scene->client->certificate;
    STACK_OF(X509) *proven = NULL;
    struct verdict verdict;

    verify_certificate(leaf, NULL, scene->trust, &options, now, &verdict, &proven);
    ocsp_ask(ocsp, leaf, sk_X509_value(proven, 1), scene->trust, &verdict);
    sk_X509_pop_free(proven, X509_free);
    return verdict;
}

static struct verdict judge(const struct scene *scene, time_t now)
{
    return judge_with(scene, scene->ocsp, now);
}

Test(ocsp, the_verdicts_interval_is_cut_by_the_answers)
{
    struct scene scene;
    struct verdict verdict;
    time_t now = time(NULL);

    begin(&scene, CONFIG_OCSP_HARD, V_OCSP_CERTSTATUS_GOOD);
    verdict = judge(&scene, now);
    verify_expect(&verdict, VERDICT_VALID, "good");
    cr_expect_eq(verdict.ocsp, VERDICT_OCSP_GOOD);
    cr_expect_eq(verdict.revocation, REVOCATION_GOOD);
    cr_expect(verdict.good_from <= now && verdict.good_until > now);
    cr_expect_leq(verdict.good_until, time(NULL) + OCSP_MAX_KEEP);
    cr_expect_leq(verdict.good_until, verdict.ocsp_next_update);
    verdict = judge(&scene, verdict.good_until - 1);
    cr_expect_eq(atomic_load(&scene.served.asked), 1, "known until then");
    verdict = judge(&scene, verdict.good_until);
    cr_expect_eq(atomic_load(&scene.served.asked), 2, "and asked for anew");
    end(&scene);
}

Test(ocsp, a_known_revocation_is_never_accepted)
{
    static const int modes[] = {CONFIG_OCSP_SOFT, CONFIG_OCSP_HARD};
    size_t i;

    for (i = 0; i < 2; i++) {
        struct scene scene;
        struct verdict verdict;

        begin(&scene, modes[i], V_OCSP_CERTSTATUS_REVOKED);
        verdict = judge(&scene, time(NULL));
        verify_expect(&verdict, VERDICT_REVOKED, "revoked");
        cr_expect_eq(verdict.error_code, X509_V_ERR_CERT_REVOKED);
        cr_expect_neq(verdict.revoked_at, 0);
        end(&scene);
    }
}

Test(ocsp, what_is_not_known_is_valid_in_soft_alone_and_not_for_long)
{
    struct scene scene;
    struct verdict verdict;
    time_t now = time(NULL);

    begin(&scene, CONFIG_OCSP_SOFT, V_OCSP_CERTSTATUS_UNKNOWN);
    verdict = judge(&scene, now);
    verify_expect(&verdict, VERDICT_VALID, "soft");
    cr_expect_eq(verdict.ocsp, VERDICT_OCSP_UNKNOWN);
    cr_expect_eq(verdict.revocation, REVOCATION_NOT_CHECKED);
    cr_expect_neq(verdict.ocsp_words[0], '\0');
    cr_expect(verdict.good_until > now && verdict.good_until <= time(NULL) + OCSP_FAILURE_KEEP);
    end(&scene);
    begin(&scene, CONFIG_OCSP_HARD, V_OCSP_CERTSTATUS_UNKNOWN);
    verdict = judge(&scene, time(NULL));
    verify_expect(&verdict, VERDICT_REVOCATION_UNKNOWN, "hard");
    cr_expect_eq(verdict.error_code, X509_V_ERR_OCSP_CERT_UNKNOWN);
    cr_expect_eq(verdict.revocation, REVOCATION_UNKNOWN);
    end(&scene);
}

Test(ocsp, without_it_nobody_is_asked)
{
    struct scene scene;
    struct verdict verdict;

    begin(&scene, CONFIG_OCSP_HARD, V_OCSP_CERTSTATUS_REVOKED);
    verdict = judge_with(&scene, NULL, time(NULL));
    verify_expect(&verdict, VERDICT_VALID, "off");
    cr_expect_eq(verdict.ocsp, VERDICT_OCSP_NOT_ASKED);
    cr_expect_eq(atomic_load(&scene.served.asked), 0);
    end(&scene);
}

/* The responder's own thread is not watched. A revoked certificate is never valid, in soft neither:
 * memory runs out here; the responder does not fail. */
Test(ocsp, want_of_memory_is_no_silence_of_the_responder)
{
    struct scene scene;
    struct verdict verdict;
    unsigned long nth, count, failed = 0;
    int and_after;

    begin(&scene, CONFIG_OCSP_SOFT, V_OCSP_CERTSTATUS_REVOKED);
    (void)judge(&scene, time(NULL));
    for (and_after = 0; and_after < 2; and_after++) {
        time_t now = time(NULL) + 100000 * (and_after + 1);

        alloc_watch_fail_at(0, false);
        (void)judge(&scene, now);
        count = alloc_watch_count();
        cr_assert_gt(count, 50);
        for (nth = 1; nth <= count; nth++) {
            /* Another moment each time, so that nothing is known. */
            alloc_watch_fail_at(nth, and_after != 0);
            verdict = judge(&scene, now - 60000 + 20 * (time_t)nth);
            alloc_watch_fail_at(0, false);
            ERR_clear_error();
            failed += verdict.status == VERDICT_NOT_JUDGED;
            cr_expect(verdict.status == VERDICT_NOT_JUDGED || verdict.status == VERDICT_REVOKED,
                "allocation %lu of %lu%s: %s (%s)", nth, count, and_after ? " and all after" : "",
                verdict_status_name(verdict.status), verdict.ocsp_words);
        }
    }
    cr_expect_gt(failed, 50);
    end(&scene);
}

/* Why the address in a certificate is not asked. */
Test(ocsp, an_address_that_is_not_asked_is_told_with_what_is_wrong_with_it)
{
    static const struct {
        const char *extension, *words;
    } rows[] = {{"authorityInfoAccess=OCSP;URI:https://ocsp.example.org/", "by https"},
        {"authorityInfoAccess=OCSP;URI:http://ocsp.example.org:8080/", "ocsp.example.org:8080"},
        {"authorityInfoAccess=OCSP;URI:ldap://ocsp.example.org/", "is not http://HOST"},
        {"authorityInfoAccess=caIssuers;URI:http://ocsp.example.org/", "names no responder"},
        {"authorityInfoAccess=DER:3001", "authorityInfoAccess of the certificate cannot be read"}};
    static char item[] = "ocsp.example.org";
    char *items[] = {item};
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene scene;
        struct verdict verdict;

        begin(&scene, CONFIG_OCSP_HARD, V_OCSP_CERTSTATUS_GOOD);
        ocsp_free(scene.ocsp);
        scene.config.ocsp_url = NULL;
        scene.config.ocsp_allow = (struct list){items, 1};
        scene.ocsp = ocsp_new(&scene.config, NULL, &(struct error){.kind = ERROR_NONE});
        pki_free(scene.client);
        scene.client = pki_make(&(struct pki_spec){
            .subject = "CN=Dan", .issuer = scene.ca, .extensions = {rows[i].extension}});
        verdict = judge(&scene, time(NULL));
        verify_expect(&verdict, VERDICT_REVOCATION_UNKNOWN, rows[i].extension);
        cr_expect_not_null(strstr(verdict.reason, rows[i].words), "%s", verdict.reason);
        end(&scene);
    }
}
