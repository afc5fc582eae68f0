"""What each front makes of a gate that is down, silent, or answers rubbish: it fails closed, or the row says that it
does not. peercert itself sends none of these; the table is why it must not."""

import contextlib

import pytest

import fastcgi
import gate_fronts
from fastcgi import END_REQUEST, STDOUT, record
from gate_apps import NO, RESET, YES, whole

END = record(END_REQUEST, b"\0" * 8)


def end(protocol_status, application_status=0):
    return record(END_REQUEST, bytes([0, 0, 0, application_status, protocol_status]) + b"\0\0\0")


def changed(status_line):
    """The yes with another first line."""
    return whole(YES.replace(b"Status: 200 OK", status_line))


BUT_HAPROXY = ("lighttpd", "apache", "nginx", "caddy", "forward-auth")
# name: (bytes, the fronts that let a client in on them)
ANSWERS = {
    "no": (whole(NO), ()),
    "yes": (whole(YES), ("lighttpd", "apache", "nginx", "haproxy", "caddy", "forward-auth")),
    "only_end_request": (END, ("lighttpd",)),
    "empty_stdout": (record(STDOUT) + END, ("lighttpd",)),
    "unknown_role": (end(fastcgi.UNKNOWN_ROLE), ("lighttpd",)),
    "overloaded": (end(fastcgi.OVERLOADED), ("lighttpd",)),
    "header_without_status": (whole(YES.partition(b"\r\n")[2]), BUT_HAPROXY),
    "garbage": (whole(b"\x00\xff no header at all\n"), ()),
    "header_that_never_ends": (whole(b"Status: 200 OK\r\n"), ("lighttpd",)),
    "status_204": (changed(b"Status: 204 No Content"), ("nginx", "forward-auth")),
    "status_206": (changed(b"Status: 206 Partial Content"), ("nginx", "forward-auth")),
    "status_299": (changed(b"Status: 299 Odd"), ("nginx", "forward-auth")),
    "status_302": (changed(b"Status: 302 Found\r\nLocation: https://elsewhere.example/"), ()),
    "status_401": (changed(b"Status: 401 Unauthorized"), ()),
    "status_500": (changed(b"Status: 500 Oh"), ()),
    "status_503": (changed(b"Status: 503 Not now"), ()),
    "two_statuses_no_first": (changed(b"Status: 403 No\r\nStatus: 200 OK"), ("lighttpd", "apache")),
    "two_statuses_yes_first": (changed(b"Status: 200 OK\r\nStatus: 403 No"), ("nginx", "caddy", "forward-auth")),
    "yes_without_name": (whole(b"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n"), ("lighttpd", "nginx", "forward-auth")),
    "no_fastcgi": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ()),
    "closed_at_once": (b"", ()),
    "reset": (RESET, ()),
    "no_by_a_status_line": (changed(b"HTTP/1.1 403 No"), ("nginx", "forward-auth")),
    "yes_that_ends_with_an_error": (record(STDOUT, YES) + record(STDOUT) + end(0, 1), BUT_HAPROXY),
    "yes_that_ends_overloaded": (record(STDOUT, YES) + record(STDOUT) + end(fastcgi.OVERLOADED), BUT_HAPROXY),
    "yes_cut_off": (record(STDOUT, YES), ("nginx", "caddy", "forward-auth")),
}


@pytest.fixture(scope="module")
def fake_fronts(pki, tmp_path_factory):
    running, cleanup = {}, contextlib.ExitStack()

    def get(name):
        if name not in running:
            front = gate_fronts.FRONTS[name](tmp_path_factory.mktemp(name), pki, None, fake=True)
            cleanup.callback(front.stop)
            running[name] = front.start()
        return running[name]
    with cleanup:
        yield get


def came_in(front, reply):
    body = reply.body if hasattr(reply, "body") else b""
    return reply.status == 200 and (b"public" in body or b'"method"' in body) if hasattr(reply, "status") else False


@pytest.mark.parametrize("name", gate_fronts.FRONTS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_is_no_whole_yes_lets_nobody_in_but_where_named(fake_fronts, pki, name, answer):
    front = fake_fronts(name)
    data, open_fronts = ANSWERS[answer]
    front.gate.answers(data, closes=True)
    reply = front.curl(pki.good, "--max-time", "5", url=front.at("/pub/file.txt"), check=False)
    assert came_in(front, reply) == (name in open_fronts), getattr(reply, "body", reply)


@pytest.mark.parametrize("name", gate_fronts.FRONTS)
def test_nobody_comes_in_while_the_gate_is_down(pki, tmp_path_factory, name):
    front = gate_fronts.FRONTS[name](tmp_path_factory.mktemp(name), pki, None, fake=True)
    try:
        front.start()
        front.stop_gate()
        for path in ("/pub/file.txt", "/app/x", "/"):
            reply = front.curl(pki.good, url=front.at(path))
            assert reply.status == front.down and not came_in(front, reply)
    finally:
        front.stop()


# lighttpd waits for as long as the gate is silent: without an answer nobody comes in.
@pytest.mark.parametrize("name", gate_fronts.FRONTS)
def test_nobody_comes_in_while_the_gate_is_silent(fake_fronts, pki, name):
    front = fake_fronts(name)
    front.gate.answers(None)
    reply = front.curl(pki.good, "--max-time", "1.5", url=front.at("/pub/file.txt"), check=False)
    assert not came_in(front, reply)
