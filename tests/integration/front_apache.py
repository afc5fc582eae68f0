"""Apache httpd with peercert behind it: over a Unix socket, started by mod_fcgid, and as CGI."""

import atexit
import contextlib
import os
import pathlib
import re
import shutil
import stat
import tempfile

from fronts import ABSENT, DEPLOY, HANDSHAKE_FAILS, HOSTILE, ONE_THAT_REFUSES_ITSELF, VALID, BesideResponder, Front, Sees, received
from processes import children

# What httpd runs as when it is started as root (Debian's).
USER = "www-data"


def folder_for_httpd(folder):
    """A folder that httpd may enter: started as root it serves as www-data, who may not enter pytest's."""
    if os.geteuid() == 0:
        folder = tempfile.mkdtemp(prefix="peercert-apache-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.chmod(folder, 0o711)
    return folder


class Apache(Front):
    """httpd with mod_ssl; `backend` is proxy-fcgi, fcgid or cgid."""

    backend = None
    # The directive that gives a responder its environment.
    environment_directive = None
    big_post_status = 413
    # Over HTTP/2 httpd resets the stream that it has answered, and curl 7.88 drops the answer then.
    big_post_options = ("--http1.1",)
    allowed_log = (r":notice\] .* (AH00489|AH00094|AH00491): ",
                   # A certificate that it refused.
                   r"\[ssl:error\] .* AH02039: Certificate Verification: Error ",
                   # Of Debian's making, on a machine whose libssl3 is older than apache2-bin.
                   r"\[ssl:warn\] .* AH01882: Init: this version of mod_ssl was compiled against a newer library ",
                   # httpd 2.4.71, of a client that goes away while it closes the connection.
                   r"\[mpm_event:error\] .* AH0309[23]: process_\w+: apr_pollset_add failure")

    # httpd forwards a stranger's certificate, and the chain. A certificate that is wrong in another
    # way ends the handshake, even with optional_no_ca.
    sees = {
        "good": received(VALID),
        "v1": received(VALID),
        "hostile": HOSTILE,
        "chained": received(VALID),
        "stranger": received("The certificate is not valid: .*the trusted CA did not sign it.*"),
        "expired": HANDSHAKE_FAILS,
        "not_yet_valid": HANDSHAKE_FAILS,
        "server_only": HANDSHAKE_FAILS,
        None: Sees(ABSENT, ABSENT),
    }
    sees_when_required = ONE_THAT_REFUSES_ITSELF

    def __init__(self, folder, *arguments, **options):
        super().__init__(folder_for_httpd(folder), *arguments, **options)

    def reachable(self, path):
        """The path of a file, or of its copy, that httpd's children may reach; of a FIFO a link."""
        path = pathlib.Path(path)
        if os.geteuid() != 0:
            return path
        ours = self.folder / f"{path.parent.name}-{path.name}"
        if not ours.exists():
            if stat.S_ISFIFO(path.stat().st_mode):
                os.link(path, ours)
            else:
                shutil.copy(path, ours)
        return ours

    def configure(self):
        site = self.folder / "peercert"
        site.mkdir()
        for file in (DEPLOY / "apache").glob("*.conf"):
            shutil.copy(file, site)
        ask = {"not at all": "none", "optional": "optional_no_ca", "required": "require"}[self.ask]
        self.define("peercert/peercert.conf", {
            "peercert_address": f"127.0.0.1:{self.port}",
            "peercert_server_key": self.pki.server.key,
            "peercert_server_certificate": self.pki.server.cer,
            "peercert_ca": self.reachable(self.pki.ca),
            "peercert_ask": ask,
            "peercert_backend": self.backend,
            "peercert_program": self.reachable(self.program),
            "peercert_socket": self.folder / "peercert.sock",
        })
        self.define("peercert/standalone.conf", {"folder": self.folder, "listen": f"127.0.0.1:{self.port}"})
        self.add_environment(site / f"backend-{self.backend}.conf")
        command = ["apache2", "-D", "FOREGROUND", "-f", str(site / "standalone.conf")]
        return command, ["apache2", "-t", "-f", str(site / "standalone.conf")]

    def new_log_lines(self):
        # Now and then a child of httpd 2.4.71 falls over at its very end, when all are told to go.
        return re.sub(r"^.* AH00052: child pid \d+ exit signal Segmentation fault .*\n(?=.* AH00491: caught SIGTERM)", "",
                      super().new_log_lines(), flags=re.M)

    def define(self, name, settings):
        """Replaces the values of variables."""
        self.edit(name, {rf"^Define {variable} .*$": f'Define {variable} "{value}"' for variable, value in settings.items()})

    def add_environment(self, file):
        """More of what is there for PEERCERT_CA."""
        given = {name: self.reachable(value) if pathlib.Path(value).exists() else value
                 for name, value in self.environment.items()}
        lines = "".join(f'\n{self.environment_directive} {name} "{value}"' for name, value in given.items())
        text, count = re.subn(rf"^( *{self.environment_directive} PEERCERT_CA .*)$", lambda line: line[1] + lines,
                              file.read_text(), flags=re.M)
        assert count == 1
        file.write_text(text)

    def responder_pid(self):
        return None

    def responders(self):
        """The process ids of the peercerts that httpd has started."""
        found, look_at = [], children(self.server.pid)
        while look_at:
            pid = look_at.pop()
            with contextlib.suppress(OSError):
                look_at += children(pid)
                if os.readlink(f"/proc/{pid}/exe") == str(self.reachable(self.program)):
                    found.append(pid)
        return found


class ApacheProxyFcgi(BesideResponder, Apache):
    backend = "proxy-fcgi"
    # One for each of httpd's threads, in each of its processes.
    most_kept = 512
    responder_options = ("--socket-group", USER) if os.geteuid() == 0 else ()

    def add_environment(self, file):
        pass

    def responders(self):
        return [self.responder.pid]


class ApacheFcgid(Apache):
    backend = "fcgid"
    environment_directive = "FcgidInitialEnv"


class ApacheCgid(Apache):
    backend = "cgid"
    environment_directive = "SetEnv"


FRONTS = {"apache-proxy-fcgi": ApacheProxyFcgi, "apache-fcgid": ApacheFcgid, "apache-cgid": ApacheCgid}
