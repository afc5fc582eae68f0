"""certs/ca, the operator's CA kit, and the classic recipe of plain openssl commands, as a user runs them.

Everything is done in temporary folders by the real script and the real openssl; what came out is judged by
`openssl verify` and by peercert itself (PEERCERT names another binary than build/peercert).
"""

import datetime
import os
import re
import shutil
import signal
import stat
import subprocess
import time

import pytest

from kit import (CA, CONFIG, KEY_PASS, P12_PASS, PASS, ROOT, at_terminal, ca, days_from_now, empty, environment, field, folder,  # noqa: F401
                 last_line, listing, made, near, openssl, peercert, refused, run, subject, text, utc, when, write)

SEED = ROOT.parent / "shared" / "seed-certs"


# init


def test_init_makes_a_v3_ca_of_4096_bits_and_ten_years_by_itself(empty):
    done = ca(empty, "init", "--subject", "CN=Acme CA,O=Acme,C=GB")
    assert set(listing(empty)) == {"ca.key", "ca.cer", "ca.p12", "index.txt", "index.txt.attr"}
    assert "CN=Acme CA,O=Acme,C=GB" in done.stdout
    about = text(empty / "ca.cer")
    for expected in ("Version: 3", "Public-Key: (4096 bit)", "Issuer: CN=Acme CA,O=Acme,C=GB",
                     "Subject: CN=Acme CA,O=Acme,C=GB",
                     "X509v3 Basic Constraints: critical\n                CA:TRUE\n",
                     "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n",
                     "X509v3 Subject Key Identifier", "sha256WithRSAEncryption"):
        assert expected in about, f"expected '{expected}' in\n{about}"
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


# Pass phrases


def test_pass_phrases_come_from_files_and_only_the_first_line_counts(empty):
    word = write(empty / "word", PASS + "\nsecond line\n")
    ca(empty, "init", "--ec", "--pass-file", word, CA_PASSWORD=None)
    openssl("pkey", "-in", empty / "ca.key", "-passin", f"file:{word}", "-noout")
    ca(empty, "request", "dan", "--ec")
    ca(empty, "sign", "dan.req", "-y", "--password-file", word, CA_PASSWORD=None)
    ca(empty, "sign", "dan.req", "-y", "--name", "again", f"--pass-file={word}",
       CA_PASSWORD="the file counts, not this")


@pytest.mark.parametrize("content, says", [("", "is empty"), ("\n", "is empty"), (None, "cannot read the pass phrase"),
                                          ("abc\n", "too short"), ("x" * 1001, "too long")])
def test_pass_files_that_cannot_serve_are_refused(empty, content, says):
    if content is not None:
        write(empty / "word", content)
    refused(empty, "init", "--ec", "--pass-file", "word", status=1, says=says, CA_PASSWORD=None)


def test_an_empty_variable_is_an_empty_pass_phrase_and_refused(empty):
    refused(empty, "init", "--ec", status=1, says="is empty", CA_PASSWORD="")


def test_without_a_pass_phrase_and_a_terminal_it_says_where_one_may_come_from(folder):
    done = refused(folder, "sign", "dan.req", "-y", "--name", "x", status=2, says="no pass phrase of ca.key",
                   CA_PASSWORD=None)
    assert "--pass-file FILE" in done.stderr and "CA_PASSWORD" in done.stderr


def test_a_wrong_pass_phrase_is_named_as_such(folder):
    refused(folder, "sign", "dan.req", "-y", "--name", "x", status=1, says="cannot sign: wrong pass phrase",
            CA_PASSWORD="wrong")


def test_hard_pass_phrases_open_the_same_with_openssl(empty):
    hard = " $x `id` \\ ' \" ä€ %s -n "
    ca(empty, "init", "--ec", CA_PASSWORD=hard)
    openssl("pkey", "-in", empty / "ca.key", "-passin", "env:P", "-noout", env=environment(P=hard))
    ca(empty, "request", "dan", "--ec")
    ca(empty, "sign", "dan.req", "-y", CA_PASSWORD=hard)


def test_no_pass_phrase_is_in_the_arguments_or_environment_of_anything_started(tmp_path):
    """A wrapper in front of openssl writes down the arguments and the environment that everybody could see or inherit."""
    log = tmp_path / "log"
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name in ("openssl", "awk", "mv", "find", "flock"):
        real = shutil.which(name)
        write(binaries / name,
              f'#!/bin/sh\n{{ printf "%s\\n" "$0" "$@"; env; }} >>{log}\nexec {real} "$@"\n').chmod(0o755)
    work = tmp_path / "ca"
    work.mkdir()
    secrets = {"CA_PASSWORD": PASS, "CA_KEY_PASSWORD": KEY_PASS, "CA_P12_PASSWORD": P12_PASS}
    variables = dict(secrets, PATH=f"{binaries}:{os.environ['PATH']}")
    for words in (["init", "--ec"], ["request", "dan", "--ec"], ["sign", "dan.req", "-y"], ["p12", "dan"], ["show", "dan.p12"], ["list"]):
        ca(work, *words, **variables)
    seen = log.read_text()
    assert "genpkey" in seen and "pkcs12" in seen and "-passin" in seen
    for secret in secrets.values():
        assert secret not in seen


def test_in_a_terminal_it_asks_and_shows_no_pass_phrase(empty):
    status, shown = at_terminal(empty, ["init", "--ec"], [PASS, PASS])
    assert status == 0 and PASS not in shown, shown
    status, shown = at_terminal(empty, ["request", "dan", "--ec", "--ask-pass"], [KEY_PASS, KEY_PASS])
    assert status == 0 and KEY_PASS not in shown, shown
    status, shown = at_terminal(empty, ["sign", "dan.req"], ["y", PASS])
    assert status == 0 and "Sign this as dan.cer" in shown and PASS not in shown, shown
    status, shown = at_terminal(empty, ["p12", "dan"], [KEY_PASS, P12_PASS, P12_PASS])
    assert status == 0 and P12_PASS not in shown, shown
    openssl("pkcs12", "-in", empty / "dan.p12", "-noout", "-passin", "env:P", env=environment(P=P12_PASS))


