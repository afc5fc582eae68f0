"""The client's half of FastCGI 1.0, small enough to break its rules on purpose."""

import socket
import struct

import schema
from processes import DEADLINE

BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
REQUEST_COMPLETE, CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE = 0, 1, 2, 3


def record(kind, content=b"", request_id=1, version=1, padding=0):
    return struct.pack("!BBHHBx", version, kind, request_id, len(content), padding) + content + b"\0" * padding


def records(kind, content, request_id=1, size=65535):
    """A stream: records of at most `size` bytes and the empty one that ends it."""
    parts = [content[at:at + size] for at in range(0, len(content), size)]
    return b"".join(record(kind, part, request_id) for part in [*parts, b""])


def length(number):
    return bytes([number]) if number < 128 else struct.pack("!I", number | 1 << 31)


def pair(name, value):
    name, value = (item.encode() if isinstance(item, str) else item for item in (name, value))
    return length(len(name)) + length(len(value)) + name + value


def pairs(parameters):
    items = parameters.items() if isinstance(parameters, dict) else parameters
    return b"".join(pair(name, value) for name, value in items)


def begin(role=RESPONDER, keep=False, request_id=1):
    return record(BEGIN_REQUEST, struct.pack("!HB5x", role, int(keep)), request_id)


def parameters(certificate=None, **more):
    """What a front sends for a request; `certificate` is the value of SSL_CLIENT_CERT."""
    given = {"REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1", "GATEWAY_INTERFACE": "CGI/1.1",
             "REMOTE_ADDR": "127.0.0.1", "SCRIPT_NAME": "/peercert", "QUERY_STRING": ""}
    if certificate is not None:
        given.update(SSL_CLIENT_CERT=certificate, SSL_CLIENT_VERIFY="SUCCESS")
    given.update(more)
    return given


def request(given, keep=False, body=b"", request_id=1, role=RESPONDER):
    """The bytes of a whole request."""
    return (begin(role, keep, request_id) + records(PARAMS, pairs(given), request_id)
            + records(STDIN, body, request_id))


class Answer:
    def __init__(self, stdout, stderr, end):
        self.stdout, self.stderr = stdout, stderr
        self.application_status, self.protocol_status = struct.unpack("!IB3x", end)
        head, _, self.body = stdout.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.status = int(self.headers.get("status", "200").split()[0])
        schema.check_answer(self.headers.get("content-type"), self.body)

    @property
    def text(self):
        return self.body.decode()


class Connection:
    """A connection to a responder: a path or (host, port); or its side of one: a socket that was accepted."""

    def __init__(self, address):
        accepted = isinstance(address, socket.socket)
        self.socket = address if accepted else socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        if not accepted:
            self.socket.connect(address if isinstance(address, tuple) else str(address))
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read_exactly(self, count):
        """The next bytes; None when the responder closed the connection before them."""
        while len(self.received) < count:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            self.received += more
        data, self.received = self.received[:count], self.received[count:]
        return data

    def read_record(self):
        """(type, request id, content), or None at the end."""
        head = self.read_exactly(8)
        if head is None:
            return None
        _, kind, request_id, size, padding = struct.unpack("!BBHHBx", head)
        content = self.read_exactly(size + padding)
        return None if content is None else (kind, request_id, content[:size])

    def _read_streams(self):
        stdout = stderr = b""
        while True:
            got = self.read_record()
            if got is None:
                return None
            kind, _, content = got
            if kind == STDOUT:
                stdout += content
            elif kind == STDERR:
                stderr += content
            elif kind == END_REQUEST:
                return stdout, stderr, content

    def read_answer(self):
        """The whole answer to one request; None when the connection was closed without one."""
        streams = self._read_streams()
        return None if streams is None else Answer(*streams)

    def read_to_end_of_request(self):
        """The rest of an answer that was read in part."""
        streams = self._read_streams()
        assert streams is not None, "closed within an answer"
        return streams[0].decode()

    def read_until(self, wanted):
        """What was written to STDOUT so far, once `wanted` is in it."""
        stdout = b""
        while wanted not in stdout:
            got = self.read_record()
            assert got is not None and got[0] == STDOUT, f"{got} after {stdout}"
            stdout += got[2]
        return stdout

    def closed(self):
        """True when the responder has closed the connection, now or within the deadline."""
        return self.read_exactly(1) is None


def ask(address, given, **options):
    """One request on a connection of its own."""
    with Connection(address) as connection:
        connection.send(request(given, **options))
        return connection.read_answer()


def last_line(answer):
    """The verdict of a report as text."""
    return answer.text.splitlines()[-1]
