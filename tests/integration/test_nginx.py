"""What is nginx's own; all that fronts have in common is in test_fronts.py."""

import os
import re
import shutil
import signal
import socket
import subprocess

import pytest

import fastcgi
import fronts
from fronts import DEPLOY, VALID, read_to_end, report_cut_off, tells_of_none
from held import restart_held_under_load
from hostile import TRUST_ALL, TRUSTED, ask_each, attempts, header_value, smuggled_bodies, variable
from load import CUT_OFF, WHOLE, Load, restart_under_load
from front_nginx import set_directives
from processes import DEADLINE, free_port

UPSTREAM_FAILED = r"\[(error|crit)\] .* (while connecting to upstream|while reading response header from upstream|while reading upstream|while sending request to upstream)"


def test_the_configuration_loads_within_debians(pki, tmp_path):
    tree = tmp_path / "nginx"
    shutil.copytree("/etc/nginx", tree, symlinks=True)
    shutil.copytree(DEPLOY / "nginx", tree / "peercert")
    site = tree / "peercert/peercert.conf"
    # nginx -t binds the ports, and may not bind these if it is not root.
    (tree / "sites-enabled/default").unlink(missing_ok=True)
    site.write_text(set_directives(site.read_text(), {
        "listen": f"127.0.0.1:{free_port()} ssl", "ssl_certificate": pki.server.cer,
        "ssl_certificate_key": pki.server.key, "ssl_client_certificate": pki.ca}))
    (tree / "conf.d/peercert.conf").symlink_to("../peercert/peercert.conf")
    # nginx -t makes these, and may not if it is not root.
    (tree / "conf.d/folders.conf").write_text(
        "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")))
    main = tree / "nginx.conf"
    text = main.read_text().replace("/etc/nginx", str(tree)).replace("/var/log/nginx", str(tmp_path)).replace(
        "/run/nginx.pid", f"{tmp_path}/pid")
    if os.geteuid() != 0:
        text = re.sub(r"^user .*\n", "", text, flags=re.M)  # nginx warns that it may not
    main.write_text(text)
    done = subprocess.run(["nginx", "-T", "-c", main], capture_output=True, text=True)
    assert done.returncode == 0 and "[warn]" not in done.stderr, done
    assert "fastcgi_pass peercert;" in done.stdout


@pytest.mark.parametrize("certificate, form", [
    ("$ssl_client_escaped_cert", "URL-encoded PEM"), ("$ssl_client_raw_cert", "PEM"), ("$ssl_client_cert", "PEM")])
def test_each_variable_that_the_configuration_names_is_read(start_front, peercert, pki, monkeypatch, certificate, form):
    assert certificate in (DEPLOY / "nginx/report.conf").read_text()
    monkeypatch.setattr(fronts.FRONTS["nginx"], "certificate", certificate)
    lines = start_front("nginx", peercert).curl(pki.good).lines
    assert lines[-1] == VALID
    assert [line for line in lines if line.startswith("Source: SSL_CLIENT_CERT (") and form in line], lines


@pytest.mark.parametrize("ask, good, none, refused", [("optional", 404, 404, 400), ("required", 404, 400, 400)])
def test_other_addresses_are_not_for_those_whom_nginx_refuses(start_front, peercert, pki, ask, good, none, refused):
    front = start_front("nginx", peercert, ask=ask)
    front.allow(r"\[error\] .* open\(\) .* failed \(2: No such file or directory\)")
    for address in ("/other", "/peercertificate", "/peercert/../other"):
        url = front.url.removesuffix(front.path) + address
        statuses = [front.curl(who, "--path-as-is", url=url).status for who in (pki.good, None, pki.expired)]
        assert statuses == [good, none, refused], address
    below = front.curl(pki.expired, url=f"{front.url}/below?a=b")
    assert below.lines[-1].startswith("The certificate not current: ")


def test_a_post_with_a_refused_certificate_stays_a_post(start_front, peercert, pki):
    reply = start_front("nginx", peercert).curl(pki.expired, "--data", "a=b")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("passed_on", [False, True])
