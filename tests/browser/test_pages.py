"""The page by itself, as --check writes it: valid HTML, and a layout that hostile names do not break."""

import subprocess

import pytest

from pki import openssl
from processes import clean_environment


def page(peercert, pki, certificate, folder):
    done = subprocess.run([peercert, "--ca", pki.ca, "--format", "html", "--check", certificate],
                          capture_output=True, env=clean_environment())
    assert done.returncode in (0, 1), done
    file = folder / "page.html"
    file.write_bytes(done.stdout)
    return file


def self_signed(folder, name, subject, *options):
    made = folder / f"{name}.cer"
    openssl("req", "-x509", "-utf8", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            folder / f"{name}.key", "-subj", subject, *options, "-out", made)
    return made


@pytest.fixture(scope="module")
def certificates(pki, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    garbage = folder / "garbage.cer"
    garbage.write_text("nothing & <nobody>")
    names = ",".join(f"DNS:host{number}.example.org" for number in range(99))
    return {
        "good": pki.good.cer, "expired": pki.expired.cer, "not yet valid": pki.not_yet_valid.cer,
        "for servers": pki.server.cer, "v1": pki.v1.cer, "stranger": pki.stranger.cer, "hostile": pki.hostile.cer,
        "no certificate": garbage,
        # No upper bound is known of a title.
        "long name": self_signed(folder, "long", "/title=" + 10000 * "W" + "/O=Acme/CN=" + 20 * "<b>"),
        "long name of bytes that cannot be shown": self_signed(folder, "bytes", "/O=Acme/title=" + 3000 * "\u202e"),
        "many names": self_signed(folder, "many", "/CN=many", "-addext",
                                  f"subjectAltName={names},DNS:{250 * 'w'}"),
    }


KINDS = ["good", "expired", "not yet valid", "for servers", "v1", "stranger", "hostile", "no certificate", "long name",
         "long name of bytes that cannot be shown", "many names"]


@pytest.mark.parametrize("kind", KINDS)
def test_tidy_finds_nothing(peercert, pki, certificates, tmp_path, kind):
    done = subprocess.run(["tidy", "-quiet", "-errors", "--show-warnings", "yes",
                           page(peercert, pki, certificates[kind], tmp_path)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_tidy_finds_what_is_wrong(peercert, pki, tmp_path):
    file = page(peercert, pki, pki.good.cer, tmp_path)
    file.write_text(file.read_text().replace("</dl>", "", 1))
    assert subprocess.run(["tidy", "-quiet", "-errors", file], capture_output=True).returncode == 1


@pytest.mark.parametrize("kind", ["good", "expired", "v1", "stranger"])
def test_an_ordinary_page_is_below_eight_kilobytes(peercert, pki, certificates, tmp_path, kind):
    assert page(peercert, pki, certificates[kind], tmp_path).stat().st_size < 8192


@pytest.fixture(scope="module")
def browser(browse):
    return browse()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_sticks_out_on_a_telephone(peercert, pki, certificates, browser, screenshots, tmp_path, kind):
    browser.open(page(peercert, pki, certificates[kind], tmp_path).as_uri())
    browser.look(360, "light")
    browser.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    browser.screenshot(screenshots / f"file-{kind.replace(' ', '-')}.png", whole=False)
    assert browser.evaluate("document.documentElement.scrollWidth") <= 360
    assert browser.evaluate("document.scripts.length") == 0
