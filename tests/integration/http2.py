"""Requests of HTTP/2 as bytes, for what no client library sends."""

import re
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, END_HEADERS = 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# RFC 7541 appendix A: what each of these statuses is alone.
STATUSES = {0x88: 200, 0x89: 204, 0x8a: 206, 0x8b: 304, 0x8c: 400, 0x8d: 404, 0x8e: 500}


def frame(kind, flags, stream, body=b""):
    return struct.pack("!I", len(body))[1:] + struct.pack("!BBI", kind, flags, stream) + body


def field(name, value):
    """A header field that is not indexed, its strings as they are."""
    name, value = (text if isinstance(text, bytes) else text.encode() for text in (name, value))
    assert len(name) < 127 and len(value) < 127
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def pseudo(path, method="GET", authority="localhost", scheme="https"):
    """The four fields that a request begins with."""
    return [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)]


def request(fields, stream=1, trailers=()):
    """The frames of a request without a body or, with trailers, with one of a byte."""
    head = b"".join(field(*pair) for pair in fields)
    if not trailers:
        return frame(HEADERS, END_HEADERS | END_STREAM, stream, head)
    return (frame(HEADERS, END_HEADERS, stream, head) + frame(DATA, 0, stream, b"x")
            + frame(HEADERS, END_HEADERS | END_STREAM, stream, b"".join(field(*pair) for pair in trailers)))


def status_of(block):
    """Of a block of header fields; None for those that need a whole decoder: no test waits for one."""
    while block and block[0] & 0xe0 == 0x20:
        block = block[1:]  # the size of a table changes
    if block and block[0] in STATUSES:
        return STATUSES[block[0]]
    plain = re.match(rb"[\x08-\x0e\x48-\x4e\x18-\x1e]\x03(\d{3})", block)
    return int(plain[1]) if plain else None


def ask(connection, requests, streams):
    """Sends requests (frames) and reads until as many streams, or the connection, have ended; {stream: [status, body]}."""
    connection.sendall(PREFACE + frame(SETTINGS, 0, 0) + requests)
    answers, ended, data = {}, set(), b""
    try:
        while len(ended) < streams and (more := connection.recv(65536)):
            data += more
            while len(data) >= 9 and len(data) >= 9 + (length := int.from_bytes(data[:3], "big")):
                kind, flags, stream = struct.unpack("!BBI", data[3:9])
                body, data = data[9:9 + length], data[9 + length:]
                if kind == SETTINGS and not flags & 1:
                    connection.sendall(frame(SETTINGS, 1, 0))
                elif kind == HEADERS:
                    answers.setdefault(stream, [status_of(body), b""])
                elif kind == DATA:
                    answers.setdefault(stream, [None, b""])[1] += body
                elif kind == GOAWAY and int.from_bytes(body[4:8], "big") != 0:
                    return answers
                if (kind in (HEADERS, DATA) and flags & END_STREAM) or kind == RST_STREAM:
                    ended.add(stream)
    except OSError:
        pass
    return answers
