"""What access rules mean, written slowly and plainly: the second opinion of property.py.

Nothing is shared with src/rules. A rule file that it reads is taken to be free of errors.
"""

import datetime
import ipaddress
import re

NAMES = ["email", "upn", "uri", "dns", "ip", "uid", "cn", "dn", "serial", "sha256", "spki", "ou", "o", "dc", "c", "policy"]
DIGESTS = ("sha256", "spki")  # are worth something without issuer=
NAMING = [name for name in NAMES if name != "policy"]
WHO = ["issuer", "group", *NAMES]
PARTS = {"uid": "UID", "cn": "CN", "ou": "OU", "o": "O", "dc": "DC", "c": "C"}
PLAIN = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@+:/")
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


# --- the file

def words_of(line):
    """[(key, [values])] or [(word, None)]."""
    found = []
    while True:
        line = line.lstrip(" \t")
        if line == "" or line[0] == "#":
            return found
        key = re.match(r"[^ \t=]*", line)[0]
        line = line[len(key):]
        if not line.startswith("="):
            found.append((key, None))
            continue
        values = []
        while line[:1] in ("=", ","):
            line = line[1:]
            if line.startswith('"'):
                quoted = re.match(r'"((?:[^"\\]|\\.)*)"', line)
                values.append(re.sub(r"\\(.)", r"\1", quoted[1]))
                line = line[quoted.end():]
            else:
                bare = re.match(r'[^ \t,]*', line)[0]
                values.append(bare)
                line = line[len(bare):]
        found.append((key, values))


class Line:
    def __init__(self, number, kind, words):
        self.number, self.kind = number, kind
        self.name = words.pop(0)[0] if kind in ("group", "map", "issuer", "set") else None
        self.terms = {key: values for key, values in words if values is not None}
        self.user = self.terms.pop("user", [None])[0]
        self.terms.pop("label", None)


class Rules:
    def __init__(self, text):
        self.lines = []
        for number, line in enumerate(text.split("\n"), 1):
            words = words_of(line)
            if words:
                self.lines.append(Line(number, words[0][0], words[1:]))
        self.settings = {line.name for line in self.lines if line.kind == "set"}
        issuers = [line.name for line in self.lines if line.kind == "issuer"]
        for line in self.lines:
            if len(issuers) == 1 and "issuer" not in line.terms and any(
                    key in line.terms for key in NAMES if key not in DIGESTS):
                line.terms["issuer"] = issuers
        self.rules = [line for line in self.lines if line.kind in ("allow", "deny")]
        self.has_path = any("path" in line.terms for line in self.rules)
        self.has_host = any("host" in line.terms for line in self.rules)

    def named(self, kind, name):
        return [line for line in self.lines if line.kind == kind and line.name == name]


# --- names

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
        value = re.sub(r"[\x00-\x1f\x7f]", lambda byte: f"\\{ord(byte[0]):02X}", value)
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
    value = head + value[len(head):]
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
            if domain == form(wanted)[1] and local and not set(local + domain) & {"*"} and "@" not in local:
                star = local
            return star is not None, star
        return form(name) == form(wanted), None
    if key == "dns":
        written, name, wanted = name, lower(name), lower(wanted)
        if wanted.startswith("*."):
            label, _, rest = name.partition(".")
            if rest == wanted[2:] and label and "*" not in name:
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


CONTROL = r"[\x00-\x08\x0e-\x1f\x7f]"
ODD = r'[\x00-\x20\x7f*@,;:"<>()\[\]\\]'


def is_odd_host(host):
    return "" in host.split(".") or re.search(ODD, host) is not None


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


