#!/usr/bin/env python3
"""Random access rules, certificates and requests: the program and reference.py must decide the same.

usage: property.py [--pairs N] [--seed N] JUDGE

JUDGE is build/rules-judge (make rules). A pair is a certificate and a request, judged by one of many
random rule files. Says what differs, with the seed that brings it again, and fails then.
"""

import argparse
import json
import random
import subprocess
import sys
import urllib.parse

import reference

CERTIFICATES, REQUESTS = 12, 16  # for each rule file
KEYS = 3  # that the certificates have among them
ISSUERS = ["acme", "devices", "sub"]
HOSTS = ["wiki.acme.example", "a.wiki.acme.example", "api.acme.example", "acme.example", "[::1]"]
DOMAINS = ["acme.example", "ACME.example", "x.acme.example", "acme.org", "xn--jrg-sna.example"]
ODD_DOMAINS = ["j\u00f6rg.example", "j\u00f6rg.acme.example"]
WIDE_DOMAINS = ["acme\u3002example", "\uff41cme.example"]
LOCALS = ["eve", "Eve", "dan", "a.b", "*", "o'c", "j\u00f6rg", "J\u00d6rg", "a@b", "EVE"]
WRITTEN_LOCALS = ['"eve"', "eve(c)", "e\\ve", "eve "]
ODD_LOCALS = WRITTEN_LOCALS + [".eve", "e..ve", "", "ev\u00ade", "ev\u2800e", "e\tve", "eve,", "!#$%&'+-/=?^_`{|}~"]
VALUES = ["Ops", "ops", " Ops ", "Dev", "Dev  Team", "dev team", "Night Auditor", "*", "J\u00f6rg", "J\u00d6RG", "\u212aOps", "a,b", "a+b",
          'q"q', "back\\slash", "#x", "GB"]
SEGMENTS = ["ops", "Ops", "eu", "7", "sensor", "..", "", "*", "a%20b", "%2e", "a?b"]
FOLDERS = ["/", "/a/", "/a/b/", "/a/b", "/a", "/admin/", "/%61/", "/x%20y/", "/a//b/", "/a%2Fb/", "/secret/", "/b", "/a%23b"]
PIECES = ["a", "b", "admin", "secret", "%61", "A", "..", ".", "", "a;v", ";v", "..;", "%2e%2e", "%2E", "a%2Fb", "a%2f..",
          "a;%2Fb", "a;v%2f..%2Fadmin", "a%3b%2F..", "a%2Fb;v", "a%2Fb;v%2F..", "%5c", "%25", "%252e", "%2561", "%25%36%31", "%25%32f", "%zz", "%0a", "\u00e9", "%c0%ae", "%e0%80%af", "%f8%80%80%80%af", "%fc%80", "%f8%88", "x%20y", "x y", "a#b", "a\\b", "%3b", "a%3bb", "b;", "b%3fx", "%23", "a%23b"]
METHODS = ["GET", "HEAD", "POST", "PUT", "get", "POST ", "P\xd6ST", "PUT2", None]
ADDRESSES = ["192.0.2.7", "192.0.2.200", "198.51.100.1", "::ffff:192.0.2.7", "2001:db8::7", "2001:db9::1", "::192.0.2.7", "64:ff9b::192.0.2.7", "::1", "unix:", "", None]
MAPPED = ["::ffff:192.0.2.7", "::ffff:0:0/96"]
NETWORKS = ["192.0.2.0/24", "192.0.2.7", "192.0.2.128/25", "0.0.0.0/0", "::/0", "2001:db8::/32", "2001:db8::7"]
NOON = 1795780800  # 2026-11-27T12:00:00Z, a Friday


