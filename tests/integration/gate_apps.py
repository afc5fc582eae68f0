"""Applications behind a gate that print what they got: proxied HTTP, FastCGI and CGI. And a gate that answers what a
test tells it to."""

import base64
import hashlib
import http.server
import json
import socket
import socketserver
import struct
import threading

import fastcgi

# As CGI: sh, so that it is cheap. It prints its variables, one a line, and the size of its body.
CGI_PROGRAM = """#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
env
printf 'BODY_BYTES=%s\\n' "$(wc -c)"
"""


def served(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    return server


class HttpApplication(http.server.ThreadingHTTPServer):
    """Answers with JSON: what it got. Takes a WebSocket upgrade, and echoes then, but not at /inert."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _HttpHandler)
        self.port = self.server_address[1]
        self.count = 0
        # What it was asked for, as it was written.
        self.targets = []
        served(self)

    def handle_error(self, request, client_address):
        pass

    def stop(self):
        self.shutdown()
        self.server_close()


class _HttpHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                continue  # trailers, which no application takes for headers
            return body
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _upgrade(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        while data := self.connection.recv(65536):
            self.connection.sendall(data)
        self.close_connection = True

    def do_GET(self):
        self.server.count += 1
        self.server.targets.append(self.path)
        if self.headers.get("Upgrade", "").lower() == "websocket" and not self.path.endswith("/inert"):
            self._upgrade()
            return
        body = self._body()
        got = {"method": self.command, "path": self.path, "headers": self.headers.items(), "body_bytes": len(body)}
        data = json.dumps(got).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-told+json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_GET


class _Stream:
    """The server's half of FastCGI on one connection."""

    def __init__(self, connection):
        self.file = connection.makefile("rb")

    def record(self):
        head = self.file.read(8)
        if len(head) != 8:
            return None
        _, kind, request_id, size, padding = struct.unpack("!BBHHBx", head)
        content = self.file.read(size + padding)
        return kind, request_id, content[:size]

    def request(self, whole_body=True):
        """(role, keep, parameters, body) of the next request, or None."""
        parameters, body, role, keep, began = b"", b"", None, False, False
        while got := self.record():
            kind, _, content = got
            if kind == fastcgi.BEGIN_REQUEST:
                role, flags = struct.unpack("!HB5x", content)
                keep, began = bool(flags & 1), True
            elif kind == fastcgi.PARAMS:
                parameters += content
                if not content and not whole_body:
                    return role, keep, parse_pairs(parameters), b""
            elif kind == fastcgi.STDIN and began:
                body += content
                if not content:
                    return role, keep, parse_pairs(parameters), body
        return None


def parse_pairs(data):
    pairs, at = {}, 0

    def length():
        nonlocal at
        if data[at] < 128:
            at += 1
            return data[at - 1]
        at += 4
        return struct.unpack("!I", data[at - 4:at])[0] & 0x7fffffff
    while at < len(data):
        name, value = length(), length()
        pairs[data[at:at + name].decode("latin-1")] = data[at + name:at + name + value].decode("latin-1")
        at += name + value
    return pairs


class _Threaded(socketserver.ThreadingMixIn):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass

    def stop(self):
        self.shutdown()
        self.server_close()


class _Unix(_Threaded, socketserver.UnixStreamServer):
    pass


class _Tcp(_Threaded, socketserver.TCPServer):
    allow_reuse_address = True


class _FastcgiApplicationHandler(socketserver.BaseRequestHandler):
    def handle(self):
        stream = _Stream(self.request)
        while got := stream.request():
            _, keep, parameters, body = got
            data = json.dumps({"parameters": parameters, "body_bytes": len(body)}).encode()
            self.request.sendall(
                fastcgi.records(fastcgi.STDOUT, b"Content-Type: application/x-told+json\r\n\r\n" + data)
                + fastcgi.record(fastcgi.END_REQUEST, b"\0" * 8))
            if not keep:
                return


def fastcgi_application():
    """A FastCGI responder on a port of loopback that answers with JSON: its parameters."""
    return served(_Tcp(("127.0.0.1", 0), _FastcgiApplicationHandler))


def whole(text):
    """The records of an answer as a gate sends it."""
    return fastcgi.record(fastcgi.STDOUT, text) + fastcgi.record(fastcgi.STDOUT) + fastcgi.record(fastcgi.END_REQUEST, b"\0" * 8)


YES = (b"Status: 200 OK\r\nVariable-REMOTE_USER: fake\r\nPeercert-User: fake\r\nContent-Length: 0\r\n"
       b"Content-Type: text/plain\r\n\r\n")
NO = b"Status: 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<p>no\n"


# An answer that is none: the connection ends with a reset (on TCP; a Unix socket knows no reset, and is closed).
RESET = object()


class _FakeGateHandler(socketserver.BaseRequestHandler):
    def handle(self):
        stream = _Stream(self.request)
        while got := stream.request(whole_body=False):
            _, keep, parameters, _ = got
            self.server.asked.append(parameters)
            answer = self.server.answer(parameters)
            if answer is RESET:
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.request.close()
                return
            if answer is None:  # silent, until the front gives up
                self.request.recv(1)
                return
            self.request.sendall(answer)
            if not keep or self.server.closes:
                # What is under way (an empty STDIN) must not make a reset of the end.
                self.request.shutdown(socket.SHUT_WR)
                self.request.settimeout(1)
                while self.request.recv(4096):
                    pass
                return


class FakeGate:
    """Answers every question with what `answer(parameters)` returns: bytes for the connection; None is silence."""

    def __init__(self, address):
        if isinstance(address, tuple):
            self.server = _Tcp(address, _FakeGateHandler)
        else:
            self.server = _Unix(str(address), _FakeGateHandler)
        self.server.asked, self.server.closes = [], False
        self.server.answer = lambda parameters: whole(NO)
        served(self.server)

    @property
    def asked(self):
        return self.server.asked

    def answers(self, data, closes=False):
        self.server.answer = data if callable(data) else lambda parameters: data
        self.server.closes = closes

    def stop(self):
        self.server.stop()
