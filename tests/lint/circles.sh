#!/bin/sh
# SPDX-License-Identifier: ISC
# Fails when two source files call each other, directly or by way of others, and names them. It reads
# what the compiled files define and what they want.
#   tests/lint/circles.sh BUILD/obj
set -eu
cd "$1"
find . -name '*.o' ! -path './tests/*' -exec nm -Ag {} + | awk '
{ file = $1; sub(/:.*/, "", file); sub(/^\.\//, "", file) }
$(NF - 1) == "U" { wants[file " " $NF] }
$(NF - 1) ~ /^[TDBRC]$/ { home[$NF] = file }
END {
    for (pair in wants) {
        split(pair, part, " ")
        if (part[2] in home && home[part[2]] != part[1])
            print part[1], home[part[2]]
    }
}' | sort -u | tsort >/dev/null
