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

    def run(name, *options, plant=None, arguments=None, extra=None):
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
            ["sh", SELF_TEST, "--quiet", "--cert", pki.good.cer, "--key", pki.good.key, "--cacert", pki.ca, "--revoked-cert",
             revoked.cer, "--revoked-key", revoked.key, *options, front.at("/pub/file.txt")],
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
    assert done.returncode == 0, done.stdout + done.stderr
    assert "none of " in done.stdout


def raw_prefix(front):
    """The gate is told what a match of the raw path by prefix makes of it."""
    replace(front, "nginx.conf", "    map $http_upgrade", '    map $request_uri $told { "~^/secret/" "/secret/"; default "/pub/"; }\n'
            "    map $http_upgrade")
    replace(front, "peercert/gate-ask.conf", "REQUEST_URI $request_uri", "REQUEST_URI $told")
    replace(front, "peercert/gate-ask.conf", "PEERCERT_PATH $peercert_path", "PEERCERT_PATH $told")


HOLES = {
    "the_report_as_gate": ("nginx", "no certificate", {"arguments": []}),
    "no_revocation_list": ("nginx", "a revoked certificate", {"no_crl": True}),
    "a_location_without_auth_request": ("nginx", "/secret/file.txt",
                                        {"extra": "location /secret/ { auth_request off; }"}),
    "a_certificate_from_a_header": ("nginx", "one in the header SSL-Client-Cert", {"plant": lambda front: replace(
        front, "peercert/gate-ask.conf", "$ssl_client_escaped_cert", "$http_ssl_client_cert$ssl_client_escaped_cert")}),
    "a_raw_prefix": ("nginx", "/secret/file.txt as /%73ecret/file.txt", {"plant": raw_prefix}),
    "the_clients_own_name": ("nginx", "another's name by the header Peercertuser", {"plant": lambda front: replace(
        front, "nginx.conf", "Peercertuser $peercert_user", "Peercertuser $http_peercertuser")}),
    "a_second_require": ("apache", "no certificate", {"plant": lambda front: replace(
        front, "gate.conf", "    Require valid-user", "    Require valid-user\n    Require all granted")}),
    "a_condition_of_lighttpd": ("lighttpd", "/secret/file.txt", {
        "extra": '$HTTP["url"] =~ "^/secret/" { fastcgi.server = () }'}),
    "haproxy_without_the_last_line": ("haproxy", "no certificate", {"plant": lambda front: replace(
        front, "gate.cfg", "    http-request lua.gate", "    #")}),
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_planted_hole_is_found(try_gate, pki, tmp_path, hole):
    name, found, options = HOLES[hole]
    options = dict(options)
    if options.pop("no_crl", False):
        options["arguments"] = ["--rules", write_rules(tmp_path / "no-crl.rules", pki)]
    if hole == "haproxy_without_the_last_line":
        front_plant = options["plant"]

        def both(front):
            front_plant(front)
            replace(front, "gate.cfg", "    http-request deny", "    #")
        options["plant"] = both
    # Only what can find it: each try takes a while.
    tries = ["--denied", "/secret/file.txt"] if "/secret/" in found else ["--echo", "/app/echo"] if "name" in found else []
    done = try_gate(name, *tries, **options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert any("GOT THROUGH" in line and found in line for line in done.stdout.splitlines()), done.stdout


def test_without_a_certificate_that_is_let_in_it_says_that_nothing_can_be_tried(pki):
    done = subprocess.run(["sh", SELF_TEST, "--cert", pki.good.cer, "--key", pki.good.key, "https://localhost:1/"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "is not let in" in done.stderr
