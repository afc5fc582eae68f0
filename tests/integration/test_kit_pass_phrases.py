"""Pass phrases of certs/ca: from files, variables and the terminal, and never in what others can see."""

import os
import shutil

import pytest

from kit import (KEY_PASS, P12_PASS, PASS, at_terminal, ca, empty, environment, folder, listing, made, openssl,  # noqa: F401
                 refused, write)


def test_pass_phrases_come_from_files_and_only_the_first_line_counts(empty):
    word = write(empty / "word", PASS + "\nsecond line\n")
    ca(empty, "init", "--ec", "--pass-file", word, CA_PASSWORD=None)
    openssl("pkey", "-in", empty / "ca.key", "-passin", f"file:{word}", "-noout")
    ca(empty, "request", "dan", "--ec")
    ca(empty, "sign", "dan.req", "-y", "--password-file", word, CA_PASSWORD=None)
    ca(empty, "sign", "dan.req", "-y", "--name", "again", f"--pass-file={word}",
       CA_PASSWORD="the file counts, not this")


@pytest.mark.parametrize("content, says", [("", "is empty"), ("\n", "is empty"), (None, "cannot read the pass phrase"),
                                          ("abc\n", "too short"), ("x" * 1001, "too long")])
def test_pass_files_that_cannot_serve_are_refused(empty, content, says):
    if content is not None:
        write(empty / "word", content)
    refused(empty, "init", "--ec", "--pass-file", "word", status=1, says=says, CA_PASSWORD=None)


def test_an_empty_variable_is_an_empty_pass_phrase_and_refused(empty):
    refused(empty, "init", "--ec", status=1, says="is empty", CA_PASSWORD="")


def test_without_a_pass_phrase_and_a_terminal_it_says_where_one_may_come_from(folder):
    done = refused(folder, "sign", "dan.req", "-y", "--name", "x", status=2, says="no pass phrase of ca.key",
                   CA_PASSWORD=None)
    assert "--pass-file FILE" in done.stderr and "CA_PASSWORD" in done.stderr


def test_a_wrong_pass_phrase_is_named_as_such(folder):
    refused(folder, "sign", "dan.req", "-y", "--name", "x", status=1, says="cannot sign: wrong pass phrase",
            CA_PASSWORD="wrong")


def test_hard_pass_phrases_open_the_same_with_openssl(empty):
    hard = " $x `id` \\ ' \" ä€ %s -n "
    ca(empty, "init", "--ec", CA_PASSWORD=hard)
    openssl("pkey", "-in", empty / "ca.key", "-passin", "env:P", "-noout", env=environment(P=hard))
    ca(empty, "request", "dan", "--ec")
    ca(empty, "sign", "dan.req", "-y", CA_PASSWORD=hard)


def test_no_pass_phrase_is_in_the_arguments_or_environment_of_anything_started(tmp_path):
    """A wrapper in front of openssl writes down the arguments and the environment that everybody could see or inherit."""
    log = tmp_path / "log"
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name in ("openssl", "awk", "mv", "find", "flock"):
        real = shutil.which(name)
        write(binaries / name,
              f'#!/bin/sh\n{{ printf "%s\\n" "$0" "$@"; env; }} >>{log}\nexec {real} "$@"\n').chmod(0o755)
    work = tmp_path / "ca"
    work.mkdir()
    secrets = {"CA_PASSWORD": PASS, "CA_KEY_PASSWORD": KEY_PASS, "CA_P12_PASSWORD": P12_PASS}
    variables = dict(secrets, PATH=f"{binaries}:{os.environ['PATH']}")
    for words in (["init", "--ec"], ["request", "dan", "--ec"], ["sign", "dan.req", "-y"], ["p12", "dan"], ["show", "dan.p12"], ["list"]):
        ca(work, *words, **variables)
    seen = log.read_text()
    assert "genpkey" in seen and "pkcs12" in seen and "-passin" in seen
    for secret in secrets.values():
        assert secret not in seen


def test_in_a_terminal_it_asks_and_shows_no_pass_phrase(empty):
    status, shown = at_terminal(empty, ["init", "--ec"], [PASS, PASS])
    assert status == 0 and PASS not in shown, shown
    status, shown = at_terminal(empty, ["request", "dan", "--ec", "--ask-pass"], [KEY_PASS, KEY_PASS])
    assert status == 0 and KEY_PASS not in shown, shown
    status, shown = at_terminal(empty, ["sign", "dan.req"], ["y", PASS])
    assert status == 0 and "Sign this as dan.cer" in shown and PASS not in shown, shown
    status, shown = at_terminal(empty, ["p12", "dan"], [KEY_PASS, P12_PASS, P12_PASS])
    assert status == 0 and P12_PASS not in shown, shown
    openssl("pkcs12", "-in", empty / "dan.p12", "-noout", "-passin", "env:P", env=environment(P=P12_PASS))


@pytest.mark.parametrize("answers, says", [(["one word", "another"], "not the same"), (["abc", "abc"], "too short"),
                                           (["", ""], "empty")])
def test_what_is_typed_must_be_long_enough_and_typed_twice_alike(empty, answers, says):
    status, shown = at_terminal(empty, ["init", "--ec"], answers)
    assert status == 1 and says in shown, shown
    assert listing(empty) == {}


def test_the_owner_may_say_no(folder):
    before = listing(folder)
    status, shown = at_terminal(folder, ["sign", "dan.req", "--name", "x"], ["n"])
    assert status == 1 and "not signed" in shown, shown
    assert listing(folder) == before
