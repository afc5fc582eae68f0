#!/usr/bin/env python3
"""Changes verify, the verdict cache, the access rules and the gate one comparison or return at a time, and
sees whether a unit test notices.

usage: mutate.py [--sample N] [--only WORD] [--part K/N] [--unreviewed] [--list]

All changes are compiled at once, into build/mutation (BUILD=DIR names another folder): each function has its body once
for each change, and a number chooses. With each number the tests of the module run until one fails: first those that
caught other changes of the file, then those of the file's own name, then the others, each time the cheapest first. They
are measured before without any change; one that takes ten times as long and a second has failed. Where one allocation
fails after the other, each seventh does (UNIT_FAULT_STEP=1: each; a survivor may be caught then). A survivor that an
optimizing compiler makes the very same code of is no change; the others have the tests that are not slow once more
under the sanitizers. What survives is printed; survivors.tsv holds those that were looked at and can make no difference
that a test could see, with the reason. A change outside of functions, or that does not compile, is left out, and
counted. Fails when less than 95 % of the others are caught in a module, or when one of those is caught after all.
"""

import argparse
import collections
import concurrent.futures
import csv
import os
import pathlib
import random
import re
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve() / "mutation"
LEAST = 95.0
WORKERS = os.cpu_count() or 1
CATCHERS = 6  # tests that caught something of a file lately, to be asked first

# The files of each room and the suites that must notice.
ROOMS = {
    "verify/*.c": re.compile(r"(verdict|verify(_\w+)?)/.*"),
    "cache/*.c": re.compile(r"verdict_cache(_\w+)?/.*"),
    "rules/*.c": re.compile(r"(request_\w+|rules(_\w+)?)/.*"),
    "service/gate*.c": re.compile(r"gate(_\w+)?/.*"),
    "report/denial.c": re.compile(r"(denial|gate)(_\w+)?/.*"),
}
SLOW_SECONDS = 0.03  # a test that takes more is left out under the sanitizers, which cost ten times as much
UNMEASURED_SECONDS = 200  # for a test of which is not known yet how long it takes
SWAPS = {
    "==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "&&": ["||"], "||": ["&&"],
}
OPERATOR = re.compile(r"(?<![-<>=!&|])(==|!=|<=|>=|&&|\|\||<(?![<=])|>(?![>=]))")
FUNCTION = re.compile(r"^(\w[^;{}=]*?)\b(\w+)\([^;{}]*\)\n\{.*?\n\}$", re.M | re.S)
LABEL = re.compile(r"^(\w+):$", re.M)
CONSTANT = re.compile(r"\breturn (true|false|0|1);")
BOOLEAN = re.compile(r"\breturn (?!true;|false;)([^;]+);")
UNSEEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^#[^\n]*(?:\\\n[^\n]*)*', re.S | re.M)

# A change, of which `other` stands in place of what is from start to end of the file; the function's name, or "", and
# the lines before and after it tell it from others.
Mutant = collections.namedtuple("Mutant", "room path start end other function line before after")


def blanked(source):
    """Comments, strings and the preprocessor's lines as blanks, all else where it was."""
    return UNSEEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)


def changes(source, seen, functions):
    """(start, end, replacement) of every change."""
    for match in OPERATOR.finditer(seen):
        for other in SWAPS[match[1]]:
            yield match.start(1), match.end(1), other
    for match in CONSTANT.finditer(seen):
        other = {"true": "false", "false": "true", "0": "1", "1": "0"}[match[1]]
        yield match.start(1), match.end(1), other
    for function in functions:
        if function[1].split()[-1:] == ["bool"]:
            for match in BOOLEAN.finditer(seen, function.start(), function.end()):
                yield match.start(1), match.end(1), f"!({source[match.start(1):match.end(1)]})"


def mutants_of(room, path):
    source = path.read_text(encoding="utf-8")
    seen = blanked(source)
    functions = list(FUNCTION.finditer(seen))
    for start, end, other in changes(source, seen, functions):
        first = source.rfind("\n", 0, start) + 1
        if source[first:start].isspace() or source[first:start].strip() == "return":
            first = source.rfind("\n", 0, first - 1) + 1  # a return says too little without its condition
        last = source.find("\n", end)
        before = " ".join(source[first:last].split())
        after = " ".join((source[first:start] + other + source[end:last]).split())
        name = next((function[2] for function in functions if function.start() < start < function.end()), "")
        yield Mutant(room, path, start, end, other, name, source.count("\n", 0, start) + 1, before, after)


def words_of(mutant):
    return f"{mutant.path.relative_to(ROOT)}:{mutant.line}: {mutant.before} -> {mutant.after}"


def key_of(mutant):
    """What the rows of survivors.tsv have."""
    return mutant.path.name, mutant.function, mutant.before, mutant.after


