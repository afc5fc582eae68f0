"""tests/run_pytest.py: however pytest ends, no process and no folder of the tests stays behind."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from processes import DEADLINE, wait_until

RUN = pathlib.Path(__file__).parents[1] / "run_pytest.py"
# A server that leads a session of its own, its folder, and what became of the test.
TEST = """
import os, pathlib, subprocess, tempfile, time

def test_it(tmp_path):
    server = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    told = pathlib.Path(os.environ["TOLD"])
    (told / "new").write_text(f"{server.pid} {tempfile.mkdtemp()} {tmp_path}")
    (told / "new").rename(told / "told")
    {then}
"""


def start(folder, then):
    """Runs such a test; returns the process, the server's id and the folders that were made."""
    file = folder / "test_inner.py"
    file.write_text(TEST.replace("{then}", then))
    running = subprocess.Popen([sys.executable, RUN, "-q", "--rootdir", folder, file], env={**os.environ, "TOLD": str(folder)},
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_until((folder / "told").exists, "the inner test runs")
    server, *folders = (folder / "told").read_text().split()
    return running, int(server), folders


def is_there(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_leaves_nothing(tmp_path, number):
    running, server, folders = start(tmp_path, "time.sleep(1000)")
    assert is_there(server) and all(os.path.exists(folder) for folder in folders)
    running.send_signal(number)
    running.communicate(timeout=DEADLINE)
    assert running.returncode == 128 + number
    assert not is_there(server) and not any(os.path.exists(folder) for folder in folders)


def test_what_a_test_forgets_is_ended_and_named(tmp_path):
    running, server, folders = start(tmp_path, "pass")
    said, _ = running.communicate(timeout=DEADLINE)
    assert (running.returncode, f"sleep ({server})" in said) == (0, True), said
    assert not is_there(server) and not any(os.path.exists(folder) for folder in folders)


def test_what_a_failed_test_made_stays_and_is_named(tmp_path):
    running, server, folders = start(tmp_path, "assert False")
    said, _ = running.communicate(timeout=DEADLINE)
    folder = pathlib.Path(folders[0]).parents[1]
    assert running.returncode == 1 and f"what the tests made is in {folder}" in said, said
    assert not is_there(server) and all(os.path.exists(folder) for folder in folders)
    subprocess.run(["rm", "-r", folder], check=True)
