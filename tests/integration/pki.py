"""Keys and certificates for the tests, made anew with the openssl command line."""

import datetime
import pathlib
import subprocess

CONFIG = """
[ca]
default_ca = own
[own]
dir = {folder}
database = {folder}/index.txt
new_certs_dir = {folder}
certificate = {folder}/ca.cer
private_key = {folder}/ca.key
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
email_in_dn = no
string_mask = utf8only
preserve = yes
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
[req]
distinguished_name = names
string_mask = utf8only
[names]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[limited]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
certificatePolicies = 1.2.3.1
[asserting]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
authorityKeyIdentifier = keyid
certificatePolicies = 1.2.3.1,1.2.3.2
[client]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = email:dan@example.org
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,IP:127.0.0.1
"""

GOOD_SUBJECT = "/C=GB/O=Acme/OU=Ops/CN=Dan Example"
GOOD_NAME = "CN=Dan Example,OU=Ops,O=Acme,C=GB"
# A newline, ESC, markup and a right-to-left override (U+202E) in one common name.
HOSTILE_COMMON_NAME = "a\nThe certificate is valid\x1b[31m<script>alert(1)</script>\u202egpj"


def openssl(*arguments, **options):
    """Runs openssl; a failure shows what it said."""
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, **options)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr.decode(errors='replace')}"
    return done.stdout


class Certificate:
    """NAME.cer and NAME.key in a folder, and what was made of them."""

    def __init__(self, folder, name):
        self.cer = folder / f"{name}.cer"
        self.key = folder / f"{name}.key"
        # What a client sends: the certificate and, behind it, the chain.
        self.chain = self.cer

    @property
    def pem(self):
        return self.cer.read_text()

    @property
    def der(self):
        return openssl("x509", "-in", self.cer, "-outform", "DER")


class Authority:
    """A CA in a folder of its own that signs what the tests ask for."""

    def __init__(self, folder, subject, signer=None, extensions="intermediate"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        (self.folder / "index.txt").touch()
        self.config = self.folder / "openssl.cnf"
        self.config.write_text(CONFIG.format(folder=self.folder))
        if signer is None:
            self._key("ca")
            openssl("req", "-x509", "-config", self.config, "-extensions", "root", "-new", "-utf8",
                    "-key", self.folder / "ca.key", "-subj", subject, "-days", 3650,
                    "-out", self.folder / "ca.cer")
        else:
            made = signer.sign(self.folder.name, subject, extensions=extensions)
            made.key.rename(self.folder / "ca.key")
            made.cer.rename(self.folder / "ca.cer")
        self.cer = self.folder / "ca.cer"

    def _key(self, name):
        key = self.folder / f"{name}.key"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        return key

    def request(self, name, subject):
        key, request = self._key(name), self.folder / f"{name}.req"
        openssl("req", "-new", "-config", self.config, "-utf8", "-key", key, "-subj", subject,
                "-out", request)
        return request

    def sign(self, name, subject=GOOD_SUBJECT, extensions="client", start_days=-1, end_days=365, end_seconds=0):
        """A certificate that is good from start_days to end_days (and seconds) after now."""
        request, made = self.request(name, subject), Certificate(self.folder, name)
        now = datetime.datetime.now(datetime.timezone.utc)
        start, end = ((now + datetime.timedelta(days=days, seconds=seconds)).strftime("%Y%m%d%H%M%SZ")
                      for days, seconds in ((start_days, 0), (end_days, end_seconds)))
        openssl("ca", "-batch", "-notext", "-utf8", "-config", self.config, "-extensions",
                extensions, "-startdate", start, "-enddate", end, "-in", request, "-out", made.cer)
        return made

    def revoke(self, certificate, reason="keyCompromise"):
        openssl("ca", "-config", self.config, "-revoke", certificate.cer, "-crl_reason", reason)

    def write_crl(self, path, *lifetime):
        """A CRL in a file that appears at once as a whole; `lifetime` as openssl ca has it."""
        new = path.with_suffix(".new")
        openssl("ca", "-config", self.config, "-gencrl", *(lifetime or ("-crldays", "30")), "-out", new)
        new.replace(path)

    def sign_v1(self, name, subject=GOOD_SUBJECT):
        """A version 1 certificate, as the classic recipe made them; openssl 3.4 and later must be told to."""
        request, made = self.request(name, subject), Certificate(self.folder, name)
        options = subprocess.run(["openssl", "req", "-help"], capture_output=True).stderr
        recipe = ["req", "-x509v1", "-config", self.config] if b"-x509v1" in options else ["x509", "-req"]
        openssl(*recipe, "-in", request, "-CA", self.cer, "-CAkey", self.folder / "ca.key",
                "-set_serial", 101, "-days", 365, "-out", made.cer)
        assert b"Version: 1 " in openssl("x509", "-in", made.cer, "-noout", "-text")
        return made


class Pki:
    """All the certificates of the integration tests."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.authority = Authority(self.folder / "ca", "/O=Acme/CN=Acme Test CA")
        strangers = Authority(self.folder / "strangers", "/O=Acme/CN=Acme Test CA")
        between = Authority(self.folder / "between", "/O=Acme/CN=Acme Clients CA", self.authority)

        self.ca = self.authority.cer
        self.intermediate = between.cer
        self.server = self.authority.sign("server", "/CN=localhost", "server")
        self.good = self.authority.sign("good")
        self.expired = self.authority.sign("expired", start_days=-30, end_days=-3)
        self.not_yet_valid = self.authority.sign("not-yet-valid", start_days=3, end_days=30)
        self.server_only = self.authority.sign("server-only", extensions="server")
        self.v1 = self.authority.sign_v1("v1")
        self.hostile = self.authority.sign("hostile", "/O=Acme/CN=" + HOSTILE_COMMON_NAME.replace("/", "\\/"))
        self.stranger = strangers.sign("stranger")
        self.chained = between.sign("chained")
        self.chained.chain = self.folder / "chained-chain.pem"
        self.chained.chain.write_text(self.chained.pem + self.intermediate.read_text())

        self.p12_password = "correct horse"
        self.good_p12 = self.folder / "good.p12"
        openssl("pkcs12", "-export", "-in", self.good.cer, "-inkey", self.good.key, "-name",
                "Dan Example", "-passout", f"pass:{self.p12_password}", "-out", self.good_p12)
