"""When a name of a certificate is the one that a rule wants, and when it may be: part of reference.py."""

import ipaddress
import re

DIGESTS = ("sha256", "spki")  # are worth something without issuer=
PARTS = {"uid": "UID", "cn": "CN", "ou": "OU", "o": "O", "dc": "DC", "c": "C"}


def canonical(value):
    """RFC 5280 section 7.1, as far as X509_NAME_cmp goes: ASCII case and spaces."""
    value = re.sub(r"[ \t\n\v\f\r]+", " ", value).strip(" ")
    return re.sub(r"[A-Z]", lambda letter: letter[0].lower(), value)


def lower(value):
    return re.sub(r"[A-Z]", lambda letter: letter[0].lower(), value)


def read_dn(text):
    """RFC 4514: a list of sets of (type, value), the last one written first."""
    rdns, rdn, at = [], set(), 0
    while True:
        kind, at = re.match(r" *([^=]*)=", text[at:])[1].strip(), text.index("=", at) + 1
        raw = bytearray()
        while at < len(text) and text[at] not in ",+":
            if text[at] == "\\" and re.match(r"[0-9a-fA-F]{2}", text[at + 1:]):
                raw.append(int(text[at + 1:at + 3], 16))
                at += 3
            elif text[at] == "\\":
                raw += text[at + 1].encode()
                at += 2
            else:
                raw += text[at].encode()
                at += 1
        rdn.add((kind.upper(), canonical(raw.decode())))
        if at == len(text) or text[at] == ",":
            rdns.append(frozenset(rdn))
            rdn = set()
        if at == len(text):
            return rdns[::-1]
        at += 1


OIDS = {"CN": "550403", "C": "550406", "O": "55040a", "OU": "55040b", "UID": "0992268993f22c640101",
        "DC": "0992268993f22c640119"}


def der(part):
    """A part of an RDN, by which DER sorts the set (X.690 section 11.6); values are short."""
    oid, value = bytes.fromhex(OIDS[part[0]]), part[1].encode()
    body = bytes([6, len(oid)]) + oid + bytes([12, len(value)]) + value
    return bytes([0x30, len(body)]) + body


def show_dn(rdns):
    """RFC 2253, the last part first."""
    def escaped(value):
        value = re.sub(r'([,+"\\<>;])', r"\\\1", value)
        value = re.sub(r"[\x00-\x1f\x7f\u1806\u200b\U0001d173]", lambda odd: "".join(f"\\{byte:02X}" for byte in odd[0].encode()), value)
        if value[:1] in ("#", " "):
            value = "\\" + value
        if len(value) > 1 and value.endswith(" ") and not value.endswith("\\ "):
            value = value[:-1] + "\\ "
        return value
    return ",".join("+".join(f"{kind}={escaped(value)}" for kind, value in sorted(rdn, key=der)[::-1])
                    for rdn in rdns[::-1])


def uri_form(value):
    """(what is compared, where the path begins)."""
    match = re.match(r"([^:]*:)//(?:([^/?#]*)@)?([^/?#]*)", value, re.S)
    if match:
        user = "" if match[2] is None else match[2] + "@"
        head = lower(match[1]) + "//" + user + lower(match[3])
        return head + value[match.end():], len(head)
    scheme = re.match(r"[^:]*:", value)
    head = lower(scheme[0]) if scheme else ""
    urn = re.match(r"(?i)urn:[^:/]*:", value)
    value = lower(urn[0]) + value[urn.end():] if urn else head + value[len(head):]
    slash = value.find("/", len(head))
    return value, slash if slash >= 0 else len(value)


def uri_pattern(pattern, value):
    """What the `*` or `**` at the end stands for; None when it does not match."""
    below = pattern.endswith("/**")
    base = uri_form(pattern)[0].rstrip("*")
    value, begin = uri_form(value)
    segments = value[begin:].split("/")[1:]
    if "*" in value or not value.startswith(base) or begin > len(base) - 1 or not segments:
        return None
    for segment in segments:
        if segment in ("", ".", "..") or not re.fullmatch(r"[!-~]+", segment) or re.search(r"[?#%\\*]", segment):
            return None
    rest = value[len(base):]
    return rest if below or "/" not in rest else None


def match_name(key, wanted, name):
    """(does it, what the star stood for)."""
    star = None
    if key in ("email", "upn"):
        def form(value):
            at = value.rfind("@")
            return (value, None) if at < 0 else (value[:at], lower(value[at:]))
        if wanted.startswith("*@"):
            local, domain = form(name)
            if domain == form(wanted)[1] and not is_odd(local):
                star = local
            return star is not None, star
        return form(name) == form(wanted), None
    if key == "dns":
        written, name, wanted = name, lower(name), lower(wanted)
        if wanted.startswith("*."):
            label, _, rest = name.partition(".")
            if rest == wanted[2:] and not is_odd(label):
                star = written[:len(label)]
            return star is not None, star
        return name == wanted, None
    if key == "uri":
        if wanted.endswith("*"):
            star = uri_pattern(wanted, name)
            return star is not None, star
        return uri_form(name)[0] == uri_form(wanted)[0], None
    if key == "ip":
        network, address = ipaddress.ip_network(wanted), ipaddress.ip_address(name)
        return network.version == address.version and address in network, None
    if key == "serial":
        return int(wanted.replace(":", ""), 16) == int(name, 16), None
    if key in DIGESTS:
        return wanted.replace(":", "").lower() == name, None
    if key == "policy":
        return wanted == name, None
    return canonical(wanted) == canonical(name), None


