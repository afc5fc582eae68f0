"""What a stranger may send that no client library does, behind every front: request lines, methods, HTTP/2 pseudo header
fields, upgrades and header fields. Nothing gets around a rule, and nobody takes another's name."""

import json
import re

import pytest

import gate_fronts
import http2
from gate_helpers import USER, raw, settled_path
from gate_shared import EVERY, gates  # noqa: F401

HOST = b"Host: localhost\r\nConnection: close\r\n"
END = HOST + b"\r\n"
# Each asks for the target, which the rules deny, or for one that may be had together with it.
LINES = {
    "HTTP/0.9": b"GET TARGET\r\n\r\n",
    "two spaces": b"GET  TARGET HTTP/1.1\r\n" + END,
    "tabs": b"GET\tTARGET\tHTTP/1.1\r\n" + END,
    "two targets": b"GET /pub/file.txt TARGET HTTP/1.1\r\n" + END,
    "two targets, the other first": b"GET TARGET /pub/file.txt HTTP/1.1\r\n" + END,
    "line feeds alone": b"GET TARGET HTTP/1.1\nHost: localhost\nConnection: close\n\n",
    "empty lines before": b"\r\n\r\nGET TARGET HTTP/1.1\r\n" + END,
    "small letters": b"GET TARGET http/1.1\r\n" + END,
    "HTTP/1.2": b"GET TARGET HTTP/1.2\r\n" + END,
    "HTTP/2.0": b"GET TARGET HTTP/2.0\r\n" + END,
    "no host": b"GET TARGET HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET TARGET HTTP/1.1\r\nHost: elsewhere.example\r\n" + END,
    **{f"the host {host}": b"GET TARGET HTTP/1.1\r\nConnection: close\r\nHost: " + host.encode() + b"\r\n\r\n" for host in (
        "", "localhost.", "LOCALHOST", "localhost:1", "localhost:", "localhost:99999", "[::1]", "[::1%25lo]", "[::1", "a@localhost",
        "localhost/pub", "localhost, www.example.org", "www.example.org", "%6cocalhost", "localhost\\pub", "..", "127.0.0.1")},
    "user in the target": b"GET https://a@localhostTARGET HTTP/1.1\r\n" + END,
    "port in the target": b"GET https://localhost:1TARGET HTTP/1.1\r\n" + END,
    "fragment in the target": b"GET https://localhost#TARGET HTTP/1.1\r\n" + END,
    "query in the target": b"GET https://localhost?TARGET HTTP/1.1\r\n" + END,
    "backslashes in the target": b"GET https:\\\\localhostTARGET HTTP/1.1\r\n" + END,
    "unchanged since": b"GET TARGET HTTP/1.1\r\nIf-Modified-Since: Mon, 01 Jan 2035 00:00:00 GMT\r\n" + END,
    "none match": b"GET TARGET HTTP/1.1\r\nIf-None-Match: *\r\n" + END,
    "range": b"GET TARGET HTTP/1.1\r\nRange: bytes=0-100\r\n" + END,
    "expects 100": b"POST TARGET HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n" + END + b"x",
    "two lengths of a body": (b"POST /app/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n"
                              b"0\r\n\r\nGET TARGET HTTP/1.1\r\n" + END),
    "an unknown coding": (b"POST /app/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n"
                          b"0\r\n\r\nGET TARGET HTTP/1.1\r\n" + END),
    "a request as body": b"GET /app/x HTTP/1.1\r\nContent-Length: 60\r\n" + END + b"GET TARGET HTTP/1.1\r\nHost: localhost\r\n\r\n" + b" " * 60,
    "CONNECT": b"CONNECT localhost:443 HTTP/1.1\r\n" + END,
    "CONNECT with a path": b"CONNECT TARGET HTTP/1.1\r\n" + END,
    **{f"the method {method!r}": method + b" TARGET HTTP/1.1\r\n" + END for method in (
        b"get", b"GETT", b"PURGE", b"G" * 200, b"TRACE", b"OPTIONS", b"PROPFIND", b"HEAD", b"POST", b"PUT", b"DELETE", b"X-Y",
        b"G\x0bET", b"G\xe9T", b"GET\0")},
}
TARGETS = ("/secret/hidden.txt", "/app/secret/x")
FIELDS = re.compile(rb"HTTP/1\.\d (\d{3})")


