"""peercert's FastCGI socket itself, by a client that can break every rule."""

import socket
import struct
import time

import pytest

import fastcgi
from fastcgi import Connection, ask, begin, last_line, pairs, parameters, record, records, request
from fronts import ABSENT, VALID
from pki import GOOD_NAME
from processes import DEADLINE, Responder

KIB = 1024
THREADS = 4


@pytest.fixture(scope="module")
def shared(peercert, pki, tmp_path_factory):
    responder = Responder(tmp_path_factory.mktemp("socket"), peercert, pki.ca, "--threads", THREADS)
    yield responder
    responder.stop_gently()


@pytest.fixture
def responder(shared, pki):
    """A responder that must be as well after each test as before."""
    yield shared
    assert shared.alive(), shared.log()
    assert ask(shared.address, parameters(pki.good.pem)).text.splitlines()[-1] == VALID
    shared.check_descriptors()


def body_without_time(answer):
    return [line for line in answer.text.splitlines() if not line.startswith(("Checked at: ", "Expires: "))]


def send_parts(connection, *parts):
    for part in parts:
        connection.send(part)
        time.sleep(0.0003)


# --- decoding ---


def test_a_request_split_at_each_byte_gets_the_same_answer(responder, pki):
    whole = request(parameters(pki.v1.pem), body=b"")
    expected = body_without_time(ask(responder.address, parameters(pki.v1.pem)))
    assert expected[-1] == VALID
    for at in range(1, len(whole)):
        with Connection(responder.address) as connection:
            send_parts(connection, whole[:at], whole[at:])
            assert body_without_time(connection.read_answer()) == expected, f"split at byte {at}"


def test_parameters_split_over_two_records_at_each_byte_are_the_same(responder, pki):
    stream = pairs(parameters(pki.v1.pem))
    expected = body_without_time(ask(responder.address, parameters(pki.v1.pem)))
    for at in range(1, len(stream)):
        with Connection(responder.address) as connection:
            connection.send(begin() + record(fastcgi.PARAMS, stream[:at]) + record(fastcgi.PARAMS, stream[at:])
                            + record(fastcgi.PARAMS) + record(fastcgi.STDIN))
            assert body_without_time(connection.read_answer()) == expected, f"split at byte {at}"


def test_records_of_one_byte_are_the_same(responder, pki):
    given = parameters(pki.v1.pem)
    with Connection(responder.address) as connection:
        connection.send(begin() + records(fastcgi.PARAMS, pairs(given), size=1) + record(fastcgi.STDIN))
        assert last_line(connection.read_answer()) == VALID


def test_padding_is_passed_over(responder, pki):
    stream = pairs(parameters(pki.good.pem))
    with Connection(responder.address) as connection:
        connection.send(record(fastcgi.BEGIN_REQUEST, struct.pack("!HB5x", 1, 0), padding=255)
                        + record(fastcgi.PARAMS, stream, padding=7) + record(fastcgi.PARAMS, padding=8)
                        + record(fastcgi.STDIN, padding=1))
        assert last_line(connection.read_answer()) == VALID


@pytest.mark.parametrize("value", ["", " \n\t\n"])
def test_an_empty_certificate_is_absent(responder, value):
    assert ask(responder.address, parameters(value)).text.splitlines()[0] == ABSENT


def test_the_answer_ends_its_request(responder, pki):
    answer = ask(responder.address, parameters(pki.good.pem))
    assert (answer.status, answer.application_status, answer.protocol_status) == (200, 0, 0)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.stderr == b""
    assert answer.text.splitlines()[2] == f"Name: {GOOD_NAME}"


def test_other_methods_are_405(responder, pki):
    answer = ask(responder.address, parameters(pki.good.pem, REQUEST_METHOD="POST"), body=b"x" * 70000)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("second", ["same", "other"])
def test_a_certificate_parameter_that_comes_twice_is_malformed(responder, pki, second):
    given = list(parameters(pki.good.pem).items())
    given.append(("SSL_CLIENT_CERT", {"same": pki.good.pem, "other": pki.v1.pem}[second]))
    for order in (given, given[::-1]):
        answer = ask(responder.address, order)
        assert answer.text.splitlines()[0] == ABSENT
        assert "SSL_CLIENT_CERT" in answer.text
        assert VALID not in answer.text


def test_two_certificates_in_one_parameter_are_malformed(responder, pki):
    answer = ask(responder.address, parameters(pki.good.pem + pki.v1.pem))
    assert answer.text.splitlines()[0] == ABSENT
    assert VALID not in answer.text


def test_the_front_cannot_make_a_verdict_better(responder, pki):
    answer = ask(responder.address, parameters(pki.stranger.pem, SSL_CLIENT_VERIFY="SUCCESS"))
    assert last_line(answer).startswith("The certificate is not valid: ")
    assert "Front server said: SUCCESS" in answer.text


