"""Front servers with peercert (or a gate of the test's own) as gate before applications, all with the same face.

Each runs the gate configuration that an operator copies from deploy/, with what is marked SET replaced, within a
small server of the tests (tests/integration/gate/).
"""

import os
import pathlib
import shutil

import fronts
import processes
from fronts import DEPLOY, Front, replace_once
from gate_apps import CGI_PROGRAM, FakeGate, HttpApplication, fastcgi_application
from processes import Responder

HERE = pathlib.Path(__file__).parent / "gate"


class GateFront(Front):
    """`gate` is a Responder with --rules or, with fake=True, a FakeGate."""

    path = "/pub/file.txt"
    # What its own applications are called; what it cannot run is missing.
    applications = {"http": "/app/", "fastcgi": "/fapp/", "cgi": "/cgi-bin/env"}
    # Where the gate listens.
    tcp = False
    # What it does when the gate is down.
    down = 503
    # Whether it hands the name to applications by a header.
    has_files = True
    http2 = True
    # The denied page is always HTML.
    html_only = False
    extra = ""

    def __init__(self, folder, pki, program, *arguments, fake=False, extra=None, **options):
        super().__init__(folder, pki, program, arguments, **options)
        self.fake, self.gate, self.cleanup = fake, None, []
        self.extra = extra if extra is not None else self.extra
        self.host = "www.example.org"

    def at(self, path):
        return f"https://localhost:{self.port}{path}"

    def copy(self, name, settings, to=None):
        """A file of deploy/ with what is marked SET replaced: each pattern must match once."""
        text = replace_once((DEPLOY / name).read_text(), settings)
        target = self.folder / (to or pathlib.Path(name).name)
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
        return target

    def fill(self, name, **more):
        """A file of tests/integration/gate/ with its @PLACES@ filled in."""
        settings = {"PORT": self.port, "RUN": self.folder, "ROOT": self.root, "SERVER_KEY": self.pki.server.key,
                    "SERVER_CERTIFICATE": self.pki.server.cer, "APP_PORT": self.app.port,
                    "FCGI_PORT": self.fastcgi_app.server_address[1], "EXTRA": self.extra, **more}
        text = (HERE / name).read_text()
        for place, value in settings.items():
            text = text.replace(f"@{place}@", str(value))
        file = self.folder / name
        file.write_text(text)
        return file

    def make_files(self):
        self.root = self.folder / "htdocs"
        for name, text in {"index.html": "the index\n", "pub/file.txt": "public\n", "secret/file.txt": "secret\n",
                           "secret/index.html": "secret\n", "sub/index.html": "sub\n", "other/file.txt": "other\n",
                           "big.txt": "0123456789" * 100000}.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        program = self.root / "cgi-bin/env"
        program.parent.mkdir()
        program.write_text(CGI_PROGRAM)
        program.chmod(0o755)

    @property
    def gate_address(self):
        return self.tcp_address if self.tcp else self.folder / "peercert.sock"

    def start(self):
        self.app, self.fastcgi_app = HttpApplication(), fastcgi_application()
        self.cleanup += [self.app.stop, self.fastcgi_app.stop]
        self.make_files()
        if self.tcp:
            self.tcp_address = ("127.0.0.1", processes.free_port())
        self.start_gate()
        return super().start()

    def start_gate(self):
        if self.fake:
            self.gate = FakeGate(self.gate_address)
            return
        listen = {"listen": self.gate_address} if self.tcp else {}
        self.gate = self.responder = Responder(self.folder, self.program, self.pki.ca, *self.arguments,
                                               environment=self.environment, **listen)

    def stop_gate(self):
        """Nobody answers any more."""
        self.gate.stop()
        if not self.tcp:
            self.gate_address.unlink(missing_ok=True)
        self.gate = self.responder = None

    def responder_pid(self):
        return self.responder.pid if self.responder is not None else None

    def stop(self):
        try:
            super().stop()
        finally:
            if self.fake and self.gate is not None:
                self.gate.stop()
            for stop in self.cleanup:
                stop()