def send(front, certificate, data):
    """All that comes back, until the end or a second of silence."""
    came = b""
    try:
        with front.connect(certificate) as connection:
            connection.settimeout(1)
            connection.sendall(data)
            while more := connection.recv(65536):
                came += more
    except OSError:
        pass
    return came


def watched(gates, name):
    """The front, with a file that nobody may have and the server's own error pages do not show."""
    front = gates(name)
    (front.root / "secret/hidden.txt").write_text("hidden\n")
    front.app.targets.clear()
    return front


def got_denied(front, came):
    """What came back of what nobody may have."""
    asked = [target for target in front.app.targets if re.match("(/app)?/secret(/|$)", settled_path(target))]
    return asked or b"hidden\n" in came


@EVERY
def test_no_request_line_gets_around_a_rule(gates, pki, name):
    front = watched(gates, name)
    for what, line in LINES.items():
        for target in TARGETS:
            came = send(front, pki.good, line.replace(b"TARGET", target.encode()))
            assert not got_denied(front, came), f"{what}, {target}: {came}"


@EVERY
def test_without_a_certificate_no_request_line_lets_anybody_in(gates, pki, name):
    front = watched(gates, name)
    for what, line in LINES.items():
        for target in ("/pub/file.txt", "/app/x"):
            came = send(front, None, line.replace(b"TARGET", target.encode()))
            assert b"public" not in came and not front.app.targets, f"{what}, {target}: {came}"


@EVERY
def test_each_of_several_requests_in_one_packet_is_judged(gates, pki, name):
    front = watched(gates, name)
    first, last = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET %s HTTP/1.1\r\n" + END
    came = send(front, pki.good, first % b"/app/x" + first % b"/app/secret/x" + first % b"/app/y" + last % b"/secret/hidden.txt")
    assert [int(status) for status in FIELDS.findall(came)] == [200, 403, 200, 403]
    assert not got_denied(front, came)


PSEUDO = {
    **{f"the path {path!r}": http2.pseudo(path) for path in (
        "TARGET", "https://localhostTARGET", "/TARGET", "", "*", "#TARGET", "?TARGET", "/app/x#/../..TARGET", "/app/x TARGET",
        "TARGET HTTP/1.1\r\nHost: x\r\n\r\n", "/app/x HTTP/1.1\r\nHost: x\r\n\r\nGET TARGET HTTP/1.1\r\nX: ", "\\TARGET")},
    "a path without slash": [*http2.pseudo("")[:3], (":path", "BARE")],
    "two paths": [*http2.pseudo("/app/x"), (":path", "TARGET")],
    "two paths, the other first": [*http2.pseudo("TARGET"), (":path", "/app/x")],
    "a path behind a header field": [*http2.pseudo("")[:3], ("x", "y"), (":path", "TARGET")],
    **{f"the method {method!r}": http2.pseudo("TARGET", method) for method in (
        "get", "CONNECT", "OPTIONS", "GET TARGET HTTP/1.1\r\nX:", "")},
    "CONNECT": [(":method", "CONNECT"), (":authority", "localhost:443")],
    "a WebSocket": [(":method", "CONNECT"), (":protocol", "websocket"), *http2.pseudo("TARGET")[1:]],
    **{f"the authority {authority!r}": http2.pseudo("TARGET", authority=authority) for authority in (
        "a@localhost", "elsewhere.example", "localhost.", "LOCALHOST", "localhost:1", "[::1]", "", "..", "localhost/pub")},
    "the target in the authority": http2.pseudo("/app/x", authority="localhostTARGET?"),
    "no authority": [field for field in http2.pseudo("TARGET") if field[0] != ":authority"],
    "another host": [*http2.pseudo("TARGET"), ("host", "elsewhere.example")],
    "the target in the host": [*http2.pseudo("/app/x")[:2], (":path", "/app/x"), ("host", "localhostTARGET?")],
    "plain HTTP": http2.pseudo("TARGET", scheme="http"),
    "the target in the scheme": http2.pseudo("/app/x", scheme="https://localhostTARGET?"),
    "no scheme": [field for field in http2.pseudo("TARGET") if field[0] != ":scheme"],
}


