"""The units of deploy/systemd/, as far as they can be tried without a running systemd."""

import collections
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest


from fastcgi import ask, parameters
from fronts import DEPLOY, VALID
from processes import Process, clean_environment, connects, free_port, wait_until

SYSTEMD = DEPLOY / "systemd"
# Of 10, as systemd-analyze counts; --threshold wants tenths.
MOST_EXPOSED = 1.5


@pytest.fixture(params=["alone", "tcp", "ocsp", "metrics"])
def units(request, tmp_path, peercert):
    """The units in a folder, alone or with the drop-ins of one kind, and with the program's path as it is here."""
    folder = tmp_path / "units"
    folder.mkdir()
    for name in ("peercert.socket", "peercert.service"):
        text = (SYSTEMD / name).read_text()
        (folder / name).write_text(text.replace("/usr/local/bin/peercert", str(peercert)))
    for name in ("peercert.socket.d", "peercert.service.d"):
        drop_in = SYSTEMD / name / f"{request.param}.conf"
        if drop_in.exists():
            (folder / name).mkdir()
            shutil.copy(drop_in, folder / name)
    return folder


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", "--no-pager", *map(str, arguments)], capture_output=True, text=True)


def test_systemd_finds_nothing_wrong_with_the_units(units):
    done = analyze("verify", "--man=no", units / "peercert.socket", units / "peercert.service")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def exposure(service):
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}", service)
    found = re.search(r"Overall exposure level for peercert\.service: ([\d.]+)", done.stdout)
    assert found, done
    return done.returncode, float(found[1])


def test_the_service_is_as_confined_as_its_comment_says(units):
    drop_ins = list((units / "peercert.service.d").glob("*.conf"))
    commented = drop_ins[0] if drop_ins else units / "peercert.service"
    said = re.search(r"systemd-analyze security --offline=true.*?([\d.]+) of 10", commented.read_text(), re.S)
    code, score = exposure(units / "peercert.service")
    assert code == 0
    assert score <= MOST_EXPOSED
    assert score == float(said[1])


def test_the_threshold_would_tell(units):
    service = units / "peercert.service"
    service.write_text(re.sub(r"^(Private|Protect|Restrict|SystemCall|Capability|Dynamic).*$", "", service.read_text(), flags=re.M))
    code, score = exposure(service)
    assert code != 0 and score > MOST_EXPOSED


# --- the configuration file ---


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, env=clean_environment())


def keys_of_help(peercert):
    text = run(peercert, "--help").stdout
    options = re.findall(r"^  --([a-z-]+).*", text, re.M)
    alone = re.findall(r"^  --([a-z-]+).*command line only", text, re.M)
    return set(options) - set(alone) - {"config", "version", "help", "completion"}


def commented_settings():
    return re.findall(r"^#([a-z-]+(?: = .*)?)$", (SYSTEMD / "peercert.conf").read_text(), re.M)


def test_the_configuration_file_shows_every_key(peercert):
    shown = {line.partition(" = ")[0] for line in [*commented_settings(), "ca = "]}
    assert shown == keys_of_help(peercert)


def test_the_units_let_peercert_write_where_the_configuration_file_says():
    paths = dict(line.split(" = ") for line in commented_settings() if line.startswith(("log-file = ", "metrics-file = ")))
    service = (SYSTEMD / "peercert.service").read_text()
    drop_in = (SYSTEMD / "peercert.service.d" / "metrics.conf").read_text()
    log, metrics = (paths[key].rpartition("/")[0] for key in ("log-file", "metrics-file"))
    assert [f"/var/log/{name}" for name in re.findall(r"^LogsDirectory=(.*)$", service, re.M)] == [log]
    assert re.findall(r"^ReadWritePaths=(.*)$", drop_in, re.M) == [metrics] and metrics in drop_in.partition("[Service]")[0]


def test_the_packages_unit_for_debian_13_waits_for_the_end_of_a_reload():
    rules = (DEPLOY / "debian" / "rules").read_text()
    found = re.search(r"echo (-e .*)\)$", rules, re.M)
    command = f"sed {found[1]} {SYSTEMD / 'peercert.service'}".replace("$$", "$")
    made = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^Type=(.*)$", made, re.M) == ["notify-reload"] and "ExecReload" not in made
    assert "notify-reload-reload" not in made


@pytest.fixture
def configuration(tmp_path, pki):
    file = tmp_path / "peercert.conf"
    file.write_text((SYSTEMD / "peercert.conf").read_text().replace("/etc/peercert/ca.cer", str(pki.ca)))
    return file


def test_the_configuration_file_is_good_as_it_is(peercert, configuration):
    done = run(peercert, "--config", configuration, "--test-config")
    assert done.returncode == 0, done


@pytest.mark.parametrize("line", commented_settings())
def test_each_commented_setting_is_good(peercert, configuration, line):
    text = configuration.read_text()
    assert text.count(f"\n#{line}\n") == 1
    configuration.write_text(text.replace(f"\n#{line}\n", f"\n{line}\n"))
    done = run(peercert, "--config", configuration, "--test-config")
    if line.startswith(("rules", "shadow-rules")):
        # The rules are not here, and the shadow needs some beside it.
        assert "unknown key" not in done.stderr, done
    elif line.startswith(("ca-password-file", "intermediates", "crl ")):
        # Read, and missing here.
        assert done.returncode != 0 and line.split(" = ")[1] in done.stderr and "No such file" in done.stderr, done
    else:
        assert done.returncode == 0, done


# --- socket activation ---


