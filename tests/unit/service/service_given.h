/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TESTS_SERVICE_GIVEN_H
#define PEERCERT_TESTS_SERVICE_GIVEN_H

#include "config/config.h"
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

/* "SSL_CLIENT_CERT=..." of a certificate; free with free(). */
char *certificate_parameter(const struct pki *pki);

#endif
