#!/bin/sh
# `make demo`: a CA, a client and a lighttpd of their own in a temporary folder, and what peercert
# reports on the client. In a terminal it serves until Enter is pressed, so that a browser can visit.
# All that it started ends with it, and the folder goes.
#   PEERCERT=build/peercert deploy/demo.sh
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
peercert=${PEERCERT:-$root/build/peercert}
lighttpd=$(command -v lighttpd || echo /usr/sbin/lighttpd)
ports='8443 8444 8445 8446 9443 9444 9445 9446'
p12_password=demo
server=

folder=$(mktemp -d "${TMPDIR:-/tmp}/peercert-demo.XXXXXX")

fail() {
    echo "demo: $*" >&2
    cat "$folder"/*.log >&2 2>/dev/null || true
    exit 1
}

stop_server() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    server=
}

finish() {
    status=$?
    trap - EXIT HUP INT TERM
    stop_server
    rm -rf "$folder"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM
# `make demo | head` goes away before the end: without a trap that would leave lighttpd running.
trap 'exit 141' PIPE

# Shows a command as it could be typed, then what it prints.
show() {
    printf '\n$'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./:=-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}

# Runs a command that has nothing to say unless it fails.
quietly() {
    "$@" >"$folder/quiet.log" 2>&1 || fail "$1 failed"
}

setting() {
    value=$(printf '%s' "$3" | sed 's/[&#\\]/\\&/g')
    sed "s#^$2 = .*#$2 = $value#" "$1" >"$1.new" && mv "$1.new" "$1"
}

make_certificates() {
    CA_PASSWORD=$(openssl rand -hex 16)
    export CA_PASSWORD
    CA_P12_PASSWORD=$p12_password
    export CA_P12_PASSWORD
    quietly "$root/certs/ca" init --batch --ec --subject 'CN=Demo CA,O=Acme,C=GB'
    quietly "$root/certs/ca" request dan --batch --ec --subject 'CN=Dan Example,OU=Ops,O=Acme,C=GB'
    quietly "$root/certs/ca" sign dan.req --batch --san email:dan@example.org
    quietly "$root/certs/ca" p12 dan --batch --friendly-name 'Dan Example (demo)'
    quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout server.key -out server.cer
}

configure_server() {
    mkdir -p peercert htdocs
    cp "$root"/deploy/lighttpd/*.conf peercert/
    mv peercert/standalone.conf .
    setting standalone.conf var.folder "\"$folder\""
    setting standalone.conf server.port "$1"
    setting peercert/peercert.conf var.peercert_address "\"127.0.0.1:$1\""
    setting peercert/peercert.conf var.peercert_server_key "\"$folder/server.key\""
    setting peercert/peercert.conf var.peercert_server_certificate "\"$folder/server.cer\""
    setting peercert/peercert.conf var.peercert_ca "\"$folder/ca.cer\""
    setting peercert/peercert.conf var.peercert_program "\"$program\""
    # Relative to the folder: the path of a Unix socket has at most 107 bytes, and $TMPDIR may be long.
    setting peercert/peercert.conf var.peercert_socket '"peercert.sock"'
    setting peercert/peercert.conf server.breakagelog "\"$folder/backends.log\""
    setting peercert/peercert.conf var.peercert_log "\"$folder/peercert.log\""
}

# On the first port that is free. It listens when it answers; it ends when the port is taken.
start_server() {
    for port in $ports; do
        configure_server "$port"
        "$lighttpd" -D -f standalone.conf >lighttpd.out.log 2>&1 &
        server=$!
        url=https://localhost:$port/peercert
        while kill -0 "$server" 2>/dev/null; do
            if curl -s --max-time 2 -o /dev/null --cacert server.cer "$url"; then
                # Another program's port answers too: it has no such certificate.
                kill -0 "$server" 2>/dev/null && return
            fi
            sleep 0.1
        done
        wait "$server" 2>/dev/null || true
        server=
        grep -q 'Address already in use' ./*.log || fail 'lighttpd does not start'
    done
    fail "none of these ports is free: $ports"
}

case $peercert in
/*) ;;
*) peercert=$PWD/$peercert ;;
esac
[ -x "$peercert" ] || fail "$peercert is missing: run make"
[ -x "$lighttpd" ] || fail 'lighttpd is missing'
export no_proxy='*'
cd "$folder"
program=$peercert
case $program in
*' '*) # lighttpd takes what follows a space for an argument.
    program=$folder/program
    ln -s "$peercert" "$program"
    ;;
esac
echo "A CA, a client and a lighttpd of their own, in $folder"
make_certificates
start_server

echo
echo "--- Dan Example calls with the certificate that the CA signed"
show curl -sS --cacert server.cer --cert dan.cer --key dan.key "$url"
echo
echo "--- the same as JSON"
show curl -sS --cacert server.cer --cert dan.cer --key dan.key --header 'Accept: application/json' "$url"
echo
echo "--- somebody calls without a certificate"
show curl -sS --cacert server.cer "$url"
echo
echo "--- what a browser gets is a page: curl gets it with ?format=html"
show curl -sS --cacert server.cer --cert dan.cer --key dan.key --head "$url?format=html"

cat <<END

--- in a browser
1. Import $folder/dan.p12, password: $p12_password
   Firefox:  Settings, Privacy & Security, Certificates, View Certificates, Your Certificates, Import
   Chromium: chrome://settings/certificates, Your certificates, Import
2. Open $url and accept the demo server's own certificate.
3. Choose 'Dan Example (demo)' when the browser asks which certificate to send: the page says whom it
   names, until when, and whether it is valid. Choose none, in a private window, to see that page.
4. Remove the certificate from the browser afterwards.
END
if [ -t 0 ]; then
    printf '\nServing until you press Enter. '
    read -r _ || true
else
    printf '\nRun it in a terminal to try that: there it serves until you press Enter.\n'
fi
