#!/usr/bin/env python3
"""Changes verify, the verdict cache, the access rules and the gate one comparison or return at a time, and
sees whether a unit test notices.

usage: mutate.py [--sample N] [--only WORD] [--part K/N] [--list]

Builds in build/mutation (BUILD=DIR names another folder). A change that compiles to the very same
code is none. What survives is printed; survivors.tsv holds those that were looked at and can make no
difference that a test could see, with the reason. Fails when less than 95 % of the others are caught.
"""

import argparse
import collections
import concurrent.futures
import csv
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve() / "mutation"
LEAST = 95.0
SECONDS = 180  # a mutant that hangs is caught
WORKERS = os.cpu_count() or 1

# The files of each room and the suites that must notice, the fast ones first.
ROOMS = [
    ("verify/*.c", ["@(verify|verify_path|verify_names|verify_rules|verify_words|verify_proven|verify_chain|verify_links|verify_order)/*", "@(verify_search|verify_stranger|verify_random)/*",
                   "@(verify_listed|verify_revocation|verify_errors|verify_policy|verify_purpose|verdict|verify_findings|verify_crls)/*",
                   "@(verify_memory|verify_mutations)/*"]),
    ("cache/*.c", ["verdict_cache*/*"]),
    ("rules/*.c", ["@(rules_arena|rules_decide|rules_many|request_path|request_host|rules_dn|rules_words|rules_values|rules_errors|rules_warn|rules_asked|rules_line|"
                   "rules_resolve|rules_user|rules_issuers|rules_file)/*",
                  "@(rules_subject|rules_nearest|rules_current)/*", "rules_memory*/*"]),
    ("service/gate*.c", ["@(gate|gate_log)/*", "gate_memory/*"]),
]
SWAPS = {
    "==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "&&": ["||"], "||": ["&&"],
}
OPERATOR = re.compile(r"(?<![-<>=!&|])(==|!=|<=|>=|&&|\|\||<(?![<=])|>(?![>=]))")
CONSTANT = re.compile(r"\breturn (true|false|0|1);")
BOOLEAN = re.compile(r"\breturn (?!true;|false;)([^;]+);")
UNSEEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^#[^\n]*(?:\\\n[^\n]*)*', re.S | re.M)

Mutant = collections.namedtuple("Mutant", "file line before after text suites")


def blanked(source):
    """Comments, strings and the preprocessor's lines as blanks, all else where it was."""
    return UNSEEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)


def in_boolean_function(seen, position):
    heads = re.findall(r"^(?:static )?([a-z_].*?)\b\w+\([^;{}]*\)\n\{", seen[:position], re.M)
    return bool(heads) and heads[-1].split()[0] == "bool"


def changes(source):
    """(start, end, replacement) of every change."""
    seen = blanked(source)
    for match in OPERATOR.finditer(seen):
        for other in SWAPS[match[1]]:
            yield match.start(1), match.end(1), other
    for match in CONSTANT.finditer(seen):
        other = {"true": "false", "false": "true", "0": "1", "1": "0"}[match[1]]
        yield match.start(1), match.end(1), other
    for match in BOOLEAN.finditer(seen):
        if in_boolean_function(seen, match.start()):
            yield match.start(1), match.end(1), f"!({source[match.start(1):match.end(1)]})"


def own_suite(path):
    """The tests of the file's own name, which are asked first: they are few, and the likeliest to notice."""
    tests = next((ROOT / "tests/unit").glob(f"*/test_{path.stem}.c"), None)
    return [f"{path.stem}/*"] if tests and f"({path.stem}, " in tests.read_text(encoding="utf-8") else []


def mutants_of(path, suites):
    source = path.read_text(encoding="utf-8")
    suites = own_suite(path) + suites
    for start, end, other in changes(source):
        text = source[:start] + other + source[end:]
        first = source.rfind("\n", 0, start) + 1
        if source[first:start].isspace() or source[first:start].strip() == "return":
            first = source.rfind("\n", 0, first - 1) + 1  # a return says too little without its condition
        last = source.find("\n", end)
        before = " ".join(source[first:last].split())
        after = " ".join((source[first:start] + other + source[end:last]).split())
        yield Mutant(path.name, source.count("\n", 0, start) + 1, before, after, text, suites)


def run(command, **options):
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False, **options)


def make_variables():
    """How the Makefile compiles and links, from what it would do."""
    done = run(["make", "V=1", "-Bn", f"BUILD={BUILD}", str(BUILD / "unit-tests")], text=True)
    compiles = next(line for line in done.stdout.split("\n") if " -c " in line and line.endswith("src/verify/verify.c"))
    links = next(line for line in done.stdout.split("\n") if f"-o {BUILD}/unit-tests" in line)
    return shlex.split(compiles), shlex.split(links)


