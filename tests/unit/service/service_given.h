/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_SERVICE_GIVEN_H
#define PEERCERT_TESTS_SERVICE_GIVEN_H

#include "config/config.h"
#include "service/service.h"
#include "trust/trust_current.h"
#include "unit/pki/pki.h"

/* The files of a service that trusts one CA, and a configuration that names them. */
struct service_files {
    struct pki *ca;
    char *dir;
    char *paths[1];
};

/* Makes the CA, its file and an empty log in a folder; *config gets them, depth 10 and security
 * level 2, and is zero otherwise. Free with service_files_free, once the service is closed. It must
 * not move meanwhile. */
void service_files_make(struct service_files *files, struct config *config);
void service_files_free(struct service_files *files, struct config *config);

/* A service over such files with its trust loaded, and a client of its CA, CN=Dan. */
struct service_stage {
    struct service_files files;
    struct pki *client;
    struct config config;
    struct service service;
    struct trust *trust;
};

/* `cache`: how many verdicts a service that answers requests keeps; 0: it is one of --check, which
 * has no cache. End with service_stage_end. It must not move meanwhile. */
void service_stage_begin(struct service_stage *stage, int cache);
void service_stage_end(struct service_stage *stage);

/* "SSL_CLIENT_CERT=..." of a certificate; free with free(). */
char *certificate_parameter(const struct pki *pki);

/* What is in the log file so far; free with free(). */
char *service_log_text(const struct config *config);

#endif