def may_be(key, wanted, name):
    """Whether a name that two programs may read as two names may be read as this one."""
    foreign = key in ("email", "dns") and not (name.partition("@")[2] if key == "email" and "@" in name else name).isascii()
    if foreign and "xn--" in lower(wanted):
        return True
    if key in ("email", "upn"):
        local, at, host = name.partition("@")
        odd = foreign or not local or re.search(ODD, local) or is_odd_host(host)
        return (bool(odd) and lower(wanted.removeprefix("*@")) in lower(name)) or lower(wanted) == lower(name)
    if key == "dns":
        return (foreign or is_odd_host(name)) and lower(wanted.removeprefix("*.")) in lower(name)
    if key == "uri":
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
        other = ipaddress.ip_address(f"::ffff:{address}") if address.version == 4 else address.ipv4_mapped
        network = ipaddress.ip_network(wanted)
        return other is not None and other.version == network.version and other in network
    return key in PARTS and re.search(CONTROL, name) is not None


class Client:
    def __init__(self, certificate):
        self.issuers = {"acme": ["acme"], "sub": ["sub", "acme"], "devices": ["devices"]}[certificate["issuer"]]
        self.rdns = certificate["subject"]
        self.names = {name: [] for name in NAMES}
        for kind, value in certificate["names"]:
            self.names[kind].append(value)
        for rdn in self.rdns:
            for kind, value in rdn:
                for key, attribute in PARTS.items():
                    if attribute == kind:
                        self.names[key].append(value)
        self.names["policy"] = certificate["policies"]
        self.names["serial"] = [f"{int(certificate['serial'], 16):x}"]
        self.names["dn"] = [show_dn(self.rdns)]
        for key in DIGESTS:
            self.names[key] = [certificate[key]]

    def matches(self, key, values):
        """(name, star) of each name that meets one of the values."""
        if key == "dn":
            own = [frozenset((kind, canonical(value)) for kind, value in rdn) for rdn in self.rdns]
            return [(self.names["dn"][0], None) for value in values if read_dn(value) == own]
        found = []
        for name in self.names[key]:
            for value in values:
                does, star = match_name(key, value, name)
                if does:
                    found.append((name, star))
        return found

    def may_be(self, key, values):
        """In doubt, which counts for deny lines alone."""
        if key == "dn" and any(re.search(CONTROL, value) for rdn in self.rdns for _, value in rdn):
            return True
        return any(may_be(key, value, name) for name in self.names[key] for value in values)

    def meets(self, rules, line, to_deny=None):
        """`to_deny`: as a deny line takes it, itself or by way of a group."""
        to_deny = line.kind == "deny" if to_deny is None else to_deny
        for key in WHO:
            if key not in line.terms:
                continue
            values = line.terms[key]
            if key == "issuer":
                its = self.issuers[:1] if "serial" in line.terms and not to_deny else self.issuers
                if not set(values) & set(its):
                    return False
            elif key == "group":
                if not any(self.meets(rules, other, to_deny) for name in values for other in rules.named("group", name)):
                    return False
            elif not self.matches(key, values) and not (to_deny and self.may_be(key, values)):
                return False
        return True

    def default_user(self, rules, line):
        for key in NAMING:
            if key in line.terms:
                return {name for name, _ in self.matches(key, line.terms[key])}
        for group in line.terms["group"]:
            for other in rules.named("group", group):
                if self.meets(rules, other):
                    return self.default_user(rules, other)
        return set()

    def user(self, rules, line):
        """The escaped name, or None."""
        if line.user is not None and line.user.startswith("map:"):
            lines = [other for other in rules.named("map", line.user[4:]) if self.meets(rules, other)]
            if not lines:
                return None
            line = lines[0]
        if line.user is None:
            names = self.default_user(rules, line)
        elif line.user == "*":
            names = {star for key, values in line.terms.items() if key in NAMES and any("*" in v for v in values)
                     for _, star in self.matches(key, values)}
        elif line.user.startswith("$"):
            names = set(self.names[line.user[1:]])
        else:
            names = {line.user}
        if len(names) != 1 or names == {""}:
            return None
        name = "".join(chr(b) if b in PLAIN else f"%{b:02X}" for b in names.pop().encode())
        return name if len(name) <= 512 else None


# --- requests

class Ambiguous(Exception):
    pass


def unescaped(raw):
    return re.sub(rb"%([0-9a-fA-F]{2})", lambda code: bytes([int(code[1], 16)]), raw.encode())


