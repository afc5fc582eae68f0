/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_TRUST_BUILD_H
#define PEERCERT_TRUST_BUILD_H

#include "trust/trust_files.h"
#include <stdatomic.h>

/* For trust.c and trust_build.c alone. */
struct trust {
    atomic_uint references;
    uint64_t number;
    struct trust_files files;
    struct trust_lists lists; /* of the files, of those that do not read whole, and kept ones */
    STACK_OF(X509) * cas;     /* of all CA files; these stacks borrow from the files */
    STACK_OF(X509) * anchors;
    STACK_OF(X509) * issued; /* of the anchors */
    STACK_OF(X509) * intermediates;
    time_t *dates; /* of all of these, sorted */
    size_t date_count;
    bool has_unreadable_date;
};

#endif