@pytest.mark.parametrize("answers, says", [(["one word", "another"], "not the same"), (["abc", "abc"], "too short"),
                                           (["", ""], "empty")])
def test_what_is_typed_must_be_long_enough_and_typed_twice_alike(empty, answers, says):
    status, shown = at_terminal(empty, ["init", "--ec"], answers)
    assert status == 1 and says in shown, shown
    assert listing(empty) == {}


def test_the_owner_may_say_no(folder):
    before = listing(folder)
    status, shown = at_terminal(folder, ["sign", "dan.req", "--name", "x"], ["n"])
    assert status == 1 and "not signed" in shown, shown
    assert listing(folder) == before


# request


def test_request_makes_a_key_for_its_owner_alone_and_a_request(empty):
    ca(empty, "request", "dan", "--subject", "CN=Dan,O=Acme", "--key", "rsa:2048")
    assert {name: mode for name, (mode, _) in listing(empty).items()} == {"dan.key": "-rw-------",
                                                                          "dan.req": "-rw-r--r--"}
    assert "BEGIN PRIVATE KEY" in (empty / "dan.key").read_text()
    openssl("req", "-in", empty / "dan.req", "-noout", "-verify")


def test_request_makes_4096_bit_rsa_unless_told(empty):
    ca(empty, "request", "dan")
    about = openssl("req", "-in", empty / "dan.req", "-noout", "-text").stdout
    assert "(4096 bit)" in about and re.search("CN ?= ?dan", about), about


def test_request_encrypts_the_key_when_a_pass_phrase_is_given(empty):
    ca(empty, "request", "dan", "--ec", CA_KEY_PASSWORD=KEY_PASS)
    assert "ENCRYPTED" in (empty / "dan.key").read_text()
    ca(empty, "request", "eve", "--ec", "--pass-file", write(empty / "word", KEY_PASS))
    for name in ("dan", "eve"):
        openssl("pkey", "-in", empty / f"{name}.key", "-noout", "-passin", "env:P", env=environment(P=KEY_PASS))


SANS = ["email:dan@acme.example", "DNS:*.acme.example", "IP:192.0.2.1", "IP:2001:db8::1",
        "URI:https://acme.example/a,b?c$d;e='f'#g",
        "UPN:dän@acme.example"]
SAN_TEXT = ("email:dan@acme.example, DNS:*.acme.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, "
            'URI:https://acme.example/a,b?c$d;e=\'f\'#g, othername: UPN:dän@acme.example')


def one_colon(shown):
    """OpenSSL 3.0 prints two after the kind of an otherName, later ones print one."""
    return shown.replace("UPN::", "UPN:")


def test_request_asks_for_the_names_that_san_gives(empty):
    ca(empty, "request", "dan", "--ec", *[word for san in SANS for word in ("--san", san)])
    assert SAN_TEXT in one_colon(openssl("req", "-in", empty / "dan.req", "-noout", "-text").stdout)


@pytest.mark.parametrize("san", ["dan@acme.example", "DNS:", "DNS:a b", "DNS:-\n", "IP:acme", "email:copy",
                                 "URI:nothing", "RID:1.2.3",
                                "dirName:section", "DNS:a,DNS:b", "email:dän@acme.example", "IP:999.1.1.1", "UPN:a\nb"])
def test_names_of_no_known_kind_or_form_are_refused(empty, san):
    before = listing(empty)
    done = ca(empty, "request", "dan", "--ec", "--san", san, check=None)
    assert done.returncode in (1, 2) and listing(empty) == before, done.said


@pytest.mark.parametrize("name, says", [("a/b", "no name for files"), ("../x", "no name for files"), (".hidden", "no name for files"),
                                       ("", "no name for files"), ("a b", "no name for files"), ("x" * 65, "no name for files"),
                                       ("ca", "belongs to the CA"), ("a\nb", "no name for files")])
def test_names_that_could_lead_elsewhere_are_refused(empty, name, says):
    refused(empty, "request", "--ec", name, status=2, says=says)


def test_a_dash_in_front_is_an_option_or_after_two_dashes_a_name_and_refused(empty):
    refused(empty, "request", "-x", status=2, says="request does not take -x")
    refused(empty, "request", "--", "-x", status=2, says="'-x' is no name for files")


def test_request_refuses_to_overwrite(folder):
    refused(folder, "request", "dan", "--ec", status=1, says="dan.key exists already")
    (folder / "dan.key").unlink()
    refused(folder, "request", "dan", "--ec", status=1, says="dan.req exists already")


# sign


def test_what_is_signed_is_a_v3_client_certificate_that_openssl_verifies(folder):
    about = text(folder / "dan.cer")
    for expected in ("Version: 3", "Issuer: CN=Test CA,O=Acme,C=GB", "Subject: CN=Dan Example,OU=Ops,O=Acme,C=GB",
                     "X509v3 Basic Constraints: critical\n                CA:FALSE\n",
                     "X509v3 Key Usage: critical\n                Digital Signature\n",
                     "X509v3 Extended Key Usage: \n                TLS Web Client Authentication\n",
                     "X509v3 Subject Key Identifier", "X509v3 Authority Key Identifier"):
        assert expected in about, f"expected '{expected}' in\n{about}"
    assert "Subject Alternative Name" not in about, "the request's names were copied without being told"
    assert near(when(folder / "dan.cer", "startdate"), days_from_now(0)) and near(when(folder / "dan.cer", "enddate"), days_from_now(365))
    openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", folder / "ca.cer", folder / "dan.cer")
    assert stat.S_IMODE((folder / "dan.cer").stat().st_mode) == 0o644


