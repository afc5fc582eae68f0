"""The gates that tests of every front share, and what they have decided."""

import contextlib
import re

import pytest

import gate_fronts
from gate_helpers import write_rules
from processes import wait_until

EVERY = pytest.mark.parametrize("name", gate_fronts.FRONTS)


@pytest.fixture(scope="module")
def gates(peercert, pki, tmp_path_factory):
    """Fronts with a gate that these tests share, started when first asked for."""
    running, cleanup = {}, contextlib.ExitStack()
    folder = tmp_path_factory.mktemp("rules")
    extra = {
        "lighttpd": 'server.error-handler-404 = "/secret/file.txt"',
        "apache": "ErrorDocument 404 /secret/file.txt",
        "nginx": "error_page 404 = /secret/file.txt;",
    }

    def get(name):
        if name not in running:
            crl, rules = folder / f"{name}.crl", folder / f"{name}.rules"
            pki.authority.write_crl(crl)
            write_rules(rules, pki)
            front = gate_fronts.FRONTS[name](tmp_path_factory.mktemp(name), pki, peercert, "--rules", rules,
                                             "--crl", crl, extra=extra.get(name, ""))
            front.crl, front.rules = crl, rules
            cleanup.callback(front.stop)
            running[name] = front.start()
        return running[name]
    with cleanup:
        yield get


def with_files(gates, name):
    """The front of this name, if it serves files itself."""
    front = gates(name)
    if not front.has_files:
        pytest.skip(f"{name} serves no files")
    return front


def with_application(gates, name, kind):
    """The front of this name, if an application of this kind stands behind it."""
    front = gates(name)
    if kind not in front.applications:
        pytest.skip(f"{name} runs no such application here")
    return front


def decisions(front):
    """The lines of the gate's log so far."""
    return [line for line in front.gate.log().splitlines() if re.match(r"\S+Z (allowed|denied|unavailable) ", line)]


class Asked:
    """How often the gate was asked within a block, as its log tells."""

    def __init__(self, front):
        self.front = front

    def __enter__(self):
        self.before = len(decisions(self.front))
        return self

    def __exit__(self, *_):
        pass

    def lines(self, count):
        wait_until(lambda: len(decisions(self.front)) >= self.before + count, f"{count} decisions are logged")
        return decisions(self.front)[self.before:]
