#!/usr/bin/env python3
"""Which branches of verify, the verdict cache, the access rules and the gate no unit test takes.

usage: branches.py OBJECTS

OBJECTS is the folder of a build with --coverage whose unit tests have run. reviewed.tsv holds the lines with branches
that were looked at and that no unit test can or need take, with the reason. Fails when there are others.
"""

import collections
import csv
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Lines that are macros of uthash, with branches of their own.
MACROS = ("HASH_", "DL_", "LL_")
ROOMS = r"src/(verify/|cache/|rules/|service/gate).*\.c"


def measure(objects):
    done = subprocess.run(["gcovr", "--root", ROOT, "--filter", ROOMS, "--json", "-", objects],
                          cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["files"]


def words_of(path, number):
    """The line, with the one after it when it goes on there."""
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    words = lines[number - 1].strip()
    if not words.endswith((";", "{", "}", ")")):
        words += " " + lines[number].strip()
    return words


def read_reviewed():
    with (HERE / "reviewed.tsv").open(encoding="utf-8", newline="") as rows:
        return collections.Counter({(row["file"], row["line"]): int(row["branches"])
                                    for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)})


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    missed, places, count = collections.Counter(), {}, 0
    for file in measure(sys.argv[1]):
        for line in file["lines"]:
            branches, words = line["branches"], words_of(file["file"], line["line_number"])
            if words.startswith(MACROS):
                continue
            count += len(branches)
            never = sum(branch["count"] == 0 for branch in branches)
            if never:
                key = (pathlib.Path(file["file"]).name, words)
                missed[key] += never
                places.setdefault(key, []).append(line["line_number"])
    if count == 0:
        sys.exit("branches: nothing was measured")
    reviewed = read_reviewed()
    taken = count - missed.total()
    print(f"Branches of verify, verdict_cache, rules and gate: {taken} of {count} taken ({100 * taken / count:.1f} %), "
          f"{(missed & reviewed).total()} of the others reviewed")
    new, stale = missed - reviewed, reviewed - missed
    for (name, words), number in sorted(new.items()):
        print(f"not taken: {name}:{places[name, words][0]}: {number} of: {words}")
    for (name, words), number in sorted(stale.items()):
        print(f"taken by now, to be taken out of reviewed.tsv: {name}: {number} of: {words}")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
