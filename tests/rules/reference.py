"""What access rules mean, written slowly and plainly: the second opinion of property.py.

Nothing is shared with src/rules. A rule file that it reads is taken to be free of errors.
"""

import re

from reference_names import CONTROL, DIGESTS, PARTS, canonical, fold, match_name, may_be, read_dn, show_dn, user_name
from reference_request import Ambiguous, choose_path, read_host, read_path, when_holds

NAMES = ["email", "upn", "uri", "dns", "ip", "uid", "cn", "dn", "serial", "sha256", "spki", "ou", "o", "dc", "c", "policy"]
NAMING = [name for name in NAMES if name != "policy"]
WHO = ["issuer", "group", *NAMES]
VOUCHED = {"sub": ["1.2.3.4"]}  # the policies of a CA below another
PLAIN = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@+:/")


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
        self.vouched = VOUCHED.get(certificate["issuer"], self.names["policy"])
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
            if key == "policy" and name not in self.vouched:
                continue
            for value in values:
                does, star = match_name(key, value, name)
                if does:
                    found.append((name, star))
        return found

    def may_be(self, key, values):
        """In doubt, which counts for deny lines alone."""
        if key == "dn" and any(re.search(CONTROL, value) for rdn in self.rdns for _, value in rdn):
            return True
        if key == "policy":
            return bool(set(values) & set(self.names["policy"]))
        if key == "dn":
            own = [frozenset((kind, fold(canonical(value))) for kind, value in rdn) for rdn in self.rdns]
            return any([frozenset((kind, fold(text)) for kind, text in rdn) for rdn in read_dn(value)] == own for value in values)
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
                return {user_name(key, name) for name, _ in self.matches(key, line.terms[key])}
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
            names = {user_name(line.user[1:], name) for name in self.names[line.user[1:]]}
        else:
            names = {line.user}
        if len(names) != 1 or names & {"", None}:
            return None
        name = "".join(chr(b) if b in PLAIN else f"%{b:02X}" for b in names.pop().encode())
        return name if len(name) <= 512 else None


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
