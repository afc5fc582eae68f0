"""Strangers by the hundred who hold connections of peercert, and how long an honest client waits beside them."""

import contextlib
import resource
import socket
import threading
import time

import fastcgi
from processes import DEADLINE

SILENT, HALF, DRIP, BODY, UNREAD = "silent", "half a head", "a byte at a time", "a body that drips", "unread answers"


def allow_descriptors(count):
    """Raises this process's soft limit; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


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


class Crowd:
    """Holds `count` connections of a kind; one that was closed is opened again."""

    def __init__(self, address, kind, count, given, large=None):
        self.address, self.kind = address, kind
        self.whole = fastcgi.request(given)
        self.body = (fastcgi.begin() + fastcgi.records(fastcgi.PARAMS, fastcgi.pairs({**given, "REQUEST_METHOD": "POST"})))
        self.large = fastcgi.request(large or given, keep=True)
        self.clients = [[self.open(), 0] for _ in range(count)]
        self.reopened = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def open(self):
        client = connect(self.address)
        if self.kind == UNREAD:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        first = {SILENT: b"", HALF: self.whole[:len(self.whole) // 2], DRIP: b"", BODY: self.body, UNREAD: self.large}
        with contextlib.suppress(OSError):
            client.sendall(first[self.kind])
        client.setblocking(False)
        return client

    def drip(self, entry):
        client, at = entry
        more = {DRIP: self.whole[at:at + 1], BODY: fastcgi.record(fastcgi.STDIN, b"x"), UNREAD: self.large}.get(self.kind, b"")
        try:
            if more:
                client.send(more)
                entry[1] += 1
            if self.kind != UNREAD and client.recv(1 << 16) == b"":
                raise ConnectionResetError
        except BlockingIOError:
            pass
        except OSError:
            client.close()
            entry[:] = [self.open(), 0]
            self.reopened += 1

    def run(self):
        """Each connection once a second."""
        turn = 0
        while not self.stopping.wait(0.02):
            for entry in self.clients[turn::50]:
                if self.stopping.is_set():
                    return
                self.drip(entry)
            turn = (turn + 1) % 50

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        for client, _ in self.clients:
            client.close()


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
