#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs make targets on a bare Debian that debootstrap makes in a temporary folder, and removes it again.
#   tests/on-debian.sh SUITE [TARGET|VARIABLE=VALUE ...]      (bookworm or trixie; targets unless told: demo test lint)
# Only root can. Mounts and processes are of namespaces that end with this script. KEEP=DIR keeps the
# system in DIR, and uses it again when it is there.
set -eu

fail() {
    echo "on-debian: $*" >&2
    exit 1
}

suite=${1:-} TREE=${TREE:-}
[ -n "$suite" ] || fail 'usage: on-debian.sh SUITE [TARGET ...]'
shift
[ $# -gt 0 ] || set -- demo test lint
[ "$(id -u)" = 0 ] || fail 'this needs root: debootstrap and chroot'
command -v debootstrap >/dev/null || fail 'debootstrap is missing: apt-get install debootstrap'

if [ "${ON_DEBIAN:-}" != inside ]; then
    cd "$(dirname "$0")/.."
    tree=${KEEP:-$(mktemp -d)}
    # shellcheck disable=SC2317 # the trap calls it
    remove() {
        status=$?
        trap - EXIT HUP INT TERM
        [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$tree"
        exit "$status"
    }
    trap remove EXIT
    trap 'exit 1' HUP INT TERM
    ON_DEBIAN=inside TREE=$tree unshare --mount --pid --ipc --fork --kill-child sh "$0" "$suite" "$@"
    exit
fi

# The root file system is made private by unshare: nothing mounted here is seen outside.
if [ ! -e "$TREE/etc/debian_version" ]; then
    echo "on-debian: debootstrap $suite"
    debootstrap --variant=minbase "$suite" "$TREE" >"$TREE.log" 2>&1 || { tail -5 "$TREE.log" >&2; exit 1; }
    rm -f "$TREE.log"
    # It is thrown away, so nothing need be flushed to the disk.
    echo force-unsafe-io >"$TREE/etc/dpkg/dpkg.cfg.d/unsafe-io"
    (cd "$TREE" && find etc/systemd/system -type l | sort >root/enabled)
fi
for file in /etc/resolv.conf /etc/hosts; do
    [ ! -e "$file" ] || cp -L "$file" "$TREE$file"
done
# Its root is a mount and becomes that of the namespace, not one of chroot(8): the tests may then make
# namespaces of their own.
mount --bind "$TREE" "$TREE"
mount -t proc proc "$TREE/proc"
mount --rbind /dev "$TREE/dev"
mount -t tmpfs tmpfs "$TREE/dev/shm"
source=$TREE/root/peercert
mkdir -p "$source"
find "$source" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
chmod 700 "$TREE/root"
# Each is newer than what was made of those before.
git ls-files --cached --others --exclude-standard | while IFS= read -r file; do
    [ ! -e "$file" ] || printf '%s\n' "$file"
done | tar -cf - -T - | tar -xf - -C "$source" --no-same-owner --touch
cd "$TREE"
pivot_root . mnt
# shellcheck disable=SC2016 # the arguments are for the shell inside
exec chroot . env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive sh -euc '
    umount -l /mnt
    apt-get -qq update
    command -v make >/dev/null || apt-get -qq -y --no-install-recommends install make >/dev/null 2>&1
    cd ~/peercert
    make "$@"
    # Those with @ and targets are of systemd itself, which the tests need.
    left=$(cd / && find etc/systemd/system -type l ! -name "*@*" ! -name "*.target" | sort | comm -13 root/enabled -)
    [ -z "$left" ] || { echo "on-debian: stays enabled: $left" >&2; exit 1; }' sh "$@"
