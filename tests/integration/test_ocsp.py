"""OCSP: peercert asks real and lying responders on loopback."""

import json
import re
import socket
import subprocess
import threading

import pytest

import ocsp
from fronts import VALID
from ocsp_scene import revocation, scene, serve  # noqa: F401
from pki import openssl
from processes import DEADLINE, clean_environment, free_port


@pytest.fixture
def check(peercert, scene):
    """--check on one certificate; the exit status and the lines."""
    def check(mode, url, certificate, *options, environment=None):
        where = ["--ocsp-url", url] if url else []
        done = subprocess.run([peercert, "--ca", scene.ca, "--ocsp", mode, *where, *options, "--check", certificate.cer],
                              capture_output=True, timeout=DEADLINE, env={**clean_environment(), **(environment or {})})
        assert b"Sanitizer" not in done.stderr, done.stderr
        return done.returncode, (done.stdout or done.stderr).decode().splitlines()
    return check


def expect_not_known(check, url, certificate, why, *options, environment=None):
    """hard: not valid; soft: valid, and the report says why; neither says `good`."""
    status, lines = check("hard", url, certificate, *options, environment=environment)
    assert status == 1, lines
    assert re.search(rf"^The certificate is not valid: .*{why}", lines[-1]), lines
    status, lines = check("soft", url, certificate, *options, environment=environment)
    assert (status, lines[-1]) == (0, VALID)
    assert re.search(rf"^Revocation: not checked; OCSP: .*{why}", revocation(lines)), lines
    assert "Warning: revocation not checked by OCSP, and the configuration allows that" in lines


@pytest.mark.parametrize("mode", ["soft", "hard"])
def test_a_good_certificate_is_valid(check, scene, mode):
    status, lines = check(mode, scene.running.url, scene.good)
    assert (status, lines[-1]) == (0, VALID)
    assert re.match(r"Revocation: good by OCSP of \S+Z, next \S+Z$", revocation(lines))


@pytest.mark.parametrize("mode", ["soft", "hard"])
def test_a_revoked_certificate_is_revoked_with_date_and_reason(check, scene, mode):
    status, lines = check(mode, scene.running.url, scene.bad)
    assert status == 1
    assert lines[-1] == ("The certificate is not valid: the certificate was revoked on "
                         "2026-01-01T00:00:00Z, reason keyCompromise")
    assert revocation(lines) == "Revocation: revoked by OCSP on 2026-01-01T00:00:00Z, reason keyCompromise"


def test_what_the_responder_does_not_know_is_not_good(check, scene):
    expect_not_known(check, scene.running.url, scene.unknown, "does not know")


def test_json_tells_the_responders_word(check, scene):
    told = json.loads("".join(check("soft", scene.running.url, scene.good, "--format", "json")[1]))
    assert (told["status"], told["revocation"], told["ocsp"], told["ocsp_reason"]) == ("valid", "good", "good", None)
    assert told["ocsp_this_update"] < told["ocsp_next_update"]
    told = json.loads("".join(check("hard", scene.running.url, scene.unknown, "--format", "json")[1]))
    assert (told["status"], told["error_name"], told["ocsp"]) == (
        "revocation_unknown", "X509_V_ERR_OCSP_CERT_UNKNOWN", "unknown")
    assert told["ocsp_this_update"] is None


def test_the_issuer_itself_may_sign(check, scene, serve):
    served = serve(lambda handler, body: ocsp.reply(handler, scene.answer(body, signer=scene.ca, key=scene.ca_key)))
    assert check("hard", served.url, scene.good)[1][-1] == VALID
    path, headers, _ = served.requests[0]
    assert (path, headers["Content-Type"], headers["Host"]) == (
        "/ocsp", "application/ocsp-request", f"127.0.0.1:{served.port}")


def forged(scene, request):
    """The stranger's CA has the same name; it says good."""
    return ocsp.answer_to(request, scene.folder, scene.before, scene.authority, scene.stranger.cer,
                          scene.stranger.key, "-nmin", "5")


