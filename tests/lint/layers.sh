#!/bin/sh
# SPDX-License-Identifier: ISC
# Fails when a source file includes a module below its own, or a header that is private to another
# module. The order of the modules and their public headers stand in the table of src/README.md.
#   tests/lint/layers.sh [DIR]
set -eu
cd "${1:-.}"
# shellcheck disable=SC2016 # backquotes of Markdown
table=$(sed -n 's/^| `\([a-z]*\)` |\([a-z0-9_ ]*\)|.*/\1 \1 \2/p' src/README.md)
[ -n "$table" ] || { echo "layers: src/README.md has no table of modules" >&2; exit 2; }
find src -name '*.[ch]' -exec grep -Hn '^#include "' {} + | sort | awk -v table="$table" '
BEGIN {
    count = split(table, rows, "\n")
    for (i = 1; i <= count; i++) {
        words = split(rows[i], word, " ")
        rank[word[1]] = i
        for (j = 2; j <= words; j++)
            public[word[1] "/" word[j] ".h"] = 1
    }
}
function complain(what) {
    print place ": " what
    bad = 1
}
{
    split($0, quoted, "\"")
    split($0, part, ":")
    place = part[1] ":" part[2]
    header = quoted[2]
    own = part[1]
    sub("^src/", "", own)
    in_module = sub("/.*", "", own)
    other = header
    if (!sub("/.*", "", other))
        complain("an include without its folder: " header)
    else if (!(other in rank))
        complain(other " is not in the table of src/README.md")
    else if (in_module && !(own in rank))
        complain(own " is not in the table of src/README.md")
    else if (in_module && own != other && rank[other] > rank[own])
        complain(own " includes " other ", which stands below it")
    else if (own != other && !(header in public))
        complain(header " is private to " other)
}
END { exit bad }'
