"""Who takes part: each is started on a Unix socket of its own, or answers within a front server."""

import os
import pathlib
import shutil
import subprocess

import measure
from processes import Process, connects, free_port

HERE = pathlib.Path(__file__).parent
OTHERS = HERE / "others"


class Missing(Exception):
    """A contestant cannot take part; the words say which package it wants."""


def program(name, package):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Missing(f"no {name}: install {package}")
    return found


class Contestant(Process):
    """A FastCGI program. `verifies`: it looks at the certificate; the empty one does not."""

    verifies = True
    threads, counts = measure.CORES, (1, 2, 4, 8, 16)  # threads or processes; the best of the counts takes part
    script = None  # what PHP-FPM wants to be told with each request

    def __init__(self, folder, certificates, size):
        self.folder, self.certificates, self.size = folder, certificates, size
        self.socket = folder / f"{self.key}-{self.threads}.sock"
        super().__init__(folder, f"{self.key}-{self.threads}", self.command_line(), self.variables())
        self.wait_listening(lambda: connects(self.socket))

    def variables(self):
        return {}

    def send_signal(self, number):
        os.killpg(self.pid, number)  # also those that it forked


class Raw(Contestant):
    """No libfcgi: accept, read, write a constant answer, close."""

    key, title, short, verifies = "raw", "accept, read, write, close: the limit", "raw: the limit", False
    options = []

    def command_line(self):
        return [measure.BUILD / "bench/raw", *self.options, self.socket, self.threads, self.size]


class RawKept(Raw):
    """Read, write, and so on: a thread for each connection."""

    key, title, options, counts = "raw-kept", "read, write: the limit", ["-k"], (20,)


class Empty(Contestant):
    key, title, short, verifies = "empty", "empty libfcgi program", "empty program", False

    def command_line(self):
        return [measure.BUILD / "bench/empty", self.socket, self.threads, self.size]


class Warm(Contestant):
    key, title, short, cache = "warm", "peercert, warm", "peercert, warm", 1024

    def command_line(self):
        return [measure.BUILD / "peercert", "--ca", self.certificates.ca, "--cache", self.cache,
                "--threads", self.threads, "--listen", f"unix:{self.socket}"]


class Cold(Warm):
    key, title, short, cache = "cold", "peercert, cold (`--cache 0`)", "peercert, cold", 0


class Straight(Contestant):
    key, title, short = "straight", "straight C: libfcgi, PEM_read_bio_X509, X509_verify_cert", "straight C"

    def command_line(self):
        return [measure.BUILD / "bench/straight", self.socket, self.threads, self.size, self.certificates.ca]


def go_build(folder, source):
    """The program of a file of others/, with what all of them share."""
    built = folder / pathlib.Path(source).stem
    subprocess.run([program("go", "golang-go"), "build", "-o", built, OTHERS / source, OTHERS / "common.go"], check=True,
                   env={**os.environ, "GOFLAGS": "-mod=mod", "GO111MODULE": "off", "GOCACHE": str(folder / "go-cache")})
    return built


class Go(Contestant):
    key, title, short = "go", "Go net/http/fcgi, crypto/x509", "Go"
    counts = (measure.CORES,)  # its own scheduler sees to that

    def command_line(self):
        return [go_build(self.folder, "report.go"), self.socket, self.size, self.certificates.ca]


class Php(Contestant):
    key, title, short, script = "php", "PHP-FPM, openssl_x509_*", "PHP-FPM", OTHERS / "report.php"

    def command_line(self):
        fpm = next((found for found in (shutil.which(f"php-fpm{version}", path="/usr/sbin:/usr/bin")
                                        for version in ("8.2", "", "8.4", "8.3")) if found), None)
        if fpm is None:
            raise Missing("no php-fpm: install php-fpm")
        config = self.folder / "php-fpm.conf"
        config.write_text(f"""[global]
error_log = {self.folder}/php-fpm.log
daemonize = no
[bench]
listen = {self.socket}
listen.backlog = 1024
listen.mode = 0666
user = {'nobody' if os.geteuid() == 0 else ''}
pm = static
pm.max_children = {self.threads}
security.limit_extensions =
env[BENCH_CA] = {self.certificates.ca}
env[BENCH_BYTES] = {self.size}
""".replace("user = \n", ""))
        return [fpm, "-F", "-O", "-y", config, "-d", "opcache.enable=1"]


