"""What is Apache httpd's own; all that fronts have in common is in test_fronts.py."""

import contextlib
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess

import pytest

from fronts import DEPLOY, VALID, read_to_end, report_cut_off, tells_of_none, without_its_trust_only_the_log_says_why
from front_apache import FRONTS
from held import restart_held_under_load
from hostile import TRUSTED, ask_each, attempts, header_value, smuggled_bodies
from load import CUT_OFF, NO_ANSWER, WHOLE, Load, restart_under_load
from processes import free_port, wait_until

# What httpd says of a responder that is not there, or goes away.
RESPONDER_FAILED = r"\[(proxy|proxy_fcgi|fcgid|cgid|http2):(error|warn)\] |\[core:error\] .* End of script output before headers: "
# Of a list of headers there is one that the shipped configuration cannot know.
KNOWN = [name for name in TRUSTED if name != "X-My-Cert"]


@pytest.fixture(params=FRONTS)
def front_name(request):
    return request.param


@pytest.mark.parametrize("backend", ["proxy-fcgi", "fcgid", "cgid"])
def test_each_backend_of_the_shipped_settings_is_known(backend):
    text = (DEPLOY / "apache/peercert.conf").read_text()
    assert re.search(rf"^#   {backend} ", text, re.M)
    assert (DEPLOY / f"apache/backend-{backend}.conf").exists()


# --- what httpd asks of certificates ---

@pytest.mark.parametrize("name, alert", [
    ("expired", "CERTIFICATE_EXPIRED"), ("not_yet_valid", "BAD_CERTIFICATE"),
    ("server_only", "UNSUPPORTED_CERTIFICATE")])
def test_a_certificate_that_only_its_ca_speaks_for_ends_the_handshake(start_front, peercert, pki, name, alert):
    front = start_front("apache-cgid", peercert)
    context = ssl.create_default_context(cafile=pki.ca)
    # In TLS 1.3 the client's side of the handshake is over before the server says no.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    certificate = getattr(pki, name)
    context.load_cert_chain(certificate.chain, certificate.key)
    with socket.create_connection(("127.0.0.1", front.port)) as plain:
        with pytest.raises(ssl.SSLError) as failed:
            context.wrap_socket(plain, server_hostname="localhost")
    assert alert in failed.value.reason


def ask_twice_in_one_session(front, certificate, version, session):
    """The reports of two connections, the second of which resumes the TLS session of the first."""
    reports = []
    for option in ("-sess_out", "-sess_in"):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{front.port}", "-servername", "localhost", version,
             "-CAfile", front.pki.ca, "-cert", certificate.cer, "-cert_chain", certificate.chain, "-key", certificate.key,
             "-ign_eof", option, session],
            input=front.get_request(), capture_output=True, timeout=20)
        shown, _, report = done.stdout.partition(b"HTTP/1.1 200 ")
        assert (b"\nReused, " in shown) == (option == "-sess_in"), done
        # Not everything after the headers is ours: s_client tells of new tickets there.
        reports.append(report.decode())
    return reports


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_resumed_session_has_no_chain_and_the_configured_intermediates_make_up_for_it(
        start_front, peercert, pki, tmp_path, version):
    front = start_front("apache-cgid", peercert)
    first, second = ask_twice_in_one_session(front, pki.chained, version, tmp_path / "session")
    assert VALID in first
    assert "an intermediate certificate is missing" in second and VALID not in second
    cured = start_front("apache-cgid", peercert, environment={"PEERCERT_INTERMEDIATES": str(pki.intermediate)})
    for report in ask_twice_in_one_session(cured, pki.chained, version, tmp_path / "other-session"):
        assert VALID in report


# --- what a client may try ---

