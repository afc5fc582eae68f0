"""Logs that logrotate moves away: no line is lost, and nobody sends a signal."""

import re
import shutil
import subprocess

import pytest

from fronts import DEPLOY, VALID
from processes import wait_until


def rotate(tmp_path, log):
    """With the packaged configuration, for this file."""
    configuration = tmp_path / "logrotate.conf"
    text = (DEPLOY / "debian/peercert.logrotate").read_text()
    assert "/var/log/peercert/*.log" in text
    configuration.write_text(text.replace("/var/log/peercert/*.log", str(log)))
    configuration.chmod(0o644)
    done = subprocess.run(["logrotate", "--force", "--state", tmp_path / "state", configuration], capture_output=True, text=True)
    assert done.returncode == 0, done


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed")
def test_no_line_is_lost_behind_lighttpd_when_the_log_rotates(start_front, peercert, pki, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir(mode=0o755)
    log = logs / "peercert.txt"
    front = start_front("lighttpd-spawned", peercert, environment={"PEERCERT_LOG_FILE": str(log)})
    asked = 0

    def ask(count):
        nonlocal asked
        for _ in range(count):
            assert front.curl(pki.good).lines[-1] == VALID
            asked += 1
    for turn in range(2):
        ask(5)
        rotate(tmp_path, log)
        ask(5)
        wait_until(log.exists, "a new log is begun")
        ask(5)
    files = sorted(logs.iterdir())
    assert [file.name for file in files] == ["peercert.txt", "peercert.txt.1", "peercert.txt.2.gz"], files
    text = "".join(subprocess.run(["zcat", "-f", *files], capture_output=True, text=True, check=True).stdout)
    assert len(re.findall(r"^\S+Z valid ", text, re.M)) == asked, text