# Control characters, what cannot be seen, and spaces that are not plain ones, among those that property.py makes.
CONTROL = r"[\x00-\x08\x0e-\x1f\x7f\xa0\u1806\u200b\u2800\U0001d173]"
ODD = r'[\x00-\x20\x7f*@,;:"<>()\[\]\\\xa0\xad\u1806\u200b\u2800\U0001d173]'


def is_odd(name):
    """A host, a label, or the local part of a mailbox: no Dot-string of RFC 5321 section 4.1.2 or 6531."""
    return "" in name.split(".") or re.search(ODD, name) is not None


def is_odd_host(name):
    return is_odd(name) or re.search("[!#$%&'+/=?^`{|}~]", name) is not None


def user_name(key, name):
    """None for a mailbox that can be written in more than one way."""
    return None if key in ("email", "upn") and is_odd(name.rpartition("@")[0] if "@" in name else name) else name


def decode(text):
    return re.sub(rb"%([0-9a-fA-F]{2})", lambda code: bytes([int(code[1], 16)]), text.encode())


def plain_path(path):
    """Decoded once, without dots and empty segments."""
    segments = []
    for segment in re.split(rb"[/\\]", decode(re.split("[?#]", path)[0])):
        if segment == b"..":
            segments[-1:] = []
        elif segment not in (b"", b"."):
            segments.append(segment)
    return segments


def fold(value):
    """Letters whose case does not matter, one by one."""
    return "".join(letter.upper().lower() if len(letter.upper()) == 1 == len(letter.upper().lower()) else letter for letter in value)


def is_letters_apart(key, wanted, name):
    """A mailbox with letters beyond ASCII in another case, or a host that one of both writes as xn--."""
    host, its = name.partition("@")[2], wanted.rpartition("@")[2]
    if key == "email" and "xn--" in lower(host) and not its.isascii():
        return True
    return not name.isascii() and (fold(its) == fold(host) if wanted.startswith("*@") else fold(wanted) == fold(name))


def embedded_ipv4(address):
    """The address of IPv4 that one of IPv6 has at its end, or None."""
    last = ipaddress.ip_address(int(address) % 2 ** 32)
    known = address.ipv4_mapped or address in ipaddress.ip_network("64:ff9b::/96") or (
        address in ipaddress.ip_network("::/96") and int(last) >= 2 ** 24)
    return last if known else None


def may_be(key, wanted, name):
    """Whether a name that two programs may read as two names may be read as this one."""
    foreign = key in ("email", "dns") and not (name.partition("@")[2] if key == "email" and "@" in name else name).isascii()
    if foreign:  # in an IA5String, that is
        return True
    if key in ("email", "upn"):
        local, _, host = name.partition("@")
        if re.search("[\uff01-\uff5e\u3002\uff61]", host if "@" in name else name):
            return True
        if is_letters_apart(key, wanted, name):
            return True
        if "@" not in name and not is_odd(name):
            return lower(name) in lower(wanted) or lower(wanted.removeprefix("*@")) in lower(name)
        same = is_odd(local) and lower(wanted.rpartition("@")[2]) == lower(host)
        stands = is_odd(local) and lower(wanted.removeprefix("*@")) in lower(name)
        return is_odd_host(host) or same or stands or lower(wanted) == lower(name)
    if key == "dns":
        if re.search(r"[\x00-\x1f\x7f]", name):
            return True
        if "*" in name and lower(wanted.removeprefix("*.")).endswith(lower(name).rpartition("*")[2]):
            return True
        return is_odd_host(name) and lower(wanted.removeprefix("*.")) in lower(name)
    if key == "uri":
        form, start = uri_form(name)
        if re.match("(https?|wss?|ftp):(?!//(?!/))", form):
            return True
        if re.search(r"(?i)[\x00-\x20\x7f]|%[01][0-9a-f]|%7f", form) or re.search(r"[^\x00-\x7f]|\\", form[:start]) or (
                "\\" in form and not re.match("[^:]*://", form)):
            return True
        if uri_form(wanted)[0] == (form + "/" if re.match("[^:]*://", form) and start == len(form) else "") or (
                not re.match("[^:]*://", form) and uri_form(wanted)[0] == re.split("[?#]", form)[0]):
            return True
        exact = not wanted.endswith("*")
        (name, path), (wanted, begin) = uri_form(name), uri_form(wanted if exact else wanted.rstrip("*")[:-1])
        if re.search("[?#]", wanted[begin:]):
            return False
        scheme, host = re.match(r"(?s)([^:]*:)?(.*)", name[:path]).groups("")
        odd = not scheme or "%" in host or (host.startswith("//") and is_odd_host(host[2:])) or any(
            segment in ("", ".", "..") or not re.fullmatch(r"[!-~]+", segment) or re.search(r"[?#%\\*]", segment)
            for segment in name[path:].split("/")[1:]) or (name[path:] and name[path] != "/")
        its, base = re.match(r"([^:]*:)(?://)?(.*)", wanted[:begin]).groups()
        stands = base in host or base.encode() in decode(host).lower()
        above = plain_path(wanted[begin:])
        own = plain_path(name[path:])
        return bool(odd) and its == scheme and stands and (own if exact else own[:len(above)]) == above
    if key == "ip":
        address = ipaddress.ip_address(name)
        other = ipaddress.ip_address(f"::ffff:{address}") if address.version == 4 else embedded_ipv4(address)
        network = ipaddress.ip_network(wanted)
        return other is not None and other.version == network.version and other in network
    return key in PARTS and (re.search(CONTROL, name) is not None or fold(canonical(wanted)) == fold(canonical(name)))
