"""certs/ca import: a CA of easy-rsa goes on in the kit."""

import os
import re
import shutil

import pytest

from kit import (PASS, PURPOSES, ca, days_from_now, environment, field, folder, last_line, listing, made, near, openssl,  # noqa: F401
                 peercert, refused, run, subject, text, when, write)


EASY = "/usr/share/easy-rsa/easyrsa"


@pytest.fixture(scope="module")
def easy(tmp_path_factory):
    """What the packaged easy-rsa makes: alice, a server, and bob, who was revoked."""
    if not os.path.exists(EASY):
        pytest.skip("easy-rsa is not installed")
    folder = tmp_path_factory.mktemp("easy")
    write(folder / "vars", 'set_var EASYRSA_DN "org"\nset_var EASYRSA_REQ_COUNTRY "GB"\nset_var EASYRSA_REQ_PROVINCE "Kent"\nset_var EASYRSA_REQ_CITY "Dover"\n'
          'set_var EASYRSA_REQ_ORG "Acme, Sons"\nset_var EASYRSA_REQ_EMAIL ""\nset_var EASYRSA_REQ_OU "Ops"\nset_var EASYRSA_ALGO ec\nset_var EASYRSA_CURVE secp384r1\n'
          'set_var EASYRSA_CERT_EXPIRE 90 # days\nset_var EASYRSA_CRL_DAYS 60\n')
    variables = environment(EASYRSA_BATCH="1", EASYRSA_PASSIN="pass:" + PASS, EASYRSA_PASSOUT="pass:" + PASS)
    for words in (["init-pki"], ["build-ca"], ["build-client-full", "alice", "nopass"], ["build-client-full", "bob", "nopass"],
                  ["build-server-full", "www.acme.example", "nopass"], ["revoke", "bob", "keyCompromise"], ["gen-crl"]):
        run(EASY, *words, cwd=folder, env=dict(variables, **({"EASYRSA_REQ_CN": "Easy CA"} if words == ["build-ca"] else {})), check=0)
    write(folder / "vars", (folder / "vars").read_text() + 'set_var EASYRSA_CA_EXPIRE "$(touch ran)"\n')
    return folder


@pytest.fixture
def imported(easy, tmp_path):
    ca(tmp_path, "import", "easy-rsa", easy, "--dir", "ca")
    return tmp_path / "ca"


def test_a_ca_of_easy_rsa_goes_on_in_the_kit(easy, imported):
    before = listing(easy)
    assert not (imported / "ran").exists() and not (easy / "ran").exists()
    pki = easy / "pki"
    assert field(imported / "ca.cer", "-fingerprint") == field(pki / "ca.crt", "-fingerprint") and "ENCRYPTED" in (imported / "ca.key").read_text()
    listed = ca(imported, "list", CA_PASSWORD=None).stdout
    assert re.search(r"^revoked .*CN=bob.*\(20\S+Z, keyCompromise\)$", listed, re.M) and len(re.findall("^valid .*CN=(?:alice|www.acme.example),", listed, re.M)) == 2, listed
    assert (imported / "alice.cer").exists() and not (imported / "bob.cer").exists() and len(list((imported / "issued").iterdir())) == 3
    trust = ["--ca", imported / "ca.cer", "--crl", imported / "ca.crl", "--check"]
    assert last_line(peercert(*trust, imported / "alice.cer", check=0)) == "The certificate is valid", "its CRL is still in force"
    bob = next(path for path in (imported / "issued").iterdir() if "CN=bob" in subject(path))
    ca(imported, "crl")
    assert "key compromise" in last_line(peercert(*trust, bob, check=1)).lower().replace("keycompromise", "key compromise")
    ca(imported, "renew", "alice", "-y")
    ca(imported, "renew", "www.acme.example", "-y")
    assert PURPOSES["server"][0] in text(imported / "www.acme.example.cer")
    assert last_line(peercert(*trust, imported / "alice.cer", check=0)) == "The certificate is valid"
    ca(imported, "revoke", "alice", "-y")
    assert "revoked" in last_line(peercert(*trust, imported / "alice.cer", check=1))
    assert listing(easy) == before, "easy-rsa's folder is as it was"


def test_the_settings_of_easy_rsa_are_taken_over_as_data(imported):
    lines = [line for line in (imported / "ca.conf").read_text().splitlines() if not line.startswith("#")]
    assert lines == ["subject = OU=Ops,O=Acme\\, Sons,L=Dover,ST=Kent,C=GB", "days = 90", "crl-days = 60", "key = ec:P-384"]
    ca(imported, "request", "eve")
    ca(imported, "sign", "eve.req", "-y")
    assert subject(imported / "eve.cer") == "CN=eve,OU=Ops,O=Acme\\, Sons,L=Dover,ST=Kent,C=GB" and near(when(imported / "eve.cer", "enddate"), days_from_now(90))


def test_the_next_crl_has_a_greater_number_than_the_imported_one(easy, tmp_path):
    pki = tmp_path / "pki"
    shutil.copytree(easy / "pki", pki)
    write(pki / "crlnumber", "1F\n")
    ca(tmp_path, "import", "easy-rsa", pki, "--dir", "ca")
    ca(tmp_path / "ca", "crl")
    assert openssl("crl", "-in", tmp_path / "ca" / "ca.crl", "-noout", "-crlnumber").stdout.strip().lstrip("crlNumber=").endswith("1F")
    (tmp_path / "two").mkdir()
    shutil.copy(tmp_path / "ca" / "ca.crl", pki / "crl.pem")
    (pki / "crlnumber").unlink()
    ca(tmp_path / "two", "import", "easy-rsa", pki)
    assert (tmp_path / "two" / "crlnumber").read_text() == "20\n"


def test_import_refuses_what_it_cannot_do(easy, imported, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    refused(new, "import", "easy-rsa", easy, status=1, says="wrong pass phrase", CA_PASSWORD="wrong")
    refused(new, "import", "easy-rsa", new, status=1, says="is no folder of easy-rsa")
    refused(new, "import", "easy-rsa", "nowhere", status=1, says="there is no folder 'nowhere'")
    refused(new, "import", "xca", easy, status=2, says="easy-rsa is what can be imported")
    refused(new, "import", "easy-rsa", status=2, says="import needs easy-rsa and the folder")
    refused(imported, "import", "easy-rsa", easy, status=1, says="exists already and is not overwritten")
    pki = tmp_path / "pki"
    shutil.copytree(easy / "pki", pki)
    write(pki / "index.txt", (pki / "index.txt").read_text() + "V\t$(touch ran)\n")
    refused(new, "import", "easy-rsa", pki, status=1, says=f"{pki}/index.txt is damaged at line 4")
    shutil.copy(easy / "pki" / "index.txt", pki / "index.txt")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", pki / "private" / "ca.key")
    refused(new, "import", "easy-rsa", pki, status=1, says="is not the key of")
    (pki / "private" / "ca.key").unlink()
    refused(new, "import", "easy-rsa", pki, status=1, says="the CA's key is not there")
