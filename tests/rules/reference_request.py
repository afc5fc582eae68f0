"""What is asked for: host, path, method, address, time and revocation. Part of reference.py."""

import datetime
import ipaddress
import re

from reference_names import decode, embedded_ipv4, lower

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Ambiguous(Exception):
    pass


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
        if re.search(rb"%[0-9a-fA-F]{2}", decode(piece)):
            raise Ambiguous
    if re.search(r"%2f", raw, re.I) and "encoded-slash" not in settings:
        raise Ambiguous
    parts = []
    for part in raw.split("/"):
        parts.append(b"%2F".join(map(decode, re.split(r"%2[fF]", part))))
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
        if b"%2F" in whole[len(cut):]:
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
    as_written = decode(raw.split("?")[0])
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
    addresses = [address]
    if deny and address is not None and address.version == 6:
        addresses += [its for its in [embedded_ipv4(address)] if its is not None]
    if method is not None and not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", method):
        method = None
    if deny and "method" in terms:  # also for what is not known, and for `post`
        method = method.upper() if method is not None else terms["method"][0]
    holds = [
        any(host_holds(value, host) for value in terms.get("host", [])) or "host" not in terms or (deny and not host),
        "path" not in terms or any(path_holds(value, segments) for value in terms["path"]),
        "method" not in terms or method in terms["method"] or (method == "HEAD" and "GET" in terms["method"]),
        "from" not in terms or (address is None and deny) or (address is not None and any(
            its.version == ipaddress.ip_network(value).version and its in ipaddress.ip_network(value)
            for value in terms["from"] for its in addresses)),
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
