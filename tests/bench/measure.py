"""What the benchmark measures with: certificates, CPU time and memory of processes, load."""

import contextlib
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "integration"))

from pki import openssl  # noqa: E402  (from the integration tests)

BUILD = pathlib.Path(os.environ.get("BUILD", HERE.parents[1] / "build")).resolve()
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "1"))  # of each turn
CORES = len(os.sched_getaffinity(0))
CLIENT = ("basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
          "subjectAltName=email:dan@example.org\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
SERVER = "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"


class Certificates:
    """An RSA-4096 CA as certs/ca makes it, an RSA-2048 client, a server, a stranger, and an EC CA (for mint too)
    with an EC client."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = self._root("ca", "Acme CA", "rsa:4096")
        self.ec_ca = self._root("ec-ca", "Acme EC CA", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        other = self._root("other-ca", "Acme CA", "rsa:2048")
        self.client = self._leaf("dan", "/C=GB/O=Acme/OU=Ops/CN=Dan Example", self.ca, CLIENT)
        self.server = self._leaf("server", "/CN=localhost", self.ca, SERVER)
        self.ec_client = self._leaf("eve", "/C=GB/O=Acme/OU=Ops/CN=Eve Example", self.ec_ca, CLIENT,
                                    "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        self.stranger = self._leaf("stranger", "/C=GB/O=Acme/OU=Ops/CN=Dan Example", other, CLIENT)

    @staticmethod
    def key(certificate):
        return certificate.with_suffix(".key")

    def _root(self, name, common_name, algorithm, *more):
        made = self.folder / f"{name}.cer"
        openssl("req", "-x509", "-newkey", algorithm, *more, "-nodes", "-keyout", self.key(made), "-days", 3650,
                "-subj", f"/C=GB/O=Acme/CN={common_name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-out", made)
        return made

    def _leaf(self, name, subject, ca, extensions, algorithm="rsa:2048", *more):
        made, request = self.folder / f"{name}.cer", self.folder / f"{name}.req"
        made.with_suffix(".ext").write_text(extensions)
        openssl("req", "-new", "-newkey", algorithm, *more, "-nodes", "-keyout", self.key(made), "-subj", subject,
                "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", self.key(ca), "-CAcreateserial", "-days", 365,
                "-extfile", made.with_suffix(".ext"), "-out", made)
        return made


def group(pid):
    """A process and its descendants."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in group(int(child)))]


def cpu(pid):
    """CPU microseconds of a process and its descendants so far."""
    return sum(int(path.read_text().split()[0]) for one in group(pid)
               for path in pathlib.Path(f"/proc/{one}/task").glob("*/schedstat")) / 1000


def memory(pid, field="VmHWM"):
    """Peak resident memory (VmHWM), or resident now (VmRSS), of a process and its descendants, MiB."""
    texts = (pathlib.Path(f"/proc/{one}/status").read_text() for one in group(pid))
    return sum(int(re.search(rf"^{field}:\s*(\d+)", text, re.M)[1]) for text in texts) / 1024


def available():
    """Memory that can be had without swapping, MiB."""
    return int(re.search(r"^MemAvailable:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)[1]) / 1024


@contextlib.contextmanager
def on_processor(turn):
    """What is started inside runs on one processor, on the next one the next turn: a neighbour's load may slow one of
    them and not the other, and would speak for whoever was elsewhere."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(all_of_them)[turn % len(all_of_them)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def load(socket, certificates, count, *options, script=None):
    """One run of the load generator: requests/s, p50 and p99 in microseconds, bytes of an answer."""
    environment = {**os.environ, **({"BENCH_SCRIPT": str(script)} if script else {})}
    done = subprocess.run([BUILD / "bench/load", "-n", str(count), *options, socket, certificates],
                          stdout=subprocess.PIPE, check=True, env=environment)
    return [float(number) for number in done.stdout.split()]


UNITS = {"us": 1, "ms": 1e3, "s": 1e6}


def wrk(url, certificates, seconds):
    """One run of wrk with 16 kept connections over TLS: requests/s, p50 and p99 in microseconds, how many."""
    environment = {**os.environ, "LD_PRELOAD": str(BUILD / "bench/client_certificate.so"),
                   "CLIENT_CERTIFICATE": str(certificates.client),
                   "CLIENT_KEY": str(certificates.key(certificates.client))}
    said = subprocess.run(["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", url], env=environment, check=True,
                          capture_output=True, text=True).stdout
    assert "Non-2xx" not in said and "Socket errors" not in said, said
    percentiles = {}
    for percent in ("50", "99"):
        number, unit = re.search(rf"^\s+{percent}%\s+([\d.]+)(\w+)", said, re.M).groups()
        percentiles[percent] = float(number) * UNITS[unit]
    return [float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), percentiles["50"], percentiles["99"],
            int(re.search(r"(\d+) requests in", said)[1])]


def median(rows):
    """Column by column."""
    return [statistics.median(column) for column in zip(*rows)]


def child_times(command, count, environment=None):
    """CPU and wall microseconds of each run of a program, the medians over `count` runs."""
    rows = []
    for _ in range(count):
        began = time.monotonic()
        pid = os.posix_spawn(command[0], command, environment or os.environ, file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)])
        _, status, used = os.wait4(pid, 0)
        assert status == 0, command
        rows.append([(used.ru_utime + used.ru_stime) * 1e6, (time.monotonic() - began) * 1e6])
    return median(rows)