def quoted(value, always=False):
    if value and not always and all(c not in ' \t,"#\\' for c in value) and value[0] not in "=~^(":
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, values):
        return self.random.choice(values)

    def chance(self, share):
        return self.random.random() < share

    # --- values of keys

    def uri(self, segments=SEGMENTS, plain=False):
        if self.chance(0.05):
            if self.chance(0.5):
                return self.pick(["urn:acme:", "urn:ACME:", "URN:Acme:"]) + self.pick(segments)
            return "urn:acme/" + "/".join(self.pick(segments) for _ in range(self.random.randint(1, 2)))
        host = self.pick(["acme.example", "ACME.example", "u@Acme.example"] + ["a%63me.example"] * (not plain))
        slashes = "://" if segments is not SEGMENTS or self.chance(0.9) else self.pick([":", ":/", ":///"])
        return self.pick(["spiffe", "SPIFFE", "https"]) + slashes + host + "".join(
            "/" + self.pick(segments) for _ in range(self.random.randint(0, 3)))

    def serial(self):
        return f"{self.random.randint(1, 6):x}"

    def wanted(self, key):
        """A value as a rule may have it."""
        if key in ("email", "upn"):
            local = "*" if self.chance(0.5) else self.pick([value for value in LOCALS * 3 + WRITTEN_LOCALS
                                                           if "*" not in value and "@" not in value])
            return local + "@" + self.pick(DOMAINS * 3 + ODD_DOMAINS)
        if key == "dns":
            return self.pick(["*.acme.example", "a.acme.example", "*.X.acme.example", "A.x.acme.example", "acme.example",
                              "*.xn--jrg-sna.example"])
        if key == "uri":
            if self.chance(0.6):
                return self.uri([value for value in SEGMENTS if value.isalnum()], self.plain) + self.pick(["/*", "/**"])
            return self.uri([value for value in SEGMENTS if value and "*" not in value and "?" not in value and (
                value not in ("..", "%2e") or not self.plain)], self.plain)
        if key == "ip":
            return self.pick(NETWORKS + MAPPED)
        if key == "serial":
            return self.pick(["", "0", "00"]) + self.serial()
        if key == "policy":
            return self.pick(["1.2.3.4", "1.2.3.5"])
        if key == "sha256":
            return self.pick([f"@sha256:{self.random.randrange(CERTIFICATES)}@"] * 3 + ["ab" * 32, ":".join(["AB"] * 32)])
        if key == "spki":
            return self.pick([f"@spki:{self.random.randrange(KEYS)}@"] * 3 + ["0" * 64])
        if key == "dn":
            return reference.show_dn(self.subject(False))
        return self.pick([value for value in VALUES if "*" not in value])

    def when(self, key):
        if key == "host":
            return self.pick(HOSTS + ["*.acme.example", "*.wiki.acme.example"])
        if key == "path":
            return self.pick([value for value in FOLDERS
                              if ("%2F" not in value or "encoded-slash" in self.settings) and
                              ("//" not in value or "double-slash" in self.settings)])
        if key == "method":
            return self.pick(["GET", "HEAD", "POST", "PUT"])
        if key == "from":
            return self.pick(NETWORKS)
        if key == "since":
            return self.pick(["2026-11-27", "2026-11-27T12:00:00Z", "2026-11-27T12:00:01Z", "2026-11-20"])
        if key == "until":
            return self.pick(["2026-11-27", "2026-11-27T12:00:00Z", "2026-11-27T11:59:59Z", "2027-11-20"])
        if key == "hours":
            return self.pick(["09:00-17:00", "22:00-05:00", "12:00-12:01", "00:00-24:00", "12:01-12:00", "23:59-00:01"])
        if key == "days":
            return self.pick(["mon", "fri", "sat", "mon-fri", "sat-sun", "sun-tue", "thu-fri"])
        return self.pick(["checked", "24h", "1h", "7d"])

    # --- lines

    def term(self, key, value, most=2):
        if key in ("since", "until", "revocation"):
            most = 1
        count = self.random.randint(1, most)
        return key + "=" + ",".join(quoted(value(key), key == "dn" and count > 1) for _ in range(count))

    def who(self, groups):
        if self.chance(0.15):
            return ["any"]
        keys = self.random.sample(reference.NAMES, self.random.choice([0, 1, 1, 1, 2]))
        words = [self.term(key, self.wanted) for key in keys]
        if groups and self.chance(0.3):
            words.append("group=" + ",".join(self.random.sample(groups, self.random.randint(1, len(groups)))))
        needs = any(key not in reference.DIGESTS for key in keys)
        if (len(self.issuers) > 1 and needs) or not words or self.chance(0.3):
            words.append("issuer=" + ",".join(self.random.sample(self.issuers, self.random.randint(1, len(self.issuers)))))
        self.random.shuffle(words)
        return words

    def user(self, words, maps):
        patterns = [word for word in words if word.split("=")[0] in ("email", "upn", "dns", "uri") and "*" in word]
        starry = len(patterns) == 1 and all("*" in value for value in patterns[0].split(","))
        choices = ["user=x", "user=\"a b\""] + ["user=$" + self.pick(reference.NAMING) for _ in range(6)]
        if starry:
            choices += ["user=*"] * 6
        if maps:
            choices += ["user=map:" + self.pick(maps)] * 4
        return self.pick(choices)

    def names_somebody(self, words):
        keys = {word.split("=")[0] for word in words}
        return keys & set(reference.NAMING) != set() or (
            "group" in keys and all(group in self.naming for word in words if word.startswith("group=")
                                    for group in word[6:].split(",")))

    def rule(self, groups, maps):
        allow = self.chance(0.65)
        self.plain = not allow  # a deny line takes no other URIs
        words = self.who(groups)
        effect = []
        if allow and (not self.names_somebody(words) or self.chance(0.4)):
            effect.append(self.user(words, maps))
        keys = self.random.sample(["host", "path", "path", "method", "from", "since", "until", "hours", "days", "revocation"],
                                  self.random.choice([0, 0, 1, 1, 2, 3]))
        if "since" in keys and "until" in keys:  # could be refused
            keys.remove("until")
        words += [self.term(key, self.when) for key in dict.fromkeys(keys)]
        if self.chance(0.2):
            effect.append("label=" + self.pick(["x", "lost-laptop", "A.b_c"]))
        self.random.shuffle(words)
        return " ".join(["allow" if allow else "deny", *words, *effect])

    def rules(self):
        self.issuers = self.random.sample(ISSUERS, self.random.choice([1, 2, 3]))
        self.naming = set()
        self.settings = [name for name in ("encoded-slash", "double-slash") if self.chance(0.3)]
        lines = [f"issuer {name} " + self.pick([f"{name}.cer", f"spki:@ca-spki:{name}@", f"sha256:@ca-sha256:{name}@"])
                 for name in self.issuers]
        groups, maps = [], []
        self.plain = True
        for name in ("g1", "g2")[:self.random.randint(0, 2)]:
            mine = [self.who(groups) for _ in range(self.random.randint(1, 2))]
            if all(self.names_somebody(words) for words in mine):
                self.naming.add(name)
            lines += [" ".join(["group", name, *words]) for words in mine]
            groups.append(name)
        self.plain = False
        for name in ("m1", "m2")[:self.random.randint(0, 2)]:
            for _ in range(self.random.randint(1, 3)):
                words = self.who(groups)
                lines.append(" ".join(["map", name, *words, self.user(words, [])]))
            maps.append(name)
        many = 120 if self.chance(0.1) else 7  # many: found by host and path
        lines += [self.rule(groups, maps) for _ in range(self.random.randint(1, many))]
        lines += [f"set {name} literal" for name in self.settings]
        lines += ["set explain full"] * self.chance(0.3)
        if self.chance(0.5):
            lines = [line + self.pick(["", "  # a comment", "\t"]) for line in lines]
        return "\n".join(lines)

    # --- certificates and requests

    def subject(self, stars=True):
        odd = ["Dev\x01", "Dev\t", "Dev\u200b", "Dev\u00a0Team", "De\u1806v", "Dev\u2800Team", "\U0001d173Dev"] * self.chance(0.1)
        values = VALUES + odd if stars else [value for value in VALUES if "*" not in value]
        rdns = []
        for _ in range(self.random.randint(1, 3)):
            kinds = self.random.sample(["CN", "OU", "O", "UID", "DC", "C"], self.random.choice([1, 1, 1, 2]))
            rdns.append([[kind, self.pick(values)] for kind in kinds])
        return rdns

    def certificate(self):
        names = []
        for _ in range(self.random.randint(0, 4)):
            kind = self.pick(["email", "upn", "dns", "uri", "ip"])
            if kind in ("email", "upn"):
                value = self.pick(LOCALS * 4 + ODD_LOCALS) + "@" + self.pick(DOMAINS * 3 + ODD_DOMAINS + WIDE_DOMAINS) + self.pick([""] * 8 + [".", "@x"])
                if self.chance(0.03):
                    value = value.replace("@", "")
            elif kind == "dns":
                value = self.pick(["a.acme.example", "A.acme.example", "a.x.acme.example", "*.acme.example", ".acme.example",
                                   "acme.example", "a.acme.example.", "a.x.acme.example,b", "a.j\u00f6rg.example",
                                   "b@a.acme.example", "a b.acme.example"])
            elif kind == "uri":
                value = self.uri() + self.pick([""] * 20 + [" ", "\x7f", "%00", "%1f", "%20", "\\", "\u00e9"])
                if self.chance(0.05):
                    value = value.replace("//", self.pick(["\\\\", "/\\", "//\u00e9"]), 1)
            else:
                value = self.pick(["192.0.2.7", "192.0.2.200", "2001:db8::7", "::ffff:192.0.2.7", "::192.0.2.7", "64:ff9b::c000:207"])
            names.append([kind, value])
        return {"issuer": self.pick(ISSUERS), "subject": self.subject(), "names": names, "serial": self.serial(),
                "key": self.random.randrange(KEYS), "policies": self.random.sample(["1.2.3.4", "1.2.3.5"], self.random.choice([0, 0, 1, 2]))}

    def served(self, path):
        """What the front made of a path: decoded, the same, or another."""
        try:
            decoded = urllib.parse.unquote(path.split("?")[0], errors="strict")
        except UnicodeDecodeError:
            decoded = path
        other = self.pick(FOLDERS) + self.pick(["", "b", "x;y", "q?r", "%2e%2e/x", "100%", "a%2Fb", "./x", "a\\b"])
        return self.pick([decoded.replace("\0", ""), decoded.replace("\0", ""), path, other])

    def request(self):
        host = self.pick(HOSTS + [None, ""])
        if host and self.chance(0.3):
            host = self.pick([host.upper(), host + ":443", host + ".", host + ":x", "u@" + host, host + "..", host + ".:80",
                              host.replace("::", "0:0:0:0:0:0:0:"), host.replace("::", "::x")])
        if self.chance(0.6):
            path = self.pick(FOLDERS) + self.pick(["", "x", "b", "b/c"])
        else:
            path = self.pick(["/", "/", "/", "", "*", "https://h/"]) + "/".join(
                self.pick(PIECES) for _ in range(self.random.randint(1, 4)))
        if self.chance(0.2):
            path += "?q=/../x"
        now = NOON + self.random.choice([0, 0, 1, -1, 60, -60, 36000, 61200, -86400, 3 * 86400, 43140, 43200])
        good = self.chance(0.5)
        this_update = now - self.random.choice([0, 3600, 3601, 86400, 86401, 700000]) if good and self.chance(0.7) else 0
        served = self.served(path) if self.chance(0.3) else None
        return {"host": host, "path": self.pick([path] * 20 + [None]), "served": served, "redirect": self.chance(0.3), "method": self.pick(METHODS),
                "from": self.pick(ADDRESSES), "now": now, "good": good, "this_update": this_update}

    def file(self):
        return {"rules": self.rules(), "certificates": [self.certificate() for _ in range(CERTIFICATES)],
                "requests": [self.request() for _ in range(REQUESTS)]}


