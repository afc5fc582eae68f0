"""certs/ca as a command: its help and options, interruptions and company."""

import os
import re
import shutil
import signal
import subprocess
import time

from kit import (CA, CONFIG, P12_PASS, PASS, ca, environment, folder, listing, made, openssl, refused, run, subject,  # noqa: F401
                 write)


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


def test_the_systems_authorities_are_not_even_read(folder, tmp_path):
    authorities = tmp_path / "authorities"
    os.mkfifo(authorities)
    # Ends once somebody reads there.
    waiting = subprocess.Popen(["sh", "-c", ": >authorities"], cwd=tmp_path)
    try:
        for words in (["sign", "dan.req", "-y", "--name", "x"], ["list"], ["verify", "x"], ["revoke", "x", "-y"]):
            ca(folder, *words, SSL_CERT_FILE=str(authorities))
        assert waiting.poll() is None
    finally:
        waiting.kill()
        waiting.wait()


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
          # No shell waits: dash may lose an INT that comes while it starts something.
          f'#!/bin/sh\n[ "$1" != ca ] || exec perl -e \'open F, ">", shift; sleep 60\' {tmp_path}/reached\n'
          f'exec {shutil.which("openssl")} "$@"\n').chmod(0o755)
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
                                stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                env=environment(CA_PASSWORD=PASS, CA_LOCK_WAIT="60")) for n in range(4)]
    for child in running:
        shown, _ = child.communicate(timeout=60)
        assert child.returncode == 0, shown
    assert len((folder / "index.txt").read_text().splitlines()) == 5
    assert len(list((folder / "issued").iterdir())) == 5
    assert not (folder / ".ca-work").exists()
