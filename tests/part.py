#!/usr/bin/env python3
"""Runs one part of the tests, says every few seconds that it still runs when it is silent, and how long it took.

usage: part.py TIMES NAME COMMAND...     run COMMAND; a line with NAME and the seconds is added to the file TIMES
       part.py TIMES                     print the file TIMES
"""

import os
import pathlib
import select
import subprocess
import sys
import time

SILENT_SECONDS = 10


def table(times):
    rows = [line.split("\t") for line in times.read_text().splitlines()]
    rows.append(("all", str(sum(float(seconds) for _, seconds in rows))))
    print("\nTime of each part of the tests, in seconds:")
    for name, seconds in rows:
        print(f"  {name:32}{float(seconds):8.1f}")


def copy(output, name, began):
    """Hands on what the command prints, and tells of its silences."""
    while True:
        ready, _, _ = select.select([output], [], [], SILENT_SECONDS)
        if not ready:
            print(f"  ({name}: running for {time.monotonic() - began:.0f} s)", flush=True)
            continue
        data = os.read(output.fileno(), 65536)
        if not data:
            return
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def main():
    times = pathlib.Path(sys.argv[1])
    if len(sys.argv) == 2:
        table(times)
        return 0
    name, command = sys.argv[2], sys.argv[3:]
    print(f"== {name}", flush=True)
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        copy(process.stdout, name, began)
    took = time.monotonic() - began
    print(f"== {name}: {took:.1f} s, {'failed' if process.returncode else 'passed'}", flush=True)
    times.parent.mkdir(parents=True, exist_ok=True)
    with times.open("a") as file:
        file.write(f"{name}\t{took:.1f}\n")
    return process.returncode if process.returncode >= 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