def read_path(raw, settings):
    """The segments of a path; the last one is empty for a folder."""
    if raw is None:
        raise Ambiguous
    raw = raw.split("?")[0]
    if not raw.startswith("/") or re.search(r"[\x00-\x1f\x7f\\#]", raw) or re.search(r"%(?![0-9a-fA-F]{2})", raw):
        raise Ambiguous
    if re.search(r"%(0[0-9a-f]|1[0-9a-f]|7f|5c)", raw, re.I):
        raise Ambiguous
    for piece in re.split(r"%2f", raw, flags=re.I):
        if re.search(rb"%[0-9a-fA-F]{2}", unescaped(piece)):
            raise Ambiguous
    if re.search(r"%2f", raw, re.I) and "encoded-slash" not in settings:
        raise Ambiguous
    parts = []
    for part in raw.split("/"):
        parts.append(b"%2F".join(map(unescaped, re.split(r"%2[fF]", part))))
    return settle(parts, settings)


def settle(parts, settings):
    """The segments without what is behind a `;`; `parts` begins with what is before the first slash."""
    if parts[0] != b"" or len(parts) < 2:
        raise Ambiguous
    segments = []
    for index, whole in enumerate(parts[1:], 2):
        if re.search(rb"[\xc0\xc1]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]|\xf8[\x80-\x87]|\xfc[\x80-\x83]", whole):
            raise Ambiguous
        cut = whole.split(b";")[0]
        if cut == b"":
            if whole != b"" or (index < len(parts) and "double-slash" not in settings):
                raise Ambiguous
        elif any(piece in (b".", b"..") for piece in cut.split(b"%2F")):
            raise Ambiguous
        elif b"%2F" in cut and b"" in cut.split(b"%2F"):
            raise Ambiguous
        segments.append(cut)
    return segments


def choose_path(request, settings):
    """What the client wrote, or what the front made of it."""
    raw, served = request["path"], request["served"]
    wrote = read_path(raw, settings) if raw is not None or served is None else None
    if served is None or served == raw:
        return wrote
    if raw is None or request["redirect"]:
        return read_path(served, settings)
    as_written = unescaped(raw.split("?")[0])
    if re.search(r"[\x00-\x1f\x7f\\]", served) or (as_written != served.encode() and re.search("[%?#]", served)):
        raise Ambiguous
    return settle(served.encode().split(b"/"), settings)


def path_holds(wanted, segments):
    own = read_path(wanted, {"encoded-slash", "double-slash"})
    if own[-1] == b"":
        return segments[:len(own) - 1] == own[:-1]
    return segments == own


def read_host(host):
    """None: not given. False: no host."""
    if not host:
        return None
    match = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{0,5})?", lower(host))
    if not match:
        return False
    name = match[1]
    if name.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(name[1:-1])}]"
        except ValueError:
            return False
    if name.endswith(".") and len(name) > 1:
        name = name[:-1]
    return False if "" in name.split(".") else name


def host_holds(wanted, host):
    if not host:
        return False
    if wanted.startswith("*."):
        return not host.startswith("[") and host.partition(".")[2] == lower(wanted[2:])
    return host == lower(wanted)


def address_of(word):
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def moment(word, end):
    if "T" in word:
        time = datetime.datetime.strptime(word, "%Y-%m-%dT%H:%M:%SZ") + datetime.timedelta(seconds=1 if end else 0)
    else:
        time = datetime.datetime.strptime(word, "%Y-%m-%d") + datetime.timedelta(days=1 if end else 0)
    return time.replace(tzinfo=datetime.timezone.utc).timestamp()


def days_hold(values, day):
    for value in values:
        first, _, last = value.partition("-")
        first, last = DAYS.index(first), DAYS.index(last or first)
        if (day - first) % 7 <= (last - first) % 7:
            return True
    return False


