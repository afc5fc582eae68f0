"""Names that the source has in its tables, for what must name the same: manual, schema, monitoring."""

import pathlib
import re

SRC = pathlib.Path(__file__).parents[2] / "src"


def text_of(pattern):
    return "".join(file.read_text() for file in sorted(SRC.glob(pattern)))


def metrics_of_the_source():
    """The families of metrics, without peercert_."""
    text = text_of("metrics/metrics_write.c")
    names = re.findall(r'(?:\{METRICS_\w+, |\bbegin\(text, |\bwrite_gauge\(\s*text, |, 1e6,\s*|_count, 1,\s*)"(\w+)"', text)
    written = text.count("begin(text, \"") + text.count("write_gauge(\n") + text.count("write_gauge(text, \"")
    assert len(set(names)) > 20 and len(names) > written, names
    return set(names)


def log_fields_of_the_source():
    """(fields of a verdict, fields of a decision), in JSON or in text."""
    def fields(text):
        calls = re.findall(r'\b(?:log_fields_add_\w+|add_shown)\(\s*&?fields,\s*((?:json \? )?"\w+"(?: : "\w+")?)', text)
        return {name for call in calls for name in re.findall(r'"(\w+)"', call)}
    who = fields(text_of("log/log_fields.c"))  # log_line_add_who, in lines of both kinds
    assert who and all("log_line_add_who(" in text_of(f"log/log_{kind}.c") for kind in ("line", "decision"))
    return fields(text_of("log/log_line.c")) | who, fields(text_of("log/log_decision.c")) | who


def names_of_a_table(file, declaration):
    """The strings of a table of names."""
    text = (SRC / file).read_text()
    table = text[text.index(declaration):]
    return set(re.findall(r'"(\w+)"', table[:table.index("};")]))
