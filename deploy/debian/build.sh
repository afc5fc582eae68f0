#!/bin/sh
# `make deb`: builds the Debian packages from a copy of the source tree, into build/deb.
#   deploy/debian/build.sh BUILD VERSION
# Needs build-essential, debhelper and what peercert is built with; says what is missing.
set -eu

build=$1 version=$2
tree=$build/deb/peercert-$version

rm -rf "$build/deb"
mkdir -p "$tree"
# What the source tree holds, and nothing that was made in it.
cp -R Makefile src tests deploy certs README.md LICENSE CHANGELOG.md "$tree"
mv "$tree/deploy/debian" "$tree/debian"
rm "$tree/debian/build.sh"
sed "s/@VERSION@/$version/; s/@DATE@/$(date -R -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}")/" \
    "$tree/debian/changelog.in" >"$tree/debian/changelog"
rm "$tree/debian/changelog.in"
(cd "$tree" && dpkg-buildpackage -us -uc -b)
rm -rf "$tree"
ls "$build"/deb/*.deb