def test_serials_are_random_positive_and_16_octets_long_and_recorded(folder):
    serials = []
    for number in range(4):
        ca(folder, "sign", "dan.req", "-y", "--name", f"d{number}")
        serials.append(field(folder / f"d{number}.cer", "-serial").strip().removeprefix("serial="))
    assert len(set(serials)) == 4
    for serial in serials:
        assert re.fullmatch("[4-7][0-9A-F]{31}", serial), serial
        assert (folder / "issued" / f"{serial}.pem").read_bytes() in [(folder / f"d{n}.cer").read_bytes() for n in range(4)]
    rows = [line.split("\t") for line in (folder / "index.txt").read_text().splitlines()]
    assert [row[3] for row in rows][1:] == serials
    assert all(row[0] == "V" and row[5] == "/C=GB/O=Acme/OU=Ops/CN=Dan Example" for row in rows), rows


def test_openssl_ca_itself_reads_the_database_and_goes_on_with_it(folder):
    """The format is openssl's own: its ca command finds a serial, revokes it, and makes a CRL that revokes it."""
    serial = field(folder / "dan.cer", "-serial").strip().removeprefix("serial=")
    variables = environment(CA_DIR=str(folder), P=PASS)
    base = ["ca", "-config", CONFIG, "-passin", "env:P"]
    assert "Valid (V)" in openssl(*base, "-status", serial, env=variables, check=None).said
    openssl(*base, "-revoke", folder / "dan.cer", env=variables)
    write(folder / "crlnumber", "01\n")
    openssl(*base, "-gencrl", "-out", folder / "ca.crl", env=variables)
    assert "error 23" in openssl("verify", "-crl_check", "-CRLfile", folder / "ca.crl", "-CAfile", folder / "ca.cer",
                                 folder / "dan.cer", check=2).said
    assert re.search(rf"^revoked +{serial} ", ca(folder, "list").stdout, re.M)


def test_start_and_end_set_any_time_and_the_form_that_rfc_5280_wants(folder):
    ca(folder, "sign", "dan.req", "-y", "--name", "past", "--start", "2020-01-01", "--end", "2020-02-01T12:30:59Z")
    assert when(folder / "past.cer", "startdate") == utc("2020-01-01T00:00:00Z")
    assert when(folder / "past.cer", "enddate") == utc("2020-02-01T12:30:59Z")
    der = openssl("asn1parse", "-in", folder / "past.cer").stdout
    assert der.count("UTCTIME") == 2 and "GENERALIZEDTIME" not in der, der
    later = days_from_now(10).strftime("%Y-%m-%dT%H:%M:%SZ")
    ca(folder, "sign", "dan.req", "-y", "--name", "later", "--start", later, "--days", "5")
    assert when(folder / "later.cer", "startdate") == utc(later)
    assert when(folder / "later.cer", "enddate") == utc(later) + datetime.timedelta(days=5)


def test_dates_from_2050_on_are_generalized_time(empty):
    ca(empty, "init", "--ec", "--days", "20000")
    ca(empty, "request", "dan", "--ec")
    ca(empty, "sign", "dan.req", "-y", "--end", "2060-01-01")
    assert when(empty / "dan.cer", "enddate") == utc("2060-01-01T00:00:00Z")
    assert openssl("asn1parse", "-in", empty / "dan.cer").stdout.count("GENERALIZEDTIME") == 1
    assert "2060-01-01T00:00:00Z CN=dan" in ca(empty, "list").stdout


def test_a_certificate_never_outlives_its_ca_and_that_is_said(empty):
    ca(empty, "init", "--ec", "--days", "20")
    ca(empty, "request", "dan", "--ec")
    done = ca(empty, "sign", "dan.req", "-y", "--days", "365")
    assert "cut to the end of the CA itself" in done.stderr
    assert when(empty / "dan.cer", "enddate") == when(empty / "ca.cer", "enddate")
    refused(empty, "sign", "dan.req", "-y", "--name", "x", "--start", days_from_now(30).strftime("%Y-%m-%d"),
            status=1,
            says="the CA itself ends before that")


def test_names_go_in_by_san_or_by_copy_san_and_nothing_else_does(folder):
    ca(folder, "request", "all", "--ec", *[word for san in SANS for word in ("--san", san)])
    ca(folder, "sign", "all.req", "-y", "--name", "none")
    assert "Alternative" not in text(folder / "none.cer")
    done = ca(folder, "sign", "all.req", "-y", "--name", "copied", "--copy-san")
    assert SAN_TEXT in one_colon(text(folder / "copied.cer")) and SAN_TEXT in one_colon(done.stderr)
    ca(folder, "sign", "all.req", "-y", "--name", "set", "--san", "DNS:other.example", "--san",
       "UPN:dän@acme.example")
    assert "DNS:other.example, othername: UPN:dän@acme.example\n" in one_colon(text(folder / "set.cer"))
    refused(folder, "sign", "all.req", "-y", "--name", "x", "--copy-san", "--san", "DNS:a", status=2,
            says="give one of them")
    ca(folder, "request", "bare", "--ec")
    refused(folder, "sign", "bare.req", "-y", "--copy-san", status=1, says="no subjectAltName that could be copied")


def foreign_request(folder, name, extensions="", subject_="/CN=Eve", key=("-newkey", "ec", "-pkeyopt",
                                                                          "ec_paramgen_curve:P-256")):
    """A request as a stranger makes it with openssl, with the extensions he likes."""
    config = write(folder.parent / f"{name}.cnf", "[req]\ndistinguished_name=dn\n[dn]\n[ext]\n" + extensions)
    openssl("req", "-new", "-config", config, *key, "-noenc", "-keyout", folder.parent / f"{name}.key", "-subj",
            subject_, "-utf8",
            "-out", folder / f"{name}.req", *(["-reqexts", "ext"] if extensions else []))


