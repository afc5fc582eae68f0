"""HAProxy with peercert behind it: on a Unix socket, over TCP, or three of them."""

import csv
import shutil
import socket

from fronts import ABSENT, DEPLOY, HANDSHAKE_FAILS, HOSTILE, VALID, BesideResponder, Front, Sees, received
from processes import DEADLINE, free_port


class Haproxy(BesideResponder, Front):
    """The configuration as it is shipped, with one peercert on a Unix socket."""

    backend = "backend-one.cfg"
    # In HTTP/2 it resets the stream behind the answer, which curl takes for a failure.
    big_post_options = ("--http1.1",)
    # As many as the test with the most parallel clients makes.
    most_kept = 200

    # With the ignore-err options HAProxy forwards every certificate, and the chain.
    sees = {
        "good": received(VALID),
        "v1": received(VALID),
        "hostile": HOSTILE,
        "chained": received(VALID),
        "stranger": received("The certificate is not valid: .*"),
        "expired": received("The certificate not current: expired 3 days ago on .*"),
        "not_yet_valid": received("The certificate not current: not valid until .*"),
        "server_only": received("The certificate is not valid: .*usages do not allow it to be used by a TLS client"),
        None: Sees(ABSENT, ABSENT),
    }
    sees_when_required = {**sees, None: HANDSHAKE_FAILS}

    def servers(self):
        """The addresses of the server lines of the backend, by their names."""
        return {"one": f"unix@{self.responder.socket}"}

    def configure(self):
        pem = self.folder / "server.pem"
        pem.write_text(self.pki.server.pem + self.pki.server.key.read_text())
        for name in ("standalone.cfg", "peercert.cfg", self.backend):
            shutil.copy(DEPLOY / "haproxy" / name, self.folder)
        verify = {"not at all": "none", "optional": "optional", "required": "required"}[self.ask]
        self.edit("peercert.cfg", {r"(?<=^    bind ):443": f"127.0.0.1:{self.port}", r"(?<= crt )\S+": pem,
                                  r"(?<= ca-file )\S+": self.pki.ca, r"(?<= )verify \w+": f"verify {verify}"})
        self.edit(self.backend, {rf"(?<=^    server {name} )\S+": address for name, address in self.servers().items()})
        command = ["haproxy", "-db", "-C", str(self.folder)]
        for name in ("standalone.cfg", "peercert.cfg", self.backend):
            command += ["-f", name]
        return command, [*command, "-c"]

    def admin(self, command):
        """What HAProxy's stats socket answers."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(DEADLINE)
            connection.connect(str(self.folder / "admin.sock"))
            connection.sendall(f"{command}\n".encode())
            answer = b""
            while more := connection.recv(65536):
                answer += more
        return answer.decode()

    def server_stats(self):
        """The rows of `show stat` of the backend's servers, by their names."""
        rows = csv.DictReader(self.admin("show stat").removeprefix("# ").splitlines())
        return {row["svname"]: row for row in rows if row["pxname"] == "peercert" and row["type"] == "2"}


class HaproxyTcp(Haproxy):
    """With peercert on a port of loopback."""

    def servers(self):
        return {"one": "%s:%d" % self.responder.address}

    def start_responder(self):
        self.responder_port = getattr(self, "responder_port", None) or free_port()
        super().start_responder(listen=("127.0.0.1", self.responder_port))


FRONTS = {"haproxy": Haproxy, "haproxy-tcp": HaproxyTcp}
