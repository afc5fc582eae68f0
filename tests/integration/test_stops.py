"""The end under load: what was sent whole before the signal is answered whole, and it takes 2 s at the most."""

import contextlib
import random
import signal
import socket
import threading
import time

import pytest

import fastcgi
import ocsp
from crowd import FEW, allow_descriptors, connect
from fronts import VALID
from gate_helpers import RULES, write_rules
from processes import DEADLINE, free_port, signal_is_pending, wait_until

# It takes two seconds at the most; the rest is for a machine that has other work.
END_SECONDS = 2.0 + 1.0


class Client(threading.Thread):
    """Sends one request after another, kept or each on a connection of its own, until it is turned away.
    `lost` is what became of a request that was sent whole before `stopped_at` and not answered whole."""

    def __init__(self, address, given, keep):
        super().__init__(daemon=True)
        self.address, self.whole, self.keep = address, fastcgi.request(given, keep=keep), keep
        self.pending_since, self.answered, self.error = None, 0, None

    def run(self):
        connection = None
        try:
            while True:
                if connection is None:
                    connection = fastcgi.Connection(self.address)
                connection.send(self.whole)
                self.pending_since = time.monotonic()
                answer = connection.read_answer()
                if answer is None or not answer.text.endswith(f"\n{VALID}\n"):
                    self.error = f"closed without an answer (kept: {self.keep}, request {self.answered + 1})"
                    return
                self.pending_since = None
                self.answered += 1
                if not self.keep:
                    connection.socket.close()
                    connection = None
        except OSError as error:
            self.error = f"{error!r} (kept: {self.keep}, request {self.answered + 1})"
        finally:
            if connection is not None:
                connection.socket.close()

    def lost_before(self, moment):
        return self.error if self.pending_since is not None and self.pending_since < moment else None


def addresses():
    return {"unix": None, "tcp": ("127.0.0.1", free_port())}


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_no_request_is_lost_when_it_stops_under_load(start_responder, pki, kind, long):
    given = fastcgi.parameters(pki.good.pem)
    for number in range(400 if long else 15):
        responder = start_responder("--threads", "4", listen=addresses()[kind])
        clients = [Client(responder.address, given, keep=index % 3 != 0) for index in range(12)]
        for client in clients:
            client.start()
        time.sleep(0.05 + random.random() * 0.05)
        moment = time.monotonic()
        responder.send_signal(signal.SIGTERM)
        assert responder.wait() == 0
        took = time.monotonic() - moment
        for client in clients:
            client.join(DEADLINE)
        lost = [client.lost_before(moment) for client in clients if client.lost_before(moment)]
        assert not lost, f"stop {number}: {lost}"
        assert sum(client.answered for client in clients) > 0
        assert took < END_SECONDS, f"stop {number} took {took:.2f} s"


def test_a_request_that_waits_on_each_of_many_kept_connections_is_answered(start_responder, pki):
    allow_descriptors(4096)
    given = fastcgi.parameters(pki.good.pem)
    responder = start_responder("--threads", "2")
    with contextlib.ExitStack() as held:
        kept = [held.enter_context(fastcgi.Connection(responder.address)) for _ in range(300)]
        for connection in kept:
            connection.send(fastcgi.request(given, keep=True))
            assert connection.read_answer() is not None
        for connection in kept:
            connection.send(fastcgi.request(given, keep=True))
        moment = time.monotonic()
        responder.send_signal(signal.SIGTERM)
        for number, connection in enumerate(kept):
            answer = connection.read_answer()
            assert answer is not None and answer.text.endswith(f"\n{VALID}\n"), number
            assert connection.closed()
        assert responder.wait() == 0
        assert time.monotonic() - moment < END_SECONDS


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_fronts_that_never_close_do_not_hold_up_the_end(start_responder, pki, kind):
    given = fastcgi.parameters(pki.good.pem)
    responder = start_responder("--threads", "4", listen=addresses()[kind])
    with contextlib.ExitStack() as held:
        for number in range(96):
            connection = held.enter_context(fastcgi.Connection(responder.address))
            connection.send(fastcgi.request(given, keep=True))
            assert connection.read_answer() is not None
            if number % 3 == 1:
                connection.send(fastcgi.request(given)[:-20])
            elif number % 3 == 2:
                connection.send(fastcgi.request(given, keep=True, body=b"x" * 1000)[:-8])
        moment = time.monotonic()
        assert responder.stop() == 0
        assert time.monotonic() - moment < END_SECONDS


@contextlib.contextmanager
def responder_that(respond):
    served = ocsp.Served(respond)
    try:
        yield served
    finally:
        served.stop()


