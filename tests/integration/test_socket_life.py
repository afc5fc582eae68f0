"""peercert's socket from its beginning to its end: what it listens on, answers under way, stopping."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess

import pytest

from fastcgi import Connection, ask, last_line, parameters, request
from fronts import ABSENT, VALID
from processes import DEADLINE, Process, clean_environment, connects, free_port, signal_is_pending, wait_until


# --- listening ---


def run(peercert, pki, *arguments, **options):
    return subprocess.run([peercert, "--ca", pki.ca, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=DEADLINE, env=clean_environment(), **options)


@pytest.mark.parametrize("mode, arguments", [(0o660, []), (0o600, ["--socket-mode", "0600"])])
def test_the_sockets_mode(start_responder, mode, arguments):
    responder = start_responder(*arguments)
    assert stat.S_IMODE(os.stat(responder.socket).st_mode) == mode


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
def test_what_is_no_socket_is_never_removed(peercert, pki, tmp_path, kind):
    path, target = tmp_path / "here", tmp_path / "target"
    if kind == "file":
        path.write_text("precious")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(target)
        if kind == "link":
            target.write_text("precious")
    done = run(peercert, pki, "--listen", f"unix:{path}")
    assert done.returncode == 2, done
    assert "here" in done.stderr
    assert path.is_symlink() == (kind in ("link", "dangling link"))
    if kind in ("file", "link"):
        assert path.read_text() == "precious"
    assert not (kind == "dangling link" and target.exists())


def test_a_dead_socket_is_replaced(start_responder, pki, tmp_path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "peercert0.sock"))
    responder = start_responder()
    assert last_line(ask(responder.address, parameters(pki.good.pem))) == VALID


def test_a_socket_that_lives_is_left_alone(start_responder, peercert, pki):
    responder = start_responder()
    done = run(peercert, pki, "--listen", f"unix:{responder.socket}")
    assert done.returncode == 2
    assert last_line(ask(responder.address, parameters(pki.good.pem))) == VALID


def test_tcp_on_loopback_serves(start_responder, pki):
    responder = start_responder(listen=("127.0.0.1", free_port()))
    assert last_line(ask(responder.address, parameters(pki.good.pem))) == VALID


def test_tcp_beyond_loopback_needs_to_know_its_peers(peercert, pki):
    for address in ("0.0.0.0:0", "[::]:0"):
        done = run(peercert, pki, "--listen", address)
        assert done.returncode == 2, done
        assert "--allow-peer" in done.stderr


def test_a_peer_that_is_not_allowed_is_not_answered(start_responder, pki):
    responder = start_responder("--allow-peer", "192.0.2.1", listen=("127.0.0.1", free_port()))
    responder.allowed_log = ("warning a connection from an address that --allow-peer does not name was closed",)
    try:
        assert ask(responder.address, parameters(pki.good.pem)) is None
    except (BrokenPipeError, ConnectionResetError):
        pass
    responder = start_responder("--allow-peer", "127.0.0.0/8", listen=("127.0.0.1", free_port()))
    assert last_line(ask(responder.address, parameters(pki.good.pem))) == VALID


def test_systemd_hands_its_sockets_over_from_descriptor_3(peercert, pki, tmp_path):
    path = tmp_path / "activated.sock"
    process = Process(tmp_path, "activate", ["systemd-socket-activate", "-l", path, peercert, "--ca", pki.ca])
    try:
        process.wait_listening(lambda: path.exists() and connects(path))
        assert last_line(ask(path, parameters(pki.good.pem))) == VALID
        assert last_line(ask(path, parameters(pki.good.pem))) == VALID
    finally:
        status = process.stop()
    assert status == 0, process.log()


def test_spawn_fcgi_hands_its_socket_over_at_descriptor_0(peercert, pki, tmp_path):
    path = tmp_path / "spawned.sock"
    process = Process(tmp_path, "spawn", ["spawn-fcgi", "-n", "-s", path, "--", peercert, "--ca", pki.ca])
    try:
        process.wait_listening(lambda: path.exists() and connects(path))
        assert last_line(ask(path, parameters(pki.good.pem))) == VALID
    finally:
        status = process.stop()
    assert status == 0, process.log()


def test_the_log_has_one_line_for_each_verdict(start_responder, pki):
    responder = start_responder("--log-format", "json")
    ask(responder.address, parameters(pki.good.pem))
    ask(responder.address, parameters(pki.hostile.pem))
    ask(responder.address, parameters(None))
    responder.stop_gently()

    statuses = [json.loads(line).get("status") for line in responder.log().splitlines()]
    assert [status for status in statuses if status] == ["valid", "valid", "absent"]
    assert "PRIVATE" not in responder.log() and "BEGIN CERT" not in responder.log()


# --- streaming and stopping ---


def test_the_identity_is_a_record_of_its_own_before_the_verdict(start_responder, hooked, pki, gate):
    responder = start_responder(program=hooked, environment=gate.environment)
    with Connection(responder.address) as connection:
        connection.send(request(parameters(pki.good.pem)))
        early = connection.read_until(b"\nFront server said: SUCCESS\n\n").decode()
        assert "The certificate" not in early
        gate.open_once()
        assert connection.read_to_end_of_request().endswith(f"\n{VALID}\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_hand_is_finished_before_it_stops(start_responder, hooked, pki, gate, number):
    responder = start_responder(program=hooked, environment=gate.environment)
    with Connection(responder.address) as connection:
        connection.send(request(parameters(pki.good.pem)))
        connection.read_until(b"Client cert received")
        responder.send_signal(number)
        wait_until(lambda: not signal_is_pending(responder.pid, number), "it takes the signal")
        assert responder.alive()
        gate.open_once()
        assert connection.read_to_end_of_request().endswith(f"\n{VALID}\n")
    assert responder.wait() == 0
    assert not responder.socket.exists(), "its socket's file is removed"
    responder.check_log()


def test_many_who_stall_do_not_keep_it_from_ending(start_responder, pki):
    """One after another, each with all the time that a peer has while it serves, they would for a minute."""
    responder = start_responder("--threads", "64")
    whole = request(parameters(pki.good.pem))
    assert VALID in ask(responder.address, parameters(pki.good.pem)).text
    with contextlib.ExitStack() as held:
        for _ in range(40):
            held.enter_context(Connection(responder.address)).send(whole[:len(whole) // 2])
        last = held.enter_context(Connection(responder.address))
        last.send(whole)
        assert VALID in last.read_answer().text
        for _ in range(40):
            held.enter_context(Connection(responder.address)).send(whole[:len(whole) // 2])
        assert responder.stop() == 0
    responder.check_log()


def test_a_request_held_for_long_does_not_hold_the_others(start_responder, hooked, pki, gate):
    responder = start_responder("--threads", "2", program=hooked, environment=gate.environment)
    with Connection(responder.address) as held:
        held.send(request(parameters(pki.good.pem)))
        held.read_until(b"Client cert received")
        assert ask(responder.address, parameters(None)).text.splitlines()[0] == ABSENT
        gate.open_once()
        assert held.read_to_end_of_request().endswith(f"\n{VALID}\n")


def cpu_of_threads(pid):
    """Nanoseconds of each thread so far."""
    return {path.parent.name: int(path.read_text().split()[0])
            for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")}


def test_those_who_come_at_once_are_shared_by_the_workers(start_responder, pki):
    responder = start_responder("--cache", 0, "--threads", 2)
    for _ in range(10):
        before = cpu_of_threads(responder.pid)
        os.kill(responder.pid, signal.SIGSTOP)
        with contextlib.ExitStack() as held:
            connections = [held.enter_context(Connection(responder.address)) for _ in range(200)]
            for connection in connections:
                connection.send(request(parameters(pki.good.pem)))
            os.kill(responder.pid, signal.SIGCONT)
            for connection in connections:
                assert connection.read_answer().text.splitlines()[-1] == VALID
        after = cpu_of_threads(responder.pid)
        busiest = sorted((after[thread] - before.get(thread, 0) for thread in after), reverse=True)
        assert busiest[1] > busiest[0] / 10, busiest
