#!/bin/sh
# Runs pytest. With AGAIN=1 in the environment, as continuous integration has it, what failed is run once more by itself
# and told: tests that kill and restart servers under load depend on a machine that others use too.
#   tests/pytest-again.sh CACHE PYTEST...
set -u
cache=$1
shift
rm -rf "$cache"
"$@" -o cache_dir="$cache"
status=$?
[ "$status" = 1 ] && [ "${AGAIN:-}" = 1 ] || exit "$status"
echo "Once more, what failed:"
"$@" -o cache_dir="$cache" --last-failed --last-failed-no-failures none
