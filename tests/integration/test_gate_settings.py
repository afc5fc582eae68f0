"""Settings of the site around a gate that reach its own locations unless its file says otherwise: none lets anybody in unasked."""

import http.client

import pytest

import gate_fronts
import processes
from gate_helpers import raw, write_rules

# What sites have that hold the answers of a FastCGI application for a while.
CACHE = ('fastcgi_cache_path cache keys_zone=site:1m; fastcgi_cache site; fastcgi_cache_valid 200 1h; '
         'fastcgi_cache_key "$request_method$request_uri";')


@pytest.fixture
def start(peercert, pki, tmp_path):
    """Starts a front, in one of whose files a text is replaced before."""
    running = []

    def run(name, file, old, new, files=None):
        front = gate_fronts.FRONTS[name](tmp_path / name, pki, peercert, "--rules", write_rules(tmp_path / "access.rules", pki))
        configure = front.configure

        def changed():
            commands = configure()
            text = (front.folder / file).read_text()
            assert text.count(old) == 1
            (front.folder / file).write_text(text.replace(old, new))
            for where, content in (files or {}).items():
                (front.root / where).write_text(content)
            return commands
        front.configure = changed
        running.append(front)
        return front.start()
    yield run
    for front in running:
        front.stop()


@pytest.mark.parametrize("more", ["", "fastcgi_ignore_headers Cache-Control Expires;"])
def test_a_cache_of_nginx_answers_in_place_of_an_application_and_not_of_the_gate(start, pki, more):
    front = start("nginx", "nginx.conf", "access_log off;", f"access_log off; {CACHE} {more}")
    for path in ("/fapp/x", "/app/x", "/pub/file.txt"):
        assert raw(front, pki.good, path)[0] == 200
        assert raw(front, None, path)[0] == raw(front, pki.stranger, path)[0] == 403, path
    front.stop_gate()
    assert raw(front, pki.good, "/fapp/x")[0] == front.down


def test_nor_of_the_gate_that_another_proxy_asks(start, pki):
    front = start("nginx", "nginx.conf", "access_log off;", f"access_log off; {CACHE} fastcgi_ignore_headers Cache-Control Expires;")
    certificate = "".join(pki.good.cer.read_text().splitlines()[1:-1])
    headers = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/pub/", "X-Forwarded-Host": front.host, "X-Forwarded-For": "127.0.0.1"}

    def ask(more):
        client = http.client.HTTPConnection("127.0.0.1", front.forward_port, timeout=processes.DEADLINE)
        client.request("GET", "/forward-auth", headers={**headers, **more})
        status = client.getresponse().status
        client.close()
        return status
    assert [ask({"X-Forwarded-Tls-Client-Cert": certificate}), ask({})] == [200, 403]


def test_satisfy_any_of_an_htaccess_does_not_let_anybody_in_unasked(start, pki):
    front = start("apache", "apache.conf", '<Directory "/">\n    AllowOverride None',
                  'LoadModule access_compat_module ${modules}/mod_access_compat.so\n<Directory "/">\n    AllowOverride All',
                  {"pub/.htaccess": "Order allow,deny\nAllow from all\nSatisfy Any\n"})
    assert raw(front, pki.good, "/pub/file.txt")[0] == 200
    assert raw(front, None, "/pub/file.txt")[0] == raw(front, pki.stranger, "/pub/file.txt")[0] == 403
