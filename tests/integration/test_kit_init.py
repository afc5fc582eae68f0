"""certs/ca init: the CA that it makes, what it refuses, and subjects in both forms."""

import re
import stat

import pytest

from kit import (P12_PASS, PASS, ca, days_from_now, empty, environment, folder, has_all, listing, made, near, openssl,  # noqa: F401
                 refused, text, when)


def test_init_makes_a_v3_ca_of_4096_bits_and_ten_years_by_itself(empty):
    done = ca(empty, "init", "--subject", "CN=Acme CA,O=Acme,C=GB")
    assert set(listing(empty)) == {"ca.key", "ca.cer", "ca.p12", "index.txt", "index.txt.attr"}
    assert "CN=Acme CA,O=Acme,C=GB" in done.stdout
    about = text(empty / "ca.cer")
    has_all(about, "Version: 3", "Public-Key: (4096 bit)", "Issuer: CN=Acme CA,O=Acme,C=GB",
            "Subject: CN=Acme CA,O=Acme,C=GB",
            "X509v3 Basic Constraints: critical\n                CA:TRUE\n",
            "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n",
            "X509v3 Subject Key Identifier", "sha256WithRSAEncryption")
    assert near(when(empty / "ca.cer", "enddate"), days_from_now(3650))
    assert "ENCRYPTED PRIVATE KEY" in (empty / "ca.key").read_text()
    openssl("pkey", "-in", empty / "ca.key", "-passin", "env:P", "-noout", env=environment(P=PASS))
    openssl("verify", "-x509_strict", "-CAfile", empty / "ca.cer", empty / "ca.cer")


def test_init_keeps_the_key_to_its_owner_and_lets_others_read_the_certificate(empty):
    ca(empty, "init", "--ec")
    modes = {name: mode for name, (mode, _) in listing(empty).items()}
    assert modes["ca.key"] == "-rw-------"
    assert modes["ca.cer"] == modes["ca.p12"] == "-rw-r--r--"


def test_init_writes_a_p12_with_the_certificate_alone(empty):
    ca(empty, "init", "--ec", CA_P12_PASSWORD=P12_PASS)
    about = openssl("pkcs12", "-in", empty / "ca.p12", "-info", "-passin", "env:P", "-noenc",
                    env=environment(P=P12_PASS)).said
    assert about.count("BEGIN CERTIFICATE") == 1 and "PRIVATE KEY" not in about, about


def test_ca_p12_has_the_password_password_unless_told(empty):
    ca(empty, "init", "--ec")
    openssl("pkcs12", "-in", empty / "ca.p12", "-noout", "-passin", "pass:password")


@pytest.fixture(scope="module")
def client_requests(tmp_path_factory):
    folder = tmp_path_factory.mktemp("requests")
    for kind in ("ec", "rsa:2048", "ed25519"):
        ca(folder, "request", kind.replace(":", ""), "--key", kind)
    return sorted(folder.glob("*.req"))


@pytest.mark.parametrize("words, expected", [
    (["--ec"], "NIST CURVE: P-256"), (["--key", "ec:P-384"], "NIST CURVE: P-384"), (["--key=ed25519"], "ED25519"),
    (["--key", "rsa:2048"], "Public-Key: (2048 bit)")])
def test_each_kind_of_ca_key_signs_each_kind_of_client_key(empty, client_requests, words, expected):
    ca(empty, "init", *words, "--days", "30")
    assert expected in text(empty / "ca.cer")
    assert near(when(empty / "ca.cer", "enddate"), days_from_now(30))
    for request in client_requests:
        ca(empty, "sign", request, "-y", "--days", "10")
        openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", empty / "ca.cer", empty / f"{request.stem}.cer")


def test_init_makes_a_missing_folder_private(tmp_path):
    ca(tmp_path, "init", "--ec", "--dir", "new")
    assert stat.filemode((tmp_path / "new").stat().st_mode) == "drwx------"
    assert (tmp_path / "new" / "ca.cer").exists()


def test_a_failed_init_takes_its_new_folder_away_again(tmp_path):
    refused(tmp_path, "init", "--ec", "--dir", "new", "--batch", status=2, says="no pass phrase of ca.key",
            CA_PASSWORD=None)


def test_init_refuses_to_overwrite_anything(folder):
    refused(folder, "init", "--ec", status=1, says="ca.key exists already and is not overwritten")
    (folder / "ca.key").unlink()
    refused(folder, "init", "--ec", status=1, says="ca.cer exists already and is not overwritten")


def test_init_sees_a_dangling_link_as_something_that_is_there(empty):
    (empty / "ca.cer").symlink_to("nowhere")
    refused(empty, "init", "--ec", status=1, says="ca.cer exists already")


