"""Front servers with peercert behind them, one class each, all with the same face.

A front runs the configuration that an operator copies from deploy/, with its settings replaced.
What it cannot do is said in `sees`: the table of expectations that test_fronts.py runs.
"""

import http.client
import pathlib
import re
import signal
import socket
import ssl
import subprocess

import processes
import schema
from pki import GOOD_NAME
from processes import DEADLINE, Process, Responder

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"

VALID = "The certificate is valid"
ABSENT = "No valid client certificate was sent"


def tells_of_none(text):
    """Whether a text report says that there is no certificate, and nothing of one."""
    return text.startswith(f"{ABSENT}\n") and "Client cert received" not in text and VALID not in text


class Sees:
    """What a client gets behind a front: the report's first and last line (patterns), or a failure
    of the handshake."""

    def __init__(self, first, last, name=None, handshake_fails=False):
        self.first, self.last, self.name, self.handshake_fails = first, last, name, handshake_fails


RECEIVED = "Client cert received"
HANDSHAKE_FAILS = Sees(None, None, handshake_fails=True)


def received(last, name=GOOD_NAME):
    return Sees(RECEIVED, last, name)


# Of a front that is told to require a certificate and ends the handshake with all others.
ONE_THAT_REFUSES_ITSELF = {
    "good": received(VALID),
    "stranger": HANDSHAKE_FAILS,
    "expired": HANDSHAKE_FAILS,
    None: HANDSHAKE_FAILS,
}

HOSTILE = received(VALID, name=r"CN=a\\0AThe certificate is valid\\1B\[31m\\<script\\>.*\\E2\\80\\AEgpj,O=Acme")


def absent_because(number, words):
    """lighttpd exports no certificate that it refused: only the verify word with the reason."""
    return Sees(ABSENT, rf"The front server said: FAILED:.*reason\({number}\) \({words}\)")


class Reply:
    """An answer as curl saw it."""

    def __init__(self, head, body):
        first, *lines = head.decode().strip().split("\r\n\r\n")[-1].split("\r\n")
        self.version, self.status = first.split()[0], int(first.split()[1])
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self.body = body
        schema.check_answer(self.headers.get("content-type"), body)

    @property
    def text(self):
        return self.body.decode()

    @property
    def lines(self):
        assert self.text.endswith("\n"), self.text
        return self.text.splitlines()


def replace_once(text, settings):
    """A configuration in which each pattern, which must match once, is replaced."""
    for pattern, value in settings.items():
        text, count = re.subn(pattern, lambda _: str(value), text, flags=re.M)
        assert count == 1, f"{pattern} occurs {count} times"
    return text


def fill(text, settings):
    """lighttpd's configuration with its settings replaced."""
    return replace_once(text, {rf"^{re.escape(name)} .*$": f"{name} = {value}" for name, value in settings.items()})


