"""Metrics over a whole process: what the page and the file say after known requests; the lines at start and end."""

import re
import shutil
import subprocess

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
