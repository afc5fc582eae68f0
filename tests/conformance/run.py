#!/usr/bin/env python3
"""Runs public X.509 verification cases through `peercert --check` and compares case by case.

usage: run.py [--quick] [--render] [--list] PEERCERT

The cases are in the folder that the environment variable CONFORMANCE names, otherwise in
../shared/conformance beside the repository, unpacked or as cases.tar.xz; where they are not there
this says so and succeeds. It fails when peercert crashes, shows control characters, says `valid`
where `openssl verify` with the same flags does not, or differs from what a case expects without a
row in differences.tsv. README.md shows these rows; --render writes them there.
"""

import argparse
import collections
import concurrent.futures
import csv
import itertools
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DIFFERENCES = HERE / "differences.tsv"
README = HERE / "README.md"
WORKERS = os.cpu_count() or 1
SECONDS = 60  # only ends what hangs
MOST_INTERMEDIATES = 5  # whose subsets are tried

# What is added to what a case itself asks for; policies need a set, see anyPolicy in RFC 5280 4.2.1.4.
STRICT = ["-auth_level", "1", "-x509_strict"]
PROFILES = {
    "cli": [],
    "lvl1": ["-auth_level", "1"],
    "strict1": STRICT,
    "polext": [*STRICT, "-policy_check", "-extended_crl", "-use_deltas"],
}
# What peercert does by itself; the second judge gets these beside the case's level, depth and CRLs.
OURS = ["-partial_chain", "-trusted_first", "-policy_check", "-extended_crl", "-use_deltas"]
ANY_POLICY = "2.5.29.32.0"
PLAIN_FLAGS = ("partial_chain", "x509_strict", "allow_proxy_certs", "check_ss_sig", "policy_check", "extended_crl",
               "use_deltas", "no_check_time")
POLICY_FLAGS = ("explicit_policy", "inhibit_map", "inhibit_any")
# Characters that a report must not hold: controls, and what turns the direction of text.
FORBIDDEN = {"Cc", "Cs"}
BIDIRECTIONAL = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Answer = collections.namedtuple("Answer", "verdict why fault")


class Case:
    """A row of cases.tsv. Ids that occur several times become ID/2, ID/3, ..."""

    def __init__(self, folder, row, number):
        self.folder = folder
        self.suite = folder.name
        self.id = row["id"] if number == 1 else f"{row['id']}/{number}"
        self.row = row
        words = [word for word in row["flags"].split(" ") if word not in ("", "-")]
        self.policies = [word.split("=", 1)[1] for word in words if word.startswith("policy=")]
        self.flags = dict((word.split("=", 1) + [""])[:2] for word in words)
        self.expected = row["expected"]
        self.in_scope = row["purpose"] == "sslclient"
        self.level = self.flags.get("auth_level", "1")

    @property
    def key(self):
        return (self.suite, self.id)

    def path(self, column):
        return None if self.row[column] == "-" else str(self.folder / self.row[column])

    def peercert(self, program, report_format):
        command = [program, "--format", report_format, "--at", "@" + self.row["time"],
                   "--security-level", self.level, "--depth", self.flags.get("depth", "100")]
        if self.path("ca"):
            command += ["--ca", self.path("ca")]
        if self.path("chain"):
            command += ["--chain", self.path("chain")]
        if self.path("crls"):
            command += ["--crl", self.path("crls"),
                        "--crl-depth", "leaf" if "crl_leaf_only" in self.flags else "chain"]
        return command + ["--check", self.path("leaf")]

    def openssl_files(self, ca=None, chain=None):
        """With the case's files, or others in their place."""
        ca, chain = ca or self.path("ca"), chain or self.path("chain")
        command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-attime", self.row["time"]]
        command += ["-CAfile", ca] if ca else ["-no-CAfile"]
        if chain and pathlib.Path(chain).stat().st_size > 0:
            command += ["-untrusted", chain]
        if self.path("crls"):
            command += ["-CRLfile", self.path("crls"),
                        "-crl_check" if "crl_leaf_only" in self.flags else "-crl_check_all"]
        if "depth" in self.flags:
            command += ["-verify_depth", self.flags["depth"]]
        return command

    def openssl(self, profile):
        """As the case asks, and with the flags of a profile; the case's own level wins."""
        flags = list(PROFILES[profile])
        if "auth_level" in self.flags:
            flags = [flag for flag in flags if flag not in ("-auth_level", "1")]
            flags += ["-auth_level", self.flags["auth_level"]]
        if self.row["purpose"] in ("sslclient", "sslserver"):
            flags += ["-purpose", self.row["purpose"]]
        for name in ("host", "ip", "email"):
            if name in self.flags:
                flags += ["-verify_" + {"host": "hostname"}.get(name, name), self.flags[name]]
        flags += [word for policy in self.policies for word in ("-policy", policy)]
        flags += ["-" + name for name in POLICY_FLAGS if name in self.flags]
        flags += ["-" + name for name in PLAIN_FLAGS if name in self.flags and "-" + name not in flags]
        asks = self.policies or any(name in self.flags for name in POLICY_FLAGS)
        if asks and "-policy_check" not in flags:
            flags.append("-policy_check")
        if "-policy_check" in flags and not self.policies:
            flags += ["-policy", ANY_POLICY]
        if "vfyopt" in self.flags:
            flags += ["-vfyopt", self.flags["vfyopt"]]
        return [*self.openssl_files(), *flags, self.path("leaf")]

    def second_judge(self, ca=None, chain=None):
        """With what peercert verifies by, whatever else the case asks for."""
        crl = OURS if self.path("crls") else [flag for flag in OURS if flag not in ("-extended_crl", "-use_deltas")]
        return [*self.openssl_files(ca, chain), *crl, "-policy", ANY_POLICY, "-purpose", "sslclient",
                "-auth_level", self.level, self.path("leaf")]


