"""certs/ca, interrupted: whatever step it is cut off at, the folder is as before or as after the command.

What a killed command leaves is what stands in the folder at that moment. So each command runs once, and before each
program that it starts the folder is copied; from each copy that differs in what counts it is brought to rest and done
again. The commands of the CA's owner are really killed, too, with all their session at each step that changes anything:
their lock and their children must be gone as well (each third step; each with --long).
"""

import functools
import itertools
import os
import re
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from kit import P12_PASS, PASS, ca, environment, listing, made, openssl, run, write  # noqa: F401

CHANGING = ("mkdir", "mv", "rm", "rmdir", "sync", "chmod", "cp", "find")
NEW_PASS = "another pass phrase"
STEPS = (*CHANGING, "openssl", "cat", "grep", "awk")
SCRIPT = """#!/bin/sh
exec 8>>"$COUNT.lock"; {flock} 8
read -r n <"$COUNT"; n=$((n + 1)); echo "$n" >"$COUNT"
{before}
exec 8>&-
{real} "$@"; status=$?
{after}
exit $status
"""
KILL = '[ "$n" -eq "$KILL_AT" ] && [ "$KILL_WHEN" = {when} ] && kill -9 0'


def wrappers(folder, names, **parts):
    """Programs that count the steps under a lock, since those of a pipe start at the same time."""
    folder.mkdir()
    for name in names:
        write(folder / name, SCRIPT.format(flock=shutil.which("flock"), real=shutil.which(name),
                                           **parts)).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


@pytest.fixture(scope="module")
def start(made, tmp_path_factory):
    """A CA in use: dan's certificate, a CRL with another ahead. Without its pass phrase the key opens faster."""
    folder = tmp_path_factory.mktemp("killed") / "start"
    shutil.copytree(made, folder)
    openssl("pkey", "-in", made / "ca.key", "-passin", "env:P", "-out", folder / "ca.key", env=environment(P=PASS))
    ca(folder, "crl", "--ahead", "1")
    return folder


# What openssl says of the same content is asked once: most copies of a folder hold the same files.


@functools.cache
def serial_in(certificate):
    return openssl("x509", "-noout", "-serial", input=certificate).stdout if certificate else None


def state(folder):
    """What counts, without what is random."""
    names = sorted(re.sub("[0-9A-F]{32}", "SERIAL", name) for name in listing(folder))
    rows = [line.split("\t") for line in read(folder / "index.txt").splitlines()]
    dan, series = serial_in(read(folder / "dan.cer")), read(folder / "ca.crls")
    return (names, [row[0] for row in rows], [f"serial={row[3]}\n" == dan for row in rows], read(folder / "crlnumber"),
            re.findall(r"^CRL (\S+ \S+) ", series, re.M), read(folder / "ca.crl").count("BEGIN"),
            # Which of the series is in force.
            series.partition(read(folder / "ca.crl") or "no CRL")[0].count("BEGIN"),
            read(folder / "ca-bundle.cer").count("BEGIN"), [key_state(key.read_text()) for key in sorted(folder.glob("ca*.key"))])


@functools.cache
def key_state(key):
    """Whether a key has no pass phrase, the new one of `passwd`, or another."""
    if "ENCRYPTED" not in key:
        return "open"
    done = run("openssl", "pkey", "-passin", f"pass:{NEW_PASS}", "-noout", input=key)
    return "new" if done.returncode == 0 else "other"


def read(path):
    return path.read_text() if path.exists() else ""


def check_whole(folder, step):
    for name, (_, content) in listing(folder).items():
        if not name.startswith(".ca-work") and name.endswith((".cer", ".key", ".p12", ".req", ".pem", ".crl", ".crls")):
            assert content.endswith(b"-----\n") or name.endswith(".p12") and len(content) > 500, \
                f"step {step}: {name} is half-written"


@functools.cache
def is_pair(certificate, key):
    return openssl("x509", "-noout", "-pubkey", input=certificate).stdout == \
        openssl("pkey", "-passin", "env:P", "-pubout", input=key, env=environment(P=PASS)).stdout


def check_pair(folder, step):
    assert is_pair(read(folder / "ca.cer"), read(folder / "ca.key")), f"step {step}: ca.key is not that of ca.cer"


def essence(copy):
    """The same for copies that are brought to rest in the same way: what is staged counts once it holds."""
    whole = listing(copy)
    ready = ".ca-work/ready" in whole
    return ready, tuple((name, content) for name, content in sorted(whole.items())
                        if not name.startswith(".ca-work") or ready and name.startswith(".ca-work/ready"))


