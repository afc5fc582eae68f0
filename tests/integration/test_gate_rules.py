"""The gate's rules from outside: what is refused at start, what a rule is called everywhere, and what shadow rules do."""

import os
import re
import subprocess

import pytest

import fastcgi
from gate_helpers import RULES, write_rules
from pki import Authority
from processes import DEADLINE, clean_environment, wait_until


def serve_with(peercert, pki, tmp_path, *options):
    return subprocess.run([peercert, "--ca", pki.ca, "--listen", f"unix:{tmp_path}/refused.sock", *map(str, options)],
                          capture_output=True, text=True, timeout=DEADLINE, env=clean_environment())


@pytest.mark.parametrize("option", ["--rules", "--shadow-rules"])
@pytest.mark.parametrize("case, says", [("missing", "No such file"), ("broken", "'emial' is no key; did you mean 'email'?"),
                                        ("writable", "may write to"), ("folder", "regular file")])
def test_it_does_not_start_with_rules_that_cannot_be_taken(peercert, pki, tmp_path, option, case, says):
    file = tmp_path / "access.rules"
    if case == "folder":
        file.mkdir()
    elif case != "missing":
        write_rules(file, pki, RULES + ("allow emial=a@acme.example\n" if case == "broken" else ""))
    if case == "writable":
        file.chmod(0o664)
    beside = ["--rules", write_rules(tmp_path / "good.rules", pki)] if option == "--shadow-rules" else []
    done = serve_with(peercert, pki, tmp_path, *beside, option, file)
    assert done.returncode == 3 and says in done.stderr, done
    assert not os.path.exists(tmp_path / "refused.sock"), "nobody is answered"


def ask(gate, pki, certificate=None, **parameters):
    with fastcgi.Connection(gate.address) as connection:
        connection.send(fastcgi.request(fastcgi.parameters((certificate or pki.good).pem, **parameters)))
        return connection.read_answer()


def test_a_rule_has_one_name_in_log_metrics_and_explanation(peercert, start_responder, pki, tmp_path):
    rules = write_rules(tmp_path / "access.rules", pki)
    gate = start_responder("--rules", rules)
    assert ask(gate, pki, REQUEST_URI="/pub/private-page").status == 200
    wait_until(lambda: " allowed reason=rule " in gate.log(), "the decision is logged")
    logged = re.search(r' rule="([^"]*)"', gate.log())[1]
    metrics = ask(gate, pki, PEERCERT_PAGE="metrics").body.decode()
    counted = re.findall(r'^peercert_rule_total\{rule="([^"]*)"\} 1$', metrics, re.M)
    done = subprocess.run([peercert, "--ca", pki.ca, "--rules", rules, "--explain", pki.good.cer, "--path", "/pub/x"],
                          capture_output=True, text=True, timeout=DEADLINE, env=clean_environment())
    assert counted == [logged] and f"allowed by {logged} " in done.stdout, (logged, counted, done.stdout)
    assert re.fullmatch(r"\S*access\.rules:3 \(staff\)", logged)
    # Since when these rules count; and nothing of clients in a label.
    assert float(re.search(r"^peercert_rules_loaded_timestamp_seconds (\S+)$", metrics, re.M)[1]) > 1e9
    assert "Dan" not in metrics and "private-page" not in metrics


def test_shadow_rules_are_told_and_decide_nothing(start_responder, pki, tmp_path):
    """As they are tried on a site where all who have a certificate come in."""
    today = write_rules(tmp_path / "today.rules", pki, "allow any user=$cn\n")
    gate = start_responder("--rules", today, "--shadow-rules", write_rules(tmp_path / "shadow.rules", pki), "--log-allowed", "none")
    assert [ask(gate, pki, REQUEST_URI=path).status for path in ("/pub/x", "/secret/x", "/other/x")] == [200, 200, 200]
    wait_until(lambda: gate.log().count(" shadow=denied ") == 2, "each difference is logged, whatever --log-allowed says")
    assert "path=/pub/x" not in gate.log()
    metrics = ask(gate, pki, PEERCERT_PAGE="metrics").body.decode()
    assert 'peercert_shadow_total{enforced="allowed",shadow="denied"} 2\n' in metrics


def test_a_policy_counts_when_the_ca_between_has_it_too(peercert, start_responder, pki, tmp_path):
    """From the cache as well. Who denies a policy means what the certificate says."""
    limited = Authority(tmp_path / "limited", "/O=Acme/CN=Acme Limited CA", pki.authority, "limited")
    below, direct = limited.sign("below", extensions="asserting"), pki.authority.sign("policies", extensions="asserting")
    rules = write_rules(tmp_path / "access.rules", pki, "issuer acme {ca}\nallow policy=1.2.3.1 path=/one/ user=$cn\n"
                        "allow policy=1.2.3.2 path=/two/ user=$cn\ndeny policy=1.2.3.2\nallow any user=x\n")
    gate = start_responder("--rules", rules, "--intermediates", limited.cer)
    for _ in range(2):
        assert [ask(gate, pki, below, REQUEST_URI=path).status for path in ("/one/", "/two/", "/three/")] == [200, 403, 403]
        assert [ask(gate, pki, direct, REQUEST_URI=path).status for path in ("/one/", "/two/", "/three/")] == [200, 200, 403]
        assert ask(gate, pki, REQUEST_URI="/three/").status == 200
    rules = write_rules(tmp_path / "access.rules", pki, "issuer acme {ca}\nallow policy=1.2.3.2 user=$cn\n")
    done = subprocess.run([peercert, "--ca", pki.ca, "--intermediates", limited.cer, "--rules", rules, "--explain", below.cer,
                           "--path", "/x"], capture_output=True, text=True, timeout=DEADLINE, env=clean_environment())
    assert "policy=1.2.3.2 does not hold (it has 1.2.3.1, 1.2.3.2 (not all its CAs vouch for it))" in done.stdout, done
