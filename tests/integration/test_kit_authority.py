"""certs/ca and more than one CA: intermediates, and a CA that follows another. peercert and openssl judge."""

import re
import shutil
import stat

import pytest

from kit import (PASS, ca, days_from_now, empty, environment, field, folder, has_all, last_line, listing, made, near,  # noqa: F401
                 openssl, peercert, refused, run, text, when)

BELOW = "phrase of the one below"


def serial(certificate):
    return field(certificate, "-serial").strip().removeprefix("serial=")


def verdict(certificate, *options):
    return last_line(peercert(*options, "--check", certificate, check=None))


VALID = "The certificate is valid"
UNTRUSTED = "The certificate is not valid: "


# Intermediates


@pytest.fixture(scope="module")
def below(made, tmp_path_factory):
    """A root with dan, and an intermediate with eve; both have a CRL. Tests work on copies."""
    folder = tmp_path_factory.mktemp("below") / "root"
    shutil.copytree(made, folder)
    ca(folder, "crl")
    ca(folder, "init", "--intermediate", "sub", "--ec", "--subject", "CN=Sub CA,O=Acme,C=GB", CA_KEY_PASSWORD=BELOW)
    ca(folder, "request", "eve", "--ec")
    ca(folder, "sign", "eve.req", "-y", "--dir", "sub", CA_PASSWORD=BELOW)
    ca(folder, "crl", "--dir", "sub", CA_PASSWORD=BELOW)
    return folder


@pytest.fixture
def root(below, tmp_path):
    shutil.copytree(below, tmp_path / "root")
    return tmp_path / "root"


def test_an_intermediate_is_a_folder_of_its_own_signed_by_the_root(below):
    sub = below / "sub"
    about = text(sub / "ca.cer")
    has_all(about, "Issuer: CN=Test CA,O=Acme,C=GB", "Subject: CN=Sub CA,O=Acme,C=GB", "Certificate Sign, CRL Sign",
            "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0\n")
    assert "Name Constraints" not in about and near(when(sub / "ca.cer", "enddate"), days_from_now(1825))
    assert stat.filemode(sub.stat().st_mode) == "drwx------" and stat.filemode((sub / "ca.key").stat().st_mode) == "-rw-------"
    openssl("pkey", "-in", sub / "ca.key", "-noout", "-passin", "env:P", env=environment(P=BELOW))
    assert serial(sub / "ca.cer") in (below / "index.txt").read_text()
    assert (sub / "ca-chain.cer").read_text().count("BEGIN") == 2
    openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", below / "ca.cer", "-untrusted", sub / "ca.cer", sub / "eve.cer")


def test_what_an_intermediate_signed_is_valid_with_intermediates_or_with_the_chain_in_the_file(root):
    sub = root / "sub"
    assert verdict(sub / "eve.cer", "--ca", root / "ca.cer").startswith(UNTRUSTED)
    assert verdict(sub / "eve.cer", "--ca", root / "ca.cer", "--intermediates", sub / "ca.cer") == VALID
    ca(root, "sign", "eve.req", "-y", "--dir", "sub", "--name", "chained", "--with-ca", CA_PASSWORD=BELOW)
    assert (sub / "chained.cer").read_text().count("BEGIN") == 2
    assert verdict(sub / "chained.cer", "--ca", root / "ca.cer") == VALID
    ca(root, "renew", "chained", "-y", "--dir", "sub", "--with-ca", CA_PASSWORD=BELOW)
    assert verdict(sub / "chained.cer", "--ca", root / "ca.cer") == VALID
    shutil.copy(root / "eve.key", sub)
    ca(root, "p12", "eve", "--dir", "sub", "--with-ca", CA_P12_PASSWORD=PASS)
    (root / "word").write_text(PASS)
    assert verdict(sub / "eve.p12", "--ca", root / "ca.cer", "--password-file", root / "word") == VALID


def test_the_crl_of_an_intermediate_comes_in_a_bundle_with_the_roots(root):
    sub = root / "sub"
    options = ["--ca", root / "ca.cer", "--intermediates", sub / "ca.cer"]
    assert verdict(sub / "eve.cer", *options, "--crl", sub / "ca-chain.crl") == VALID
    assert "CRL" in verdict(sub / "eve.cer", *options, "--crl", sub / "ca.crl"), "the intermediate's own revocation is unknown"
    assert verdict(sub / "eve.cer", *options, "--crl", sub / "ca.crl", "--crl-depth", "leaf") == VALID
    ca(root, "revoke", "sub/ca.cer", "-y", "--reason", "CACompromise")
    ca(root, "crl", "--install", "--dir", "sub")
    for crl, depth, expected in (("ca-chain.crl", "chain", "The certificate is not valid: "), ("ca-chain.crl", "leaf", VALID)):
        line = verdict(sub / "eve.cer", *options, "--crl", sub / crl, "--crl-depth", depth)
        assert line.startswith(expected) and (line == VALID or "revoked" in line), f"{depth}: {line}"