def test_other_extensions_are_shown_but_not_copied(folder):
    foreign_request(folder, "eve", "keyUsage=cRLSign\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:eve.example\n"
                                   "nameConstraints=permitted;DNS:.example\n1.2.3.4=ASN1:UTF8:hello\n")
    done = ca(folder, "sign", "eve.req", "-y", "--copy-san")
    for asked in ("CRL Sign", "TLS Web Server Authentication", "DNS:eve.example", "1.2.3.4"):
        assert asked in done.stderr, done.stderr
    about = text(folder / "eve.cer")
    assert "DNS:eve.example" in about and "Digital Signature\n" in about
    for foreign in ("CRL Sign", "Server Authentication", "Name Constraints", "1.2.3.4"):
        assert foreign not in about, about


def test_a_request_for_the_rights_of_a_ca_is_refused(folder):
    foreign_request(folder, "eve", "basicConstraints=CA:TRUE\n")
    refused(folder, "sign", "eve.req", "-y", status=1, says="asks for the rights of a CA")


def test_a_request_that_was_changed_is_refused(folder):
    foreign_request(folder, "eve")
    der = bytearray(subprocess.run(["openssl", "req", "-in", folder / "eve.req", "-outform", "DER"],
                                   capture_output=True, check=True).stdout)
    at = der.index(b"Eve")
    der[at:at + 3] = b"Bob"
    (folder / "eve.req").write_bytes(der)
    refused(folder, "sign", "eve.req", "-y", status=1, says="its own signature is wrong")


def test_a_request_in_der_is_signed_too(folder):
    openssl("req", "-in", folder / "dan.req", "-outform", "DER", "-out", folder / "der.req")
    ca(folder, "sign", "der.req", "-y")
    assert subject(folder / "der.cer") == "CN=Dan Example,OU=Ops,O=Acme,C=GB"


@pytest.mark.parametrize("key", [["-newkey", "rsa:1024"], ["-newkey", "ec", "-pkeyopt",
                                                           "ec_paramgen_curve:secp160r1"]])
def test_keys_too_weak_for_peercert_are_refused(folder, key):
    foreign_request(folder, "weak", key=key)
    refused(folder, "sign", "weak.req", "-y", status=1, says="too weak to be trusted")


def test_what_is_no_request_is_refused(folder):
    write(folder / "junk.req", "junk")
    (folder / "big.req").write_bytes(b"x" * 70000)
    for file, says in (("junk.req", "no certificate request"), ("dan.cer", "no certificate request"), ("dan.key", "no certificate request"),
                       ("big.req", "too large"), ("missing.req", "cannot read the request"), (".", "cannot read the request")):
        refused(folder, "sign", file, "-y", "--name", "x", status=1, says=says)


def test_hostile_names_do_not_reach_the_terminal_and_sign_as_they_are(folder):
    foreign_request(folder, "eve", subject_="/CN=a\u202eb\x1b[31m\u200b\u0085/O=Müller 日本")
    done = ca(folder, "sign", "eve.req", "-y")
    shown = done.said + ca(folder, "list").said + ca(folder, "show", "eve.cer").said + ca(folder, "show", "eve.req").said
    for hidden in ("\u202e", "\x1b", "\u200b", "\u0085"):
        assert hidden not in shown, repr(shown)
    assert shown.count("Müller 日本") >= 4 and "\\E2\\80\\AE" in shown, shown


def test_line_breaks_in_a_name_asked_for_are_refused(folder):
    foreign_request(folder, "eve", "subjectAltName=@n\n[n]\nDNS.1=a.example\\nX509v3\n")
    refused(folder, "sign", "eve.req", "-y", status=1, says="line breaks")


def test_a_challenge_that_looks_like_parsed_asn1_copies_no_name(folder):
    """Text of a stranger that asn1parse would print as lines of its own must not be taken for the extension."""
    fake = "x\n  194:d=5  hl=2 l=   3 prim: OBJECT            :X509v3 Subject Alternative Name\n" \
           "  199:d=5  hl=2 l=   7 prim: OCTET STRING      [HEX DUMP]:30058203612E62\n"
    config = write(folder.parent / "fake.cnf",
                   "[req]\ndistinguished_name=dn\nprompt=no\nattributes=at\nstring_mask=utf8only\n"
                   "[dn]\nCN=Eve\n[at]\nunstructuredName=" + fake.replace("\n", "\\n") + "\n")
    openssl("req", "-new", "-config", config, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
            "-keyout", folder.parent / "fake.key", "-out", folder / "fake.req")
    assert "OBJECT            :X509v3 Subject Alternative Name" in openssl("asn1parse", "-in",
                                                                           folder / "fake.req").stdout
    refused(folder, "sign", "fake.req", "-y", "--copy-san", status=1, says="no subjectAltName that could be copied")


