#!/bin/sh
# SPDX-License-Identifier: ISC
# Fails when a file is not formatted as clang-format 14 (Debian 12) does it. Other versions break some
# lines in other places, so with them nothing is checked.
#   tests/lint/format.sh FILE...
set -eu
case $(clang-format --version) in
*' version 14.'*) clang-format --dry-run -Werror "$@" ;;
*) echo "format: not checked, the code is formatted by clang-format 14 and this is another version" ;;
esac
