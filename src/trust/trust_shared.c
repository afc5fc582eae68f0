/* SPDX-License-Identifier: ISC */
#include "trust/trust_shared.h"

#include <sys/stat.h>

const struct list *trust_paths(const struct trust_options *options, enum trust_part part)
{
    switch (part) {
    case TRUST_CA:
        return options->ca;
    case TRUST_INTERMEDIATES:
        return options->intermediates;
    default:
        return options->crl;
    }
}

static bool is_same_folder(const char *path, const char *other)
{
    struct stat one, two;

    return stat(path, &one) == 0 && stat(other, &two) == 0 && S_ISDIR(one.st_mode) &&
           one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

bool trust_is_shared(const struct trust_options *options, enum trust_part part, const char *source)
{
    int other;
    size_t i;

    for (other = 0; other < TRUST_PARTS; other++) {
        const struct list *paths = trust_paths(options, (enum trust_part)other);

        if ((other == TRUST_CRL) == (part == TRUST_CRL))
            continue;
        for (i = 0; i < paths->count; i++) {
            if (is_same_folder(source, paths->items[i]))
                return true;
        }
    }
    return false;
}