def test_the_chain_that_a_front_sends_is_used(responder, pki):
    answer = ask(responder.address, parameters(pki.chained.pem,
                                               SSL_CLIENT_CERT_CHAIN_0=pki.intermediate.read_text()))
    assert last_line(answer) == VALID
    assert last_line(ask(responder.address, parameters(pki.chained.pem))) != VALID


@pytest.mark.parametrize("role", [fastcgi.AUTHORIZER, fastcgi.FILTER, 7])
def test_it_is_no_gate_yet_and_lets_nobody_in(responder, pki, role):
    """An authorizer that answers 200 lets everybody in (FastCGI specification section 6.3)."""
    with Connection(responder.address) as connection:
        connection.send(begin(role) + records(fastcgi.PARAMS, pairs(parameters(pki.good.pem))))
        if role != fastcgi.AUTHORIZER:
            connection.send(record(fastcgi.STDIN))
        if role == fastcgi.FILTER:
            connection.send(record(8))
        answer = connection.read_answer()
    if answer is not None and answer.protocol_status != fastcgi.UNKNOWN_ROLE:
        assert answer.status == 403
    assert answer is None or VALID.encode() not in answer.stdout


# --- connections ---


def test_kept_connections_serve_request_after_request(responder, pki):
    with Connection(responder.address) as connection:
        for number in range(1, 20):
            certificate = pki.good.pem if number % 2 else None
            connection.send(request(parameters(certificate), keep=True, request_id=number))
            answer = connection.read_answer()
            assert answer.text.splitlines()[-1 if number % 2 else 0] == (VALID if number % 2 else ABSENT)


def test_a_connection_that_is_not_to_be_kept_is_closed(responder, pki):
    with Connection(responder.address) as connection:
        connection.send(request(parameters(pki.good.pem)))
        connection.read_answer()
        assert connection.closed()


def test_more_kept_connections_than_threads_do_not_starve_a_new_one(responder, pki):
    kept = [Connection(responder.address) for _ in range(5 * THREADS)]
    try:
        for connection in kept:
            connection.send(request(parameters(pki.good.pem), keep=True))
            assert last_line(connection.read_answer()) == VALID
        assert last_line(ask(responder.address, parameters(pki.good.pem))) == VALID
        for connection in kept:
            connection.send(request(parameters(pki.good.pem), keep=True))
            assert last_line(connection.read_answer()) == VALID
    finally:
        for connection in kept:
            connection.socket.close()


def test_silent_and_half_sent_connections_do_not_shut_out_others(start_responder, pki):
    """Answered within the deadline of the client, which is generous."""
    responder = start_responder()
    whole = request(parameters(pki.good.pem))
    held = [Connection(responder.address) for _ in range(40)]
    try:
        for number, connection in enumerate(held):
            connection.send(whole[:[0, 5, 100, -1][number % 4]])
        for _ in range(3):
            assert last_line(ask(responder.address, parameters(pki.good.pem))) == VALID
    finally:
        for connection in held:
            connection.socket.close()


def test_connections_that_drip_do_not_shut_out_others(responder, pki):
    whole = request(parameters(pki.good.pem))
    held = [Connection(responder.address) for _ in range(2 * THREADS)]
    with Connection(responder.address) as asking:
        asking.socket.settimeout(0.2)
        answer = None
        for at in range(int(DEADLINE / 0.2)):
            for connection in held:
                try:
                    connection.send(whole[at:at + 1])
                except OSError:
                    pass  # it was closed: its time was over
            if at == 1:
                asking.send(request(parameters(pki.good.pem)))
            if at > 1:
                try:
                    answer = asking.read_answer()
                    break
                except TimeoutError:
                    continue
    for connection in held:
        connection.socket.close()
    assert answer is not None and last_line(answer) == VALID


def test_a_client_that_never_reads_does_not_shut_out_others(responder, pki):
    held = [Connection(responder.address) for _ in range(2 * THREADS)]
    for connection in held:
        connection.send(request(parameters(pki.good.pem)))
    assert last_line(ask(responder.address, parameters(pki.good.pem))) == VALID
    for connection in held:
        connection.socket.close()


def test_clients_that_go_away_at_once_leave_nothing_behind(responder, pki):
    whole = request(parameters(pki.good.pem))
    for at in range(0, len(whole), 7):
        with Connection(responder.address) as connection:
            connection.send(whole[:at])
    assert last_line(ask(responder.address, parameters(pki.good.pem))) == VALID


# --- what must not be believed ---


