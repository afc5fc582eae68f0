"""peercert --explain: what may this certificate do, and why; and that serving decides the same."""

import datetime
import json
import re
import subprocess

import pytest

import fastcgi
from gate_helpers import write_rules
from pki import GOOD_NAME
from processes import DEADLINE, clean_environment, wait_until

RULES = """issuer acme {ca}
group  ops    issuer=acme ou=Ops o=Acme
group  ops    issuer=acme email=eve@example.org
map    people issuer=acme email=*@example.org user=*
deny   any path=/secret/ label=secret
allow  group=ops host=wiki.example.org path=/admin/ user=map:people label=admin
deny   any host=wiki.example.org path=/admin/
allow  issuer=acme cn="Dan Example" path=/pub/ method=GET user=$cn label=staff
allow  issuer=acme o=Acme path=/inbox/ method=POST,PUT user=$email
allow  any path=/fresh/ revocation=24h user=fresh
allow  issuer=acme ou=Dev path=/dev/ user=$cn
allow  any host=*.example.org path=/night/ hours=22:00-05:00 days=mon-fri user=x
allow  issuer=acme cn="Eve Example",Nobody path=/reports/ since=2020-12-31 user=late
allow  issuer=acme cn="Dan Example" path=/named/ user=$upn
"""

# --explain asks a moment before the gate does.
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:]{8}Z")


@pytest.fixture(scope="module")
def people(pki):
    """Certificates by name, valid ones and others."""
    sign, made = pki.authority.sign, {"good": pki.good, "expired": pki.expired, "stranger": pki.stranger}
    made["eve"] = sign("explain-eve", "/C=GB/O=Acme/OU=Sales/CN=Eve Example")
    made["dev"] = sign("explain-dev", "/O=Acme/OU=Dev/CN=J\u00f6rg, M")
    made["revoked"] = sign("explain-revoked")
    pki.authority.revoke(made["revoked"])
    return made


@pytest.fixture
def files(pki, people, tmp_path):
    """(arguments that load trust and rules, the rule file)."""
    crl = tmp_path / "ca.crl"
    pki.authority.write_crl(crl)
    rules = write_rules(tmp_path / "access.rules", pki, RULES)
    return ["--ca", pki.ca, "--crl", crl, "--rules", rules], rules


@pytest.fixture
def run(peercert, files, tmp_path):
    def run(*arguments, loaded=None):
        return subprocess.run([peercert, *map(str, files[0] if loaded is None else loaded), "--explain", *map(str, arguments)],
                              capture_output=True, text=True, timeout=DEADLINE, cwd=tmp_path, env=clean_environment())
    return run


