"""peercert --check and the rest of the command line."""

import base64
import hashlib
import json
import pathlib
import pty
import os
import re
import shutil
import subprocess

import pytest

from fronts import VALID
from pki import GOOD_NAME, Authority, openssl
from processes import DEADLINE, clean_environment


@pytest.fixture
def run(peercert, tmp_path):
    def run(*arguments, stdin=b"", environment=None):
        return subprocess.run([peercert, *map(str, arguments)], input=stdin, capture_output=True,
                              timeout=DEADLINE, cwd=tmp_path, env={**clean_environment(), **(environment or {})})
    return run


def lines(done):
    return done.stdout.decode().splitlines()


def test_a_valid_pem_file_is_reported_and_exits_0(run, pki):
    done = run("--ca", pki.ca, "--check", pki.good.cer)
    assert done.returncode == 0, done
    assert f"Name: {GOOD_NAME}" in lines(done)
    assert lines(done)[-1] == VALID


def test_a_report_that_cannot_be_written_is_told(peercert, pki):
    with open("/dev/full", "w") as full:
        done = subprocess.run([peercert, "--ca", pki.ca, "--check", pki.good.cer], stdout=full, stderr=subprocess.PIPE,
                              timeout=DEADLINE, env=clean_environment())
    assert done.returncode == 2
    assert b"cannot be written" in done.stderr, done.stderr


def test_der_is_read_too(run, pki, tmp_path):
    der = tmp_path / "good.der"
    der.write_bytes(pki.good.der)
    done = run("--ca", pki.ca, "--check", der)
    assert (done.returncode, lines(done)[-1]) == (0, VALID)


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_the_fingerprint_is_that_of_the_certificate_in_each_kind_of_file(run, pki, tmp_path, form):
    der, password = tmp_path / "good.der", tmp_path / "password"
    der.write_bytes(pki.good.der)
    password.write_text(pki.p12_password + "\n")
    digest = hashlib.sha256(pki.good.der).hexdigest()
    for file in [pki.good.cer, der, pki.good_p12]:
        done = run("--ca", pki.ca, "--password-file", password, "--format", form, "--check", file)
        # On the page it stands in groups of four digits.
        assert digest in done.stdout.decode().replace(" ", ""), (file, done)


def test_pkcs12_is_read_with_its_password_file(run, pki, tmp_path):
    password = tmp_path / "password"
    password.write_text(pki.p12_password + "\n")
    done = run("--ca", pki.ca, "--password-file", password, "--check", pki.good_p12)
    assert (done.returncode, lines(done)[-1]) == (0, VALID)


def test_pkcs12_with_the_wrong_password_is_not_fine_and_says_why(run, pki, tmp_path):
    password = tmp_path / "password"
    password.write_text("wrong\n")
    done = run("--ca", pki.ca, "--password-file", password, "--check", pki.good_p12)
    assert done.returncode in (1, 2), done
    assert VALID not in lines(done)
    assert b"the pass phrase does not open this PKCS#12" in done.stdout + done.stderr


def test_a_dash_reads_standard_input(run, pki):
    for data in (pki.good.pem.encode(), pki.good.der):
        done = run("--ca", pki.ca, "--check", "-", stdin=data)
        assert (done.returncode, lines(done)[-1]) == (0, VALID)


@pytest.mark.parametrize("name, last", [
    ("expired", r"The certificate not current: expired \d+ days? ago on .*"),
    ("not_yet_valid", "The certificate not current: not valid until .*"),
    ("stranger", "The certificate is not valid: .*"),
    ("server_only", "The certificate is not valid: .*usages do not allow it to be used by a TLS client"),
    ("chained", "The certificate is not valid: .*an intermediate certificate is missing"),
])
def test_a_certificate_that_is_not_valid_exits_1(run, pki, name, last):
    done = run("--ca", pki.ca, "--check", getattr(pki, name).cer)
    assert done.returncode == 1, done
    assert re.fullmatch(last, lines(done)[-1])
    assert VALID not in lines(done)


def test_a_version_1_certificate_is_valid(run, pki):
    assert run("--ca", pki.ca, "--check", pki.v1.cer).returncode == 0


