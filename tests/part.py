#!/usr/bin/env python3
"""Runs one part of the tests, says every few seconds that it still runs when it is silent, and how long it took.

usage: part.py TIMES NAME COMMAND... [--beside NAME COMMAND...]
                                         run COMMAND; a line with NAME and the seconds is added to the file TIMES. The
                                         other one runs at the same time with what processors are idle, and is
                                         shown after it
       part.py TIMES                     print the file TIMES
"""

import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time

SILENT_SECONDS = 10


def table(times):
    """The time of what ran beside another part counts as far as it went on after it."""
    rows = [line.split("\t") for line in times.read_text().splitlines()]
    print("\nTime of each part of the tests, in seconds:")
    for name, seconds, counts in rows:
        print(f"  {name:32}{float(seconds):8.1f}{'' if seconds == counts else '  at the same time'}")
    print(f"  {'all':32}{sum(float(counts) for _, _, counts in rows):8.1f}")


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


class Part:
    """A command that runs. `beside`: with what processors are idle, its output kept until the other one has ended."""

    def __init__(self, words, beside=False):
        self.name, command = words[0], words[1:]
        self.began, self.output = time.monotonic(), tempfile.TemporaryFile() if beside else subprocess.PIPE
        command = ["nice", *command] if beside else command
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT)

    def follow(self):
        """Shows what it prints until it ends."""
        print(f"== {self.name}", flush=True)
        copy(self.process.stdout, self.name, self.began)
        self.end()

    def show(self):
        """Waits for its end, and shows what it has printed."""
        print(f"== {self.name}, at the same time", flush=True)
        while True:
            try:
                self.process.wait(SILENT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                print(f"  ({self.name}: running for {time.monotonic() - self.began:.0f} s)", flush=True)
        self.output.seek(0)
        sys.stdout.buffer.write(self.output.read())
        self.end()

    def end(self):
        self.process.wait()
        self.took = time.monotonic() - self.began
        print(f"== {self.name}: {self.took:.1f} s, {'failed' if self.process.returncode else 'passed'}", flush=True)


def pass_on_signals(parts):
    """What ends this ends the commands, and waits for them. Ctrl-C at the terminal reaches them anyway."""
    def hand_on(number, _):
        for part in parts:
            part.process.send_signal(number)
    signal.signal(signal.SIGTERM, hand_on)
    signal.signal(signal.SIGHUP, hand_on)
    signal.signal(signal.SIGINT, lambda *_: None)


def main():
    times = pathlib.Path(sys.argv[1])
    if len(sys.argv) == 2:
        table(times)
        return 0
    words = sys.argv[2:]
    split = words.index("--beside") if "--beside" in words else len(words)
    part = Part(words[:split])
    beside = Part(words[split + 1:], beside=True) if split < len(words) else None
    parts = [part, beside] if beside else [part]
    pass_on_signals(parts)
    part.follow()
    lines = [f"{part.name}\t{part.took:.1f}\t{part.took:.1f}\n"]
    if beside:
        beside.show()
        # It may have ended before the other one; then it has cost nothing.
        lines.append(f"{beside.name}\t{beside.took:.1f}\t{max(beside.took - part.took, 0):.1f}\n")
    times.parent.mkdir(parents=True, exist_ok=True)
    with times.open("a") as file:
        file.writelines(lines)
    return 1 if any(one.process.returncode for one in parts) else 0


if __name__ == "__main__":
    sys.exit(main())
