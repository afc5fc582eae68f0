"""What the tests of gates share: their rules, raw requests, and what an application was told."""

import json
import re
import ssl
import urllib.parse

from fronts import read_to_end

USER = "Dan%20Example"

RULES = """issuer acme {ca}
deny any path=/secret/,/app/secret/ label=secret
allow issuer=acme cn="Dan Example" path=/pub/,/app/,/fapp/,/cgi-bin/,/sub/,/big.txt user=$cn label=staff
"""


def write_rules(path, pki, text=RULES):
    """A rule file that appears at once as a whole."""
    new = path.with_suffix(".new")
    new.write_text(text.format(ca=pki.ca))
    new.chmod(0o644)
    new.replace(path)
    return path


def raw(front, certificate, target, *headers, method="GET", host=None):
    """(status, body) of a request whose target is sent as it is; (0, b"") when the connection just ended."""
    lines = [f"{method} ".encode() + (target if isinstance(target, bytes) else target.encode()) + b" HTTP/1.1",
             f"Host: {host or f'localhost:{front.port}'}".encode(), b"Connection: close", b"Accept: application/json",
             *(header if isinstance(header, bytes) else header.encode() for header in headers), b"", b""]
    try:
        with front.connect(certificate) as connection:
            connection.sendall(b"\r\n".join(lines))
            answer = read_to_end(connection)
    except (OSError, ssl.SSLError):
        return 0, b""
    head, _, body = answer.partition(b"\r\n\r\n")
    found = re.match(rb"HTTP/1\.\d (\d{3})", head)
    return (int(found[1]) if found else 0), body


def settled_path(path):
    """A path as the most generous reader would take it: decoded again and again, backslashes turned, parameters cut."""
    for _ in range(4):
        path = urllib.parse.unquote(path, "latin-1").replace("\\", "/").replace("\0", "")
    path = path.partition("?")[0]
    out = []
    for segment in path.split("/"):
        segment = segment.partition(";")[0]
        if segment == "..":
            out = out[:-1]
        elif segment not in ("", "."):
            out.append(segment)
    return "/" + "/".join(out)


def told(reply, front, kind):
    """What an application was told: {name: [values]} of headers (lower case) or variables."""
    if kind == "cgi":
        got = {}
        for line in reply.text.splitlines():
            name, _, value = line.partition("=")
            got.setdefault(name, []).append(value)
        return got
    body = json.loads(reply.text)
    if kind == "fastcgi":
        return {name: [value] for name, value in body["parameters"].items()}
    got = {}
    for name, value in body["headers"]:
        got.setdefault(name.lower(), []).append(value)
    return got
