"""`make demo`: what it shows, and that nothing is left however it ends."""

import os
import pathlib
import pty
import signal
import subprocess
import time

import pytest

from processes import DEADLINE, wait_until

DEMO = pathlib.Path(__file__).parents[2] / "deploy" / "demo.sh"
SERVING = b"Serving until you press Enter."


def start(program, folder, **options):
    return subprocess.Popen(
        ["sh", DEMO], env={"PATH": os.environ["PATH"], "PEERCERT": str(program), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def running_for(folder):
    """Processes whose environment names the folder: the demo's shell, its lighttpd, its peercert."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) in (process / "environ").read_bytes():
                found.append((process.name, (process / "cmdline").read_bytes()))
        except OSError:
            pass  # It ended meanwhile, or is somebody else's.
    return found


def expect_nothing_left(folder):
    wait_until(lambda: not running_for(folder), f"no process is left for {folder}")
    assert os.listdir(folder) == []


@pytest.fixture
def folder(tmp_path):
    """With a space: the demo's paths are the user's."""
    inner = tmp_path / "a folder"
    inner.mkdir()
    return inner


@pytest.fixture
def served(peercert, folder):
    """A demo in a terminal that serves, the terminal, and what it printed."""
    terminal, slave = pty.openpty()
    demo = start(peercert, folder, stdin=slave)
    os.close(slave)
    printed = b""
    while SERVING not in printed:
        some = os.read(demo.stdout.fileno(), 4096)
        assert some, f"ended before it served: {printed!r} {demo.stderr.read()!r}"
        printed += some
    yield demo, terminal, printed
    demo.terminate()
    demo.wait(DEADLINE)
    os.close(terminal)


def test_it_shows_report_and_gate_and_leaves_nothing(peercert, folder):
    demo = start(peercert, folder, stdin=subprocess.DEVNULL)
    output, errors = (text.decode() for text in demo.communicate(timeout=DEADLINE))
    assert (demo.returncode, errors) == (0, ""), output
    lines = output.splitlines()
    wanted = [
        "Client cert received", "Name: CN=Dan Example,OU=Ops,O=Acme,C=GB", "The certificate is valid",
        '  "status": "valid",', "No valid client certificate was sent", "content-type: text/html; charset=utf-8",
        "The wiki of Acme.",
        "Access denied", "Name: CN=Dan Example,OU=Ops,O=Acme,C=GB", "The certificate is valid", "Reason: no_rule",
        "Access denied", "No valid client certificate was sent", "Reason: absent",
        "nearest: access.rules:2 (ops): path=/wiki/ does not hold (asked for /admin/)",
    ]
    assert [line for line in lines if line in wanted] == wanted, output
    expect_nothing_left(folder)


def test_a_program_in_a_folder_with_a_space_runs(peercert, folder, tmp_path):
    link = folder / "peercert"
    link.symlink_to(peercert)
    demo = start(link, tmp_path, stdin=subprocess.DEVNULL)
    output, errors = (text.decode() for text in demo.communicate(timeout=DEADLINE))
    assert (demo.returncode, errors) == (0, ""), output
    assert "\nThe certificate is valid\n" in output


def test_in_a_terminal_it_serves_until_enter(served, folder):
    demo, terminal, _ = served
    assert len(running_for(folder)) == 5, "the shell, and lighttpd and peercert for report and gate"
    os.write(terminal, b"\n")
    assert demo.wait(DEADLINE) == 0
    expect_nothing_left(folder)


def test_the_commands_that_it_shows_work_in_another_terminal(served, tmp_path):
    _, _, printed = served
    lines = printed.decode().splitlines()
    first, = (line for line in lines if line.startswith("    cd "))
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    assert len(commands) == 9
    for command in commands:
        done = subprocess.run(["sh", "-c", f"{first}\n{command}"], env={"PATH": os.environ["PATH"], "no_proxy": "*"},
                              cwd=tmp_path, capture_output=True, text=True)
        refused = command.startswith("peercert ")
        assert (done.returncode, done.stderr) == (1 if refused else 0, "") and done.stdout != "", (command, done)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing(served, folder, number):
    demo, _, _ = served
    demo.send_signal(number)
    assert demo.wait(DEADLINE) == 130
    expect_nothing_left(folder)


def test_further_signals_while_it_cleans_up_leave_nothing(served, folder):
    demo, _, _ = served
    until = time.monotonic() + DEADLINE
    while demo.poll() is None and time.monotonic() < until:
        demo.send_signal(signal.SIGINT)
        time.sleep(0.002)
    assert demo.wait(DEADLINE) == 130
    expect_nothing_left(folder)


def test_a_reader_that_goes_away_leaves_nothing(peercert, folder):
    demo = start(peercert, folder, stdin=subprocess.DEVNULL)
    assert demo.stdout.readline().startswith(b"A CA, a client and lighttpd, in")
    wait_until(lambda: running_for(folder), "something runs")
    demo.stdout.close()
    assert demo.wait(DEADLINE) != 0
    expect_nothing_left(folder)
