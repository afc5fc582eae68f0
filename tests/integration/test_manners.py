"""What the program says to an operator who makes a mistake: it names the mistake and what to do."""

import grp
import os
import pathlib
import pwd
import subprocess
import tempfile

import pytest

from processes import DEADLINE, clean_environment


def complain(peercert, *arguments, status=2, environment=None, **options):
    done = subprocess.run([peercert, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE, env={**clean_environment(), **(environment or {})}, **options)
    assert done.returncode == status, done
    assert "error:" not in done.stderr, f"words of libcrypto's: {done.stderr}"
    return done.stderr


def test_an_unknown_option_or_key_names_the_nearest(peercert, pki, tmp_path):
    assert "--rulez: unknown, ambiguous or unexpected option; did you mean --rules?" in complain(peercert, "--rulez", "a")
    assert "--chekc: unknown" in complain(peercert, "--ca", pki.ca, "--chekc", "a")
    file = tmp_path / "peercert.conf"
    file.write_text(f"ca = {pki.ca}\nsocket-groupe = www-data\n")
    assert f"{file}:2: socket-groupe: unknown key; did you mean socket-group?" in complain(peercert, "--config", file)
    said = complain(peercert, "--ca", pki.ca, environment={"PEERCERT_SOKET_MODE": "0600"})
    assert "PEERCERT_SOKET_MODE: unknown variable; did you mean PEERCERT_SOCKET_MODE?" in said


def test_a_note_behind_a_value_is_refused_with_the_line(peercert, pki, tmp_path):
    file = tmp_path / "peercert.conf"
    file.write_text(f"warn-days = 30\nca = {pki.ca} # of last year\n")
    said = complain(peercert, "--config", file, "--test-config")
    assert f"{file}:2: ca: a comment needs a line of its own" in said


def test_a_private_key_is_told_as_one_and_not_shown(peercert, pki):
    key = pki.authority.folder / "ca.key"
    said = complain(peercert, "--ca", key, "--test-config", status=3)
    assert f"{key}: it holds a private key and no CA certificate: name the certificate" in said
    done = subprocess.run([peercert, "--ca", pki.ca, "--check", key], capture_output=True, text=True, env=clean_environment())
    assert done.returncode == 1 and "The file cannot be read as a certificate: it holds a private key" in done.stdout
    assert f"Source: {key}" in done.stdout
    assert key.read_text().splitlines()[1] not in done.stdout + done.stderr + said


def test_a_socket_in_a_folder_that_is_missing_names_the_folder(peercert, pki, tmp_path):
    said = complain(peercert, "--ca", pki.ca, "--listen", f"unix:{tmp_path}/run/peercert.sock")
    assert f"the folder {tmp_path}/run does not exist" in said


def test_a_group_that_is_missing_is_named(peercert, pki, tmp_path):
    said = complain(peercert, "--ca", pki.ca, "--listen", f"unix:{tmp_path}/a.sock", "--socket-group", "no-such-group")
    assert "--socket-group: no-such-group: no such group" in said
    assert not list(tmp_path.iterdir()), "the socket's file is gone again"


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become somebody else")
def test_a_group_that_may_not_be_set_is_named(peercert, pki):
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "ca.cer").write_bytes(pki.ca.read_bytes())
        (folder / "peercert").write_bytes(peercert.read_bytes())
        (folder / "peercert").chmod(0o755)
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        said = complain(folder / "peercert", "--ca", folder / "ca.cer", "--listen", f"unix:{folder}/a.sock", "--socket-group",
                        "root", user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
        assert "--socket-group root: this user may not give the socket to that group" in said
        assert not (folder / "a.sock").exists()


@pytest.mark.parametrize("arguments,status", [(["--test-config"], 0), (["--check", "key"], 1)])
def test_a_look_at_the_configuration_or_at_files_makes_no_log_file(peercert, pki, tmp_path, arguments, status):
    """Root looks, and another user serves, who could not write to root's file."""
    arguments = [pki.authority.folder / "ca.key" if word == "key" else word for word in arguments]
    file = tmp_path / "peercert.log"
    both = tmp_path / "both.cer"
    both.write_text(pki.ca.read_text() + (pki.authority.folder / "ca.key").read_text())
    done = subprocess.run([peercert, "--ca", both, "--log-file", file, *arguments], capture_output=True, text=True, env=clean_environment())
    assert done.returncode == status and "private key" in done.stderr, done
    assert not file.exists()


def test_a_log_file_in_a_folder_that_is_missing_is_said_before_the_start(peercert, pki, tmp_path):
    file = tmp_path / "peercert" / "peercert.log"
    done = subprocess.run([peercert, "--ca", pki.ca, "--log-file", file, "--test-config"], capture_output=True, text=True, env=clean_environment())
    assert done.returncode == 0 and f"peercert: log-file {file}: its folder must exist when peercert starts" in done.stderr, done
    said = complain(peercert, "--ca", pki.ca, "--log-file", file, "--listen", f"unix:{tmp_path}/a.sock")
    assert f"log-file {file}: its folder does not exist" in said


@pytest.mark.parametrize("arguments,with_effect,words", [
    (("--ocsp-url", "http://127.0.0.1:8080/"), ("--ocsp", "soft"),
     "no responder is asked: --ocsp-url and --ocsp-allow need --ocsp soft or hard"),
    (("--crl-missing-ok",), ("--crl", "CRL"), "--crl-missing-ok does nothing without --crl"),
    (("--listen", "127.0.0.1:9000", "--socket-group", "GROUP"), ("--listen", "unix:/a.sock"),
     "--socket-group does nothing: --listen is no Unix socket"),
    (("--listen", "unix:/a.sock", "--allow-peer", "192.0.2.1"), ("--listen", "127.0.0.1:9000"), "--allow-peer does nothing: "),
])
def test_options_that_do_nothing_beside_the_others_are_said(peercert, pki, tmp_path, arguments, with_effect, words):
    pki.authority.write_crl(tmp_path / "ca.crl")
    values = {"CRL": tmp_path / "ca.crl", "GROUP": grp.getgrgid(os.getgid()).gr_name}

    def said(*more):
        command = [peercert, "--ca", pki.ca, *(values.get(word, word) for word in (*arguments, *more)), "--test-config"]
        return subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=True).stderr
    assert words in said() and words not in said(*with_effect)


@pytest.mark.parametrize("arguments,words", [
    (("--listen", "0.0.0.0:9000"), "--allow-peer: missing"),
    (("--listen", "0.0.0.0:9000", "--test-config"), "--allow-peer: missing"),
    (("--listen", "127.0.0.1:99999", "--test-config"), "--listen: must be unix:PATH or ADDR:PORT"),
    (("--listen", f"unix:/{'a' * 200}", "--test-config"), "--listen: the path of the socket must have 1 to 107 bytes"),
    (("--allow-peer", "localhost", "--test-config"), "--allow-peer: "),
    (("--socket-group", "no-such-group", "--test-config"), "--socket-group: no-such-group: no such group"),
    (("--format", "xml", "--test-config"), "--format: must be one of: text|json|html"),
    (("--threads", "many", "--test-config"), "--threads: must be a whole number from 1 to 256"),
    (("--at", "yesterday", "--check", "a.cer"), "--at: must be a time such as 2026-11-23T17:57:38Z"),
    (("--explain", "a.cer"), "--explain: needs --rules"),
    (("a.cer",), "a.cer: unexpected; files are checked with --check"),
    ((), "nothing to serve on"),
])
def test_wrong_uses_say_what_is_wrong(peercert, pki, arguments, words):
    assert words in complain(peercert, "--ca", pki.ca, *arguments)