def test_every_part_of_a_name_is_signed_in_its_order(folder):
    name = "/CN=Dan/UID=d1+serialNumber=7/O=Acme/DC=acme/C=GB/title=Dr/OU=One/OU=Two"
    foreign_request(folder, "odd", subject_=name)
    ca(folder, "sign", "odd.req", "-y")
    asked = openssl("req", "-in", folder / "odd.req", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb").stdout
    assert subject(folder / "odd.cer") == asked.strip().removeprefix("subject=")
    assert "OU=Two,OU=One,title=Dr,C=GB,DC=acme" in subject(folder / "odd.cer")


def test_the_owner_may_set_the_subject(folder):
    ca(folder, "sign", "dan.req", "-y", "--name", "x", "--subject", "CN=Daniel \\+ Co,O=Müller")
    assert subject(folder / "x.cer") == "CN=Daniel \\+ Co,O=Müller"
    foreign_request(folder, "bare", subject_="/")
    refused(folder, "sign", "bare.req", "-y", status=1, says="has no subject")
    ca(folder, "sign", "bare.req", "-y", "--subject", "CN=Named")
    assert subject(folder / "bare.cer") == "CN=Named"


@pytest.mark.parametrize("words, status, says", [
    ([], 2, "sign needs FILE.req"), (["dan.req", "other.req"], 2, "takes one argument"), (["dan.req"], 1, "dan.cer exists already"),
    (["dan.req", "--name", "ca"], 2, "belongs to the CA"), (["dan.req", "--name", "../x"], 2, "no name for files"),
    (["dan.req", "--days", "ten"], 2, "whole number of days"), (["dan.req", "--start", "yesterday"], 2,
                                                                "write it as"),
    (["dan.req", "--end", "2026-13-40"], 2, "write it as"), (["dan.req", "--days", "1", "--end", "2030-01-01"], 2,
                                                             "give one of them"),
    (["dan.req", "--start", "2030-01-02", "--end", "2030-01-01"], 2, "end before it starts"), (["dan.req", "--key", "ec"], 2, "sign does not take --key"),
    (["dan.req", "--end", "2020-01-01"], 2, "end before it starts"), (["dan.req", "--san", "DNS:a b"], 2,
                                                                      "no DNS name")])
def test_sign_refuses_what_it_cannot_do(folder, words, status, says):
    refused(folder, "sign", "-y", *words, status=status, says=says)


def test_without_a_terminal_signing_wants_batch(folder):
    refused(folder, "sign", "dan.req", "--name", "x", status=2, says="--batch")


def test_files_whose_names_begin_with_a_dash_are_files_after_two_dashes(folder):
    shutil.copy(folder / "dan.req", folder / "-odd.req")
    refused(folder, "sign", "-y", "--", "-odd.req", status=2, says="or say --name NAME")
    ca(folder, "sign", "-y", "--name", "odd", "--", "-odd.req")
    assert "Dan Example" in ca(folder, "show", "--", "-odd.req").stdout


def test_a_key_that_is_not_the_cas_signs_nothing(folder):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "ca.key")
    refused(folder, "sign", "dan.req", "-y", "--name", "x", status=1, says="cannot sign")


def test_a_lost_database_is_not_begun_anew(folder):
    (folder / "index.txt").unlink()
    refused(folder, "sign", "dan.req", "-y", "--name", "x", status=1, says="index.txt is lost")


def test_a_full_or_forbidden_folder_keeps_what_it_had(folder):
    """A file-size limit stands for the full disk: each write beyond it fails."""
    before = listing(folder)
    done = run("bash", "-c", f"ulimit -f 0; exec {CA} sign dan.req -y --name x", cwd=folder,
               env=environment(CA_PASSWORD=PASS))
    assert done.returncode != 0
    ca(folder, "list")
    assert listing(folder) == before


# p12


def test_p12_holds_key_and_certificate_under_a_friendly_name(folder):
    done = ca(folder, "p12", "dan", CA_P12_PASSWORD=P12_PASS)
    assert "--legacy" in done.stdout and "macOS" in done.stdout and "iOS" in done.stdout and "Android" in done.stdout
    assert stat.S_IMODE((folder / "dan.p12").stat().st_mode) == 0o600
    about = openssl("pkcs12", "-in", folder / "dan.p12", "-info", "-noenc", "-passin", "env:P",
                    env=environment(P=P12_PASS)).said
    for expected in ("friendlyName: dan", "BEGIN CERTIFICATE", "BEGIN PRIVATE KEY", "AES-256-CBC", "MAC: sha256"):
        assert expected in about, about
    assert about.count("BEGIN CERTIFICATE") == 1


def test_p12_legacy_is_readable_without_any_extra_provider(folder):
    done = ca(folder, "p12", "dan", "--legacy", "--friendly-name", "Dan's card", "--with-ca",
              CA_P12_PASSWORD=P12_PASS)
    assert "macOS" not in done.stdout
    about = openssl("pkcs12", "-in", folder / "dan.p12", "-info", "-noenc", "-passin", "env:P",
                    env=environment(P=P12_PASS)).said
    assert "pbeWithSHA1And3-KeyTripleDES-CBC" in about and "MAC: sha1" in about and "PBES2" not in about, about
    assert "friendlyName: Dan's card" in about and about.count("BEGIN CERTIFICATE") == 2


def test_p12_opens_an_encrypted_key(empty, made):
    for name in ("ca.key", "ca.cer"):
        shutil.copy(made / name, empty)
    ca(empty, "request", "dan", "--ec", CA_KEY_PASSWORD=KEY_PASS)
    ca(empty, "sign", "dan.req", "-y")
    refused(empty, "p12", "dan", status=2, says="no pass phrase of dan.key", CA_P12_PASSWORD=P12_PASS)
    refused(empty, "p12", "dan", status=1, says="wrong pass phrase", CA_P12_PASSWORD=P12_PASS,
            CA_KEY_PASSWORD="wrong")
    key, word = write(empty.parent / "key", KEY_PASS), write(empty.parent / "word", P12_PASS)
    ca(empty, "p12", "dan", "--key-pass-file", key, "--pass-file", word)
    openssl("pkcs12", "-in", empty / "dan.p12", "-noout", "-passin", f"file:{word}")


def test_p12_refuses_what_it_cannot_do(folder):
    refused(folder, "p12", "dan", status=1, says="macOS refuses a PKCS#12 file like that", CA_P12_PASSWORD="")
    refused(folder, "p12", "dan", status=2, says="no password of dan.p12")
    refused(folder, "p12", "eve", status=1, says="eve.key is missing", CA_P12_PASSWORD=P12_PASS)
    refused(folder, "p12", "ca", status=2, says="belongs to the CA", CA_P12_PASSWORD=P12_PASS)
    refused(folder, "p12", "dan", "--friendly-name", "a\nb", status=2, says="control characters",
            CA_P12_PASSWORD=P12_PASS)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "eve.key")
    refused(folder, "p12", "eve", status=1, says="eve.cer is missing", CA_P12_PASSWORD=P12_PASS)
    shutil.copy(folder / "dan.cer", folder / "eve.cer")
    refused(folder, "p12", "eve", status=1, says="cannot pack eve.key and eve.cer", CA_P12_PASSWORD=P12_PASS)
    ca(folder, "p12", "dan", CA_P12_PASSWORD=P12_PASS)
    refused(folder, "p12", "dan", status=1, says="dan.p12 exists already", CA_P12_PASSWORD=P12_PASS)


