"""What is HAProxy's own; all that fronts have in common is in test_fronts.py."""

import re
import signal
import socket
import ssl
import subprocess

import pytest

import fastcgi
from fronts import ABSENT, DEPLOY, VALID, body_lines, read_to_end, replace_once, report_cut_off, tells_of_none
from front_haproxy import Haproxy
from held import restart_held_under_load
from hostile import TRUST_ALL, TRUSTED, ask_each, attempts, header_value, smuggled_bodies, variable
from load import CUT_OFF, NO_ANSWER, WHOLE, Load
from pki import Authority
from processes import Responder, descriptors, free_port, wait_until


@pytest.mark.parametrize("backend", ["backend-one.cfg", "backend-many.cfg"])
def test_the_configuration_loads_within_debians(pki, tmp_path, backend):
    pem = tmp_path / "server.pem"
    pem.write_text(pki.server.pem + pki.server.key.read_text())
    site = tmp_path / "peercert.cfg"
    site.write_text(replace_once((DEPLOY / "haproxy/peercert.cfg").read_text(),
                             {r"(?<= crt )\S+": pem, r"(?<= ca-file )\S+": pki.ca}))
    done = subprocess.run(["haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg", "-f", site, "-f",
                           DEPLOY / "haproxy" / backend], capture_output=True, text=True)
    assert done.returncode == 0, done
    assert "WARNING" not in done.stderr, done


# --- what is forwarded ---


def test_in_a_resumed_session_the_certificate_is_there_and_the_chain_is_not(start_front, peercert, pki):
    """Hence --intermediates in the configuration's comment."""
    front = start_front("haproxy", peercert)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=pki.ca)
        context.minimum_version = context.maximum_version = version
        context.load_cert_chain(pki.chained.chain, pki.chained.key)
        first, session = ask_in_session(front, context, None)
        assert first[-1] == VALID
        again, _ = ask_in_session(front, context, session)
        assert again[2] == first[2]
        assert "an intermediate certificate is missing" in again[-1], again


def ask_in_session(front, context, session):
    plain = socket.create_connection(("127.0.0.1", front.port), timeout=20)
    with context.wrap_socket(plain, server_hostname="localhost", session=session) as connection:
        connection.sendall(front.get_request())
        lines = body_lines(read_to_end(connection))
        assert connection.session_reused == (session is not None)
        return lines, connection.session


def test_a_chain_beyond_haproxys_buffer_is_left_out(start_front, peercert, pki, tmp_path):
    """The comment on tune.bufsize says so; with a bigger one the same chain arrives."""
    front = start_front("haproxy", peercert)
    bulky = long_chain(pki, tmp_path)
    assert "an intermediate certificate is missing" in front.curl(bulky).lines[-1]
    front.edit("standalone.cfg", {"^global$": "global\n    tune.bufsize 65536"})
    front.restart_server()
    assert front.curl(bulky).lines[-1] == VALID


def long_chain(pki, folder):
    """A client's certificate behind one intermediate of a name so long that the chain takes 14 kB of base64."""
    subject = "/O=Acme" + "".join(f"/OU={number:064}" for number in range(100)) + "/CN=Bulky CA"
    authority = Authority(folder / "bulky", subject, pki.authority)
    client = authority.sign("client")
    client.chain = folder / "bulky-chain.pem"
    client.chain.write_text(client.pem + authority.cer.read_text())
    return client


def test_haproxy_may_ask_for_values_first(start_front, peercert, pki):
    front = start_front("haproxy", peercert)
    assert "option get-values" not in (front.folder / "peercert.cfg").read_text()
    front.edit("peercert.cfg", {r"^    docroot /$": "    docroot /\n    option get-values"})
    front.restart_server()
    for _ in range(3):
        assert front.curl(pki.good).lines[-1] == VALID


def test_a_responder_that_takes_one_request_for_each_connection_is_fine_too(start_front, peercert, pki):
    front = start_front("haproxy", peercert)
    front.edit("peercert.cfg", {r"^    docroot /$": "    docroot /\n    no option keep-conn"})
    front.restart_server()
    for _ in range(3):
        assert front.curl(pki.good).lines[-1] == VALID
    front.responder.check_descriptors()


# --- what clients try ---


def test_other_addresses_are_not_served(start_front, peercert, pki):
    front = start_front("haproxy", peercert)
    for address in ("/", "/other", "/peercertificate"):
        assert front.curl(pki.good, url=front.url.removesuffix(front.path) + address).status == 404
    assert front.curl(pki.good, url=f"{front.url}/below?a=b").lines[-1] == VALID