class Lighttpd(GateFront):
    allowed_log = (r"\(server\.c\.\d+\) server (started|stopped)", r"\(mod_openssl\.c\.\d+\) SSL: ",
                   r"invalid request-line|\(request\.c")
    http2 = False
    h2 = "disable"
    parseopts = ('"url-normalize" => "enable", "url-normalize-unreserved" => "enable", "url-normalize-required" => "enable", '
                 '"url-ctrls-reject" => "enable", "url-path-dotseg-remove" => "disable", "url-path-dotseg-reject" => "enable", '
                 '"url-path-2f-decode" => "disable", "url-path-2f-reject" => "enable"')

    def configure(self):
        self.copy("lighttpd/gate.conf", {
            r'(?<=^ssl.verifyclient.ca-file = )"[^"]*"': f'"{self.pki.ca}"',
            r'(?<="PEERCERT_HOST" => )"[^"]*"': f'"{self.host}"',
            r'(?<="/" => \(\( "socket" => )"[^"]*"': f'"{self.gate_address}"',
            # Its own FastCGI application goes into the list of the gate, as the comment says.
            r'(?<="check-local" => "disable" \)\),\n)(?=\))':
                f'    "/fapp" => (( "host" => "127.0.0.1", "port" => {self.fastcgi_app.server_address[1]}, "check-local" => "disable" )),\n',
        })
        file = self.fill("lighttpd.conf", H2=self.h2, PARSEOPTS=self.parseopts)
        return ["lighttpd", "-D", "-f", file], ["lighttpd", "-tt", "-f", str(file)]


class Apache(GateFront):
    tcp = True
    html_only = True
    down = 500
    allowed_log = fronts.FRONTS["apache-cgid"].allowed_log + (r"\[(authnz_fcgi|proxy|proxy_http|proxy_fcgi|core|cgid|authz_core):(error|warn|info)\]",)

    def __init__(self, folder, *arguments, **options):
        super().__init__(fronts.front_apache.folder_for_httpd(folder), *arguments, **options)

    def configure(self):
        host, port = self.gate_address
        self.copy("apache/gate-provider.conf", {r"(?<=fcgi://)[^/]*": f"{host}:{port}"})
        ca = self.folder / "ca.cer"
        shutil.copy(self.pki.ca, ca)
        self.copy("apache/gate.conf", {r'(?<=^SSLCACertificateFile )"[^"]*"': f'"{ca}"',
                                       r"(?<= PEERCERT_HOST=)\S+": self.host})
        file = self.fill("apache.conf")
        return ["apache2", "-D", "FOREGROUND", "-f", str(file)], ["apache2", "-t", "-f", str(file)]


class Nginx(GateFront):
    applications = {"http": "/app/", "fastcgi": "/fapp/"}
    down = 500

    def configure(self):
        self.forward_port = processes.free_port()
        self.copy("nginx/upstream.conf", {r"(?<=server )unix:[^;]*": f"unix:{self.gate_address}"}, "peercert/upstream.conf")
        self.copy("nginx/gate-ask.conf", {}, "peercert/gate-ask.conf")
        self.copy("nginx/gate.conf", {r"(?<=^ssl_client_certificate )[^;]*": self.pki.ca,
                                      r"(?<=^set \$peercert_host )[^;]*": self.host}, "peercert/gate.conf")
        self.copy("nginx/forward-auth.conf", {r"(?<=^    listen )[^;]*": f"127.0.0.1:{self.forward_port}"},
                  "peercert/forward-auth.conf")
        file = self.fill("nginx.conf", LISTEN=fronts.front_nginx.listen_with_http2(f"127.0.0.1:{self.port}"))
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        command = ["nginx", "-p", str(self.folder), "-c", str(file), *user]
        return command, [*command, "-t", "-q"]


class Haproxy(GateFront):
    applications = {"http": "/app/"}
    has_files = False
    # There is nothing but the application behind it.
    path = "/pub/file.txt"

    def configure(self):
        pem = self.folder / "server.pem"
        pem.write_text(self.pki.server.pem + self.pki.server.key.read_text())
        lua = self.folder / "gate.lua"
        shutil.copy(DEPLOY / "haproxy/gate.lua", lua)
        self.copy("haproxy/gate.cfg", {
            r"(?<=^    lua-load-per-thread )\S+": lua, r"(?<=^    bind ):443": f"127.0.0.1:{self.port}",
            r"(?<= ssl crt )\S+": pem, r"(?<= ca-file )\S+": self.pki.ca, r"(?<=str\()[^)]*": self.host,
            r"(?<=http-request lua.gate )\S+": f"unix@{self.gate_address}",
            r"(?<=^    server one )\S+": f"127.0.0.1:{self.app.port}"})
        main = self.fill("haproxy.cfg")
        command = ["haproxy", "-db", "-f", str(main), "-f", str(self.folder / "gate.cfg")]
        return command, [*command, "-c"]