def run(command):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("PEERCERT", "LD_")) and name != "GATEWAY_INTERFACE"}
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS,
                              check=False, env={**environment, "LC_ALL": "C.UTF-8"})
    except subprocess.TimeoutExpired:
        return None


def fault_of_bytes(output):
    """What in a report or on stderr is no plain text; None when nothing is."""
    try:
        text = output.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"no UTF-8: {error}"
    bad = {character for character in text if character != "\n" and
           (unicodedata.category(character) in FORBIDDEN or character in BIDIRECTIONAL)}
    return f"raw control characters {sorted(map(ascii, bad))}" if bad else None


def last_line(output):
    lines = [line for line in output.decode("utf-8", "replace").split("\n") if line]
    return lines[-1] if lines else ""


def ask_peercert(program, case, report_format="text"):
    done = run(case.peercert(program, report_format))
    if done is None:
        return Answer("invalid", "", f"hangs for more than {SECONDS} s")
    fault = fault_of_bytes(done.stdout) or fault_of_bytes(done.stderr)
    if not 0 <= done.returncode <= 3:
        fault = f"ended with {done.returncode}"
    said_valid = done.stdout.endswith(b"\nThe certificate is valid\n") if report_format == "text" else None
    if said_valid is not None and said_valid != (done.returncode == 0):
        fault = f"exit code {done.returncode}, but says: {last_line(done.stdout)}"
    why = last_line(done.stdout)
    if done.returncode == 3 or not why:
        why = f"exit {done.returncode}: " + re.sub(r"\S*/pem/\w+\.pem: ", "", last_line(done.stderr))
    return Answer("valid" if done.returncode == 0 else "invalid", why, fault)


def ask_openssl(command):
    done = run(command)
    if done is None:
        return Answer("invalid", "hangs", None)
    said = (done.stderr + done.stdout).decode("utf-8", "replace")
    found = re.search(r"error (\d+) at (\d+) depth lookup: *(.*)", said)
    why = f"error {found[1]} at depth {found[2]}: {found[3]}" if found else ""
    return Answer("valid" if done.returncode == 0 else "invalid", why, None)


def judge(program, case, quick):
    """Ours, the profiles' answers, and the second judge where ours is valid."""
    ours = ask_peercert(program, case)
    profiles = {}
    # Without figures of their own they are asked about differences alone.
    if case.in_scope and (not quick or ours.verdict != case.expected):
        profiles = {name: ask_openssl(case.openssl(name)) for name in PROFILES}
    if case.suite == "odd_certs" and not quick and not ours.fault:
        faults = [ask_peercert(program, case, other).fault for other in ("json", "html")]
        ours = ours._replace(fault=next((fault for fault in faults if fault), None))
    second = ask_second_judge(case) if ours.verdict == "valid" else None
    return ours, profiles, second


def blocks_of(path):
    """The certificates of a PEM file, each as text."""
    if path is None:
        return []
    return re.findall(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----\n", pathlib.Path(path).read_text(encoding="ascii"), re.S)


def ask_second_judge(case):
    """openssl verify takes the first issuer that fits by name; peercert tries all. So it is asked again with one anchor,
    and with some of the intermediates alone, until it says valid: then there is a path that it accepts."""
    first = ask_openssl(case.second_judge())
    chain, anchors = blocks_of(case.path("chain")), blocks_of(case.path("ca"))
    if first.verdict == "valid" or len(chain) > MOST_INTERMEDIATES or not chain + anchors:
        return first
    subsets = [part for size in range(len(chain), -1, -1) for part in itertools.combinations(chain, size)]
    with tempfile.TemporaryDirectory() as name:
        ca, untrusted = pathlib.Path(name) / "ca.pem", pathlib.Path(name) / "untrusted.pem"
        for anchor in anchors:
            for subset in subsets:
                ca.write_text(anchor, encoding="ascii")
                untrusted.write_text("".join(subset), encoding="ascii")
                again = ask_openssl(case.second_judge(str(ca), str(untrusted)))
                if again.verdict == "valid":
                    return again
    return first


def kind(expected, verdict):
    if expected == verdict:
        return "agree"
    return "false accept" if verdict == "valid" else "false reject"


def find_cases():
    """The folder with the suites, unpacked into build/conformance when need be; None when absent."""
    given = os.environ.get("CONFORMANCE")
    folder = pathlib.Path(given) if given else ROOT.parent / "shared" / "conformance"
    archive = folder / "cases.tar.xz"
    if any(folder.glob("*/cases.tsv")):
        return folder
    if not archive.is_file():
        print(f"conformance: no cases in {given or '../shared/conformance'}; nothing was run (CONFORMANCE=DIR names them)")
        return None
    unpacked = pathlib.Path(os.environ.get("BUILD", ROOT / "build")) / "conformance"
    unpacked.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as packed:
        if hasattr(tarfile, "data_filter"):
            packed.extractall(unpacked, filter="data")
        else:
            packed.extractall(unpacked)
    return unpacked


def read_cases(folder):
    cases = []
    for index in sorted(folder.glob("*/cases.tsv")):
        seen = collections.Counter()
        with index.open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
                seen[row["id"]] += 1
                cases.append(Case(index.parent, row, seen[row["id"]]))
    return cases


def read_differences():
    with DIFFERENCES.open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))