def test_an_intermediate_that_was_moved_away_takes_the_roots_crl_from_where_it_is_put(root, tmp_path):
    away = tmp_path / "away"
    (root / "sub").rename(away)
    (away / "ca-chain.crl").unlink()
    done = ca(away, "crl", CA_PASSWORD=BELOW)
    assert "copy it to ./parent.crl" in done.stderr and not (away / "ca-chain.crl").exists()
    shutil.copy(root / "ca.crl", away / "parent.crl")
    ca(away, "revoke", "eve.cer", "-y", CA_PASSWORD=BELOW)
    line = verdict(away / "eve.cer", "--ca", root / "ca.cer", "--intermediates", away / "ca.cer", "--crl", away / "ca-chain.crl")
    assert "revoked" in line, line


def test_only_certificates_of_clients_and_servers_are_renewed(root):
    """A client's certificate with the name and the key of an intermediate CA is nothing that anybody asked for."""
    number = serial(root / "sub" / "ca.cer")
    for words in ([number], ["sub/ca.cer", "--name", "sub2"]):
        refused(root, "renew", *words, "-y", status=1, says="is for something other than a TLS client or server")
    for profile in ([], ["--profile", "client"]):
        done = ca(root, "verify", "sub/ca.cer", *profile, check=1)
        has_all(done.stdout, "for:    something other than a TLS client or server\n", "Not valid: it is ")


def test_name_constraints_are_critical_and_hold(folder):
    ca(folder, "init", "--intermediate", "sub", "--ec", "--permit", "DNS:acme.example", "--permit", "email:acme.example", CA_KEY_PASSWORD=BELOW)
    about = text(folder / "sub" / "ca.cer")
    assert re.search(r"Name Constraints: critical\s+Permitted:\s+DNS:acme.example\s+email:acme.example", about), about
    ca(folder, "sign", "dan.req", "-y", "--dir", "sub", "--copy-san", "--with-ca", CA_PASSWORD=BELOW)
    assert verdict(folder / "sub" / "dan.cer", "--ca", folder / "ca.cer") == VALID
    refused(folder, "sign", "dan.req", "-y", "--dir", "sub", "--name", "x", "--san", "email:dan@evil.example", status=1,
            says="permitted subtree violation", CA_PASSWORD=BELOW)


def test_intermediates_are_refused_where_they_cannot_be(root):
    refused(root, "init", "--intermediate", "sub", status=1, says="sub exists already", CA_KEY_PASSWORD=BELOW)
    refused(root, "init", "--intermediate", "deeper", "--dir", "sub", status=1, says="pathlen:0", CA_KEY_PASSWORD=BELOW)
    refused(root, "init", "--intermediate", "new", "--ec", status=2, says="no pass phrase of new/ca.key")
    refused(root, "init", "--intermediate", "new", "--ec", status=1, says="wrong pass phrase", CA_KEY_PASSWORD=BELOW, CA_PASSWORD="wrong")
    refused(root, "init", "--intermediate", "../new", status=2, says="no name for files")
    refused(root, "init", "--intermediate", "ca.1", status=2, says="belongs to the CA itself")
    refused(root, "rollover", "-y", "--dir", "sub", status=1, says="is an intermediate")
    for permit in ("acme.example", "IP:1.2.3.4", "DNS:", "DNS:a b", "DNS:a,permitted;DNS:b", "email:@"):
        refused(root, "init", "--intermediate", "new", "--permit", permit, status=2, says="--permit")
    refused(root, "init", "--permit", "DNS:acme.example", status=2, says="belongs to --intermediate")


# A CA that follows another


@pytest.fixture(scope="module")
def rolled(made, tmp_path_factory):
    """dan was signed before the CA had a new key, and new after it. CRLs are in use."""
    folder = tmp_path_factory.mktemp("rolled") / "ca"
    shutil.copytree(made, folder)
    ca(folder, "crl", "--ahead", "1")
    ca(folder, "rollover", "-y", "--ec")
    ca(folder, "sign", "dan.req", "-y", "--name", "new")
    return folder


@pytest.fixture
def twice(rolled, tmp_path):
    shutil.copytree(rolled, tmp_path / "rolled")
    return tmp_path / "rolled"


def test_after_a_rollover_old_and_new_ones_are_valid_with_the_bundle(rolled):
    assert (rolled / "ca-bundle.cer").read_text().count("BEGIN") == 2
    for name in ("dan", "new"):
        assert verdict(rolled / f"{name}.cer", "--ca", rolled / "ca-bundle.cer", "--crl", rolled / "ca.crl") == VALID, name
    assert verdict(rolled / "dan.cer", "--ca", rolled / "ca.cer").startswith(UNTRUSTED)
    assert verdict(rolled / "new.cer", "--ca", rolled / "ca.cer") == VALID


