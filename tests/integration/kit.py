"""certs/ca as tests run it: the real script and the real openssl in temporary folders, judged by peercert."""

import datetime
import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

from processes import start_at_terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]
CA = ROOT / "certs" / "ca"
CONFIG = ROOT / "certs" / "openssl.cnf"
PEERCERT = pathlib.Path(os.environ.get("PEERCERT", ROOT / "build" / "peercert"))
PASS = "correct horse battery"
P12_PASS = "p12 word"
KEY_PASS = "key phrase"


def environment(**more):
    """Nothing of ours from outside: no CA_*, no OPENSSL_*, no PEERCERT_*."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CA_", "OPENSSL_", "PEERCERT", "SSL_"))}
    clean.update(more)
    return clean


def run(*words, check=None, env=None, cwd=None, input=None):
    """Runs a command without a terminal. `check` is the exit status that must come."""
    done = subprocess.run([w if isinstance(w, bytes) else str(w) for w in words], env=env or environment(), cwd=cwd, input=input, text=True,
                          stdin=subprocess.DEVNULL if input is None else None, capture_output=True,
                          start_new_session=True, timeout=60, errors="surrogateescape")
    done.said = done.stdout + done.stderr
    if check is not None:
        assert done.returncode == check, f"{words}: expected exit {check}, got {done.returncode}\n{done.said}"
    return done


def ca(folder, *words, check=0, **variables):
    """`ca` in a folder, with the CA's pass phrase in its variable unless the test says otherwise."""
    variables.setdefault("CA_PASSWORD", PASS)
    variables = {k: v for k, v in variables.items() if v is not None}
    return run(CA, *words, check=check, cwd=folder, env=environment(**variables))


def at_terminal(folder, words, answers):
    """Runs ca in a terminal and types an answer at each prompt. Returns the exit status and all that was shown."""
    child, terminal = start_at_terminal([CA, *words], cwd=folder, env=environment())
    shown, answers = "", list(answers)
    marks = re.compile(r"(?::|\[y/N\]) $")
    while True:
        try:
            read = os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
        if not read:
            break
        shown += read
        if marks.search(shown) and answers:
            os.write(terminal, (answers.pop(0) + "\n").encode())
            shown += "<answered>"
    os.close(terminal)
    return child.wait(), shown


def openssl(*words, check=0, env=None, **keywords):
    # Without the system's authorities, which openssl x509 reads all, for nothing.
    return run("openssl", *words, check=check, env={**(env or environment()), "SSL_CERT_FILE": os.devnull}, **keywords)


def listing(folder):
    """Every path with its type, mode and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = stat.filemode(path.lstat().st_mode)
        found[str(path.relative_to(folder))] = (mode, path.read_bytes() if path.is_file() else b"")
    return found


def field(certificate, *options):
    return openssl("x509", "-in", certificate, "-noout", *options).stdout


def text(certificate):
    return field(certificate, "-text", "-nameopt", "RFC2253")


def has_all(about, *expected):
    for each in expected:
        assert each in about, f"expected '{each}' in\n{about}"


def subject(certificate):
    return field(certificate, "-subject", "-nameopt", "RFC2253,-esc_msb").strip().removeprefix("subject=")


def when(certificate, which):
    line = field(certificate, "-" + which, "-dateopt", "iso_8601").strip()
    return datetime.datetime.strptime(line.split("=", 1)[1], "%Y-%m-%d %H:%M:%SZ")


def utc(text_):
    return datetime.datetime.strptime(text_, "%Y-%m-%dT%H:%M:%SZ")


def days_from_now(days):
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) + datetime.timedelta(days=days)


def near(one, other):
    """Within a few hours: what is wrong is wrong by days, and some of it was made long before."""
    return abs((one - other).total_seconds()) < 3 * 3600


def write(path, content):
    path.write_text(content)
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A CA with a signed client, made once; tests work on copies. pytest would make it for each file that imports this."""
    if not MADE:
        MADE.append(make(tmp_path_factory.mktemp("made")))
    return MADE[0]


MADE = []


def make(folder):
    ca(folder, "init", "--ec", "--subject", "CN=Test CA,O=Acme,C=GB")
    # The kit stretches a pass phrase 200,000 times; tests that open the key over and over do with less.
    (folder / "ca.key").rename(folder / "slow.key")
    openssl("pkey", "-in", folder / "slow.key", "-passin", "env:P", "-aes-256-cbc", "-passout", "env:P", "-out", folder / "ca.key",
            env=environment(P=PASS))
    (folder / "slow.key").unlink()
    ca(folder, "request", "dan", "--ec", "--subject", "CN=Dan Example,OU=Ops,O=Acme,C=GB", "--san",
       "email:dan@acme.example")
    ca(folder, "sign", "dan.req", "--batch")
    return folder


@pytest.fixture
def folder(made, tmp_path):
    shutil.copytree(made, tmp_path / "ca")
    return tmp_path / "ca"


@pytest.fixture
def empty(tmp_path):
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def refused(folder, *words, status, says, **variables):
    """The command fails with that status and those words, and leaves the folder as it was."""
    before = listing(folder)
    done = ca(folder, *words, check=None, **variables)
    assert done.returncode == status, f"{words}: expected exit {status}, got {done.returncode}\n{done.said}"
    assert says in done.stderr, f"{words}: expected '{says}', got\n{done.stderr}"
    assert listing(folder) == before, f"{words}: the folder is not as it was\n{done.said}"
    return done


PURPOSES = {"client": ["TLS Web Client Authentication"], "server": ["TLS Web Server Authentication"],
            "both": ["TLS Web Server Authentication, TLS Web Client Authentication"]}
SANS = ["email:dan@acme.example", "DNS:*.acme.example", "IP:192.0.2.1", "IP:2001:db8::1",
        "URI:https://acme.example/a,b?c$d;e='f'#g",
        "UPN:dän@acme.example"]
SAN_TEXT = ("email:dan@acme.example, DNS:*.acme.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, "
            'URI:https://acme.example/a,b?c$d;e=\'f\'#g, othername: UPN:dän@acme.example')


def one_colon(shown):
    """OpenSSL 3.0 prints two after the kind of an otherName, later ones print one."""
    return shown.replace("UPN::", "UPN:")


def peercert(*words, check):
    assert PEERCERT.exists(), f"{PEERCERT} is not built (make)"
    return run(PEERCERT, *words, check=check)


def last_line(done):
    return done.stdout.rstrip("\n").splitlines()[-1]