class Perl(Contestant):
    key, title, short = "perl", "Perl FCGI, Crypt::OpenSSL::X509, Net::SSLeay", "Perl"

    def command_line(self):
        perl = program("perl", "perl")
        for module, package in (("FCGI", "libfcgi-perl"), ("Crypt::OpenSSL::X509", "libcrypt-openssl-x509-perl"),
                                ("Net::SSLeay", "libnet-ssleay-perl")):
            if subprocess.run([perl, f"-M{module}", "-e", "1"], stderr=subprocess.DEVNULL, check=False).returncode:
                raise Missing(f"no {module}: install {package}")
        return [perl, OTHERS / "report.pl", self.socket, self.threads, self.size, self.certificates.ca]


FASTCGI = [Raw, Empty, Warm, Cold, Straight, Go, Php, Perl]


class Front(Process):
    """A front server on a port of its own over TLS."""

    def __init__(self, folder, certificates, size, contestants):
        self.port = free_port()
        self.folder, self.certificates, self.size, self.contestants = folder, certificates, size, contestants
        super().__init__(folder, self.key, self.command_line())
        self.wait_listening(lambda: connects(("127.0.0.1", self.port)))

    def url(self, path):
        return f"https://127.0.0.1:{self.port}/{path}"


class Lighttpd(Front):
    """The contestants by FastCGI, and /lua by itself; over plain HTTP with a constant certificate."""

    key = "lighttpd"
    BACKEND = '"/{key}" => (("socket" => "{socket}", "check-local" => "disable"))'
    CONFIG = """
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{folder}"
server.errorlog = "{folder}/lighttpd-error.log"
server.max-keep-alive-requests = 60000
server.stream-response-body = 1
server.modules = ("mod_setenv", "mod_openssl", "mod_fastcgi"{magnet})
ssl.engine = "enable"
ssl.privkey = "{key}"
ssl.pemfile = "{certificate}"
ssl.verifyclient.ca-file = "{ca}"
ssl.verifyclient.activate = "enable"
ssl.verifyclient.enforce = "disable"
ssl.verifyclient.exportcert = "enable"
fastcgi.server = ({backends})
$SERVER["socket"] == "127.0.0.1:{plain_port}" {{
    ssl.engine = "disable"
    setenv.set-environment = ("SSL_CLIENT_CERT" => "{base64}", "SSL_CLIENT_VERIFY" => "SUCCESS")
}}
"""

    def command_line(self):
        backends = [self.BACKEND.format(key=one.key, socket=one.socket) for one in self.contestants]
        for one in self.contestants:
            if one.script:  # PHP-FPM runs the file that SCRIPT_FILENAME names
                shutil.copy(one.script, self.folder / one.key)
        magnet = self.has_magnet()
        config, self.plain_port = self.folder / "lighttpd.conf", free_port()
        config.write_text(self.CONFIG.format(
            port=self.port, plain_port=self.plain_port,
            base64="".join(self.certificates.client.read_text().split("-----")[2].split()), folder=self.folder, key=self.certificates.key(self.certificates.server),
            certificate=self.certificates.server, ca=self.certificates.ca, backends=",\n".join(backends),
            magnet=', "mod_magnet"' if magnet else ""))
        if magnet:
            lua = self.folder / "report.lua"
            lua.write_text((OTHERS / "report.lua").read_text().replace("BYTES", str(self.size)))
            with config.open("a", encoding="ascii") as more:
                more.write('$HTTP["url"] == "/lua" { magnet.attract-raw-url-to = ("%s") }\n' % lua)
        return [program("lighttpd", "lighttpd lighttpd-mod-openssl"), "-D", "-f", config]

    def plain_url(self, path):
        return f"http://127.0.0.1:{self.plain_port}/{path}"

    @staticmethod
    def has_magnet():
        return any(pathlib.Path(folder, "mod_magnet.so").exists()
                   for folder in ("/usr/lib/lighttpd", "/usr/local/lib/lighttpd", "/usr/lib64/lighttpd"))


class Nginx(Front):
    """Answers by itself."""

    key = "nginx"
    CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    default_type "text/plain; charset=utf-8";
    keepalive_requests 1000000;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_client_certificate {ca};
        ssl_verify_client optional;
        location /nginx {{
            add_header Vary Accept;
            add_header Cache-Control no-store;
            add_header X-Content-Type-Options nosniff;
            return 200 "Client cert received\\n\\nName: $ssl_client_s_dn\\nVerify: $ssl_client_verify\\n{padding}";
        }}
    }}
}}
"""

    def command_line(self):
        config = self.folder / "nginx.conf"
        config.write_text(self.CONFIG.format(
            folder=self.folder, port=self.port, certificate=self.certificates.server,
            key=self.certificates.key(self.certificates.server), ca=self.certificates.ca,
            padding="x" * (self.size - 90)))
        return [program("nginx", "nginx"), "-p", self.folder, "-e", self.folder / "nginx-error.log", "-c", config]
