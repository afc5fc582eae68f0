"""What looks like a gate and is none is named where an operator would look, and is as it is named."""

import re

import pytest

import gate_fronts
from fronts import DEPLOY

ROOT = DEPLOY.parent

# Where each front's gate is described, and whether a peercert without rules lets everybody in there.
DOCUMENTS = {
    "lighttpd": (["lighttpd/gate.conf"], False),
    "apache": (["apache/gate.conf"], False),
    "nginx": (["nginx/gate.conf"], True),
    "haproxy": (["haproxy/gate.cfg"], False),
    "caddy": (["caddy/Caddyfile"], False),
    "forward-auth": (["nginx/forward-auth.conf", "traefik/gate.yml"], True),
}


def words_of(name):
    """A file of deploy/ with its comments' line breaks away."""
    return re.sub(r"\s*\n#?\s*", " ", (DEPLOY / name).read_text())


@pytest.mark.parametrize("name", gate_fronts.FRONTS)
def test_a_report_in_place_of_the_gate_is_as_each_fronts_file_says(peercert, pki, tmp_path_factory, name):
    files, is_open = DOCUMENTS[name]
    front = gate_fronts.FRONTS[name](tmp_path_factory.mktemp(name), pki, peercert)
    try:
        front.start()
        for certificate in (pki.good, None):
            reply = front.curl(certificate, url=front.at("/pub/file.txt"))
            assert (reply.status == 200) == is_open, reply.body
            assert (b"public" in reply.body or b'"method"' in reply.body) == is_open, reply.body
    finally:
        front.stop()
    for file in files:
        said = re.search(r"WITHOUT --rules is no gate[:,] (and denies everybody here|its report is 200 for everybody)",
                         words_of(file))
        assert said and ("200" in said[1]) == is_open, file


def test_every_front_of_the_gate_is_among_these():
    described = {file for files, _ in DOCUMENTS.values() for file in files}
    helpers = {"apache/gate-provider.conf", "nginx/gate-ask.conf"}
    files = {str(file.relative_to(DEPLOY)) for pattern in ("*/gate*", "*/Caddyfile", "*/forward-auth*")
             for file in DEPLOY.glob(pattern) if file.suffix != ".lua"}
    assert files == described | helpers


@pytest.mark.parametrize("file, directive", [
    (DEPLOY / "lighttpd/gate.conf", "server.error-handler-404"), (DEPLOY / "apache/gate.conf", "ErrorDocument"),
    (DEPLOY / "README.md", "server.error-handler-404"), (DEPLOY / "README.md", "ErrorDocument"),
    (ROOT / "src/peercert.8", "server.error-handler-404"), (ROOT / "src/peercert.8", "ErrorDocument")])
def test_pages_about_which_nobody_is_asked_are_named(file, directive):
    """test_gate.py shows that they are shown (test_an_index_page_is_served_and_an_error_page_judged_where_the_front_asks)."""
    words = re.sub(r"\s*\n#?\s*", " ", file.read_text())
    assert re.search(re.escape(directive) + r".{0,300}\b[Ww]hoever may ask for what is missing sees", words), file
