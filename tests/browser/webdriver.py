"""Debian's Chromium, headless, over chromedriver's own protocol (W3C WebDriver, JSON over HTTP)."""

import base64
import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess

import processes
from processes import Process

FLAGS = ["--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-default-browser-check", "--hide-scrollbars", "--font-render-hinting=none"]


def run(*command, environment=None):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**os.environ, **(environment or {})})
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def make_home(folder, ca, p12=None, password=None):
    """A HOME whose NSS database trusts the CA for servers and holds one client's certificate."""
    store = folder / ".pki/nssdb"
    store.mkdir(parents=True)
    where = ["-d", f"sql:{store}"]
    run("certutil", "-N", *where, "--empty-password")
    run("certutil", "-A", *where, "-n", "tests-ca", "-t", "C,,", "-i", ca)
    if p12 is not None:
        run("pk12util", "-i", p12, *where, "-W", password)
    return folder


class Browser:
    """One Chromium with a profile of its own."""

    def __init__(self, home):
        self.home = home
        self.port = processes.free_port()
        temporary = home / "tmp"
        temporary.mkdir(exist_ok=True)
        self.driver = Process(home, "chromedriver", [shutil.which("chromedriver"), f"--port={self.port}"],
                              environment={"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"),
                                           "XDG_CACHE_HOME": str(home / "cache"),
                                           # Chromium leaves folders behind.
                                           "TMPDIR": str(temporary)})
        self.session = None
        try:
            self.driver.wait_listening(lambda: processes.connects(("127.0.0.1", self.port)))
            # A page that streams is looked at before it has ended.
            options = {"browserName": "chrome", "pageLoadStrategy": "none",
                       "goog:loggingPrefs": {"browser": "ALL"},
                       "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": self._flags()}}
            made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": options}})
            self.session = made["sessionId"]
        except BaseException:
            self.stop()
            raise

    def _flags(self):
        # Chromium's sandbox cannot be had by root, nor where users may make no namespace (a container, a chroot).
        confined = os.geteuid() != 0 and subprocess.run(["unshare", "--user", "true"], capture_output=True).returncode == 0
        sandbox = [] if confined else ["--no-sandbox"]
        return [*FLAGS, *sandbox, f"--user-data-dir={self.home}/profile"]

    def _call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, None if body is None else json.dumps(body),
                           {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(f"{method} {path}: {answer['error']}: {answer['message']}")
        return answer

    def _do(self, path, body):
        return self._call("POST", f"/session/{self.session}{path}", body)

    def cdp(self, command, **parameters):
        return self._do("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def begin(self, url):
        """Starts to load a page."""
        self._do("/url", {"url": str(url)})

    def open(self, url):
        """Loads a page to its end."""
        self.begin("about:blank")
        processes.wait_until(lambda: self.evaluate("location.href == 'about:blank'"), "a blank page")
        self.begin(url)
        processes.wait_until(lambda: self.evaluate("location.href != 'about:blank' && document.readyState == 'complete'"),
                             f"{url} is loaded")

    def evaluate(self, expression):
        return self._do("/execute/sync", {"script": f"return ({expression})", "args": []})

    def await_promise(self, script, expression):
        """What a promise comes to, after a script of the test's own; a page's policy does not hold it up."""
        return self._do("/execute/async", {"script": f"{script}\nlet done = arguments[0];"
                                                     f"({expression}).then(done, e => done({{error: String(e)}}));",
                                           "args": []})

    def text(self, selector):
        """What is seen of an element; None when there is none."""
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText")

    def is_seen(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.checkVisibility() ?? false")

    def console(self):
        """What the browser had to complain about since the last call."""
        return self._do("/se/log", {"type": "browser"})

    def look(self, width, scheme, media="screen", height=900):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=False)
        self.cdp("Emulation.setEmulatedMedia", media=media,
                 features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, file, whole=True):
        taken = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(taken["data"]))

    def stop(self):
        """At once: nothing of the profile is to be kept, and a gentle end takes seconds."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.driver.pid, signal.SIGKILL)
        self.driver.wait()
