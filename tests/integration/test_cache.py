"""The verdict cache: it changes no answer, and strangers cannot fill the memory with it."""

import base64
import itertools
import re

import pytest

from fastcgi import Connection, ask, parameters, request
from pki import openssl
from test_memory import resident

FORMATS = ("text/plain", "application/json", "text/html")

# What is rendered for each request: the moment, and what is left until another.
MOMENTS = [
    re.compile(r"^Checked at: .*$", re.M),
    re.compile(r'"checked_at": ?"[^"]*"'),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    # The page says it in words too: 25 November 2026, 02:01:50 UTC.
    re.compile(r"\d\d:\d\d:\d\d UTC"),
    re.compile(r"\d+ (day|hour|minute|second)s?"),
    re.compile(r'"days_left": ?-?\d+'),
    # The bar for the life of the certificate.
    re.compile(r'(?:width|value|x)[=:] ?"?[\d.]+%?'),
]


def without_moments(body):
    for moment in MOMENTS:
        body = moment.sub("(moment)", body)
    return body


def questions(pki):
    """Each certificate of the PKI, alone, with its chain, with another word of the front, and in other forms."""
    for certificate in (pki.good, pki.expired, pki.not_yet_valid, pki.stranger, pki.server_only, pki.v1,
                        pki.hostile, pki.chained):
        yield parameters(certificate.pem)
        yield parameters(certificate.pem, SSL_CLIENT_VERIFY="FAILED:self-signed certificate")
        yield parameters(certificate.pem, SSL_CLIENT_CERT_CHAIN_0=pki.intermediate.read_text())
        yield parameters(certificate.pem.replace("\n", "\n\t").rstrip("\t"))
    yield parameters(pki.ca.read_text())
    yield parameters(None)
    yield parameters("garbage")
    yield parameters(pki.good.pem[:200])


@pytest.mark.parametrize("accept", FORMATS)
def test_answers_are_the_same_with_and_without_the_cache(start_responder, pki, accept):
    cached, plain = start_responder("--cache", "1024"), start_responder("--cache", "0")
    for given in questions(pki):
        given["HTTP_ACCEPT"] = accept
        first, second, other = ask(cached.address, given), ask(cached.address, given), ask(plain.address, given)
        for answer in (first, second):
            assert answer.status == other.status
            assert answer.headers == other.headers
            assert without_moments(answer.text) == without_moments(other.text), given


def test_what_is_left_out_of_the_comparison_is_little(start_responder, pki):
    text = ask(start_responder().address, parameters(pki.good.pem)).text
    assert "The certificate is valid" in without_moments(text)
    assert "Name: " in without_moments(text)
    assert without_moments(text).count("(moment)") <= 5, without_moments(text)


def test_one_certificate_never_gets_the_answer_of_another(start_responder, pki):
    """By turns, on one connection, while all are known."""
    responder = start_responder("--cache", "1024", "--threads", "1")
    asked = [given for given in questions(pki) if given.get("SSL_CLIENT_CERT")]
    with Connection(responder.address) as connection:
        def body(given):
            connection.send(request(given, keep=True))
            return without_moments(connection.read_answer().text)
        first = [body(given) for given in asked]
        for _ in range(3):
            assert [body(given) for given in asked] == first
            assert [body(given) for given in reversed(asked)] == first[::-1]


def strangers(pki):
    """Distinct certificates that nobody signed: one of a stranger's with another serial number each."""
    der = bytearray(openssl("x509", "-in", pki.stranger.cer, "-outform", "DER"))
    serial = bytes.fromhex(openssl("x509", "-in", pki.stranger.cer, "-noout", "-serial").decode().strip().split("=")[1])
    at = der.index(serial)
    assert len(serial) >= 8, "long enough for many numbers"
    for number in itertools.count(1):
        der[at + 1:at + 5] = number.to_bytes(4, "big")
        yield bytes(der)


def test_a_flood_of_strangers_leaves_memory_flat(start_responder, pki):
    responder = start_responder("--cache", "1024", "--threads", "2")
    flood = strangers(pki)
    good = request(parameters(pki.good.pem), keep=True)

    with Connection(responder.address) as connection:
        def serve(count):
            for der in itertools.islice(flood, count):
                connection.send(request(parameters(base64.b64encode(der)), keep=True))
                assert b"\nThe certificate is not valid: " in connection.read_answer().body
            connection.send(good)
            assert b"\nThe certificate is valid\n" in connection.read_answer().body
            return resident(responder.pid)
        before = serve(2000)
        after = serve(6000)
    # A thread that answers for the first time gets room of its own from malloc, 4 MiB at the most here;
    # 6,000 entries that stay would take more than 24 MiB.
    assert after - before <= 6144, f"{before} KiB resident became {after} KiB"
