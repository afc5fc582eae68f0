"""The JSON schema that is installed for readers: true of what the program says, in all its forms. Beside these
tests everything that any test of this folder reads as JSON is held against it (schema.py, conftest.py)."""

import json
import pathlib
import subprocess

import jsonschema
import pytest

import schema
from fastcgi import ask, parameters
from gate_helpers import RULES, write_rules
from processes import DEADLINE, clean_environment, wait_until
from source import log_fields_of_the_source, names_of_a_table

EXPLAINED = RULES + 'allow issuer=acme cn="Dan Example" user=map:people\nmap people issuer=acme cn="Dan Example" user=dan\n'


@pytest.fixture(scope="module")
def whole():
    return json.loads(schema.FILE.read_text())


def enumeration(name):
    return set(schema.definitions()[name]["enum"])


def test_it_is_a_schema(whole):
    jsonschema.Draft202012Validator.check_schema(whole)
    assert all({"description", "$ref"} & set(member) for member in whole["$defs"]["report"]["properties"].values())


def test_it_leaves_room_for_members_of_later_versions(whole, peercert, pki):
    done = subprocess.run([peercert, "--ca", pki.ca, "--format", "json", "--check", pki.good.cer],
                          capture_output=True, timeout=DEADLINE, env=clean_environment())
    report = json.loads(done.stdout)
    validator = jsonschema.Draft202012Validator(whole)
    validator.validate({**report, "later": 1})
    for broken in ({**report, "status": "fine"}, {**report, "reason": "because"}, {**report, "chain_length": None},
                   {name: value for name, value in report.items() if name != "warning"}):
        assert not validator.is_valid(broken)


def test_a_member_that_it_does_not_name_fails_the_suite():
    line = {"time": "2026-11-23T17:57:38Z", "level": "info", "message": "a"}
    assert schema.check(line) == line
    with pytest.raises(AssertionError, match="more"):
        schema.check({**line, "more": 1})


def test_statuses_and_reasons_are_those_of_the_source():
    statuses = names_of_a_table("verify/verdict.c", "names[VERDICT_STATUS_COUNT]")
    assert enumeration("status") == statuses
    reasons = names_of_a_table("metrics/metrics.c", "metrics_reasons[]")
    # A page that is asked for again is not counted.
    assert enumeration("reason") == (reasons - {"valid", "other"}) | {"front_refused"}


def test_log_lines_have_the_fields_of_the_source():
    verdict, decision = log_fields_of_the_source()
    lines = {name: set(schema.definitions()[name]["properties"]) - {"time", "status"}
             for name in ("verdict_line", "decision_line")}
    assert lines["verdict_line"] == verdict - {"error", "depth"}
    assert lines["decision_line"] == decision


@pytest.mark.parametrize("certificate", ["good", "stranger", "expired", "server_only", "hostile", "v1"])
@pytest.mark.parametrize("request_of", [(), ("--path", "/pub/"), ("--path", "/secret/"), ("--path", "/a//b"),
                                        ("--path", "/pub/", "--host", "www.example.org", "--method", "POST")])
def test_explanations_are_as_it_says(peercert, pki, tmp_path, certificate, request_of):
    rules = write_rules(tmp_path / "rules", pki, EXPLAINED)
    file = getattr(pki, certificate).cer
    done = subprocess.run([peercert, "--ca", pki.ca, "--rules", rules, "--format", "json", *request_of,
                           "--explain", file], capture_output=True, timeout=DEADLINE, env=clean_environment())
    assert done.returncode in (0, 1), done
    value = json.loads(done.stdout)
    schema.check(value, "explanation")
    assert value["allowed"] == (done.returncode == 0) and value["file"] == str(file)


@pytest.mark.parametrize("told", ["", "set explain full\n"])
def test_refusals_of_the_gate_and_its_log_are_as_it_says(start_responder, pki, tmp_path, told):
    rules = write_rules(tmp_path / "rules", pki, told + RULES)
    shadow = write_rules(tmp_path / "shadow", pki, "issuer acme {ca}\nallow issuer=acme user=$cn\n")
    responder = start_responder("--rules", rules, "--shadow-rules", shadow, "--log-format", "json")
    asked = [(pki.good, "/secret/a"), (pki.good, "/else/"), (pki.good, "/a//b"), (pki.stranger, "/pub/"),
             (pki.good, "/pub/"), (None, "/pub/")]
    for certificate, path in asked:
        answer = ask(responder.address, parameters(certificate and certificate.pem, HTTP_ACCEPT="application/json",
                                                   REQUEST_URI=path, PEERCERT_PATH=path))
        if answer.status != 200:
            assert schema.check(json.loads(answer.text), "denial")["allowed"] is False
    wait_until(lambda: responder.log().count('"id"') == len(asked), "all is logged")
    lines = [json.loads(line) for line in responder.log().splitlines() if '"id"' in line]
    assert [schema.check(line, "decision_line")["status"] for line in lines] == ["denied"] * 4 + ["allowed", "denied"]
    assert {"shadow", "nearest", "rule", "user"} <= {name for line in lines for name in line}


def test_lines_of_verdicts_are_as_it_says(start_responder, pki):
    responder = start_responder("--log-format", "json", "--warn-days", "1000")
    for certificate in (pki.good.pem, pki.stranger.pem, pki.expired.pem, "no certificate", None):
        ask(responder.address, parameters(certificate))
    wait_until(lambda: responder.log().count("took_us") == 5, "all is logged")
    lines = [json.loads(line) for line in responder.log().splitlines()]
    assert {schema.kind_of(line) for line in lines} == {"message", "verdict_line"}
    assert {"expires_in_days", "error_code", "error_name", "error_depth"} <= {name for line in lines for name in line}


def test_it_is_installed():
    makefile = (pathlib.Path(schema.FILE).parents[1] / "Makefile").read_text()
    assert "src/peercert.schema.json $(DESTDIR)$(PREFIX)/share/peercert/peercert.schema.json" in makefile