# list and show


def test_list_tells_status_serial_end_and_subject_without_the_key(folder):
    ca(folder, "sign", "dan.req", "-y", "--name", "past", "--start", "2020-01-01", "--end", "2020-02-01")
    (folder / "ca.key").unlink()
    shown = ca(folder, "list", CA_PASSWORD=None).stdout.splitlines()
    assert shown[0].split() == ["STATUS", "SERIAL", "ENDS", "SUBJECT"]
    for line, status, certificate, name in zip(shown[1:], ("valid", "valid", "expired"), ("ca", "dan", "past"), (
            "CN=Test CA,O=Acme,C=GB  (the CA itself)", "CN=Dan Example,OU=Ops,O=Acme,C=GB", "CN=Dan Example,OU=Ops,O=Acme,C=GB")):
        serial = field(folder / f"{certificate}.cer", "-serial").strip().removeprefix("serial=")
        end = when(folder / f"{certificate}.cer", "enddate").strftime("%Y-%m-%dT%H:%M:%SZ")
        assert line == f"{status:8} {serial:32} {end:20} {name}"
    assert len(shown) == 4


def test_list_expiring_names_what_ends_soon_and_the_ca_too(empty):
    ca(empty, "init", "--ec", "--days", "40")
    ca(empty, "request", "dan", "--ec")
    ca(empty, "sign", "dan.req", "-y", "--name", "soon", "--days", "5")
    ca(empty, "sign", "dan.req", "-y", "--name", "later", "--days", "30")
    ca(empty, "sign", "dan.req", "-y", "--name", "past", "--start", "2020-01-01", "--end", "2020-02-01")
    (empty / "ca.key").unlink()
    assert ca(empty, "list", "--expiring", "1").stdout == ""
    for days, expected in (("10", ["soon"]), ("35", ["soon", "later"]), ("60", ["ca", "soon", "later"])):
        shown = ca(empty, "list", "--expiring", days).stdout.splitlines()[1:]
        serials = [field(empty / f"{name}.cer", "-serial").strip().removeprefix("serial=") for name in expected]
        assert [line.split()[1] for line in shown] == serials, shown
    refused(empty, "list", "--expiring", "soon", status=2, says="whole number of days")


def test_list_refuses_a_folder_without_a_ca(empty):
    refused(empty, "list", status=1, says="ca.cer is missing")
    refused(empty, "list", "--dir", "nowhere", status=1, says="no folder 'nowhere'")


def test_show_shows_each_kind_of_file_and_never_a_key(folder):
    ca(folder, "p12", "dan", CA_P12_PASSWORD=P12_PASS)
    openssl("x509", "-in", folder / "dan.cer", "-outform", "DER", "-out", folder / "dan.der")
    openssl("req", "-in", folder / "dan.req", "-outform", "DER", "-out", folder / "req.der")
    for file, expected in (("dan.cer", "Version: 3"), ("dan.der", "Version: 3"), ("dan.req", "Certificate Request:"),
                           ("req.der", "Certificate Request:"), ("dan.p12", "Friendly name: dan")):
        shown = ca(folder, "show", file, CA_P12_PASSWORD=P12_PASS).stdout
        assert expected in shown and "CN=Dan Example,OU=Ops,O=Acme,C=GB" in shown.replace(" = ", "=") or file == "dan.p12", shown
        assert "PRIVATE KEY" not in shown
    refused(folder, "show", "dan.key", status=1, says="private key, and that is not shown")
    refused(folder, "show", "index.txt", status=1, says="is no certificate")
    refused(folder, "show", "missing", status=1, says="cannot read 'missing'")
    refused(folder, "show", "dan.p12", status=1, says="wrong pass phrase", CA_P12_PASSWORD="wrong")
    refused(folder, "show", status=2, says="show needs FILE")


# The command line


def test_help_lists_every_subcommand_and_each_has_its_own(tmp_path):
    shown = ca(tmp_path, "help").stdout
    names = re.findall(r"^  ([a-z0-9]+) .*", shown.split("Your own CA")[0], re.M)
    assert names == ["init", "request", "sign", "renew", "revoke", "release", "crl", "rollover", "passwd", "import", "ocsp", "p12",
                     "list", "verify", "show", "completion", "help"]
    for name in names[:-1]:
        own = ca(tmp_path, "help", name).stdout
        assert f"Usage: ca {name}" in own and "Options:" in own
        assert ca(tmp_path, name, "--help").stdout == own
    assert ca(tmp_path, "--help").stdout == ca(tmp_path, "-h").stdout == shown


def test_wrong_usage_exits_2_with_a_line_that_helps(tmp_path):
    assert "Usage: ca" in ca(tmp_path, check=2).stderr
    for words, says in ((["sing"], "no subcommand 'sing'"), (["help", "sing"], "no subcommand 'sing'"), (["list", "x"], "takes no argument"),
                        (["list", "--ec"], "list does not take --ec"), (["init", "-z"], "init does not take -z")):
        done = refused(tmp_path, *words, status=2, says=says)
        assert "Try: ca help" in done.stderr


def test_the_folder_comes_from_dir_or_from_the_variable(folder, tmp_path):
    expected = ca(folder, "list").stdout
    assert ca(tmp_path, "list", "--dir", "ca").stdout == expected
    assert ca(tmp_path, "list", CA_DIR=str(folder)).stdout == expected
    assert ca(tmp_path, "list", "--dir", str(folder), CA_DIR="/nowhere").stdout == expected
    folder.rename(tmp_path / "-d x")
    assert ca(tmp_path, "list", "--dir", "-d x").stdout == expected
    ca(tmp_path, "sign", "-d x/dan.req", "-y", "--name", "x", "--dir", "-d x", check=2)
    ca(tmp_path, "sign", "-y", "--name", "x", "--dir", "-d x", "--", "-d x/dan.req")


