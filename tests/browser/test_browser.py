"""The page in Debian's Chromium, over mutual TLS with the bundled front servers."""

import pytest

from processes import wait_until

# name: front, client, first heading, verdict, status
PAGES = {
    "valid": ("plain", "good", "Client cert received", "✓ The certificate is valid", "valid"),
    "absent": ("plain", None, "No valid client certificate was sent", "! No certificate", "absent"),
    # lighttpd forwards no certificate that it refused, but why it did; nginx forwards it.
    "refused": ("plain", "stranger", "No valid client certificate was sent",
                "! The front server refused it: the trusted CA did not sign it", "absent"),
    "untrusted": ("nginx", "stranger", "Client cert received", "✗ The certificate is not valid: ", "untrusted"),
    "expired": ("later", "good", "Client cert received",
                "! The certificate not current: expired 35 days ago on ", "expired"),
    "expiring": ("soon", "good", "Client cert received", "✓ The certificate is valid", "valid"),
    "revoked": ("crl", "revoked", "Client cert received", "✗ The certificate is not valid: ", "revoked"),
    "hostile": ("plain", "hostile", "Client cert received", "✓ The certificate is valid", "valid"),
}
LOOKS = [(360, "light"), (360, "dark"), (1100, "light"), (1100, "dark")]
# Both colours and both widths.
EXAMINED = [(360, "dark"), (1100, "light")]


@pytest.fixture
def visit(served, browse, pki):
    """Opens one of PAGES; returns the browser."""
    def open_page(name):
        front, client, *_ = PAGES[name]
        browser = browse(None if client is None else getattr(pki, client))
        browser.look(1100, "light")
        browser.open(served[front].url)
        return browser
    return open_page


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_who_and_whether(visit, name):
    browser = visit(name)
    _, _, heading, verdict, status = PAGES[name]
    assert browser.text("h1") == heading
    assert browser.text("#verdict").startswith(verdict)
    assert status in browser.evaluate("[...document.querySelectorAll('.v dd')].map(e => e.innerText)")
    assert "What to do:" in browser.text(".v")
    assert not browser.is_seen(".wait")
    if heading == "Client cert received" and name != "hostile":
        assert browser.text(".who dd") == "Dan Example"
    assert browser.evaluate("document.contentType") == "text/html"
    # The policy let the style through, and the browser has nothing to complain about.
    assert browser.evaluate("getComputedStyle(document.querySelector('.v')).borderStyle") == "solid"
    assert browser.console() == []


@pytest.mark.parametrize("name", PAGES)
def test_every_look_is_accessible_and_nothing_sticks_out(visit, axe, screenshots, name):
    browser = visit(name)
    for width, scheme in LOOKS:
        browser.look(width, scheme)
        browser.screenshot(screenshots / f"{name}-{scheme}-{width}.png")
        assert browser.evaluate("document.documentElement.scrollWidth") <= width, (width, scheme)
        if axe is None or (width, scheme) not in EXAMINED:
            continue
        found = browser.await_promise(axe, "axe.run()")
        assert "error" not in found, found
        # It looked: contrast needs what is really painted.
        assert "color-contrast" in [rule["id"] for rule in found["passes"]], (width, scheme)
        told = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
        assert told == [], (width, scheme, told)
    if axe is None:
        pytest.skip("all but the accessibility rules: npm cannot get axe-core from its registry")


def test_the_picture_of_the_readme_is_small(visit, screenshots):
    """`make screenshot` puts it into deploy/."""
    browser = visit("valid")
    browser.look(760, "light", height=720)
    picture = screenshots / "report.png"
    browser.screenshot(picture, whole=False)
    assert picture.stat().st_size < 100_000


def test_one_that_soon_expires_comes_with_a_warning(visit):
    shown = visit("expiring").text(".v")
    assert "Warning: it expires in 14 days" in shown or "Warning: it expires in 15 days" in shown, shown
    assert "renewal" in shown


def test_dark_and_light_differ(visit):
    browser = visit("valid")
    grounds = []
    for scheme in ("light", "dark"):
        browser.look(1100, scheme)
        grounds.append(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] == "rgb(255, 255, 255)"
    assert grounds[1] != grounds[0]
    browser.look(1100, "dark", media="print")
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == grounds[0]


def test_a_name_with_markup_makes_no_element(visit):
    browser = visit("hostile")
    assert browser.evaluate("document.scripts.length") == 0
    assert "<script>alert(1)</script>" in browser.text(".who dd")
    assert browser.evaluate("[...document.querySelectorAll('.who mark')].map(e => e.textContent)") == [
        "\\0A", "\\1B", "\\E2\\80\\AE"]


def test_the_links_lead_to_the_other_formats(visit):
    browser = visit("valid")
    for name, kind in (("text", "text/plain"), ("json", "application/json")):
        browser.open(browser.evaluate(f"document.querySelector('a[href=\"?format={name}\"]').href"))
        assert browser.evaluate("document.contentType") == kind
        browser = visit("valid")


def test_the_command_to_copy_names_this_page_and_works(visit, served, pki):
    browser = visit("valid")
    command = browser.evaluate("[...document.querySelectorAll('pre')].at(-1).textContent").split()
    front = served["plain"]
    assert command == ["curl", "--cert", "client.cer", "--key", "client.key", front.url]
    assert front.curl(pki.good).lines[-1] == "The certificate is valid"


def test_the_pem_to_copy_is_the_certificate(visit, pki):
    browser = visit("valid")
    assert browser.evaluate("document.querySelector('details pre').textContent") == pki.good.pem


def test_who_it_is_can_be_read_before_the_verdict_is_there(served, browse, pki, gate):
    browser = browse(pki.good)
    browser.look(1100, "light")
    browser.open("data:text/html,nothing")
    browser.begin(served["gated"].url)
    wait_until(lambda: browser.text(".who dd") == "Dan Example" and browser.text(".wait"), "the name is seen")
    assert "Verification is under way" in browser.text(".wait")
    assert browser.is_seen(".wait")
    assert browser.text("#verdict") is None
    assert browser.evaluate("document.readyState") == "loading"
    gate.open_once()
    wait_until(lambda: browser.evaluate("document.readyState") == "complete", "the page is loaded")
    assert browser.text("#verdict") == "✓ The certificate is valid"
    assert not browser.is_seen(".wait")
