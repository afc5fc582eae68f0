"""certs/ca over the years of a CA: servers, another pass phrase, holds, verify, settings, completion, the manual."""

import os
import re
import shutil
import stat

import pytest

from kit import (CA, PASS, KEY_PASS, P12_PASS, PURPOSES, at_terminal, ca, days_from_now, empty, environment, field, folder,  # noqa: F401
                 last_line, listing, made, near, openssl, peercert, refused, run, subject, text, when, write)


def serial(certificate):
    return field(certificate, "-serial").strip().removeprefix("serial=")


def usable(folder, name, purpose):
    return run("openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", folder / "ca.cer", folder / f"{name}.cer").returncode == 0


# Servers


@pytest.fixture(scope="module")
def served(made, tmp_path_factory):
    """www asks for two names of a server, and was signed for each profile."""
    folder = tmp_path_factory.mktemp("served") / "ca"
    shutil.copytree(made, folder)
    ca(folder, "request", "www", "--ec", "--subject", "CN=www.acme.example,O=Acme", "--san", "DNS:www.acme.example", "--san", "DNS:acme.example")
    for words in (["--server", "--copy-san", "--name", "server"], ["--profile", "both", "--copy-san", "--name", "both"],
                  ["--profile=client", "--name", "client"], ["--server", "--name", "own"]):
        ca(folder, "sign", "www.req", "-y", *words)
    return folder


@pytest.mark.parametrize("profile", PURPOSES)
def test_each_profile_serves_its_purpose_and_no_other(served, profile):
    assert f"Extended Key Usage: \n                {PURPOSES[profile][0]}\n" in text(served / f"{profile}.cer")
    assert usable(served, profile, "sslclient") == (profile != "server")
    assert usable(served, profile, "sslserver") == (profile != "client")
    assert "X509v3 Key Usage: critical\n                Digital Signature\n" in text(served / f"{profile}.cer")


def test_a_server_has_names_copied_given_or_its_own(served, tmp_path):
    assert "DNS:www.acme.example, DNS:acme.example" in text(served / "server.cer")
    assert "Alternative Name: \n                DNS:www.acme.example\n" in text(served / "own.cer"), "its CN is its name"
    refused(served, "sign", "dan.req", "-y", "--name", "x", "--server", status=1, says="give --san DNS:www.acme.example, or --copy-san")
    refused(served, "sign", "www.req", "-y", "--name", "x", "--server", "--subject", "CN=The Web Server", status=1, says="subjectAltName")
    refused(served, "sign", "www.req", "-y", "--name", "x", "--profile", "all", status=2, says="client, server or both")
    refused(served, "sign", "www.req", "-y", "--name", "x", "--profile", "client", "--server", status=2, says="--profile is given twice")


def test_a_request_for_dns_names_that_becomes_a_clients_certificate_is_told_so(folder, served):
    shutil.copy(served / "www.req", folder)
    note = "this certificate is for clients alone: a server needs --server"
    assert note in ca(folder, "sign", "www.req", "-y").stderr
    assert note not in ca(folder, "sign", "www.req", "-y", "--server", "--name", "server").stderr
    assert note not in ca(folder, "sign", "dan.req", "-y", "--name", "d").stderr


def test_a_renewed_server_is_a_server_again(served, tmp_path):
    shutil.copytree(served, tmp_path / "ca")
    ca(tmp_path / "ca", "renew", "both", "-y", "--name", "again")
    assert PURPOSES["both"][0] in text(tmp_path / "ca" / "again.cer") and "DNS:acme.example" in text(tmp_path / "ca" / "again.cer")


def test_long_lives_of_servers_are_noted(folder, served):
    shutil.copy(served / "www.req", folder)
    assert "825 days" in ca(folder, "sign", "www.req", "-y", "--server", "--days", "826").stderr


# verify


