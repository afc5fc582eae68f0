/* SPDX-License-Identifier: ISC */
#include "base/bytes.h"

#include <string.h>

bool bytes_equal(const struct bytes *one, const struct bytes *other)
{
    return one->length == other->length &&
           (one->length == 0 || memcmp(one->data, other->data, one->length) == 0);
}
