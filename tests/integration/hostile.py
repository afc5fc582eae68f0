"""What a client tries who has another's certificate, which is public, and not its key."""

import http.client

import fastcgi

# Everything that peercert can be told to trust.
TRUSTED = ["Client-Cert", "X-Forwarded-Client-Cert", "X-Forwarded-Tls-Client-Cert", "X-Amzn-Mtls-Clientcert",
           "X-Amzn-Mtls-Clientcert-Leaf", "ssl-client-cert", "Cf-Client-Cert-Der-Base64", "X-My-Cert"]
TRUST_ALL = [word for name in TRUSTED for word in ("--trust-header", name)]


def header_value(name, certificate):
    one_line = certificate.pem.replace("\n", "%0A")
    base64 = "".join(certificate.pem.splitlines()[1:-1])
    return {"Client-Cert": f":{base64}:", "X-Forwarded-Client-Cert": f'Cert="{one_line}"',
            "X-Forwarded-Tls-Client-Cert": base64, "Cf-Client-Cert-Der-Base64": base64,
            "X-My-Cert": base64}.get(name, one_line)


def variable(name):
    return "HTTP_" + name.upper().replace("-", "_")


def spellings(name):
    """All that some front makes one variable of, and names that continue it."""
    mixed = name.replace("-", "_", 1)
    return list(dict.fromkeys([name, name.upper(), name.replace("-", "_"), name.replace("-", "."), mixed, variable(name)]))


def attempts(certificate):
    """Lists of header lines, one list for each request: every spelling, alone, twice and beside the others."""
    for name in TRUSTED:
        value = header_value(name, certificate)
        for spelling in spellings(name):
            yield [(spelling, value)]
            yield [(spelling, value), (spelling, value)]
            yield [("Connection", f"keep-alive, {spelling}"), (spelling, value)]
        yield [(spelling, value) for spelling in spellings(name)]


def ask_each(front, certificate, requests):
    """Sends requests with these headers over as few connections as the front allows; yields
    (headers, status, body). A connection that a front which reloads has ended without a byte of an
    answer is opened once more, as a client does (RFC 9112 section 9.3.1)."""
    client = None

    def send(headers):
        nonlocal client
        if client is None:
            client = http.client.HTTPSConnection("localhost", front.port)
            client.sock = front.connect(certificate)
        client.putrequest("GET", front.path)
        for name, value in headers:
            client.putheader(name, value)
        client.endheaders()
        return client.getresponse()

    for headers in requests:
        try:
            reply = send(headers)
        except (http.client.RemoteDisconnected, ConnectionError):
            client.close()
            client = None
            reply = send(headers)
        yield headers, reply.status, reply.read().decode()
        if reply.will_close:
            client.close()
            client = None
    if client is not None:
        client.close()


def smuggled_bodies(certificate):
    """Bodies that hold a whole FastCGI request with a certificate, at each place where a decoder that
    loses its own place would begin to read anew."""
    forged = fastcgi.request(fastcgi.parameters(certificate.pem), keep=True)
    for before in (0, 8, 8192 - 8, 8192, 16384 - 8, 16384, 32768, 65536 - len(forged)):
        yield b"x" * before + forged
    # Records upon records: one of them is hit whatever the place.
    yield forged * (60000 // len(forged))