def test_verify_tells_valid_ones_and_why_others_are_not(served, tmp_path):
    folder = tmp_path / "ca"
    shutil.copytree(served, folder)
    for name, purpose in (("dan", "TLS client"), ("server", "TLS server"), ("both", "TLS client and server")):
        shown = ca(folder, "verify", f"{name}.cer").stdout
        assert last_line_of(shown) == "Valid." and f"for:    {purpose}" in shown, shown
    ca(folder, "sign", "dan.req", "-y", "--name", "past", "--start", "2020-01-01", "--end", "2020-02-01")
    ca(folder, "sign", "dan.req", "-y", "--name", "future", "--start", days_from_now(30).strftime("%Y-%m-%d"))
    ca(folder, "revoke", "both.cer", "-y", "--reason", "superseded")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", folder / "key", "-subj", "/CN=Test CA",
            "-out", folder / "stranger.cer")
    for words, why in ((["past"], "it expired on 2020-02-01T00:00:00Z"), (["future.cer"], "it is not valid until"), (["both"], "it was revoked: 20"),
                       ([serial(folder / "both.cer")], "superseded"), (["stranger"], "the CA here did not sign it"),
                       (["server", "--profile", "client"], "it is not for a TLS client")):
        done = ca(folder, "verify", *words, check=1, CA_PASSWORD=None)
        assert last_line_of(done.stdout).startswith("Not valid: ") and why in done.stdout, done.said
    assert "for:    TLS server\n" in done.stdout, "what it is for, not what was asked"
    refused(folder, "verify", "nobody", status=1, says="there is no certificate 'nobody'")
    refused(folder, "verify", "dan", "--profile", "x", status=2, says="client, server or both")


def last_line_of(shown):
    return shown.rstrip("\n").splitlines()[-1]


def test_verify_works_with_the_certificates_and_the_crl_alone(folder, tmp_path):
    ca(folder, "sign", "dan.req", "-y", "--name", "gone")
    ca(folder, "crl", "--hours", "1")
    client = tmp_path / "client"
    client.mkdir()
    for name in ("ca.cer", "dan.cer", "gone.cer"):
        shutil.copy(folder / name, client)
    assert "Not checked: whether it was revoked" in ca(client, "verify", "dan", CA_PASSWORD=None).stdout
    ca(folder, "revoke", "gone.cer", "-y")
    shutil.copy(folder / "ca.crl", client)
    assert last_line_of(ca(client, "verify", "dan").stdout) == "Valid."
    assert "Not valid: it was revoked: the CRL lists it" in ca(client, "verify", "gone", check=1).stdout
    variables = environment(P=PASS, CA_DIR=str(folder))
    openssl("ca", "-config", CA.parent / "openssl.cnf", "-gencrl", "-passin", "env:P", "-crl_lastupdate", "20200101000000Z", "-crl_nextupdate",
            "20200201000000Z", "-out", client / "ca.crl", env=variables)
    assert "whether it was revoked cannot be told" in ca(client, "verify", "dan", check=1).stdout


def test_during_a_rollover_verify_knows_both_and_after_it_one(folder):
    ca(folder, "rollover", "-y", "--ec")
    assert last_line_of(ca(folder, "verify", "dan").stdout) == "Valid."
    ca(folder, "rollover", "--finish", "-y")
    assert "did not sign it" in ca(folder, "verify", "dan", check=1).stdout


# passwd


def test_passwd_changes_the_pass_phrase_of_all_keys_of_the_ca_and_nothing_else(folder):
    ca(folder, "rollover", "-y", "--ec")
    before = listing(folder)
    done = ca(folder, "passwd", CA_NEW_PASSWORD="another phrase")
    assert "ca.key ca.1.key" in done.stdout
    changed = {name for name, content in listing(folder).items() if content != before.get(name)}
    assert changed == {"ca.key", "ca.1.key"}
    refused(folder, "crl", status=1, says="wrong pass phrase")
    ca(folder, "crl", CA_PASSWORD="another phrase")
    assert stat.S_IMODE((folder / "ca.key").stat().st_mode) == 0o600 and "ENCRYPTED" in (folder / "ca.1.key").read_text()


def test_passwd_refuses_what_it_cannot_do(folder):
    refused(folder, "passwd", status=1, says="wrong pass phrase", CA_PASSWORD="wrong", CA_NEW_PASSWORD="new phrase")
    refused(folder, "passwd", status=1, says="too short", CA_NEW_PASSWORD="abc")
    refused(folder, "passwd", status=2, says="--new-pass-file FILE")
    refused(folder, "passwd", "dan", status=2, says="takes no argument")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "ca.key")
    refused(folder, "passwd", status=1, says="is not the key of ca.cer", CA_NEW_PASSWORD="new phrase")


def test_a_wrong_pass_phrase_on_a_terminal_may_be_typed_once_more(folder):
    status, shown = at_terminal(folder, ["sign", "dan.req", "--name", "x"], ["y", "wrong", PASS])
    assert status == 0 and "That is not the pass phrase of ca.key. Try again." in shown and PASS not in shown, shown
    before = listing(folder)
    status, shown = at_terminal(folder, ["sign", "dan.req", "--name", "z"], ["y", "wrong", "wrong again"])
    assert status == 1 and "wrong pass phrase" in shown and listing(folder) == before, shown
    openssl("pkey", "-in", folder / "dan.key", "-aes-256-cbc", "-passout", "env:P", "-out", folder / "x.key", env=environment(P=KEY_PASS))
    status, shown = at_terminal(folder, ["p12", "x"], ["wrong", KEY_PASS, P12_PASS, P12_PASS])
    assert status == 0, shown
    status, shown = at_terminal(folder, ["show", "x.p12"], ["wrong", P12_PASS])
    assert status == 0 and "CN=Dan Example" in shown, shown
    status, shown = at_terminal(folder, ["passwd"], ["wrong", PASS, "new phrase", "new phrase"])
    assert status == 0, shown