def compare(file, answer, seed):
    """The number of decisions that differ, and how often something was decided."""
    if "error" in answer:
        print(f"seed {seed}: refused: {answer['error']}\n{file['rules']}")
        return 1, 0
    for name, digest in answer["digests"].items():
        file["rules"] = file["rules"].replace(f"@{name}@", digest)
    for number, certificate in enumerate(file["certificates"]):
        certificate["sha256"] = answer["digests"][f"sha256:{number}"]
        certificate["spki"] = answer["digests"][f"spki:{certificate['key']}"]
    rules = reference.Rules(file["rules"])
    wrong, decided, at = 0, 0, 0
    for certificate in file["certificates"]:
        for request in file["requests"]:
            wanted, came = reference.decide(rules, certificate, request), answer["decisions"][at]
            at += 1
            decided += wanted not in ("no no_rule", "no ambiguous_path")
            if wanted == came:
                continue
            wrong += 1
            if wrong == 1:
                print(f"seed {seed}: expected {wanted}, came {came}\n{file['rules']}\n{json.dumps(certificate)}\n"
                      f"{json.dumps(request)}\n")
    return wrong, decided


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("judge")
    options = parser.parse_args()
    first = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    count = max(1, options.pairs // (CERTIFICATES * REQUESTS)) if options.seed is None or options.pairs != 10000 else 1
    files = [Maker(first + number).file() for number in range(count)]
    done = subprocess.run([options.judge], input="".join(json.dumps(file) + "\n" for file in files), text=True,
                          capture_output=True, check=False)
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    if done.returncode != 0 or len(answers) != count:
        sys.exit(f"property: the judge ended with {done.returncode} after {len(answers)} of {count} files "
                 f"(first seed {first}): {done.stderr}")
    wrong = decided = bad = 0
    for number, (file, answer) in enumerate(zip(files, answers)):
        if bad >= 5:
            break
        its, yes = compare(file, answer, first + number)
        wrong, decided, bad = wrong + its, decided + yes, bad + (its > 0)
    print(f"{count * CERTIFICATES * REQUESTS} pairs by {count} rule files from seed {first}: {decided} decided by a line, "
          f"{wrong} differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