def test_a_body_that_holds_fastcgi_records_is_never_a_request(start_front, peercert, pki, passed_on):
    front = start_front("nginx", peercert)
    front.allow(r"\[warn\] .* a client request body is buffered to a temporary file")
    if passed_on:
        # As an operator may have it who wants bodies, against the shipped configuration.
        front.set("peercert/report.conf", {"fastcgi_pass_request_body": "on"})
        with (front.folder / "peercert/report.conf").open("a") as file:
            file.write("fastcgi_param CONTENT_LENGTH $content_length;\n")
        front.restart_server()
    for body in smuggled_bodies(pki.good):
        file = front.folder / "upload"
        file.write_bytes(body)
        assert front.curl(None, "--data-binary", f"@{file}").status == 405
        for _ in range(3):
            assert tells_of_none(front.curl(None).text)
    assert not re.search(" valid ", front.responder.log())


def test_a_body_is_not_passed_on(start_front, peercert, pki):
    front = start_front("nginx", peercert)
    assert front.responder.stop() == 0
    with socket.socket(socket.AF_UNIX) as listening, front.connect(pki.good) as client:
        listening.settimeout(DEADLINE)
        listening.bind(str(front.responder.socket))
        os.chmod(front.responder.socket, 0o666)
        listening.listen()
        client.sendall(b"POST /peercert HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 5000\r\n\r\n"
                       + b"x" * 5000)
        with fastcgi.Connection(listening.accept()[0]) as taken:
            while (got := taken.read_record())[0] != fastcgi.STDIN:
                assert got[0] in (fastcgi.BEGIN_REQUEST, fastcgi.PARAMS), got
            assert got[2] == b"", "the first record of STDIN ends it"
            taken.send(fastcgi.records(fastcgi.STDOUT, b"Status: 405 Refused\r\n\r\n") + fastcgi.record(fastcgi.END_REQUEST, b"\0" * 8))
        assert read_to_end(client).startswith(b"HTTP/1.1 405 Refused")


def test_a_trusted_header_that_a_client_sends_gains_nothing(start_front, peercert, pki):
    front = start_front("nginx", peercert, arguments=TRUST_ALL)
    for name in TRUSTED:
        # The proof that there is something to gain.
        direct = fastcgi.ask(front.responder.socket,
                             fastcgi.parameters(**{variable(name): header_value(name, pki.good)}))
        assert direct.text.endswith(f"\n{VALID}\n"), name
    # The laxest settings that nginx has for the names of headers.
    front.set("standalone.conf", {"access_log": "off; underscores_in_headers on; ignore_invalid_headers off"})
    front.restart_server()
    count = 0
    for headers, status, text in ask_each(front, None, attempts(pki.good)):
        assert status == 200 and tells_of_none(text), headers
        count += 1
    assert count > 100
    for headers, status, text in ask_each(front, pki.stranger, [[("Client-Cert", header_value("Client-Cert", pki.good))]]):
        assert status == 200 and "The certificate is not valid: " in text.splitlines()[-1], text


@pytest.mark.parametrize("accept", ["text/plain", "application/json"])
def test_a_responder_killed_before_its_verdict_leaves_a_report_without_one(start_front, hooked, pki, gate, accept):
    front = start_front("nginx", hooked, environment=gate.environment)
    front.allow(UPSTREAM_FAILED)
    report_cut_off(front, pki.good, accept, front.kill_responder)


def test_restarted_under_load_every_answer_is_whole_or_a_502(start_front, peercert, pki):
    front = start_front("nginx", peercert)
    front.allow(UPSTREAM_FAILED)
    restart_under_load(front, pki.good, 502)
    assert front.curl(pki.good).lines[-1] == VALID


def test_killed_under_load_no_report_is_wrong(start_front, peercert, pki):
    front = start_front("nginx", peercert)
    front.allow(UPSTREAM_FAILED)
    with Load(front, pki.good, clients=6) as load:
        for _ in range(3):
            load.wait_for(30)
            front.responder.stop(signal.SIGKILL)
            front.start_responder()
        load.wait_for(30)
    assert not load.wrong
    assert set(load.outcomes) <= {WHOLE, CUT_OFF, 502}, load.told()
    assert front.curl(pki.good).lines[-1] == VALID


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_restarted_under_load_with_its_socket_held_no_request_is_lost(start_front, peercert, pki, kind, long):
    """As with peercert.socket of systemd: who connects while no peercert runs waits. A request on a kept
    connection that ends under it is sent again by nginx."""
    front, address = start_front("nginx", peercert), None
    front.allow(UPSTREAM_FAILED)
    if kind == "tcp":
        address = ("127.0.0.1", free_port())
        front.set("peercert/peercert.conf", {"server": "%s:%d" % address})
        front.restart_server()
    restart_held_under_load(front, pki.good, 100 if long else 4, address)
