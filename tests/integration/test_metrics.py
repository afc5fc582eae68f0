"""Metrics over a whole process: what the page and the file say after known requests; the lines at start and end."""

import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import time

import pytest

import fastcgi
from processes import Responder, wait_until


def page(responder):
    answer = fastcgi.ask(responder.address, fastcgi.parameters(PEERCERT_PAGE="metrics"))
    head, _, body = answer.stdout.decode().partition("\r\n\r\n")
    assert head.startswith("Status: 200 OK\r\nContent-Type: text/plain; version=0.0.4"), head
    return body


def values(text):
    return {name: float(value) for name, value in re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", text, re.M)}


@pytest.fixture
def responder(tmp_path, peercert, pki):
    started = Responder(tmp_path, peercert, pki.ca, "--metrics-file", str(tmp_path / "peercert.prom"))
    yield started
    if started.alive():
        started.stop()


def test_verdicts_cache_and_trust_are_counted(responder, pki):
    for _ in range(3):
        fastcgi.ask(responder.address, fastcgi.parameters(SSL_CLIENT_CERT=pki.good.pem))
    fastcgi.ask(responder.address, fastcgi.parameters(SSL_CLIENT_CERT=pki.stranger.pem))
    fastcgi.ask(responder.address, fastcgi.parameters())
    got = values(page(responder))
    assert got['peercert_verdicts_total{status="valid"}'] == 3
    assert got['peercert_verdicts_total{status="untrusted"}'] == 1
    assert got['peercert_verdicts_total{status="absent"}'] == 1
    assert got['peercert_cache_lookups_total{result="hit"}'] == 2
    assert got['peercert_cache_lookups_total{result="miss"}'] == 2
    assert got["peercert_ca_certificates"] == 1 and got["peercert_crls"] == 0
    assert got["peercert_answer_duration_seconds_count"] == 5
    assert got["peercert_next_ca_end_timestamp_seconds"] > got["peercert_start_time_seconds"]
    assert got["peercert_client_certificate_remaining_seconds_count"] == 3


def test_a_client_cannot_ask_for_the_metrics(responder):
    answer = fastcgi.ask(responder.address, fastcgi.parameters(HTTP_PEERCERT_PAGE="metrics", QUERY_STRING="page=metrics"))
    assert b"peercert_verdicts_total" not in answer.stdout


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (package prometheus) is not installed")
def test_promtool_finds_nothing_wrong(responder, pki):
    fastcgi.ask(responder.address, fastcgi.parameters(SSL_CLIENT_CERT=pki.good.pem))
    done = subprocess.run(["promtool", "check", "metrics"], input=page(responder), capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done


def test_the_file_is_written_whole(responder, tmp_path):
    file = tmp_path / "peercert.prom"
    wait_until(file.exists, "the file is written")
    assert file.read_text().endswith("\n") and "peercert_build_info" in file.read_text()
    assert not list(tmp_path.glob("*.new"))


def test_start_and_end_are_one_line_each(tmp_path, peercert, pki, responder):
    assert responder.stop() == 0
    lines = [line for line in responder.log().splitlines() if " info peercert " in line]
    assert len(lines) == 2, responder.log()
    assert re.fullmatch(r"\S+Z info peercert \S+ serves on unix:\S+ as \S+; OpenSSL 3\.\S+ .*; reports; "
                        r"CA CN=Acme Test CA,O=Acme until \d{4}-\S+Z", lines[0]), lines[0]
    assert re.fullmatch(r"\S+Z info peercert \S+ ends", lines[1]), lines[1]


FAKETIME = pathlib.Path("/usr/lib") / f"{platform.machine()}-linux-gnu/faketime/libfaketimeMT.so.1"


@pytest.mark.skipif(not FAKETIME.exists(), reason="libfaketime is not installed")
def test_a_file_that_is_kept_is_counted_once_however_often_the_log_says_so(peercert, pki, tmp_path):
    ca, clock = tmp_path / "ca.cer", tmp_path / "clock"
    ca.write_bytes(pki.ca.read_bytes())
    clock.write_text("+0")
    responder = Responder(tmp_path, peercert, ca, environment={
        "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"})

    def kept():
        return values(page(responder))['peercert_reload_total{what="trust",result="kept"}']
    try:
        assert kept() == 0
        ca.write_text("no certificate\n")
        wait_until(lambda: kept() == 1, "it is counted")
        said = responder.log().count(" error ")
        # In one step: libfaketime ends a program that finds the file empty.
        (tmp_path / "later").write_text("+3700")
        (tmp_path / "later").rename(clock)
        wait_until(lambda: responder.log().count(" error ") > said, "an hour later the log says so again")
        assert kept() == 1 and values(page(responder))["peercert_trust_kept_files"] == 1
    finally:
        responder.stop()


@pytest.mark.skipif(os.environ.get("PEERCERT", "") == os.environ.get("PEERCERT_THREADED"), reason="ThreadSanitizer itself writes a file")
def test_a_limit_on_the_size_of_files_ends_nothing(tmp_path, peercert, pki):
    """Without care a write beyond RLIMIT_FSIZE is a signal, SIGXFSZ, that ends the program."""
    limited = tmp_path / "limited"
    limited.write_text(f'#!/bin/sh\nulimit -f 0\nexec {shlex.quote(str(peercert))} "$@"\n')
    limited.chmod(0o755)
    started = Responder(tmp_path, limited, pki.ca, "--metrics-file", str(tmp_path / "peercert.prom"))
    time.sleep(2)  # The file is written first a second after the start.
    assert started.alive()
    assert values(page(started))["peercert_log_lines_dropped_total"] >= 1
    started.stop_gently()
