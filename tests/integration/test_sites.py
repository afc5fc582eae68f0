"""Sites that exist already: Debian's own configuration of each front, a TLS site in it, and then what the comment at
the top of deploy/*/site.* says, command by command.

Each test runs in namespaces of its own (mounts, network, processes), so /etc, /run and the ports are its own too, and
all that it started ends with it. That takes root."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from fronts import ABSENT, DEPLOY, VALID

ROOT = DEPLOY.parent
FILES = {"lighttpd": "lighttpd/site.conf", "apache": "apache/site.conf", "nginx": "nginx/site.conf",
         "haproxy": "haproxy/site.cfg"}


def can_unshare():
    done = subprocess.run(["unshare", "-mnpf", "true"], capture_output=True)
    return os.geteuid() == 0 and done.returncode == 0


pytestmark = pytest.mark.skipif(not can_unshare(), reason="needs root and namespaces")

# What a machine with systemd has, as far as the comments use it.
SETUP = """
set -eu
ip link set lo up
work=$1; shift
for folder in etc run var usr/local; do
    name=$(printf %s "$folder" | tr / _)
    mkdir -p "$work/$name/upper" "$work/$name/work"
done
mount -t tmpfs -o mode=755 none "$work"
for folder in etc run var usr/local; do
    name=$(printf %s "$folder" | tr / _)
    mkdir -p "$work/$name/upper" "$work/$name/work"
    mount -t overlay overlay -o "lowerdir=/$folder,upperdir=$work/$name/upper,workdir=$work/$name/work" "/$folder"
done
# httpd is killed with its namespace, and leaves its shared memory.
mount -t tmpfs -o mode=1777 none /dev/shm
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
mkdir -p /usr/local/sbin /etc/peercert /run/peercert /run/lock /run/haproxy /run/lighttpd /var/www/html /var/log/lighttpd \
    /var/log/nginx /var/log/apache2 /var/cache/lighttpd/uploads /var/lib/haproxy/run/peercert