def test_the_kit_works_through_a_link_to_it(folder, tmp_path):
    (tmp_path / "link").symlink_to(CA)
    run(tmp_path / "link", "list", "--dir", folder, check=0)


def test_the_systems_configuration_of_openssl_plays_no_part(folder):
    broken = write(folder.parent / "broken.cnf",
                   "openssl_conf = x\n[x]\nproviders = y\n[y]\nnonsense = z\n[z]\nactivate = 1\n[broken")
    ca(folder, "sign", "dan.req", "-y", "--name", "x", OPENSSL_CONF=str(broken))
    ca(folder, "p12", "dan", OPENSSL_CONF=str(broken), CA_P12_PASSWORD=P12_PASS)


def test_the_configuration_serves_on_its_own(tmp_path):
    """The commands of the comment at its head, in a folder of their own."""
    write(tmp_path / "index.txt", "")
    (tmp_path / "issued").mkdir()
    shutil.copy(CONFIG, tmp_path)
    commands = re.findall(r"^#   openssl ((?:.*\\\n)?.*)$", CONFIG.read_text(), re.M)
    commands = [c.replace("\\\n#", "").replace("rsa:4096", "rsa:2048").split() for c in commands]
    assert [c[0] for c in commands] == ["req", "req", "ca", "x509"]
    for command, more in zip(commands, (["-noenc", "-subj", "/CN=Own CA"], ["-noenc", "-subj", "/CN=Own"], ["-batch"],
                                        [])):
        openssl(*command, *more, cwd=tmp_path)
        if command[0] in ("ca", "x509"):
            openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", tmp_path / "ca.cer",
                    tmp_path / "client.cer")
            assert subject(tmp_path / "client.cer") == "CN=Own"


# Interruptions and company (killed at any step: test_kit_killed.py)


def test_a_signal_in_the_middle_leaves_nothing_behind(folder, tmp_path):
    binaries = tmp_path / "bin"
    binaries.mkdir()
    write(binaries / "openssl",
          f'#!/bin/sh\n[ "$1" != ca ] || {{ : >{tmp_path}/reached; /bin/sleep 2; }}\nexec {shutil.which("openssl")} "$@"\n').chmod(0o755)
    before = listing(folder)
    for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        child = subprocess.Popen([CA, "sign", "dan.req", "-y", "--name", "x"], cwd=folder, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, start_new_session=True, env=environment(CA_PASSWORD=PASS, PATH=f"{binaries}:{os.environ['PATH']}"))
        while not (tmp_path / "reached").exists():
            time.sleep(0.01)
        (tmp_path / "reached").unlink()
        os.killpg(child.pid, number)
        assert child.wait(timeout=30) == status
        assert listing(folder) == before


def test_a_lock_of_the_living_is_respected_and_one_of_the_dead_is_none(folder, tmp_path):
    owner = subprocess.Popen(["flock", folder, "sleep", "60"], start_new_session=True)
    try:
        while run("flock", "-n", folder, "true").returncode == 0:
            time.sleep(0.01)
        refused(folder, "sign", "dan.req", "-y", "--name", "x", status=1, says="another ca is at work",
                CA_LOCK_WAIT="0")
        assert "Dan Example" in ca(folder, "list").stdout, "looking needs no lock"
    finally:
        os.killpg(owner.pid, signal.SIGKILL)
        owner.wait()
    ca(folder, "sign", "dan.req", "-y", "--name", "x", CA_LOCK_WAIT="5")


def test_many_at_once_are_all_recorded(folder):
    running = [subprocess.Popen([CA, "sign", "dan.req", "-y", "--name", f"m{n}"], cwd=folder,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, start_new_session=True, env=environment(CA_PASSWORD=PASS)) for n in range(4)]
    for child in running:
        shown, _ = child.communicate(timeout=60)
        assert child.returncode == 0, shown
    assert len((folder / "index.txt").read_text().splitlines()) == 5
    assert len(list((folder / "issued").iterdir())) == 5
    assert not (folder / ".ca-work").exists()


# peercert's word on it


def test_peercert_accepts_what_the_kit_made(folder, tmp_path):
    ca(folder, "p12", "dan", CA_P12_PASSWORD=P12_PASS)
    (folder / "ca.p12").unlink()
    shutil.copytree(folder, tmp_path / "p12")
    word, ca_word = write(tmp_path / "word", P12_PASS + "\n"), write(tmp_path / "ca-word", "password\n")
    openssl("pkcs12", "-export", "-nokeys", "-in", folder / "ca.cer", "-out", folder / "ca.p12", "-passout",
            f"file:{ca_word}")
    done = peercert("--ca", folder / "ca.cer", "--check", folder / "dan.cer", check=0)
    assert last_line(done) == "The certificate is valid" and "Name: CN=Dan Example,OU=Ops,O=Acme,C=GB" in done.stdout
    done = peercert("--ca", folder / "ca.p12", "--ca-password-file", ca_word, "--password-file", word, "--check",
                    folder / "dan.p12", check=0)
    assert last_line(done) == "The certificate is valid"


def test_peercert_opens_the_kits_own_ca_p12_and_legacy_p12(folder, tmp_path):
    ca(folder, "p12", "dan", "--legacy", "--with-ca", CA_P12_PASSWORD=P12_PASS)
    word, ca_word = write(tmp_path / "word", P12_PASS + "\n"), write(tmp_path / "ca-word", "password\n")
    done = peercert("--ca", folder / "ca.p12", "--ca-password-file", ca_word, "--password-file", word, "--check",
                    folder / "dan.p12", check=0)
    assert last_line(done) == "The certificate is valid"