class Activated(Process):
    """systemd-socket-activate: it listens, and becomes peercert at the first connection."""

    def __init__(self, folder, program, listen, command_prefix=()):
        self.listen = listen
        words = [word for address in listen for word in ("-l", address if isinstance(address, str) else "%s:%d" % address)]
        super().__init__(folder, "activated", ["systemd-socket-activate", *words, *command_prefix, *program])


@pytest.fixture
def activate(tmp_path):
    started = []

    def start(*arguments, **options):
        started.append(Activated(tmp_path, *arguments, **options))
        wait_until(lambda: started[-1].log().count("Listening on ") == len(started[-1].listen), "it listens")
        return started[-1]
    yield start
    for process in started:
        process.stop()


def exec_start(peercert, configuration):
    """The command of the unit, with this program and this configuration."""
    command = re.search(r"^ExecStart=(.*)$", (SYSTEMD / "peercert.service").read_text(), re.M)[1].split()
    assert command == ["/usr/local/bin/peercert", "--config", "/etc/peercert/peercert.conf"]
    return [peercert, "--config", configuration]


def test_the_socket_of_systemd_is_served(activate, peercert, configuration, pki, tmp_path):
    path = tmp_path / "peercert.sock"
    process = activate(exec_start(peercert, configuration), [str(path)])
    for _ in range(3):
        assert ask(path, parameters(pki.good.pem)).text.endswith(f"\n{VALID}\n")
    assert process.stop(signal.SIGTERM) == 0
    assert path.exists(), "the socket is systemd's, and stays"


def test_two_sockets_of_systemd_are_served(activate, peercert, configuration, pki, tmp_path):
    """As with the drop-in for TCP."""
    path, port = tmp_path / "peercert.sock", ("127.0.0.1", free_port())
    activate(exec_start(peercert, configuration), [str(path), port])
    for address in (path, port, path):
        assert ask(address, parameters(pki.good.pem)).text.endswith(f"\n{VALID}\n")


def test_a_port_for_all_is_refused_without_the_names_of_the_front_servers(activate, peercert, configuration):
    """A drop-in for TCP alone opens nothing to the network."""
    port = free_port()
    process = activate(exec_start(peercert, configuration), [f"0.0.0.0:{port}"])
    assert connects(("127.0.0.1", port))
    assert process.wait() == 2
    assert "allow-peer" in process.log()


def test_ports_of_systemd_need_no_network_of_the_service(activate, peercert, configuration, pki):
    """PrivateNetwork=yes and a socket from outside, as with the drop-in for TCP."""
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode != 0:
        pytest.skip("no network namespaces may be made here")
    port = ("127.0.0.1", free_port())
    activate(exec_start(peercert, configuration), [port], command_prefix=("unshare", "-rn"))
    for _ in range(2):
        assert ask(port, parameters(pki.good.pem)).text.endswith(f"\n{VALID}\n")


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_restarts_lose_no_request_of_a_front_that_tries_only_once(peercert, configuration, pki, tmp_path, kind, long):
    """What one peercert has accepted it answers; what it has not, the next one takes from systemd's socket."""
    address = tmp_path / "peercert.sock" if kind == "unix" else ("127.0.0.1", free_port())
    outcomes, stopping = collections.Counter(), threading.Event()

    def run_client():
        while not stopping.is_set():
            try:
                answer = ask(address, parameters(pki.good.pem))
                outcomes["no answer" if answer is None else answer.text.splitlines()[-1]] += 1
            except OSError as error:
                outcomes[str(error)] += 1

    with socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET) as listening:
        listening.bind(str(address) if kind == "unix" else address)
        listening.listen(128)
        clients = [threading.Thread(target=run_client) for _ in range(8)]
        for client in clients:
            client.start()
        try:
            for _ in range(200 if long else 12):
                before = outcomes.total()
                process = Process(tmp_path, "peercert", exec_start(peercert, configuration), stdin=listening)
                wait_until(lambda: outcomes.total() >= before + 40, "requests are answered")
                assert process.stop() == 0
            process = Process(tmp_path, "peercert", exec_start(peercert, configuration), stdin=listening)
        finally:
            stopping.set()
            for client in clients:
                client.join()
            process.stop()
    assert set(outcomes) == {VALID}, outcomes


# --- what it tells the service manager ---


class Manager:
    """The socket that NOTIFY_SOCKET names, and what came."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(20)

    def next(self):
        return self.socket.recv(4096).decode()


def test_the_service_manager_is_told_of_start_reload_life_and_end(tmp_path, peercert, pki):
    manager = Manager(tmp_path / "notify")
    process = Process(tmp_path, "peercert", [peercert, "--ca", pki.ca, "--listen", f"unix:{tmp_path}/peercert.sock"],
                      {**clean_environment(), "NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "400000"})
    try:
        assert manager.next() == "READY=1"
        assert connects(tmp_path / "peercert.sock"), "it listens when it says so"
        assert manager.next() == "WATCHDOG=1"
        assert manager.next() == "WATCHDOG=1"
        process.send_signal(signal.SIGHUP)
        messages = []
        wait_until(lambda: messages.append(manager.next()) or messages[-1] == "READY=1", "the reload ends")
        reloading = [message for message in messages if message != "WATCHDOG=1"]
        assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", reloading[0]) and len(reloading) == 2, messages
    finally:
        status = process.stop()
    assert status == 0
    messages = [manager.next()]
    while messages[-1] != "STOPPING=1":
        messages.append(manager.next())
    assert set(messages[:-1]) <= {"WATCHDOG=1"}
