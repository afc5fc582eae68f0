"""Calls that fail on purpose in a peercert that a test has started: fault.c and fault_memory.c, preloaded."""

import mmap
import pathlib
import struct
import subprocess

FORMAT = "=iiii"


def build(folder, name):
    """The library of NAME.c."""
    made = folder / f"{name}.so"
    source = pathlib.Path(__file__).with_name(f"{name}.c")
    subprocess.run(["cc", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O1", "-fPIC", "-shared", "-o", made, source],
                   check=True)
    return made


class Faults:
    """The control file of fault_control.h; `environment` is for the program. One of `step` calls is tried by `each`."""

    def __init__(self, library, path, step=1):
        self.step = step
        self.environment = {"LD_PRELOAD": str(library), "FAULT_CONTROL": str(path)}
        path.write_bytes(bytes(struct.calcsize(FORMAT)))
        path.chmod(0o666)
        with path.open("r+b") as file:
            self.map = mmap.mmap(file.fileno(), struct.calcsize(FORMAT))

    def arm(self, number, and_after=False):
        self.map[:] = struct.pack(FORMAT, number, int(and_after), 0, 0)

    def failed(self):
        return struct.unpack(FORMAT, self.map[:])[3] != 0

    def each(self, and_after=False):
        """The numbers of the calls of what is done in the loop, until there are no more: all, or some of them."""
        number, failed = 1 - self.step, True
        while failed:
            number += self.step
            self.arm(number, and_after)
            yield number
            failed = self.failed()
            self.arm(0)
