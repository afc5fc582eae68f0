"""OCSP: peercert asks real and lying responders on loopback."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import threading

import pytest

import fastcgi
import ocsp
from fronts import VALID, body_lines, read_to_end, read_until
from pki import Authority, openssl
from processes import DEADLINE, clean_environment, free_port, wait_until

RESPONDER = """
[responder]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = OCSPSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[names_responder]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
authorityInfoAccess = OCSP;URI:{url}
[names_two]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
authorityInfoAccess = OCSP;URI:https://127.0.0.1/,OCSP;URI:{url}
"""


class Scene:
    """A CA, clients that are good, revoked and unknown to its responders, and answers by it."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder / "ca", "/O=Acme/CN=Acme OCSP CA")
        self.strangers = Authority(folder / "strangers", "/O=Acme/CN=Acme OCSP CA")
        with self.authority.config.open("a") as config:
            config.write(RESPONDER.format(url="http://127.0.0.1:1/"))
        with self.strangers.config.open("a") as config:
            config.write(RESPONDER.format(url="http://127.0.0.1:1/"))
        self.good, self.bad, self.unknown = (self.authority.sign(name) for name in ("good", "bad", "unknown"))
        self.responder = self.authority.sign("responder", "/CN=Responder", "responder")
        self.stranger = self.strangers.sign("responder", "/CN=Responder", "responder")
        self.ca = self.authority.cer
        self.ca_key = self.authority.folder / "ca.key"
        revoker = ocsp.Revoker(folder, self.authority, {"good": self.good, "bad": self.bad})
        self.index = revoker.index("index", known=["good"], revoked=["bad"])
        self.before = revoker.index("before", known=["good", "bad"])
        self.after = revoker.index("after", revoked=["good", "bad"])
        self.running = ocsp.OpensslResponder(folder, self.index, self.authority, self.responder.cer,
                                             self.responder.key, "-nmin", "5")

    def answer(self, request, index=None, signer=None, key=None, options=("-nmin", "5")):
        return ocsp.answer_to(request, self.folder, index or self.index, self.authority,
                              signer or self.responder.cer, key or self.responder.key, *options)

    def naming(self, name, url, section="names_responder"):
        """A client whose certificate names a responder."""
        text = self.authority.config.read_text()
        self.authority.config.write_text(re.sub(r"OCSP;URI:http:[^\n,]*", lambda _: f"OCSP;URI:{url}", text))
        return self.authority.sign(name, extensions=section)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    made = Scene(tmp_path_factory.mktemp("ocsp"))
    yield made
    made.running.stop()


@pytest.fixture
def serve():
    """Starts a responder that answers as the test says."""
    with contextlib.ExitStack() as cleanup:
        def start(respond):
            served = ocsp.Served(respond)
            cleanup.callback(served.stop)
            return served
        yield start


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


def revocation(lines):
    return next(line for line in lines if line.startswith("Revocation: "))


