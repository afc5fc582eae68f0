"""A CA from its first day to its last: in whatever order its files are named, and whichever of them changes first, the
answers are the same."""

import itertools
import os
import shutil
import subprocess

import pytest

from fastcgi import ask, parameters
from pki import Authority
from processes import clean_environment, wait_until
from test_live import ANEW, KEPT

WORDS = {"valid": "The certificate is valid", "revoked": "The certificate is not valid: the certificate was revoked"}


class Life:
    """A root, an issuing CA below it that gets a new key under its old name, and their clients."""

    def __init__(self, folder):
        self.folder = folder
        self.root = Authority(folder / "root", "/O=Acme/CN=Acme Root")
        self.first = Authority(folder / "first", "/O=Acme/CN=Acme Issuing", self.root)
        self.second = Authority(folder / "second", "/O=Acme/CN=Acme Issuing", self.root)
        self.dan, self.eve = self.first.sign("dan"), self.first.sign("eve")
        self.fay, self.guy = self.second.sign("fay"), self.second.sign("guy")

    def stages(self):
        """Yields a name, the CA files, the CRL files, and what holds then, one stage after the other."""
        root, first, second = self.root.cer, self.first.cer, self.second.cer
        yield "the first day", [root, first], self.crls(1, self.root, self.first), {
            self.dan: "valid", self.eve: "valid", self.fay: "other"}
        self.first.revoke(self.eve)
        yield "a client is revoked", [root, first], self.crls(2, self.root, self.first), {
            self.dan: "valid", self.eve: "revoked", self.fay: "other"}
        yield "a new key", [root, first, second], self.crls(3, self.root, self.first, self.second), {
            self.dan: "valid", self.eve: "revoked", self.fay: "valid"}
        self.second.revoke(self.guy)
        self.root.revoke(self.first)
        yield "the old key is revoked", [root, first, second], self.crls(4, self.root, self.first, self.second), {
            self.dan: "revoked", self.eve: "revoked", self.fay: "valid", self.guy: "revoked"}
        yield "the old key is gone", [root, second], self.crls(5, self.root, self.second), {
            self.dan: "other", self.eve: "other", self.fay: "valid", self.guy: "revoked"}

    def crls(self, stage, *authorities):
        paths = []
        for authority in authorities:
            path = self.folder / f"{authority.folder.name}-{stage}.crl"
            authority.write_crl(path)
            paths.append(path)
        return paths


def verdict(text):
    """The status in a word: all that is not valid or revoked is other."""
    lines = [line for line in text.splitlines() if line.startswith("The certificate ")]
    assert lines, text
    for word, line in WORDS.items():
        if lines[-1] == line or (word == "revoked" and lines[-1].startswith(line)):
            return word
    return "other"


def check(peercert, cas, crls, certificate):
    arguments = [word for ca in cas for word in ("--ca", ca)] + [word for crl in crls for word in ("--crl", crl)]
    done = subprocess.run([peercert, *arguments, "--check", certificate.cer], capture_output=True, text=True,
                          env=clean_environment())
    assert done.returncode in (0, 1), done.stderr
    return verdict(done.stdout)


def test_every_order_of_the_files_gives_the_same_answers(peercert, tmp_path):
    for name, cas, crls, expected in Life(tmp_path).stages():
        for ca_order, crl_order in itertools.product(itertools.permutations(cas), itertools.permutations(crls)):
            came = {one: check(peercert, ca_order, crl_order, one) for one in expected}
            shown = {one.cer.name: word for one, word in came.items()}
            assert came == expected, f"{name}: {[p.name for p in ca_order + crl_order]}: {shown}"


@pytest.mark.parametrize("crls_first", [False, True])
def test_a_responder_that_lives_as_long_gives_them_too(start_responder, tmp_path, crls_first):
    folders = {"ca": tmp_path / "cas", "crl": tmp_path / "crls"}
    for folder in folders.values():
        folder.mkdir()
    responder = None
    (tmp_path / "life").mkdir()

    def put(kind, paths):
        names = set()
        for path in paths:
            # Under a name that lasts: the stage is no part of it.
            name = path.parent.name + ".cer" if kind == "ca" else path.name.split("-")[0] + ".crl"
            new = folders[kind] / ".new"
            shutil.copy(path, new)
            os.replace(new, folders[kind] / name)
            names.add(name)
        for path in folders[kind].iterdir():
            if path.name not in names:
                path.unlink()

    for name, cas, crls, expected in Life(tmp_path / "life").stages():
        for kind in ("crl", "ca") if crls_first else ("ca", "crl"):
            put(kind, cas if kind == "ca" else crls)
        if responder is None:
            responder = start_responder("--crl", folders["crl"], ca=folders["ca"])
            responder.allowed_log = (ANEW, KEPT, r"\S+ warning the CA .* is below ", r"\S+ warning .* is not signed by ")

        def answers():
            return {one: verdict(ask(responder.address, parameters(one.pem)).text) for one in expected}

        wait_until(lambda: answers() == expected, f"{name}: {expected}")