class Workshop:
    def __init__(self):
        self.compiles, self.links = make_variables()
        self.codes = {}  # object code of the originals, by file

    def compile(self, source, target):
        command = [word for word in self.compiles[:-1] if word not in ("-MMD", "-MP", "-Werror", "-g")]
        command[command.index("-o") + 1] = str(target)
        return run([*command, str(source)]).returncode == 0

    def code_of(self, target):
        """What was compiled, without the source's name."""
        bare = target.with_suffix(".bare")
        run(["strip", "--strip-unneeded", "-o", str(bare), str(target)])
        return bare.read_bytes()

    def compile_original(self, name):
        source, target = BUILD / name, BUILD / "original.o"
        path = next((ROOT / "src").glob(f"*/{name}"))  # names are different in all folders
        source.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
        if not self.compile(source, target):
            sys.exit(f"mutate: {name} does not compile")
        self.codes[name] = self.code_of(target)

    def try_mutant(self, number, mutant):
        """"caught", "same" (no other code), "broken" (does not compile) or "survived"."""
        folder = BUILD / f"mutant-{number}"
        folder.mkdir(exist_ok=True)
        source, target, program = folder / mutant.file, folder / "mutant.o", folder / "unit-tests"
        try:
            source.write_text(mutant.text, encoding="utf-8")
            if not self.compile(source, target):
                return "broken"
            if self.code_of(target) == self.codes[mutant.file]:
                return "same"
            command = list(self.links)
            command[command.index("-o") + 1] = str(program)
            command.insert(command.index("-o") + 2, str(target))  # before the library, so that it counts
            if run(command).returncode != 0:
                return "broken"
            return self.judge(program, mutant.suites)
        finally:
            for path in folder.glob("*"):
                path.unlink()
            folder.rmdir()

    @staticmethod
    def judge(program, suites):
        for suite in suites:
            try:
                done = run([str(program), f"--filter={suite}", "--fail-fast", "-j1"], timeout=SECONDS)
            except subprocess.TimeoutExpired:
                return "caught"
            if b"Tested: 0 " in done.stderr:
                sys.exit(f"mutate: no test is named {suite}")
            if done.returncode != 0:
                return "caught"
        return "survived"


def read_reviewed():
    with (HERE / "survivors.tsv").open(encoding="utf-8", newline="") as rows:
        return {(row["file"], row["line"], row["becomes"])
                for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)}


def build(suites):
    BUILD.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["make", f"-j{WORKERS}", f"BUILD={BUILD}", str(BUILD / "unit-tests")], cwd=ROOT, check=False,
                          stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit("mutate: the tests do not build")
    for its in suites:
        if Workshop.judge(BUILD / "unit-tests", its) != "survived":
            sys.exit("mutate: the tests fail without any change")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, help="this many, chosen at random but always the same")
    parser.add_argument("--only", default="", help="only files whose name holds this")
    parser.add_argument("--part", default="1/1", metavar="K/N", help="the K-th of N parts of them, for a run in pieces")
    parser.add_argument("--list", action="store_true", help="print the changes, try none")
    arguments = parser.parse_args()
    mutants = [mutant for pattern, suites in ROOMS for path in sorted((ROOT / "src").glob(pattern))
               if arguments.only in path.name for mutant in mutants_of(path, suites)]
    if arguments.sample and arguments.sample < len(mutants):
        mutants = random.Random(1).sample(mutants, arguments.sample)
    part, parts = map(int, arguments.part.split("/"))
    mutants = mutants[part - 1::parts]
    if arguments.list:
        for mutant in mutants:
            print(f"{mutant.file}:{mutant.line}: {mutant.before} -> {mutant.after}")
        return 0
    build([suites for _, suites in ROOMS if any(mutant.suites is suites for mutant in mutants)])
    workshop = Workshop()
    for name in sorted({mutant.file for mutant in mutants}):
        workshop.compile_original(name)
    reviewed = read_reviewed()
    results = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        found = pool.map(lambda pair: workshop.try_mutant(*pair), enumerate(mutants))
        for mutant, result in zip(mutants, found):
            if result == "survived" and (mutant.file, mutant.before, mutant.after) in reviewed:
                result = "reviewed"
            results[result] += 1
            if result == "survived":
                print(f"survived: {mutant.file}:{mutant.line}: {mutant.before} -> {mutant.after}", flush=True)
    tried = results["caught"] + results["survived"]
    rate = 100 * results["caught"] / tried if tried else 100.0
    print(f"mutation: {results['caught']} of {tried} caught ({rate:.1f} %); {results['reviewed']} reviewed survivors,"
          f" {results['same']} compile to the same code, {results['broken']} do not compile")
    return 0 if rate >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
