#!/bin/sh
# SPDX-License-Identifier: ISC
# Fails when a source file, src/MODULE/FILE.c, has no test tests/unit/MODULE/test_FILE.c. Those that
# are tested as part of something else stand in unit-tests.list with the test that does it:
#   MODULE/FILE  TEST  REASON
# A row there must be needed, and its test must be there.
#   tests/lint/unit-tests.sh
set -u
list=tests/lint/unit-tests.list
bad=0
complain() { echo "unit-tests: $*" >&2; bad=1; }
for file in src/*/*.c; do
    name=${file#src/}
    name=${name%.c}
    test=tests/unit/${name%/*}/test_${name#*/}.c
    row=$(awk -v name="$name" '$1 == name' "$list")
    if [ -f "$test" ]; then
        [ -z "$row" ] || complain "$list: $name has a test of its own name"
    elif [ -z "$row" ]; then
        complain "$file: $test is missing"
    fi
done
while read -r name test reason; do
    case $name in '' | '#'*) continue ;; esac
    [ -f "src/$name.c" ] || complain "$list: src/$name.c is not there"
    [ -f "tests/$test" ] || complain "$list: tests/$test is not there"
    [ -n "$reason" ] || complain "$list: $name has no reason"
done <"$list"
exit $bad
