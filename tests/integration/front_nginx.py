"""nginx with peercert on a Unix socket behind it, over kept connections."""

import os
import re
import shutil
import subprocess

from fronts import ABSENT, DEPLOY, HOSTILE, VALID, BesideResponder, Front, Sees, received, replace_once


def set_directives(text, settings):
    """A configuration with the values of directives replaced."""
    return replace_once(text, {rf"^[ \t]*{re.escape(name)} [^;\n]*;": f"{name} {value};"
                               for name, value in settings.items()})


def listen_with_http2(address):
    """The value of `listen` for TLS and HTTP/2, in the way that this nginx does not warn of."""
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
    version = tuple(map(int, re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said).groups()))
    return f"{address} ssl; http2 on" if version >= (1, 25, 1) else f"{address} ssl http2"


class Nginx(BesideResponder, Front):
    """The configuration as it is shipped."""

    certificate = "$ssl_client_escaped_cert"
    # nginx answers by itself when a body is longer than it lets through.
    big_post_status = 413
    body_unread_log = r"\[error\] .* client intended to send too large body"
    most_kept = 16

    # nginx forwards every certificate and no chain. Those that it refuses come by error_page.
    sees = {
        "good": received(VALID),
        "v1": received(VALID),
        "hostile": HOSTILE,
        "chained": received("The certificate is not valid: .*an intermediate certificate is missing"),
        "stranger": received("The certificate is not valid: .*"),
        "expired": received("The certificate not current: expired 3 days ago on .*"),
        "not_yet_valid": received("The certificate not current: not valid until .*"),
        "server_only": received("The certificate is not valid: .*usages do not allow it to be used by a TLS client", "CN=.*"),
        None: Sees(ABSENT, ABSENT),
    }
    # nginx completes the handshake and refuses the request; the report is shipped to be for all.
    sees_when_required = sees

    def configure(self):
        (self.folder / "peercert").mkdir()
        for file in ("peercert.conf", "report.conf"):
            shutil.copy(DEPLOY / "nginx" / file, self.folder / "peercert")
        shutil.copy(DEPLOY / "nginx/standalone.conf", self.folder)
        self.set("peercert/peercert.conf", {
            "server": f"unix:{self.folder}/peercert.sock",
            "listen": listen_with_http2(f"127.0.0.1:{self.port}"),
            "ssl_certificate": self.pki.server.cer,
            "ssl_certificate_key": self.pki.server.key,
            "ssl_client_certificate": self.pki.ca,
            "ssl_verify_client": {"not at all": "off", "optional": "optional_no_ca", "required": "on"}[self.ask],
        })
        self.set("peercert/report.conf", {"fastcgi_param SSL_CLIENT_CERT": self.certificate})
        # The workers of a master that is root would be nobody, who may not enter our folder.
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        command = ["nginx", "-p", str(self.folder), "-c", str(self.folder / "standalone.conf"), *user]
        return command, [*command, "-t", "-q"]

    def set(self, name, settings):
        file = self.folder / name
        file.write_text(set_directives(file.read_text(), settings))


class NginxTabs(Nginx):
    """With the deprecated variable: PEM with tabs."""

    certificate = "$ssl_client_cert"


FRONTS = {"nginx": Nginx, "nginx-tabs": NginxTabs}
