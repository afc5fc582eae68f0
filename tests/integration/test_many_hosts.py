"""Runs many_hosts.py in namespaces of its own: mounts, network, processes. That takes root."""

import os
import pathlib
import subprocess
import sys

import pytest

from test_sites import can_unshare


@pytest.mark.skipif(not can_unshare(), reason="needs root and namespaces")
def test_three_hosts_behind_haproxy(peercert, tmp_path):
    file = pathlib.Path(__file__).with_name("many_hosts.py")
    done = subprocess.run(["unshare", "-mnpf", "--kill-child", "--mount-proc", sys.executable, "-m", "pytest", "-q", "-p",
                           "no:cacheprovider", "--basetemp", str(tmp_path / "inner"), str(file)],
                          capture_output=True, text=True, env={**os.environ, "PEERCERT": str(peercert)}, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