class Caddy(GateFront):
    applications = {"http": "/app/"}
    down = 502
    allowed_log = (r"",)

    @property
    def behind(self):
        return f"reverse_proxy /app/* 127.0.0.1:{self.app.port}\n\t\troot * {self.root}\n\t\tfile_server"

    def configure(self):
        file = self.copy("caddy/Caddyfile", {
            r"(?<=reverse_proxy unix/)/\S+": self.gate_address, r"(?<=env PEERCERT_HOST )\S+": self.host,
            r"^https://www.example.org \{": f"https://localhost:{self.port} {{\n\tbind 127.0.0.1",
            r"^\ttls \{": f"\ttls {self.pki.server.cer} {self.pki.server.key} {{",
            r"reverse_proxy 127\.0\.0\.1:8080": self.behind})
        return self.run(file)

    def run(self, file):
        """Caddy with this file below what tests need."""
        text = (f"{{\n\tadmin off\n\tauto_https off\n\tstorage file_system {self.folder}\n"
                f"\thttp_port {processes.free_port()}\n\thttps_port {self.port}\n}}\n")
        file.write_text(text + file.read_text())
        home = ["env", f"HOME={self.folder}"]
        return ([*home, "caddy", "run", "--config", str(file), "--adapter", "caddyfile"],
                [*home, "caddy", "adapt", "--config", str(file), "--adapter", "caddyfile"])


class ForwardAuth(Caddy):
    """A proxy that asks over HTTP, as Traefik does and with Traefik's headers (which is not to be had here: Caddy's
    forward_auth stands in for it), and nginx with deploy/nginx/forward-auth.conf, which hands the question on."""

    def start(self):
        self.forward_port = processes.free_port()
        nginx = self.folder / "nginx"
        nginx.mkdir(parents=True)
        self.copy("nginx/upstream.conf", {r"(?<=server )unix:[^;]*": f"unix:{self.gate_address}"}, "nginx/upstream.conf")
        self.copy("nginx/forward-auth.conf", {r"(?<=^    listen )[^;]*": f"127.0.0.1:{self.forward_port}"},
                  "nginx/forward-auth.conf")
        file = nginx / "nginx.conf"
        temporary = "".join(f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        file.write_text(f"daemon off; pid nginx.pid; error_log nginx.err; events {{ }}\n"
                        f"http {{ access_log off; underscores_in_headers on; {temporary} include upstream.conf; include forward-auth.conf; }}\n")
        user = ["-g", "user root;"] if os.geteuid() == 0 else []
        between = processes.Process(nginx, "nginx", ["nginx", "-p", nginx, "-c", file, *user])
        self.cleanup.append(between.stop)
        between.wait_listening(lambda: processes.connects(("127.0.0.1", self.forward_port)))
        return super().start()

    def configure(self):
        file = self.folder / "Caddyfile"
        file.write_text(
            f"https://localhost:{self.port} {{\n\tbind 127.0.0.1\n\ttls {self.pki.server.cer} {self.pki.server.key} {{\n"
            "\t\tclient_auth {\n\t\t\tmode request\n\t\t}\n\t}\n\troute {\n"
            # As Traefik's headers do.
            "\t\trequest_header Connection (?i)peercertuser close\n"
            # Without a certificate nothing is sent, as by Traefik.
            "\t\tmap {http.request.tls.client.certificate_der_base64} {leaf} {\n\t\t\t~^([A-Za-z0-9+/=]+)$ \"${1}\"\n"
            "\t\t\tdefault \"\"\n\t\t}\n"
            f"\t\tforward_auth 127.0.0.1:{self.forward_port} {{\n\t\t\turi /forward-auth\n"
            "\t\t\theader_up X-Forwarded-Tls-Client-Cert {leaf}\n"
            f"\t\t\theader_up X-Forwarded-Host {self.host}\n\t\t\theader_up -Connection\n\t\t\theader_up -Upgrade\n"
            # See the comment of the Caddyfile.
            "\t\t\ttransport http {\n\t\t\t\tkeepalive off\n\t\t\t}\n"
            f"\t\t\tcopy_headers Peercertuser\n\t\t}}\n\t\t{self.behind}\n\t}}\n}}\n")
        return self.run(file)


FRONTS = {"lighttpd": Lighttpd, "apache": Apache, "nginx": Nginx, "haproxy": Haproxy}
if shutil.which("caddy"):
    FRONTS["caddy"] = Caddy
    FRONTS["forward-auth"] = ForwardAuth