def test_the_words_of_a_query_string_are_arguments_that_peercert_does_not_read(start_front, peercert, pki, tmp_path):
    words = f"?--ca+{pki.stranger.cer.parent / 'ca.cer'}+--trust-header+Client-Cert"
    shows = tmp_path / "shows-arguments"
    shows.write_text('#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"; printf "%s\\n" "$@"\n')
    shows.chmod(0o755)
    # The proof that httpd does hand them over (RFC 3875 section 4.4; CVE-2012-1823 was PHP's).
    front = start_front("apache-cgid", shows)
    assert front.curl(url=front.url + words).lines == words[1:].split("+")
    front = start_front("apache-cgid", peercert)
    for certificate in (pki.good, pki.stranger, None):
        forged = ("-H", "Client-Cert: " + header_value("Client-Cert", pki.good))
        plain = front.curl(certificate).lines
        for query in (words, f"?--check+{pki.good.cer}", "?--version", "?--help", "?--at+2000-01-01", "?-x"):
            assert front.curl(certificate, *forged, url=front.url + query).lines[-1] == plain[-1]


def test_a_trusted_header_that_a_client_sends_gains_nothing(start_front, peercert, pki, tmp_path, front_name):
    # mod_fcgid would cut the list short, were it a variable.
    options = tmp_path / "options"
    options.write_text("".join(f"trust-header = {name}\n" for name in KNOWN))
    front = start_front(front_name, peercert, environment={"PEERCERT_CONFIG": str(options)})
    known = [headers for headers in attempts(pki.good) if re.sub("[_.]", "-", headers[-1][0]).lower().removeprefix("http-")
             in map(str.lower, KNOWN)]
    assert len(known) > 100
    for headers, status, text in ask_each(front, None, known):
        assert status == 200 and tells_of_none(text), headers
    stranger = [[("Client-Cert", header_value("Client-Cert", pki.good))]]
    for _, status, text in ask_each(front, pki.stranger, stranger):
        assert status == 200 and "the trusted CA did not sign it" in text.splitlines()[-1], text
    # The proof that there was something to gain, and that it is these lines which deny it.
    stripped = front.folder / "peercert/strip-headers.conf"
    stripped.write_text(re.sub(r"^ *RequestHeader unset .*\n", "", stripped.read_text(), flags=re.M))
    front.restart_server()
    for name in KNOWN:
        gained = front.curl(None, "-H", f"{name}: {header_value(name, pki.good)}")
        assert gained.lines[-1] == VALID, name


def test_what_is_no_request_for_a_report_is_refused_by_httpd(start_front, peercert, pki, front_name):
    front = start_front(front_name, peercert)
    front.allow(r"\[authz_core:error\] .* AH01630: client denied by server configuration: "
                r"|\[proxy:error\] .* AH01139: TRACE forbidden by server configuration")
    assert front.curl(pki.good, "-X", "TRACE").status == 405
    # A body of which nobody knows how long it is.
    unsized = front.curl(pki.good, "--http1.1", "-H", "Transfer-Encoding: chunked", "--data", "a=b")
    assert unsized.status == 411
    for address in ("/", "/other", "/peercertificate", "/peercert/../other"):
        url = front.url.removesuffix(front.path) + address
        assert front.curl(pki.good, "--path-as-is", url=url).status == 403, address


def post(front, body):
    client = http.client.HTTPSConnection("localhost", front.port)
    client.sock = front.connect()
    with contextlib.closing(client):
        client.request("POST", "/peercert", body=body)
        reply = client.getresponse()
        reply.read()
        return reply.status


def test_a_body_that_holds_fastcgi_records_is_never_a_request(start_front, peercert, pki):
    front = start_front("apache-proxy-fcgi", peercert)
    front.allow(RESPONDER_FAILED)
    for body in smuggled_bodies(pki.good):
        # curl may stop sending when the answer comes before its body's end, and then httpd waits for the rest.
        assert post(front, body) == 405
        for _ in range(3):
            assert tells_of_none(front.curl(None).text)
    assert not re.search(" valid ", front.responder.log())


# --- responders that end ---

@pytest.mark.parametrize("accept", ["text/plain", "application/json"])
def test_a_responder_killed_before_its_verdict_leaves_a_report_without_one(
        start_front, hooked, pki, gate, front_name, accept):
    front = start_front(front_name, hooked, environment=gate.environment)
    front.allow(RESPONDER_FAILED)

    def kill():
        pid, = front.responders()
        os.kill(pid, signal.SIGKILL)
    report_cut_off(front, pki.good, accept, kill)


