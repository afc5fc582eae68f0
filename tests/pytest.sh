#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs pytest with a temporary folder of its own. It is removed, unless tests failed: then its name is said.
#   tests/pytest.sh ARGUMENT...      (PYTHON names another python3)
set -u
# Short, and where every user may go: it holds sockets, and files of servers that run as others.
folder=$(mktemp -d /tmp/peercert-tests.XXXXXX) || exit 1
trap : HUP INT TERM
"${PYTHON:-python3}" -m pytest --basetemp="$folder" -p no:cacheprovider "$@"
status=$?
if [ "$status" = 1 ]; then
    echo "pytest.sh: what the tests made is in $folder" >&2
else
    rm -rf "$folder"
fi
exit "$status"
