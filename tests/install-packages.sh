#!/bin/sh
# SPDX-License-Identifier: ISC
# Installs the Debian packages that a purpose needs and that are missing; says what it installs.
#   tests/install-packages.sh build|demo|test|browser|lint|bench|coverage|deb ...
#   tests/install-packages.sh --missing PURPOSE    says in one line what is missing, and exits 1
# As root, or with sudo. Without the right to install it names what is missing and exits 1.
# No service that comes with a package is started, and none stays enabled: see hold_services.
set -eu

build='gcc make libc6-dev libssl-dev libfcgi-dev libjansson-dev uthash-dev'
demo="$build openssl curl lighttpd lighttpd-mod-openssl"
test="$demo libcriterion-dev python3 python3-pytest python3-pytest-xdist python3-jsonschema python3-yaml libfaketime spawn-fcgi systemd valgrind strace nginx haproxy caddy apache2 libapache2-mod-fcgid logrotate iproute2 easy-rsa zsh"
browser="$test chromium chromium-driver libnss3-tools tidy"
# Node.js of another source than Debian brings npm along, and no package of that name goes with it.
command -v npm >/dev/null || browser="$browser npm"
lint="$build libcriterion-dev clang clang-format clang-tidy cppcheck shellcheck mandoc"
deb="$build build-essential debhelper lintian"
coverage="$build libcriterion-dev python3 gcovr"
bench="$demo python3 wrk gnuplot-nox valgrind nginx lighttpd-modules-lua golang-go php-fpm perl libfcgi-perl
libcrypt-openssl-x509-perl libnet-ssleay-perl"

policy=/usr/sbin/policy-rc.d
policy_aside=$policy.before-peercert

fail() {
    echo "install-packages: $*" >&2
    exit 1
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

installed_packages() {
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort
}

# Debian starts and enables a service when its package is installed. policy-rc.d (8), which
# maintainer scripts ask before they start anything, says no while this process lives; a policy of
# the machine's owner is put aside and comes back.
hold_services() {
    [ ! -e "$policy_aside" ] || mv "$policy_aside" "$policy"
    [ ! -e "$policy" ] || mv "$policy" "$policy_aside"
    cat >"$policy" <<END
#!/bin/sh
# Written by tests/install-packages.sh of peercert, which removes it again.
if kill -0 $$ 2>/dev/null; then exit 101; fi
[ ! -x $policy_aside ] || exec $policy_aside "\$@"
END
    chmod 755 "$policy"
}

release_services() {
    if [ -e "$policy_aside" ]; then
        mv "$policy_aside" "$policy"
    else
        rm -f "$policy"
    fi
}

# Takes calls of maintainer scripts alone.
systemd_helper() {
    DPKG_MAINTSCRIPT_PACKAGE=peercert deb-systemd-helper --quiet "$@"
}

# The services and such of the packages that were not there before. systemctl works without a
# running systemd; init-system-helpers' tool takes its place where there is no systemctl.
disable_services() {
    installed_packages >"$work/after"
    comm -13 "$work/before" "$work/after" | while read -r package; do
        dpkg -L "$package" 2>/dev/null || true
    done >"$work/files"
    sed -n 's#^.*/lib/systemd/system/\([^/@]*\.\(service\|socket\|timer\|path\)\)$#\1#p' "$work/files" |
        while read -r unit; do
            if command -v systemctl >/dev/null; then
                [ "$(systemctl is-enabled "$unit" 2>/dev/null)" != enabled ] ||
                    systemctl --quiet disable "$unit"
            elif systemd_helper is-enabled "$unit"; then
                systemd_helper disable "$unit"
            fi
        done
    sed -n 's#^/etc/init\.d/\([^/]*\)$#\1#p' "$work/files" | while read -r script; do
        update-rc.d "$script" disable >/dev/null 2>&1 || true
    done
}

finish() {
    status=$?
    trap - EXIT HUP INT TERM
    [ ! -s "$work/before" ] || disable_services
    release_services
    rm -rf "$work"
    exit "$status"
}

install_packages() {
    work=$(mktemp -d)
    trap finish EXIT
    trap 'exit 1' HUP INT TERM
    hold_services
    installed_packages >"$work/before"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q -o DPkg::Lock::Timeout=300 update ||
        echo "install-packages: apt-get update failed; going on with the lists that are here" >&2
    apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 --no-install-recommends install "$@"
}

only_say=
[ "${1:-}" != --missing ] || { only_say=yes && shift; }
[ $# -gt 0 ] || fail 'usage: install-packages.sh build|demo|test|browser|lint|bench|coverage|deb ...'
packages=
for purpose in "$@"; do
    case $purpose in
    build) packages="$packages $build" ;;
    demo) packages="$packages $demo" ;;
    test) packages="$packages $test" ;;
    browser) packages="$packages $browser" ;;
    lint) packages="$packages $lint" ;;
    deb) packages="$packages $deb" ;;
    bench) packages="$packages $bench" ;;
    coverage) packages="$packages $coverage" ;;
    *) fail "no such purpose: $purpose" ;;
    esac
done

command -v dpkg-query >/dev/null || fail "this is no Debian; needed are:$packages"
missing=
for package in $packages; do
    installed "$package" || case " $missing " in
    *" $package "*) ;;
    *) missing="${missing:+$missing }$package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ -n "$only_say" ]; then
    [ "$(id -u)" = 0 ] && sudo='' || sudo='sudo '
    echo "These Debian packages are missing: $missing. Install them with: ${sudo}make packages-$1" >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    echo "Installing missing Debian packages: $missing"
    # shellcheck disable=SC2086 # a list of words
    install_packages $missing
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    echo "Installing missing Debian packages with sudo: $missing"
    exec sudo sh "$0" "$@"
else
    fail "these Debian packages are missing, and without root or sudo they cannot be installed: $missing"
fi
