"""certs/ca takes certificates back: revoke, renew, CRLs signed ahead, OCSP. peercert and openssl judge."""

import re
import shutil
import signal
import subprocess

import pytest

from kit import (CA, PASS, ca, days_from_now, empty, environment, field, folder, has_all, last_line, listing,  # noqa: F401
                 made, near, openssl, peercert, refused, run, subject, text, utc, when, write)


def serial(certificate):
    return field(certificate, "-serial").strip().removeprefix("serial=")


def rows(folder):
    return [line.split("\t") for line in (folder / "index.txt").read_text().splitlines()]


def numbers(folder, file="ca.crl"):
    """The cRLNumber of each CRL in a file."""
    blocks = re.findall("-----BEGIN X509 CRL-----.*?-----END X509 CRL-----\n", (folder / file).read_text(), re.S)
    return [int(openssl("crl", "-noout", "-crlnumber", input=block).stdout.split("=")[1], 16) for block in blocks]


def series(folder):
    """The lines of ca.crls: signer, number, from, until."""
    return [(name, int(number, 16), int(begin), int(end)) for name, number, begin, end in
            re.findall(r"^CRL (\S+) (\S+) (\d+) (\d+)$", (folder / "ca.crls").read_text(), re.M)]


def at(seconds):
    return ["--at", run("date", "-u", "-d", f"@{seconds}", "+%Y-%m-%dT%H:%M:%SZ").stdout.strip()]


def verdict(folder, certificate, *options, crl="ca.crl", trust="ca.cer"):
    done = peercert("--ca", folder / trust, *(["--crl", folder / crl] if crl else []), *options, "--check",
                    folder / certificate, check=None)
    line = last_line(done)
    assert (done.returncode == 0) == (line == "The certificate is valid"), done.said
    return line


# revoke


def test_a_revoked_certificate_is_told_as_such_with_reason_and_date(folder):
    ca(folder, "crl")
    assert verdict(folder, "dan.cer") == "The certificate is valid"
    done = ca(folder, "revoke", "dan.cer", "-y", "--reason", "KeyCompromise")
    assert f"Revoked: {serial(folder / 'dan.cer')}" in done.stdout and "CN=Dan Example,OU=Ops,O=Acme,C=GB: 0" in done.stdout
    line = verdict(folder, "dan.cer")
    assert line.startswith("The certificate is not valid: ") and "revoked" in line, line
    assert days_from_now(0).strftime("%Y-%m-%d") in line and re.search("key ?compromise", line, re.I), line
    assert rows(folder)[0][0] == "R" and rows(folder)[0][2].endswith(",keyCompromise")
    shown = ca(folder, "list").stdout
    assert re.search(rf"^revoked +{serial(folder / 'dan.cer')} .*\(20\S+Z, keyCompromise\)$", shown, re.M), shown


def test_a_serial_number_is_enough_and_its_form_is_free(folder):
    number = serial(folder / "dan.cer")
    (folder / "dan.cer").unlink()
    (folder / "issued" / f"{number}.pem").unlink()
    ca(folder, "revoke", ":".join(re.findall("..", number.lower())), "-y")
    assert rows(folder)[0][2] and "," not in rows(folder)[0][2], "no reason was given, so none is written"
    refused(folder, "revoke", "0x" + number, "-y", status=1, says="is revoked already: 20")


def test_a_hold_becomes_final_and_nothing_else_is_said_twice(folder):
    ca(folder, "revoke", "dan.cer", "-y", "--reason", "certificateHold")
    refused(folder, "revoke", "dan.cer", "-y", status=1, says="is revoked already")
    ca(folder, "revoke", "dan.cer", "-y", "--reason", "cessationOfOperation")
    assert "Cessation Of Operation" in openssl("crl", "-in", folder / "ca.crl", "-noout", "-text").stdout
    refused(folder, "revoke", "dan.cer", "-y", "--reason", "superseded", status=1, says="is revoked already")
    assert numbers(folder) == [2]