chown www-data /var/log/lighttpd /run/lighttpd /var/cache/lighttpd/uploads
echo 'the site that was there' >/var/www/html/index.html
cp "$CA" /etc/peercert/ca.cer
cp "$SERVER_CER" /etc/peercert/server.cer
cp "$SERVER_KEY" /etc/peercert/server.key
cat "$SERVER_CER" "$SERVER_KEY" >/etc/peercert/server.pem
chmod 644 /etc/peercert/*
cat >/usr/local/sbin/apt-get <<'END'
#!/bin/sh
# The packages that a comment names must exist under these names; they are installed already.
shift
for package in "$@"; do dpkg-query -W "$package" >/dev/null || exit 100; done
END
cat >/usr/local/sbin/systemctl <<'END'
#!/bin/sh
echo "systemctl $*" >>/run/systemctl.log
case "$*" in
*peercert.socket) ;;
*enable*) ;;
*lighttpd*) lighttpd -f /etc/lighttpd/lighttpd.conf ;;
*apache2*) apachectl start ;;
*nginx*) nginx ;;
*caddy*) HOME=/run/home caddy start --config /etc/caddy/Caddyfile --adapter caddyfile ;;
*daemon-reload*) ;;
*haproxy*)
    mount --bind /run/peercert /var/lib/haproxy/run/peercert
    EXTRAOPTS=
    . /etc/default/haproxy
    haproxy -D -f /etc/haproxy/haproxy.cfg $EXTRAOPTS ;;
*) exit 1 ;;
esac
END
chmod 755 /usr/local/sbin/apt-get /usr/local/sbin/systemctl
if [ -n "$RULES" ]; then
    printf '%s\n' "$RULES" >/etc/peercert/access.rules
fi
"$PEERCERT" --ca /etc/peercert/ca.cer --listen "${LISTEN:-unix:/run/peercert/peercert.sock}" \
    ${GROUP:+--socket-group "$GROUP"} ${RULES:+--rules /etc/peercert/access.rules} 2>/run/peercert.log &
"""

# The site that was there: TLS on port 443, plain HTTP on port 80. The line @INCLUDE@ comes later.
SITES = {
    "lighttpd": ("/etc/lighttpd/conf-enabled/20-site.conf", """
$SERVER["socket"] == "127.0.0.1:443" {
    ssl.engine = "enable"
    ssl.pemfile = "/etc/peercert/server.cer"
    ssl.privkey = "/etc/peercert/server.key"
    @INCLUDE@
}
"""),
    "apache": ("/etc/apache2/sites-enabled/site.conf", """
<VirtualHost *:443>
    DocumentRoot /var/www/html
    SSLEngine on
    SSLCertificateFile /etc/peercert/server.cer
    SSLCertificateKeyFile /etc/peercert/server.key
    @INCLUDE@
</VirtualHost>
"""),
    "nginx": ("/etc/nginx/sites-enabled/site", """
server {
    listen 443 ssl default_server;
    root /var/www/html;
    index index.html;
    ssl_certificate /etc/peercert/server.cer;
    ssl_certificate_key /etc/peercert/server.key;
    @INCLUDE@
}
"""),
    "haproxy": ("/etc/haproxy/haproxy.cfg", """
frontend site
    bind 127.0.0.1:80
    bind 127.0.0.1:443 ssl crt /etc/peercert/server.pem@BIND@
    @INCLUDE@
    default_backend site
backend site
    http-request return status 200 content-type text/plain string "the site that was there"
"""),
}
# What an operator of such a site did before: `before` turns TLS on, as Debian has it.
BEFORE = {
    "lighttpd": "lighty-enable-mod ssl || true; sed -i s,/etc/lighttpd/server.pem,/etc/peercert/server.pem, "
                "/etc/lighttpd/conf-enabled/10-ssl.conf; sed -i '/443/,$d' /etc/lighttpd/conf-enabled/10-ssl.conf",
    "apache": "a2enmod -q ssl; ln -sf ../sites-available/000-default.conf /etc/apache2/sites-enabled/; "
              "echo ServerName localhost >>/etc/apache2/apache2.conf",
    "nginx": "true",
    "haproxy": "true",
}


def comment(file):
    """The indented lines of the comment at the top: commands, and what goes into the site's configuration."""
    head = (DEPLOY / file).read_text().split("\n\n")[0]
    return [line[4:].split("  #")[0].strip() for line in head.splitlines() if line.startswith("#   ")]


def is_command(line):
    return line.split()[0] in {"apt-get", "cp", "ln", "install", "echo", "lighty-enable-mod", "a2enmod", "lighttpd",
                               "apachectl", "nginx", "haproxy", "systemctl", "sed", "cat", "caddy"}


def script(front, tries, files=None):
    path, site = SITES[front]
    lines = comment((files or FILES)[front])
    commands = [line for line in lines if is_command(line)]
    additions = [line for line in lines if not is_command(line)]
    include = additions[-1]
    assert len(additions) == (2 if front == "haproxy" else 1), additions
    assert commands[-1].startswith("systemctl restart"), commands
    bind = " " + additions[0] if front == "haproxy" else ""
    text = site.replace("@INCLUDE@", include).replace("@BIND@", bind)
    append = ">>" if front == "haproxy" else ">"
    # The site's own configuration is written right before it is tested.
    at = next(i for i, line in enumerate(commands) if re.match(r"lighttpd -tt|apachectl configtest|nginx -t|haproxy -c", line))
    commands.insert(at, f"cat {append}{path} <<'END'\n{text}\nEND")
    return "\n".join([SETUP, BEFORE[front], "cd " + shlex.quote(str(ROOT)), *commands, tries])


# Waits for the site; what calls it, with the name of the call before the answer.
WAIT = """
n=0
until curl -s -o /dev/null --cacert "$SERVER_CER" https://localhost/; do
    n=$((n + 1))
    [ "$n" -lt 100 ] || { cat /run/peercert.log /var/log/*/error.log; exit 1; }
    sleep 0.1
