/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CHECK_H
#define PEERCERT_CHECK_H

#include "service/service.h"
#include <stdio.h>

/* Reports on the files of --check on `output`, by the same path as serving. In a file with several
 * certificates the first is the leaf and the rest are its chain, with those of --chain after them.
 * Returns the exit code: 0 every file is valid, 1 one is not (or could not be judged), 2 one cannot
 * be read. */
int check_files(const struct service *service, FILE *output);

#endif
