"""certs/ca against those who could reach its folder or send it files: data is never run, links are not followed, and what a
request holds beside the request is refused."""

import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

from kit import (CA, PASS, P12_PASS, ca, empty, environment, field, folder, listing, made, openssl, refused, run,  # noqa: F401
                 text, write)

NOBODY = 65534


# Data is data


@pytest.mark.parametrize("lifetime, ahead", [("a[$(touch ran)]", "0"), ("3600", "a[$(touch ran)]"), ("$(touch ran)", "`touch ran`"),
                                             ("3600;touch ran", "0"), ("99999999999", "0"), ("3600", "9999"), ("PATH", "PATH"), ("-1", "0")])
def test_the_first_line_of_a_crl_series_is_data(folder, lifetime, ahead):
    ca(folder, "crl")
    series = (folder / "ca.crls").read_text().split("\n", 1)
    write(folder / "ca.crls", f"# lifetime {lifetime} ahead {ahead} (written by ca crl)\n{series[1]}")
    refused(folder, "crl", status=1, says="ca.crls is damaged at line 1")
    refused(folder, "revoke", "dan.cer", "-y", status=1, says="ca.crls is damaged at line 1")
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("line", ["CRL ca 01 a[$(touch${IFS}ran)] 99999999999", "CRL ca 01 1 a[$(touch${IFS}ran)]", "CRL ../x 01 1 2",
                                  "CRL ca 01 1 99999999999999999999", "CRL ca $(touch ran) 1 2", "$(touch ran)"])
def test_the_lines_of_a_crl_series_are_data(folder, line):
    ca(folder, "crl")
    write(folder / "ca.crls", (folder / "ca.crls").read_text() + line + "\n")
    for words in (["crl"], ["crl", "--install"], ["list"]):
        refused(folder, *words, status=1, says="ca.crls is damaged at line ")
    assert not (folder / "ran").exists()


def test_numbers_and_rows_of_the_database_are_data(folder):
    ca(folder, "crl")
    for content in ("a[$(touch ran)]\n", "$(touch ran)\n", "01\n02\n", "1\n", "\n"):
        write(folder / "crlnumber", content)
        refused(folder, "crl", status=1, says="crlnumber is damaged")
    index = (folder / "index.txt").read_text()
    for row in ("V\t300101000000Z\t\t../../x\tunknown\t/CN=x", "R\t300101000000Z\t$(touch ran)\tAB\tunknown\t/CN=x", "V\tx\t\tAB\tunknown\t/CN=x",
                "V\t300101000000Z\t\tAB\t/CN=x"):
        write(folder / "index.txt", index + row + "\n")
        refused(folder, "crl", status=1, says="index.txt is damaged at line 2")
        refused(folder, "sign", "dan.req", "-y", "--name", "x", status=1, says="index.txt is damaged at line 2")
    assert not (folder / "ran").exists()


def test_the_settings_are_data(folder):
    for content, says in (("days = $(touch ran)", "whole number of days"), ("touch ran", "ca.conf:1: write it as NAME = VALUE"),
                          ("colour = red", "there is no setting 'colour'"), ("days = 5\ndays = 6", "ca.conf:2: days is set twice"),
                          ("profile = all", "client, server or both"), ("key = dsa", "ca.conf:1: key"), ("days = a[0$(touch ran)]", "whole number")):
        write(folder / "ca.conf", content + "\n")
        refused(folder, "sign", "dan.req", "-y", "--name", "x", status=1, says=says)
    assert not (folder / "ran").exists()


def test_names_of_folders_and_files_are_data(folder, tmp_path):
    odd = tmp_path / "a $(touch ran) %n`touch ran`'\"\\&|"
    folder.rename(odd)
    ca(tmp_path, "crl", "--dir", odd)
    ca(tmp_path, "rollover", "-y", "--ec", "--dir", odd)
    done = ca(tmp_path, "rollover", "--finish", "-y", "--dir", odd)
    assert f"Destroy: {odd}/ca.1.key" in done.stdout, done.stdout
    assert "CN=Dan Example,OU=Ops,O=Acme,C=GB" in ca(tmp_path, "list", "--dir", odd).stdout
    assert not list(tmp_path.rglob("ran"))