def objects(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


# --- one request

def test_a_yes_names_the_deciding_line_and_the_user(run, people, files):
    done = run(people["good"].cer, "--path", "/pub/x?y", "--host", "www.example.org")
    assert (done.returncode, done.stderr) == (0, "")
    verdict, decided, user = done.stdout.splitlines()
    assert verdict.startswith(f"valid: {GOOD_NAME}, up to acme (CN=Acme Test CA,O=Acme), good by list of 20")
    assert decided == f'allowed by {files[1]}:8 (staff) allow issuer=acme cn="Dan Example" path=/pub/ method=GET user=$cn label=staff'
    assert user == "user: Dan%20Example"


def test_a_no_names_the_deciding_line_and_what_came_nearest(run, people, files):
    done = run(people["dev"].cer, "--path", "/admin/users", "--host", "wiki.example.org")
    assert (done.returncode, done.stderr) == (1, "")
    _, decided, *nearest = done.stdout.splitlines()
    assert decided == f"denied by {files[1]}:7 deny any host=wiki.example.org path=/admin/"
    assert nearest[0] == (f"nearest: {files[1]}:6 (admin): group=ops does not hold: needs ou=Ops (it has Dev) or "
                          "email=eve@example.org (it has dan@example.org)")
    assert len(nearest) == 3 and all(line.startswith("nearest: ") for line in nearest)


@pytest.mark.parametrize("path, words", [
    ("/else", "denied: no line holds"),
    ("/pub//x", "denied: the path is ambiguous: it has an empty segment"),
    ("https://www.example.org/pub/", "denied: the path is ambiguous: it does not begin with /"),
    ("/named/x", "denied by {rules}:14 allow issuer=acme cn=\"Dan Example\" path=/named/ user=$upn: "
                 "it gives no user name, or more than one"),
])
def test_a_no_without_a_deny_line_says_why(run, people, files, path, words):
    done = run(people["good"].cer, "--path", path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1] == words.format(rules=files[1])


def test_an_address_can_be_asked_about(run, people, pki, tmp_path):
    rules = write_rules(tmp_path / "addresses.rules", pki,
                        "issuer acme {ca}\ndeny any from=203.0.113.0/24 path=/pub/\nallow any user=x from=192.0.2.0/24\nallow any user=y\n")
    loaded = ["--ca", pki.ca, "--rules", rules]

    def decided(*more):
        done = run(people["good"].cer, *more, loaded=loaded)
        return done.returncode, [line for line in done.stdout.splitlines()[1:] if not line.startswith("nearest: ")]

    assert decided("--path", "/x", "--from", "192.0.2.7") == (
        0, [f"allowed by {rules}:3 allow any user=x from=192.0.2.0/24", "user: x"])
    assert decided("--path", "/pub/x", "--from", "203.0.113.9")[1] == [f"denied by {rules}:2 deny any from=203.0.113.0/24 path=/pub/"]
    assert decided("--path", "/pub/x", "--from", "2001:db8::1")[1][1] == "user: y"
    assert decided("--path", "/pub/x")[1] == [f"denied by {rules}:2 deny any from=203.0.113.0/24 path=/pub/",
                                             "note: no --from is given, so deny lines with from= hold"]
    told, = objects(run(people["good"].cer, "--from", "192.0.2.7", "--format", "json", loaded=loaded))
    assert [line["line"] for line in told["lines"]] == [3, 4]
    told, = objects(run(people["good"].cer, "--path", "/x", "--from", "192.0.2.7", "--format", "json", loaded=loaded))
    assert told["request"]["from"] == "192.0.2.7"


@pytest.mark.parametrize("words, says", [(["--path", "pub/x"], "--path: must begin with /"),
                                         (["--path", "/x", "--host", "https://www.example.org"], "--host: must be a host name"),
                                         (["--path", "/x", "--from", "192.0.2.0/24"], "--from: must be one address")])
def test_a_question_that_is_none_is_refused(run, people, words, says):
    done = run(people["good"].cer, *words)
    assert (done.returncode, done.stdout) == (2, "") and says in done.stderr, done.stderr


def test_revocation_that_is_too_old_is_told_as_that(run, people, pki, files):
    done = run(people["good"].cer, "--path", "/fresh/x", loaded=["--ca", pki.ca, "--rules", files[1]])
    assert done.returncode == 1
    verdict, decided, nearest, *_ = done.stdout.splitlines()
    assert verdict.endswith(", revocation not checked")
    assert decided == "denied: no line holds, but one would if revocation had been checked recently"
    assert nearest == f"nearest: {files[1]}:10: revocation=24h does not hold (it was not checked)"


def test_the_time_of_the_question_counts(run, people):
    now = datetime.datetime.now(datetime.timezone.utc)
    friday = (now + datetime.timedelta(days=1 + (3 - now.weekday()) % 7)).replace(minute=0, second=0)
    assert friday.weekday() == 4
    saturday = friday + datetime.timedelta(days=1)
    for day, hour, minute, code in ((friday, 22, 0, 0), (saturday, 4, 59, 0), (saturday, 5, 0, 1), (saturday, 23, 0, 1)):
        at = day.replace(hour=hour, minute=minute).strftime("%Y-%m-%dT%H:%M:%SZ")
        done = run("--at", at, people["good"].cer, "--path", "/night/x", "--host", "www.example.org", "--format", "json")
        object, = objects(done)
        assert (object["status"], object["request"]["time"], done.returncode) == ("valid", at, code)


def test_a_certificate_that_is_not_valid_is_denied_by_no_rule(run, people):
    for name, status in (("expired", "expired"), ("stranger", "untrusted"), ("revoked", "revoked")):
        done = run(people[name].cer, "--path", "/pub/x")
        verdict, decided = done.stdout.splitlines()
        assert done.returncode == 1 and verdict.startswith(f"{status}: {GOOD_NAME}: ")
        assert decided == "denied: the certificate is not valid"
        object, = objects(run(people[name].cer, "--path", "/pub/x", "--format", "json"))
        assert (object["status"], object["reason"], object["allowed"], object["rule"], object["nearest"]) == (
            status, status, False, None, [])
        assert object["why"]


def test_json_has_the_same_of_one_request(run, people, files):
    done = run(people["dev"].cer, "--path", "/admin/users", "--host", "wiki.example.org", "--format", "json")
    object, = objects(done)
    assert done.returncode == 1
    assert {name: object[name] for name in ("file", "status", "why", "subject", "issuer", "anchor", "revocation_good", "allowed",
                                            "reason", "user", "lines")} == {
        "file": str(people["dev"].cer), "status": "valid", "why": None, "subject": "CN=J\u00f6rg\\, M,OU=Dev,O=Acme", "issuer": "acme",
        "anchor": "CN=Acme Test CA,O=Acme", "revocation_good": True, "allowed": False, "reason": "rule", "user": None, "lines": None}
    assert object["revocation_this_update"].startswith("20")
    assert {**object["request"], "time": None} == {"host": "wiki.example.org", "path": "/admin/users", "method": "GET", "from": None, "time": None}
    assert object["rule"] == {"name": f"{files[1]}:7", "line": 7, "allow": False,
                              "text": "deny any host=wiki.example.org path=/admin/",
                              "when": "host=wiki.example.org path=/admin/"}
    assert [miss["rule"]["line"] for miss in object["nearest"]][0] == 6
    assert object["nearest"][0]["why"].startswith("group=ops does not hold: needs ou=Ops (it has Dev) or ")


# --- without a path: what may it do

def test_without_a_path_each_line_about_the_certificate_is_listed(run, people, files):
    done = run(people["good"].cer)
    assert (done.returncode, done.stderr) == (0, "")
    _, *lines = done.stdout.splitlines()
    rules = files[1]
    assert lines == [
        "the first of these lines that holds decides:",
        f"  {rules}:5 (secret) deny path=/secret/",
        f"  {rules}:6 (admin) allow host=wiki.example.org path=/admin/ user=dan",
        f"  {rules}:7 deny host=wiki.example.org path=/admin/",
        f"  {rules}:8 (staff) allow path=/pub/ method=GET user=Dan%20Example",
        f"  {rules}:9 allow path=/inbox/ method=POST,PUT user=dan@example.org",
        f"  {rules}:10 allow path=/fresh/ revocation=24h user=fresh",
        f"  {rules}:12 allow host=*.example.org path=/night/ hours=22:00-05:00 days=mon-fri user=x",
        f"  {rules}:14 allow path=/named/ user=(none: denied)",
        "otherwise denied",
    ]


def test_host_and_method_leave_out_lines_for_others(run, people):
    def lines(*options):
        object, = objects(run(people["good"].cer, "--format", "json", *options))
        return [line["line"] for line in object["lines"]]
    assert lines() == [5, 6, 7, 8, 9, 10, 12, 14]
    assert lines("--host", "wiki.example.org") == [5, 6, 7, 8, 9, 10, 12, 14]
    assert lines("--host", "elsewhere.org") == [5, 8, 9, 10, 14]
    assert lines("--method", "POST") == [5, 6, 7, 9, 10, 12, 14]
    assert lines("--method", "HEAD", "--host", "elsewhere.org") == [5, 8, 10, 14]


def test_json_lists_the_lines_with_the_user_that_each_gives(run, people, files):
    done = run(people["eve"].cer, "--format", "json")
    object, = objects(done)
    assert (done.returncode, object["allowed"], object["reason"], object["rule"], object["nearest"]) == (0, True, None, None, [])
    assert [(line["line"], line["user"]) for line in object["lines"]] == [
        (5, None), (7, None), (9, "dan@example.org"), (10, "fresh"), (12, "x"), (13, "late")]
    assert object["lines"][2] == {"name": f"{files[1]}:9", "line": 9, "allow": True, "when": "path=/inbox/ method=POST,PUT",
                                  "text": "allow issuer=acme o=Acme path=/inbox/ method=POST,PUT user=$email",
                                  "user": "dan@example.org"}


def test_a_certificate_that_no_line_is_about_may_do_nothing(run, people, pki, tmp_path):
    rules = write_rules(tmp_path / "few.rules", pki, "issuer acme {ca}\nallow cn=Nobody\n")
    done = run(people["good"].cer, loaded=["--ca", pki.ca, "--rules", rules])
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == ["denied: no line is about this certificate"]
    rules = write_rules(tmp_path / "few.rules", pki, "deny any\n")
    done = run(people["good"].cer, loaded=["--ca", pki.ca, "--rules", rules])
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == ["the first of these lines that holds decides:", f"  {rules}:1 deny everything",
                                            "otherwise denied"]


# --- several files, and what cannot be explained

def test_several_files_are_a_table_for_one_request_and_sections_without(run, people, files):
    names = ("good", "eve", "expired")
    certificates = [people[name].cer for name in names]
    done = run(*certificates, "--path", "/pub/x")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{certificates[0]}\tallowed\t{files[1]}:8 (staff)\tDan%20Example",
        f"{certificates[1]}\tdenied\t-\tno_rule",
        f"{certificates[2]}\tdenied\t-\texpired",
    ]
    done = run(*certificates)
    assert [line for line in done.stdout.splitlines() if line.startswith("==> ")] == [f"==> {file} <==" for file in certificates]
    assert done.returncode == 1
    assert [object["file"] for object in objects(run(*certificates, "--format", "json"))] == [str(file) for file in certificates]


