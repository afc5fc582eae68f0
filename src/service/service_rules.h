/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_SERVICE_RULES_H
#define PEERCERT_SERVICE_RULES_H

#include "service/service.h"

/* The access rules of a service: opened, loaded and watched beside its trust. */

/* Makes what --rules and --shadow-rules need. false with ERROR_MEMORY. */
bool service_rules_open(struct service *service, struct error *error);

/* Loads the rules, after the trust, and logs warnings: from then on a gate judges by both. false
 * with the error; without --rules there is nothing to do. */
bool service_rules_load(const struct service *service, struct error *error);

/* Looks whether the files have changed (`force`: loads them in any case), and logs what came of it.
 * By the thread that looks at the trust, after it: from then on a gate judges by both as they are.
 */
void service_rules_look(const struct service *service, bool force);

/* Frees what service_rules_open made. */
void service_rules_close(struct service *service);

#endif
