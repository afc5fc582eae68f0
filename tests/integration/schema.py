"""The JSON of peercert against its schema, src/peercert.schema.json: what is installed for others."""

import functools
import json
import pathlib

import jsonschema

FILE = pathlib.Path(__file__).parents[2] / "src/peercert.schema.json"

plain_loads = json.loads


def closed(value):
    """A schema that forbids members it does not name: for others it leaves room for later versions."""
    if isinstance(value, dict):
        extra = {"additionalProperties": False} if "properties" in value and "type" in value else {}
        return {**{name: closed(item) for name, item in value.items()}, **extra}
    return [closed(item) for item in value] if isinstance(value, list) else value


@functools.cache
def definitions():
    return plain_loads(FILE.read_text())["$defs"]


@functools.cache
def validator(kind):
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": closed(definitions())})


def kind_of(value):
    """Which of the schema's definitions an object of peercert's claims to be; None for another's."""
    signs = {"report": "schema", "explanation": "lines", "denial": "decision", "message": "level"}
    if not isinstance(value, dict):
        return None
    for kind, sign in signs.items():
        if sign in value:
            return kind
    if "took_us" in value:
        return "decision_line" if "id" in value else "verdict_line"
    return None


def check(value, kind=None):
    """Fails unless an object of peercert's is as its schema says; returns it."""
    kind = kind or kind_of(value)
    if kind is not None:
        errors = [f"{error.json_path}: {error.message}" for error in validator(kind).iter_errors(value)]
        assert not errors, f"{kind} is not as {FILE.name} says:\n" + "\n".join(errors)
    return value


# Texts that were right: under load the same come again and again, and the schema costs more than all else.
right = set()


def check_text(text, value):
    """The same of what a text holds."""
    if text not in right:
        check(value)
        if len(right) >= 256:
            right.clear()
        right.add(text)
    return value


def checked_loads(text, **options):
    return check_text(text, plain_loads(text, **options))


def check_answer(content_type, body):
    """The body of an answer of peercert's, when it is JSON."""
    if content_type == "application/json" and body:
        value = plain_loads(body)
        assert kind_of(value) in ("report", "denial"), f"JSON of no known kind: {value}"
        check_text(body.decode(), value)
