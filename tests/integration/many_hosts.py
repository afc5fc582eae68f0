"""Three hosts with a peercert each, as network namespaces, and HAProxy on a fourth with deploy/haproxy/backend-many.cfg.
test_many_hosts.py runs these tests in namespaces of their own; alone:
    unshare -mnpf --kill-child --mount-proc python3 -m pytest tests/integration/many_hosts.py
"""

import pathlib
import re
import signal
import socket
import subprocess
import tempfile

import pytest

import fastcgi
from front_haproxy import Haproxy
from fronts import VALID
from load import CUT_OFF, NO_ANSWER, WHOLE, Load
from processes import Process, connects, wait_until

FRONT = "192.0.2.1"
HOSTS = {"one": "192.0.2.10", "two": "192.0.2.11", "three": "192.0.2.12"}


def ip(words):
    subprocess.run(["ip", *words.split()], check=True, capture_output=True)


@pytest.fixture(scope="module", autouse=True)
def network():
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    ip("link set lo up")
    ip("link add hosts type bridge")
    ip(f"addr add {FRONT}/24 dev hosts")
    ip("link set hosts up")
    for name, address in HOSTS.items():
        ip(f"netns add {name}")
        ip(f"link add to-{name} type veth peer name eth0 netns {name}")
        ip(f"link set to-{name} master hosts up")
        ip(f"-n {name} addr add {address}/24 dev eth0")
        ip(f"-n {name} link set eth0 up")
        ip(f"-n {name} link set lo up")


class Hosts(Haproxy):
    backend = "backend-many.cfg"
    most_kept = 200
    allowed_log = (r"^(\[WARNING\] +\(\d+\) : )?(Server|Health check for server) peercert/\w+ ",)

    def start_responder(self):
        self.responders = {}
        for name in HOSTS:
            self.start_one(name)
        self.responder = self.responders["one"]

    def start_one(self, name):
        address = HOSTS[name]
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        crl = folder / "ca.crl"
        if not crl.exists():
            crl.write_bytes(self.crl.read_bytes())
        process = Process(self.folder, f"peercert-{name}", [
            "ip", "netns", "exec", name, self.program, "--ca", self.pki.ca, "--crl", crl, "--listen", f"{address}:9000",
            "--allow-peer", FRONT])
        self.responders[name] = process
        process.wait_listening(lambda: process.log() is not None and self.answers(address))

    @staticmethod
    def answers(address):
        try:
            socket.create_connection((address, 9000), timeout=1).close()
            return True
        except OSError:
            return False

    def servers(self):
        return {name: f"{address}:9000" for name, address in HOSTS.items()}

    def settle(self):
        pass

    def stop(self):
        try:
            if self.server is not None:
                self.server.stop()
        finally:
            for process in self.responders.values():
                if process.alive():
                    process.send_signal(signal.SIGCONT)
                    process.stop()

    def status(self, name):
        return self.server_stats()[name]["status"]


@pytest.fixture
def hosts(peercert, pki):
    tmp_path = pathlib.Path(tempfile.mkdtemp(dir="/run"))  # a short name: the path of a socket has 107 bytes
    front = Hosts(tmp_path, pki, peercert)
    front.crl = tmp_path / "ca.crl"
    pki.authority.write_crl(front.crl)
    try:
        front.start()
        wait_until(lambda: connects(tmp_path / "admin.sock"), "HAProxy listens on its stats socket")
        for name in HOSTS:
            wait_until(lambda: front.status(name) == "UP", f"{name} is up")
        yield front
    finally:
        front.stop()


def crl_ends():
    """What each host's metrics say of its list."""
    ends = {}
    for name, address in HOSTS.items():
        text = fastcgi.ask((address, 9000), fastcgi.parameters(PEERCERT_PAGE="metrics")).text
        ends[name] = int(re.search(r"^peercert_next_crl_end_timestamp_seconds (\d+)$", text, re.M)[1])
    return ends


def test_a_host_that_is_cut_off_takes_no_verdict_with_it(hosts, pki):
    with Load(hosts, pki.good, clients=6) as load:
        load.wait_for(60)
        ip("link set to-two down")
        wait_until(lambda: hosts.status("two").startswith("DOWN"), "HAProxy takes note")
        load.wait_for(60)
        ip("link set to-two up")
        wait_until(lambda: hosts.status("two") == "UP", "HAProxy has it back")
        load.wait_for(60)
    assert not load.wrong
    # Who had a request there has no answer, or an error; nobody else.
    lost = load.total() - load.outcomes[WHOLE]
    assert lost <= 6, load.outcomes


def test_a_host_that_hangs_is_passed_over(hosts, pki):
    with Load(hosts, pki.good, clients=6) as load:
        load.wait_for(60)
        hosts.responders["three"].send_signal(signal.SIGSTOP)
        wait_until(lambda: hosts.status("three").startswith("DOWN"), "HAProxy takes note")
        hosts.responders["three"].send_signal(signal.SIGCONT)
        wait_until(lambda: hosts.status("three") == "UP", "HAProxy has it back")
        load.wait_for(60)
    assert not load.wrong
    assert set(load.outcomes) <= {WHOLE, CUT_OFF, NO_ANSWER, 504} and load.outcomes[WHOLE] >= 120, load.told()
    assert load.total() - load.outcomes[WHOLE] <= 6, load.told()


def test_a_rolling_restart_under_load_loses_nothing(hosts, pki):
    with Load(hosts, pki.good, clients=6) as load:
        for name in HOSTS:
            load.wait_for(30)
            assert hosts.responders[name].stop() == 0
            load.wait_for(30)
            hosts.start_one(name)
            wait_until(lambda: hosts.status(name) == "UP", f"{name} is back")
    assert set(load.outcomes) == {WHOLE}, load.told()


def test_a_host_with_older_trust_never_makes_more_than_its_own_answers_old(hosts, pki):
    """The list that revokes is on two hosts of three: who asks often enough is told both. Then it is on the third."""
    doomed = pki.authority.sign("doomed")
    pki.authority.revoke(doomed)
    newer = hosts.folder / "newer.crl"
    pki.authority.write_crl(newer, "-crldays", "40")

    def install(name):
        target = hosts.folder / name / "ca.crl"
        (target.parent / "new").write_bytes(newer.read_bytes())
        (target.parent / "new").rename(target)

    def lasts():
        return {hosts.curl(doomed).lines[-1] for _ in range(12)}
    assert lasts() == {VALID} and len(set(crl_ends().values())) == 1
    install("one")
    install("two")
    def older():
        ends = crl_ends()
        return [name for name, end in ends.items() if end < max(ends.values())]
    # The metric names the third, as the alert PeercertHostsDiffer has it.
    wait_until(lambda: older() == ["three"], "two hosts have it")
    assert len([line for line in lasts() if "revoked" in line]) == 1
    install("three")
    wait_until(lambda: all("revoked" in line for line in lasts()), "all have it")
    assert len(set(crl_ends().values())) == 1
