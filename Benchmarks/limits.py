"""The doors for text from outside, each with its worst input at the limit, at half and at a quarter of it: the time, how it grows,
and the longest that /healthz of the same process waits meanwhile. Then what a stranger may make a process hold, with its memory.

Twice the input may take 2.5 times as long; times below 5 ms say more about the machine. `DOORS="json mime"` takes those whose
name has one of these words; `TABLE=docs/limits.md` puts the figures into that file.
"""

import contextlib
import http.client
import itertools
import multiprocessing
import os
import time

import doors_http
import doors_mail
import doors_memory
import doors_redis
from harness import judge

RUNS = int(os.environ.get("RUNS", "5"))
GROWTH = 2.5
STALL_MS = float(os.environ.get("STALL_MS", "50"))
FLOOR_MS = 5
MEMORY_MB = 256
# The rows of the table: of the doors, and of the memory.
DOORS, HELD = [], []
# More connections than event loops, so that each loop has some.
PROBES = 16


def probe(port, control):
    """From one word on `control` to the next asks for /healthz without a pause, then says how long the longest wait was."""
    def wait(connection):
        began = time.monotonic()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        return time.monotonic() - began

    while control.recv():
        # The server has closed those that were idle.
        connections = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(PROBES)]
        for connection in connections:
            wait(connection)
        control.send(True)
        longest = 0
        for connection in itertools.cycle(connections):
            longest = max(longest, wait(connection))
            if control.poll():
                break
        control.recv()
        control.send(longest * 1000)


class Prober:
    """A process that asks for /healthz while it is told to."""

    def __init__(self, port):
        self.control, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=probe, args=(port, theirs), daemon=True)
        self.process.start()
        # The first requests of a process find nothing in its caches.
        self.longest(lambda: time.sleep(1))

    def longest(self, act):
        """The longest wait while this is done, in milliseconds."""
        self.control.send(True)
        self.control.recv()
        act()
        self.control.send(True)
        return self.control.recv()

    def end(self):
        with contextlib.suppress(OSError):
            self.control.send(False)
        self.process.join(5)


def milliseconds(send, item):
    began = time.monotonic()
    send(item)
    return (time.monotonic() - began) * 1000


def measure(name, limit, make, send, prober):
    """The best of some runs counts for the time, in which nobody asks for /healthz; the worst of others for the stall."""
    send(make(min(limit, 64)))
    items = [make(size) for size in (limit // 4, limit // 2, limit)]
    runs = [[milliseconds(send, item) for item in items] for _ in range(RUNS)]
    stall = prober.longest(lambda: [send(items[2]) for _ in range(RUNS)])
    whole = min(run[2] for run in runs)
    quarter, half, all = (max(time, FLOOR_MS) for time in map(min, zip(*runs)))
    # For twice the input, of one doubling or two: a step of a cache or of the allocator lies in one of them.
    growth = min(all / half, (all / quarter) ** 0.5)
    DOORS.append(f"| {name} | {limit:,} | {whole:.1f} | {growth:.1f} | {stall:.0f} |")
    judge(
        f"limits: {name}", f"{limit:,} bytes in {whole:.1f} ms, factor {growth:.1f}, stall {stall:.0f} ms",
        growth <= GROWTH and stall <= STALL_MS, f"factor {GROWTH}, stall {STALL_MS:.0f} ms")


def measure_memory(name, start, fill):
    with doors_memory.started(start) as (process, port, own):
        prober = Prober(port)
        took = 0

        def act():
            nonlocal took
            took = milliseconds(own or fill, port)

        stall = prober.longest(act)
        prober.end()
        peak = doors_memory.peak(process)
    HELD.append(f"| {name} | {peak:.0f} | {stall:.0f} |")
    judge(
        f"limits: {name}", f"{peak:.0f} MB, {took:,.0f} ms, stall {stall:.0f} ms", peak <= MEMORY_MB, f"{MEMORY_MB} MB")


def write_table(path):
    """Puts the rows behind the heads of the file's tables, in the place of those that are there."""
    with open(path) as file:
        lines = file.read().split("\n")
    rows = iter((DOORS, HELD))
    written = []
    for line in lines:
        if line.startswith("| ---"):
            written += [line, *next(rows)]
        elif not line.startswith("| ") or line.startswith("| Input"):
            written.append(line)
    with open(path, "w") as file:
        file.write("\n".join(written))


def main():
    words = os.environ.get("DOORS", "").split()
    for doors in (doors_http.doors, doors_mail.doors, doors_mail.server_doors, doors_redis.doors, doors_redis.server_doors):
        with doors() as (port, measured):
            prober = Prober(port)
            for name, limit, make, send in measured:
                if not words or any(word in name for word in words):
                    measure(name, limit, make, send, prober)
            prober.end()
    for name, start, fill in doors_memory.cases():
        if not words or any(word in name for word in words):
            measure_memory(name, start, fill)
    if os.environ.get("TABLE"):
        write_table(os.environ["TABLE"])


if __name__ == "__main__":
    main()