def test_escape_bytes_in_file_names_do_not_reach_the_terminal(folder):
    name = "\x1b[31mred\x07\u202e\n.req"
    shutil.copy(folder / "dan.req", folder / name)
    done = ca(folder, "sign", "--batch", "--name", "x", name)
    assert "\\1B[31mred\\07\\E2\\80\\AE\\0A.req" in done.stderr and "\x1b" not in done.said and "\u202e" not in done.said, done.said
    for words in (["sign", "-y", name], ["show", name + "x"], ["sign", "-y", "--name", "y", name + "x"], ["revoke", "-y", name + "x"],
                  ["list", "--dir", name], [name], ["list", name], ["sign", "-y", "--" + name]):
        said = ca(folder, *words, check=None).said
        assert "\\1B[31mred" in said and "\x1b" not in said and "\u202e" not in said and "red\\07" in said, said


# The folder


COMMANDS = [["sign", "dan.req", "-y", "--name", "x"], ["crl"], ["revoke", "dan.cer", "-y"], ["renew", "dan", "-y"], ["request", "eve", "--ec"],
            ["passwd"], ["rollover", "-y", "--ec"], ["init", "--intermediate", "sub", "--ec"], ["p12", "dan"]]


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770, 0o720, 0o702])
def test_a_folder_that_others_can_write_to_is_refused(folder, mode):
    folder.chmod(mode)
    for words in COMMANDS if mode == 0o777 else COMMANDS[:1]:
        refused(folder, *words, status=1, says="can be written to by other users", CA_P12_PASSWORD=P12_PASS, CA_KEY_PASSWORD=PASS,
                CA_NEW_PASSWORD=PASS)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_key_that_others_can_use_is_used_with_a_word_about_it(folder, mode):
    for key, words in (("ca.key", ["crl"]), ("ca.key", ["sign", "dan.req", "-y", "--name", "x"]), ("dan.key", ["p12", "dan"])):
        (folder / key).chmod(mode)
        said = ca(folder, *words, CA_P12_PASSWORD=P12_PASS).stderr
        assert f"Warning: other users can read or change './{key}' (mode 0{mode:o}): run chmod 600 on it" in said, said
        (folder / key).chmod(0o600)
        assert "Warning" not in ca(folder, "crl").stderr


def test_a_folder_of_another_user_is_refused(folder):
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(folder, NOBODY, NOBODY)
    refused(folder, "sign", "dan.req", "-y", "--name", "x", status=1, says="belongs to another user")
    assert "Dan Example" in ca(folder, "list").stdout, "looking is harmless"