def test_the_exit_status_is_the_worst_of_all_files(run, people, tmp_path):
    good, bad = people["good"].cer, people["stranger"].cer
    (tmp_path / "junk").write_text("junk\n")
    for certificates, code in (((good, good), 0), ((good, bad), 1), ((bad, good), 1), ((good, "missing"), 2),
                               (("missing", good), 2), ((bad, "missing"), 2)):
        done = run(*certificates, "--path", "/pub/x")
        assert done.returncode == code, certificates
        assert ("missing: No such file" in done.stderr) == ("missing" in certificates)
        # What can be read is explained all the same.
        assert len(done.stdout.splitlines()) == sum(file != "missing" for file in certificates)
    assert run("junk", "--path", "/pub/x").returncode in (1, 2)


def test_usage_errors_and_what_cannot_be_loaded_have_their_own_status(run, people, pki, files, tmp_path):
    good = people["good"].cer
    assert run(good, "--format", "html").returncode == 2
    assert run(good, loaded=["--ca", pki.ca]).returncode == 2
    broken = write_rules(tmp_path / "broken.rules", pki, "allow emial=eve@example.org\n")
    done = run(good, loaded=["--ca", pki.ca, "--rules", broken])
    assert done.returncode == 3 and f"{broken}:1: 'emial' is no key; did you mean 'email'?" in done.stderr
    assert run(good, loaded=["--ca", tmp_path / "missing.cer", "--rules", files[1]]).returncode == 3
    files[1].chmod(0o666)
    done = run(good)
    assert done.returncode == 3 and "may write to the access rules" in done.stderr


