#!/usr/bin/env python3
"""Changes verify, the verdict cache, the access rules and the gate one comparison or return at a time, and
sees whether a unit test notices.

usage: mutate.py [--sample N] [--only WORD] [--part K/N] [--unreviewed] [--list]

Builds in build/mutation (BUILD=DIR names another folder). Of each change one file is compiled, without optimization,
and the tests of its module run until one fails: first those that caught other changes of the file, then those of the
file's own name, then the others, each time the cheapest first. They are measured before without any change; one that
takes ten times as long and a second has failed. Where one allocation fails after the other, each seventh does
(UNIT_FAULT_STEP=1: each; a survivor may be caught then). A survivor that an optimizing compiler makes the very same
code of is no change; another has the tests that are not slow once more under the sanitizers. What survives is printed;
survivors.tsv holds those that were looked at and can make no difference that a test could see, with the reason. Fails
when less than 95 % of the others are caught in a module, or when one of those is caught after all.
"""

import argparse
import collections
import concurrent.futures
import csv
import functools
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve() / "mutation"
LEAST = 95.0
WORKERS = os.cpu_count() or 1
CATCHERS = 6  # tests that caught something of a file lately, to be asked first
QUICK_LINK = ["-Wl,-S", *(["-fuse-ld=gold"] if shutil.which("ld.gold") else [])]

# The files of each room and the suites that must notice.
ROOMS = {
    "verify/*.c": re.compile(r"verdict|verify(_\w+)?"),
    "cache/*.c": re.compile(r"verdict_cache(_\w+)?"),
    "rules/*.c": re.compile(r"(request|rules)_\w+"),
    "service/gate*.c": re.compile(r"gate(_\w+)?"),
    "report/denial.c": re.compile(r"gate(_\w+)?"),
}
SLOW_SECONDS = 0.03  # a test that takes more is left out under the sanitizers, which cost ten times as much
UNMEASURED_SECONDS = 200  # for a test of which is not known yet how long it takes
SWAPS = {
    "==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "&&": ["||"], "||": ["&&"],
}
OPERATOR = re.compile(r"(?<![-<>=!&|])(==|!=|<=|>=|&&|\|\||<(?![<=])|>(?![>=]))")
FUNCTION = re.compile(r"^(\w[^;{}=]*?)\b(\w+)\([^;{}]*\)\n\{", re.M)
CONSTANT = re.compile(r"\breturn (true|false|0|1);")
BOOLEAN = re.compile(r"\breturn (?!true;|false;)([^;]+);")
UNSEEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^#[^\n]*(?:\\\n[^\n]*)*', re.S | re.M)

Mutant = collections.namedtuple("Mutant", "room path function line before after text")


def blanked(source):
    """Comments, strings and the preprocessor's lines as blanks, all else where it was."""
    return UNSEEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)


def function_at(seen, position):
    """Type and name of the function there."""
    heads = FUNCTION.findall(seen, 0, position)
    return heads[-1] if heads else ("", "")


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
        if function_at(seen, match.start())[0].split()[-1:] == ["bool"]:
            yield match.start(1), match.end(1), f"!({source[match.start(1):match.end(1)]})"


def mutants_of(room, path):
    source = path.read_text(encoding="utf-8")
    seen = blanked(source)
    for start, end, other in changes(source):
        text = source[:start] + other + source[end:]
        first = source.rfind("\n", 0, start) + 1
        if source[first:start].isspace() or source[first:start].strip() == "return":
            first = source.rfind("\n", 0, first - 1) + 1  # a return says too little without its condition
        last = source.find("\n", end)
        before = " ".join(source[first:last].split())
        after = " ".join((source[first:start] + other + source[end:last]).split())
        yield Mutant(room, path, function_at(seen, start)[1], source.count("\n", 0, start) + 1, before, after, text)


def words_of(mutant):
    return f"{mutant.path.relative_to(ROOT)}:{mutant.line}: {mutant.before} -> {mutant.after}"


def run(command, given="", **options):
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, check=False, text=True, errors="replace",
                          **options)


