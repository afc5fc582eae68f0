"""All that peercert does at the same time: reports, decisions and metrics on new and on kept connections, strangers who stall,
reloads of trust, rules and log, an OCSP responder, and restarts. Made for ThreadSanitizer (`make sanitize-threads`)."""

import collections
import contextlib
import itertools
import signal
import socket
import threading
import time

import pytest

import fastcgi
import ocsp
from crowd import BODY, DRIP, HALF, Crowd
from fastcgi import AUTHORIZER, RESPONDER
from fronts import VALID
from gate_helpers import RULES, write_rules
from load import Threads
from processes import Process, wait_until

OCSP_ANSWERS_AFTER = 0.005


def expectations(pki, others):
    """(parameters, role, what is in each answer)."""
    report = {"PEERCERT_PAGE": "report"}
    yield fastcgi.parameters(pki.good.pem, **report), RESPONDER, f"\n{VALID}\n"
    yield fastcgi.parameters(pki.good.pem, HTTP_ACCEPT="application/json", **report), RESPONDER, '"status": "valid"'
    yield fastcgi.parameters(pki.stranger.pem, HTTP_ACCEPT="text/html", **report), RESPONDER, "not valid"
    yield fastcgi.parameters(None, **report), RESPONDER, "No valid client certificate was sent"
    yield fastcgi.parameters(PEERCERT_PAGE="metrics"), RESPONDER, "peercert_"
    yield fastcgi.parameters(pki.good.pem, REQUEST_URI="/pub/x"), AUTHORIZER, "Variable-REMOTE_USER: Dan%20Example"
    yield fastcgi.parameters(pki.stranger.pem, REQUEST_URI="/pub/x"), RESPONDER, "Status: 403"
    for other in others:
        yield fastcgi.parameters(other.pem, **report), RESPONDER, f"\n{VALID}\n"


class Clients(Threads):
    """Threads that ask by turns, each request on a connection of its own or on one that is kept. A connection that ends
    without a byte is tried again: it was kept, or connected to a peercert that has gone since."""

    def __init__(self, address, given, count):
        self.address, self.given = address, list(given)
        self.lock = threading.Lock()  # guards `outcomes`
        self.outcomes = collections.Counter()
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(count)]

    def run(self, number):
        connection, keep = None, number % 2 == 0
        for turn in itertools.count(number):
            if self.stopping.is_set():
                break
            parameters, role, wanted = self.given[turn % len(self.given)]
            try:
                connection = connection or fastcgi.Connection(self.address)
                connection.send(fastcgi.request(parameters, keep=keep, role=role))
                answer = connection.read_answer()
            except OSError:
                answer = None
            outcome = "ended" if answer is None else "fine" if wanted.encode() in answer.stdout else answer.stdout.decode()
            with self.lock:
                self.outcomes[outcome] += 1
            if answer is None or not keep:
                if connection is not None:
                    connection.socket.close()
                connection = None
        if connection is not None:
            connection.socket.close()



@pytest.mark.parametrize("mode", ["off", "soft"])
def test_all_at_the_same_time(peercert, pki, tmp_path, long, mode):
    rules, crl, path, log = (tmp_path / name for name in ("access.rules", "ca.crl", "peercert.sock", "requests.log"))
    write_rules(rules, pki, RULES)
    pki.authority.write_crl(crl)
    others = [pki.authority.sign(f"mixed-{mode}-{number}") for number in range(4)]

    def respond(handler, body):
        time.sleep(OCSP_ANSWERS_AFTER)
        ocsp.reply(handler, b"", status=500)
    with contextlib.ExitStack() as held:
        served = ocsp.Served(respond)
        held.callback(served.stop)
        listening = held.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(str(path))
        listening.listen(256)
        asks = () if mode == "off" else ("--ocsp", mode, "--ocsp-url", served.url)

        def start():
            return Process(tmp_path, "peercert", [peercert, "--ca", pki.ca, "--crl", crl, "--rules", rules, "--cache", "3",
                                                  "--threads", "4", "--log-file", log, *asks], stdin=listening)
        process = start()
        held.callback(lambda: process.stop())
        # They end before the last peercert does.
        load = held.enter_context(contextlib.ExitStack())
        clients = load.enter_context(Clients(path, expectations(pki, others), 8))
        for kind in (HALF, DRIP, BODY):
            load.enter_context(Crowd(path, kind, 10, fastcgi.parameters(pki.good.pem, PEERCERT_PAGE="report")))
        end = time.monotonic() + (30 if long else 2)
        for turn in itertools.count():
            before = clients.outcomes["fine"]
            wait_until(lambda: clients.outcomes["fine"] >= before + 30, "requests are answered")
            write_rules(rules, pki, f"# {turn}\n{RULES}")
            pki.authority.write_crl(crl)
            process.send_signal(signal.SIGHUP)
            if time.monotonic() > end and turn >= 8:
                break
            if turn % 4 == 3:
                assert process.stop() == 0, process.log()
                process = start()
        load.close()
        assert process.stop() == 0, process.log()
    bad = [outcome for outcome in clients.outcomes if outcome not in ("fine", "ended")]
    assert not bad, bad[0]
    assert "Sanitizer" not in process.log(), process.log()