def planted(folder, tmp_path):
    """What another user would plant: a change that stands ready, and goes through a link to a file outside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    ready = folder / ".ca-work" / "ready"
    ready.mkdir(parents=True)
    write(ready / "ca.cer", "planted")
    (folder / ".ca-work" / "owner").symlink_to(outside / "owner")
    return outside


def test_nothing_that_stands_ready_in_a_folder_of_others_is_carried_out(folder, tmp_path):
    planted(folder, tmp_path)
    folder.chmod(0o777)
    for words in (["list"], ["sign", "dan.req", "-y", "--name", "x"], ["crl", "--install"], ["verify", "dan"]):
        before = listing(folder)
        ca(folder, *words, check=None)
        assert listing(folder) == before, words


@pytest.mark.parametrize("place", [".ca-work", ".ca-work/ready", ".ca-work/new", ".ca-work/ready/issued", "issued", "requests"])
def test_a_link_in_place_of_a_folder_is_not_followed(folder, tmp_path, place):
    outside = tmp_path / "outside"
    (outside / "ready").mkdir(parents=True)
    write(outside / "ready" / "ca.cer", "planted")
    link = folder / place
    link.parent.mkdir(exist_ok=True, parents=True)
    if link.exists():
        shutil.rmtree(link)
    link.symlink_to(outside)
    before = listing(outside)
    for words in (["sign", "dan.req", "-y", "--name", "x"], ["request", "eve", "--ec"], ["crl"]):
        refused(folder, *words, status=1, says="is a link, and links are not followed there")
    ca(folder, "list", check=None)
    assert listing(outside) == before


def test_a_work_folder_of_another_user_is_refused(folder):
    (folder / ".ca-work" / "ready").mkdir(parents=True)
    write(folder / ".ca-work" / "ready" / "ca.cer", "planted")
    (folder / ".ca-work").chmod(0o777)
    refused(folder, "crl", status=1, says="can be written to by other users")
    refused(folder, "list", status=1, says="can be written to by other users")
    (folder / ".ca-work").chmod(0o700)
    if os.geteuid() == 0:
        os.chown(folder / ".ca-work" / "ready", NOBODY, NOBODY)
        refused(folder, "crl", status=1, says="belongs to another user")


def test_a_link_that_stands_where_a_file_goes_is_replaced_and_not_written_through(folder, tmp_path):
    target = write(tmp_path / "target", "of somebody else")
    ca(folder, "crl")
    for name in ("ca.crl", "index.txt.attr"):
        (folder / name).unlink()
        (folder / name).symlink_to(target)
    ca(folder, "revoke", "dan.cer", "-y")
    assert target.read_text() == "of somebody else" and not (folder / "ca.crl").is_symlink()


# Requests


def request_with(folder, *more, name="odd"):
    (folder / f"{name}.req").write_bytes(b"".join(part if isinstance(part, bytes) else part.encode() for part in more))
    return f"{name}.req"


def test_a_private_key_beside_the_request_is_refused_with_a_word_about_it(folder, tmp_path):
    request, key = (folder / "dan.req").read_text(), (folder / "dan.key").read_text()
    armours = ["RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"]
    files = [request + key, key + request, request.rstrip("\n") + key, request + "PuTTY-User-Key-File-3: x\n",
             *[request + key.replace("PRIVATE KEY", armour) for armour in armours], (request + key).replace("\n", "\r\n")]
    for content in files:
        done = refused_file(folder, content, "holds a private key beside the request")
        assert "no longer its owner's secret" in done.stderr
    refused(folder, "sign", "dan.key", "-y", "--name", "x", status=1, says="holds a private key and no certificate request")


def refused_file(folder, content, says):
    file = request_with(folder, content)
    return refused(folder, "sign", file, "-y", status=1, says=says)


def test_one_request_alone_is_signed(folder, tmp_path):
    ca(tmp_path, "request", "eve", "--ec")
    request, other = (folder / "dan.req").read_text(), (tmp_path / "eve.req").read_text()
    der = [subprocess.run(["openssl", "req", "-in", file, "-outform", "DER"], capture_output=True, check=True).stdout
           for file in (folder / "dan.req", tmp_path / "eve.req")]
    refused_file(folder, request + other, "holds 2 requests")
    refused_file(folder, request + request + other, "holds 3 requests")
    refused_file(folder, request + (folder / "dan.cer").read_text(), "holds something else beside the request: -----BEGIN CERTIFICATE-----")
    refused_file(folder, request.encode() + der[1], "binary data beside the request")
    refused_file(folder, der[0] + der[1], "holds something else beside the request")
    refused_file(folder, der[0] + b"\n" + request.encode(), "")
    ca(folder, "sign", request_with(folder, "A request, for dan\r\n", request.replace("\n", "\r\n"), name="windows"), "-y")
    ca(folder, "sign", request_with(folder, der[0], name="der"), "-y")


# Names that are copied


BAD_NAMES = ["DNS:a_b.example", "DNS:-a.example", "DNS:a..example", "DNS:a.example.", "DNS:w*.example", "DNS:a.*.example", "DNS:*", "DNS:*.*.example",
             "DNS:a b", "DNS:a.example/x", "DNS:192.0.2.1", "DNS:" + "a" * 64 + ".example", "DNS:" + "a." * 127 + "aa", "DNS:a,DNS:b", "DNS:*a.example",
             "email:dan", "email:@a.example", "email:a@b@c.example", "email:dan@a_b.example", "email:.dan@a.example", "email:d..n@a.example",
             "email:dan example@a.example", "email:dan@", "email:dan<x>@a.example", "email:" + "x" * 65 + "@a.example", "email:dan@[300.1.1.1]",
             "email:Dan <dan@a.example>", "email:d(n)@a.example", "email:d,n@a.example",
             'URI:https://a.example/"', "URI:https://a.example/a b", "URI:a.example/x", "URI:https://a.example/%zz", "URI:https://a.example/<x>",
             "URI:https://a.example/\\x", "URI:https://a.example/{x}", "URI:https://a.example/#a#b", "URI:https://u@v@a.example/", "URI:https://[::1/",
             "URI:https://[1.2.3.4.5]/", "URI:https://a.example:x/", "URI:https:", "URI:https://a.example/^`|", "URI:https://a[b]/", "URI:https://a.example/[x]"]
GOOD_NAMES = ["DNS:a.example", "DNS:*.a.example", "DNS:xn--mller-kva.example", "DNS:localhost", "DNS:1a.example", "DNS:" + "a" * 63 + ".example",
              "email:dan@a.example", "email:d.n+x=y@a.example", "email:o'neil!#$%&*/?^_`{|}~@a.example", "email:dan@[192.0.2.1]", "email:dan@[IPv6:2001:db8::1]",
              'email:"dan example"@a.example', "URI:https://a.example/x?y=z&a[0]#f".replace("[0]", "%5B0%5D"), "URI:spiffe://acme/ns/x", "URI:urn:uuid:1-2",
              "URI:https://u:p@a.example:8443/~x;y,(z)!*'@:$", "URI:https://[2001:db8::1]:443/", "URI:https://[v1.x:y]/", "URI:mailto:dan@a.example",
              "URI:file:///etc/x", "IP:192.0.2.1", "IP:2001:db8::1", "IP:::", "IP:::ffff:192.0.2.1"]


def der_name(name):
    """One name of a subjectAltName as DER in the syntax of openssl's asn1 generator, unchecked."""
    kind, value = name.split(":", 1)
    return {"email": "IMPLICIT:1", "DNS": "IMPLICIT:2", "URI": "IMPLICIT:6"}[kind] + ",FORMAT:UTF8,IA5STRING:" + value.replace("\\", "\\\\")


