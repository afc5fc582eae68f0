"""certs/ca sign: what is signed, recorded, shown, and refused."""

import datetime
import re
import shutil
import stat
import subprocess

import pytest

from kit import (CA, CONFIG, PASS, SANS, SAN_TEXT, ca, days_from_now, empty, environment, field, folder, has_all, listing,  # noqa: F401
                 made, near, one_colon, openssl, refused, run, subject, text, utc, when, write)


def test_what_is_signed_is_a_v3_client_certificate_that_openssl_verifies(folder):
    about = text(folder / "dan.cer")
    has_all(about, "Version: 3", "Issuer: CN=Test CA,O=Acme,C=GB", "Subject: CN=Dan Example,OU=Ops,O=Acme,C=GB",
            "X509v3 Basic Constraints: critical\n                CA:FALSE\n",
            "X509v3 Key Usage: critical\n                Digital Signature\n",
            "X509v3 Extended Key Usage: \n                TLS Web Client Authentication\n",
            "X509v3 Subject Key Identifier", "X509v3 Authority Key Identifier")
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


@pytest.mark.parametrize("names", [
    "DNS:a.example,otherName:1.3.6.1.5.2.2;SEQUENCE:principal",
    "email:eve@acme.example,otherName:1.3.6.1.5.5.7.8.8;PRINTABLESTRING:acme",
    "otherName:1.2.3.4.5;OCTETSTRING:root@acme",
])
def test_a_name_that_openssl_cannot_show_is_not_copied(folder, names):
    """Nobody can agree to what nobody sees, such as the Kerberos principal root@ACME."""
    foreign_request(folder, "eve", f"subjectAltName={names}\n[principal]\nrealm=EXP:0,GENERALSTRING:ACME\n"
                    "name=EXP:1,SEQUENCE:root\n[root]\ntype=EXP:0,INTEGER:1\nparts=EXP:1,SEQUENCE:parts\n[parts]\n"
                    "only=GENERALSTRING:root\n")
    refused(folder, "sign", "eve.req", "-y", "--copy-san", status=1, says="a name that OpenSSL cannot show")
    ca(folder, "sign", "eve.req", "-y", "--san", "email:eve@acme.example")
    assert "email:eve@acme.example\n" in text(folder / "eve.cer")


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


def test_the_key_of_the_ca_itself_is_no_clients(folder):
    foreign_request(folder, "own", key=("-new", "-key", folder / "ca.key", "-passin", f"pass:{PASS}"))
    refused(folder, "sign", "own.req", "-y", status=1, says="the CA's own key")


def test_thousands_of_names_are_not_copied(folder):
    for number, most in ((251, False), (250, True)):
        names = ",".join(f"IP:192.0.2.{i}" for i in range(number))
        foreign_request(folder, f"names{number}", f"subjectAltName={names}\n")
        if most:
            ca(folder, "sign", f"names{number}.req", "-y", "--copy-san")
        else:
            refused(folder, "sign", f"names{number}.req", "-y", "--copy-san", status=1, says="more than 250 names")
            ca(folder, "sign", f"names{number}.req", "-y")


def test_the_name_of_the_ca_itself_is_no_clients(folder):
    """Such a certificate looks like one that signed itself; case and blanks make no difference."""
    own = subject(folder / "ca.cer")
    for number, name in enumerate((own, own.replace("Test", "TEST"), own.replace(" ", "  "))):
        foreign_request(folder, f"own{number}", subject_="".join(f"/{part}" for part in reversed(name.split(","))))
        refused(folder, "sign", f"own{number}.req", "-y", status=1, says="the CA's own name")
    refused(folder, "sign", "dan.req", "-y", "--name", "x", "--subject", own, status=1, says="the CA's own name")
    assert not (folder / "x.cer").exists()
    ca(folder, "sign", "own0.req", "-y", "--subject", "CN=Dan Other")


def test_a_subject_with_control_characters_is_not_signed(folder):
    """In whatever string type; a backslash before digits is a name like another."""
    for number, name in enumerate(("a\nb", "a\x1b[31mb", "a\x7fb")):
        foreign_request(folder, f"odd{number}", subject_=f"/CN={name}")
        refused(folder, "sign", f"odd{number}.req", "-y", status=1, says="a subject with control characters")
        assert not (folder / f"odd{number}.cer").exists()
    ca(folder, "sign", "odd0.req", "-y", "--subject", "CN=Dan Even")
    foreign_request(folder, "backslash", subject_="/CN=a\\\\0Ab")
    ca(folder, "sign", "backslash.req", "-y")


def test_rsa_exponents_that_are_not_safe_are_refused(folder):
    """1, with which anybody signs, and an even one: of public keys alone, as the request's own signature would show the rest."""
    script = f". '{CA.parent}/lib/requests.sh'; safe_exponent \"$1\""
    for text, safe in (("Exponent: 65537 (0x10001)", True), ("Exponent: 3 (0x3)", True), ("Exponent: 1 (0x1)", False),
                       ("Exponent: 0 (0x0)", False), ("Exponent: 65536 (0x10000)", False), ("Exponent:\n    01:00:00", False),
                       ("RSA Public-Key: (2048 bit)\nModulus:\n    00:c4:29\nExponent: 65537 (0x10001)\n", True)):
        assert (subprocess.run(["bash", "-c", script, "kit", text]).returncode == 0) == safe, text


def test_what_is_no_request_is_refused(folder):
    write(folder / "junk.req", "junk")
    (folder / "big.req").write_bytes(b"x" * 70000)
    for file, says in (("junk.req", "no certificate request"), ("dan.cer", "no certificate request"), ("dan.key", "no certificate request"),
                       ("big.req", "too large"), ("missing.req", "cannot read the request"), (".", "cannot read the request")):
        refused(folder, "sign", file, "-y", "--name", "x", status=1, says=says)


def test_hostile_names_do_not_reach_the_terminal_and_sign_as_they_are(folder):
    foreign_request(folder, "eve", subject_="/CN=a\u202eb\u200b\u0085/O=Müller 日本")
    shown = ca(folder, "sign", "eve.req", "-y").said
    # What the kit itself does not sign, the CA may have signed without it.
    foreign_request(folder, "ann", subject_="/CN=a\x1b[31mb")
    openssl("x509", "-req", "-in", folder / "ann.req", "-CA", folder / "ca.cer", "-CAkey", folder / "ca.key", "-passin", f"pass:{PASS}",
            "-set_serial", 10, "-days", 5, "-out", folder / "ann.cer")
    shown += ca(folder, "sign", "ann.req", "-y", check=1).said + ca(folder, "revoke", "ann.cer", "-y").said + ca(folder, "list").said
    shown += "".join(ca(folder, "show", f"{name}.{kind}").said for name in ("eve", "ann") for kind in ("req", "cer"))
    assert len(re.findall(r"\\x?1B\[31m", shown)) == 5, shown
    for hidden in ("\u202e", "\x1b", "\u200b", "\u0085"):
        assert hidden not in shown, repr(shown)
    assert shown.count("Müller 日本") >= 4 and "\\E2\\80\\AE" in shown, shown


def test_line_breaks_in_a_name_asked_for_are_refused(folder):
    foreign_request(folder, "eve", "subjectAltName=@n\n[n]\nDNS.1=a.example\\nX509v3\n")
    refused(folder, "sign", "eve.req", "-y", status=1, says="line breaks")
    foreign_request(folder, "ann", "2.5.29.17=DER:3000\n")
    refused(folder, "sign", "ann.req", "-y", "--copy-san", status=1, says="an empty subjectAltName")


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
