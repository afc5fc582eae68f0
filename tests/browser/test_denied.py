"""The page for somebody who is refused, in a real browser behind a real gate."""

import pytest

# client, path, heading of the box, reason
REFUSED = {
    "rule": ("good", "/secret/file.txt", "No access with this certificate", "rule"),
    "nobody": (None, "/pub/file.txt", "No valid client certificate was sent", "absent"),
    "hostile": ("hostile", "/secret/file.txt", "No access with this certificate", "rule"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_refused_read_why_and_what_to_do(served, browse, pki, axe, screenshots, name):
    client, path, heading, reason = REFUSED[name]
    browser = browse(None if client is None else getattr(pki, client))
    browser.look(1100, "light")
    browser.open(served["guarded"].at(path))
    assert browser.text("h1") == "Access denied"
    assert heading in browser.text("#why")
    assert "What to do:" in browser.text(".v")
    values = browser.evaluate("[...document.querySelectorAll('.v dd')].map(e => e.innerText)")
    assert reason in values and len(values[-1]) == 16
    assert browser.evaluate("document.scripts.length") == 0
    # The policy let the style through.
    assert browser.evaluate("getComputedStyle(document.querySelector('.v')).borderStyle") == "solid"
    for width, scheme in ((360, "dark"), (360, "light"), (1100, "light")):
        browser.look(width, scheme)
        browser.screenshot(screenshots / f"denied-{name}-{scheme}-{width}.png")
        assert browser.evaluate("document.documentElement.scrollWidth") <= width, (width, scheme)
        if axe is not None:
            found = browser.await_promise(axe, "axe.run()")
            assert [one["id"] for one in found["violations"]] == [], (width, scheme)


def test_who_may_come_in_sees_the_application(served, browse, pki):
    browser = browse(pki.good)
    browser.open(served["guarded"].at("/pub/file.txt"))
    assert browser.text("body").strip() == "public"


def test_the_picture_of_the_readme_is_small(served, browse, pki, screenshots):
    """`make screenshot` puts it into deploy/."""
    browser = browse(pki.good)
    browser.look(760, "light", height=720)
    browser.open(served["guarded"].at("/secret/file.txt"))
    browser.screenshot(screenshots / "denied.png", whole=False)
    assert (screenshots / "denied.png").stat().st_size < 100_000
