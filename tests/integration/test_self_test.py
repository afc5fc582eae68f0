"""deploy/self-test: finds nothing in the configurations as they are shipped, and every hole that is planted."""

import subprocess

import pytest

import gate_fronts
from fronts import DEPLOY
from gate_helpers import write_rules

SELF_TEST = DEPLOY / "self-test"


@pytest.fixture(scope="module")
def revoked(pki):
    certificate = pki.authority.sign("self-test-revoked")
    pki.authority.revoke(certificate)
    return certificate


@pytest.fixture
def try_gate(peercert, pki, revoked, tmp_path):
    """Starts a front whose files `plant(front)` may change before, and tries it."""
    running = []

    def run(name, *options, plant=None, arguments=None, extra=None, quiet=("--quiet",), path="/pub/file.txt"):
        if name not in gate_fronts.FRONTS:
            pytest.skip(f"{name} needs caddy, which is not installed")
        crl = tmp_path / "ca.crl"
        pki.authority.write_crl(crl)
        rules = write_rules(tmp_path / "access.rules", pki)
        if arguments is None:
            arguments = ["--rules", rules, "--crl", crl]
        front = gate_fronts.FRONTS[name](tmp_path / name, pki, peercert, *arguments, extra=extra)
        front.folder.mkdir(exist_ok=True)
        if plant is not None:
            configure = front.configure

            def planted():
                commands = configure()
                plant(front)
                return commands
            front.configure = planted
        running.append(front)
        front.start()
        return subprocess.run(
            ["sh", SELF_TEST, *quiet, "--cert", pki.good.cer, "--key", pki.good.key, "--cacert", pki.ca, "--revoked-cert",
             revoked.cer, "--revoked-key", revoked.key, *options, front.at(path)],
            capture_output=True, text=True, timeout=240)
    yield run
    for front in running:
        front.stop()


def replace(front, file, old, new):
    path = front.folder / file
    text = path.read_text()
    assert old in text, f"{old} is not in {file}"
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("name", gate_fronts.FRONTS)
def test_nothing_gets_through_the_configurations_as_they_are_shipped(try_gate, name):
    header = "Forwarded" if name == "lighttpd" else "Peercertuser"
    done = try_gate(name, "--denied", "/secret/file.txt", "--echo", "/app/echo", "--name-header", header)
    through = [line for line in done.stdout.splitlines() if line.startswith("GOT THROUGH")]
    if name == "forward-auth":  # the front that asks is the test's own: see deploy/traefik/gate.yml
        assert len(through) == 2 and all("told to speak HTTP/2" in line for line in through), done.stdout + done.stderr
    else:
        assert done.returncode == 0 and not through, done.stdout + done.stderr
        assert "none of " in done.stdout


def test_what_was_tried_is_shown_as_it_was_sent(try_gate):
    shown = try_gate("nginx", "--only", "paths", "--denied", "/admin/", quiet=()).stdout
    assert r": /admin/ as /pub/..\admin/" in shown, shown
    assert all(byte.isprintable() for byte in shown.replace("\n", "")), "a backslash before a letter is no escape"


def raw_prefix(front):
    """The gate is told what a match of the raw path by prefix makes of it."""
    replace(front, "nginx.conf", "    include peercert/upstream.conf", '    map $request_uri $told { "~^/secret/" "/secret/"; default "/pub/"; }\n'
            "    include peercert/upstream.conf")
    replace(front, "peercert/gate-ask.conf", "REQUEST_URI $request_uri", "REQUEST_URI $told")
    replace(front, "peercert/gate-ask.conf", "PEERCERT_PATH $peercert_path", "PEERCERT_PATH $told")


def path_from_header(front):
    """The gate is told the path of a header that some proxies set, and clients."""
    replace(front, "nginx.conf", "    include peercert/upstream.conf", '    map $http_x_original_url $told { "" $request_uri; default $http_x_original_url; }\n'
            "    include peercert/upstream.conf")
    replace(front, "peercert/gate-ask.conf", "REQUEST_URI $request_uri", "REQUEST_URI $told")
    replace(front, "peercert/gate-ask.conf", "PEERCERT_PATH $peercert_path", "PEERCERT_PATH $told")


def planted(file, *changes):
    """{"plant": ...} that replaces texts in a file of the front's folder."""
    def plant(front):
        for old, new in changes:
            replace(front, file, old, new)
    return {"plant": plant}


def fcgid_authorizer(front):
    """mod_fcgid's FcgidAuthorizer, which httpd never asks."""
    replace(front, "apache.conf", 'ScriptSock "', "LoadModule fcgid_module ${modules}/mod_fcgid.so\nScriptSock \"")
    replace(front, "gate.conf", "    AuthnzFcgiCheckAuthnProvider", "    FcgidAuthorizer /bin/false\n    #")
    replace(front, "gate.conf", "Require valid-user", "Require all granted")