def test_the_chain_comes_from_the_file_or_from_chain_or_from_intermediates(run, pki):
    for arguments in (["--check", pki.chained.chain],
                      ["--chain", pki.intermediate, "--check", pki.chained.cer],
                      ["--intermediates", pki.intermediate, "--check", pki.chained.cer]):
        done = run("--ca", pki.ca, *arguments)
        assert (done.returncode, lines(done)[-1]) == (0, VALID), done


def test_of_several_files_each_is_reported_and_one_bad_one_exits_1(run, pki):
    done = run("--ca", pki.ca, "--check", pki.good.cer, pki.expired.cer, pki.v1.cer)
    assert done.returncode == 1
    assert lines(done).count(VALID) == 2
    assert sum(line.startswith("The certificate not current: ") for line in lines(done)) == 1
    assert run("--ca", pki.ca, "--check", pki.good.cer, pki.v1.cer).returncode == 0


def test_a_file_that_cannot_be_read_exits_2_and_the_others_are_reported(run, pki):
    done = run("--ca", pki.ca, "--check", "missing.cer", pki.good.cer)
    assert done.returncode == 2
    assert b"missing.cer" in done.stderr
    assert lines(done).count(VALID) == 1


def test_a_file_that_is_no_certificate_is_never_fine(run, pki, tmp_path):
    for content in (b"", b"hello\n", pki.good.key.read_bytes(), pki.good.der[:-1], pki.good.der + b"x"):
        file = tmp_path / "bad"
        file.write_bytes(content)
        done = run("--ca", pki.ca, "--check", file)
        assert done.returncode in (1, 2), (content, done)
        assert VALID not in lines(done)
        assert b"PRIVATE" not in done.stdout + done.stderr
        said = done.stdout.decode()
        assert "The file cannot be read as a certificate: " in said and "forward" not in said, said
        assert "Meaning: The file cannot be read as a certificate." in lines(done)


def test_at_judges_as_of_another_time(run, pki):
    done = run("--ca", pki.ca, "--at", "2000-01-01T00:00:00Z", "--check", pki.good.cer)
    assert done.returncode == 1
    # The CA was not yet valid either, and that weighs more.
    assert "not yet valid" in lines(done)[-1]
    start = openssl("x509", "-in", pki.expired.cer, "-noout", "-startdate", "-dateopt", "iso_8601")
    moment = start.decode().strip().partition("=")[2].replace(" ", "T")
    # At its start the CA was not there yet: an issuer out of date is told as such, not as valid.
    done = run("--ca", pki.ca, "--at", moment, "--check", pki.expired.cer)
    assert done.returncode == 1
    assert VALID not in lines(done)


def test_at_in_the_future_finds_a_good_certificate_expired(run, pki):
    done = run("--ca", pki.ca, "--at", "2032-01-01", "--format", "json", "--check", pki.good.cer)
    report = json.loads(done.stdout)
    assert (done.returncode, report["status"], report["checked_at"]) == (1, "expired", "2032-01-01T00:00:00Z")


def test_json_from_the_command_line(run, pki):
    done = run("--ca", pki.ca, "--format", "json", "--check", pki.good.cer)
    report = json.loads(done.stdout)
    assert (done.returncode, report["status"], report["subject"]) == (0, "valid", GOOD_NAME)