class Front:
    """A front server of the tests' own, in a temporary folder, on a free port of 127.0.0.1."""

    path = "/peercert"
    allowed_log = ()
    # Connections to the responder that it keeps open between requests, at the most.
    most_kept = 0
    # What a client gets who posts more than a report needs; 405 is peercert's own answer.
    big_post_status = 405
    big_post_options = ()
    # What it logs then: nothing.
    body_unread_log = r"(?!)"

    def __init__(self, folder, pki, program, arguments=(), environment=None, ask="optional"):
        self.folder, self.pki, self.program = pathlib.Path(folder), pki, program
        self.arguments, self.environment, self.ask = arguments, environment or {}, ask
        self.port = processes.free_port()
        self.url = f"https://localhost:{self.port}{self.path}"
        self.server = self.responder = None
        self.idle_descriptors = None
        self.checked, self.allowed_now = {}, []
        self.contexts = {}

    # --- for the classes of single fronts ---

    def configure(self):
        """Writes the configuration into the folder; returns the command that serves it in the
        foreground and the one that checks it."""
        raise NotImplementedError

    def responder_pid(self):
        """The process id of a peercert that keeps running; None when there is none."""
        raise NotImplementedError

    def logs(self):
        return "".join(f"--- {file.name}\n{file.read_text(errors='replace')}"
                       for file in sorted(self.folder.glob("*.log")))

    # --- running ---

    def start(self):
        command, check = self.configure()
        checked = subprocess.run(check, capture_output=True, text=True, timeout=DEADLINE)
        assert checked.returncode == 0 and not re.search("warn|deprecated", checked.stdout + checked.stderr, re.I), checked
        self.start_server(command)
        return self

    def start_server(self, command):
        self.server = Process(self.folder, "front", command)
        self.server.wait_listening(lambda: processes.connects(("127.0.0.1", self.port)))
        # It listens before it handles SIGTERM, which leaves its helpers running until then.
        if command[0] == "apache2":
            processes.wait_until(lambda: processes.signal_is_handled(self.server.pid, signal.SIGTERM),
                                 "httpd handles SIGTERM")

    def settle(self):
        """Remembers the number of descriptors of an idle responder."""
        pid = self.responder_pid()
        if pid is not None:
            self.idle_descriptors = (pid, processes.settled_descriptors(pid))

    def check(self):
        """What must hold after each test."""
        if self.idle_descriptors is not None and self.idle_descriptors[0] == self.responder_pid():
            pid, count = self.idle_descriptors
            processes.wait_until(lambda: abs(len(processes.descriptors(pid)) - count) <= self.most_kept,
                                 f"the responder has {count} open descriptors again")
        self.check_log()

    def allow(self, pattern):
        """Log lines that the running test causes on purpose."""
        self.allowed_now.append(pattern)

    def check_log(self):
        allowed, self.allowed_now = (*self.allowed_log, *self.allowed_now), []
        processes.check_log(self.new_log_lines(), allowed)

    def new_log_lines(self):
        """What was logged since the last check, in whole lines: one may be on its way."""
        text, logs = "", sorted(self.folder.glob("*.log"))
        for file in logs:
            whole = file.read_text(errors="replace")
            whole = whole[:whole.rfind("\n") + 1]
            text += whole[self.checked.get(file, 0):]
            self.checked[file] = len(whole)
        return text

    def edit(self, name, settings):
        """replace_once, in a file of the front's folder."""
        file = self.folder / name
        file.write_text(replace_once(file.read_text(), settings))

    def restart_server(self):
        """The front alone, with its configuration as it is now in the folder."""
        command = self.server.command
        self.server.stop()
        self.start_server(command)

    def kill_responder(self):
        """As the kernel does when memory is short; for one that the test has started."""
        self.responder.send_signal(signal.SIGKILL)
        self.responder.wait()

    def stop(self):
        try:
            if self.server is not None:
                self.server.stop()
        finally:
            if self.responder is not None:
                self.responder.stop()

    # --- asking ---

    def curl_command(self, certificate=None, options=(), url=None):
        command = ["curl", "-q", "-sS", "--noproxy", "*", "--max-time", str(DEADLINE),
                   "--cacert", str(self.pki.ca)]
        if certificate is not None:
            command += ["--cert", str(certificate.chain), "--key", str(certificate.key)]
        return [*command, *map(str, options), url or self.url]

    def curl(self, certificate=None, *options, check=True, url=None):
        """Asks with curl; a Reply, or the finished process of a curl that failed with check=False."""
        head = self.folder / "curl.head"
        head.unlink(missing_ok=True)
        command = self.curl_command(certificate, ["-D", head, *options], url)
        done = subprocess.run(command, capture_output=True, timeout=2 * DEADLINE)
        if done.returncode != 0 and not check:
            return done
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
        return Reply(head.read_bytes(), done.stdout)

    def curl_each(self, certificate, requests, url=None):
        """Asks with one curl for each list of options, over as few connections as it can; a Reply for each."""
        command = ["curl", "-q", "--fail-early"]
        for number, options in enumerate(requests):
            kept = ["-D", self.folder / f"curl.head{number}", "-o", self.folder / f"curl.body{number}"]
            command += [*(["--next"] if number else []), *self.curl_command(certificate, [*kept, *options], url)[2:]]
        done = subprocess.run(command, capture_output=True, timeout=2 * DEADLINE)
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
        replies = []
        for number in range(len(requests)):
            head, body = (self.folder / f"curl.{part}{number}" for part in ("head", "body"))
            replies.append(Reply(head.read_bytes(), body.read_bytes() if body.exists() else b""))
            head.unlink()
            body.unlink(missing_ok=True)
        return replies

    def get(self, certificate=None, path=None):
        """Asks without curl, which takes longer to start than most answers do; http.client's exception when it is cut off."""
        client = http.client.HTTPConnection("localhost", self.port)
        with self.connect(certificate) as client.sock:
            client.request("GET", path or self.path, headers={"Connection": "close"})
            answer = client.getresponse()
            head = f"HTTP/1.1 {answer.status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in answer.getheaders())
            return Reply(head.encode(), answer.read())

    def context(self, certificate=None, protocols=("http/1.1",)):
        """What a client has for a TLS connection; sessions are resumed within one."""
        context = ssl.create_default_context(cafile=self.pki.ca)
        context.set_alpn_protocols(list(protocols))
        if certificate is not None:
            context.load_cert_chain(certificate.chain, certificate.key)
        return context

    def connect(self, certificate=None, protocols=("http/1.1",), context=None, session=None):
        """A TLS connection for raw bytes."""
        if context is None:
            if (certificate, protocols) not in self.contexts:
                self.contexts[certificate, protocols] = self.context(certificate, protocols)
            context = self.contexts[certificate, protocols]
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)
        return context.wrap_socket(plain, server_hostname="localhost", session=session)

    def get_request(self, *headers):
        lines = [f"GET {self.path} HTTP/1.1", f"Host: localhost:{self.port}", "Connection: close", *headers]
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


