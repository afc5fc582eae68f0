#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Runs pytest with a temporary folder of its own, and ends what the tests leave running, however pytest ends.

usage: run_pytest.py ARGUMENT...

The folder is removed, unless tests failed: then its name is said. What tests start is ended by process id: this
process is the one to which the kernel gives a child whose parent has ended, so nothing gets away from it.
"""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# How long what is told to end may take: pytest after Ctrl-C at the terminal, then each process that is left.
SECONDS = 5
TESTS_FAILED = 1
SIGNALS = {signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGTERM}


def descendants(pid="self"):
    """The process ids of all that a process has started and that lives, and of what these have started."""
    found = []
    for file in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in file.read_text().split():
                found += [int(child), *descendants(child)]
    return found


def reap(pytest):
    """Takes note of children that have ended. pytest's own status is for subprocess to read."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if ended.si_pid == pytest.pid:
                pytest.poll()
            else:
                os.waitpid(ended.si_pid, 0)


def name_of(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    return "?"


def wait_for(pytest, condition, seconds):
    """Waits until condition() is true; returns the signal that came before, or None."""
    end = time.monotonic() + seconds
    while True:
        reap(pytest)
        left = end - time.monotonic()
        if condition() or left <= 0:
            return None
        came = signal.sigtimedwait(SIGNALS, min(left, 0.5))
        if came is not None and came.si_signo != signal.SIGCHLD:
            return came.si_signo


def end_all(pytest):
    """Ends all that was started and still runs."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in descendants():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        end = time.monotonic() + SECONDS
        while descendants() and time.monotonic() < end:
            wait_for(pytest, lambda: not descendants(), end - time.monotonic())


def run(pytest):
    """Waits for pytest and ends what runs then; returns the signal that cut it short, or None."""
    caught = wait_for(pytest, lambda: pytest.returncode is not None, float("inf"))
    if caught == signal.SIGINT:
        # From a terminal pytest has it too, and says how far it came.
        wait_for(pytest, lambda: pytest.returncode is not None, SECONDS)
    elif caught is None:
        caught = wait_for(pytest, lambda: not descendants(), SECONDS)
        if caught is None and descendants():
            say("ended what the tests had left running: " + ", ".join(f"{name_of(pid)} ({pid})" for pid in descendants()))
    end_all(pytest)
    return caught


def say(text):
    # Whoever reads it may be gone.
    with contextlib.suppress(OSError):
        print(f"run_pytest.py: {text}", file=sys.stderr, flush=True)


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    # Short, since it holds sockets. Servers that run as other users pass through it.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="peercert-", dir="/tmp"))
    temporary = folder / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    folder.chmod(0o711)
    pytest = subprocess.Popen(
        [sys.executable, "-m", "pytest", f"--basetemp={folder / 'p'}", "-p", "no:cacheprovider", *sys.argv[1:]],
        env={**os.environ, "TMPDIR": str(temporary)}, preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, before))
    caught = run(pytest)
    status = 128 + caught if caught else pytest.returncode if pytest.returncode >= 0 else 128 - pytest.returncode
    if status == TESTS_FAILED:
        say(f"what the tests made is in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