def test_slow_bodies_hold_no_thread(start_front, peercert, pki):
    front = start_front("haproxy", peercert, arguments=("--threads", "1"))
    connections = [front.connect(pki.good) for _ in range(4)]
    bodies = [b"Content-Length: 9\r\n\r\nx", b"Transfer-Encoding: chunked\r\n\r\n9\r\nx", b"Transfer-Encoding: chunked\r\n\r\n9\r\n",
              b"Transfer-Encoding: chunked\r\n\r\n"]
    for method, body, connection in zip((b"POST", b"GET", b"HEAD", b"GET"), bodies, connections):
        connection.sendall(method + b" /peercert HTTP/1.1\r\nHost: localhost\r\n" + body)
    assert front.curl(pki.good).lines[-1] == VALID
    wait_until(lambda: " valid " in front.responder.log(), "the log's line")
    assert len([line for line in front.responder.log().splitlines() if " info " not in line]) == 1, "the others never got there"
    for connection in connections:
        connection.close()


def test_a_get_with_a_body_is_refused(start_front, peercert, pki):
    front = start_front("haproxy", peercert)
    # Over HTTP/2 HAProxy may reset the stream behind its answer, and curl 7.88 drops the answer then.
    for options in ((), ("-H", "Transfer-Encoding: chunked")):
        assert front.curl(pki.good, "--http1.1", "-X", "GET", "--data", "abc", *options).status == 413


@pytest.mark.parametrize("passed_on", [False, True])
def test_a_body_that_holds_fastcgi_records_is_never_a_request(start_front, peercert, pki, passed_on):
    front = start_front("haproxy", peercert)
    if passed_on:
        # As an operator may have it, against the shipped configuration.
        file = front.folder / "peercert.cfg"
        text, count = re.subn(r"^    http-request (return status (405|413)|wait-for-body) .*\n", "", file.read_text(), flags=re.M)
        assert count == 4
        file.write_text(text)
        front.restart_server()
    for body in smuggled_bodies(pki.good):
        file = front.folder / "upload"
        file.write_bytes(body)
        reply = front.curl(None, "--http1.1", "--data-binary", f"@{file}", check=False)
        # What is refused at once may not even be taken from the client: CURLE_SEND_ERROR.
        assert reply.returncode == 55 if isinstance(reply, subprocess.CompletedProcess) else reply.status == 405
        for _ in range(3):
            assert tells_of_none(front.curl(None).text)
    assert not re.search(" valid ", front.responder.log())


@pytest.mark.parametrize("http2", [False, True])
def test_a_trusted_header_that_a_client_sends_gains_nothing(start_front, peercert, pki, http2):
    front = start_front("haproxy", peercert, arguments=TRUST_ALL)
    if http2:
        for headers in attempts(pki.good):
            # HTTP/2 knows no Connection header (RFC 9113 section 8.2.2).
            options = [word for name, value in headers if name != "Connection" for word in ("-H", f"{name}: {value}")]
            if len(headers) > 2:
                assert tells_of_none(front.curl(None, "--http2", *options).text), headers
        return
    for name in TRUSTED:
        # The proof that there is something to gain.
        direct = fastcgi.ask(front.responder.socket,
                             fastcgi.parameters(**{variable(name): header_value(name, pki.good)}))
        assert direct.text.endswith(f"\n{VALID}\n"), name
    count = 0
    for headers, status, text in ask_each(front, None, attempts(pki.good)):
        assert status == 200 and tells_of_none(text), headers
        count += 1
    assert count > 100


def test_a_header_that_the_operator_keeps_is_read(start_front, peercert, pki):
    """As the comment has it, for a proxy before HAProxy."""
    front = start_front("haproxy", peercert, arguments=("--trust-header", "Client-Cert"))
    front.edit("peercert.cfg", {r"del-header \^\(\?!accept\$\)": "del-header ^(?!(?:accept|client-cert)$)"})
    front.restart_server()
    value = header_value("Client-Cert", pki.good)
    assert front.curl(None, "-H", f"Client-Cert: {value}").lines[-1] == VALID
    assert tells_of_none(front.curl(None, "-H", f"Client_Cert: {value}").text)


# --- responders that come and go ---


@pytest.mark.parametrize("accept", ["text/plain", "application/json"])
def test_a_responder_killed_before_its_verdict_leaves_a_report_without_one(start_front, hooked, pki, gate, accept):
    front = start_front("haproxy", hooked, environment=gate.environment)
    raw = report_cut_off(front, pki.good, accept, front.kill_responder)
    assert not raw.endswith(b"\r\n0\r\n\r\n"), "a client can tell that it was cut off"


@pytest.mark.parametrize("name", ["haproxy", "haproxy-tcp"])
def test_a_responder_restarted_under_load_with_its_socket_held_loses_nothing(start_front, peercert, pki, name, long):
    """As with peercert.socket of systemd."""
    front = start_front(name, peercert)
    restart_held_under_load(front, pki.good, 100 if long else 4)