# release


def test_a_hold_ends_and_what_is_revoked_for_good_stays_so(folder):
    trust = ["--ca", folder / "ca.cer", "--crl", folder / "ca.crl", "--check", folder / "dan.cer"]
    refused(folder, "release", "dan", "-y", status=1, says="is not revoked")
    ca(folder, "revoke", "dan", "-y", "--reason", "certificateHold")
    assert "revoked" in last_line(peercert(*trust, check=1))
    refused(folder, "release", "dan", status=2, says="--batch")
    done = ca(folder, "release", "dan", "-y")
    assert f"Released: {serial(folder / 'dan.cer')}" in done.stdout and "C=GB: 1\n" in done.stdout
    assert last_line(peercert(*trust, check=0)) == "The certificate is valid"
    assert "No Revoked Certificates" in openssl("crl", "-in", folder / "ca.crl", "-noout", "-text").stdout
    ca(folder, "revoke", "dan", "-y")
    refused(folder, "release", "dan", "-y", status=1, says="revoked for good")


# Settings


def test_settings_hold_unless_an_option_says_otherwise(empty):
    write(empty / "ca.conf", "# what we always want\n\nsubject = O=Acme\\, Sons,C=GB\nkey = ec:P-384\ndays=20\r\n ca-days = 400 \nprofile = both\ncrl-days = 9\n")
    ca(empty, "init")
    host = os.uname().nodename
    assert subject(empty / "ca.cer") == f"CN={host} CA,O=Acme\\, Sons,C=GB" and "P-384" in text(empty / "ca.cer")
    assert near(when(empty / "ca.cer", "enddate"), days_from_now(400))
    ca(empty, "request", "www.acme.example")
    ca(empty, "sign", "www.acme.example.req", "-y")
    signed = empty / "www.acme.example.cer"
    assert subject(signed) == "CN=www.acme.example,O=Acme\\, Sons,C=GB" and near(when(signed, "enddate"), days_from_now(20))
    assert "P-384" in text(signed) and PURPOSES["both"][0] in text(signed)
    ca(empty, "sign", "www.acme.example.req", "-y", "--name", "c", "--profile", "client", "--days", "7", "--subject", "CN=c")
    assert subject(empty / "c.cer") == "CN=c" and near(when(empty / "c.cer", "enddate"), days_from_now(7)) and PURPOSES["client"][0] in text(empty / "c.cer")
    ca(empty, "crl")
    assert re.search("^# lifetime 777600 ", (empty / "ca.crls").read_text())
    ca(empty, "request", "d", "--key", "ec")
    assert "P-256" in openssl("req", "-in", empty / "d.req", "-noout", "-text").stdout


# Kinds of keys


@pytest.mark.parametrize("kind, hint", [("ed25519", "browsers and macOS do not take ED25519"), ("ec:P-521", "Chrome does not take keys on the curve P-521"),
                                        ("ec", None), ("ec:P-384", None)])
def test_who_will_not_take_a_key_is_said(folder, kind, hint):
    ca(folder, "request", "k", "--key", kind)
    said = [ca(folder, "request", "k2", "--key", kind).stderr, ca(folder, "sign", "k.req", "-y").stderr, ca(folder, "p12", "k", CA_P12_PASSWORD="x").stderr]
    for words in said:
        assert (hint in words) if hint else "Note" not in words, words


# Names in RFC 2253


