"""Fixtures: certificates by the kit's own PKCS#12, and a Chromium for each of them."""

import contextlib
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))

import fronts  # noqa: E402
import gate_fronts  # noqa: E402
from gate_helpers import write_rules  # noqa: E402
from pki import GOOD_SUBJECT, Pki, openssl  # noqa: E402
from processes import Gate  # noqa: E402
from webdriver import Browser, make_home  # noqa: E402

specification = importlib.util.spec_from_file_location("integration_fixtures", ROOT / "tests/integration/conftest.py")
shared = importlib.util.module_from_spec(specification)
specification.loader.exec_module(shared)
peercert, hooked = shared.peercert, shared.hooked
pytest_runtest_makereport = shared.pytest_runtest_makereport

P12_PASSWORD = "correct horse"
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve() / "browser"
AXE = "axe-core@4.10.3"
# The one file outside of the temporary folders: Chromium reads its managed policies nowhere else.
POLICIES = pathlib.Path("/etc/chromium/policies/managed")


class BrowserPki(Pki):
    """With a revoked client, a CRL, and PKCS#12 files."""

    def __init__(self, folder):
        super().__init__(folder)
        self.revoked = self.authority.sign("revoked", GOOD_SUBJECT)
        self.crl = self.authority.folder / "ca.crl"
        ca = ["ca", "-batch", "-config", self.authority.config]
        openssl(*ca, "-revoke", self.revoked.cer, "-crl_reason", "keyCompromise")
        openssl(*ca, "-gencrl", "-crldays", 30, "-out", self.crl)

    def p12(self, certificate):
        name = certificate.cer.stem
        made = certificate.cer.with_suffix(".p12")
        if not made.exists():
            done = subprocess.run([ROOT / "certs/ca", "p12", name, "--batch", "--friendly-name", name],
                                  cwd=certificate.cer.parent, capture_output=True, text=True,
                                  env={**os.environ, "CA_P12_PASSWORD": P12_PASSWORD})
            assert done.returncode == 0, done
        return made


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return BrowserPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def axe():
    """axe-core's script, from the npm registry; None when npm cannot get it."""
    script = BUILD / "node_modules/axe-core/axe.min.js"
    if not script.exists() or json.loads((script.parent / "package.json").read_text())["version"] != AXE.split("@")[1]:
        BUILD.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(subprocess.TimeoutExpired, FileNotFoundError):
            subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts",
                            "--fetch-retries", "1", "--fetch-timeout", "20000", "--no-update-notifier", "--cache", BUILD / "npm", "--prefix", BUILD, AXE],
                           capture_output=True, timeout=120)
    return script.read_text() if script.exists() else None


@pytest.fixture(scope="session")
def screenshots():
    folder = BUILD / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def as_root(*command, **options):
    """Runs a command as root. Nobody is there to type a password: pytest has the terminal."""
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    return subprocess.run([*sudo, *command], check=True, capture_output=True, text=True, **options)


def remove_policies_of_the_dead():
    for file in POLICIES.glob("peercert-tests-*.json"):
        if not pathlib.Path("/proc", file.stem.rsplit("-", 1)[1]).exists():
            as_root("rm", "-f", file)


def write_policy(file, text):
    try:
        as_root("install", "-d", "-m", "755", POLICIES)
        remove_policies_of_the_dead()
        as_root("tee", file, input=text)
        as_root("chmod", "644", file)
    except (OSError, subprocess.CalledProcessError) as failure:
        words = getattr(failure, "stderr", None) or failure
        raise pytest.fail.Exception(
            f"Chromium reads its policies in {POLICIES} alone. Run these tests as root, or with sudo that asks for no password"
            f" (`sudo -v` just before):\n{words}", pytrace=False) from None


@contextlib.contextmanager
def certificates_are_selected(fronts_of_ours):
    """Has Chromium send these fronts the only certificate that it has, without asking."""
    folders = [folder for folder in (POLICIES, *POLICIES.parents) if not folder.exists()]
    file = POLICIES / f"peercert-tests-{os.getpid()}.json"
    # Told to end, pytest cleans up as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    urls = [json.dumps({"pattern": f"https://localhost:{front.port}", "filter": {}}) for front in fronts_of_ours]
    try:
        write_policy(file, json.dumps({"AutoSelectCertificateForUrls": urls}))
        yield
    finally:
        if file.exists():
            as_root("rm", "-f", file)
        for folder in folders:
            if folder.exists():
                with contextlib.suppress(subprocess.CalledProcessError):
                    as_root("rmdir", folder)


def clock(offset):
    """A clock that only the responder sees."""
    library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    assert library is not None, "libfaketime is missing"
    return {"LD_PRELOAD": str(library), "FAKETIME": offset}


@pytest.fixture(scope="session")
def gate(tmp_path_factory):
    return Gate(tmp_path_factory.mktemp("gate") / "gate")


@pytest.fixture(scope="session")
def served(peercert, hooked, pki, gate, tmp_path_factory):
    """The fronts by name, all started before the first browser, which reads the policy then."""
    # Chromium offers no certificate that has expired for itself, and lighttpd hands none on. To
    # these peercerts it has expired, or is about to, since the handshake.
    kinds = {
        "plain": ("lighttpd-spawned", peercert, {}),
        "nginx": ("nginx", peercert, {}),
        "crl": ("lighttpd-spawned", peercert, {"PEERCERT_CRL": str(pki.crl)}),
        "later": ("lighttpd-socket", peercert, clock("+400d")),
        "soon": ("lighttpd-socket", peercert, clock("+350d")),
        "gated": ("lighttpd-socket", hooked, gate.environment),
    }
    running = {}
    with contextlib.ExitStack() as cleanup:
        for name, (front, program, environment) in kinds.items():
            running[name] = fronts.FRONTS[front](tmp_path_factory.mktemp(name), pki, program, environment=environment)
            cleanup.callback(running[name].stop)
            running[name].start()
        folder = tmp_path_factory.mktemp("guarded")
        running["guarded"] = gate_fronts.FRONTS["lighttpd"](folder, pki, peercert, "--rules",
                                                            write_rules(folder / "access.rules", pki))
        cleanup.callback(running["guarded"].stop)
        running["guarded"].start()
        with certificates_are_selected(running.values()):
            yield running
        # What still waits may end.
        with gate.standing_open():
            running["gated"].stop()
        for front in running.values():
            # A browser ends a connection when it likes, while lighttpd writes too.
            front.allow(r"\(connections\.c\.\d+\) connection closed: write failed")
            front.check_log()


@pytest.fixture(scope="session")
def browse(served, pki, tmp_path_factory):
    """The Chromium that has this client's certificate, or none; started when first asked for."""
    running = {}
    with contextlib.ExitStack() as cleanup:
        def get(certificate=None):
            if certificate not in running:
                p12 = None if certificate is None else pki.p12(certificate)
                home = make_home(tmp_path_factory.mktemp("home"), pki.ca, p12, P12_PASSWORD)
                running[certificate] = Browser(home)
                cleanup.callback(running[certificate].stop)
            return running[certificate]
        yield get
