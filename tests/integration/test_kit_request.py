"""certs/ca request: keys, requests, and the names that they may have."""

import re

import pytest

from kit import (KEY_PASS, SANS, SAN_TEXT, ca, empty, environment, folder, listing, made, one_colon, openssl,  # noqa: F401
                 refused, write)


def test_request_makes_a_key_for_its_owner_alone_and_a_request(empty):
    ca(empty, "request", "dan", "--subject", "CN=Dan,O=Acme", "--key", "rsa:2048")
    assert {name: mode for name, (mode, _) in listing(empty).items()} == {"dan.key": "-rw-------",
                                                                          "dan.req": "-rw-r--r--"}
    assert "BEGIN PRIVATE KEY" in (empty / "dan.key").read_text()
    openssl("req", "-in", empty / "dan.req", "-noout", "-verify")


def test_request_makes_4096_bit_rsa_unless_told(empty):
    ca(empty, "request", "dan")
    about = openssl("req", "-in", empty / "dan.req", "-noout", "-text").stdout
    assert "(4096 bit)" in about and re.search("CN ?= ?dan", about), about


def test_request_encrypts_the_key_when_a_pass_phrase_is_given(empty):
    ca(empty, "request", "dan", "--ec", CA_KEY_PASSWORD=KEY_PASS)
    assert "ENCRYPTED" in (empty / "dan.key").read_text()
    ca(empty, "request", "eve", "--ec", "--pass-file", write(empty / "word", KEY_PASS))
    for name in ("dan", "eve"):
        openssl("pkey", "-in", empty / f"{name}.key", "-noout", "-passin", "env:P", env=environment(P=KEY_PASS))


def test_request_asks_for_the_names_that_san_gives(empty):
    ca(empty, "request", "dan", "--ec", *[word for san in SANS for word in ("--san", san)])
    assert SAN_TEXT in one_colon(openssl("req", "-in", empty / "dan.req", "-noout", "-text").stdout)


@pytest.mark.parametrize("san", ["dan@acme.example", "DNS:", "DNS:a b", "DNS:-\n", "IP:acme", "email:copy",
                                 "URI:nothing", "RID:1.2.3",
                                "dirName:section", "DNS:a,DNS:b", "email:dän@acme.example", "IP:999.1.1.1", "UPN:a\nb"])
def test_names_of_no_known_kind_or_form_are_refused(empty, san):
    before = listing(empty)
    done = ca(empty, "request", "dan", "--ec", "--san", san, check=None)
    assert done.returncode in (1, 2) and listing(empty) == before, done.said


@pytest.mark.parametrize("name, says", [("a/b", "no name for files"), ("../x", "no name for files"), (".hidden", "no name for files"),
                                       ("", "no name for files"), ("a b", "no name for files"), ("x" * 65, "no name for files"),
                                       ("ca", "belongs to the CA"), ("a\nb", "no name for files")])
def test_names_that_could_lead_elsewhere_are_refused(empty, name, says):
    refused(empty, "request", "--ec", name, status=2, says=says)


def test_a_dash_in_front_is_an_option_or_after_two_dashes_a_name_and_refused(empty):
    refused(empty, "request", "-x", status=2, says="request does not take -x")
    refused(empty, "request", "--", "-x", status=2, says="'-x' is no name for files")


def test_request_refuses_to_overwrite(folder):
    refused(folder, "request", "dan", "--ec", status=1, says="dan.key exists already")
    (folder / "dan.key").unlink()
    refused(folder, "request", "dan", "--ec", status=1, says="dan.req exists already")