@pytest.mark.parametrize("size", [0, 1, 8, 4 * KIB, 8 * KIB - 8, 8 * KIB, 8 * KIB + 8, 60 * KIB, 64 * KIB, 200 * KIB])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_is_never_taken_for_records(responder, pki, size, method):
    """Request smuggling: a client's body made of records that would forge the next certificate."""
    forged = request(parameters(pki.good.pem), keep=True)
    body = (b"\0" * (size % 8) + record(fastcgi.STDIN, b"") * (size // 8) + forged * 3)
    answers = []
    with Connection(responder.address) as connection:
        try:
            connection.send(request(parameters(None, REQUEST_METHOD=method), keep=True, body=body, request_id=1))
            answers.append(connection.read_answer())
            # The last one: the responder closes the connection after it.
            connection.send(request(parameters(None), request_id=2))
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed, with the rest of the body unread
        while (answer := connection.read_answer()) is not None:
            answers.append(answer)
    answers = [answer for answer in answers if answer is not None]
    assert len(answers) <= 2, "an answer to a request that no front sent"
    for answer in answers:
        assert b"Name: " not in answer.stdout
        assert VALID.encode() not in answer.stdout
    if size <= 60 * KIB:
        assert [answer.status for answer in answers] == [{"GET": 200, "POST": 405}[method], 200]
        assert answers[1].text.splitlines()[0] == ABSENT


@pytest.mark.parametrize("claimed", [2**31 - 1, 2**30, 16 << 20, 256 * KIB + 1])
@pytest.mark.parametrize("where", ["name", "value"])
def test_a_claimed_length_beyond_the_limit_closes_the_connection(responder, claimed, where):
    wide = struct.pack("!I", claimed | 1 << 31)
    lengths = wide + b"\x01" if where == "name" else b"\x01" + wide
    with Connection(responder.address) as connection:
        connection.send(begin() + record(fastcgi.PARAMS, lengths + b"x" * 100) + record(fastcgi.PARAMS)
                        + record(fastcgi.STDIN))
        assert connection.closed()


def test_parameters_beyond_256_kib_close_the_connection(responder):
    stream = pairs(parameters(None, X="x" * (257 * KIB)))
    with Connection(responder.address) as connection:
        try:
            connection.send(begin() + records(fastcgi.PARAMS, stream) + record(fastcgi.STDIN))
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert connection.closed()


def test_many_parameters_within_the_limit_are_read(responder, pki):
    more = {f"VARIABLE_{number}": "x" * 1000 for number in range(200)}
    assert last_line(ask(responder.address, parameters(pki.good.pem, **more))) == VALID


def test_an_unknown_version_closes_that_connection_alone(responder, pki):
    with Connection(responder.address) as kept, Connection(responder.address) as bad:
        kept.send(request(parameters(pki.good.pem), keep=True))
        kept.read_answer()
        bad.send(record(fastcgi.BEGIN_REQUEST, struct.pack("!HB5x", 1, 0), version=2)
                 + records(fastcgi.PARAMS, pairs(parameters(pki.good.pem))) + record(fastcgi.STDIN))
        assert bad.closed()
        kept.send(request(parameters(pki.good.pem), keep=True))
        assert last_line(kept.read_answer()) == VALID


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 64, b"\xff" * 64, record(99, b"x" * 8),
    record(fastcgi.BEGIN_REQUEST, b"short"), record(fastcgi.PARAMS, b"before begin"),
    begin() + begin(), begin() + record(fastcgi.PARAMS, b"\x05"), begin() + record(fastcgi.END_REQUEST, b"\0" * 8),
], ids=["http", "zeros", "ones", "unknown type", "short begin", "early params", "two begins", "half a pair", "end"])
def test_what_is_no_request_is_never_answered_with_a_report(responder, data):
    with Connection(responder.address) as connection:
        connection.send(data)
        connection.socket.shutdown(socket.SHUT_WR)
        answer = None
        while (got := connection.read_record()) is not None:
            assert got[0] != fastcgi.STDOUT, got
    assert answer is None


# --- the small print of the protocol ---


def test_get_values_says_that_a_connection_takes_one_request_at_a_time(responder, pki):
    with Connection(responder.address) as connection:
        connection.send(record(fastcgi.GET_VALUES, pairs({"FCGI_MPXS_CONNS": ""}), request_id=0))
        kind, request_id, content = connection.read_record()
        assert (kind, request_id, content) == (fastcgi.GET_VALUES_RESULT, 0, pairs({"FCGI_MPXS_CONNS": "0"}))
        connection.send(request(parameters(pki.good.pem)))
        assert last_line(connection.read_answer()) == VALID


def test_an_aborted_request_gives_no_report_to_the_next(responder, pki):
    """ABORT_REQUEST before the parameters are through: its connection ends or goes on cleanly."""
    with Connection(responder.address) as connection:
        connection.send(begin(keep=True) + record(fastcgi.PARAMS, pairs(parameters(pki.good.pem)))
                        + record(fastcgi.ABORT_REQUEST))
        try:
            connection.send(request(parameters(None), keep=True, request_id=2))
            answer = connection.read_answer()
        except (BrokenPipeError, ConnectionResetError):
            answer = None
    assert answer is None or VALID.encode() not in answer.stdout


def test_an_abort_between_requests_is_passed_over(responder, pki):
    with Connection(responder.address) as connection:
        connection.send(request(parameters(pki.good.pem), keep=True))
        assert last_line(connection.read_answer()) == VALID
        connection.send(record(fastcgi.ABORT_REQUEST) + request(parameters(None), keep=True, request_id=2))
        assert connection.read_answer().text.splitlines()[0] == ABSENT
