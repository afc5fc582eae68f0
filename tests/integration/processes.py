"""Processes that the tests start themselves, from temporary folders, and end by their ids."""

import contextlib
import json
import os
import pathlib
import pty
import random
import re
import signal
import socket
import subprocess
import threading
import time

# Generous: tests never assert times, this only ends a test that hangs.
DEADLINE = 60

SANITIZER = re.compile(r"(Address|UndefinedBehavior|Thread|Leak)Sanitizer|runtime error:")
# Log lines that any test may cause: peercert's verdicts and decisions.
VERDICT = re.compile(r"\S+Z (info peercert \S+ (?:serves on|ends)|valid|expired|not_yet_valid|untrusted|wrong_purpose|revoked|revocation_unknown|malformed|absent|allowed|denied|unavailable)( |$)")


def wait_until(condition, what):
    """Waits until condition() is true and returns what it said; fails after the deadline."""
    end = time.monotonic() + DEADLINE
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < end, f"waited {DEADLINE} s in vain: {what}"
        time.sleep(0.005)


# One name for each port that a test was given: see free_port.
_reserved = []


def free_port():
    """A port of loopback that is this process's until it ends: whoever else asks here, in another process too, gets another.
    It lies below the ports that the kernel gives to whoever asks for any, so no connection of a test beside this one takes
    it before the server does."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.SystemRandom().randrange(10000, max(20000, lowest))
        name = socket.socket(socket.AF_UNIX)
        try:
            # A name without a file. It goes with the process, however that ends.
            name.bind(f"\0peercert-tests-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        _reserved.append(name)
        return port


def descriptors(pid):
    return sorted(os.listdir(f"/proc/{pid}/fd"), key=int)


def settled_descriptors(pid):
    """The number of open descriptors once it stays the same: what was served before is closed."""
    seen = []

    def settled():
        seen.append(len(descriptors(pid)))
        return len(seen) >= 20 and len(set(seen[-20:])) == 1
    wait_until(settled, "the number of descriptors settles")
    return seen[-1]


def check_descriptors(pid, most):
    try:
        wait_until(lambda: len(descriptors(pid)) <= most, f"no more than {most} open descriptors, as at the start")
    except AssertionError as error:
        error.add_note(subprocess.run(["ls", "-l", f"/proc/{pid}/fd"], capture_output=True, text=True, check=False).stdout)
        raise


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_in_mask(pid, mask, number):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{mask}:\s*(\w+)", status, re.M)[1], 16) >> number - 1 & 1 == 1


def signal_is_pending(pid, number):
    """True as long as a process has not taken note of a signal that was sent to it."""
    return _is_in_mask(pid, "ShdPnd", number)


def signal_is_handled(pid, number):
    """False as long as a signal would just end a process, without what it does at its end."""
    return _is_in_mask(pid, "SigCgt", number)


def clean_environment():
    """Ours without what would configure peercert."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith("PEERCERT") and name != "GATEWAY_INTERFACE"}


def start_at_terminal(command, **options):
    """Starts a command in a session of its own on a new terminal: the process, and our end of the terminal. Not by pty.fork,
    which may hang where threads run, as pytest-xdist's do; Python says so from 3.12 on."""
    ours, terminal = pty.openpty()
    process = subprocess.Popen(["setsid", "--ctty", *command], stdin=terminal, stdout=terminal, stderr=terminal, **options)
    os.close(terminal)
    return process, ours


