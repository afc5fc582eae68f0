"""Completion as a person has it: a shell at a terminal, a few letters and the Tab key."""

import os
import pathlib
import re
import select
import shutil
import subprocess
import time

import pytest

from processes import DEADLINE, start_at_terminal

CA = pathlib.Path(__file__).parents[2] / "certs/ca"
PREPARE = {
    "bash": "for file in {folder}/*.bash; do . $file; done\n",
    "zsh": "fpath=({folder} $fpath); autoload -U compinit; compinit -u -D; unsetopt beep list_beep; unsetopt zle_bracketed_paste\n",
}
FILES = {"bash": "{}.bash", "zsh": "_{}"}


class Shell:
    """An interactive shell on a terminal of its own, with completion, and both programs replaced by one that tells
    what it was given."""

    def __init__(self, name, folder):
        options = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"]}[name]
        self.process, self.terminal = start_at_terminal(
            [name, *options, "-i"], cwd=folder / "work",
            env={**os.environ, "TERM": "dumb", "HOME": str(folder), "PS1": "READY ", "INPUTRC": "/dev/null", "HISTFILE": ""})
        self.seen = ""
        self.read_until("READY ")
        self.type("PS1='RE''ADY '; peercert() { printf 'GOT<%s>\\n' \"$*\"; }; peercert-ca() { peercert \"$@\"; }\n")
        self.read_until("READY ")
        self.type(PREPARE[name].format(folder=folder) + "peercert prepared\n")
        self.read_until("GOT<prepared>")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def read_until(self, wanted):
        end = time.monotonic() + DEADLINE
        while not re.search(wanted, self.seen):
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            assert ready, f"waited in vain for {wanted}: {self.seen!r}"
            self.seen += os.read(self.terminal, 65536).decode(errors="replace")
        found = re.search(wanted, self.seen)
        self.seen = self.seen[found.end():]
        return found

    def completed(self, line):
        """What the program gets when this is typed; a tabulator in it is the Tab key."""
        self.type(line + "\n")
        return self.read_until(r"GOT<([^>]*)>")[1].strip()

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


@pytest.fixture(scope="module", params=["bash", "zsh"])
def shell(request, peercert, tmp_path_factory):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp("completion")
    (folder / "work").mkdir()
    (folder / "work/acme-ca.cer").touch()
    (folder / "work/dan.req").touch()
    for name, command in (("peercert", [peercert, "--completion"]), ("peercert-ca", [CA, "completion"])):
        script = subprocess.run([*command, request.param], capture_output=True, check=True).stdout
        (folder / FILES[request.param].format(name)).write_bytes(script)
    shell = Shell(request.param, folder)
    yield shell
    shell.end()


@pytest.mark.parametrize("typed,given", [
    ("peercert --socket-g\t", "--socket-group"),
    ("peercert --ca acme\t", "--ca acme-ca.cer"),
    ("peercert --ocsp s\t", "--ocsp soft"),
    ("peercert --log-fo\tj\t", "--log-format json"),
    ("peercert --test\t", "--test-config"),
    ("peercert --config acme\t --chec\tacme\t", "--config acme-ca.cer --check acme-ca.cer"),
    ("peercert-ca si\tdan\t", "sign dan.req"),
    ("peercert-ca request new --sub\tCN=New", "request new --subject CN=New"),
    ("peercert-ca sign --profile ser\t", "sign --profile server"),
    ("peercert-ca revoke --reas\tkeyC\t", "revoke --reason keyCompromise"),
    ("peercert-ca list --expi\t30", "list --expiring 30"),
])
def test_tab_completes(shell, typed, given):
    assert shell.completed(typed) == given
