"""The gate answers within its deadline, whatever an OCSP responder does."""

import socket
import time

import pytest

import fastcgi
from gate_helpers import RULES, write_rules
from processes import wait_until


@pytest.fixture
def silent():
    """A responder that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield "http://127.0.0.1:%d/" % listening.getsockname()[1]


@pytest.mark.parametrize("mode", ["soft", "hard"])
@pytest.mark.parametrize("role", [fastcgi.RESPONDER, fastcgi.AUTHORIZER])
def test_a_silent_ocsp_responder_is_503_within_the_deadline(start_responder, pki, tmp_path, silent, mode, role):
    rules = write_rules(tmp_path / "access.rules", pki, RULES)
    gate = start_responder("--rules", rules, "--ocsp", mode, "--ocsp-url", silent, "--ocsp-timeout", "20")
    begin = time.monotonic()
    given = fastcgi.parameters(pki.good.pem, REQUEST_URI="/pub/x")
    with fastcgi.Connection(gate.address) as connection:
        connection.send(fastcgi.request(given, role=role))
        answer = connection.read_answer()
    took = time.monotonic() - begin
    assert answer.status == 503 and "retry-after" in answer.headers
    # Far from the 20 s of the option, on a busy machine too.
    assert 1.5 < took < 10
    wait_until(lambda: "unavailable reason=deadline" in gate.log(), "the decision is logged")


def test_the_one_stdout_record_of_an_answer_holds_all_of_it(start_responder, pki, tmp_path):
    gate = start_responder("--rules", write_rules(tmp_path / "access.rules", pki, RULES))
    for uri in ("/pub/x", "/secret/x"):
        for role in (fastcgi.RESPONDER, fastcgi.AUTHORIZER):
            with fastcgi.Connection(gate.address) as connection:
                connection.send(fastcgi.request(fastcgi.parameters(pki.good.pem, REQUEST_URI=uri), role=role))
                records = []
                while record := connection.read_record():
                    records.append(record)
            with_content = [content for kind, _, content in records if kind == fastcgi.STDOUT and content]
            assert len(with_content) == 1 and b"\r\n\r\n" in with_content[0]
            assert records[-1][0] == fastcgi.END_REQUEST
