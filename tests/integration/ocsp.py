"""OCSP responders of the tests' own, on loopback."""

import contextlib
import datetime
import http.server
import pathlib
import threading

from pki import openssl
from processes import Process, free_port, wait_until


class Revoker:
    """What `openssl ocsp` needs beside a CA: the index, in which the tests say what is revoked."""

    def __init__(self, folder, authority, certificates):
        self.folder, self.authority = pathlib.Path(folder), authority
        self.serials = {name: openssl("x509", "-in", certificate.cer, "-noout", "-serial").decode().strip().split("=")[1]
                        for name, certificate in certificates.items()}

    def index(self, name, known=(), revoked=(), reason="keyCompromise"):
        end = (datetime.datetime.now() + datetime.timedelta(days=300)).strftime("%y%m%d%H%M%SZ")
        lines = [f"V\t{end}\t\t{self.serials[one]}\tunknown\t/CN={one}" for one in known]
        lines += [f"R\t{end}\t260101000000Z,{reason}\t{self.serials[one]}\tunknown\t/CN={one}" for one in revoked]
        file = self.folder / f"{name}.txt"
        file.write_text("".join(f"{line}\n" for line in lines))
        (self.folder / f"{name}.txt.attr").write_text("unique_subject = no\n")
        return file


class OpensslResponder(Process):
    """openssl ocsp -port."""

    def __init__(self, folder, index, authority, signer, key, *options):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        super().__init__(folder, f"ocsp{self.port}",
                         ["openssl", "ocsp", "-port", self.port, "-index", index, "-CA", authority.cer,
                          "-rsigner", signer, "-rkey", key, *options])
        # Not by connecting: a client that connects and goes without a request stops it for good.
        self.wait_listening(lambda: "waiting for OCSP client connections" in self.log())


def answer_to(request, folder, index, authority, signer, key, *options):
    """The DER of openssl's answer to a request's DER."""
    folder = pathlib.Path(folder)
    (folder / "request.der").write_bytes(request)
    openssl("ocsp", "-index", index, "-CA", authority.cer, "-rsigner", signer, "-rkey", key,
            "-reqin", folder / "request.der", "-respout", folder / "answer.der", *options)
    return (folder / "answer.der").read_bytes()


class Served:
    """An HTTP server whose answers a test makes: respond(handler, body)."""

    def __init__(self, respond):
        self.requests = requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests.append((self.path, dict(self.headers), body))
                with contextlib.suppress(ConnectionError):
                    respond(self, body)

            def do_GET(self):
                requests.append((self.path, dict(self.headers), b""))
                self.send_error(400)

            do_CONNECT = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/ocsp"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def wait_asked(self, count=1):
        wait_until(lambda: len(self.requests) >= count, f"{count} requests at the responder")


def reply(handler, body, content_type="application/ocsp-response", status=200, **headers):
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