def request_for(folder, name, file="odd"):
    escaped = der_name(name)
    for special in '"#$;`':
        escaped = escaped.replace(special, "\\" + special)
    config = write(folder.parent / f"{file}.cnf", "[req]\ndistinguished_name=dn\n[dn]\n[ext]\nsubjectAltName=ASN1:SEQUENCE:names\n[names]\n1=" +
                   escaped + "\n")
    openssl("req", "-new", "-config", config, "-key", folder / "dan.key", "-subj", "/CN=Eve", "-reqexts", "ext", "-out", folder / f"{file}.req")


def copied(*names):
    """What the kit says of a subjectAltName with each name, in its own function and without a process for each."""
    ders = []
    for name in names:
        kind, value = name.encode().split(b":", 1)
        inner = {b"email": b"\x81", b"DNS": b"\x82", b"URI": b"\x86"}[kind] + length_of(value) + value
        ders.append((b"\x30" + length_of(inner) + inner).hex().upper())
    parts = "".join(f". {CA.parent}/lib/{part}.sh; " for part in ("terminal", "altnames"))
    done = run("bash", "-c", f'self=ca command=sign; {parts}for der; do (check_names x "$der") 2>&1 | tr "\\n" " "; echo "${{PIPESTATUS[0]}}"; done',
               "bash", *ders, env=environment(LC_ALL="C"), check=0)
    return done.stdout.splitlines()


def length_of(content):
    """DER's octets of a length below 65536."""
    size = len(content)
    return bytes([size] if size < 128 else [0x81, size] if size < 256 else [0x82, size >> 8, size & 255])


def test_names_with_characters_that_their_rfcs_do_not_allow_are_not_copied(folder):
    said = copied(*BAD_NAMES)
    assert [name for name, line in zip(BAD_NAMES, said, strict=True) if not ("RFC" in line and line.endswith(" 1"))] == []
    good = [name for name in GOOD_NAMES if not name.startswith("IP:")]
    assert [name for name, line in zip(good, copied(*good), strict=True) if line.split()[-1] != "0"] == []
    # Some of each kind through a request.
    for name in BAD_NAMES[::5]:
        request_for(folder, name)
        done = ca(folder, "sign", "odd.req", "-y", "--copy-san", check=None)
        assert done.returncode == 1 and "RFC" in done.stderr, f"{name}: {done.said}"
    assert not (folder / "odd.cer").exists()


