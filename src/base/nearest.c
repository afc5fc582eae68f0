/* SPDX-License-Identifier: ISC */
#include "base/nearest.h"

#include <stddef.h>
#include <string.h>

/* Longer words and names are near to nothing. */
#define LONGEST 64
#define MOST_LETTERS 2

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* The optimal string alignment distance of two words of at most LONGEST letters. */
static size_t distance(const char *one, const char *other)
{
    size_t rows[3][LONGEST + 1];
    size_t i, j, length = strlen(other);

    for (j = 0; j <= length; j++)
        rows[0][j] = j;
    for (i = 1; one[i - 1] != '\0'; i++) {
        size_t *row = rows[i % 3], *before = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

        row[0] = i;
        for (j = 1; j <= length; j++) {
            size_t change = before[j - 1] + (one[i - 1] != other[j - 1]);

            row[j] = least(least(before[j], row[j - 1]) + 1, change);
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                row[j] = least(row[j], second[j - 2] + 1);
        }
    }
    return rows[(i + 2) % 3][length];
}

const char *nearest_name(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = MOST_LETTERS + 1;

    if (strlen(word) > LONGEST)
        return NULL;
    for (; *names != NULL; names++) {
        size_t away = strlen(*names) <= LONGEST ? distance(word, *names) : best;

        if (away < best && away < strlen(*names)) {
            best = away;
            nearest = *names;
        }
    }
    return nearest;
}