def test_a_responder_of_mod_fcgid_that_ends_is_started_again(start_front, peercert, pki):
    front = start_front("apache-fcgid", peercert)
    front.allow(RESPONDER_FAILED)
    for _ in range(3):
        assert front.curl(pki.good).lines[-1] == VALID
        pid, = front.responders()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pid not in front.responders(), "it is gone")


def test_restarted_under_load_every_answer_is_whole_or_a_503(start_front, peercert, pki):
    front = start_front("apache-proxy-fcgi", peercert)
    front.allow(RESPONDER_FAILED)
    restart_under_load(front, pki.good, 503)
    wait_until(lambda: front.curl(pki.good).lines[-1] == VALID, "all is well again")


def test_killed_under_load_no_report_is_wrong(start_front, peercert, pki, front_name):
    front = start_front(front_name, peercert)
    front.allow(RESPONDER_FAILED)
    with Load(front, pki.good, clients=6) as load:
        for _ in range(3):
            load.wait_for(20)
            for pid in front.responders():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if front.responder is not None:
                front.responder.wait()
                front.start_responder()
        load.wait_for(20)
    assert not load.wrong
    assert set(load.outcomes) <= {WHOLE, CUT_OFF, NO_ANSWER, 500, 502, 503}, load.told()
    # A connection that httpd kept to a responder of before is still worth a 503.
    wait_until(lambda: front.curl(pki.good).lines[-1] == VALID, "all is well again")


@pytest.mark.parametrize("kind", ["unix", "tcp"])
@pytest.mark.parametrize("reuse", ["on", "off"])
def test_restarted_under_load_with_its_socket_held(start_front, peercert, pki, reuse, kind, long):
    """As with peercert.socket of systemd: who connects while no peercert runs waits. What is lost is a
    request on a kept connection that ends under it; httpd does not send it again."""
    front, address = start_front("apache-proxy-fcgi", peercert), None
    settings = {" enablereuse=on": f" enablereuse={reuse}"}
    if kind == "tcp":
        address = ("127.0.0.1", free_port())
        settings[r"unix:\$\{peercert_socket\}\|fcgi://peercert/"] = "fcgi://%s:%d/" % address
    front.edit("peercert/backend-proxy-fcgi.conf", settings)
    front.restart_server()
    front.allow(RESPONDER_FAILED)
    restart_held_under_load(front, pki.good, 100 if long else 4, address, {503} if reuse == "on" else ())


# --- what the operator sees ---

@pytest.mark.parametrize("name", ["apache-fcgid", "apache-cgid"])
def test_the_verdicts_log_line_is_in_httpds_error_log(start_front, peercert, pki, name):
    front = start_front(name, peercert)
    front.curl(pki.good)
    log = front.folder / "apache2.log"
    line = wait_until(lambda: [one for one in log.read_text().splitlines() if "CN=Dan Example" in one], "a line")[0]
    assert "OU=Ops,O=Acme,C=GB" in line and "127.0.0.1" in line


def test_cgi_without_a_usable_trust_is_503_and_only_the_log_says_why(start_front, peercert, tmp_path):
    front = start_front("apache-cgid", peercert, environment={"PEERCERT_CA": str(tmp_path / "missing.cer")})
    without_its_trust_only_the_log_says_why(front)


def test_mod_fcgid_cuts_the_value_of_a_variable_after_127_characters(start_front, peercert, pki):
    """As the configuration says: what is longer goes into a file."""
    value = ",".join(letter * 49 for letter in "XYZ")
    front = start_front("apache-fcgid", peercert, environment={"PEERCERT_TRUST_HEADER": value})
    front.curl(pki.good)
    pid, = front.responders()
    with open(f"/proc/{pid}/environ") as environment:
        trusted = re.search(r"PEERCERT_TRUST_HEADER=([^\0]*)", environment.read())[1]
    assert trusted == value[:127]
