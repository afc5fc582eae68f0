#!/usr/bin/env python3
"""Requests/s of a small file behind a gate: peercert with 10 and 10,000 rules beside a null authorizer, which says yes to
everybody, through nginx (kept connections) and lighttpd. The contestants alternate within a round, and the share is the
median of the rounds' ratios. Beside it, what does not depend on who else is busy: processor time of the gate a request.
Cold (--cache 0), each request is verified anew; so it is by Go's net/http/fcgi, which knows no authorizers and so cannot
take part behind lighttpd. nginx by itself compares the DN with a map, and asks nobody.

    tests/bench/gate.py [ROUNDS] [SECONDS]     part of `make bench`; alone: make bench-gate
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))
os.environ["PATH"] += ":/usr/sbin:/sbin"
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()

import contestants  # noqa: E402
import fronts  # noqa: E402
import gate_fronts  # noqa: E402
from gate_helpers import write_rules  # noqa: E402
from pki import Pki, openssl  # noqa: E402
from processes import Process, connects  # noqa: E402


def rules(count):
    """So many lines: an issuer, lines that the client does not meet, and the last, which lets it in."""
    lines = [f"deny issuer=acme serial={number:016x}" for number in range(1, count - 1)]
    return "issuer acme {ca}\n" + "\n".join(lines) + '\nallow issuer=acme cn="Dan Example" path=/pub/ user=$cn\n'


class NullGate(Process):
    def __init__(self, folder, socket):
        super().__init__(folder, "null", [BUILD / "bench/null_authorizer", socket, 64])
        self.wait_listening(lambda: connects(socket))


class GoGate(Process):
    def __init__(self, folder, socket, ca):
        super().__init__(folder, "go", [contestants.go_build(folder, "gate.go"), socket, ca])
        self.wait_listening(lambda: connects(socket))


class NginxMap(gate_fronts.Nginx):
    """No gate but a map of DNs."""

    def start_gate(self):
        self.gate = self.responder = None

    def fill(self, name, **more):
        file, subject = super().fill(name, **more), openssl(
            "x509", "-in", self.pki.good.cer, "-noout", "-subject", "-nameopt", "RFC2253").decode()
        allowed = subject.strip().removeprefix("subject=").strip()
        text = fronts.replace_once(file.read_text(), {
            r"^    include peercert/forward-auth.conf;": f'    map $ssl_client_s_dn $known {{ default 0; "{allowed}" 1; }}',
            r"^        include peercert/gate.conf;": f"        ssl_client_certificate {self.pki.ca};\n"
                                                   "        ssl_verify_client on;\n        if ($known = 0) { return 403; }"})
        file.write_text(re.sub(r"\$peercert_(?:user|upgrade|connection)\b", '""', text))
        return file


class NginxGo(gate_fronts.Nginx):
    """Go's library wants to know the protocol, too."""

    def start_gate(self):
        self.gate = self.responder = GoGate(self.folder, self.gate_address, self.pki.ca)

    def copy(self, name, settings, to=None):
        target = super().copy(name, settings, to)
        if name == "nginx/gate-ask.conf":
            with target.open("a", encoding="ascii") as more:
                more.write("fastcgi_param SERVER_PROTOCOL $server_protocol;\n")
        return target


KINDS = ["null authorizer", "peercert, 10 rules", "peercert, 10,000 rules", "peercert, 10 rules, cold",
         "Go net/http/fcgi, crypto/x509", "nginx map on the DN"]


def make_front(name, kind, path, pki):
    """A front with the gate that is called so. Raises Missing."""
    count = 10000 if "10,000" in kind else 10
    options = ["--rules", write_rules(path / "access.rules", pki, rules(count)), "--log-allowed", "first",
               *(["--cache", "0"] if "cold" in kind else [])]
    maker = {KINDS[4]: NginxGo, KINDS[5]: NginxMap}.get(kind, gate_fronts.FRONTS[name])
    if maker is NginxGo:
        contestants.program("go", "golang-go")
    front = maker(path, pki, BUILD / "peercert", *options)
    if kind == KINDS[0]:
        def start_gate():
            front.gate = front.responder = NullGate(path, front.gate_address)
        front.start_gate = start_gate
    return front


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(front, pki, seconds):
    environment = {**os.environ, "LD_PRELOAD": str(BUILD / "bench/client_certificate.so"),
                   "CLIENT_CERTIFICATE": str(pki.good.cer), "CLIENT_KEY": str(pki.good.key)}
    began = cpu_seconds(front.gate.pid) if front.gate is not None else 0
    said = subprocess.run(["wrk", "-t1", "-c16", f"-d{seconds}s", front.url], env=environment, check=True,
                          capture_output=True, text=True).stdout
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    used = cpu_seconds(front.gate.pid) - began if front.gate is not None else 0
    return (float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]),
            1e6 * used / int(re.search(r"(\d+) requests in", said)[1]))


def measure_front(paper, name, folder, pki, rounds, seconds):
    fronts_of, got = {}, {}
    try:
        for kind in KINDS if name == "nginx" else KINDS[:4]:
            path = folder / f"{name}-{len(fronts_of)}"
            path.mkdir()
            try:
                front = make_front(name, kind, path, pki)
            except contestants.Missing as missing:
                paper.say(f"Left out: {kind} ({missing}).")
                continue
            fronts_of[kind], got[kind] = front, []
            front.start()
        for _ in range(rounds):
            for kind, front in fronts_of.items():
                got[kind].append(measure(front, pki, seconds))
    finally:
        for front in fronts_of.values():
            front.stop()
    rows = []
    for kind, figures in got.items():
        share = statistics.median(one[0] / null[0] for one, null in zip(figures, got[KINDS[0]]))
        rate, used = (statistics.median(column) for column in zip(*figures))
        rows.append([kind, f"{rate:,.0f}", f"{share:.2f}", f"{used:.1f}" if used else ""])
    paper.table([f"through {name}", "requests/s", "of the null authorizer", "CPU us of the gate"], rows)


def measure_all(paper, rounds=5, seconds=2):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "pki").mkdir()
        pki = Pki(folder / "pki")
        paper.say("## The gate")
        paper.say()
        paper.say("A file of a few bytes behind the gate, over mutual TLS: wrk, 16 kept connections. The null authorizer says yes "
                  "to everybody and looks at nothing (goal: 0.90 of its requests/s when warm). Cold and Go verify each time. Go's "
                  "library knows no authorizers, so it is not behind lighttpd; nginx's map asks nobody.")
        paper.say()
        for name in ("nginx", "lighttpd"):
            measure_front(paper, name, folder, pki, rounds, seconds)


class Printer:
    """As run's Paper, but only prints."""

    @staticmethod
    def say(line=""):
        print(line, flush=True)

    @staticmethod
    def table(heads, rows):
        for row in [heads, *rows]:
            print("".join(f"{cell:>{34 if i == 0 else 24}}" for i, cell in enumerate(row)), flush=True)


if __name__ == "__main__":
    measure_all(Printer, *map(int, sys.argv[1:]))
