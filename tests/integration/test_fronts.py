"""One suite for every front server; what each of them can do is in the tables of fronts.py."""

import http.client
import json
import re
import subprocess

import pytest

import fastcgi
from fronts import ABSENT, FRONTS, VALID, body_lines, dechunk, read_to_end, read_until, tells_of_none
from pki import GOOD_NAME
from processes import wait_until

CERTIFICATES = ["good", "v1", "hostile", "chained", "stranger", "expired", "not_yet_valid", "server_only", None]
PARALLEL = 200
JSON_FIRST, JSON_LAST = "schema", "checked_at"
HEADERS = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store",
           "x-content-type-options": "nosniff"}


@pytest.fixture(params=FRONTS)
def front(request, running_fronts):
    front = running_fronts(request.param)
    yield front
    front.check()


def of(pki, name):
    return None if name is None else getattr(pki, name)


def assert_handshake_failed(done):
    assert isinstance(done, subprocess.CompletedProcess), done
    # CURLE_SSL_CONNECT_ERROR; in TLS 1.3 the server's alert comes when the client has begun to send:
    # CURLE_SEND_ERROR, CURLE_RECV_ERROR.
    assert done.returncode in (35, 55, 56), done
    assert done.stdout == b""


@pytest.mark.parametrize("name", CERTIFICATES)
def test_each_certificate_is_seen_as_the_table_says(front, pki, name):
    sees = front.sees[name]
    reply = front.curl(of(pki, name), check=not sees.handshake_fails)
    if sees.handshake_fails:
        assert_handshake_failed(reply)
        return
    assert reply.status == 200
    lines = reply.lines
    assert lines[0] == sees.first
    # Without a certificate advice follows.
    said = lines if lines[0] == ABSENT else lines[-1:]
    assert any(re.fullmatch(sees.last, line) for line in said), reply.text
    if sees.name is not None:
        assert lines[1] == ""
        assert re.fullmatch(f"Name: {sees.name}", lines[2]), reply.text


def test_the_contract_lines_come_word_for_word_and_in_order(front, pki):
    lines = front.curl(pki.good).lines
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert lines[:3] == ["Client cert received", "", f"Name: {GOOD_NAME}"]
    assert re.fullmatch(f"Valid dates: {moment} to {moment}", lines[3])
    named = [line.partition(":")[0] for line in lines]
    for name in ["Issuer", "Serial", "SHA-256", "Key", "Alternative name", "Key usage (critical)",
                 "Extended key usage", "Source", "Front server said", "Checked at", "Chain"]:
        assert named.count(name) == 1, f"{name} in {lines}"
    assert lines.count(VALID) == 1
    assert lines[-2:] == ["", VALID]
    # What is known before verification ends with a blank line; the verdict's part follows.
    assert named[lines.index("", 2) + 1] == "Checked at"


def test_a_hostile_name_stays_on_its_line(front, pki):
    reply = front.curl(pki.hostile)
    assert reply.lines.count(VALID) == 1
    assert b"\x1b" not in reply.body
    assert "\u202e" not in reply.text


def test_without_a_certificate_the_report_says_so_and_nothing_else(front):
    assert tells_of_none(front.curl().text)


def test_json_holds_the_identity_first_and_the_verdict_last(front, pki):
    reply = front.curl(pki.good, "-H", "Accept: application/json")
    assert reply.headers["content-type"] == "application/json"
    report = json.loads(reply.body)
    keys = list(report)
    assert keys[0] == JSON_FIRST and keys[-1] == JSON_LAST
    assert keys.index("subject") < keys.index("not_after") < keys.index("source") < keys.index("status")
    assert report["subject"] == GOOD_NAME
    assert report["issuer"] == "CN=Acme Test CA,O=Acme"
    assert report["subject_alt_names"] == ["email:dan@example.org"]
    assert report["source"] == "SSL_CLIENT_CERT"
    assert (report["status"], report["error_code"], report["reason"]) == ("valid", 0, None)
    assert report["error_depth"] is None


