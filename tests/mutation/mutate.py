#!/usr/bin/env python3
"""Changes verify, the verdict cache, the access rules and the gate one comparison or return at a time, and
sees whether a unit test notices.

usage: mutate.py [--sample N] [--only WORD] [--part K/N] [--unreviewed] [--list]

Builds in build/mutation (BUILD=DIR names another folder). Of each change one file is compiled, and tests of its own
module run until one fails: first those that caught other changes of the file, then cheap ones, failing allocations last.
A change that compiles to the very same code is none. What survives is printed; survivors.tsv holds those that were
looked at and can make no difference that a test could see, with the reason. Fails when less than 95 % of the others are
caught in a module, or when one of those is caught after all.
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
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve() / "mutation"
LEAST = 95.0
WORKERS = os.cpu_count() or 1
CATCHERS = 6  # tests that caught something of a file lately, to be asked first
QUICK_LINK = ["-Wl,-S", *(["-fuse-ld=gold"] if shutil.which("ld.gold") else [])]

# The files of each room and the suites that must notice, the cheap ones first.
GATE = ["gate!(_memory)/*", "gate_memory/*"]
ROOMS = {
    "verify/*.c": ["@(verdict|verify_!(search|stranger|random|mutations|memory))/*", "@(verify|verify_search|verify_stranger)/*",
                   "@(verify_random|verify_mutations)/*", "verify_memory/*"],
    "cache/*.c": ["verdict_cache*/*"],
    "rules/*.c": ["@(request_*|rules_!(memory*))/*", "rules_memory*/*"],
    "service/gate*.c": GATE,
    "report/denial.c": GATE,
}
SWAPS = {
    "==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "&&": ["||"], "||": ["&&"],
}
OPERATOR = re.compile(r"(?<![-<>=!&|])(==|!=|<=|>=|&&|\|\||<(?![<=])|>(?![>=]))")
FUNCTION = re.compile(r"^(\w[^;{}=]*?)\b(\w+)\([^;{}]*\)\n\{", re.M)
CONSTANT = re.compile(r"\breturn (true|false|0|1);")
BOOLEAN = re.compile(r"\breturn (?!true;|false;)([^;]+);")
UNSEEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^#[^\n]*(?:\\\n[^\n]*)*', re.S | re.M)

Mutant = collections.namedtuple("Mutant", "room file function line before after text suites")


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


def own_suite(path):
    """The tests of the file's own name, which are asked first: they are few, and the likeliest to notice."""
    tests = next((ROOT / "tests/unit").glob(f"*/test_{path.stem}.c"), None)
    return [f"{path.stem}/*"] if tests and f"({path.stem}, " in tests.read_text(encoding="utf-8") else []


def mutants_of(room, path):
    source = path.read_text(encoding="utf-8")
    suites = own_suite(path) + ROOMS[room]
    seen = blanked(source)
    for start, end, other in changes(source):
        text = source[:start] + other + source[end:]
        first = source.rfind("\n", 0, start) + 1
        if source[first:start].isspace() or source[first:start].strip() == "return":
            first = source.rfind("\n", 0, first - 1) + 1  # a return says too little without its condition
        last = source.find("\n", end)
        before = " ".join(source[first:last].split())
        after = " ".join((source[first:start] + other + source[end:last]).split())
        yield Mutant(room, path.name, function_at(seen, start)[1], source.count("\n", 0, start) + 1, before, after, text,
                     suites)


def words_of(mutant):
    folder = mutant.room.partition("/")[0]
    return f"src/{folder}/{mutant.file}:{mutant.line}: {mutant.before} -> {mutant.after}"


def run(command, **options):
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False, **options)


def make_variables():
    """How the Makefile compiles and links, from what it would do."""
    done = run(["make", "V=1", "-Bn", "RUNNER=", f"BUILD={BUILD}", str(BUILD / "unit-tests")], text=True)
    compiles = next(line for line in done.stdout.split("\n") if " -c " in line and line.endswith("src/verify/verify.c"))
    links = next(line for line in done.stdout.split("\n") if f"-o {BUILD}/unit-tests" in line)
    return shlex.split(compiles), shlex.split(links)


class Workshop:
    def __init__(self):
        self.compiles, self.links = make_variables()
        self.runner = BUILD / "runner.o"
        self.codes = {}  # object code of the originals, by file
        self.catchers = collections.defaultdict(list)  # tests, by file, the last one first
        if not self.compile(HERE / "runner.c", self.runner):
            sys.exit("mutate: runner.c does not compile")

    def compile(self, source, target):
        """Without ccache, which has never seen a mutant before."""
        command = [word for word in self.compiles[:-1] if word not in ("-MMD", "-MP", "-Werror", "-g")]
        command[command.index("-o") + 1] = str(target)
        return run([*command, "-Itests", str(source)], env={**os.environ, "CCACHE_DISABLE": "1"}).returncode == 0

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

    def link(self, program, *objects):
        command = [*self.links, *QUICK_LINK]
        command[command.index("-o") + 1] = str(program)
        at = command.index("-o") + 2  # before the libraries, so that they count
        command[at:at] = map(str, [self.runner, *objects])
        return run(command).returncode == 0

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
            if not self.link(program, target):
                return "broken"
            return self.judge(program, mutant)
        finally:
            for path in folder.glob("*"):
                path.unlink()
            folder.rmdir()

    def judge(self, program, mutant):
        catchers = self.catchers[mutant.file]
        test = failing_test(program, catchers + mutant.suites)
        if test is None:
            return "survived"
        catchers[:] = [test, *(other for other in catchers if other != test)][:CATCHERS]
        return "caught"


def failing_test(program, patterns):
    """The first test that fails, None when none does."""
    done = run([str(program), *patterns], text=True, errors="replace")
    if done.returncode not in (0, 1):
        sys.exit(f"mutate: {done.stderr or done.returncode}")
    return done.stdout.split()[-1] if done.returncode == 1 else None


def read_reviewed():
    with (HERE / "survivors.tsv").open(encoding="utf-8", newline="") as rows:
        return {(row["file"], row["function"], row["line"], row["becomes"])
                for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)}


def build(suites):
    """A workshop whose tests hold as long as nothing is changed."""
    BUILD.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["make", f"-j{WORKERS}", "RUNNER=", f"BUILD={BUILD}", str(BUILD / "unit-tests")], cwd=ROOT,
                          check=False, stdout=subprocess.DEVNULL)
    workshop = Workshop()
    if done.returncode != 0 or not workshop.link(BUILD / "unchanged"):
        sys.exit("mutate: the tests do not build")
    test = failing_test(BUILD / "unchanged", suites)
    if test is not None:
        sys.exit(f"mutate: {test} fails without any change")
    return workshop


def key_of(mutant):
    """What the rows of survivors.tsv have."""
    return mutant.file, mutant.function, mutant.before, mutant.after


def try_all(workshop, mutants, reviewed):
    """(mutant, result) of each, in their order; what was reviewed is "reviewed", or "stale" when it is caught."""
    for name in sorted({mutant.file for mutant in mutants}):
        workshop.compile_original(name)
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
    if arguments.sample and arguments.sample < len(mutants):
        mutants = random.Random(1).sample(mutants, arguments.sample)
    part, parts = map(int, arguments.part.split("/"))
    mutants = mutants[part - 1::parts]
    reviewed = read_reviewed()
    if arguments.unreviewed:
        mutants = [mutant for mutant in mutants if key_of(mutant) not in reviewed]
    if arguments.list:
        print("\n".join(map(words_of, mutants)))
        return 0
    workshop = build(sorted({suite for mutant in mutants for suite in mutant.suites}))
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