class Process:
    """A program in its own process group, its output in NAME.log of its folder."""

    def __init__(self, folder, name, command, environment=None, stdin=subprocess.DEVNULL, **options):
        self.log_file = pathlib.Path(folder) / f"{name}.log"
        self.command = [str(word) for word in command]
        with self.log_file.open("ab") as log:
            self.popen = subprocess.Popen(self.command, stdin=stdin, stdout=log, stderr=log,
                                          start_new_session=True, env={**clean_environment(), **(environment or {})},
                                          **options)
        self.pid = self.popen.pid

    def log(self, since=0):
        """What it has logged, from the byte `since` on."""
        with self.log_file.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def alive(self):
        return self.popen.poll() is None

    def wait_listening(self, connects):
        def listening():
            assert self.alive(), f"{self.command} ended at once ({self.popen.returncode}):\n{self.log()}"
            return connects()
        wait_until(listening, f"{self.command} listens; its log:\n{self.log()}")

    def send_signal(self, number):
        self.popen.send_signal(number)

    def wait(self):
        return self.popen.wait(DEADLINE)

    def stop(self, number=signal.SIGTERM):
        """Ends it and whatever it started; returns its exit status."""
        if self.alive():
            self.send_signal(number)
        try:
            status = self.wait()
        except subprocess.TimeoutExpired:
            status = None
        # Children that lighttpd was told to end go a moment after it.
        end = time.monotonic() + DEADLINE
        while self._group_lives() and time.monotonic() < end:
            time.sleep(0.005)
        if self._group_lives():
            os.killpg(self.pid, signal.SIGKILL)
            self.popen.wait()
            raise AssertionError(f"{self.command} did not end on signal {number}:\n{self.log()}")
        return status

    def _group_lives(self):
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


def connects(address):
    """True when something listens at (host, port) or at the path of a Unix socket."""
    family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
    with socket.socket(family) as probe:
        try:
            probe.connect(address if isinstance(address, tuple) else str(address))
        except OSError:
            return False
    return True


def wait_served(address):
    """Waits until a FastCGI responder has its workers: one answers FCGI_GET_VALUES, or closes."""
    with socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX) as probe:
        probe.settimeout(DEADLINE)
        probe.connect(address if isinstance(address, tuple) else str(address))
        with contextlib.suppress(ConnectionError):
            probe.sendall(bytes([1, 9, 0, 0, 0, 0, 0, 0]))
            probe.recv(1)


class Responder(Process):
    """peercert serving FastCGI on a Unix socket (or on `listen`), with no more than so many `descriptors`."""

    def __init__(self, folder, program, ca, *arguments, listen=None, name="peercert", environment=None, descriptors=None):
        self.socket = pathlib.Path(folder) / f"{name}.sock"
        self.address = self.socket if listen is None else listen
        where = f"unix:{self.socket}" if listen is None else "%s:%d" % listen
        limited = ["prlimit", f"--nofile={descriptors}:"] if descriptors else []
        super().__init__(folder, name, [*limited, program, "--ca", ca, "--listen", where, *arguments],
                         environment)
        try:
            self.wait_listening(lambda: connects(self.address))
            wait_served(self.address)
            self.idle_descriptors = settled_descriptors(self.pid)
        except BaseException:
            self.stop()
            raise
        self.allowed_log = ()

    def check_descriptors(self):
        check_descriptors(self.pid, self.idle_descriptors)

    def stop_gently(self):
        try:
            self.check_descriptors()
        finally:
            status = self.stop()
        assert status == 0, f"exit status {status} on SIGTERM:\n{self.log()}"
        self.check_log()

    def check_log(self):
        check_log(self.log(), self.allowed_log)


def check_log(text, allowed=()):
    """No report of a sanitizer, and no line but verdicts and what the test expects."""
    assert not SANITIZER.search(text), text
    for line in text.splitlines():
        json_line = line.startswith('{"') and json.loads(line)
        known = VERDICT.match(line) or json_line or any(re.search(one, line) for one in allowed)
        assert known, f"unexpected in a log: {line}"


class Gate:
    """The FIFO at which build/hooked/peercert waits before each verification."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        os.mkfifo(self.path)
        self.environment = {"PEERCERT_TEST_WAIT_FIFO": str(self.path)}

    def _try(self):
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    def open_once(self):
        """Lets one verification (or several that wait at this moment) go on. Waits for it to come."""
        wait_until(self._try, "a verification waits at the gate")

    @contextlib.contextmanager
    def standing_open(self):
        """Lets all go on that come."""
        done = threading.Event()

        def serve():
            while not done.wait(0.002):
                self._try()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