def test_json_without_a_certificate_has_the_same_keys(front, pki):
    with_one, without = (json.loads(front.curl(certificate, "-H", "Accept: application/json").body)
                         for certificate in (pki.good, None))
    assert list(without) == list(with_one)
    assert without["status"] == "absent"
    assert without["subject"] is None


@pytest.mark.parametrize("accept, gets", [
    ("*/*", "text/plain; charset=utf-8"),
    ("application/json;q=0.5, text/plain", "text/plain; charset=utf-8"),
    ("text/plain;q=0.5, application/json", "application/json"),
    ("image/png", "text/plain; charset=utf-8"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
])
def test_the_format_follows_accept(front, pki, accept, gets):
    reply = front.curl(pki.good, "-H", f"Accept: {accept}")
    assert (reply.status, reply.headers["content-type"]) == (200, gets)


@pytest.mark.parametrize("query, gets", [
    ("format=html", "text/html; charset=utf-8"),
    ("x=1&format=text", "text/plain; charset=utf-8"),
    ("format=nothing", "application/json"),
])
def test_the_format_follows_the_query_string_before_accept(front, pki, query, gets):
    reply = front.curl(pki.good, "-H", "Accept: application/json", url=f"{front.url}?{query}")
    assert (reply.status, reply.headers["content-type"]) == (200, gets)


def test_the_page_comes_with_its_policy_to_get_and_head(front, pki):
    for options in ((), ("--head",)):
        reply = front.curl(pki.good, "-H", "Accept: text/html", *options)
        assert reply.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cache-control"] == "no-store"
    page = front.curl(pki.good, "-H", "Accept: text/html").text
    assert re.findall("<pre>(curl .*)</pre>", page) == [f"curl --cert client.cer --key client.key {front.url}"]


def test_the_headers_of_a_report(front, pki):
    for certificate in (pki.good, None):
        headers = front.curl(certificate).headers
        assert {name: headers.get(name) for name in HEADERS} == HEADERS
        assert "accept" in [name.strip().lower() for name in headers["vary"].split(",")]


def test_head_has_the_headers_and_no_body(front, pki):
    reply = front.curl(pki.good, "--head")
    assert (reply.status, reply.body) == (200, reply.body)
    assert {name: reply.headers.get(name) for name in HEADERS} == HEADERS
    with front.connect(pki.good) as connection:
        connection.sendall(front.get_request().replace(b"GET", b"HEAD", 1))
        head, _, body = read_to_end(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_405_with_allow(front, pki, method):
    # lighttpd wants a length with POST (411), whether the program does or not.
    body = ["--data", ""] if method == "POST" else []
    reply = front.curl(pki.good, "-X", method, *body)
    assert reply.status == 405
    assert reply.headers["allow"] == "GET, HEAD"
    assert VALID not in reply.text


def test_a_big_post_is_refused_and_the_next_request_is_served(front, pki, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"x" * (3 << 20))
    front.allow(front.body_unread_log)
    reply = front.curl(pki.good, "--data-binary", f"@{body}", *front.big_post_options)
    assert reply.status == front.big_post_status
    assert front.curl(pki.good).lines[-1] == VALID


@pytest.mark.parametrize("header", [
    "SSL_CLIENT_CERT", "SSL-CLIENT-CERT", "Client-Cert", "Client_Cert", "X-SSL-Client-Cert", "X-SSL-Cert",
    "X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert", "X-Amzn-Mtls-Clientcert", "ssl-client-cert",
    "Cf-Client-Cert-Der-Base64",
])
def test_a_client_who_sends_a_certificate_as_a_header_gains_nothing(front, pki, header):
    one_line = pki.good.pem.replace("\n", "%0A")
    base64 = "".join(pki.good.pem.splitlines()[1:-1])
    values = (one_line, base64, f":{base64}:", f'Cert="{one_line}"')
    for reply in front.curl_each(None, [["-H", f"{header}: {value}", "-H", "SSL_CLIENT_VERIFY: SUCCESS"] for value in values]):
        assert tells_of_none(reply.text)


def test_a_query_string_is_no_command_line(front, pki):
    reply = front.curl(None, url=f"{front.url}?--ca+{pki.stranger.cer}+--version")
    assert tells_of_none(reply.text)
    assert front.curl(pki.good, url=f"{front.url}?--version").lines[-1] == VALID


def test_http_2_gets_the_same_report(front, pki):
    reply = front.curl(pki.good, "--http2")
    assert reply.version == "HTTP/2"
    assert reply.lines[-1] == VALID
    assert [line for line in reply.lines if not time_dependent(line)] == [
        line for line in front.curl(pki.good, "--http1.1").lines if not time_dependent(line)]


def test_openssl_s_client_gets_the_report(front, pki):
    done = subprocess.run(
        ["openssl", "s_client", "-quiet", "-no_ign_eof", "-connect", f"127.0.0.1:{front.port}", "-servername",
         "localhost", "-CAfile", pki.ca, "-verify_return_error", "-cert", pki.good.cer, "-key", pki.good.key,
         "-ign_eof"],
        input=front.get_request(), capture_output=True, timeout=20)
    assert done.stdout.startswith(b"HTTP/1.1 200 "), done
    assert body_lines(done.stdout)[-1] == VALID


def test_a_pkcs12_client_gets_the_report(front, pki):
    reply = front.curl(None, "--cert-type", "P12", "--cert", f"{pki.good_p12}:{pki.p12_password}")
    assert reply.lines[2] == f"Name: {GOOD_NAME}"
    assert reply.lines[-1] == VALID


def test_two_requests_on_one_connection_get_a_report_each(front, pki):
    client = http.client.HTTPSConnection("localhost", front.port)
    with front.connect(pki.good) as client.sock:
        ours = client.sock
        for _ in range(2):
            client.request("GET", front.path)
            assert client.getresponse().read().decode().splitlines()[-1] == VALID
            assert client.sock is ours, "the connection was kept"


def test_parallel_clients_all_get_their_report(front, pki, tmp_path):
    command = front.curl_command(
        pki.good, ["--http1.1", "--parallel", "--parallel-immediate", "--parallel-max", PARALLEL,
                   "--max-time", 120, "-o", tmp_path / "reply-#1"], f"{front.url}?n=[1-{PARALLEL}]")
    done = subprocess.run(command, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    replies = list(tmp_path.glob("reply-*"))
    assert len(replies) == PARALLEL
    for reply in replies:
        assert reply.read_text().splitlines()[-1] == VALID


def time_dependent(line):
    return line.startswith(("Checked at: ", "Expires: in "))


def changes(line):
    return time_dependent(line.decode()) or line.startswith((b"Source: SSL_CLIENT_CERT (", b"Front server said: "))


@pytest.mark.parametrize("name", ["good", "hostile", None])
def test_the_body_is_byte_for_byte_that_of_the_first_front(front, running_fronts, pki, name):
    """CGI and FastCGI too; but for the two lines that tell the time, and the two on what the front sent."""
    bodies = [asked.curl(of(pki, name)).body.splitlines(keepends=True)
              for asked in (running_fronts(next(iter(FRONTS))), front)]
    assert [line for line in bodies[0] if not changes(line)] == [
        line for line in bodies[1] if not changes(line)]
    assert [index for index, line in enumerate(bodies[0]) if changes(line)] == [
        index for index, line in enumerate(bodies[1]) if changes(line)]


def test_not_asked_for_a_certificate_no_client_sends_one(start_front, peercert, pki, front_name):
    front = start_front(front_name, peercert, ask="not at all")
    assert tells_of_none(front.curl(pki.good).text)


@pytest.mark.parametrize("name", ["good", "stranger", "expired", None])
def test_required_certificates_are_seen_as_the_table_says(start_front, peercert, pki, front_name, name):
    front = start_front(front_name, peercert, ask="required")
    sees = front.sees_when_required[name]
    reply = front.curl(of(pki, name), check=False)
    if sees.handshake_fails:
        assert_handshake_failed(reply)
    else:
        said = reply.lines if reply.lines[0] == ABSENT else reply.lines[-1:]
        assert any(re.fullmatch(sees.last, line) for line in said), reply.text


@pytest.fixture(params=FRONTS)
def front_name(request):
    return request.param


@pytest.fixture
def held_front(front_name, start_front, hooked, gate):
    """A front whose peercert waits at the gate before each verification."""
    return start_front(front_name, hooked, environment=gate.environment)


def test_the_identity_is_at_the_client_before_there_is_a_verdict(held_front, pki, gate):
    with held_front.connect(pki.good) as connection:
        connection.sendall(held_front.get_request())
        # Nobody has opened the gate: verification has not begun.
        early = read_until(connection, b"\n\n\r\n")
        head, _, first = early.partition(b"\r\n\r\n")
        # A report that is whole before the front has sent its head may come with the length that the
        # front counted; one that is under way comes in chunks.
        assert b"\r\ntransfer-encoding: chunked" in head.lower()
        assert b"content-length" not in head.lower()
        size, _, chunk = first.partition(b"\r\n")
        assert chunk.decode() == chunk[:int(size, 16)].decode() + "\r\n", "one whole chunk"
        identity = chunk.decode().removesuffix("\r\n")
        assert identity.startswith(f"Client cert received\n\nName: {GOOD_NAME}\n")
        gate.open_once()
        chunks = dechunk(first + read_to_end(connection))
    assert chunks[0].decode() == identity
    rest = b"".join(chunks[1:]).decode()
    assert rest.startswith("Checked at: ")
    assert rest.endswith(f"\n{VALID}\n")


def test_json_streams_its_identity_first_too(held_front, pki, gate):
    with held_front.connect(pki.good) as connection:
        connection.sendall(held_front.get_request("Accept: application/json"))
        early = read_until(connection, b'"front_verify_words"')
        assert b'"subject"' in early
        assert b'"status"' not in early
        gate.open_once()
        body = early.partition(b"\r\n\r\n")[2] + read_to_end(connection)
    assert json.loads(b"".join(dechunk(body)))["status"] == "valid"


def test_a_client_who_goes_away_in_the_middle_does_not_hurt_the_next(held_front, pki, gate):
    with held_front.connect(pki.good) as connection:
        connection.sendall(held_front.get_request())
        read_until(connection, b"\n\n\r\n")
    with held_front.connect(pki.good) as connection, gate.standing_open():
        connection.sendall(held_front.get_request())
        raw = read_to_end(connection)
    assert body_lines(raw)[-1] == VALID


# Of twelve requests: how many connections to the responder a front makes while none is answered, and how many it keeps at
# the least. HAProxy closes some of those that it did not need of late.
KEPT = {"apache-proxy-fcgi": (12, 12), "nginx": (2, 11), "haproxy": (2, 3)}


@pytest.mark.parametrize("name", KEPT)
def test_more_kept_connections_than_threads_do_not_starve_new_requests(start_front, hooked, pki, gate, name):
    front, (made, kept) = start_front(name, hooked, arguments=("--threads", "2"), environment=gate.environment), KEPT[name]
    connections = [front.connect(pki.good) for _ in range(12)]
    for connection in connections:
        connection.sendall(front.get_request())
    wait_until(lambda: front.connections() >= made, "they are with the responder, taken or not")
    with gate.standing_open():
        for connection in connections:
            assert f"\n{VALID}\n".encode() in read_to_end(connection)
            connection.close()
        wait_until(lambda: front.kept_connections() >= kept, "the front keeps its connections")
        # Asked on a connection of its own, and through the front.
        assert fastcgi.ask(front.responder.socket, fastcgi.parameters(pki.good.pem)).text.endswith(f"\n{VALID}\n")
        for _ in range(5):
            assert front.curl(pki.good).lines[-1] == VALID
        assert name == "haproxy" or front.kept_connections() >= kept