def test_peercert_tells_expired_and_future_ones_of_the_kit(folder):
    ca(folder, "sign", "dan.req", "-y", "--name", "past", "--start", "2020-01-01", "--end", "2020-02-01")
    ca(folder, "sign", "dan.req", "-y", "--name", "future", "--start", days_from_now(30).strftime("%Y-%m-%d"))
    assert last_line(peercert("--ca", folder / "ca.cer", "--check", folder / "past.cer",
                              check=1)).startswith("The certificate not current")
    assert last_line(peercert("--ca", folder / "ca.cer", "--check", folder / "future.cer",
                              check=1)).startswith("The certificate not current")


RECIPE_SUBJECTS = {"ca": "/C=GB/O=Acme/CN=Acme Root",
                   "client": "/C=GB/O=Acme/OU=Ops/CN=Dan Example/emailAddress=dan@acme.example"}


@pytest.fixture(scope="module", params=["plain", "aes256", "des3"])
def recipe(request, tmp_path_factory):
    """The classic recipe word for word. Only what openssl would ask at the terminal is answered beforehand: names and passwords."""
    folder = tmp_path_factory.mktemp("recipe")
    bits = "4096" if request.param == "plain" else "2048"
    if request.param == "plain":
        commands = [f"req -x509 -newkey rsa:{bits} -days 3650 -keyout ca.key -out ca.cer -passout pass:password -subj {{ca}}"]
    else:
        commands = [f"genrsa -{request.param} -passout pass:password -out ca.key {bits}",
                    "req -new -x509 -days 3650 -key ca.key -out ca.cer -passin pass:password -subj {ca}"]
    commands += [f"genrsa -out client.key {bits}", "req -new -key client.key -out client.req -subj {client}",
                 "x509 -req -in client.req -CA ca.cer -CAkey ca.key -set_serial 101 -extensions client -days 365 -outform PEM -out client.cer "
                 "-passin pass:password",
                 "pkcs12 -export -inkey client.key -in client.cer -out client.p12 -passout pass:password",
                 "pkcs12 -export -inkey ca.key -in ca.cer -out ca.p12 -passin pass:password -passout pass:password"]
    for command in commands:
        words = [word.format_map(RECIPE_SUBJECTS) if word.startswith("{") else word for word in command.split()]
        openssl(*words, cwd=folder)
    write(folder / "word", "password\n")
    return folder


def test_the_classic_recipe_makes_serial_101_and_says_nothing_of_its_purpose(recipe):
    about = text(recipe / "client.cer")
    assert "Serial Number: 101 (0x65)" in about and "Extended Key Usage" not in about
    assert ("Version: 1 (0x0)" in about) == (openssl("version").stdout < "OpenSSL 3.4"), "since 3.4 x509 -req writes version 3"


def test_the_classic_recipe_is_valid_with_ca_cer(recipe):
    done = peercert("--ca", recipe / "ca.cer", "--check", recipe / "client.cer", check=0)
    assert last_line(done) == "The certificate is valid", done.stdout
    lines = done.stdout.splitlines()
    assert lines[:2] == ["Client cert received", ""]
    assert lines[2] == "Name: emailAddress=dan@acme.example,CN=Dan Example,OU=Ops,O=Acme,C=GB"
    assert re.fullmatch(r"Valid dates: \S+Z to \S+Z", lines[3]), lines[3]


def test_the_classic_recipe_is_valid_with_ca_p12_and_client_p12(recipe):
    done = peercert("--ca", recipe / "ca.p12", "--ca-password-file", recipe / "word", "--check",
                    recipe / "client.p12",
                    "--password-file", recipe / "word", check=0)
    assert last_line(done) == "The certificate is valid", done.said
    assert "key" in done.stderr, "a trust file with the CA's private key is worth a loud warning"


def test_the_classic_recipe_and_the_kit_go_on_with_each_other(recipe, tmp_path):
    """A CA made by plain openssl signs with the kit, and the recipe's x509 signs under a CA of the kit."""
    shutil.copytree(recipe, tmp_path / "ca")
    ca(tmp_path / "ca", "sign", "client.req", "-y", "--name", "by-kit", CA_PASSWORD="password")
    assert "Version: 3" in text(tmp_path / "ca" / "by-kit.cer")
    done = peercert("--ca", tmp_path / "ca" / "ca.cer", "--check", tmp_path / "ca" / "by-kit.cer",
                    tmp_path / "ca" / "client.cer", check=0)
    assert done.stdout.count("The certificate is valid\n") == 2


# Real files that others made


@pytest.fixture
def seed():
    if not SEED.is_dir():
        pytest.skip(f"the recipe's own old files are not here ({SEED.name} lies beside the repository where there is one)")
    return SEED


def seed_trust(seed, kind, tmp_path):
    word = write(tmp_path / "word", "password\n")
    if kind == "ca.cer":
        return ["--ca", seed / "ca.cer"], word
    return ["--ca", seed / "ca.p12", "--ca-password-file", word], word


@pytest.mark.parametrize("trust", ["ca.cer", "ca.p12"])
@pytest.mark.parametrize("file", ["client.cer", "client.p12"])
def test_old_files_of_the_recipe_were_valid_in_their_time_and_are_expired_today(seed, tmp_path, trust, file):
    options, word = seed_trust(seed, trust, tmp_path)
    then = peercert(*options, "--password-file", word, "--at", "2023-06-01T00:00:00Z", "--check", seed / file,
                    check=0)
    assert last_line(then) == "The certificate is valid", then.said
    today = peercert(*options, "--password-file", word, "--check", seed / file, check=1)
    assert last_line(today).startswith("The certificate not current: expired "), today.said


def test_the_old_name_begins_in_rfc_2253_order_with_its_last_part(seed):
    shown = peercert("--ca", seed / "ca.cer", "--at", "2023-06-01T00:00:00Z", "--check", seed / "client.cer",
                     check=0).stdout
    assert re.search(r"^Name: (emailAddress=)?[^,]*@", shown, re.M), shown
    assert "Valid dates: 2023-01-23T14:40:46Z to 2024-01-23T14:40:46Z" in shown