done
call() { echo "=== $1"; shift; curl -sS --path-as-is --max-time 20 --cacert "$SERVER_CER" "$@" || echo "curl: $?"; echo; }
"""
TRIES = WAIT + """
call site https://localhost/
call client --cert "$GOOD_CER" --key "$GOOD_KEY" https://localhost/peercert
call nobody https://localhost/peercert
call other -o /dev/null -w '%{http_code}' --cert "$GOOD_CER" --key "$GOOD_KEY" https://localhost/peercertificate
call plain -w '%{http_code}' http://localhost/peercert
call plain-site http://localhost/
"""


def run_script(front, text, peercert, pki, tmp_path, **more):
    """The parts of what its tries said, and all that it said, in namespaces of its own."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PEERCERT": str(peercert), "CA": str(pki.ca),
                   "SERVER_CER": str(pki.server.cer), "SERVER_KEY": str(pki.server.key), "GOOD_CER": str(pki.good.cer),
                   "GOOD_KEY": str(pki.good.key), "KIT": str(ROOT / "certs/ca"), "GROUP": "haproxy" if front == "haproxy" else "www-data", "RULES": "", **more}
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "script").write_text(text)
    done = subprocess.run(["unshare", "-mnpf", "--kill-child", "--mount-proc", "bash", str(tmp_path / "script"), str(work)],
                          capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    # Caddy tells much, in JSON.
    said = "\n".join(line for line in done.stderr.splitlines() if not line.startswith('{"level":'))
    assert not re.search(r"duplicate|\[warn\]|WARNING|already (loaded|exists)", said, re.I), done.stderr
    parts = dict(part.split("\n", 1) for part in done.stdout.split("=== ")[1:])
    where = done.stdout + done.stderr
    return parts, where


@pytest.mark.parametrize("front", FILES)
def test_the_report_comes_into_a_site_that_exists(front, peercert, pki, tmp_path):
    parts, where = run_script(front, script(front, TRIES), peercert, pki, tmp_path)
    assert "the site that was there" in parts["site"], where
    assert parts["client"].strip().splitlines()[-1] == VALID, where
    assert parts["nobody"].startswith(ABSENT), where
    assert parts["other"].strip() in ("404", "200"), where  # 200: HAProxy's site answers for all addresses
    assert "peercert" not in parts["plain"].lower() and ABSENT not in parts["plain"] and "valid" not in parts["plain"], where
    assert "the site that was there" in parts["plain-site"] or front == "nginx", where


# Whole servers: a machine on which only the packages, peercert, and one CA of the kit's are.
WHOLE = {"lighttpd": "lighttpd/peercert.conf", "apache": "apache/peercert.conf", "nginx": "nginx/peercert.conf",
         "haproxy": "haproxy/peercert.cfg"}
MACHINE = """
install -m755 "$PEERCERT" /usr/local/bin/peercert
ln -s "$KIT" /usr/local/bin/peercert-ca
rm -f /etc/peercert/server.* /etc/apache2/sites-enabled/*
install -Dm644 deploy/systemd/peercert.conf /etc/peercert/peercert.conf
export HOME=/run/home CA_PASSWORD=abcdefgh
mkdir -m 700 -p ~/acme-ca
peercert-ca init --dir ~/acme-ca --batch --ec --subject "CN=Acme Servers" >/dev/null
peercert-ca request dan --dir ~/acme-ca --batch --ec >/dev/null
peercert-ca sign ~/acme-ca/dan.req --dir ~/acme-ca --batch >/dev/null
install -m644 ~/acme-ca/ca.cer /etc/peercert/new
mv /etc/peercert/new /etc/peercert/ca.cer
until grep -q "the trust was reloaded" /run/peercert.log; do sleep 0.1; done
SERVER_CER=~/acme-ca/ca.cer GOOD_CER=~/acme-ca/dan.cer GOOD_KEY=~/acme-ca/dan.key
"""


def whole_script(front):
    lines = comment(WHOLE[front])
    said = "\n".join(lines)
    for needed in ("apt-get install", "server.key", "--test-config", "systemctl enable --now", "systemctl restart"):
        assert needed in said, f"{WHOLE[front]} does not say: {needed}"
    assert said.index("--test-config") < said.index("systemctl restart")
    # What the test must have otherwise: its own name, and nobody who answers questions.
    said = said.replace("www.example.org", "localhost").replace("peercert-ca sign", "peercert-ca sign --batch")
    said = said.replace("peercert-ca request", "peercert-ca request --batch")
    return "\n".join([SETUP, "cd " + shlex.quote(str(ROOT)), MACHINE, BEFORE[front] if front == "apache" else "", said, TRIES])


@pytest.mark.parametrize("front", WHOLE)
def test_a_server_of_its_own_comes_up_by_the_commands_of_its_comment(front, peercert, pki, tmp_path):
    parts, where = run_script(front, whole_script(front), peercert, pki, tmp_path)
    assert parts["client"].strip().splitlines()[-1] == VALID, where
    assert parts["nobody"].startswith(ABSENT), where
    assert "peercert" not in parts["plain"].lower() and ABSENT not in parts["plain"] and "valid" not in parts["plain"], where


if __name__ == "__main__":
    sys.stdout.write(script(sys.argv[1], TRIES))