def expect_not_known(check, url, certificate, why, *options, environment=None):
    """hard: not valid; soft: valid, and the report says why; neither says `good`."""
    status, lines = check("hard", url, certificate, *options, environment=environment)
    assert status == 1, lines
    assert re.search(rf"^The certificate is not valid: .*{why}", lines[-1]), lines
    status, lines = check("soft", url, certificate, *options, environment=environment)
    assert (status, lines[-1]) == (0, VALID)
    assert re.search(rf"^Revocation: not checked; OCSP: .*{why}", revocation(lines)), lines
    assert "Warning: revocation not checked by OCSP, and the configuration lets that pass" in lines


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
    "garbage": (lambda scene, body: b"\x30\x03abc", "no OCSP response"),
    "no ASN.1": (lambda scene, body: b"<html>", "no HTTP answer with"),
    "nothing": (lambda scene, body: b"", "no HTTP answer with"),
    "a byte more": (lambda scene, body: scene.answer(body, scene.before) + b"x", "no HTTP answer with"),
    "a large one": (lambda scene, body: b"\x30\x83\x01\x00\x00" + bytes(65536), "no HTTP answer with"),
    "try later": (lambda scene, body: bytes.fromhex("30030a0103"), "try later"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_not_good(check, scene, serve, lie):
    make, why = LIES[lie]
    served = serve(lambda handler, body: ocsp.reply(handler, make(scene, body)))
    expect_not_known(check, served.url, scene.bad, f"({why})")
    assert len(served.requests) == 2


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
    expect_not_known(check, served.url, scene.good, "no HTTP answer with")


def test_another_content_type_or_status_is_no_answer(check, scene, serve):
    served = serve(lambda handler, body: ocsp.reply(handler, scene.answer(body), "text/plain"))
    expect_not_known(check, served.url, scene.good, "no HTTP answer with")


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
        assert status == 1 and re.search("did not answer in time|sent too much|no HTTP answer", lines[-1]), lines
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


# --- serving ---

def ask(responder, certificate):
    with fastcgi.Connection(responder.address) as connection:
        connection.send(fastcgi.request(fastcgi.parameters(certificate.pem)))
        return connection.read_answer().text.splitlines()


@pytest.fixture
def start_with(start_responder, scene, pki):
    """A peercert of this CA that asks a responder."""
    def start(mode, url, *options):
        responder = start_responder("--ca", scene.ca, "--ocsp", mode, "--ocsp-url", url, *options)
        responder.allowed_log = (r"\S+Z (revoked|revocation_unknown) ",)
        return responder
    return start


def test_each_certificate_is_asked_for_once_per_answer_whatever_the_cache(start_with, scene, serve):
    served = serve(lambda handler, body: ocsp.reply(handler, scene.answer(body)))
    for options in ([], ["--cache", "0"]):
        served.requests.clear()
        responder = start_with("hard", served.url, *options)
        for _ in range(5):
            assert ask(responder, scene.good)[-1] == VALID
            assert "was revoked on" in ask(responder, scene.bad)[-1]
        assert len(served.requests) == 2


def test_a_new_trust_asks_anew(start_with, scene, serve):
    def respond(handler, body):
        index = scene.index if len(served.requests) == 1 else scene.after
        signed = scene.answer(body, index, options=("-nmin", "5"))
        ocsp.reply(handler, signed)
    served = serve(respond)
    responder = start_with("hard", served.url)
    assert ask(responder, scene.good)[-1] == VALID
    responder.send_signal(signal.SIGHUP)
    responder.allowed_log += ("the trust was reloaded",)
    wait_until(lambda: "the trust was reloaded" in responder.log(), "the reload")
    assert "was revoked on" in ask(responder, scene.good)[-1]
    assert len(served.requests) == 2


def test_a_failure_is_remembered_for_a_while(start_with, scene, serve):
    served = serve(lambda handler, body: ocsp.reply(handler, b"", status=500))
    responder = start_with("soft", served.url)
    for _ in range(5):
        lines = ask(responder, scene.good)
        assert lines[-1] == VALID
        assert revocation(lines).startswith("Revocation: not checked; OCSP: the responder did not tell")
    assert len(served.requests) == 1


def test_a_slow_responder_holds_half_of_the_threads_at_most_and_is_asked_once(start_with, scene, serve, pki):
    told = threading.Event()

    def respond(handler, body):
        told.wait(DEADLINE)
        ocsp.reply(handler, scene.answer(body))
    served = serve(respond)
    responder = start_with("hard", served.url, "--threads", "4", "--ocsp-timeout", "20")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(ask(responder, scene.good))) for _ in range(12)]
    try:
        for thread in threads:
            thread.start()
        served.wait_asked()
        # Those beyond half are answered without the responder; others are not held up.
        wait_until(lambda: len(answers) == 10, "ten answers without the responder")
        assert all("too many requests wait for the responder" in lines[-1] for lines in answers)
        assert "not valid" in ask(responder, pki.good)[-1]
    finally:
        told.set()
        for thread in threads:
            thread.join()
    assert [lines[-1] for lines in answers[10:]] == [VALID, VALID]
    assert len(served.requests) == 1
    assert ask(responder, scene.good)[-1] == VALID


def test_all_threads_may_wait_for_a_responder_that_answers(start_with, scene, serve):
    """As long as answers come in time; how many reach it at the same time is what counts."""
    lock, at_once = threading.Lock(), [0, 0]

    def respond(handler, body):
        with lock:
            at_once[0] += 1
            at_once[1] = max(at_once)
        threading.Event().wait(0.1)
        with lock:
            at_once[0] -= 1
        ocsp.reply(handler, b"", status=500)
    served = serve(respond)
    certificates = [scene.authority.sign(f"one-of-many-{number}") for number in range(6)]
    for _ in range(5):  # a busy machine may bring them too late
        responder = start_with("soft", served.url, "--threads", "6", "--cache", "0")
        threads = [threading.Thread(target=ask, args=(responder, certificate)) for certificate in certificates]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if at_once[1] == 6:
            break
    assert at_once[1] == 6


def test_the_identity_is_at_the_client_while_the_responder_has_not_yet_answered(start_front, peercert, pki, serve):
    told = threading.Event()
    index = pki.authority.folder / "index.txt"

    def respond(handler, body):
        told.wait(DEADLINE)
        ocsp.reply(handler, ocsp.answer_to(body, pki.authority.folder, index, pki.authority, pki.ca,
                                           pki.authority.folder / "ca.key", "-nmin", "5"))
    served = serve(respond)
    front = start_front("lighttpd-socket", peercert,
                        arguments=("--ocsp", "hard", "--ocsp-url", served.url, "--ocsp-timeout", "20"))
    try:
        with front.connect(pki.good) as connection:
            connection.sendall(front.get_request())
            raw = read_until(connection, b"\n\n\r\n")
            served.wait_asked()
            assert b"Client cert received" in raw
            assert b"The certificate" not in raw
            told.set()
            raw += read_to_end(connection)
    finally:
        told.set()
    lines = body_lines(raw)
    assert lines[-1] == VALID
    assert revocation(lines).startswith("Revocation: good by OCSP of ")


def test_as_a_cgi_script_a_clients_proxy_header_is_no_proxy(peercert, scene, serve):
    proxy = serve(lambda handler, body: ocsp.reply(handler, b"", status=502))
    variables = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "HTTP_PROXY": proxy.url,
                 "PEERCERT_CA": str(scene.ca), "PEERCERT_OCSP": "hard", "PEERCERT_OCSP_URL": scene.running.url,
                 "SSL_CLIENT_CERT": scene.good.pem, "SSL_CLIENT_VERIFY": "SUCCESS"}
    done = subprocess.run([peercert], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE,
                          env={**clean_environment(), **variables})
    assert done.stdout.splitlines()[-1] == VALID, done
    assert proxy.requests == []
