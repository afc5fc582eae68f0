"""lighttpd with peercert behind it, by each of its three ways to start one."""

import shutil

import processes
from fronts import ABSENT, DEPLOY, HOSTILE, ONE_THAT_REFUSES_ITSELF, VALID, BesideResponder, Front, Sees, absent_because, fill, received


class Lighttpd(Front):
    """lighttpd with mod_openssl; `backend` is spawned, socket or cgi."""

    backend = None
    # It tells when a responder has answered and gone before it had read the whole body.
    body_unread_log = r"\(gw_backend\.c\.\d+\) connection was dropped after accept"
    allowed_log = (r"\(server\.c\.\d+\) server (started|stopped)",
                   # A certificate that it refused, or a client who gave up.
                   r"\(mod_openssl\.c\.\d+\) SSL: ")

    # lighttpd forwards a certificate only when it accepted it, and no chain.
    sees = {
        "good": received(VALID),
        "v1": received(VALID),
        "hostile": HOSTILE,
        # peercert gets no intermediate; PEERCERT_INTERMEDIATES is the cure (test_lighttpd.py).
        "chained": received("The certificate is not valid: .*an intermediate certificate is missing"),
        "stranger": absent_because(21, "the trusted CA did not sign it, .*"),
        "expired": absent_because(10, ".*expired"),
        "not_yet_valid": absent_because(9, ".*not yet valid"),
        "server_only": absent_because(26, ".*usages do not allow it to be used by a TLS client"),
        None: Sees(ABSENT, ABSENT),
    }
    sees_when_required = ONE_THAT_REFUSES_ITSELF

    def configure(self):
        (self.folder / "peercert").mkdir()
        (self.folder / "htdocs").mkdir()
        for file in (DEPLOY / "lighttpd").glob("backend-*.conf"):
            shutil.copy(file, self.folder / "peercert")
        ask, require = {"not at all": ("disable", "disable"), "optional": ("enable", "disable"),
                        "required": ("enable", "enable")}[self.ask]
        environment = {"PEERCERT_CA": str(self.pki.ca), **self.environment}
        settings = {
            "peercert_address": f"127.0.0.1:{self.port}",
            "peercert_server_key": self.pki.server.key,
            "peercert_server_certificate": self.pki.server.cer,
            "peercert_ca": self.pki.ca,
            "peercert_ask": ask,
            "peercert_require": require,
            "peercert_backend": self.backend,
            "peercert_program": self.program,
            "peercert_socket": self.folder / "peercert.sock",
        }
        settings = {f"var.{name}": f'"{value}"' for name, value in settings.items()}
        pairs = ", ".join(f'"{name}" => "{value}"' for name, value in environment.items())
        settings["var.peercert_environment"] = f"( {pairs} )"
        settings["server.breakagelog"] = f'"{self.folder}/backend.log"'
        site = fill((DEPLOY / "lighttpd/peercert.conf").read_text(), settings)
        (self.folder / "peercert/peercert.conf").write_text(site)
        main = fill((DEPLOY / "lighttpd/standalone.conf").read_text(),
                    {"var.folder": f'"{self.folder}"', "server.port": self.port})
        file = self.folder / "standalone.conf"
        file.write_text(main)
        return ["lighttpd", "-D", "-f", file], ["lighttpd", "-tt", "-f", str(file)]


class LighttpdSpawned(Lighttpd):
    backend = "spawned"

    def responder_pid(self):
        pids = processes.children(self.server.pid)
        return pids[0] if pids else None


class LighttpdSocket(BesideResponder, Lighttpd):
    backend = "socket"


class LighttpdCgi(Lighttpd):
    backend = "cgi"

    def responder_pid(self):
        return None


FRONTS = {"lighttpd-spawned": LighttpdSpawned, "lighttpd-socket": LighttpdSocket, "lighttpd-cgi": LighttpdCgi}