@pytest.mark.parametrize("words, status, says", [
    ([], 2, "revoke needs FILE.cer"), (["dan.cer", "--reason", "boredom"], 2, "the reasons are unspecified keyCompromise"),
    (["dan.cer", "--reason", "removeFromCRL"], 2, "delta CRLs"), (["dan.cer", "--reason", "privilegeWithdrawn"], 2, "OpenSSL cannot write"),
    (["nobody"], 1, "there is no certificate 'nobody'"), (["ABCD"], 1, "no certificate with the serial number ABCD"),
    (["dan.req"], 1, "holds no certificate"), (["ca.cer"], 1, "is the CA itself"), (["stranger.cer"], 1, "was not signed by the CA")])
def test_revoke_refuses_what_it_cannot_do(folder, words, status, says):
    """A stranger's certificate with the same serial number is not taken for one of the CA's."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", folder.parent / "key",
            "-subj", "/CN=Test CA", "-set_serial", "0x" + serial(folder / "dan.cer"), "-out", folder / "stranger.cer")
    refused(folder, "revoke", "-y", *words, status=status, says=says)


def test_without_a_pass_phrase_or_consent_nothing_is_revoked(folder):
    refused(folder, "revoke", "dan.cer", status=2, says="--batch")
    refused(folder, "revoke", "dan.cer", "-y", status=1, says="wrong pass phrase", CA_PASSWORD="wrong")
    refused(folder, "revoke", "dan.cer", "-y", status=2, says="no pass phrase of ca.key", CA_PASSWORD=None)


def test_what_plain_openssl_signed_can_be_revoked_and_renewed_too(folder):
    openssl("x509", "-req", "-in", folder / "dan.req", "-CA", folder / "ca.cer", "-CAkey", folder / "ca.key", "-set_serial", "101",
            "-passin", "env:P", "-out", folder / "plain.cer", env=environment(P=PASS))
    shutil.copy(folder / "dan.req", folder / "plain.req")
    done = ca(folder, "renew", "plain.cer", "-y")
    assert "O=Acme,C=GB: 3" in done.stdout and (folder / "issued" / "65.pem").exists()
    assert serial(folder / "plain.cer") != "65" and "Version: 3" in text(folder / "plain.cer")
    ca(folder, "revoke", "65", "-y")
    assert "revoked" in verdict(folder, "issued/65.pem")
    assert verdict(folder, "plain.cer") == "The certificate is valid"


# crl


def test_a_crl_says_what_rfc_5280_wants_and_lasts_as_long_as_told(folder):
    ca(folder, "crl", "--hours", "5")
    about = openssl("crl", "-in", folder / "ca.crl", "-noout", "-text").stdout
    has_all(about, "Version 2", "X509v3 Authority Key Identifier", "X509v3 CRL Number", "No Revoked Certificates")
    [(name, number, begin, end)] = series(folder)
    assert (name, number, end - begin) == ("ca", 1, 5 * 3600) and begin <= days_from_now(0).replace(tzinfo=None).timestamp() + 86400
    ca(folder, "crl")
    assert [(n, e - b) for _, n, b, e in series(folder)] == [(2, 5 * 3600)], "it goes on as the last time"
    assert openssl("crl", "-in", folder / "ca.crl", "-CAfile", folder / "ca.cer", "-noout").said.strip() == "verify OK"


def test_a_stale_crl_leaves_revocation_unknown(folder):
    ca(folder, "crl", "--hours", "1")
    end = series(folder)[0][3]
    assert verdict(folder, "dan.cer", *at(end - 60)) == "The certificate is valid"
    line = verdict(folder, "dan.cer", *at(end + 60))
    assert line.startswith("The certificate is not valid: ") and "CRL" in line, line


def test_a_series_signed_ahead_has_no_gap_and_each_revocation_signs_it_anew(folder):
    ca(folder, "crl", "--days", "4", "--ahead", "3")
    first = series(folder)
    assert [number for _, number, _, _ in first] == [1, 2, 3, 4] and numbers(folder, "ca.crls") == [1, 2, 3, 4]
    for (_, _, begin, end), (_, _, following, _) in zip(first, first[1:]):
        assert end - begin == 4 * 86400 and following == begin + 3 * 86400
    blocks = (folder / "ca.crls").read_text().split("CRL ca ")[1:]
    write(folder / "later.crl", blocks[2].split("\n", 1)[1])
    middle = at(first[2][2] + 60)
    assert verdict(folder, "dan.cer", *middle, crl="later.crl") == "The certificate is valid"
    ca(folder, "revoke", "dan.cer", "-y")
    assert [number for _, number, _, _ in series(folder)] == [5, 6, 7, 8], "every one of them is signed anew"
    blocks = (folder / "ca.crls").read_text().split("CRL ca ")[1:]
    write(folder / "later.crl", blocks[2].split("\n", 1)[1])
    assert "revoked" in verdict(folder, "dan.cer", *middle, crl="later.crl")
    ca(folder, "crl", "--ahead", "0")
    assert numbers(folder, "ca.crls") == [9]


def age(folder, seconds):
    """Lets the series look as if that time had gone by since it was signed: its lines say when each is due."""
    content = (folder / "ca.crls").read_text()
    write(folder / "ca.crls", re.sub(r"^(CRL \S+ \S+) (\d+) (\d+)$", lambda line:
                                     f"{line[1]} {int(line[2]) - seconds} {int(line[3]) - seconds}", content, flags=re.M))


def test_install_puts_what_is_due_in_force_without_a_key_and_warns_in_time(folder):
    ca(folder, "crl", "--days", "4", "--ahead", "3")
    (folder / "ca.key").unlink()
    before = listing(folder)
    assert ca(folder, "crl", "--install", CA_PASSWORD=None).said == "", "cron mails what is said: nothing to say"
    assert listing(folder) == before
    for days, number in ((4, 2), (8.7, 3)):
        age(folder, int(days * 86400))
        assert "(the CRL: ca crl --install is due)" in ca(folder, "list").stdout
        done = ca(folder, "crl", "--install", CA_PASSWORD=None)
        assert numbers(folder) == [number], f"after {days} days"
        assert ("Warning: the last CRL ends on" in done.stderr) == (number == 3), done.said
        age(folder, -int(days * 86400))
    age(folder, 20 * 86400)
    refused(folder, "crl", "--install", status=1, says="the last CRL that was signed ended on", CA_PASSWORD=None)
    write(folder / "ca.crl", (folder / "ca.crls").read_text().split("CRL ca ")[4].split("\n", 1)[1])
    shown = ca(folder, "list", "--expiring", "1", CA_PASSWORD=None).stdout
    assert re.search(r"^expired +04 .*\(the CRL\)$", shown, re.M), shown


def test_list_expiring_tells_of_the_crl_without_the_key(folder):
    ca(folder, "crl", "--days", "5", "--ahead", "1")
    (folder / "ca.key").unlink()
    assert ca(folder, "list", "--expiring", "7", CA_PASSWORD=None).stdout == ""
    shown = ca(folder, "list", "--expiring", "10", CA_PASSWORD=None).stdout.splitlines()
    assert len(shown) == 2 and shown[1].endswith("(the CRL, with 1 to come)") and shown[1].startswith("valid    01 "), shown


@pytest.mark.parametrize("words, says", [
    (["--days", "1", "--hours", "1"], "give one of them"), (["--ahead", "-1"], "whole number"), (["--hours", "0"], "whole number"),
    (["--install", "--ahead", "3"], "--install takes what was signed"), (["x"], "takes no argument"), (["--ahead", "521"], "from 0 to 520")])
def test_crl_refuses_what_it_cannot_do(folder, words, says):
    refused(folder, "crl", *words, status=2, says=says)


def test_a_lost_number_or_series_is_not_begun_anew(folder):
    refused(folder, "crl", "--install", status=1, says="ca.crls is missing")
    ca(folder, "crl")
    (folder / "crlnumber").unlink()
    refused(folder, "crl", status=1, says="crlnumber is lost")


# renew


def test_a_renewed_certificate_is_the_same_but_for_serial_and_dates(folder):
    ca(folder, "sign", "dan.req", "-y", "--name", "d", "--copy-san", "--days", "90", "--subject", "CN=Dän \\+ Co,O=Acme")
    old, was = serial(folder / "d.cer"), text(folder / "d.cer")
    done = ca(folder, "renew", "d.cer", "-y")
    new = serial(folder / "d.cer")
    assert new != old and f"Renewed: ./d.cer, serial {new}" in done.stdout
    assert "CN=Dän \\+ Co,O=Acme: 2\n" in done.stdout and old in done.stdout and f"ca revoke {old}" in done.stdout, done.stdout
    assert near(when(folder / "d.cer", "enddate"), days_from_now(90))

    def same(about):
        return re.sub(r"(Serial Number|Signature Value):\s+([0-9a-f]{2}:?\s*)+|Not \w+ *:.*", "", about)
    assert same(text(folder / "d.cer")) == same(was)
    assert subject(folder / "d.cer") == "CN=Dän \\+ Co,O=Acme" and "email:dan@acme.example" in was
    ca(folder, "crl")
    assert verdict(folder, "d.cer") == "The certificate is valid"
    ca(folder, "revoke", old, "-y", "--reason", "superseded")
    assert verdict(folder, "d.cer") == "The certificate is valid"
    assert "revoked" in verdict(folder, f"issued/{old}.pem"), "the old one can still be revoked"


def test_a_part_of_the_subject_with_the_name_of_an_extension_is_not_one(folder):
    ca(folder, "request", "odd", "--subject", "/subjectAltName=x/CN=odd")
    ca(folder, "sign", "odd.req", "-y")
    ca(folder, "renew", "odd", "-y")
    assert "Subject Alternative Name" not in field(folder / "odd.cer", "-text")


def test_renew_finds_the_request_again_or_says_what_is_missing(folder):
    number = serial(folder / "dan.cer")
    (folder / "dan.req").unlink()
    ca(folder, "renew", "dan", "-y", "--days", "10", "--name", "next")
    assert near(when(folder / "next.cer", "enddate"), days_from_now(10)) and serial(folder / "dan.cer") == number
    refused(folder, "renew", "dan", "-y", "--name", "next", status=1, says="next.cer exists already")
    (folder / "requests" / f"{number}.req").unlink()
    refused(folder, "renew", "dan", "-y", status=1, says=f"the request of {number} is not here")
    ca(folder.parent, "request", "dan", "--ec")
    shutil.copy(folder.parent / "dan.req", folder)
    refused(folder, "renew", "dan", "-y", status=1, says="holds another key")


def test_renew_refuses_a_revoked_one_and_another_file_of_that_name(folder):
    shutil.copy(folder / "dan.cer", folder.parent / "dan.cer")
    write(folder / "dan.cer", "something of the owner's")
    refused(folder, "renew", folder.parent / "dan.cer", "-y", status=1, says="dan.cer exists already")
    ca(folder, "revoke", folder.parent / "dan.cer", "-y", "--reason", "superseded")
    refused(folder, "renew", folder.parent / "dan.cer", "-y", "--name", "x", status=1, says="was revoked: 20")


def test_two_at_once_are_both_recorded(folder):
    """A sign and a revocation: neither is lost in the other's copy of the database."""
    running = [subprocess.Popen([CA, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, start_new_session=True, env=environment(CA_PASSWORD=PASS, CA_LOCK_WAIT="60"))
               for words in (["sign", "dan.req", "-y", "--name", "a"], ["revoke", "dan.cer", "-y"], ["sign", "dan.req", "-y", "--name", "b"])]
    for child in running:
        shown, _ = child.communicate(timeout=60)
        assert child.returncode == 0, shown
    assert sorted(row[0] for row in rows(folder)) == ["R", "V", "V"]
    assert {row[3] for row in rows(folder)} == {serial(folder / f"{name}.cer") for name in ("dan", "a", "b")}


# ocsp


@pytest.fixture
def responder(folder):
    """Starts `ca ocsp` and gives its address."""
    running = []

    def start(*options):
        child = subprocess.Popen([CA, "ocsp", "--port", "0", *options], cwd=folder, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, text=True, start_new_session=True, env=environment(CA_PASSWORD=PASS))
        running.append(child)
        line = child.stdout.readline()
        assert re.fullmatch(r"OCSP responder: http://127\.0\.0\.1:\d+/\n", line), line
        return child, line.split(": ", 1)[1].strip()
    yield start
    for child in running:
        child.kill()
        child.wait()
        child.stdout.close()


def ask(folder, certificate, url):
    done = openssl("ocsp", "-issuer", folder / "ca.cer", "-cert", folder / certificate, "-url", url, "-CAfile", folder / "ca.cer",
                   check=None)
    assert "Response verify OK" in done.said, done.said
    return re.search(r"^.*\.cer: (\w+)", done.stdout, re.M)[1]


@pytest.mark.parametrize("options", [[], ["--ca-key"]])
def test_ocsp_answers_good_revoked_and_unknown_from_the_living_database(folder, responder, options):
    ca(folder, "sign", "dan.req", "-y", "--name", "other")
    openssl("x509", "-req", "-in", folder / "dan.req", "-CA", folder / "ca.cer", "-CAkey", folder / "ca.key", "-set_serial", "7",
            "-passin", "env:P", "-out", folder / "unrecorded.cer", env=environment(P=PASS))
    child, url = responder(*options)
    assert [ask(folder, f"{name}.cer", url) for name in ("dan", "other", "unrecorded")] == ["good", "good", "unknown"]
    ca(folder, "revoke", "dan.cer", "-y", "--reason", "superseded")
    assert [ask(folder, f"{name}.cer", url) for name in ("dan", "other")] == ["revoked", "good"]
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=10) == -signal.SIGTERM
    if not options:
        about = text(folder / "ca-ocsp.cer")
        assert "OCSP Signing" in about and "OCSP No Check" in about and "CA:FALSE" in about, about
        signer = serial(folder / "ca-ocsp.cer")
        (folder / "ca.key").rename(folder / "key.away")
        _, url = responder()
        assert ask(folder, "dan.cer", url) == "revoked" and serial(folder / "ca-ocsp.cer") == signer, "it needs no key while its signer lives"


