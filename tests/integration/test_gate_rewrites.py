"""Which path the gate judges when the front serves another than was asked for: what it is not asked about is named in its file."""

import re

import pytest

import gate_fronts
from fronts import DEPLOY
from gate_helpers import raw, write_rules

RULES = """issuer acme {ca}
deny any path=/secret/,/sub/index.html/
allow any path=/pub/,/sub/ user=$cn
"""

LIGHTTPD = """
url.rewrite-if-not-file = ( "^/pub/unasked$" => "/secret/file.txt" )
url.rewrite-once = ( "^/pub/asked$" => "/secret/file.txt" )
"""
APACHE = """
LoadModule rewrite_module ${modules}/mod_rewrite.so
RewriteEngine On
RewriteRule "^/pub/unasked$" "/secret/file.txt"
RewriteRule "^/pub/asked$" "/secret/file.txt" [PT]
FallbackResource /secret/file.txt
"""
NGINX = """
location = /pub/unasked { rewrite ^ /secret/file.txt last; }
location = /pub/asked { try_files /missing /secret/file.txt; }
dav_methods COPY;
"""
# It takes no configuration from the test as the others do.
CADDY = "uri strip_prefix /pub\n\t\t"
# Of each front: its configuration, targets of which it shows another path unasked, by what; and targets that are judged.
FRONTS = {
    "lighttpd": (LIGHTTPD, {"/pub/unasked": "url.rewrite-if-not-file", "/sub/": "index page"}, ["/pub/asked"]),
    "apache": (APACHE, {"/pub/unasked": r"RewriteRule without \[PT\]", "/pub/missing": "FallbackResource", "/sub/": "DirectoryIndex"},
               ["/pub/asked"]),
    "caddy": (CADDY, {"/pub/secret/file.txt": "`uri`, `handle_path` and `try_files`", "/sub/": "whatever `rewrite`"}, ["/secret/file.txt"]),
    "nginx": (NGINX, {"/pub/unasked": "`rewrite` below this line or in a location"}, ["/pub/asked", "/sub/"]),
}


def words_of(file):
    return re.sub(r"\s*\n *#?\s*", " ", file.read_text())


@pytest.mark.parametrize("name", [name for name in FRONTS if name in gate_fronts.FRONTS])
def test_a_path_that_the_gate_does_not_see_is_named(peercert, pki, tmp_path_factory, name, monkeypatch):
    extra, unasked, asked = FRONTS[name]
    folder = tmp_path_factory.mktemp(name)
    front = gate_fronts.FRONTS[name](folder, pki, peercert, "--rules", write_rules(folder / "access.rules", pki, RULES), extra=extra)
    behind = gate_fronts.Caddy.behind
    monkeypatch.setattr(gate_fronts.Caddy, "behind", property(lambda front: CADDY + behind.fget(front)))
    said = words_of(DEPLOY / name / ("Caddyfile" if name == "caddy" else "gate.conf"))
    try:
        front.start()
        for target, by in unasked.items():
            status, body = raw(front, pki.good, target)
            assert status == 200 and body in (b"secret\n", b"sub\n"), target
            assert re.search(by, said), by
            assert raw(front, None, target)[0] == 403, target
        for target in asked:
            assert raw(front, pki.good, target)[0] == 403, target
    finally:
        front.stop()


def test_that_webdav_has_a_second_path_is_said(peercert, pki, tmp_path):
    """nginx writes a copy where the client says, and the gate was asked about the original alone."""
    rules = write_rules(tmp_path / "access.rules", pki, RULES)
    front = gate_fronts.FRONTS["nginx"](tmp_path / "front", pki, peercert, "--rules", rules, extra=NGINX)
    try:
        front.start()
        copied = front.root / "secret/copied.txt"
        assert raw(front, pki.good, "/pub/file.txt", f"Destination: {front.at('/secret/copied.txt')}", method="COPY")[0] == 204
        assert copied.read_text() == "public\n"
        copied.unlink()
        write_rules(rules, pki, RULES.replace("deny any path", "deny any method=COPY,MOVE\ndeny any path"))
        front.stop_gate()
        front.start_gate()
        assert raw(front, pki.good, "/pub/file.txt", f"Destination: {front.at('/secret/copied.txt')}", method="COPY")[0] == 403
        assert not copied.exists()
    finally:
        front.stop()
    said = words_of(DEPLOY / "README.md")
    assert "COPY and MOVE write to a second path" in said and "`deny any method=COPY,MOVE`" in said
