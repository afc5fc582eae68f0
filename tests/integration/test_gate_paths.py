"""No spelling of a path gets around a rule of the gate, behind any front."""

import json
import urllib.parse

import pytest

import gate_fronts
from gate_helpers import raw, settled_path
from gate_shared import EVERY, Asked, gates  # noqa: F401

VARIANTS = [
    "/secret/file.txt", "/secret/", "/secret", "//secret/file.txt", "///secret/file.txt", "/./secret/file.txt",
    "/.//secret/file.txt", "/pub/../secret/file.txt", "/pub/./../secret/file.txt", "/pub/x/../../secret/file.txt",
    "/pub/%2e%2e/secret/file.txt", "/pub/%2E%2E/secret/file.txt", "/pub/.%2e/secret/file.txt",
    "/pub/%2e./secret/file.txt", "/%2e/secret/file.txt", "/%73ecret/file.txt", "/s%65cret/file.txt",
    "/secre%74/file.txt", "/%2fsecret/file.txt", "/pub%2f..%2fsecret/file.txt", "/pub/..%2fsecret/file.txt",
    "/pub/..%2Fsecret/file.txt", "/pub/%2e%2e%2fsecret/file.txt", "/pub/..\\secret/file.txt",
    "/pub\\..\\secret\\file.txt", "/pub/..%5csecret/file.txt", "/pub%5c..%5csecret%5cfile.txt",
    "/pub/%252e%252e/secret/file.txt", "/pub/%252e%252e%252fsecret/file.txt", "/pub/..%252fsecret/file.txt",
    "/%2573ecret/file.txt", "/%25%37%33ecret/file.txt", "/%257%33ecret/file.txt", "/pub/%25%32e%25%32e/secret/file.txt",
    "/pub/%252%65%252%65/secret/file.txt", "/pub/..%25%32fsecret/file.txt",
    "/secret;a=b/file.txt", "/secret;/file.txt", "/secret/;a/file.txt",
    "/pub/..;/secret/file.txt", "/pub/..;a=b/secret/file.txt", "/;/secret/file.txt", "/.;/secret/file.txt",
    "/secret%3b/file.txt", "/pub/%2e%2e;/secret/file.txt", "/secret/./file.txt", "/secret//file.txt",
    "/secret/x/../file.txt", "/secret%00/file.txt", "/%00/secret/file.txt", "/pub/..%00/secret/file.txt",
    "/secret/file.txt%00", "/secret/file.txt?/pub/", "/secret/file.txt?x=/pub/../pub/", "/secret/file.txt#/pub/",
    "/secret/file.txt%3f/pub/", "/pub/%c0%ae%c0%ae/secret/file.txt", "/pub/%c0%ae./secret/file.txt",
    "/%u0073ecret/file.txt", "/%zz/../secret/file.txt", "/pub/\t../secret/file.txt", "/secret/file.txt\x7f",
    "/pub/..%09/secret/file.txt", "/pub/../%73ecret/file.txt", "/pub/...//../secret/file.txt",
    "secret/file.txt", "https://localhost/secret/file.txt", "https://localhost//secret/file.txt",
    "HTTPS://elsewhere.example/secret/file.txt", "https://localhost/pub/../secret/file.txt",
    "http://localhost/secret/file.txt", "//localhost/secret/file.txt", "https:///secret/file.txt", "*",
]


@EVERY
@pytest.mark.parametrize("prefix", ["", "/app"])
def test_no_spelling_of_a_path_gets_around_a_rule(gates, pki, name, prefix):
    """For files and for a proxied application, which gets some paths raw."""
    front = gates(name)
    for variant in VARIANTS:
        if "://" in variant:
            before, _, path = variant.partition("://")
            host, _, rest = path.partition("/")
            target = f"{before}://{host}{prefix}/{rest}"
        else:
            target = prefix + variant if variant.startswith("/") else variant
        status, body = raw(front, pki.good, target)
        assert b"secret\n" not in body, f"{target}: {status} {body}"
        if status == 200 and body.startswith(b"{"):
            got = json.loads(body)["path"]
            settled = settled_path(urllib.parse.urlsplit(got).path if "://" in got else got)
            assert not (settled + "/").startswith(("/secret/", "/app/secret/")), f"{target}: {got}"
    assert raw(front, pki.good, f"{prefix}/pub/file.txt" if not prefix else "/app/fine")[0] == 200


@EVERY
@pytest.mark.parametrize("variant", ["/pub/../secret/file.txt", "//secret/file.txt", "/pub/..%2fsecret/file.txt",
                                     "/%73ecret/file.txt", "/secret;x/file.txt"])
def test_nor_in_http_2(gates, pki, name, variant):
    front = gates(name)
    reply = front.curl(pki.good, "--path-as-is", url=front.at(variant), check=False)
    assert b"secret\n" not in getattr(reply, "body", b"") and getattr(reply, "status", 0) != 200


def test_a_path_that_nginx_decodes_is_denied_as_it_was_written_too(peercert, pki, tmp_path):
    """Where encoded slashes are part of names: the gate is told the decoded path, and the application the other."""
    rules = tmp_path / "access.rules"
    rules.write_text("set encoded-slash literal\ndeny any path=/app/a%2Fb,/app/x/y\nallow any user=somebody\n")
    front = gate_fronts.FRONTS["nginx"](tmp_path / "front", pki, peercert, "--rules", rules).start()
    try:
        for denied in ("/app/a%2Fb", "/app/a%2fb", "/app/%61%2f%62", "/app/x%2Fy", "/app/x/y"):
            assert raw(front, pki.good, denied)[0] == 403, denied
        assert raw(front, pki.good, "/app/a%2Fc")[0] == 200
    finally:
        front.stop()


@EVERY
def test_an_ambiguous_path_is_named_in_the_log(gates, pki, name):
    front = gates(name)
    if name == "lighttpd":
        return  # it refuses such paths itself
    with Asked(front) as asked:
        assert front.curl(pki.good, "--path-as-is", url=front.at("/pub//file.txt")).status == 403
        assert " denied reason=ambiguous_path " in asked.lines(1)[0]