# --- the same code as serving

HOSTS = [None, "wiki.example.org", "Wiki.Example.ORG.:8443", "elsewhere.org", "a..b"]
PATHS = ["/", "/pub/x", "/pub", "/pub/x?q=/../", "/%70ub/x", "/pub;v/x", "/pub//x", "/pub/../secret/x", "/secret/x", "/inbox/",
         "/admin/x", "/fresh/x", "/dev/x", "/night/x", "/reports/x", "/named/x", "/pub/%2e%2e/secret", "*", "https://h/pub/x"]
METHODS = ["GET", "HEAD", "POST", "get"]


def expected_line(file, object):
    """What the gate's log must have of the decision that was explained."""
    told = {"reason": object["reason"], "rule": object["rule"] and object["rule"]["name"], "user": object["user"]}
    if object["reason"] == "no_rule" and object["nearest"]:
        told["nearest"] = "{rule[name]}: {why}".format(**object["nearest"][0])
    return told


@pytest.mark.parametrize("method", METHODS)
def test_explain_and_the_gate_decide_the_same(run, start_responder, people, files, method):
    """Every certificate, host and path: status, reason, deciding line, user and nearest miss."""
    # One worker, so that decisions are logged in the order of the questions.
    gate = start_responder(*files[0][2:], "--log-format", "json", "--threads", "1")
    certificates = list(people.values())
    questions = [(host, path) for host in HOSTS[METHODS.index(method) % 2::2] for path in PATHS]
    explained = []
    for host, path in questions:
        done = run(*[certificate.cer for certificate in certificates], "--path", path, "--method", method, "--format", "json",
                   *(("--host", host) if host else ()))
        given = {"REQUEST_METHOD": method, "REQUEST_URI": path, **({"PEERCERT_HOST": host} if host else {})}
        for certificate, object in zip(certificates, objects(done), strict=True):
            answer = fastcgi.ask(gate.address, fastcgi.parameters(certificate.pem, **given), role=fastcgi.AUTHORIZER)
            assert answer.status == (200 if object["allowed"] else 403), (object, answer.stdout)
            assert answer.headers.get("variable-remote_user") == object["user"]
            explained.append(object)
        assert done.returncode == (0 if all(object["allowed"] for object in objects(done)) else 1)

    def decisions():
        lines = gate.log().rpartition("\n")[0].splitlines()
        return [line for line in map(json.loads, lines) if "reason" in line]
    wait_until(lambda: len(decisions()) == len(explained), "each decision is logged")
    for line, object in zip(decisions(), explained):
        for name, value in expected_line(object["file"], object).items():
            came = line.get(name)
            if name == "nearest" and came is not None and value is not None:
                came, value = (MOMENT.sub("at its time", text) for text in (came, value))
            assert came == value or (name == "nearest" and len(came) >= 150 and value.startswith(came[:150])), (name, line, object)
    # The table has every kind of answer.
    assert {object["reason"] for object in explained} >= {"rule", "no_rule", "ambiguous_path", "no_user_name", "expired", "untrusted",
                                                          "revoked"}
    assert {object["allowed"] for object in explained} == {False, True}