class Build:
    """The unit tests, built into a folder; how the Makefile compiles and links them, from what it would do."""

    def __init__(self, target, folder):
        self.folder = folder
        make = ["make", f"-j{WORKERS}", "RUNNER=", f"BUILD={BUILD}", target]
        if subprocess.run(make, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode != 0:
            sys.exit("mutate: the tests do not build")
        lines = run([*make, "V=1", "-Bn"]).stdout.split("\n")
        self.compiles = shlex.split(next(line for line in lines if " -c " in line and line.endswith("/verify.c")))
        self.links = shlex.split(next(line for line in lines if f"-o {folder}/unit-tests" in line))
        if not self.compile(HERE / "runner.c", folder / "runner.o"):
            sys.exit("mutate: runner.c does not compile")

    def compile(self, source, target, *options):
        """Without ccache, which has never seen a mutant before."""
        command = [word for word in self.compiles[:-1] if word not in ("-MMD", "-MP", "-Werror", "-g")]
        command[command.index("-o") + 1] = str(target)
        return run([*command, "-w", "-Itests", *options, str(source)],
                   env={**os.environ, "CCACHE_DISABLE": "1"}).returncode == 0

    def code_of(self, source, text):
        """What is made of the text, without the source's name."""
        source.write_text(text, encoding="utf-8")
        target = source.with_suffix(".bare")
        self.compile(source, target)
        run(["strip", "--strip-unneeded", str(target)])
        return target.read_bytes()

    def link(self, program, *objects):
        command = [*self.links, *QUICK_LINK]
        command[command.index("-o") + 1] = str(program)
        at = command.index("-o") + 2  # before the libraries, so that they count
        command[at:at] = map(str, [self.folder / "runner.o", *objects])
        return run(command).returncode == 0


class Workshop:
    def __init__(self, rooms):
        BUILD.mkdir(parents=True, exist_ok=True)
        self.plain = Build(f"{BUILD}/unit-tests", BUILD)
        self.once = threading.Lock()
        self.catchers = collections.defaultdict(list)  # tests, by file, the last one first
        if not self.plain.link(BUILD / "unchanged"):
            sys.exit("mutate: the tests do not link")
        self.seconds = self.measure(BUILD / "unchanged", rooms)  # what each test takes, the cheapest first

    @functools.cached_property
    def sanitized(self):
        return Build("sanitized", BUILD / "sanitized")

    @staticmethod
    def measure(program, rooms):
        """What each test of the rooms takes; they hold as long as nothing is changed."""
        names = [name for name in run([program, "--list"]).stdout.split()
                 if any(ROOMS[room].fullmatch(name.partition("/")[0]) for room in rooms)]
        passed, failed = run_tests(program, {name: UNMEASURED_SECONDS for name in names})
        if failed is not None:
            sys.exit(f"mutate: {failed} fails without any change")
        return dict(sorted(passed.items(), key=lambda item: item[1]))

    def tests_for(self, mutant):
        """The tests that must notice, the likeliest and cheapest first."""
        own = mutant.path.stem + "/"
        names = [name for name in self.seconds if ROOMS[mutant.room].fullmatch(name.partition("/")[0])]
        names.sort(key=lambda name: not name.startswith(own))  # those of one kind stay in their order
        return dict.fromkeys([*self.catchers[mutant.path], *names])

    def try_mutant(self, number, mutant):
        """"caught", "same" (no other code), "broken" (does not compile) or "survived"."""
        folder = BUILD / f"mutant-{number}"
        folder.mkdir(exist_ok=True)
        source, target, program = folder / mutant.path.name, folder / "mutant.o", folder / "unit-tests"
        try:
            source.write_text(mutant.text, encoding="utf-8")
            if not self.plain.compile(source, target, "-O0") or not self.plain.link(program, target):
                return "broken"
            if self.is_caught(program, mutant):
                return "caught"
            original = mutant.path.read_text(encoding="utf-8")
            if self.plain.code_of(source, original) == self.plain.code_of(source, mutant.text):
                return "same"
            return "caught" if self.is_caught_sanitized(source, mutant) else "survived"
        finally:
            shutil.rmtree(folder)

    def is_caught(self, program, mutant):
        test = run_tests(program, {name: 1 + int(10 * self.seconds[name]) for name in self.tests_for(mutant)})[1]
        if test is not None:
            others = [other for other in self.catchers[mutant.path] if other != test]
            self.catchers[mutant.path] = [test, *others][:CATCHERS]
        return test is not None

    def is_caught_sanitized(self, source, mutant):
        target, program = source.with_suffix(".sanitized.o"), source.with_suffix(".sanitized")
        with self.once:
            tests = self.sanitized
        if not tests.compile(source, target) or not tests.link(program, target):
            sys.exit(f"mutate: {words_of(mutant)} does not compile with the sanitizers")
        return run_tests(program, {name: 10 + int(100 * self.seconds[name]) for name in self.tests_for(mutant)
                                   if self.seconds[name] < SLOW_SECONDS})[1] is not None


def run_tests(program, tests):
    """Runs tests, of which the seconds that each may take are given, until one fails: the seconds that each took which
    held, and the one that failed or None."""
    done = run([program], given="".join(f"{name} {seconds}\n" for name, seconds in tests.items()))
    if done.returncode not in (0, 1):
        sys.exit(f"mutate: {done.stderr or done.returncode}")
    words = done.stdout.split()
    return dict(zip(words[::2], map(float, words[1::2]))), words[-1] if done.returncode == 1 else None


def read_reviewed():
    with (HERE / "survivors.tsv").open(encoding="utf-8", newline="") as rows:
        return {(row["file"], row["function"], row["line"], row["becomes"])
                for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)}


def key_of(mutant):
    """What the rows of survivors.tsv have."""
    return mutant.path.name, mutant.function, mutant.before, mutant.after


def try_all(workshop, mutants, reviewed):
    """(mutant, result) of each, in their order; what was reviewed is "reviewed", or "stale" when it is caught."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for mutant, result in zip(mutants, pool.map(lambda pair: workshop.try_mutant(*pair), enumerate(mutants))):
            if key_of(mutant) in reviewed:
                result = {"survived": "reviewed", "caught": "stale"}.get(result, result)
            yield mutant, result


def summary(room, results):
    """The line that tells of a room, and whether enough is caught."""
    caught, survived = results["caught"] + results["stale"], results["survived"]
    rate = 100 * caught / (caught + survived) if caught + survived else 100.0
    return (f"src/{room}: {caught} of {caught + survived} caught ({rate:.1f} %), {survived} open; {results['reviewed']} reviewed"
            f" survivors, {results['same']} compile to the same code, {results['broken']} do not compile"), rate >= LEAST


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
    workshop = Workshop({mutant.room for mutant in mutants})
    results = collections.defaultdict(collections.Counter)
    for mutant, result in try_all(workshop, mutants, reviewed):
        results[mutant.room][result] += 1
        if result in ("survived", "stale"):
            print(f"{result}: {words_of(mutant)}", flush=True)
    lines = [summary(room, its) for room, its in results.items()]
    print("\n".join(line for line, _ in lines))
    return 0 if all(enough for _, enough in lines) and not any(its["stale"] for its in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
