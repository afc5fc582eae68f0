"""What changes while peercert runs: its trust, and what the trust says."""

import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import threading
import time

import pytest

from fastcgi import Connection, ask, parameters, request
from fronts import VALID
from pki import Authority
from processes import VERDICT, check_log, wait_until

ANEW = r"\S+ info the trust was reloaded: "
KEPT = r"\S+ error .* is kept as it was"

# Responders that the tests start themselves, so that they can be told to read their CRL anew.
LIVE_FRONTS = ["lighttpd-socket", "apache-proxy-fcgi", "nginx", "haproxy"]


def replace(path, source):
    """As operators do: a new file under the old name."""
    new = path.with_name(path.name + ".new")
    shutil.copy(source, new)
    os.replace(new, path)


def reload(process):
    """Has it load the trust anew, and waits until that has happened."""
    begin = process.log_file.stat().st_size
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "the trust " in process.log(begin), "the trust is reloaded")


@pytest.mark.parametrize("build", ["plain", "thread sanitizer"])
def test_while_the_trust_is_swapped_every_answer_is_right_for_one_of_the_two(
        build, start_responder, peercert, pki, tmp_path, request):
    program = peercert if build == "plain" else request.getfixturevalue("threaded")
    other = Authority(tmp_path / "other", "/O=Acme/CN=Other CA")
    theirs = other.sign("theirs")
    trusts = {"CN=Acme Test CA,O=Acme": pki.ca, "CN=Other CA,O=Acme": other.cer}
    chosen = tmp_path / "chosen.cer"
    replace(chosen, pki.ca)
    responder = start_responder(ca=chosen, program=program)
    responder.allowed_log = (ANEW,)
    over, wrong, counts, seen = threading.Event(), [], [0] * 4, set()
    certificates = {"CN=Acme Test CA,O=Acme": pki.good.pem, "CN=Other CA,O=Acme": theirs.pem}

    def keep_asking(number):
        with Connection(responder.address) as connection:
            while not over.is_set():
                for issuer, pem in certificates.items():
                    connection.send(the_request(pem))
                    answer = json.loads(connection.read_answer().text)
                    right = (answer["status"], answer["anchor"]) in (("valid", issuer), ("untrusted", None))
                    if not right or answer["issuer"] != issuer:
                        wrong.append(answer)
                    counts[number] += 1
                    seen.add((issuer, answer["status"]))

    threads = [threading.Thread(target=keep_asking, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(100):
            before = sum(counts)
            replace(chosen, list(trusts.values())[(number + 1) % 2])
            reload(responder)
            now_trusted = list(trusts)[(number + 1) % 2]
            for issuer, pem in certificates.items():
                answer = ask(responder.address, parameters(pem))
                assert (VALID in answer.text.splitlines()) == (issuer == now_trusted)
            wait_until(lambda: sum(counts) >= before + 50, "requests with this trust")
        # In steps, since a machine may be slow, but each step must come.
        for least in range(500, 10001, 500):
            wait_until(lambda least=least: sum(counts) >= least or wrong, f"{least} requests")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert not wrong
    assert len(seen) == 4, "both were trusted, and not, by turns"
    assert sum(counts) >= 10000
    assert responder.log().count("the trust was reloaded") >= 100


def the_request(pem):
    return request(parameters(pem, HTTP_ACCEPT="application/json"), keep=True)


def test_a_changed_file_counts_without_being_told(start_responder, pki, tmp_path):
    other = Authority(tmp_path / "other", "/O=Acme/CN=Other CA")
    theirs = other.sign("theirs")
    folder = tmp_path / "trusted"
    folder.mkdir()
    replace(folder / "one.cer", pki.ca)
    responder = start_responder(ca=folder)
    responder.allowed_log = (ANEW, KEPT)
    assert VALID not in ask(responder.address, parameters(theirs.pem)).text
    replace(folder / "two.cer", other.cer)
    wait_until(lambda: VALID in ask(responder.address, parameters(theirs.pem)).text, "the new CA counts")
    (folder / "two.cer").write_text("broken")
    wait_until(lambda: "kept as it was" in responder.log(), "the broken file is told")
    for _ in range(3):
        assert VALID in ask(responder.address, parameters(theirs.pem)).text, "the old trust is kept"
    (folder / "two.cer").unlink()
    wait_until(lambda: VALID not in ask(responder.address, parameters(theirs.pem)).text, "it counts no more")
    assert VALID in ask(responder.address, parameters(pki.good.pem)).text
    assert responder.log().count("kept as it was") == 1, "told once"


def test_a_ca_that_was_taken_out_is_out(start_responder, pki, tmp_path):
    """Commented out in a bundle; its file removed, and the link by hash that openssl rehash made left behind."""
    other = Authority(tmp_path / "other", "/O=Acme/CN=Other CA")
    theirs = other.sign("theirs")
    bundle, folder = tmp_path / "bundle.pem", tmp_path / "folder"
    folder.mkdir()
    shutil.copy(pki.ca, folder / "one.pem")
    shutil.copy(other.cer, folder / "two.pem")
    subprocess.run(["openssl", "rehash", folder], check=True)
    bundle.write_text(pki.ca.read_text() + other.cer.read_text())
    for path, take_out in (
            (bundle, lambda: bundle.write_text(
                pki.ca.read_text() + "".join(f"# {line}" for line in other.cer.read_text().splitlines(True)))),
            (folder, lambda: (folder / "two.pem").unlink())):
        responder = start_responder(ca=path)
        responder.allowed_log = (ANEW, r"\S+ warning \S+ passed over")
        assert VALID in ask(responder.address, parameters(theirs.pem)).text
        take_out()
        wait_until(lambda: VALID not in ask(responder.address, parameters(theirs.pem)).text, "it counts no more")
        assert VALID in ask(responder.address, parameters(pki.good.pem)).text
        responder.stop_gently()


def test_at_rest_no_file_of_the_trust_is_read_and_a_change_counts_soon(start_responder, pki, tmp_path):
    crl, client = tmp_path / "ca.crl", pki.authority.sign("at-rest")
    pki.authority.write_crl(crl)
    crl.write_text("text before it\n" * 10000 + crl.read_text())
    responder = start_responder("--crl", crl)
    responder.allowed_log = (ANEW,)

    def read_so_far():
        with open(f"/proc/{responder.pid}/io", encoding="ascii") as file:
            return int(file.readline().split()[1])

    assert VALID in ask(responder.address, parameters(client.pem)).text
    time.sleep(2)
    before = read_so_far()
    time.sleep(3)
    # Others use the folders above: inotify tells of that.
    assert read_so_far() - before < 100000, "the CRL was read though nothing moved"
    pki.authority.revoke(client)
    pki.authority.write_crl(crl)
    began = time.monotonic()
    wait_until(lambda: "revoked" in ask(responder.address, parameters(client.pem)).text, "the revocation counts")
    assert time.monotonic() - began < 4


def test_a_crl_that_runs_out_changes_the_answer_without_any_reload(start_responder, pki, tmp_path):
    crl = tmp_path / "ca.crl"
    client = pki.authority.sign("short-crl")
    pki.authority.write_crl(crl, "-crlsec", "4")
    responder = start_responder("--crl", crl)
    assert ask(responder.address, parameters(client.pem)).text.splitlines()[-1] == VALID
    wait_until(lambda: VALID not in ask(responder.address, parameters(client.pem)).text.splitlines(),
               "the CRL has run out")
    answer = json.loads(ask(responder.address, parameters(client.pem, HTTP_ACCEPT="application/json")).text)
    assert answer["status"] == "revocation_unknown"
    assert "the trust was reloaded" not in responder.log()


def ended(certificate):
    """Whether the certificate has expired, by openssl's clock and not ours."""
    return subprocess.run(["openssl", "x509", "-checkend", "0", "-noout", "-in", certificate.cer],
                          capture_output=True).returncode == 1


def read_report(connection, front):
    connection.request("GET", front.path, headers={"Accept": "application/json"})
    return json.loads(connection.getresponse().read())


@pytest.fixture
def live_front(start_front, peercert, pki, tmp_path):
    def start(name, *arguments):
        front = start_front(name, peercert, arguments=arguments)
        front.allow(ANEW)
        return front
    return start


@pytest.mark.parametrize("name", LIVE_FRONTS)
def test_on_a_kept_connection_a_revocation_counts_from_the_next_request_on(name, live_front, pki, tmp_path):
    crl, client = tmp_path / "ca.crl", pki.authority.sign(f"kept-{name}")
    pki.authority.write_crl(crl)
    front = live_front(name, "--crl", crl)
    connection = http.client.HTTPSConnection("localhost", front.port)
    with front.connect(client) as connection.sock:
        ours = connection.sock
        before = read_report(connection, front)
        pki.authority.revoke(client)
        pki.authority.write_crl(crl)
        reload(front.responder)
        after = read_report(connection, front)
        assert connection.sock is ours, "the connection was kept"
    assert before["status"] == "valid"
    assert (after["status"], after["revocation_reason"]) == ("revoked", "keyCompromise")
    assert after["front_verify"] == before["front_verify"], "the front has not noticed"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", LIVE_FRONTS)
def test_in_a_resumed_session_a_revocation_counts(name, version, live_front, pki, tmp_path):
    crl, client = tmp_path / "ca.crl", pki.authority.sign(f"resumed-{name}-{version}")
    pki.authority.write_crl(crl)
    front = live_front(name, "--crl", crl)
    context = front.context(client)
    context.minimum_version = context.maximum_version = version
    reports = []
    session = None
    for round_ in range(2):
        connection = http.client.HTTPSConnection("localhost", front.port)
        with front.connect(context=context, session=session) as connection.sock:
            reports.append(read_report(connection, front))
            resumed, session = connection.sock.session_reused, connection.sock.session
        assert resumed == (round_ == 1)
        if round_ == 0:
            pki.authority.revoke(client)
            pki.authority.write_crl(crl)
            reload(front.responder)
    assert [report["status"] for report in reports] == ["valid", "revoked"]
    assert reports[0]["front_verify"] == reports[1]["front_verify"], "the front has not noticed"


@pytest.mark.parametrize("name", LIVE_FRONTS)
def test_a_certificate_that_expires_is_reported_so_while_the_front_says_nothing(name, live_front, pki):
    front = live_front(name)
    client = pki.authority.sign(f"expiring-{name}", end_days=0, end_seconds=4)
    context = front.context(client)
    connection = http.client.HTTPSConnection("localhost", front.port)
    with front.connect(context=context) as connection.sock:
        reports = [read_report(connection, front)]
        session = connection.sock.session

        # One request after the end: a front closes a connection that has served many.
        wait_until(lambda: ended(client), "the certificate expires")
        reports.append(read_report(connection, front))
    resuming = http.client.HTTPSConnection("localhost", front.port)
    with front.connect(context=context, session=session) as resuming.sock:
        assert resuming.sock.session_reused
        resumed = read_report(resuming, front)
    assert reports[0]["status"] == "valid"
    assert reports[-1]["status"] == resumed["status"] == "expired"
    assert reports[0]["front_verify"] == reports[-1]["front_verify"] == resumed["front_verify"]