def hours_hold(terms, now):
    time = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    for value in terms["hours"]:
        (h1, m1), (h2, m2) = [map(int, half.split(":")) for half in value.split("-")]
        begin, end = h1 * 60 + m1, h2 * 60 + m2
        for back in (0, 1):  # it began today, or yesterday
            day = (time - datetime.timedelta(days=back)).weekday()
            minute = time.hour * 60 + time.minute + back * 1440
            last = end if end > begin else end + 1440
            if begin <= minute < last and days_hold(terms.get("days", ["mon-sun"]), day):
                return True
    return False


def when_holds(line, request, segments, host):
    """(all but revocation, revocation)."""
    terms, now = line.terms, request["now"]
    address, deny, method = address_of(request["from"] or ""), line.kind == "deny", request["method"]
    if method is not None and not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", method):
        method = None
    if deny and "method" in terms:  # also for what is not known, and for `post`
        method = method.upper() if method is not None else terms["method"][0]
    holds = [
        any(host_holds(value, host) for value in terms.get("host", [])) or "host" not in terms or (deny and not host),
        "path" not in terms or any(path_holds(value, segments) for value in terms["path"]),
        "method" not in terms or method in terms["method"] or (method == "HEAD" and "GET" in terms["method"]),
        "from" not in terms or (address is None and deny) or (address is not None and any(
            ipaddress.ip_network(value).version == address.version and address in ipaddress.ip_network(value)
            for value in terms["from"])),
        "since" not in terms or now >= moment(terms["since"][0], False),
        "until" not in terms or now < moment(terms["until"][0], True),
        "hours" not in terms or hours_hold(terms, now),
        "hours" in terms or "days" not in terms or days_hold(
            terms["days"], datetime.datetime.fromtimestamp(now, datetime.timezone.utc).weekday()),
    ]
    fresh = True
    if "revocation" in terms:
        word = terms["revocation"][0]
        fresh = request["good"]
        if word != "checked":
            age = int(word[:-1]) * (3600 if word.endswith("h") else 86400)
            fresh = fresh and request["this_update"] != 0 and now - request["this_update"] <= age
    return all(holds), fresh


def decide(rules, certificate, request):
    segments = None
    host = read_host(request["host"])
    if rules.has_path:
        try:
            segments = choose_path(request, rules.settings)
        except Ambiguous:
            return "no ambiguous_path"
    if rules.has_host and host is False:
        return "no no_rule"
    paths = [segments, cut(segments)]
    if segments is not None and request["path"] is not None and request["served"] is not None:
        try:
            read_path(request["path"], set())
        except Ambiguous:
            # An application that gets what the client wrote must be allowed to serve that, too.
            wrote = read_path(request["path"], rules.settings)
            paths += [wrote, cut(wrote)]
    first = decide_path(rules, certificate, request, segments, host)
    for path in paths[1:]:
        if not first.startswith("yes"):
            break
        other = decide_path(rules, certificate, request, path, host)
        if not other.startswith("yes"):
            return other
        if first.split(" ")[2] != other.split(" ")[2]:
            return "no ambiguous_path"
    for path in paths if first.startswith("yes") else []:
        other = decide_path(rules, certificate, request, plain(path), host)
        if re.fullmatch(r"no \d+", other):  # by a deny line
            return other
    return first


def plain(segments):
    """With all slashes decoded and merged."""
    return None if segments is None else re.sub(rb"/+", b"/", b"/" + b"/".join(segments).replace(b"%2F", b"/"))[1:].split(b"/")


def cut(segments):
    """Without what is behind a ? or # that was encoded."""
    return None if segments is None else re.split(rb"[?#]", b"/".join(segments))[0].split(b"/")


def decide_path(rules, certificate, request, segments, host):
    client = Client(certificate)
    old = False
    for line in rules.rules:
        if not client.meets(rules, line):
            continue
        holds, fresh = when_holds(line, request, segments, host)
        if holds and not fresh and line.kind == "allow":
            old = True
        if not holds or not fresh:
            continue
        if line.kind == "deny":
            return f"no {line.number}"
        user = client.user(rules, line)
        return f"yes {line.number} {user}" if user is not None else f"no {line.number} no_user_name"
    return "no revocation_old" if old else "no no_rule"
