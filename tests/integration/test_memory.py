"""What peercert keeps: nothing, after each request."""

import re
import signal

from fastcgi import Connection, ask, parameters, request
from fronts import VALID
from processes import Process, connects, wait_until


def all_kinds(pki):
    """Parameters of requests that take different ways through the program."""
    for certificate in (pki.good, pki.expired, pki.stranger, pki.server_only, pki.v1, pki.hostile, pki.chained):
        for accept in ("text/plain", "application/json", "text/html"):
            yield parameters(certificate.pem, HTTP_ACCEPT=accept)
    yield parameters(None)
    yield parameters("garbage")
    yield parameters(pki.good.pem[:200])
    yield parameters(pki.good.key.read_text())
    yield parameters(pki.good.pem, REQUEST_METHOD="POST")
    yield parameters(pki.good.pem, REQUEST_METHOD="HEAD")
    yield parameters(pki.chained.pem, SSL_CLIENT_CERT_CHAIN_0=pki.intermediate.read_text())


def test_valgrind_finds_no_leak_and_no_error(peercert, pki, tmp_path):
    path, crl = tmp_path / "s", tmp_path / "ca.crl"
    pki.authority.write_crl(crl)
    process = Process(tmp_path, "valgrind", [
        "valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect", "--error-exitcode=9",
        "--errors-for-leak-kinds=definite,indirect", peercert, "--ca", pki.ca, "--crl", crl, "--crl-depth", "leaf",
        "--threads", "2", "--listen", f"unix:{path}"])
    try:
        process.wait_listening(lambda: path.exists() and connects(path))
        for _ in range(2):
            for given in all_kinds(pki):
                assert ask(path, given) is not None
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: "the trust was reloaded" in process.log(), "the trust is reloaded")
        assert VALID in ask(path, parameters(pki.good.pem)).text.splitlines()
    finally:
        status = process.stop()
    assert status == 0, process.log()
    assert "==" not in process.log(), process.log()


def test_valgrind_finds_no_leak_in_a_check(peercert, pki, tmp_path):
    for file in (pki.good.cer, pki.good.key, pki.chained.chain, pki.stranger.cer):
        process = Process(tmp_path, "check", [
            "valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect", "--error-exitcode=9",
            "--errors-for-leak-kinds=definite,indirect", peercert, "--ca", pki.ca, "--check", file])
        assert process.wait() in (0, 1), process.log()


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"^VmRSS:\s*(\d+)", status.read(), re.M)[1])


def test_memory_stays_flat(start_responder, pki):
    responder = start_responder("--threads", "2")
    kinds = [request(given, keep=True) for given in all_kinds(pki) if given["REQUEST_METHOD"] == "GET"]

    def serve(rounds):
        with Connection(responder.address) as connection:
            for _ in range(rounds):
                for wire in kinds:
                    connection.send(wire)
                    assert connection.read_answer() is not None
        return resident(responder.pid)
    before = serve(100)
    after = serve(500)
    assert after - before <= 1024, f"{before} KiB resident became {after} KiB"
