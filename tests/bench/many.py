"""What many certificates and many threads cost: parts of run."""

import os
import subprocess

import measure
from contestants import Cold, Warm
from measure import ROUNDS, SECONDS, cpu, load, median, memory, on_processor

MOST_DISTINCT = int(os.environ.get("BENCH_DISTINCT", "1000000"))


class MintedCold(Cold):
    key = "minted-cold"

    def command_line(self):
        line = super().command_line()
        line[line.index("--ca") + 1] = self.certificates.ec_ca
        return line


class Minted(MintedCold):
    key, cache = "minted", 1024


class MintedRoomy(MintedCold):
    key, cache = "minted-roomy", 1500000


MIB_OF_A_MILLION = 12000
TURNS = 4  # of which the least is said: nothing is beside it that a neighbour's load would slow as much


def many_of(kind, folder, certificates, minted, count):
    """CPU of an answer and memory, of a responder that was started for this."""
    roomy = kind is MintedRoomy
    if roomy and count == 1000000 and measure.available() < MIB_OF_A_MILLION:
        return ["", ""]
    one = kind(folder, certificates, 0)
    try:
        requests = max(20000, count if one.cache else min(count, 100000))
        # So that it is warm where it can be; a certificate belongs to the warm ones when it has come again.
        first = 2 * count if roomy else min(count * 3, 4000)
        load(one.socket, minted, max(16, first), "-m")
        used = []
        for turn in range(TURNS):
            before = cpu(one.pid)
            with on_processor(turn):
                load(one.socket, minted, requests // TURNS, "-m")
            used.append((cpu(one.pid) - before) / (requests // TURNS))
        return [f"{min(used):.1f}", f"{memory(one.pid):.1f}"]
    finally:
        one.stop()


def many_certificates(paper, folder, certificates):
    """Distinct certificates by turns: those that the cache holds are warm, those beyond it cold."""
    minted, rows = folder / "minted", []
    counts = [count for count in (1, 100, 1000, 10000, 100000, 1000000) if count <= MOST_DISTINCT]
    for count in counts:
        subprocess.run([measure.BUILD / "bench/mint", str(count), certificates.ec_ca,
                        measure.Certificates.key(certificates.ec_ca), minted], check=True)
        row = [f"{count:,}"]
        for kind in (MintedRoomy, MintedCold, Minted):
            row += many_of(kind, folder, certificates, minted, count)
        rows.append(row)
    minted.unlink()
    paper.say("## From one to a million distinct certificates")
    paper.say()
    paper.say("EC P-256, each asked for by turns; CPU microseconds per request, the least of four turns, and peak memory "
              "(MiB): with room for all (`--cache 1500000`), without a cache (of the million, 100,000 there), and with the "
              "default of 1,024 entries. Beyond 1,024 by turns nothing is asked for again in time there: every answer is cold.")
    paper.say()
    paper.table(["certificates", "CPU us, room for all", "MiB", "CPU us, no cache", "MiB", "CPU us, 1,024 entries", "MiB"],
                rows)


def many_threads(paper, folder, certificates):
    running, rows = [], {}
    try:
        for count in (1, 2, 4, 8, 16, 32, 64):
            kind = type("Threads", (Warm,), {"key": "threads", "threads": count})
            running.append(kind(folder, certificates, 0))
            load(running[-1].socket, certificates.client, 1000)
        for turn in range(ROUNDS):
            for one in running:
                count = int(15000 * SECONDS)
                before = cpu(one.pid)
                with on_processor(turn):
                    rate = load(one.socket, certificates.client, count)[0]
                rows.setdefault(one.threads, []).append([rate, (cpu(one.pid) - before) / count, memory(one.pid)])
    finally:
        for one in running:
            one.stop()
    paper.say("## From one to 64 threads, warm")
    paper.say()
    paper.table(["threads", "requests/s", "CPU us per request", "peak memory MiB"],
                [[str(count), f"{rate:,.0f}", f"{used:.1f}", f"{peak:.1f}"]
                 for count, (rate, used, peak) in ((count, median(row)) for count, row in rows.items())])


class Filled(Minted):
    key, threads = "filled", 16


def memory_when_warm(paper, folder, certificates):
    minted = folder / "minted"
    subprocess.run([measure.BUILD / "bench/mint", "1000", certificates.ec_ca,
                    measure.Certificates.key(certificates.ec_ca), minted], check=True)
    one = Filled(folder, certificates, 0)
    try:
        for _ in range(5):
            load(one.socket, minted, 10000, "-m", "-c", "64")
        resident = memory(one.pid, "VmRSS")
    finally:
        one.stop()
    paper.say("## Memory")
    paper.say()
    paper.say(f"16 threads, a warm cache of 1,000 entries, 50,000 requests served: {resident:.1f} MiB resident (goal: 12).")
    paper.say()
