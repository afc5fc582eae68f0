"""Each allocation of an answer fails once (of a short run each seventh): the answer is whole, or its connection ends without
an end of the request; nobody is let in who would not be, and the fronts live on."""

import http.client

import pytest

import fastcgi
import gate_fronts
from fastcgi import AUTHORIZER, RESPONDER
from faults import Faults, build
from fronts import VALID
from gate_helpers import RULES, write_rules
from processes import wait_until

NOT_JUDGED = "could not be judged"
MEMORY = r"memory|could not be judged| unavailable |log lines? w(as|ere) dropped"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return build(tmp_path_factory.mktemp("fault"), "fault_memory")


@pytest.fixture
def faults(library, tmp_path, long):
    return Faults(library, tmp_path / "control", 1 if long else 7)


def outcome(answer):
    """What came of a request on the socket."""
    if answer is None:
        return "closed"
    assert answer.stdout.partition(b"\r\n\r\n")[1], f"an end of the request behind {answer.stdout}"
    if answer.status != 200 or "variable-remote_user" in answer.headers or "peercert-user" in answer.headers:
        return answer.status
    last = answer.text.splitlines()[-1]
    return VALID if last == VALID else NOT_JUDGED if NOT_JUDGED in last else "not valid" if "not valid" in last else answer.text


@pytest.mark.parametrize("and_after", [False, True])
@pytest.mark.parametrize("cache", ["0", "100"])
def test_a_report_is_whole_or_has_no_end(start_responder, faults, pki, cache, and_after):
    responder = start_responder("--cache", cache, environment=faults.environment)
    responder.allowed_log = (MEMORY,)
    for certificate, usual in ((pki.good, VALID), (pki.stranger, "not valid")):
        for accept in ("text/plain", "application/json", "text/html"):
            given, seen, number = fastcgi.parameters(certificate.pem, HTTP_ACCEPT=accept), set(), 0
            for number in faults.each(and_after):
                answer = fastcgi.ask(responder.address, given)
                if accept == "text/plain":
                    seen.add(outcome(answer))
                else:
                    good = answer is not None and ('"status": "valid"' in answer.text or VALID in answer.text)
                    assert not (good and usual != VALID), f"allocation {number}: {answer.text}"
            assert accept != "text/plain" or (usual in seen and seen <= {usual, "closed", 503, NOT_JUDGED}), seen
            assert number > (50 if cache == "0" else 5)
        assert outcome(fastcgi.ask(responder.address, fastcgi.parameters(certificate.pem))) == usual


@pytest.mark.parametrize("and_after", [False, True])
@pytest.mark.parametrize("role", [RESPONDER, AUTHORIZER])
def test_a_decision_is_whole_or_has_no_end(start_responder, faults, pki, tmp_path, role, and_after):
    rules = write_rules(tmp_path / "access.rules", pki, RULES)
    gate = start_responder("--rules", rules, "--cache", "0", environment=faults.environment)
    gate.allowed_log = (MEMORY,)
    for certificate, path, usual in ((pki.good, "/pub/x", 200), (pki.good, "/secret/x", 403), (pki.stranger, "/pub/x", 403)):
        given, seen, number = fastcgi.parameters(certificate.pem, REQUEST_URI=path), set(), 0
        for number in faults.each(and_after):
            seen.add(outcome(fastcgi.ask(gate.address, given, role=role)))
        assert usual in seen and seen <= {usual, "closed", 503}, f"{path}: {seen}"
        assert number > 50


@pytest.mark.parametrize("name", ["lighttpd", "haproxy"])
def test_behind_a_gate_nobody_comes_in_by_a_failure(faults, peercert, pki, tmp_path, tmp_path_factory, name):
    rules = write_rules(tmp_path / "access.rules", pki, RULES)
    front = gate_fronts.FRONTS[name](tmp_path_factory.mktemp(name), pki, peercert, "--rules", rules, "--cache", "0",
                                     environment=faults.environment)
    front.start()
    try:
        for certificate, path, usual in ((pki.good, "/pub/file.txt", 200), (pki.good, "/secret/file.txt", 403),
                                         (pki.stranger, "/pub/file.txt", 403)):
            seen, number = set(), 0
            for number in faults.each(False):
                reply = front.get(certificate, path)
                assert usual == 200 or (b"public" not in reply.body and b"secret\n" not in reply.body), (number, reply.body)
                seen.add(reply.status)
            assert usual in seen and seen <= {usual, 500, 502, 503}, f"{path}: {seen}"
            # lighttpd hands on no stranger's certificate: then there are few.
            assert number > (50 if certificate is pki.good else 1) and front.server.alive() and front.gate.alive()
            wait_until(lambda: front.get(certificate, path).status == usual, "all is well again")
    finally:
        front.stop()


def test_haproxy_lives_on_when_a_report_cannot_be_made(start_front, faults, peercert, pki):
    """HAProxy 2.6.12 aborts as a whole when a FastCGI responder ends within its header block."""
    front = start_front("haproxy", peercert, arguments=("--cache", "0"), environment=faults.environment)
    front.allow(MEMORY)
    number, whole = 0, 0
    for number in faults.each(False):
        try:
            text = front.get(pki.good).text
        except (http.client.HTTPException, OSError):
            text = ""
        assert "The certificate" not in text or text.splitlines()[-1] == VALID or NOT_JUDGED in text, text
        whole += text.endswith(f"\n{VALID}\n")
        assert front.server.alive() and front.responder.alive(), f"allocation {number}"
    assert number > 50 and whole > 0
    assert front.curl(pki.good).lines[-1] == VALID