def test_ocsp_takes_get_and_survives_nonsense(folder, responder):
    _, url = responder()
    request = folder / "request.der"
    openssl("ocsp", "-issuer", folder / "ca.cer", "-cert", folder / "dan.cer", "-no_nonce", "-reqout", request)
    word = openssl("base64", "-A", "-in", request).stdout.replace("+", "%2B").replace("/", "%2F")
    curl = ["curl", "-s", "--noproxy", "*", "-o", folder / "answer.der", "-w", "%{http_code} %{content_type}"]
    assert run(*curl, url).stdout == "400 text/plain"
    assert run(*curl, "--data-binary", "junk", url).stdout.startswith(("200", "500"))
    assert run(*curl, "-X", "DELETE", url).stdout == "400 text/plain"
    assert run(*curl, url + word).stdout == "200 application/ocsp-response"
    done = openssl("ocsp", "-issuer", folder / "ca.cer", "-cert", folder / "dan.cer", "-respin", folder / "answer.der", "-CAfile",
                   folder / "ca.cer")
    assert "dan.cer: good" in done.stdout


def test_ocsp_refuses_what_it_cannot_do(folder):
    refused(folder, "ocsp", "--port", "70000", status=2, says="--port 70000")
    refused(folder, "ocsp", status=1, says="wrong pass phrase", CA_PASSWORD="wrong")


def test_serial_numbers_are_compared_as_text(folder):
    """As numbers 01E2 and 0100 are both a hundred, as an awk has them."""
    with (folder / "index.txt").open("a") as index:
        for name in ("01E2", "0100"):
            index.write(f"V\t400101000000Z\t\t{name}\tunknown\t/CN={name}\n")
    found = ca(folder, "revoke", "0100", "--batch", "--reason", "keyCompromise")
    assert "Valid certificates of CN=0100: 0" in found.stdout
    assert {row[3]: row[0] for row in rows(folder)[-2:]} == {"01E2": "V", "0100": "R"}
    ca(folder, "revoke", "01E2", "--batch", "--reason", "certificateHold")
    ca(folder, "release", "01E2", "--batch")
    assert {row[3]: row[0] for row in rows(folder)[-2:]} == {"01E2": "V", "0100": "R"}
