"""deploy/kubernetes: the nginx of the manifest asks a peercert with the manifest's arguments, as ingress-nginx asks it;
what names what in the manifest and in the Containerfile fits together."""

import contextlib
import os
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest
import yaml

from fronts import DEPLOY
from gate_helpers import RULES, USER, write_rules
from processes import DEADLINE, Process, clean_environment, connects, free_port

OBJECTS = list(yaml.safe_load_all((DEPLOY / "kubernetes/peercert.yaml").read_text()))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()


def of_kind(kind):
    found = [one for one in OBJECTS if one["kind"] == kind]
    assert len(found) == 1
    return found[0]


def pod():
    return of_kind("Deployment")["spec"]["template"]["spec"]


def container(name):
    return next(one for one in pod()["containers"] if one["name"] == name)


@pytest.fixture
def gate(start_pod):
    return start_pod(RULES)


@pytest.fixture
def start_pod(pki, tmp_path, start_responder):
    """Starts the pod's nginx with the pod's peercert behind it, by these rules; returns the port."""
    with contextlib.ExitStack() as cleanup:
        yield lambda text: pod_with(text, pki, tmp_path, start_responder, cleanup)


def pod_with(text, pki, tmp_path, start_responder, cleanup):
    rules = write_rules(tmp_path / "access.rules", pki, text)
    pki.authority.write_crl(tmp_path / "ca.crl")
    arguments, port = container("peercert")["args"], free_port()
    assert arguments[::2] == ["--ca", "--crl", "--rules", "--listen"]
    responder = start_responder("--crl", tmp_path / "ca.crl", "--rules", rules)
    text = of_kind("ConfigMap")["data"]["nginx.conf"].replace(" /tmp/", f" {tmp_path}/")
    for old, new in ((arguments[-1], f"unix:{responder.socket}"), ("listen 8080", f"listen 127.0.0.1:{port}")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    file = tmp_path / "nginx.conf"
    file.write_text(text)
    command = ["nginx", "-g", "daemon off;" + (" user root;" if os.geteuid() == 0 else ""), "-c", str(file)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=DEADLINE)
    assert checked.returncode == 0 and "[warn]" not in checked.stderr, checked
    server = Process(tmp_path, "nginx", command)
    cleanup.callback(server.stop)
    server.wait_listening(lambda: connects(("127.0.0.1", port)))
    return port


def ask(port, certificate, url, path="/gate", **headers):
    given = {"X-Original-URL": url, "X-Original-Method": "GET", "X-Real-IP": "192.0.2.7", "ssl-client-verify": "SUCCESS"}
    if certificate is not None:
        given["ssl-client-cert"] = urllib.parse.quote(certificate.pem)
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={**given, **headers})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=DEADLINE) as reply:
            return reply.status, reply.headers.get("Peercertuser")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Peercertuser")


def test_the_pod_decides_by_the_rules(gate, pki):
    assert ask(gate, pki.good, "https://wiki.example.org/pub/a?b=c") == (200, USER)
    assert ask(gate, pki.good, "https://wiki.example.org/secret/a") == (403, None)
    assert ask(gate, pki.good, "https://wiki.example.org/pub/../secret/a") == (403, None)
    assert ask(gate, pki.good, "https://wiki.example.org/pub//a") == (403, None)
    assert ask(gate, pki.good, "https://wiki.example.org/pub/#/../../secret/a") == (403, None)
    assert ask(gate, pki.good, "nonsense") == (403, None)
    for name in ("stranger", "expired", "server_only"):
        assert ask(gate, getattr(pki, name), "https://wiki.example.org/pub/") == (403, None)
    assert ask(gate, None, "https://wiki.example.org/pub/") == (403, None)
    assert ask(gate, pki.good, "https://wiki.example.org/pub/", **{"ssl-client-verify": "FAILED:unable to verify"}) == (403, None)
    for word in ("NONE", ""):
        assert ask(gate, pki.good, "https://wiki.example.org/pub/", **{"ssl-client-verify": word}) == (403, None), "whose is it?"
    assert ask(gate, pki.good, "https://wiki.example.org/pub/", path="/else")[0] == 404


def test_the_host_is_what_the_ingress_says_and_not_what_the_client_does(start_pod, pki):
    """ingress-nginx puts the Host line into X-Original-URL; it serves the host of the request line, which may be another."""
    port = start_pod("issuer acme {ca}\nallow any host=public.acme.example user=$cn\n")
    for url in ("https://public.acme.example/", "https://public.acme.example:443?/", "https://wiki.acme.example/"):
        assert ask(port, pki.good, url, path="/gate/public.acme.example") == (200, USER), url
        for path in ("/gate/wiki.acme.example", "/gate", "/gate/%77iki.acme.example", "/gate/wiki.acme.example?public.acme.example"):
            assert ask(port, pki.good, url, path=path) == (403, None), f"{url}, {path}"
    for path in ("/gate/", "/gate/a/b", "/gate/%3f", "/gatepublic.acme.example"):
        assert ask(port, pki.good, "https://public.acme.example/", path=path)[0] == 404, path


def test_the_manifest_names_what_it_has():
    labels = of_kind("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert of_kind("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert of_kind("Service")["spec"]["selector"] == labels
    assert of_kind("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    ports = {port["containerPort"] for port in container("nginx")["ports"]}
    assert {port["targetPort"] for port in of_kind("Service")["spec"]["ports"]} == ports
    assert {port["port"] for rule in of_kind("NetworkPolicy")["spec"]["ingress"] for port in rule["ports"]} == ports
    volumes = {volume["name"] for volume in pod()["volumes"]}
    for one in pod()["containers"]:
        assert {mount["name"] for mount in one["volumeMounts"]} <= volumes
        assert one["securityContext"]["readOnlyRootFilesystem"] and not one["securityContext"]["allowPrivilegeEscalation"]
        assert one["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    names = {volume["configMap"]["name"] for volume in pod()["volumes"] if "configMap" in volume}
    assert names == {"peercert", of_kind("ConfigMap")["metadata"]["name"]}


def test_the_image_runs_as_the_user_of_the_pod(peercert):
    user, group = re.search(r"^USER (\d+):(\d+)$", CONTAINERFILE, re.M).groups()
    context = pod()["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"], context["runAsNonRoot"]) == (int(user), int(group), True)
    assert re.search(rf"install -d -o {user} -g {group} ", CONTAINERFILE)
    assert re.search(r'^ENTRYPOINT \["/usr/bin/peercert"\]$', CONTAINERFILE, re.M)
    words = re.findall(r'"([^"]*)"', re.search(r"^CMD (.*)$", CONTAINERFILE, re.M)[1])
    done = subprocess.run([peercert, *words, "--test-config"], capture_output=True, text=True, env=clean_environment())
    assert done.stderr == "peercert: /etc/peercert/peercert.conf: No such file or directory\n", "its options are known"
