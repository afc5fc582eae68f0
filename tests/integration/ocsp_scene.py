"""A CA with responders, and peercert asking them: what the tests of OCSP share."""

import contextlib
import re

import pytest

import ocsp
from pki import Authority

RESPONDER = """
[responder]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = OCSPSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[names_responder]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
authorityInfoAccess = OCSP;URI:{url}
[names_two]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
authorityInfoAccess = OCSP;URI:https://127.0.0.1/,OCSP;URI:{url}
"""


class Scene:
    """A CA, clients that are good, revoked and unknown to its responders, and answers by it."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder / "ca", "/O=Acme/CN=Acme OCSP CA")
        self.strangers = Authority(folder / "strangers", "/O=Acme/CN=Acme OCSP CA")
        with self.authority.config.open("a") as config:
            config.write(RESPONDER.format(url="http://127.0.0.1:1/"))
        with self.strangers.config.open("a") as config:
            config.write(RESPONDER.format(url="http://127.0.0.1:1/"))
        self.good, self.bad, self.unknown = (self.authority.sign(name) for name in ("good", "bad", "unknown"))
        self.responder = self.authority.sign("responder", "/CN=Responder", "responder")
        self.stranger = self.strangers.sign("responder", "/CN=Responder", "responder")
        self.ca = self.authority.cer
        self.ca_key = self.authority.folder / "ca.key"
        revoker = ocsp.Revoker(folder, self.authority, {"good": self.good, "bad": self.bad})
        self.index = revoker.index("index", known=["good"], revoked=["bad"])
        self.before = revoker.index("before", known=["good", "bad"])
        self.after = revoker.index("after", revoked=["good", "bad"])
        self.running = ocsp.OpensslResponder(folder, self.index, self.authority, self.responder.cer,
                                             self.responder.key, "-nmin", "5")

    def answer(self, request, index=None, signer=None, key=None, options=("-nmin", "5")):
        return ocsp.answer_to(request, self.folder, index or self.index, self.authority,
                              signer or self.responder.cer, key or self.responder.key, *options)

    def naming(self, name, url, section="names_responder"):
        """A client whose certificate names a responder."""
        text = self.authority.config.read_text()
        self.authority.config.write_text(re.sub(r"OCSP;URI:http:[^\n,]*", lambda _: f"OCSP;URI:{url}", text))
        return self.authority.sign(name, extensions=section)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    made = Scene(tmp_path_factory.mktemp("ocsp"))
    yield made
    made.running.stop()


@pytest.fixture
def serve():
    """Starts a responder that answers as the test says."""
    with contextlib.ExitStack() as cleanup:
        def start(respond):
            served = ocsp.Served(respond)
            cleanup.callback(served.stop)
            return served
        yield start


def revocation(lines):
    return next(line for line in lines if line.startswith("Revocation: "))