def rendered():
    """The table of README.md, from differences.tsv."""
    lines = ["| suite | case | expected | peercert says | why |", "| --- | --- | --- | --- | --- |"]
    for row in read_differences():
        cells = [row[name].replace("|", "\\|") for name in ("suite", "id", "expected", "ours", "why")]
        lines.append("| " + " | ".join(cells) + " |")
    before, _, rest = README.read_text(encoding="utf-8").partition("<!-- differences -->\n")
    _, _, after = rest.partition("<!-- end -->")
    return before + "<!-- differences -->\n" + "\n".join(lines) + "\n<!-- end -->" + after


def problems_of(case, answers, known):
    ours, profiles, second = answers
    problems = []
    if ours.fault:
        problems.append(f"{case.suite} {case.id}: {ours.fault}")
    if second is not None and second.verdict != "valid":
        problems.append(f"{case.suite} {case.id}: valid, but `openssl verify` with the same flags says {second.why}")
    if not case.in_scope:
        return problems
    if ours.verdict != case.expected:
        row = known.get(case.key)
        if row is None or row["expected"] != case.expected:
            denied = [name for name, answer in profiles.items() if answer.verdict != "valid"]
            problems.append(f"{case.suite} {case.id}: {kind(case.expected, ours.verdict)} without a row: {ours.why}"
                            f" | openssl denies it in: {','.join(denied) or 'no profile'} | {case.row['note']}")
    return problems


def print_figures(cases, answers, quick):
    print(f"{'suite':16}{'judge':10}{'cases':>6}{'agree':>7}{'false accept':>14}{'false reject':>14}")
    for suite in sorted({case.suite for case in cases}):
        scored = [case for case in cases if case.suite == suite and case.in_scope]
        other = sum(case.suite == suite for case in cases) - len(scored)
        for name in ["peercert"] + ([] if quick else list(PROFILES)):
            counts = collections.Counter()
            for case in scored:
                ours, profiles, _ = answers[case.key]
                counts[kind(case.expected, (ours if name == "peercert" else profiles[name]).verdict)] += 1
            print(f"{suite:16}{name:10}{len(scored):6}{counts['agree']:7}{counts['false accept']:14}"
                  f"{counts['false reject']:14}")
        if other:
            print(f"{suite:16}{other} cases of other purposes than a TLS client's are not scored; the second judge has seen them")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="no figures of openssl, text reports alone")
    parser.add_argument("--render", action="store_true", help="write differences.tsv into README.md, nothing else")
    parser.add_argument("--list", action="store_true", help="print each difference with what peercert said")
    parser.add_argument("program", metavar="PEERCERT", nargs="?")
    arguments = parser.parse_args()
    if arguments.render:
        README.write_text(rendered(), encoding="utf-8")
        return 0
    folder = find_cases()
    if folder is None:
        return 0
    if arguments.program is None:
        parser.error("PEERCERT is missing")
    cases = read_cases(folder)
    known = {(row["suite"], row["id"]): row for row in read_differences()}
    print(last_line(run(["openssl", "version"]).stdout))
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        found = pool.map(lambda case: judge(arguments.program, case, arguments.quick), cases)
        answers = {case.key: answer for case, answer in zip(cases, found)}
    problems = [problem for case in cases for problem in problems_of(case, answers[case.key], known)]
    if rendered() != README.read_text(encoding="utf-8"):
        problems.append("README.md does not show differences.tsv: run.py --render")
    print_figures(cases, answers, arguments.quick)
    differing = [case for case in cases if case.in_scope and answers[case.key][0].verdict != case.expected]
    for case in differing if arguments.list else []:
        ours, profiles, _ = answers[case.key]
        denied = ",".join(name for name, answer in profiles.items() if answer.verdict != "valid")
        print("\t".join([case.suite, case.id, case.expected, case.row["category"], ours.why, denied, case.row["note"]]))
    gone = [key for key in known if key in answers and key not in {case.key for case in differing}]
    for suite, identifier in gone:
        print(f"note: {suite} {identifier} is in differences.tsv and does not differ any more")
    for problem in problems:
        print(f"FAILED: {problem}")
    print(f"conformance: {len(cases)} cases, {len(differing)} named differences, {len(problems)} problems"
          if not problems else f"conformance: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
