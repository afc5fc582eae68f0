"""Strangers by the hundred who hold connections of peercert, and how long an honest client waits beside them."""

import contextlib
import itertools
import resource
import socket
import ssl
import threading
import time

import fastcgi
from load import Threads
from processes import DEADLINE

SILENT, HALF, DRIP, BODY, UNREAD = "silent", "half a head", "a byte at a time", "a body that drips", "unread answers"


def allow_descriptors(count):
    """Raises this process's soft limit; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


FEW = 64  # descriptors, as a limit


def connect(address):
    """Waits for its turn: connecting to a Unix socket whose backlog is full fails at once for who has a timeout."""
    client, end = socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX), time.monotonic() + DEADLINE
    client.settimeout(DEADLINE)
    while True:
        try:
            client.connect(address if isinstance(address, tuple) else str(address))
            return client
        except BlockingIOError:
            assert time.monotonic() < end, "its backlog stays full"
            time.sleep(0.01)


class EachSecond(Threads):
    """Holds `count` connections until its `with` block ends, and turns to each once a second: `drip(client, index)`. One
    that has raised an OSError is opened again: `open(index)`."""

    turns = 50

    def __init__(self, count):
        self.clients = [self.open(index) for index in range(count)]
        self.reopened = 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run)]

    def run(self):
        for turn in itertools.cycle(range(self.turns)):
            if self.stopping.wait(1 / self.turns):
                return
            for index in range(turn, len(self.clients), self.turns):
                if self.stopping.is_set():
                    return
                self.take_turn(index)

    def take_turn(self, index):
        try:
            self.drip(self.clients[index], index)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self.clients[index].close()
            self.clients[index] = self.open(index)
            self.reopened += 1

    def __exit__(self, *_):
        super().__exit__(*_)
        for client in self.clients:
            client.close()


class Crowd(EachSecond):
    """Holds `count` connections of a kind."""

    def __init__(self, address, kind, count, given, large=None):
        self.address, self.kind = address, kind
        self.whole = fastcgi.request(given)
        self.body = (fastcgi.begin() + fastcgi.records(fastcgi.PARAMS, fastcgi.pairs({**given, "REQUEST_METHOD": "POST"})))
        self.large = fastcgi.request(large or given, keep=True)
        self.sent = [0] * count
        super().__init__(count)

    def open(self, index):
        client = connect(self.address)
        self.sent[index] = 0
        if self.kind == UNREAD:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        first = {SILENT: b"", HALF: self.whole[:len(self.whole) // 2], DRIP: b"", BODY: self.body, UNREAD: self.large}
        with contextlib.suppress(OSError):
            client.sendall(first[self.kind])
        client.setblocking(False)
        return client

    def drip(self, client, index):
        at = self.sent[index]
        more = {DRIP: self.whole[at:at + 1], BODY: fastcgi.record(fastcgi.STDIN, b"x"), UNREAD: self.large}.get(self.kind, b"")
        if more:
            client.send(more)
            self.sent[index] += 1
        if self.kind != UNREAD and client.recv(1 << 16) == b"":
            raise ConnectionResetError


def ask_times(address, given, seconds, wanted):
    """How long each request of an honest client took, in ms; each answer must hold `wanted`."""
    whole, took, end = fastcgi.request(given), [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        with fastcgi.Connection(address) as client:
            client.send(whole)
            answer = client.read_answer()
        took.append(1000 * (time.perf_counter() - began))
        assert answer is not None and wanted in answer.text, answer
        time.sleep(0.001)
    return sorted(took)


def part(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]
