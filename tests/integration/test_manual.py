"""peercert(8) names all that a reader of its output can meet: members of the JSON, fields of the log, metrics."""

import re

import pytest

import schema
from source import SRC, log_fields_of_the_source, metrics_of_the_source

MANUAL = (SRC / "peercert.8").read_text()


def section(name):
    text = re.search(rf"^\.S[hs] {re.escape(name)}\n(.*?)(?=^\.Sh |\Z)", MANUAL, re.M | re.S)
    assert text is not None, f"the manual has no section {name}"
    return text[1]


def items(text):
    """What the lists of a section explain: the words of .It Li lines."""
    return {word for line in re.findall(r"^\.It Li (.*)$", text, re.M) for word in line.split(" , ")}


def literals(text):
    """The same and what is set as a literal elsewhere in it."""
    lines = re.findall(r"^\.(?:It |Pq |Po )?Li (.*)$", text, re.M)
    return {word for line in lines for word in re.split(r"[ ,.;]+", line) if word}


def members(value):
    """The names of all members in a definition of the schema, those of members included."""
    inside = [*value.get("properties", {}).values(), *([value["items"]] if "items" in value else [])]
    return set(value.get("properties", ())).union(*map(members, inside))


@pytest.mark.parametrize("name,where", [("report", "JSON"), ("explanation", "EXPLAIN"), ("denial", "THE GATE")])
def test_every_member_of_the_json_is_explained(name, where):
    definition = schema.definitions()[name]
    text = section(where)
    assert set(definition["properties"]) <= items(text), sorted(set(definition["properties"]) - items(text))
    assert members(definition) <= literals(text), sorted(members(definition) - literals(text))


def test_the_json_section_has_no_member_that_is_none():
    assert items(section("JSON")) == set(schema.definitions()["report"]["properties"])


def test_every_field_of_the_log_is_explained_and_no_other():
    verdict, decision = log_fields_of_the_source()
    assert items(section("LOG")) | {"error_code", "error_name", "error_depth"} == verdict | decision
    assert verdict | decision | {"time", "status", "level", "message"} <= literals(section("LOG"))


def test_every_metric_is_explained_and_no_other():
    assert items(section("METRICS")) == metrics_of_the_source()


def test_every_status_and_reason_is_named():
    assert set(schema.definitions()["status"]["enum"]) <= items(section("THE REPORT"))
    quoted = set(re.findall(r"^\.Ql (\w+)", section("THE GATE"), re.M))
    assert set(schema.definitions()["reason"]["enum"]) <= quoted | set(schema.definitions()["status"]["enum"])


def test_it_has_the_sections_that_a_reader_looks_for():
    for name in ("ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "LOG", "METRICS", "SIGNALS"):
        assert len(section(name)) > 100
    variables = set(re.findall(r'getenv\("(\w+)"\)', "".join(file.read_text() for file in SRC.glob("*/*.c"))))
    told = set(re.findall(r"[A-Z_]{6,}", section("ENVIRONMENT")))
    assert variables - {"PEERCERT_TEST_WAIT_FIFO"} <= told