LIES = {
    "wrong signer": (lambda scene, body: forged(scene, body), "not signed by the issuer"),
    "signed by the client": (lambda scene, body: scene.answer(body, scene.before, scene.bad.cer, scene.bad.key),
                             "not signed by the issuer|vouches for itself"),
    "no nextUpdate": (lambda scene, body: scene.answer(body, scene.before, options=()), "no nextUpdate"),
    "weak digest": (lambda scene, body: scene.answer(body, scene.before, options=("-nmin", "5", "-rmd", "sha1")),
                    "too weak"),
    "garbage": (lambda scene, body: b"\x30\x03abc", "not an OCSP response"),
    "no ASN.1": (lambda scene, body: b"<html>", "not an HTTP response"),
    "nothing": (lambda scene, body: b"", "not an HTTP response"),
    "a byte more": (lambda scene, body: scene.answer(body, scene.before) + b"x", "not an HTTP response"),
    "a large one": (lambda scene, body: b"\x30\x83\x01\x00\x00" + bytes(65536), "not an HTTP response"),
    "try later": (lambda scene, body: bytes.fromhex("30030a0103"), "try later"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_not_good(check, scene, serve, lie):
    make, why = LIES[lie]
    served = serve(lambda handler, body: ocsp.reply(handler, make(scene, body)))
    expect_not_known(check, served.url, scene.bad, f"({why})")
    assert len(served.requests) == 2


def test_a_weak_key_of_the_responder_is_told_with_what_to_do(check, scene, serve):
    key, asked = scene.folder / "weak.key", scene.folder / "weak.csr"
    openssl("req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", key, "-out", asked, "-subj", "/CN=Weak Responder")
    signer = scene.folder / "weak.cer"
    openssl("x509", "-req", "-in", asked, "-CA", scene.ca, "-CAkey", scene.ca_key, "-set_serial", "77", "-days", "9",
            "-extfile", scene.authority.config, "-extensions", "responder", "-out", signer)
    served = serve(lambda handler, body: ocsp.reply(handler, scene.answer(body, signer=signer, key=key)))
    expect_not_known(check, served.url, scene.good, "its key is too weak for the security level")
    told = json.loads("".join(check("hard", served.url, scene.good, "--format", "json")[1]))
    assert "give the responder a certificate" in told["advice"]["operator"], told
    assert check("hard", served.url, scene.good, "--security-level", "1")[1][-1] == VALID


def test_a_replayed_answer_is_not_good(check, scene, serve):
    """Saved while the certificate was good, sent once it is revoked."""
    saved = []

    def respond(handler, body):
        saved[1:] or saved.append(scene.answer(body, scene.before))
        ocsp.reply(handler, saved[0])
    served = serve(respond)
    assert check("hard", served.url, scene.bad)[1][-1] == VALID
    expect_not_known(check, served.url, scene.bad, "its nonce is not ours", "--ocsp-nonce", "optional")


def test_an_answer_without_a_nonce_counts_only_when_the_operator_says_so(check, scene, serve):
    def respond(handler, body):
        asked = scene.folder / "no-nonce.der"
        openssl("ocsp", "-issuer", scene.ca, "-cert", scene.good.cer, "-no_nonce", "-reqout", asked)
        ocsp.reply(handler, scene.answer(asked.read_bytes()))
    served = serve(respond)
    expect_not_known(check, served.url, scene.good, "does not repeat our nonce")
    assert check("hard", served.url, scene.good, "--ocsp-nonce", "optional")[1][-1] == VALID


def test_a_dead_responder_is_told_at_once(check, scene):
    # With a deadline beyond the test's own: a refused connection must not be tried until it is over.
    expect_not_known(check, f"http://127.0.0.1:{free_port()}/", scene.good, "cannot be reached: Connection refused",
                     "--ocsp-timeout", "20")


def test_a_host_that_does_not_exist_is_told(check, scene):
    expect_not_known(check, "http://nowhere.invalid/", scene.good, "its address")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(check, scene, serve, status):
    served = serve(lambda handler, body: ocsp.reply(handler, b"", status=status, Location=scene.running.url))
    expect_not_known(check, served.url, scene.good, "not an HTTP response")


def test_another_content_type_or_status_is_no_answer(check, scene, serve):
    served = serve(lambda handler, body: ocsp.reply(handler, scene.answer(body), "text/plain"))
    expect_not_known(check, served.url, scene.good, "not an HTTP response")


def test_a_proxy_in_the_environment_is_ignored(check, scene, serve):
    proxy = serve(lambda handler, body: ocsp.reply(handler, b"", status=502))
    names = {name: proxy.url for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")}
    assert check("hard", scene.running.url, scene.good, environment=names)[1][-1] == VALID
    assert proxy.requests == []


def test_one_that_never_answers_or_drips_ends_with_the_deadline(check, scene, serve):
    done = threading.Event()

    def drip(handler, body):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
        while not done.wait(0.2):
            handler.wfile.write(b"X-More: and more\r\n")
    served = serve(drip)
    try:
        status, lines = check("hard", served.url, scene.good, "--ocsp-timeout", "1")
        assert status == 1 and "did not answer in time" in lines[-1], lines
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(8)
            status, lines = check("soft", "http://127.0.0.1:%d" % silent.getsockname()[1], scene.good,
                                  "--ocsp-timeout", "1")
        assert (status, lines[-1]) == (0, VALID)
        assert revocation(lines).endswith("it did not answer in time")
    finally:
        done.set()


@pytest.mark.parametrize("kind", ["lines", "one line", "empty lines"])
def test_a_head_without_end_ends_with_the_deadline_however_fast_it_comes(check, scene, serve, kind):
    """libcrypto's HTTP client goes on for as long as header lines come."""
    done = threading.Event()
    more = {"lines": b"X-More: and more\r\n" * 500, "one line": b"x" * 8192, "empty lines": b"\r\n" * 4096}[kind]

    def pour(handler, body):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
        while not done.is_set():
            handler.wfile.write(more)
    served = serve(pour)
    try:
        status, lines = check("hard", served.url, scene.good, "--ocsp-timeout", "1")
        assert status == 1 and re.search("did not answer in time|sent too much|not an HTTP response", lines[-1]), lines
    finally:
        done.set()


def test_the_certificates_own_responder_is_asked_only_when_it_is_allowed(check, scene, serve):
    served = serve(lambda handler, body: ocsp.reply(
        handler, scene.answer(body, signer=scene.ca, key=scene.ca_key, index=scene.authority.folder / "index.txt")))
    for section in ("names_responder", "names_two"):
        client = scene.naming(f"{section}", served.url, section)
        allowed = f"127.0.0.1:{served.port}"
        for other in ("127.0.0.1", "localhost", f"127.0.0.2:{served.port}", f"127.0.0.1:{served.port % 60000 + 1}"):
            expect_not_known(check, None, client, "not in --ocsp-allow", "--ocsp-allow", other)
        assert served.requests == []
        assert check("hard", None, client, "--ocsp-allow", "192.0.2.1", "--ocsp-allow", allowed)[1][-1] == VALID
        assert len(served.requests) == 1
        served.requests.clear()
    expect_not_known(check, None, scene.good, "names no responder", "--ocsp-allow", allowed)


def test_nobody_is_asked_about_what_is_not_valid_anyway_nor_about_another_time(check, scene, serve, pki, peercert):
    served = serve(lambda handler, body: ocsp.reply(handler, scene.answer(body)))
    expired = scene.authority.sign("expired", start_days=-30, end_days=-3)
    server = scene.authority.sign("for-servers", extensions="server")
    for certificate in (expired, server, scene.stranger, pki.good):
        assert check("hard", served.url, certificate)[0] == 1
    status, lines = check("hard", served.url, scene.good, "--at", "2026-11-25")
    assert status == 1
    status, lines = check("soft", served.url, scene.good, "--at", f"@{2 ** 31 - 1}")
    assert status == 1
    assert served.requests == []


@pytest.mark.parametrize("options, why", [
    (["--ocsp", "hard"], "--ocsp: no responder may be asked"),
    (["--ocsp", "soft", "--ocsp-url", "https://a/"], "--ocsp-url: must be"),
    (["--ocsp", "soft", "--ocsp-url", "http://user@a/"], "--ocsp-url: must be"),
    (["--ocsp", "soft", "--ocsp-allow", "http://a/"], "--ocsp-allow: must be"),
    (["--ocsp", "soft", "--ocsp-allow", "a:0"], "--ocsp-allow: must be"),
    (["--ocsp", "on"], "--ocsp: must be one of"),
])
def test_a_configuration_that_cannot_be_meant_is_refused(peercert, scene, options, why):
    done = subprocess.run([peercert, "--ca", scene.ca, *options, "--test-config"], capture_output=True, text=True,
                          env=clean_environment())
    assert done.returncode == 2
    assert why in done.stderr