def test_while_the_sockets_file_is_missing_requests_fail_and_no_report_is_wrong(start_front, peercert, pki):
    """HAProxy does not wait before it tries such a socket again, so its retries do not help."""
    front = start_front("haproxy", peercert)
    with Load(front, pki.good, clients=6) as load:
        load.wait_for(30)
        assert front.responder.stop() == 0
        load.wait_for(30)
        front.start_responder()
        load.wait_for(30)
    assert not load.wrong
    assert set(load.outcomes) <= {WHOLE, 503, NO_ANSWER}, load.told()
    assert load.outcomes[503] > 0
    assert front.curl(pki.good).lines[-1] == VALID


def test_over_tcp_a_responder_restarted_under_load_loses_nothing(start_front, peercert, pki, long):
    """A refused port is tried again after a second, but not by a request that has met a connection which ended: so the
    connections end before the port is closed."""
    restarts = 60 if long else 4
    front = start_front("haproxy-tcp", peercert)
    with Load(front, pki.good, clients=6) as load:
        load.wait_for(30)
        for _ in range(restarts):
            assert front.responder.stop() == 0
            front.start_responder()
            load.wait_for(30)
    assert set(load.outcomes) == {WHOLE}, load.told()
    # Clients send most of those again by themselves.
    assert int(front.server_stats()["one"]["econ"]) <= restarts // 4


class HaproxyMany(Haproxy):
    """Three responders: one on a Unix socket, two over TCP."""

    backend = "backend-many.cfg"
    # Said twice: on its own stderr, and in the log.
    allowed_log = (r"^(\[WARNING\] +\(\d+\) : )?(Server|Health check for server) peercert/\w+ ",)

    def start_responder(self):
        self.ports = {"two": free_port(), "three": free_port()}
        self.responders = {}
        for name in ("one", "two", "three"):
            self.start_one(name)
        self.responder = self.responders["one"]

    def start_one(self, name):
        listen = ("127.0.0.1", self.ports[name]) if name in self.ports else None
        self.responders[name] = Responder(self.folder, self.program, self.pki.ca, *self.arguments, listen=listen,
                                          name=f"peercert-{name}", environment=self.environment)

    def servers(self):
        addresses = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        return {"one": f"unix@{self.responders['one'].socket}", **addresses}

    def stop(self):
        try:
            super().stop()
        finally:
            for responder in self.responders.values():
                if responder.alive():
                    responder.stop()

    def served(self):
        """How many verdicts each responder has given, in its own log."""
        return {name: responder.log().count(" valid ") for name, responder in self.responders.items()}


@pytest.fixture
def many(peercert, pki, tmp_path):
    front = HaproxyMany(tmp_path, pki, peercert)
    try:
        front.start()
        yield front
    finally:
        front.stop()
    front.check_log()


def test_three_responders_share_the_load(many, pki):
    with Load(many, pki.good, clients=6) as load:
        load.wait_for(90)
    assert set(load.outcomes) == {WHOLE}, load.told()
    served = many.served()
    assert all(count >= load.total() / 6 for count in served.values()), served


@pytest.mark.parametrize("victim", ["one", "two"])
def test_of_three_responders_one_is_killed_and_started_again_and_nothing_else_is_lost(many, pki, victim):
    with Load(many, pki.good, clients=6) as load:
        load.wait_for(30)
        many.responders[victim].stop(signal.SIGKILL)
        wait_until(lambda: many.server_stats()[victim]["status"].startswith("DOWN"), "HAProxy takes note")
        load.wait_for(60)
        served = many.served()
        many.start_one(victim)
        wait_until(lambda: many.server_stats()[victim]["status"] == "UP", "HAProxy has it back")
        load.wait_for(60)
    assert not load.wrong
    # What had begun there is a report without a verdict; each of the six clients had one there at the most.
    assert set(load.outcomes) <= {WHOLE, CUT_OFF} and load.outcomes[CUT_OFF] <= 6, load.told()
    assert load.outcomes[WHOLE] >= 150
    assert many.served()[victim] > served[victim], "it has its share again"


def test_all_responders_stopped_by_turns_under_load_lose_nothing(many, pki):
    with Load(many, pki.good, clients=6) as load:
        for name in many.responders:
            assert many.responders[name].stop() == 0
            load.wait_for(30)
            many.start_one(name)
            wait_until(lambda: many.server_stats()[name]["status"] == "UP", "HAProxy has it back")
    assert set(load.outcomes) == {WHOLE}, load.told()


def test_without_any_responder_it_is_503_and_no_report(many, pki):
    many.allowed_log = (*many.allowed_log, r"^(\[ALERT\] +\(\d+\) : )?backend '?peercert'? has no server available")
    for responder in many.responders.values():
        responder.stop(signal.SIGKILL)
    reply = many.curl(pki.good)
    assert reply.status in (502, 503)
    assert "ertificate is valid" not in reply.text