def checked(*names):
    """The kit's own check, without a process for each name."""
    lines = "\n".join(f"if check_name_of {name.split(':', 1)[0]} \"$(sed -n {number}p \"$1\")\"; then echo yes; else echo no; fi"
                      for number, name in enumerate(names, 1))
    values = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"kit-names-{os.getpid()}"
    write(values, "".join(name.split(":", 1)[1] + "\n" for name in names))
    try:
        done = run("bash", "-c", f". {CA.parent}/lib/altnames.sh; {lines}", "bash", values, env=environment(LC_ALL="C"), check=0)
    finally:
        values.unlink()
    assert done.stderr == "", done.stderr
    return done.stdout.split()


def test_the_same_names_are_refused_and_allowed_wherever_they_come_from(folder):
    assert [name for name, word in zip(BAD_NAMES, checked(*BAD_NAMES)) if word == "yes"] == []
    assert [name for name, word in zip(GOOD_NAMES, checked(*GOOD_NAMES)) if word == "no"] == []
    ca(folder, "request", "good", "--ec", *[word for name in GOOD_NAMES for word in ("--san", name)])
    ca(folder, "sign", "good.req", "-y", "--copy-san")
    assert text(folder / "good.cer").count("DNS:") == 6
    refused(folder, "request", "x", "--ec", "--san", 'URI:https://a.example/"', status=2, says="RFC 3986")
    refused(folder, "sign", "dan.req", "-y", "--name", "x", "--san", "DNS:a_b.example", status=2, says="RFC 1123")


def test_a_uri_that_a_proxy_may_take_apart_is_refused_or_noted(folder):
    """Envoy writes a client's URI into X-Forwarded-Client-Cert without quotes."""
    request_for(folder, 'URI:spiffe://x,Cert="-----BEGIN%20CERTIFICATE-----"')
    refused(folder, "sign", "odd.req", "-y", "--copy-san", status=1, says="only the characters of RFC 3986")
    request_for(folder, "URI:spiffe://x,By=y")
    assert "takes for the end of the name" in ca(folder, "sign", "odd.req", "-y", "--copy-san").stderr


@pytest.mark.parametrize("der", ["30058203612E62", "300387017F", "3006A004060000FF", "3009A00706022A03A0010C", "300A8108612040622E6578", "3082", "3003820361",
                                 "30068704000000", "30058600", "300EA00C060229A0A0060C04610A6262", "310482026162"])
def test_a_subject_alt_name_that_cannot_be_read_is_not_copied(der):
    done = run("bash", "-c", f'self=ca command=sign; for part in terminal altnames; do . {CA.parent}/lib/$part.sh; done; check_names x "$1"', "bash", der,
               env=environment(LC_ALL="C"))
    assert (done.returncode == 0) == (der == "30058203612E62"), done.said


@pytest.mark.parametrize("free", [0, 4, 12, 28, 44])
@pytest.mark.parametrize("words", ["sign dan.req -y --name x", "revoke dan.cer -y", "crl --ahead 3", "request eve -y --ec --subject CN=Eve"])
def test_a_full_disk_is_told_as_that(folder, tmp_path, words, free):
    done = run("unshare", "-rm", "sh", "-c",
               f"mkdir {tmp_path}/small && mount -t tmpfs -o size=200k tmpfs {tmp_path}/small && cp -a {folder}/. {tmp_path}/small && "
               f"cd {tmp_path}/small && chmod 700 . && left=$(df -k --output=avail . | tail -n 1) && "
               f"head -c $(((left - {free}) * 1024)) /dev/zero >fill; {CA} {words}; "
               "status=$?; ls -a; exit $status", env=environment(CA_PASSWORD=PASS))
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no mount namespace of its own is allowed here")
    # In a namespace of somebody who is not root, / and /tmp belong to nobody.
    said = [line for line in done.stderr.splitlines() if not line.startswith("Warning: another user can replace '.'")]
    assert done.returncode == 1 and said == ["ca: the disk is full: nothing in '.' was changed"], done.said
    assert "x.cer" not in done.stdout and ".ca-work" not in done.stdout


def test_the_folder_is_made_for_its_owner_alone(tmp_path):
    os.umask(0)
    try:
        ca(tmp_path, "init", "--ec", "--dir", "new")
    finally:
        os.umask(0o022)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert re.search("^-rw-------", stat.filemode((tmp_path / "new" / "ca.key").stat().st_mode))
