"""certs/ca p12, list and show."""

import shutil
import stat

from kit import KEY_PASS, P12_PASS, ca, empty, environment, field, folder, has_all, made, openssl, refused, when, write  # noqa: F401


# p12


def test_p12_holds_key_and_certificate_under_a_friendly_name(folder):
    done = ca(folder, "p12", "dan", CA_P12_PASSWORD=P12_PASS)
    assert "--legacy" in done.stdout and "macOS" in done.stdout and "iOS" in done.stdout and "Android" in done.stdout
    assert stat.S_IMODE((folder / "dan.p12").stat().st_mode) == 0o600
    about = openssl("pkcs12", "-in", folder / "dan.p12", "-info", "-noenc", "-passin", "env:P",
                    env=environment(P=P12_PASS)).said
    has_all(about, "friendlyName: dan", "BEGIN CERTIFICATE", "BEGIN PRIVATE KEY", "AES-256-CBC", "MAC: sha256")
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