def with_bodies(path, mutants):
    """The file's text, where each function has a body for each of the mutants, by number, beside its own."""
    source = path.read_text(encoding="utf-8")
    text, at = "extern int chosen_mutant; " if mutants else "", 0
    for function in FUNCTION.finditer(blanked(source)):
        start, end = source.index("\n{", function.end(2)) + 1, function.end()
        labels = "".join(f"__label__ {name};" for name in LABEL.findall(source, start, end))
        bodies = "".join(f'if (chosen_mutant == {number})\n#line 1 "mutant-{number}"\n{{{labels}'
                         f"{source[start + 1:mutant.start]}{mutant.other}{source[mutant.end:end]} else\n"
                         for number, mutant in mutants.items() if start < mutant.start < end)
        if bodies:
            line = source.count("\n", 0, start) + 1
            text += f'{source[at:start]}{{\n{bodies}#line {line} "{path.name}"\n{{{labels}{source[start + 1:end]}}}'
            at = end
    return text + source[at:]


def write_sources(tree, mutants):
    """A copy of the sources with these mutants; what is the same as last time is left alone, for make."""
    for path in (tree / "src").glob("*/*"):
        if not (ROOT / path.relative_to(tree)).exists():
            path.unlink()
    for path in (ROOT / "src").glob("*/*.[ch]"):
        copy = tree / path.relative_to(ROOT)
        text = with_bodies(path, {number: mutant for number, mutant in mutants.items() if mutant.path == path})
        if not copy.exists() or copy.read_text(encoding="utf-8") != text:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8")


def build(target, mutants):
    """Makes a target of the Makefile from sources with these mutants; those that are in."""
    tree = BUILD / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    for name in ("Makefile", "tests"):
        (tree / name).unlink(missing_ok=True)
        (tree / name).symlink_to(ROOT / name)
    mutants = {number: mutant for number, mutant in mutants.items() if mutant.function}
    while True:
        write_sources(tree, mutants)
        done = subprocess.run(["make", "-C", tree, f"-kj{WORKERS}", f"BUILD={BUILD}", "WARNINGS=-w",
                               "CFLAGS=-O0", "RUNNER=$(BUILD)/obj/tests/../mutation/runner.o", target],
                              check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode == 0:
            return mutants
        broken = {int(number) for number in re.findall(r"^mutant-(\d+):\S* error:", done.stderr, re.M)}
        if not broken:
            sys.exit(f"{done.stderr[:2000]}\nmutate: the tests do not build")
        mutants = {number: mutant for number, mutant in mutants.items() if number not in broken}


class Tests:
    """Unit tests with mutants compiled in. Each thread has a process of theirs, which answers it: runner.c."""

    def __init__(self, program, is_wanted):
        self.program = program
        self.pool = concurrent.futures.ThreadPoolExecutor(WORKERS)
        self.local = threading.local()
        self.catchers = collections.defaultdict(list)  # tests, by file, the last one first
        self.runner()
        wanted = list(filter(is_wanted, self.places))
        took = dict(zip(wanted, self.pool.map(lambda name: self.ask(0, name, UNMEASURED_SECONDS), wanted)))
        if None in took.values():
            sys.exit(f"mutate: without any change fails: {', '.join(name for name in took if took[name] is None)}")
        self.seconds = dict(sorted(took.items(), key=lambda item: item[1]))  # what each takes, the cheapest first

    def runner(self):
        """This thread's process."""
        if not hasattr(self.local, "runner"):
            self.local.runner = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                                 stderr=subprocess.DEVNULL, text=True)
            names = iter(lambda: self.local.runner.stdout.readline().strip(), "")
            self.places = {name: place for place, name in enumerate(names)}
        return self.local.runner

    def ask(self, number, name, seconds):
        """The seconds that a test took with this mutant, or None when it failed."""
        runner = self.runner()
        runner.stdin.write(f"{number} {self.places[name]} {seconds}\n")
        runner.stdin.flush()
        answer = runner.stdout.readline().strip()
        return None if answer == "failed" else float(answer)

    def is_caught(self, number, mutant):
        """Whether a test of the mutant's room fails with it; the likeliest and cheapest first."""
        own = mutant.path.stem + "/"
        names = sorted(filter(ROOMS[mutant.room].fullmatch, self.seconds), key=lambda name: not name.startswith(own))
        catchers = self.catchers[mutant.path]
        for name in dict.fromkeys([*catchers, *names]):
            if self.ask(number, name, 1 + int(10 * self.seconds[name])) is None:
                self.catchers[mutant.path] = [name, *(other for other in catchers if other != name)][:CATCHERS]
                return True
        return False

    def survivors(self, mutants):
        """Those of the mutants that no test catches."""
        survivors = {}
        results = self.pool.map(lambda item: self.is_caught(*item), mutants.items())
        for count, ((number, mutant), caught) in enumerate(zip(mutants.items(), results), 1):
            if not caught:
                survivors[number] = mutant
            if not caught or count % 100 == 0:
                words = "" if caught else f", not caught: {words_of(mutant)}"
                print(f"{count} of {len(mutants)}{words}", file=sys.stderr, flush=True)
        return survivors


