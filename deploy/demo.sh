#!/bin/sh
# `make demo`: a CA, a client and two lighttpds of their own in a temporary folder. One serves the report on
# the client, the other guards a site by access rules. In a terminal they serve until Enter is pressed, so
# that a browser can visit.
# All that it started ends with it, and the folder goes.
#   PEERCERT=build/peercert deploy/demo.sh
set -eu
umask 022 # Access rules that others can write to are refused.

root=$(cd "$(dirname "$0")/.." && pwd)
peercert=${PEERCERT:-$root/build/peercert}
lighttpd=$(command -v lighttpd || echo /usr/sbin/lighttpd)
ports='8443 8444 8445 8446 9443 9444 9445 9446'
p12_password=demo
server=
site=
gate=

folder=$(mktemp -d "${TMPDIR:-/tmp}/peercert-demo.XXXXXX")

fail() {
    echo "demo: $*" >&2
    cat "$folder"/*.log >&2 2>/dev/null || true
    exit 1
}

stop() {
    [ -z "$1" ] || kill "$1" 2>/dev/null || true
    [ -z "$1" ] || wait "$1" 2>/dev/null || true
}

finish() {
    status=$?
    # A second Ctrl-C must not end this half way.
    trap - EXIT
    trap '' HUP INT TERM PIPE
    stop "$server"
    stop "$site"
    stop "$gate"
    rm -rf "$folder"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM
# `make demo | head` goes away before the end: without a trap that would leave lighttpd running.
trap 'exit 141' PIPE

# A command as it could be typed.
typed() {
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./:=-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
}

# Shows a command, then what it prints.
show() {
    printf '\n$%s\n' "$(typed "$@")"
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

# Two pages, and rules that let Ops see one of them.
make_site() {
    mkdir -p site/wiki site/admin
    echo 'The wiki of Acme.' >site/wiki/index.html
    echo 'The accounts of Acme.' >site/admin/index.html
    cat >access.rules <<'END'
issuer demo ca.cer
allow  issuer=demo ou=Ops path=/wiki/ user=$cn label=ops
END
}

configure_site() {
    cp "$root"/deploy/lighttpd/standalone-gate.conf .
    setting standalone-gate.conf var.folder "\"$folder\""
    setting standalone-gate.conf server.port "$1"
    setting peercert/gate.conf ssl.verifyclient.ca-file "\"$folder/ca.cer\""
    # Relative, as above.
    sed 's#"/run/peercert/peercert.sock"#"gate.sock"#' peercert/gate.conf >gate.conf.new &&
        mv gate.conf.new peercert/gate.conf
}

start_gate() {
    "$program" --ca ca.cer --rules access.rules --listen unix:gate.sock --log-file gate.log 2>gate.err.log &
    gate=$!
    until grep -qs ' serves on ' gate.log; do
        kill -0 "$gate" 2>/dev/null || fail 'the gate does not start'
        sleep 0.1
    done
}

# Runs lighttpd with $2, configured by $1, on the first port that is free: sets $started and $port.
# It listens when it answers; it ends when the port is taken.
start_lighttpd() {
    for port in $ports; do
        "$1" "$port"
        "$lighttpd" -D -f "$2" >"$2.out.log" 2>&1 &
        started=$!
        while kill -0 "$started" 2>/dev/null; do
            if curl -s --max-time 2 -o /dev/null --cacert server.cer "https://localhost:$port/"; then
                # Another program's port answers too: it has no such certificate.
                kill -0 "$started" 2>/dev/null && return
            fi
            sleep 0.1
        done
        wait "$started" 2>/dev/null || true
        grep -q 'Address already in use' ./*.log || fail 'lighttpd does not start'
        started=
    done
    fail "none of these ports is free: $ports"
}

start_servers() {
    started=
    start_lighttpd configure_server standalone.conf
    server=$started url=https://localhost:$port/peercert
    # The report's own port would answer with the right certificate, as if the site had started.
    ports=${ports#*"$port"}
    make_site
    start_gate
    start_lighttpd configure_site standalone-gate.conf
    site=$started guarded=https://localhost:$port
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
mkdir bin
ln -s "$peercert" bin/peercert
PATH=$folder/bin:$PATH
echo "A CA, a client and lighttpd, in $folder"
make_certificates
start_servers

echo
echo "=== The report: who is it, and is the certificate valid?"
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

echo
echo "=== The gate: may this client have that?"
echo
echo "--- the access rules: Ops may read the wiki, nobody may see anything else"
show cat access.rules
echo
echo "--- Dan belongs to Ops"
show curl -sS --cacert server.cer --cert dan.cer --key dan.key "$guarded/wiki/"
echo
echo "--- no rule lets him see the accounts"
show curl -sS --cacert server.cer --cert dan.cer --key dan.key "$guarded/admin/"
echo
echo "--- somebody without a certificate"
show curl -sS --cacert server.cer "$guarded/wiki/"
echo
echo "--- the operator asks beforehand: may he, and why not?"
show peercert --ca ca.cer --rules access.rules --explain dan.cer --path /admin/ || true

cat <<END

=== In another terminal
To run the commands above there, as they are shown, first run
   $(typed cd "$folder") && PATH=\$PWD/bin:\$PATH

=== In a browser
1. Import $folder/dan.p12, password: $p12_password
   Firefox:  Settings, search for certificates, Advanced settings if shown, Manage (or View) Certificates,
             Your Certificates, Import
   Chromium: chrome://settings/certificates, Your certificates, View imported certificates from Linux,
             Import
2. Open $url and accept the demo server's own certificate.
3. Choose 'Dan Example (demo)' when the browser asks which certificate to send: the page says whom it
   names, until when, and whether it is valid. Choose none, in a private window, to see
   the page for a visitor without a certificate.
   $guarded/wiki/ and $guarded/admin/ are the guarded site.
4. Remove the certificate from the browser afterwards.
END
if [ -t 0 ]; then
    printf '\nServing until you press Enter. '
    read -r _ || true
else
    printf '\nRun it in a terminal to try either: there it serves until you press Enter.\n'
fi