def test_the_cross_signed_certificate_leads_from_the_old_root_alone_to_new_ones(rolled):
    old = ["--ca", rolled / "ca.1.cer"]
    assert verdict(rolled / "new.cer", *old).startswith(UNTRUSTED)
    assert verdict(rolled / "new.cer", *old, "--intermediates", rolled / "ca-cross.cer") == VALID
    openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", rolled / "ca.1.cer", "-untrusted", rolled / "ca-cross.cer",
            rolled / "new.cer")
    assert when(rolled / "ca-cross.cer", "enddate") <= when(rolled / "ca.1.cer", "enddate")
    assert stat.filemode((rolled / "ca.1.key").stat().st_mode) == "-rw-------"


def test_while_both_are_trusted_each_has_a_crl_and_both_kinds_can_be_revoked(twice):
    options = ["--ca", twice / "ca-bundle.cer", "--crl", twice / "ca.crl"]
    ca(twice, "revoke", "dan.cer", "-y", "--reason", "superseded")
    assert (twice / "ca.crl").read_text().count("BEGIN") == 2 and (twice / "ca.crls").read_text().count("BEGIN") == 4
    assert "revoked" in verdict(twice / "dan.cer", *options) and verdict(twice / "new.cer", *options) == VALID
    ca(twice, "revoke", "new.cer", "-y")
    assert "revoked" in verdict(twice / "new.cer", *options)
    assert "(the CA before it)" in ca(twice, "list").stdout


def test_after_the_old_root_has_gone_only_new_ones_are_valid(twice):
    done = ca(twice, "rollover", "--finish", "-y")
    assert "no longer valid: 1\n" in done.stdout and "Destroy: ./ca.1.key" in done.stdout, done.stdout
    assert (twice / "ca.crl").read_text().count("BEGIN") == 1
    options = ["--ca", twice / "ca-bundle.cer", "--crl", twice / "ca.crl"]
    assert verdict(twice / "new.cer", *options) == VALID
    assert verdict(twice / "dan.cer", *options).startswith(UNTRUSTED)
    ca(twice, "renew", "dan", "-y")
    assert verdict(twice / "dan.cer", *options) == VALID
    refused(twice, "rollover", "--finish", "-y", status=1, says="no rollover is under way")


def test_a_second_rollover_keeps_what_is_still_trusted(twice):
    ca(twice, "rollover", "-y", "--ec", "--subject", "CN=Another CA")
    ca(twice, "sign", "dan.req", "-y", "--name", "newest")
    assert (twice / "ca-bundle.cer").read_text().count("BEGIN") == 3 and (twice / "ca.crl").read_text().count("BEGIN") == 3
    for name in ("dan", "new", "newest"):
        assert verdict(twice / f"{name}.cer", "--ca", twice / "ca-bundle.cer", "--crl", twice / "ca.crl") == VALID, name


def test_a_new_certificate_for_the_same_key_keeps_what_was_signed_good(folder):
    ca(folder, "crl")
    ca(folder, "rollover", "--same-key", "-y", "--days", "20")
    assert serial(folder / "ca.cer") != serial(folder / "ca.1.cer") and near(when(folder / "ca.cer", "enddate"), days_from_now(20))
    assert field(folder / "ca.cer", "-pubkey", "-subject") == field(folder / "ca.1.cer", "-pubkey", "-subject")
    assert not (folder / "ca.1.key").exists() and not (folder / "ca-bundle.cer").exists()
    for trust in ("ca.cer", "ca.1.cer"):
        assert verdict(folder / "dan.cer", "--ca", folder / trust, "--crl", folder / "ca.crl") == VALID, trust
    ca(folder, "revoke", "dan.cer", "-y")
    for trust in ("ca.cer", "ca.1.cer"):
        assert "revoked" in verdict(folder / "dan.cer", "--ca", folder / trust, "--crl", folder / "ca.crl"), trust
    openssl("pkcs12", "-in", folder / "ca.p12", "-noout", "-passin", "pass:password")


@pytest.mark.parametrize("words, status, says", [
    (["--same-key", "--key", "ec", "-y"], 2, "--same-key goes with no"), (["--finish", "-y"], 1, "no rollover is under way"), ([], 2, "--batch"),
    (["--days", "0"], 2, "whole number of days"), (["--key", "dsa", "-y"], 2, "--key dsa")])
def test_rollover_refuses_what_it_cannot_do(folder, words, status, says):
    refused(folder, "rollover", *words, status=status, says=says)
