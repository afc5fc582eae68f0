"""Each open, read and stat of a reload fails once: what counts is the trust as it was."""

import json
import shutil
import signal

import pytest

from fastcgi import ask, parameters
from faults import Faults, build
from pki import Authority
from processes import wait_until
from test_live import ANEW, KEPT


def append(path, more):
    path.write_bytes(path.read_bytes() + more.read_bytes())


@pytest.fixture(scope="module")
def fault_library(tmp_path_factory):
    return build(tmp_path_factory.mktemp("fault"), "fault")


@pytest.mark.parametrize("shape", ["files", "folders"])
def test_whatever_call_of_a_reload_fails_the_old_trust_serves_on(
        shape, start_responder, fault_library, pki, tmp_path):
    other = Authority(tmp_path / "other", "/O=Acme/CN=Other CA")
    revoked = pki.authority.sign("revoked-before-faults")
    pki.authority.revoke(revoked)
    trust, crls = tmp_path / "trust", tmp_path / "crls"
    trust.mkdir()
    crls.mkdir()
    shutil.copy(pki.ca, trust / "1.cer")
    pki.authority.write_crl(crls / "1.crl")
    other.write_crl(crls / "2.crl")
    faults = Faults(fault_library, tmp_path / "control")
    responder = start_responder(
        "--crl", crls if shape == "folders" else crls / "1.crl", ca=trust if shape == "folders" else trust / "1.cer",
        environment=faults.environment)
    responder.allowed_log = (ANEW, KEPT)

    def count(words):
        return responder.log().count(words)

    def statuses():
        return [json.loads(ask(responder.address, parameters(one.pem, HTTP_ACCEPT="application/json")).text)["status"]
                for one in (pki.good, revoked, pki.stranger)]

    def load_anew():
        told = count("the trust was reloaded")
        responder.send_signal(signal.SIGHUP)
        wait_until(lambda: count("the trust was reloaded") > told, "the trust is reloaded")

    as_it_was = ["valid", "revoked", "untrusted"]
    assert statuses() == as_it_was
    number, over = 0, False
    while not over:
        number += 1
        kept, anew = count(" is kept as it was"), count("the trust was reloaded")
        faults.arm(number)
        responder.send_signal(signal.SIGHUP)
        # Some calls may fail and the trust is whole all the same; and what looks for changed files once a second may
        # meet the fault instead of the reload.
        wait_until(lambda: count(" is kept as it was") > kept or count("the trust was reloaded") > anew,
                   f"a reload whose call {number} fails is told")
        over = not faults.failed()
        faults.arm(0)
        assert statuses() == as_it_was, f"call {number} failed"
        load_anew()
        assert statuses() == as_it_was, f"after call {number} failed"
    assert number > (25 if shape == "folders" else 10), "each call has failed once"

    theirs = other.sign("theirs")
    assert ask(responder.address, parameters(theirs.pem)).text.count("The certificate is valid") == 0
    append(trust / "1.cer", other.cer)
    if shape == "files":
        append(crls / "1.crl", crls / "2.crl")
    load_anew()
    assert "\nThe certificate is valid\n" in ask(responder.address, parameters(theirs.pem)).text
    assert statuses() == as_it_was
