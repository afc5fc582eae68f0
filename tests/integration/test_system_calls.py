"""How many system calls a warm request takes, as strace sees them: each one more is a cost for every request."""

import collections
import contextlib
import os
import pathlib
import re
import signal

from fastcgi import Connection, ask, parameters, request
from fronts import VALID
from processes import Process, connects

REQUESTS = 100
CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed)")


def start(tmp_path, peercert, pki):
    """A responder below strace, its socket, and where the calls are written."""
    calls, socket = tmp_path / "calls", tmp_path / "p.sock"
    process = Process(tmp_path, "strace", ["strace", "-f", "-o", calls, peercert, "--ca", pki.ca, "--threads", 1,
                                           "--listen", f"unix:{socket}"])
    process.wait_listening(lambda: connects(socket))
    return process, socket, calls


def per_request(calls):
    """Calls of each kind for one request, of the threads that answer. What is cut in two by another thread counts once."""
    by_thread = collections.defaultdict(collections.Counter)
    for line in calls.read_text().splitlines():
        match = CALL.match(line)
        # strace makes threads so slow that they meet at locks: futex tells of that.
        if match and match[2] != "futex" and "resumed" not in line:
            by_thread[match[1]][match[2]] += 1
    workers = [counts for counts in by_thread.values() if counts["sendto"]]
    assert workers, calls.read_text()[-2000:]
    return {name: count / REQUESTS for name, count in sum(workers, collections.Counter()).items() if count >= REQUESTS / 2}


def counted(tmp_path, peercert, pki, ask_all):
    process, socket, calls = start(tmp_path, peercert, pki)
    try:
        assert ask(socket, parameters(pki.good.pem)).text.splitlines()[-1] == VALID
        child = int(pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
        ask_all(socket, child)
        # strace ends with what it traces, and then all is written.
        os.kill(child, signal.SIGTERM)
        assert process.wait() == 0, process.log()
    finally:
        process.stop()
    return per_request(calls)


def test_a_warm_request_on_a_new_connection_takes_four(tmp_path, peercert, pki):
    def ask_all(socket, child):
        # The requests are there when their connections are accepted, as they are under load.
        os.kill(child, signal.SIGSTOP)
        with contextlib.ExitStack() as held:
            connections = [held.enter_context(Connection(socket)) for _ in range(REQUESTS)]
            for connection in connections:
                connection.send(request(parameters(pki.good.pem)))
            os.kill(child, signal.SIGCONT)
            for connection in connections:
                assert connection.read_answer().text.splitlines()[-1] == VALID

    found = counted(tmp_path, peercert, pki, ask_all)
    assert sum(round(count) for count in found.values()) <= 4, found
    assert {"accept4", "recvfrom", "sendto", "close"} <= set(found), found


def test_a_warm_request_on_a_kept_connection_takes_three(tmp_path, peercert, pki):
    def ask_all(socket, _child):
        with Connection(socket) as connection:
            for _ in range(REQUESTS):
                connection.send(request(parameters(pki.good.pem), keep=True))
                assert connection.read_answer().text.splitlines()[-1] == VALID

    found = counted(tmp_path, peercert, pki, ask_all)
    assert sum(round(count) for count in found.values()) <= 3, found
    assert {"recvfrom", "sendto"} <= set(found), found