def prepare(words, start, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    if words[0] == "init" and "--intermediate" not in words:
        before.mkdir()
    else:
        shutil.copytree(start, before)
    if "--finish" in words:
        ca(before, "rollover", "-y", "--ec")
    if words[0] == "passwd":
        # Two keys: what opens with another pass phrase is both of them or none.
        ca(before, "rollover", "-y", "--ec")
    if words[0] == "release":
        ca(before, "revoke", "dan.cer", "-y", "--reason", "certificateHold")
    if "--install" in words:
        series = (before / "ca.crls").read_text()
        write(before / "ca.crls", re.sub(r"^(CRL ca 02) \d+ ", r"\1 1 ", series, flags=re.M))
    shutil.copytree(before, after)
    return before, after


def recover(folder, words, states, step, variables, again):
    """Brings the folder to rest by looking at it, and tells which state it is in: 0 before, 1 after."""
    check_whole(folder, step)
    ca(folder, "list", check=None, **variables)
    found = state(folder)
    assert found in states, f"step {step}: neither before nor after:\n{found}"
    check_whole(folder, step)
    if words[0] == "rollover":
        check_pair(folder, step)
    if again and found == states[0]:
        ca(folder, *words, **variables)
        assert state(folder) == states[1], f"step {step}: not the same when done again"
    return states.index(found)


VARIABLES = {"CA_P12_PASSWORD": P12_PASS, "CA_KEY_PASSWORD": PASS, "CA_NEW_PASSWORD": NEW_PASS}


@pytest.mark.parametrize("words", [
    ["init", "--ec"], ["request", "eve", "--ec"], ["sign", "dan.req", "-y", "--name", "new"], ["p12", "dan"],
    ["renew", "dan", "-y"], ["revoke", "dan.cer", "-y"], ["crl"], ["crl", "--install"],
    ["init", "--intermediate", "sub", "--ec"], ["rollover", "-y", "--ec"], ["rollover", "-y", "--same-key"],
    ["rollover", "-y", "--finish"], ["passwd"], ["release", "dan.cer", "-y"]], ids=lambda words: "-".join(words).replace("--", ""))
def test_cut_off_before_any_program_the_folder_is_as_before_or_as_after(start, tmp_path, words):
    variables = dict(VARIABLES)
    if words[0] in ("request", "p12"):
        del variables["CA_KEY_PASSWORD"]
    before, after = prepare(words, start, tmp_path)
    copies, count = tmp_path / "copies", write(tmp_path / "count", "0")
    copies.mkdir()
    path = wrappers(tmp_path / "copying", STEPS, before=f'{shutil.which("cp")} -a . "$COPIES/$n"', after="")
    states = [state(before)]
    ca(after, *words, PATH=path, COUNT=str(count), COPIES=str(copies), **variables)
    states.append(state(after))
    check_whole(after, "last")
    assert states[0] != states[1]
    steps = sorted(copies.iterdir(), key=lambda copy: int(copy.name))
    different = {essence(copy): copy for copy in steps}
    # What differs in nothing but half-made staged files is one case; some of these are tried nevertheless.
    chosen = {*different.values(), *steps[1:len(steps) // 2:max(len(steps) // 4, 1)]}
    chosen = sorted(chosen, key=lambda copy: int(copy.name))
    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(lambda copy: recover(copy, words, states, copy.name, variables, again=copy is chosen[1]), chosen))
    assert len(steps) > 8 and set(seen) == {0, 1}, f"{len(steps)} steps, states {seen}: the test no longer interrupts"
    assert seen == sorted(seen), f"{seen}: after was before before"


@pytest.mark.parametrize("words, when", [
    (["init", "--ec"], "before"), (["sign", "dan.req", "-y", "--name", "new"], "after"), (["renew", "dan", "-y"], "before"),
    (["revoke", "dan.cer", "-y"], "after"), (["release", "dan.cer", "-y"], "before"), (["crl"], "after"), (["passwd"], "after")],
    ids=lambda value: value[0] if isinstance(value, list) else value)
def test_killed_at_any_step_that_changes_something_the_folder_is_as_before_or_as_after(start, tmp_path, words, when, long):
    stride = 1 if long else 3
    path = wrappers(tmp_path / "killing", CHANGING, before=KILL.format(when="before"), after=KILL.format(when="after"))
    before, after = prepare(words, start, tmp_path)
    ca(after, *words, **VARIABLES)
    states, seen = [state(before), state(after)], []

    def kill_at(step):
        folder, count = tmp_path / f"folder{step}", write(tmp_path / f"count{step}", "0")
        shutil.copytree(before, folder)
        done = ca(folder, *words, check=None, PATH=path, COUNT=str(count), KILL_AT=str(step), KILL_WHEN=when, **VARIABLES)
        if done.returncode == 0:
            return 1
        assert done.returncode == -signal.SIGKILL, done.said
        killed.append(step)
        return recover(folder, words, states, step, VARIABLES, again=step == 1 + stride)
    with ThreadPoolExecutor(2) as pool:
        for first in itertools.count(1, 4 * stride):
            killed = []
            seen += pool.map(kill_at, range(first, first + 4 * stride, stride))
            if len(killed) < 4:
                break
    assert first > 8 and set(seen) == {0, 1}, f"{seen}: the test no longer interrupts"
    assert seen == sorted(seen), f"{seen}: after was before before"