def test_names_are_rfc_2253_everywhere(folder):
    names = ["CN=Smith\\, Sons \\+ Co,OU=a\\;b,O=Müller", "CN=a/O=b,O=Acme", "UID=d1+CN=Dan,DC=acme,DC=example", "CN=\\ x\\ ,O=\\#1", 'CN=say \\"hi\\" \\\\ \\<x\\>']
    for number, name in enumerate(names):
        ca(folder, "sign", "dan.req", "-y", "--name", f"n{number}", "--subject", name)
    for number, name in enumerate(names):
        exact = subject(folder / f"n{number}.cer")
        assert f" {exact}\n" in ca(folder, "list").stdout.replace("  (", "\n"), exact
        assert exact in ca(folder, "verify", f"n{number}").stdout
    number = serial(folder / "n0.cer")
    exact = subject(folder / "n0.cer")
    (folder / "n0.cer").unlink()
    ca(folder, "revoke", number, "-y")
    assert exact in ca(folder, "list").stdout
    (folder / "issued" / f"{number}.pem").unlink()
    (folder / "issued" / f"{serial(folder / 'n2.cer')}.pem").unlink()
    shown = ca(folder, "list").stdout
    assert exact in shown, "and from the database alone"
    assert shown.count("DC=acme,DC=example") == 1 and "/CN=" not in shown and "/O=Acme" not in shown, shown
    ca(folder, "crl")
    for words in (["list"], ["show", "ca.crl"], ["show", "dan.cer"], ["show", "dan.req"]):
        assert "/C=GB" not in ca(folder, *words).stdout and "O = Acme" not in ca(folder, *words).stdout
    ca(folder, "p12", "dan", "--with-ca", CA_P12_PASSWORD=P12_PASS)
    assert "Subject: CN=Dan Example,OU=Ops,O=Acme,C=GB" in ca(folder, "show", "dan.p12", CA_P12_PASSWORD=P12_PASS).stdout


# Words


@pytest.mark.parametrize("words, says", [
    (["init", "--ec", "--subject", "CN=a,C=Britain"], "C=GB"), (["init", "--ec", "--subject", "CN=" + "x" * 65], "64 are allowed"),
    (["request", "x", "--ec", "--san", "IP:999.1.1.1"], "192.0.2.1"), (["request", "x", "--ec", "--san", "IP:1::2::3"], "192.0.2.1"),
    (["sign", "dan.req", "-y", "--name", "x", "--subject", "nonsense=1"], "unknown subject name attribute"), (["sign", "index.txt", "-y", "--name", "x"], "no certificate request"),
    (["sign", "dan.cer", "-y"], "no certificate request"), (["sign", "dan.key", "-y"], "holds a private key and no certificate request"),
    (["p12", "mixed"], "are not a pair"), (["crl", "--days", "x"], "whole number"), (["verify", "dan.req"], "holds no certificate"),
    (["sign", "dan.req", "-y", "--name", "x", "--start", "2100-01-01"], "the CA itself ends before that"), (["sing"], "did you mean sign?"), (["revok"], "did you mean revoke?")])
def test_wrong_values_are_told_in_words_and_not_in_openssls(folder, words, says):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "mixed.key")
    shutil.copy(folder / "dan.cer", folder / "mixed.cer")
    if words[0] == "init":
        shutil.rmtree(folder)
        folder.mkdir()
    done = ca(folder, *words, check=None, CA_P12_PASSWORD=P12_PASS)
    assert done.returncode in (1, 2) and says in done.stderr and ":error:" not in done.stderr and "OpenSSL says" not in done.stderr, done.said