def test_trust_that_cannot_be_loaded_exits_3(run, pki, tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    for ca in ("missing.cer", empty, pki.good.cer, pki.good.key):
        for what in (["--check", pki.good.cer], ["--test-config"], ["--listen", f"unix:{tmp_path}/s"]):
            done = run("--ca", ca, *what)
            assert done.returncode == 3, (ca, what, done)
            assert pathlib.Path(ca).name.encode() in done.stderr
            assert VALID not in lines(done)
            assert not (tmp_path / "s").exists()


def test_test_config_exits_0_when_all_is_well(run, pki):
    done = run("--ca", pki.ca, "--test-config")
    assert done.returncode == 0, done


def test_a_folder_that_openssl_rehash_made_is_read_for_cas_and_crls(run, tmp_path):
    authority, folder = Authority(tmp_path / "ca", "/O=Acme/CN=Acme CA"), tmp_path / "hashed"
    good, gone = authority.sign("good"), authority.sign("gone")
    authority.revoke(gone)
    folder.mkdir()
    shutil.copy(authority.cer, folder / "ca.pem")
    authority.write_crl(folder / "crl.pem")
    openssl("rehash", folder)
    assert {path.suffix for path in folder.iterdir()} == {".pem", ".0", ".r0"}
    told = run("--ca", folder, "--crl", folder, "--test-config")
    assert (told.returncode, b"2 of its files hold CRLs, 2 hold certificates" in told.stderr) == (0, True), told
    assert lines(run("--ca", folder, "--crl", folder, "--check", good.cer))[-1] == VALID
    assert "was revoked" in lines(run("--ca", folder, "--crl", folder, "--check", gone.cer))[-1]
    for options in (["--ca", folder], ["--ca", authority.cer, "--crl", folder]):
        refused = run(*options, "--check", good.cer)
        assert (refused.returncode, VALID in lines(refused)) == (3, False), options


def test_version_and_help_exit_0_on_standard_output(run):
    version = run("--version")
    assert (version.returncode, version.stderr) == (0, b"")
    assert re.fullmatch(r"peercert \d+\.\d+\.\d+.*\n", version.stdout.decode(), re.S)
    usage = run("--help")
    assert (usage.returncode, usage.stderr) == (0, b"")
    for option in ("--ca", "--check", "--listen", "--threads", "--test-config", "--at"):
        assert option in usage.stdout.decode()


@pytest.mark.parametrize("arguments", [
    ["--no-such-option"], ["--threads", "0"], ["--threads", "many"], ["--threads", "257"], ["--threads", "1x"],
    ["--depth", "-1"], ["--security-level", "6"], ["--format", "xml"], ["--log-format", "xml"],
    ["--socket-mode", "0777"], ["--socket-mode", "rw"], ["--warn-days", ""], ["--crl-depth", "half"],
    ["--at", "yesterday", "--check", "x"], ["--at", "2026-01-01"], ["--check"], ["--ca"], ["operand"],
    ["--config", "missing.conf"], ["--listen", ""], ["--listen", "unix:"], ["--listen", ":9000"],
    ["--listen", "127.0.0.1"], ["--listen", "127.0.0.1:http"], ["--listen", "localhost:9000"],
    ["--listen", "0.0.0.0:0"], ["--listen", "[::]:0"], ["--socket-group", "no-such-group"],
    ["--trust-header", "no header"],
], ids=" ".join)
def test_a_bad_option_exits_2_and_is_named(run, pki, tmp_path, arguments):
    listen = [] if "--listen" in arguments or "--check" in arguments else ["--listen", f"unix:{tmp_path}/s"]
    done = run("--ca", pki.ca, *listen, *arguments)
    assert done.returncode == 2, done
    assert done.stdout == b""
    named = "listen" if "--listen" in arguments and "0.0.0.0:0" not in arguments and "[::]:0" not in arguments else None
    if named is None:
        named = {"0.0.0.0:0": "allow-peer", "[::]:0": "allow-peer", "missing.conf": "missing.conf"}.get(
            arguments[-1], arguments[0].strip("-"))
    assert named in done.stderr.decode()


def test_the_configuration_file_the_environment_and_the_command_line_in_that_order(run, pki, tmp_path):
    file = tmp_path / "peercert.conf"
    file.write_text(f"ca = {pki.ca}\nformat = json\n")
    done = run("--config", file, "--check", pki.good.cer)
    assert json.loads(done.stdout)["status"] == "valid"
    done = run("--config", file, "--check", pki.good.cer, environment={"PEERCERT_FORMAT": "text"})
    assert lines(done)[-1] == VALID
    done = run("--config", file, "--format", "json", "--check", pki.good.cer,
               environment={"PEERCERT_FORMAT": "text"})
    assert json.loads(done.stdout)["status"] == "valid"


def test_a_bad_line_of_the_configuration_file_is_named(run, tmp_path):
    file = tmp_path / "peercert.conf"
    file.write_text("# ours\nthreads = 4\nno-such-key = 1\n")
    done = run("--config", file, "--test-config")
    assert done.returncode == 2
    assert b"peercert.conf:3" in done.stderr


def test_a_bad_value_in_the_environment_names_the_variable(run, pki):
    done = run("--ca", pki.ca, "--test-config", environment={"PEERCERT_THREADS": "lots"})
    assert done.returncode == 2
    assert b"PEERCERT_THREADS" in done.stderr


def test_at_is_no_variable(run, pki):
    """What makes an answer milder exists on the command line of --check alone."""
    done = run("--ca", pki.ca, "--check", pki.good.cer, environment={"PEERCERT_AT": "2000-01-01"})
    assert (done.returncode, lines(done)[-1:]) in ((0, [VALID]), (2, []))


def test_started_from_a_terminal_or_dev_null_without_listen_it_exits_2(peercert, pki):
    main, terminal = pty.openpty()
    try:
        for stdin in (terminal, subprocess.DEVNULL):
            done = subprocess.run([peercert, "--ca", pki.ca], stdin=stdin, capture_output=True, timeout=DEADLINE,
                                  env=clean_environment())
            assert done.returncode == 2, done
            assert b"--listen" in done.stderr
    finally:
        os.close(main)
        os.close(terminal)


def cgi(peercert, *arguments, **variables):
    environment = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1", **variables}
    return subprocess.run([peercert, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=DEADLINE, env=environment)


def test_as_a_cgi_script_it_answers_on_standard_output(peercert, pki):
    done = cgi(peercert, PEERCERT_CA=str(pki.ca), SSL_CLIENT_CERT=pki.good.pem)
    assert done.returncode == 0
    assert done.stdout.startswith(b"Status: 200 OK\r\n")
    assert done.stdout.decode().splitlines()[-1] == VALID


def test_as_a_cgi_script_the_command_line_is_the_clients_and_ignored(peercert, pki):
    for words in (["--version"], ["--help"], ["--ca", pki.stranger.cer], ["--check", pki.good.cer],
                  ["--no-such-option"], ["--listen", "127.0.0.1:1"], ["--test-config"], ["--at", "2000-01-01"]):
        done = cgi(peercert, *words, PEERCERT_CA=str(pki.ca), SSL_CLIENT_CERT=pki.good.pem)
        assert done.stdout.startswith(b"Status: 200 OK\r\n"), done
        assert done.stdout.decode().splitlines()[-1] == VALID


def test_as_a_cgi_script_without_trust_it_answers_503_and_only_stderr_says_why(peercert, pki, tmp_path):
    for variables in ({"PEERCERT_CA": str(tmp_path / "missing.cer")}, {},
                      {"PEERCERT_CA": str(pki.ca), "PEERCERT_THREADS": "none"}):
        done = cgi(peercert, SSL_CLIENT_CERT=pki.good.pem, **variables)
        assert done.stdout.startswith(b"Status: 503 "), done
        assert b"missing.cer" not in done.stdout and b"PEERCERT" not in done.stdout
        assert VALID.encode() not in done.stdout
        assert done.stderr != b""


def test_a_private_key_is_told_as_one(peercert, pki, tmp_path):
    key = tmp_path / "ca.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519", "-out", key], check=True)
    done = subprocess.run([peercert, "--ca", key, "--check", pki.good.cer], capture_output=True, text=True, env=clean_environment())
    assert done.returncode == 3 and "it holds a private key and no CA certificate" in done.stderr, done
    done = subprocess.run([peercert, "--ca", pki.ca, "--check", key], capture_output=True, text=True, env=clean_environment())
    assert done.returncode == 1 and "it holds a private key, and no certificate" in done.stdout, done
    assert "PRIVATE KEY" not in done.stdout


@pytest.mark.parametrize("kind, words", [("key", "it is a private key: name the certificate"), ("request", "it is a certificate request: give"),
                                         ("public", "it is a public key alone"), ("base64", "it is base64 alone: put its BEGIN and END lines")])
def test_what_is_no_certificate_is_named(peercert, pki, tmp_path, kind, words):
    given, key = tmp_path / "given", tmp_path / "key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", key], check=True, capture_output=True)
    makes = {"key": ["pkey", "-in", key, "-outform", "DER"], "public": ["pkey", "-in", key, "-pubout", "-outform", "DER"],
             "request": ["req", "-new", "-key", key, "-subj", "/CN=x", "-outform", "DER"]}
    if kind in makes:
        subprocess.run(["openssl", *makes[kind], "-out", given], check=True)
    else:
        given.write_bytes(base64.encodebytes(pki.good.der))
    for words_of, options in (("stdout", ["--ca", pki.ca, "--check", given]), ("stderr", ["--ca", given, "--test-config"]),
                              ("stderr", ["--ca", pki.ca, "--crl", given, "--test-config"])):
        done = subprocess.run([peercert, *options], capture_output=True, text=True, env=clean_environment())
        assert done.returncode != 0 and words in getattr(done, words_of), (options, done)
