/* SPDX-License-Identifier: ISC */
#include "server/server.h"
#include "unit/fastcgi/records.h"
#include "unit/service/service_given.h"

#include <criterion/criterion.h>
#include <fastcgi.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A server on a Unix socket, which server_run serves in this thread while another one asks. */
struct scene {
    struct service_files files;
    struct config config;
    struct service service;
    struct listener listener;
    struct pki *client;
    char *certificate;
    int number;                /* of the signal that ends it */
    struct text first, second; /* answers; the second after a reload */
};

static void add_parameter(struct text *text, const char *parameter)
{
    const size_t name = strcspn(parameter, "="), value = strlen(parameter + name + 1);
    const unsigned char lengths[] = {
        (unsigned char)name, 0x80, 0, (unsigned char)(value >> 8), (unsigned char)value};

    text_append(text, lengths, sizeof(lengths));
    text_append(text, parameter, name);
    text_append(text, parameter + name + 1, value);
}

/* A connection to the server; ends the test when there is none. */
static int connect_to(const struct scene *scene)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(
        address.sun_path, sizeof(address.sun_path), "%s", scene->config.listen + strlen("unix:"));
    pki_must(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
    return fd;
}

/* Sends the whole request on a connection that is not to be kept, and reads up to its end. */
static void ask(const struct scene *scene, struct text *answer)
{
    struct wire *wire = wire_new();
    struct text parameters = {.limit = 0};
    int fd = connect_to(scene);
    char buffer[4096];
    ssize_t got;

    add_parameter(&parameters, "REQUEST_METHOD=GET");
    add_parameter(&parameters, scene->certificate);
    add_record(wire, FCGI_BEGIN_REQUEST, "\0\1\0\0\0\0\0\0", 8);
    add_record(wire, FCGI_PARAMS, parameters.data, parameters.length);
    add_record(wire, FCGI_PARAMS, NULL, 0);
    add_record(wire, FCGI_STDIN, NULL, 0);
    pki_must(send(fd, wire->bytes, wire->length, MSG_NOSIGNAL) == (ssize_t)wire->length, "send");
    while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0)
        text_append(answer, buffer, (size_t)got);
    (void)close(fd);
    text_free(&parameters);
    wire_free(wire);
}

/* Until the log has these words: a reload is done by the thread that waits for signals. */
static void await(const struct scene *scene, const char *words)
{
    bool found = false;

    while (!found) {
        char *log = service_log_text(&scene->config);

        found = strstr(log, words) != NULL;
        free(log);
        (void)usleep(1000);
    }
}

static void *ask_and_end(void *context)
{
    struct scene *scene = context;

    ask(scene, &scene->first);
    (void)kill(getpid(), SIGHUP);
    await(scene, "the trust was reloaded: it is the same as before");
    ask(scene, &scene->second);
    (void)kill(getpid(), scene->number);
    return NULL;
}

static void begin(struct scene *scene)
{
    struct error error = {.kind = ERROR_NONE};

    *scene = (struct scene){.number = 0};
    service_files_make(&scene->files, &scene->config);
    pki_must(asprintf(&scene->config.listen, "unix:%s/s", scene->files.dir) > 0, "asprintf");
    scene->config.socket_mode = 0600;
    scene->config.threads = 1;
    scene->config.cache = 10;
    scene->client = pki_client("CN=Dan", scene->files.ca);
    scene->certificate = certificate_parameter(scene->client);
    cr_assert(service_open(&scene->service, &scene->config, true, &error), "%s", error.text);
    cr_assert(service_load_trust(&scene->service, &error), "%s", error.text);
    cr_assert(listener_open(&scene->listener, &scene->config, &error), "%s", error.text);
}

static void end(struct scene *scene)
{
    text_free(&scene->first);
    text_free(&scene->second);
    free(scene->certificate);
    free(scene->config.listen);
    pki_free(scene->client);
    service_files_free(&scene->files, &scene->config);
}

/* As the program does: the signals are blocked in every thread. */
static void block_signals(void)
{
    sigset_t signals;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGUSR1);
    (void)sigaddset(&signals, SIGHUP);
    cr_assert_eq(pthread_sigmask(SIG_BLOCK, &signals, NULL), 0);
}

static void expect_whole_answer(const struct text *answer)
{
    static const unsigned char ending[] = {
        1, FCGI_END_REQUEST, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const char *words = "\nThe certificate is valid\n";

    cr_expect_not_null(memmem(answer->data, answer->length, words, strlen(words)), "%.*s",
        (int)answer->length, answer->data);
    cr_assert_gt(answer->length, sizeof(ending));
    cr_expect_eq(memcmp(answer->data + answer->length - sizeof(ending), ending, sizeof(ending)), 0);
}

static void serve_until(int number)
{
    struct scene scene;
    struct error error = {.kind = ERROR_NONE};
    pthread_t asker;
    char *log;

    begin(&scene);
    scene.number = number;
    cr_assert_eq(pthread_create(&asker, NULL, ask_and_end, &scene), 0);
    cr_expect(server_run(&scene.service, &scene.listener, &error), "%s", error.text);
    cr_assert_eq(pthread_join(asker, NULL), 0);
    listener_close(&scene.listener);
    service_close(&scene.service);
    expect_whole_answer(&scene.first);
    expect_whole_answer(&scene.second);
    cr_expect_neq(access(scene.config.listen + strlen("unix:"), F_OK), 0, "the socket is there");
    log = service_log_text(&scene.config);
    cr_expect_not_null(strstr(log, " serves on unix:"), "%s", log);
    cr_expect_not_null(strstr(log, " ends\n"), "%s", log);
    free(log);
    end(&scene);
}

Test(server, it_serves_and_reloads_until_a_signal_ends_it)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGUSR1};
    size_t i;

    block_signals();
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        serve_until(numbers[i]);
}