def another_host(front):
    """The first server of an address answers to names that no other has."""
    replace(front, "nginx.conf", "    server {\n        listen", f"""    server {{
        listen 127.0.0.1:{front.port} ssl default_server;
        ssl_certificate {front.pki.server.cer};
        ssl_certificate_key {front.pki.server.key};
        root {front.root};
    }}
    server {{
        listen""")


# Rules by which a host decides: who chooses the host gets around them.
BY_HOST = """issuer acme {ca}
deny any host=www.example.org path=/secret/
allow issuer=acme cn="Dan Example" path=/ user=$cn
"""

# What is no gate, of each front, and what gets through then. `rules` and `no_crl` are for peercert.
HOLES = {
    "the_report_as_gate": ("nginx", "no certificate", {"arguments": []}),
    "the_report_as_gate_of_forward_auth": ("forward-auth", "no certificate", {"arguments": []}),
    "satisfy_any_of_nginx": ("nginx", "no certificate", {"extra": "satisfy any; allow all;"}),
    "no_revocation_list": ("nginx", "a revoked certificate", {"no_crl": True}),
    "a_location_without_auth_request": ("nginx", "/secret/file.txt",
                                        {"extra": "location /secret/ { auth_request off; }"}),
    "a_return": ("nginx", "/secret/file.txt", {"extra": "location /secret/ { return 200 secret; }"}),
    "a_certificate_from_a_header": ("nginx", "one in the header SSL-Client-Cert", planted(
        "peercert/gate-ask.conf", ("$ssl_client_escaped_cert", "$http_ssl_client_cert$ssl_client_escaped_cert"),
        ("SSL_CLIENT_VERIFY $ssl_client_verify", "SSL_CLIENT_VERIFY SUCCESS"))),
    "a_certificate_that_forward_auth_takes_from_clients": ("forward-auth", "one in the header X-Forwarded-Tls-Client-Cert", planted(
        "Caddyfile", ("header_up X-Forwarded-Tls-Client-Cert {leaf}",
                      "header_up X-Forwarded-Tls-Client-Cert {leaf}{http.request.header.X-Forwarded-Tls-Client-Cert}"))),
    "a_raw_prefix": ("nginx", "/secret/file.txt as /%73ecret/file.txt", {"plant": raw_prefix}),
    "the_clients_own_host": ("nginx", "/secret/file.txt with the header Host", {
        "rules": BY_HOST, **planted("peercert/gate.conf", ("$peercert_host www.example.org", "$peercert_host $http_host"))}),
    "the_clients_own_method": ("nginx", "/secret/file.txt with the header X-HTTP-Method-Override: POST", {
        "rules": BY_HOST.replace("host=www.example.org", "method=GET"), **planted(
            "peercert/gate-ask.conf", ("REQUEST_METHOD $request_method", "REQUEST_METHOD $http_x_http_method_override$request_method"))}),
    "the_clients_own_path": ("nginx", "/secret/file.txt with the header X-Original-URL", {"plant": path_from_header}),
    "the_clients_own_name": ("nginx", "another's name by the header Peercertuser", planted(
        "nginx.conf", ("Peercertuser $peercert_user", "Peercertuser $http_peercertuser"))),
    "the_clients_own_name_of_httpd": ("apache", "another's name by the header Peercertuser", planted(
        "gate.conf", ("RequestHeader set Peercertuser", "#"))),
    "the_clients_own_name_of_lighttpd": ("lighttpd", "another's name by the header Forwarded", planted(
        "gate.conf", ('setenv.set-request-header = ( "Forwarded" => "", "Peercertuser" => "" )', ""),
        (', "Forwarded" => "", "Peercertuser" => "" )', " )"))),
    "the_clients_own_name_of_haproxy": ("haproxy", "another's name by the header Peercertuser", planted(
        "gate.cfg", ("    http-request del-header", "    #"), ("    http-request set-header", "    #"))),
    "a_second_require": ("apache", "no certificate", planted(
        "gate.conf", ("    Require valid-user", "    Require valid-user\n    Require all granted"))),
    "another_host": ("nginx", "no certificate, another host", {"plant": another_host}),
    "a_method_that_caddy_does_not_tell": ("caddy", "the method POST", {"path": "/app/x", **planted(
        "Caddyfile", ("\t\t\tenv PEERCERT_METHOD", "\t\t\t#")), "rules": BY_HOST.replace("host=www.example.org path=/secret/", "method=POST")}),
    "a_limit_of_httpd": ("apache", "no certificate, the method PUT", {"path": "/app/x", **planted(
        "gate.conf", ("    Require valid-user", "    <Limit GET HEAD POST OPTIONS>\n    Require valid-user\n    </Limit>"))}),
    "an_upgrade_that_nginx_hands_on": ("nginx", "to speak HTTP/2 by the header Upgrade: h2c", planted(
        "nginx.conf", ("Upgrade $peercert_upgrade", "Upgrade $http_upgrade"), ("Connection $peercert_connection", "Connection upgrade"))),
    "an_upgrade_that_caddy_hands_on": ("caddy", "to speak HTTP/2 by the header Upgrade: h2c", planted(
        "Caddyfile", ("\trequest_header @other_upgrade", "\t#"))),
    "a_name_that_httpd_takes_away": ("apache", "no name by the header Connection: peercertuser", planted(
        "gate.conf", ("RequestHeader edit* Connection", "#"))),
    "a_name_that_caddy_takes_away": ("caddy", "no name by the header Connection: peercertuser", planted(
        "Caddyfile", ("\trequest_header Connection", "\t#"))),
    "the_authorizer_of_mod_fcgid": ("apache", "no certificate", {"plant": fcgid_authorizer}),
    "a_condition_of_lighttpd": ("lighttpd", "/secret/file.txt", {
        "extra": '$HTTP["url"] =~ "^/secret/" { fastcgi.server = () }'}),
    "a_module_before_the_gate_of_lighttpd": ("lighttpd", "/app/secret/x", planted(
        "lighttpd.conf", ('"mod_fastcgi", "mod_proxy"', '"mod_proxy", "mod_fastcgi"'))),
    "haproxy_without_the_last_line": ("haproxy", "no certificate", planted(
        "gate.cfg", ("    http-request lua.gate", "    #"), ("    http-request deny", "    #"))),
    "a_websocket_beside_the_gate": ("haproxy", "no certificate, a WebSocket", {"path": "/app/x", **planted(
        "gate.cfg", ("    http-request lua.gate", "    http-request allow if { req.hdr(upgrade) -m found }\n    http-request lua.gate"))}),
    "any_answer_is_a_yes_for_caddy": ("caddy", "no certificate", planted(
        "Caddyfile", ("\t\t\tstatus 200\n\t\t\theader Peercert-User *\n", "\t\t\tstatus 200 403\n"))),
    "a_no_is_a_yes_for_caddy_and_a_yes_is_none": ("caddy", "no certificate", planted(
        "Caddyfile", ("\t\t\tstatus 200\n\t\t\theader Peercert-User *\n", "\t\t\theader Content-Type *\n"))),
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_planted_hole_is_found(try_gate, pki, tmp_path, hole):
    name, found, options = HOLES[hole]
    options = dict(options)
    rules = options.pop("rules", None)
    if options.pop("no_crl", False):
        options["arguments"] = ["--rules", write_rules(tmp_path / "no-crl.rules", pki)]
    elif rules is not None:
        options["arguments"] = ["--rules", write_rules(tmp_path / "other.rules", pki, rules)]
    # Only what can find it: each try takes a while.
    if "/secret/" in found:
        tries = ["--only", "paths", "--denied", found.split()[0]]
    elif found.startswith("the method "):
        tries = ["--only", "methods", "--denied-method", "POST"]
    elif "name" in found or "Upgrade" in found:
        tries = ["--only", "names", "--echo", "/app/echo", "--name-header", "Forwarded" if "Forwarded" in found else "Peercertuser"]
    else:
        tries = ["--only", "revoked" if "revoked" in found else "headers" if "header" in found else "strangers"]
    done = try_gate(name, *tries, **options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert any("GOT THROUGH" in line and found in line for line in done.stdout.splitlines()), done.stdout


def test_a_part_that_lacks_its_option_is_no_success(try_gate):
    done = try_gate("nginx", "--only", "paths")
    assert done.returncode == 2 and "nothing was tried: paths needs an option" in done.stderr, done.stdout + done.stderr


def test_without_the_servers_ca_it_names_the_option(try_gate, pki):
    done = try_gate("nginx", "--cacert", "")
    assert done.returncode == 2 and "--cacert FILE names the CA" in done.stderr, done.stderr


def test_without_a_certificate_that_is_let_in_strangers_are_tried_all_the_same(try_gate, pki, tmp_path):
    done = try_gate("nginx", arguments=["--rules", write_rules(tmp_path / "deny.rules", pki, "deny any\n")], quiet=())
    assert done.returncode == 2 and "is not let in" in done.stderr, done.stdout + done.stderr
    assert "refused (403): no certificate\n" in done.stdout and "revoked" not in done.stdout, done.stdout


def test_without_an_answer_it_says_that_nothing_can_be_tried(pki):
    done = subprocess.run(["sh", SELF_TEST, "--cert", pki.good.cer, "--key", pki.good.key, "https://localhost:1/"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "no answer" in done.stderr and "nothing can be tried" in done.stderr, done.stderr
