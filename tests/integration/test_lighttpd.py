"""What is lighttpd's own; all that fronts have in common is in test_fronts.py."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

import front_apache
from fronts import (DEPLOY, VALID, body_lines, fill, read_to_end,
                    read_until, report_cut_off, without_its_trust_only_the_log_says_why)
from processes import signal_is_pending, wait_until


def test_the_configuration_loads_within_debians(peercert, pki, tmp_path):
    tree = tmp_path / "lighttpd"
    shutil.copytree("/etc/lighttpd", tree, symlinks=True)
    shutil.copytree(DEPLOY / "lighttpd", tree / "peercert", dirs_exist_ok=True)
    site = tree / "peercert/peercert.conf"
    # As root -tt also looks whether www-data may run the program, which may lie in a home that is closed to others.
    program = pathlib.Path(front_apache.folder_for_httpd(tmp_path)) / "peercert"
    shutil.copy(peercert, program)
    # -tt reads these files.
    site.write_text(fill(site.read_text(), {
        "var.peercert_server_key": f'"{pki.server.key}"',
        "var.peercert_server_certificate": f'"{pki.server.cer}"', "var.peercert_ca": f'"{pki.ca}"',
        "var.peercert_program": f'"{program}"'}))
    for enabled in (tree / "conf-enabled").iterdir():
        enabled.unlink()
    (tree / "conf-enabled/50-peercert.conf").symlink_to("../peercert/peercert.conf")
    main = tree / "lighttpd.conf"
    # Only root may look into the folder of uploads.
    main.write_text(main.read_text().replace("/etc/lighttpd/conf-enabled", f"{tree}/conf-enabled")
                    .replace("/var/cache/lighttpd/uploads", str(tmp_path)))
    done = subprocess.run(["lighttpd", "-tt", "-f", main], capture_output=True, text=True)
    assert done.returncode == 0, done
    assert done.stderr == "", done
    shown = subprocess.run(["lighttpd", "-p", "-f", main], capture_output=True, text=True).stdout
    assert "ssl.verifyclient.exportcert" in shown
    assert 'bin-path' in shown


@pytest.mark.parametrize("backend", ["spawned", "socket", "cgi"])
def test_each_backend_of_the_shipped_settings_is_known(backend):
    text = (DEPLOY / "lighttpd/peercert.conf").read_text()
    assert re.search(rf'^#   "{backend}" ', text, re.M)
    assert (DEPLOY / f"lighttpd/backend-{backend}.conf").exists()


def test_with_the_intermediate_configured_the_chain_is_complete(start_front, peercert, pki):
    """lighttpd forwards no chain: the operator's --intermediates makes up for it."""
    front = start_front("lighttpd-spawned", peercert,
                        environment={"PEERCERT_INTERMEDIATES": str(pki.intermediate)})
    reply = front.curl(pki.chained)
    assert reply.lines[-1] == VALID
    assert "Chain: 3 certificates, up to CN=Acme Test CA,O=Acme" in reply.lines


def test_the_verdicts_log_line_is_in_the_breakage_log(start_front, peercert, pki):
    front = start_front("lighttpd-spawned", peercert)
    front.curl(pki.good)
    file = front.folder / "backend.log"
    wait_until(lambda: " valid " in file.read_text(), "a verdict's line in the log")
    log = file.read_text()
    assert "CN=Dan Example,OU=Ops,O=Acme,C=GB" in log
    assert "127.0.0.1" in log


def test_a_spawned_responder_that_is_killed_is_started_again(start_front, peercert, pki):
    front = start_front("lighttpd-spawned", peercert)
    assert front.curl(pki.good).lines[-1] == VALID
    first = front.responder_pid()
    os.kill(first, signal.SIGKILL)
    front.allow(r"\(gw_backend\.c\.\d+\) ")
    wait_until(lambda: front.responder_pid() not in (None, first), "another responder")
    assert front.curl(pki.good, "--retry", "5", "--retry-all-errors").lines[-1] == VALID


def test_a_responder_killed_before_its_verdict_leaves_a_report_without_one(start_front, hooked, pki, gate):
    front = start_front("lighttpd-socket", hooked, environment=gate.environment)
    front.allow(r"\((gw_backend|mod_fastcgi|http-header-glue)\.c\.\d+\) ")
    raw = report_cut_off(front, pki.good, "text/plain", front.kill_responder)
    assert b"Client cert received" in raw
    assert VALID.encode() not in raw


def test_a_request_in_hand_is_finished_on_sigterm(start_front, hooked, pki, gate):
    front = start_front("lighttpd-socket", hooked, environment=gate.environment)
    with front.connect(pki.good) as connection:
        connection.sendall(front.get_request())
        raw = read_until(connection, b"\n\n\r\n")
        front.responder.send_signal(signal.SIGTERM)
        wait_until(lambda: not signal_is_pending(front.responder.pid, signal.SIGTERM), "it takes the signal")
        assert front.responder.alive()
        gate.open_once()
        raw += read_to_end(connection)
    assert body_lines(raw)[-1] == VALID
    assert front.responder.wait() == 0


def test_a_restarted_responder_is_found_again(start_front, peercert, pki):
    front = start_front("lighttpd-socket", peercert)
    assert front.curl(pki.good).lines[-1] == VALID
    assert front.responder.stop() == 0
    front.allow(r"\(gw_backend\.c\.\d+\) ")
    assert front.curl(pki.good).status == 503
    front.start_responder()
    assert front.curl(pki.good, "--retry", "5", "--retry-delay", "1").lines[-1] == VALID


def test_no_descriptor_is_lost_over_many_requests(start_front, peercert, pki, tmp_path):
    front = start_front("lighttpd-socket", peercert)
    front.curl(pki.good)
    front.responder.check_descriptors()
    command = front.curl_command(pki.good, ["--http1.1", "-o", "/dev/null"], f"{front.url}?n=[1-500]")
    subprocess.run(command, check=True, timeout=60)
    front.responder.check_descriptors()


def test_cgi_without_a_usable_trust_is_503_and_only_the_log_says_why(start_front, peercert, tmp_path):
    front = start_front("lighttpd-cgi", peercert, environment={"PEERCERT_CA": str(tmp_path / "missing.cer")})
    without_its_trust_only_the_log_says_why(front)
