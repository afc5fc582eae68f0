"""OCSP while peercert serves: how often responders are asked, and who waits for them."""

import signal
import subprocess
import threading
import time

import pytest

import fastcgi
import ocsp
from fronts import VALID, body_lines, read_to_end, read_until
from ocsp_scene import revocation, scene, serve  # noqa: F401
from processes import DEADLINE, clean_environment, wait_until

GRACE_S = 0.2  # how long a responder may be silent until half of the threads are spared


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
        assert revocation(lines).startswith("Revocation: not checked; OCSP: the responder gave no usable response")
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


def serve_and_count(serve):
    """A responder that takes its time; returns it, and when how many were there at once."""
    lock, now, seen = threading.Lock(), [0], []

    def respond(handler, body):
        with lock:
            now[0] += 1
            seen.append((time.monotonic(), now[0]))
        threading.Event().wait(0.1)
        with lock:
            now[0] -= 1
        ocsp.reply(handler, b"", status=500)
    return serve(respond), seen


def ask_at_once(responder, shares):
    """Each share's certificates are asked about one after the other, the shares at the same time."""
    def ask_each(share):
        for certificate in share:
            ask(responder, certificate)
    threads = [threading.Thread(target=ask_each, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def count_answers(responder, stranger, over):
    """How often somebody of whom no responder is asked is answered, one request after the other, until it is over."""
    count = 0
    while not over():
        assert "not valid" in ask(responder, stranger)[-1]
        count += 1
    return count


def test_others_are_served_while_many_wait_for_their_turn(start_with, scene, serve, pki):
    """Two threads, and one for each processor, ask; more than there are besides wait behind them."""
    served, _ = serve_and_count(serve)
    certificates = [scene.authority.sign(f"in-line-{number}") for number in range(48)]
    for _ in range(5):  # a machine may be busy with other things for a while
        responder = start_with("soft", served.url, "--threads", "2", "--cache", "0")
        waiting = threading.Thread(target=ask_at_once, args=(responder, [certificates[first::24] for first in range(24)]))
        began = time.monotonic()
        waiting.start()
        beside = count_answers(responder, pki.stranger, lambda: not waiting.is_alive())
        end = 2 * time.monotonic() - began
        alone = count_answers(responder, pki.stranger, lambda: time.monotonic() > end)
        if beside > alone / 4:
            break
    assert beside > alone / 4, f"{beside} beside, {alone} alone"


def test_all_threads_may_wait_for_a_responder_that_answers(start_with, scene, serve):
    """As long as answers come in time; how many reach it at the same time is what counts."""
    served, seen = serve_and_count(serve)
    certificates = [scene.authority.sign(f"one-of-many-{number}") for number in range(6)]
    for _ in range(5):  # a busy machine may bring them too late
        responder = start_with("soft", served.url, "--threads", "6", "--cache", "0")
        ask_at_once(responder, [[certificate] for certificate in certificates])
        most = max(count for _, count in seen)
        if most == 6:
            break
    assert most == 6


def test_all_threads_may_wait_for_a_responder_that_refuses_each_soon(start_with, scene, serve):
    """One that is silent has half of them after a while; one that refuses holds none."""
    served, seen = serve_and_count(serve)
    certificates = [scene.authority.sign(f"refused-{number}") for number in range(64)]
    for _ in range(5):  # a busy machine may bring them too late
        responder = start_with("soft", served.url, "--threads", "6", "--cache", "0")
        began = time.monotonic()
        ask_at_once(responder, [certificates[first::8] for first in range(8)])
        late = max((count for at, count in seen if at > began + 2 * GRACE_S), default=0)
        if late >= 6:
            break
    assert late >= 6


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