def with_http2(gates, name):
    front = watched(gates, name)
    if not front.http2:
        pytest.skip(f"{name} has no HTTP/2 here")
    return front


def ask_http2(front, certificate, fields, trailers=()):
    """(status, body) of one stream; (None, b"") when it or the connection just ended."""
    with front.connect(certificate, protocols=("h2",)) as connection:
        connection.settimeout(2)
        return http2.ask(connection, http2.request(fields, trailers=trailers), 1).get(1, (None, b""))


@EVERY
def test_no_pseudo_header_fields_get_around_a_rule(gates, pki, name):
    front = with_http2(gates, name)
    assert ask_http2(front, pki.good, http2.pseudo("/app/x"))[0] == 200 and front.app.targets == ["/app/x"]
    for what, fields in PSEUDO.items():
        for target in TARGETS:
            filled = [(field, value.replace("TARGET", target).replace("BARE", target[1:])) for field, value in fields]
            came = ask_http2(front, pki.good, filled)
            assert not got_denied(front, came[1]), f"{what}, {target}: {came}"
        front.app.targets.clear()
        for target in ("/pub/file.txt", "/app/x"):
            filled = [(field, value.replace("TARGET", target).replace("BARE", target[1:])) for field, value in fields]
            came = ask_http2(front, None, filled)
            assert b"public" not in came[1] and not front.app.targets, f"{what}, {target}: {came}"


@EVERY
def test_each_stream_of_one_connection_is_judged(gates, pki, name):
    front = with_http2(gates, name)
    paths = ["/app/x", "/app/secret/x", "/app/y", "/app/secret/y"]
    with front.connect(pki.good, protocols=("h2",)) as connection:
        connection.settimeout(5)
        got = http2.ask(connection, b"".join(http2.request(http2.pseudo(path), 2 * number + 1)
                                             for number, path in enumerate(paths)), len(paths))
    assert [got[2 * number + 1][0] == 200 for number in range(len(paths))] == [True, False, True, False]
    assert sorted(front.app.targets) == ["/app/x", "/app/y"]


# Header fields by which a client may want another's name, or none at all.
ODD_FIELDS = [
    b"Peercertuser : boss", b"Peercertuser\t: boss", b" Peercertuser: boss", b"\tPeercertuser: boss", b"X: a\r\n Peercertuser: boss",
    b"X: a\r\n\tPeercertuser: boss", b"X: a\nPeercertuser: boss", b"X: a\rPeercertuser: boss", b"X: a\0\r\nPeercertuser: boss",
    b"Peercertuser\0: boss", b"Peercertuser\x0b: boss", b"\x0bPeercertuser: boss", b"Peercertu\xc5\xbfer: boss", b": boss", b"Peercertuser",
    b"Peercertuser:boss,Dan%20Example", b"Peercertuser:\r\n boss", b"Peercertuser: a\r\nPEERCERTUSER: boss\r\npeercertuser: boss",
    b"Connection: close\r\nConnection: Peercertuser", b"Connection: Peercertuser\r\nConnection: close", b"Connection: close,\r\n Peercertuser",
    b"Connection: close,\tPEERCERTUSER\t", b'Connection: "Peercertuser"', b"Connection: x;Peercertuser", b"Connection: ,,Peercertuser,,",
    b"Connection: close, Remote-User, Forwarded", b"Proxy-Connection: Peercertuser", b"Keep-Alive: Peercertuser", b"TE: Peercertuser",
    b"Trailer: Peercertuser", b"Upgrade: Peercertuser", b"Connection: Upgrade, Peercertuser\r\nUpgrade: x", b"Via: 1.1 Peercertuser",
    b"Max-Forwards: 0", b"Forwarded: for=x;\r\n remote_user=boss", b"Forwarded : remote_user=boss", b"X-Forwarded-User: boss",
]


def is_told(front, headers):
    """Whether an application behind the front is told who it is: once, and nothing else by this header."""
    got = [(field.lower(), value) for field, value in headers]
    if isinstance(front, gate_fronts.Lighttpd):
        values = re.findall(r"remote_user=\"?([^\";,]*)", ",".join(value for field, value in got if field == "forwarded"))
    else:
        values = [value for field, value in got if field == "peercertuser"]
    hidden = [value for field, value in got if field == "connection" and "peercertuser" in value.lower()]
    return values == [USER] and not hidden