@pytest.mark.parametrize("file", ["ca.cer", "ca.key"])
@pytest.mark.parametrize("content", ["", "nonsense\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_damaged_files_of_the_ca_are_told_in_words(folder, file, content):
    write(folder / file, content)
    done = ca(folder, "sign", "dan.req", "-y", "--name", "x", check=1)
    assert ":error:" not in done.stderr and "OpenSSL says" not in done.stderr and not (folder / "x.cer").exists(), done.said


@pytest.mark.parametrize("words", [["list"], ["list", "--expiring", "30"], ["verify", "dan"]])
@pytest.mark.parametrize("file, says", [("ca.cer", "ca.cer holds no certificate that can be read"),
                                        ("index.txt", "index.txt is damaged at line")])
def test_what_needs_no_key_says_nothing_good_of_damaged_files(folder, words, file, says):
    """A line of a revocation that cannot be read must not make a certificate valid."""
    with (folder / file).open("r+") as damaged:
        damaged.seek(0, 0 if file == "ca.cer" else 2)
        damaged.write("nonsense\n" * 20)
    done = ca(folder, *words, check=1)
    assert says in done.stderr and done.stdout == "" and "Unable to load" not in done.said, done.said


# Completion, the manual, the place


def complete(*words):
    script = f'eval "$({CA} completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _peercert_ca; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return set(run("bash", "-c", script, "bash", *words, check=0, cwd=CA.parent).stdout.split())


def test_bash_completes_subcommands_options_values_and_files():
    assert complete("ca", "re") == {"request", "renew", "revoke", "release"}
    assert complete("peercert-ca", "ver") == {"verify"}
    assert complete("ca", "sign", "--s") == {"--subject", "--start", "--san", "--server"}
    assert complete("ca", "sign", "x.req", "--profile", "") == {"client", "server", "both"}
    assert complete("ca", "revoke", "x", "--reason", "key") == {"keyCompromise"}
    assert complete("ca", "sign", "opens") == {"openssl.cnf"}
    assert complete("ca", "sign", "--dir", "l") == {"lib"}
    assert complete("ca", "completion", "") == {"bash", "zsh"}
    registered = run("bash", "-c", f'eval "$({CA} completion bash)"; complete -p ca peercert-ca', check=0).stdout
    assert registered.count("-F _peercert_ca") == 2


def test_zsh_reads_its_completion_which_has_every_option():
    script = run(CA, "completion", "zsh", check=0).stdout
    if shutil.which("zsh"):
        run("zsh", "-f", "-c", "eval \"$1\" 2>/dev/null; whence -w _peercert_ca", "zsh", script, check=0)
    for option in re.findall(r"^\t'(--[a-z0-9-]+)", CA.read_text(), re.M):
        assert f"*{option}[" in script, option
    refused_shell = ca(CA.parent, "completion", "fish", check=2).stderr
    assert "bash or zsh" in refused_shell


def test_the_manual_has_every_subcommand_option_setting_and_file():
    manual = CA.parent / "peercert-ca.8"
    if shutil.which("mandoc"):
        assert run("mandoc", "-Tlint", "-W", "warning", manual).said == ""
    page = manual.read_text()
    script = CA.read_text()
    table = script[script.index("commands=("):script.index("options=(")]
    for name in re.findall(r"^\t'([a-z0-9]+)\|", table, re.M):
        assert f".It Cm {name}" in page, name
    for option in set(re.findall(r"^\t'--([a-z0-9-]+)", script, re.M)):
        assert re.search(rf"Fl -{option}\b", page), option
    settings = (CA.parent / "lib" / "settings.sh").read_text()
    for name in re.findall(r"^\t'([a-z-]+)\|", settings, re.M):
        assert f".It Cm {name}" in page, name
    for variable in re.findall(r"CA_[A-Z0-9_]+", script) + ["CA_DIR", "CA_LOCK_WAIT"]:
        assert variable in page, variable
    readme = (CA.parent / "README.md").read_text()
    for name in re.findall(r"^\t'([a-z0-9]+)\|", table, re.M):
        assert f"`{name}" in readme or f"ca {name}" in readme, name


def test_an_installed_kit_works_from_the_path_in_any_folder(tmp_path):
    prefix = tmp_path / "prefix"
    shutil.copytree(CA.parent, prefix / "share" / "peercert" / "certs")
    (prefix / "bin").mkdir()
    (prefix / "bin" / "peercert-ca").symlink_to("../share/peercert/certs/ca")
    path = f"{prefix}/bin:{os.environ['PATH']}"
    work = tmp_path / "work"
    work.mkdir()
    variables = environment(CA_PASSWORD=PASS, PATH=path)
    run("peercert-ca", "init", "--ec", cwd=work, env=variables, check=0)
    done = run("peercert-ca", "crl", "--days", "9", cwd=work, env=variables, check=0)
    assert "ca.crl" in done.stdout
    assert "peercert-ca: there is no subcommand 'sing'" in run("peercert-ca", "sing", cwd=work, env=variables, check=2).stderr
    assert "Usage: peercert-ca SUBCOMMAND" in run("peercert-ca", "help", env=variables, check=0).stdout
    (prefix / "bin" / "peercert-ca").unlink()
    shutil.copy(CA, prefix / "bin" / "peercert-ca")
    assert "CA" in run("peercert-ca", "list", "--dir", work, env=variables, check=0).stdout


def test_init_in_the_source_tree_says_that_a_ca_belongs_elsewhere(tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(CA.parent, tree / "certs")
    write(tree / "Makefile", "all:\n")
    done = run(tree / "certs" / "ca", "init", "--ec", cwd=tree, env=environment(CA_PASSWORD=PASS), check=0)
    assert "keep a CA outside of the source tree" in done.stderr
    done = ca(tmp_path, "init", "--ec")
    assert "source tree" not in done.stderr


def test_which_file_goes_where_is_said(folder):
    done = ca(folder, "init", "--intermediate", "sub", "--ec", CA_KEY_PASSWORD=PASS)
    assert "Give the root alone to peercert --ca" in done.stdout and "sub/ca.cer  its certificate, for peercert --intermediates" in done.stdout
    shown = ca(folder, "help").stdout
    assert "peercert --intermediates, not --ca" in shown