class BesideResponder:
    """Mixed into a Front: peercert is started by the test, on a socket of its own."""

    responder_options = ()

    def start(self):
        self.start_responder()
        return super().start()

    def start_responder(self, **options):
        self.responder = Responder(self.folder, self.program, self.pki.ca, *self.responder_options, *self.arguments,
                                   environment=self.environment, **options)

    def responder_pid(self):
        return self.responder.pid

    def connections(self):
        """Connections to the responder's socket, those among them that it has not taken yet."""
        names = [line.split()[-1] for line in pathlib.Path("/proc/net/unix").read_text().splitlines()]
        return names.count(str(self.responder.socket)) - 1

    def kept_connections(self):
        """The front's connections that are open at the responder, besides its own descriptors."""
        return len(processes.descriptors(self.responder.pid)) - self.responder.idle_descriptors


def read_to_end(connection):
    data = b""
    while True:
        more = connection.recv(65536)
        if not more:
            return data
        data += more


def read_until(connection, wanted):
    data = b""
    while wanted not in data:
        more = connection.recv(65536)
        assert more, f"{wanted} never came; all that did: {data}"
        data += more
    return data


def report_cut_off(front, certificate, accept, kill):
    """What a client gets of a report whose responder (of the hooked build, at its gate) is killed by
    kill() before there is a verdict: whom the certificate names, and nothing that looks like one."""
    with front.connect(certificate) as connection:
        connection.sendall(front.get_request(f"Accept: {accept}"))
        raw = read_until(connection, b"SSL_CLIENT_CERT")
        kill()
        try:
            raw += read_to_end(connection)
        except OSError:
            pass
    assert b"Dan Example" in raw
    assert b"The certificate" not in raw
    assert b'"status"' not in raw
    return raw


def body_lines(raw):
    """The lines of a whole answer's body, chunked or with its length (RFC 9112 section 6)."""
    head, _, body = raw.partition(b"\r\n\r\n")
    if b"\r\ntransfer-encoding: chunked" in head.lower():
        body = b"".join(dechunk(body))
    return body.decode().splitlines()


def dechunk(data):
    """The chunks of a body in chunked transfer coding (RFC 9112 section 7.1), each by itself."""
    chunks = []
    while True:
        size, _, data = data.partition(b"\r\n")
        size = int(size.split(b";")[0], 16)
        if size == 0:
            assert data == b"\r\n", f"after the last chunk: {data}"
            return chunks
        assert data[size:size + 2] == b"\r\n", data
        chunks.append(data[:size])
        data = data[size + 2:]


# These build on what stands above.
import front_apache  # noqa: E402
import front_haproxy  # noqa: E402
import front_lighttpd  # noqa: E402
import front_nginx  # noqa: E402

FRONTS = {**front_lighttpd.FRONTS, **front_apache.FRONTS, **front_nginx.FRONTS, **front_haproxy.FRONTS}


def without_its_trust_only_the_log_says_why(front):
    """A front whose peercert was given missing.cer as its CA."""
    front.allow("missing.cer")
    reply = front.curl()
    assert reply.status == 503
    assert "missing.cer" not in reply.text
    assert ABSENT not in reply.text
    assert "missing.cer" in front.logs()
