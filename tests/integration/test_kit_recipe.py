"""What the kit and the classic recipe of plain openssl commands make, judged by peercert (PEERCERT names another binary than
build/peercert)."""

import re
import shutil

import pytest

from kit import P12_PASS, ROOT, ca, days_from_now, folder, last_line, made, openssl, peercert, text, write  # noqa: F401

SEED = ROOT.parent / "shared" / "seed-certs"


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
