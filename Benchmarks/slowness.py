"""How often the machine itself is slow: on a shared one the same instructions take ten times as long for some milliseconds,
and what is measured then says nothing about the program."""

import subprocess
import sys

# Prints, when its standard input ends, the share of its rounds that took more than four times the processor time of the median
# one. A round is 40 µs of arithmetic in each millisecond.
PROBE = """
import select, statistics, sys, time
times = []
while not select.select([sys.stdin], [], [], 0.001)[0]:
    start = time.thread_time()
    for number in range(600):
        number * number
    times.append(time.thread_time() - start)
usual = statistics.median(times)
print(sum(time > 4 * usual for time in times) / len(times))
"""


class Slowness:
    """`share` is known after the block."""

    def __enter__(self):
        self.probe = subprocess.Popen([sys.executable, "-c", PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self.share = float(self.probe.communicate()[0])