@EVERY
def test_no_odd_header_field_gives_or_takes_a_name(gates, pki, name):
    front = watched(gates, name)
    for field in ODD_FIELDS:
        status, body = raw(front, pki.good, "/app/x", field)
        assert status in (0, 200, 400, 501), f"{field}: {status} {body}"
        if status == 200:
            headers = json.loads(body[body.index(b"{"):body.rindex(b"}") + 1])["headers"]
            assert is_told(front, headers), f"{field}: {headers}"


ODD_FIELDS_OF_HTTP2 = [
    ("Peercertuser", "boss"), ("peercertuser", "boss"), ("peercertuser ", "boss"), ("peercertuser\0", "boss"), (":peercertuser", "boss"),
    ("connection", "peercertuser"), ("connection", "close, peercertuser"), ("proxy-connection", "peercertuser"), ("te", "peercertuser"),
    ("x", "a\r\npeercertuser: boss"), ("x", "a\npeercertuser: boss"), ("x", "a\rpeercertuser: boss"), ("x", "a\0peercertuser: boss"),
    ("peercertuser: boss\r\nx", "y"), ("x\npeercertuser", "boss"), ("", "boss"), ("forwarded", "remote_user=boss"),
]


@EVERY
def test_nor_in_http_2(gates, pki, name):
    front = with_http2(gates, name)
    for field in ODD_FIELDS_OF_HTTP2:
        for fields, trailers in (([field], ()), ([], [field])):
            status, body = ask_http2(front, pki.good, [*http2.pseudo("/app/x", "POST" if trailers else "GET"), *fields], trailers)
            if status == 200:
                headers = json.loads(body)["headers"]
                assert is_told(front, headers), f"{field}: {headers}"


UPGRADES = ["h2c", "H2C", "h2c, websocket", "websocket, h2c", "websocket,h2c", "h2", "TLS/1.2", "HTTP/2.0", "x", "websocket\r\nUpgrade: h2c",
            "h2c\r\nUpgrade: websocket", "websocket/13"]


def upgrades(came):
    """What the application at /app/inert was asked to change to, as it tells."""
    headers = json.loads(came[came.index(b"{"):came.rindex(b"}") + 1])["headers"]
    return [value.lower() for field, value in headers if field.lower() == "upgrade"]


@EVERY
def test_an_application_is_asked_for_no_upgrade_but_to_a_websocket(gates, pki, name):
    """One that speaks HTTP/2 after `Upgrade: h2c` would answer further requests of which the gate knows nothing."""
    if name == "forward-auth":
        pytest.skip("it is Traefik's to say there: deploy/traefik/gate.yml")
    front = watched(gates, name)
    for upgrade in UPGRADES:
        for connection in ("Upgrade", "Upgrade, HTTP2-Settings"):
            came = send(front, pki.good, (f"GET /app/inert HTTP/1.1\r\nHost: localhost\r\nUpgrade: {upgrade}\r\nConnection: {connection}\r\n"
                                          "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n").encode())
            statuses = FIELDS.findall(came)
            assert not statuses or statuses[0] != b"101"
            if statuses[:1] == [b"200"]:
                assert upgrades(came) in ([], ["websocket"]), f"{upgrade}: {came}"
    if front.http2:
        for protocol in ("h2c", "x", "websocket, h2c"):
            status, body = ask_http2(front, pki.good, [(":method", "CONNECT"), (":protocol", protocol), *http2.pseudo("/app/inert")[1:]])
            assert status != 200 or upgrades(body) in ([], ["websocket"]), f"{protocol}: {body}"


def test_behind_nginx_a_folder_that_it_does_not_list_is_refused(gates, pki):
    """Its own 403 is shown by the page of the gate's, which is no yes."""
    front = gates("nginx")
    reply = front.curl(pki.good, "-H", "Accept: application/json", url=front.at("/pub/"))
    assert reply.status == 403 and json.loads(reply.text)["reason"] == "front_refused", reply.body
    assert "peercert-user" not in reply.headers
