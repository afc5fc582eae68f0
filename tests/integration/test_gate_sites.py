"""The gate in a site that exists: what the comment at the top of each front's gate file says, command by command.

In namespaces of its own, as in test_sites.py."""

import shlex
import shutil

import pytest

from fronts import DEPLOY
from test_sites import ROOT, SETUP, WAIT, comment, is_command, pytestmark, run_script, script  # noqa: F401

FILES = {"apache": "apache/gate.conf", "nginx": "nginx/gate.conf"}
RULES = """issuer acme ca.cer
deny any host=www.example.org path=/secret/
allow issuer=acme cn="Dan Example" host=www.example.org path=/ user=$cn"""
DENIED = "Access denied"

TRIES = """
mkdir -p /var/www/html/secret
echo 'the secret' >/var/www/html/secret/index.html
""" + WAIT + """
call client --cert "$GOOD_CER" --key "$GOOD_KEY" https://localhost/
call secret --cert "$GOOD_CER" --key "$GOOD_KEY" https://localhost/secret/
call around --cert "$GOOD_CER" --key "$GOOD_KEY" https://localhost/x/..%2fsecret/
call around --cert "$GOOD_CER" --key "$GOOD_KEY" https://localhost//secret/
call nobody https://localhost/
"""
# The way around that a self-test from outside finds: Debian's default site on port 80 has the same folder.
SELF_TEST = """
echo "=== self-test"
sh deploy/self-test --quiet --cert "$GOOD_CER" --key "$GOOD_KEY" --cacert "$SERVER_CER" --denied /secret/ https://localhost/ || true
"""
# Commands that make what another file's comment has made before; the operator's names; and an application.
HAPROXY = """
cat >>/etc/haproxy/peercert/gate.cfg <<'END'
    http-request return status 200 content-type text/plain string "the site that was there"
END
"""
CADDY = """
sed -i 's/www.example.org {/localhost {/; s,^\ttls {,\ttls /etc/peercert/server.cer /etc/peercert/server.key {,' \
    /etc/caddy/Caddyfile
sed -i 's,reverse_proxy 127.0.0.1:8080,root * /var/www/html\\n\\t\\tfile_server,' /etc/caddy/Caddyfile
mkdir -p /run/home
"""


def commands(file, before_the_test, edit):
    """The commands of a comment, with what an operator sets put in before the configuration is tested."""
    lines = comment(file)
    assert all(map(is_command, lines)), lines
    at = next(i for i, line in enumerate(lines) if line.startswith(before_the_test))
    return "\n".join([SETUP, "cd " + shlex.quote(str(ROOT)), *lines[:at], edit, *lines[at:]])


def expect_a_gate(parts, where):
    assert "the site that was there" in parts["client"], where
    for name in ("secret", "nobody"):
        assert DENIED in parts[name] and "the secret" not in parts[name] and "the site that" not in parts[name], where
    assert "the secret" not in parts["around"], where


@pytest.mark.parametrize("front", FILES)
def test_the_gate_comes_into_a_site_that_exists(front, peercert, pki, tmp_path):
    listen = {"LISTEN": "127.0.0.1:9181", "GROUP": ""} if front == "apache" else {}
    text = script(front, TRIES + (SELF_TEST if front == "nginx" else ""), FILES)
    parts, where = run_script(front, text, peercert, pki, tmp_path, RULES=RULES, **listen)
    expect_a_gate(parts, where)
    if front == "nginx":
        holes = [line for line in parts["self-test"].splitlines() if line.startswith("GOT THROUGH")]
        assert holes == ["GOT THROUGH (200): no certificate, plain HTTP"], where


def test_lighttpds_gate_guards_all_that_debians_configuration_serves(peercert, pki, tmp_path):
    """On port 80, and over IPv6, for which Debian's 10-ssl.conf has a block of its own."""
    text = commands("lighttpd/gate.conf", "lighttpd -tt", "") + TRIES + SELF_TEST + """
call ipv6 -6 https://localhost/
call plain http://localhost/
"""
    parts, where = run_script("lighttpd", text, peercert, pki, tmp_path, RULES=RULES)
    expect_a_gate(parts, where)
    assert DENIED in parts["ipv6"] and DENIED in parts["plain"], where
    assert parts["self-test"].startswith("self-test: none of "), where


def test_haproxys_gate_comes_up_by_its_commands(peercert, pki, tmp_path):
    text = commands("haproxy/gate.cfg", "haproxy -c", HAPROXY) + TRIES
    expect_a_gate(*run_script("haproxy", text, peercert, pki, tmp_path, RULES=RULES))


@pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed")
def test_caddys_gate_comes_up_by_its_commands(peercert, pki, tmp_path):
    text = commands("caddy/Caddyfile", "caddy validate", CADDY) + TRIES
    expect_a_gate(*run_script("caddy", text, peercert, pki, tmp_path, RULES=RULES))


def test_the_endpoint_for_traefik_comes_up_by_its_commands(peercert, pki, tmp_path):
    leaf = "".join(pki.good.pem.splitlines()[1:-1])
    tries = f"""
n=0
until curl -s -o /dev/null http://127.0.0.1:9180/; do
    n=$((n + 1)); [ "$n" -lt 100 ] || exit 1; sleep 0.1
done
call() {{ echo "=== $1"; curl -sS --max-time 20 -i -H 'X-Forwarded-Host: www.example.org' -H 'X-Forwarded-Method: GET' \\
    -H "X-Forwarded-Uri: $2" -H "X-Forwarded-Tls-Client-Cert: $3" http://127.0.0.1:9180/forward-auth; echo; }}
call client /x {shlex.quote(leaf)}
call secret /secret/ {shlex.quote(leaf)}
call nobody /x ''
"""
    text = commands("nginx/forward-auth.conf", "nginx -t", "") + tries
    parts, where = run_script("nginx", text, peercert, pki, tmp_path, RULES=RULES)
    assert parts["client"].startswith("HTTP/1.1 200") and "Peercertuser: Dan%20Example" in parts["client"], where
    assert parts["secret"].startswith("HTTP/1.1 403") and parts["nobody"].startswith("HTTP/1.1 403"), where


def test_traefiks_configuration_names_what_it_has():
    yaml = pytest.importorskip("yaml")
    configuration = yaml.safe_load((DEPLOY / "traefik/gate.yml").read_text())
    http, router = configuration["http"], configuration["http"]["routers"]["application"]
    assert router["middlewares"] == list(http["middlewares"]) == ["peercert-own", "peercert-certificate", "peercert-gate"]
    assert router["service"] in http["services"] and router["tls"]["options"] in configuration["tls"]["options"]
    gate = http["middlewares"]["peercert-gate"]["forwardAuth"]
    assert gate["address"] in "http://127.0.0.1:9180/forward-auth" and not gate["trustForwardHeader"]
    said = (DEPLOY / "nginx/forward-auth.conf").read_text()
    assert "listen 127.0.0.1:9180;" in said and "location = /forward-auth" in said
    assert all(f"add_header {name} " in said for name in gate["authResponseHeaders"])
    assert http["middlewares"]["peercert-own"]["headers"]["customRequestHeaders"] == dict.fromkeys(gate["authResponseHeaders"], "")