@pytest.mark.parametrize("role", [fastcgi.RESPONDER, fastcgi.AUTHORIZER])
@pytest.mark.parametrize("kind", ["silent", "header lines without end"])
def test_requests_that_wait_for_an_ocsp_responder_are_answered_without_it(start_responder, pki, tmp_path, kind, role):
    """With hard nothing is valid then, and nobody is let in."""
    done = threading.Event()

    def respond(handler, body):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
        while not done.wait(0.05):
            if kind != "silent":
                handler.wfile.write(b"X-More: and more\r\n" * 3)
    gate = ("--rules", write_rules(tmp_path / "access.rules", pki, RULES)) if role == fastcgi.AUTHORIZER else ()
    given = fastcgi.parameters(pki.good.pem, REQUEST_URI="/pub/x")
    with responder_that(respond) as served, contextlib.ExitStack() as held:
        held.callback(done.set)
        responder = start_responder("--threads", "4", "--cache", "0", "--ocsp", "hard", "--ocsp-url", served.url,
                                    "--ocsp-timeout", "20", *gate)
        # One asks, one waits for its answer.
        waiting = [held.enter_context(fastcgi.Connection(responder.address)) for _ in range(2)]
        for connection in waiting:
            connection.send(fastcgi.request(given, keep=True, role=role))
        served.wait_asked()
        moment = time.monotonic()
        responder.send_signal(signal.SIGTERM)
        for connection in waiting:
            answer = connection.read_answer()
            assert answer.status == 200 if role == fastcgi.RESPONDER else answer.status in (403, 503)
            assert VALID not in answer.text and (gate or "it did not answer in time" in answer.text), answer.text
            assert connection.closed()
        assert responder.wait() == 0
        assert time.monotonic() - moment < END_SECONDS


def test_an_ocsp_responder_that_answers_soon_after_the_signal_is_waited_for(start_responder, pki):
    told = threading.Event()

    def respond(handler, body):
        told.wait(DEADLINE)
        ocsp.reply(handler, b"", status=500)
    with responder_that(respond) as served, contextlib.ExitStack() as held:
        held.callback(told.set)
        responder = start_responder("--ocsp", "soft", "--ocsp-url", served.url, "--ocsp-timeout", "20")
        connection = held.enter_context(fastcgi.Connection(responder.address))
        connection.send(fastcgi.request(fastcgi.parameters(pki.good.pem)))
        served.wait_asked()
        responder.send_signal(signal.SIGTERM)
        wait_until(lambda: not signal_is_pending(responder.pid, signal.SIGTERM), "the signal is there")
        told.set()
        text = connection.read_answer().text
        assert "did not answer in time" not in text and text.endswith(f"\n{VALID}\n"), text
        assert responder.wait() == 0


def test_a_front_that_has_just_connected_may_still_send_its_request(start_responder, pki):
    responder = start_responder("--threads", "2")
    with connect(responder.address) as client:
        time.sleep(0.01)
        responder.send_signal(signal.SIGTERM)
        client.sendall(fastcgi.request(fastcgi.parameters(pki.good.pem)))
        answer = b""
        while part := client.recv(1 << 16):
            answer += part
    assert VALID.encode() in answer
    assert responder.wait() == 0


def test_a_refused_peer_does_not_end_what_the_backlog_gets(start_responder, pki):
    """Connections from 127.0.0.2 are refused; those behind them in the backlog are answered."""
    address = ("127.0.0.1", free_port())
    whole = fastcgi.request(fastcgi.parameters(pki.good.pem))
    responder = start_responder("--threads", "2", "--allow-peer", "127.0.0.1", listen=address)
    responder.allowed_log = ("an address that --allow-peer does not name",)
    responder.send_signal(signal.SIGSTOP)
    clients = []
    for number in range(20):
        client = socket.socket()
        client.settimeout(DEADLINE)
        client.bind(("127.0.0.2" if number % 2 == 0 else "127.0.0.1", 0))
        client.connect(address)
        client.sendall(whole)
        clients.append(client)
    responder.send_signal(signal.SIGTERM)
    responder.send_signal(signal.SIGCONT)
    for number, client in enumerate(clients):
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := client.recv(1 << 16):
                answer += part
        assert (VALID.encode() in answer) == (number % 2 == 1), f"client {number}"
        client.close()
    assert responder.wait() == 0


def test_without_descriptors_what_waits_to_be_accepted_is_answered(start_responder, pki):
    """More requests than there are places for: they get one after the other."""
    whole = fastcgi.request(fastcgi.parameters(pki.good.pem))
    responder = start_responder("--threads", "2", "--cache", "0", descriptors=FEW)
    responder.allowed_log = ("no file descriptors are left",)
    responder.send_signal(signal.SIGSTOP)
    with contextlib.ExitStack() as held:
        clients = [held.enter_context(fastcgi.Connection(responder.address)) for _ in range(600)]
        for client in clients:
            client.send(whole)
        responder.send_signal(signal.SIGTERM)
        responder.send_signal(signal.SIGCONT)
        answers = [client.read_answer() for client in clients]
    assert responder.wait() == 0
    assert all(answers), f"{answers.count(None)} of {len(answers)} without an answer"
