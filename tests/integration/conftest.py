"""Fixtures. What is started here runs from temporary folders, on loopback, and is ended by its id."""

import contextlib
import itertools
import json
import os
import pathlib
import signal

import pytest

import fronts
import schema
from pki import Pki
from processes import Gate, Responder

ROOT = pathlib.Path(__file__).parents[2]

# The servers are in the sbin folders, which are not in the PATH of an ordinary user on Debian.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])

# Under nohup, and in the background of a shell, signals are ignored, and so they would be by what the
# tests start and end with signals. A handler is not inherited.
for number in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)


def program_from(variable, default):
    program = (ROOT / os.environ.get(variable, default)).resolve()
    assert program.exists(), f"{program} is missing: run make, or set {variable}"
    return program


def pytest_configure():
    # No test is about the system's authorities, which openssl x509 and others read all each time.
    os.environ["SSL_CERT_FILE"] = os.environ["SSL_CERT_DIR"] = os.devnull


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="load and stops by the hundred instead of short ones")


@pytest.fixture(scope="session", autouse=True)
def every_json_is_as_the_schema_says():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json, "loads", schema.checked_loads)
        yield


@pytest.fixture
def long(request):
    return request.config.getoption("--long")


@pytest.fixture(scope="session")
def peercert():
    return program_from("PEERCERT", "build/peercert")


@pytest.fixture(scope="session")
def hooked():
    """peercert with the gate before each verification, which only this build has."""
    return program_from("PEERCERT_HOOKED", "build/hooked/peercert")


@pytest.fixture(scope="session")
def threaded():
    """The same under ThreadSanitizer."""
    return program_from("PEERCERT_THREADED", "build/threads/peercert")


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the logs of what a failed test ran."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, fronts.Front):
                report.sections.append((f"logs of {name}", value.logs()))
            elif isinstance(value, Responder):
                report.sections.append((f"log of {name}", value.log()))


@pytest.fixture(scope="module")
def running_fronts(peercert, pki, tmp_path_factory):
    """Fronts that tests share, started when first asked for."""
    running, cleanup = {}, contextlib.ExitStack()

    def get(name):
        if name not in running:
            front = fronts.FRONTS[name](tmp_path_factory.mktemp(name), pki, peercert)
            cleanup.callback(front.stop)
            running[name] = front.start()
            # The first request makes what stays open in the responder.
            front.curl(pki.good)
            front.settle()
        return running[name]
    with cleanup:
        yield get


@pytest.fixture
def start_front(pki, tmp_path_factory):
    """Starts a front for one test; checked and stopped after it."""
    cleanup = contextlib.ExitStack()

    def start(name, program, **options):
        front = fronts.FRONTS[name](tmp_path_factory.mktemp(name), pki, program, **options)
        cleanup.callback(front.check_log)
        cleanup.callback(front.stop)
        return front.start()
    with cleanup:
        yield start


@pytest.fixture
def gate(tmp_path):
    return Gate(tmp_path / "gate")


@pytest.fixture
def start_responder(peercert, pki, tmp_path):
    """Starts peercert on a socket for one test; its log and descriptors are checked after it."""
    cleanup, numbers = contextlib.ExitStack(), itertools.count()

    def start(*arguments, program=peercert, ca=pki.ca, **options):
        responder = Responder(tmp_path, program, ca, *arguments, name=f"peercert{next(numbers)}", **options)
        cleanup.callback(lambda: responder.stop_gently() if responder.alive() else responder.check_log())
        return responder
    with cleanup:
        yield start