def is_same_code(mutant):
    """Whether an optimizing compiler makes the same of it."""
    source = mutant.path.read_text(encoding="utf-8")
    command = ["gcc", "-std=c17", "-w", "-O2", "-D_GNU_SOURCE", "-Isrc", f"-I{mutant.path.parent}", "-S", "-o-", "-xc", "-"]
    original, changed = (subprocess.run(command, cwd=ROOT, input=text, check=True, capture_output=True, text=True).stdout
                         for text in (source, source[:mutant.start] + mutant.other + source[mutant.end:]))
    return original == changed


def try_all(mutants):
    """What becomes of each mutant, by number: "caught", "same", "left out" or "survived"."""
    suites = [ROOMS[room] for room in {mutant.room for mutant in mutants.values()}]
    built = build(f"{BUILD}/unit-tests", mutants)
    plain = Tests(BUILD / "unit-tests", lambda name: any(suite.fullmatch(name) for suite in suites))
    survivors = plain.survivors(built)
    same = {number for number, mutant in survivors.items() if is_same_code(mutant)}
    survivors = {number: mutant for number, mutant in survivors.items() if number not in same}
    if survivors:
        build("sanitized", survivors)
        sanitized = Tests(BUILD / "sanitized/unit-tests", lambda name: plain.seconds.get(name, SLOW_SECONDS) < SLOW_SECONDS)
        survivors = sanitized.survivors(survivors)
    return {number: "left out" if number not in built else "same" if number in same else
            "survived" if number in survivors else "caught" for number in mutants}


def read_reviewed():
    with (HERE / "survivors.tsv").open(encoding="utf-8", newline="") as rows:
        return {(row["file"], row["function"], row["line"], row["becomes"])
                for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)}


def summary(room, results):
    """The line that tells of a room, and whether enough is caught."""
    caught, survived = results["caught"] + results["stale"], results["survived"]
    rate = 100 * caught / (caught + survived) if caught + survived else 100.0
    return (f"src/{room}: {caught} of {caught + survived} caught ({rate:.1f} %), {survived} open; {results['reviewed']} reviewed"
            f" survivors, {results['same']} compile to the same code, {results['left out']} left out"), rate >= LEAST


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, help="this many, chosen at random but always the same")
    parser.add_argument("--only", default="", help="only changes with this in what --list prints: src/verify/, rules_dn.c:77")
    parser.add_argument("--part", default="1/1", metavar="K/N", help="the K-th of N parts of them, for a run in pieces")
    parser.add_argument("--unreviewed", action="store_true",
                        help="leave the reviewed ones out: each takes as long as all tests of its module")
    parser.add_argument("--list", action="store_true", help="print the changes, try none")
    arguments = parser.parse_args()
    mutants = [mutant for room in ROOMS for path in sorted((ROOT / "src").glob(room))
               for mutant in mutants_of(room, path) if arguments.only in words_of(mutant)]
    reviewed = read_reviewed()
    if not arguments.only:
        gone = reviewed - {key_of(mutant) for mutant in mutants}
        print("".join(f"no change any more: {', '.join(row)}\n" for row in sorted(gone)), end="")
    if arguments.sample and arguments.sample < len(mutants):
        mutants = random.Random(1).sample(mutants, arguments.sample)
    part, parts = map(int, arguments.part.split("/"))
    mutants = mutants[part - 1::parts]
    if arguments.unreviewed:
        mutants = [mutant for mutant in mutants if key_of(mutant) not in reviewed]
    if arguments.list:
        print("\n".join(map(words_of, mutants)))
        return 0
    os.environ.setdefault("UNIT_FAULT_STEP", "7")
    results = collections.defaultdict(collections.Counter)
    for mutant, result in zip(mutants, try_all(dict(enumerate(mutants, 1))).values()):
        if key_of(mutant) in reviewed:
            result = {"survived": "reviewed", "caught": "stale"}.get(result, result)
        results[mutant.room][result] += 1
        if result in ("survived", "stale"):
            print(f"{result}: {words_of(mutant)}", flush=True)
    lines = [summary(room, its) for room, its in results.items()]
    print("\n".join(line for line, _ in lines))
    return 0 if all(enough for _, enough in lines) and not any(its["stale"] for its in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
