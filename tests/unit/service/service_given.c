/* SPDX-License-Identifier: ISC */
#include "unit/service/service_given.h"

#include <stdio.h>
#include <stdlib.h>

void service_files_make(struct service_files *files, struct config *config)
{
    char *pem;

    files->ca = pki_ca("CN=Our CA");
    files->dir = pki_temp_dir();
    pem = pki_pem(files->ca->certificate);
    files->paths[0] = pki_write_text(files->dir, "ca.cer", pem);
    free(pem);
    *config = (struct config){.ca = {.items = files->paths, .count = 1},
        .log_file = pki_write_text(files->dir, "log", ""),
        .depth = 10,
        .security_level = 2};
}

void service_files_free(struct service_files *files, struct config *config)
{
    free(files->paths[0]);
    free(config->log_file);
    pki_remove_dir(files->dir);
    pki_free(files->ca);
}

char *certificate_parameter(const struct pki *pki)
{
    char *pem = pki_pem(pki->certificate), *parameter = NULL;

    pki_must(asprintf(&parameter, "SSL_CLIENT_CERT=%s", pem) > 0, "asprintf");
    free(pem);
    return parameter;
}