@pytest.mark.parametrize("words, status, says", [
    (["--key", "rsa:1024"], 2, "2048 to 8192 bits"), (["--key", "dsa"], 2, "--key dsa"), (["--key", "ec:P-192"], 2, "--key ec:P-192"),
    (["--days", "0"], 2, "whole number of days"), (["--days", "-1"], 2, "whole number of days"), (["--days", "1.5"], 2, "whole number"),
    (["--days", "99999"], 2, "whole number"), (["--ec", "--ec", "--key", "rsa:2048"], 2, "--key is given twice"),
    (["--ec", "extra"], 2, "takes no argument"), (["--ec", "--subject", "Acme"], 2, "TYPE=value"),
    (["--ec", "--subject", "CN="], 2, "TYPE=value"), (["--ec", "--subject", 'CN="Acme'], 2, "not closed"),
    (["--ec", "--subject", "CN=Acme\\"], 2, "lone"), (["--ec", "--subject", "CN=a\nb"], 2, "control characters"),
    (["--ec", "--subject", "CN=a\\0Ab"], 2, "control characters"), (["--ec", "--subject", "CN=#0403666F6F"], 2,
                                                                    "hexadecimal"),
    (["--ec", "--subject", "shoesize=44"], 2, 'unknown subject name attribute "shoesize"'),
    (["--ec", "--subject", "/CN=a/shoesize=44"], 2, 'unknown subject name attribute "shoesize"'),
    (["--ec", "--subject", "CN=a,C=Britain"], 2, "as in C=GB"), (["--ec", "--subject", "/CN=a/C=Britain"], 2, "as in C=GB"),
    (["--ec", "--subject", "CN=" + "x" * 65], 2, "65 characters, and 64 are allowed"), (["--ec", "--subject", "CN=a,DC=ä"], 2, "plain ASCII"),
    (["--ec", "--subject", "/CN=a/serialNumber=a@b"], 2, "letters, digits"), (["--ec", "--subject", b"CN=\xff"], 2, "UTF-8"),
    (["--ec", "--subject", "/CN"], 2, "TYPE=value"), (["--ec", "--subject", "/"], 2, "TYPE=value"), (["--ec", "--subject", "/CN=a//O=b"], 2, "TYPE=value"),
    (["--pass", "secret"], 2, "init does not take --pass"), (["--ec=yes"], 2, "takes no value"), (["--days"], 2, "needs a value"),
    (["--days="], 2, "needs a value")])
def test_init_refuses_what_it_cannot_do(empty, words, status, says):
    refused(empty, "init", *words, status=status, says=says)


@pytest.mark.parametrize("given, rfc2253", [
    ("CN=Dan Example,OU=Ops,O=Acme,C=GB", "CN=Dan Example,OU=Ops,O=Acme,C=GB"),
    ("/C=GB/O=Acme/OU=Ops/CN=Dan Example", "CN=Dan Example,OU=Ops,O=Acme,C=GB"),
    ("cn = Dan , o = Acme ; c=GB", "CN=Dan,O=Acme,C=GB"),
    ("CN=a/b,O=Smith\\, Sons \\+ Co \\\\,C=GB", "CN=a/b,O=Smith\\, Sons \\+ Co \\\\,C=GB"),
    ('CN=Dan,O="Smith, Sons = Co;"', "CN=Dan,O=Smith\\, Sons = Co\\;"),
    ("CN=D\\C3\\A4n,O=Müller", "CN=Dän,O=Müller"),
    ("CN=Dan+UID=d1,O=Acme", "UID=d1+CN=Dan,O=Acme"),
    ("E=dan@acme.example,CN=Dan,DC=acme,DC=example", "emailAddress=dan@acme.example,CN=Dan,DC=acme,DC=example"),
    ("CN=\\ $HOME `id` 'x'\\ ", "CN=\\ $HOME `id` 'x'\\ "),
])
def test_subjects_are_understood_in_both_forms(empty, given, rfc2253):
    ca(empty, "request", "x", "--ec", "--subject", given)
    asked = openssl("req", "-in", empty / "x.req", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb").stdout
    asked = asked.strip("\n").removeprefix("subject=").removeprefix("req warning")
    parts = (set(re.split(r"(?<!\\)\+", asked.split(",")[0])), asked.split(",")[1:])
    wanted = (set(re.split(r"(?<!\\)\+", rfc2253.split(",")[0])), rfc2253.split(",")[1:])
    assert parts == wanted, f"{given}: expected {rfc2253}, got {asked}"
