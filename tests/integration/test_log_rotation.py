"""Logs that logrotate moves away: no line is lost, and nobody sends a signal."""

import pathlib
import re
import shutil
import subprocess

import pytest

from fronts import DEPLOY
from load import WHOLE, Load
from processes import wait_until


LIGHTTPDS = pathlib.Path("/etc/logrotate.d/lighttpd")


def logrotate(tmp_path, text):
    configuration = tmp_path / "logrotate.conf"
    configuration.write_text(text)
    configuration.chmod(0o644)
    done = subprocess.run(["logrotate", "--force", "--state", tmp_path / "state", configuration], capture_output=True, text=True)
    assert done.returncode == 0, done


def rotate(tmp_path, log, front):
    """With the packaged configuration, for this file."""
    text = (DEPLOY / "debian/peercert.logrotate").read_text()
    assert "/var/log/peercert/*.log" in text
    logrotate(tmp_path, text.replace("/var/log/peercert/*.log", str(log)))


def rotate_lighttpds(tmp_path, log, front):
    """With lighttpd's own configuration, which covers peercert's log beside lighttpd's and has lighttpd open its own anew."""
    text, count = re.subn(r"(?<=postrotate\n).*?(?=\s*endscript)", f"kill -HUP {front.server.pid}", LIGHTTPDS.read_text(), flags=re.S)
    assert count == 1 and "/var/log/lighttpd/*.log" in text
    logrotate(tmp_path, text.replace("/var/log/lighttpd/*.log", str(log)))


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed")
@pytest.mark.parametrize("rotate", [rotate, pytest.param(rotate_lighttpds, marks=pytest.mark.skipif(
    not LIGHTTPDS.exists(), reason="lighttpd's package is not installed"))])
def test_no_line_is_lost_behind_lighttpd_when_the_log_rotates(start_front, peercert, pki, tmp_path, rotate):
    logs = tmp_path / "logs"
    logs.mkdir(mode=0o755)
    log = logs / "peercert.txt"
    front = start_front("lighttpd-spawned", peercert, environment={"PEERCERT_LOG_FILE": str(log)})
    front.allowed_log = (*front.allowed_log, r"logfiles cycled")
    with Load(front, pki.good, clients=6) as load:
        for _ in range(3):
            load.wait_for(100)
            rotate(tmp_path, log, front)
            load.wait_for(100)
            wait_until(log.exists, "a new log is begun")
    assert set(load.outcomes) == {WHOLE}, load.told()
    front.stop()
    files = sorted(logs.iterdir())
    assert [file.name for file in files] == ["peercert.txt", "peercert.txt.1", "peercert.txt.2.gz", "peercert.txt.3.gz"], files
    text = subprocess.run(["zcat", "-f", *files], capture_output=True, text=True, check=True).stdout
    assert len(re.findall(r"^\S+Z valid .* took_us=\d+$", text, re.M)) == load.total(), text[-2000:]
