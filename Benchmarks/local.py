"""The strategy local: the cost of three processes against one, the master's CPU per mail, and the restart of a child."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.request

from harness import ROUNDS, SECONDS, binary, compare, processor_seconds, serve, spread, judge, wrk

NOWHERE = ("--smtp-url", "discard:")


def fire_and_forget():
    with serve("--strategy", "fire-and-forget", *NOWHERE) as (_, port):
        return wrk(port)


def number(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
        text = page.read().decode()
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M).group(1))


def sent_mails(port):
    """Mails that were sent, once none is under way: a round counts only if the worker sends them all."""
    end = time.monotonic() + 60
    while number(port, "bgdemo_mails_in_flight") > 0:
        if time.monotonic() > end:
            raise SystemExit("the mails of a round were not sent within a minute of its end")
        time.sleep(0.2)
    time.sleep(1.1)  # The master reports its numbers once a second.
    return number(port, 'bgdemo_sends_total{outcome="sent"}')


def local(costs, *options):
    with serve("--strategy", "local", *NOWHERE, *options) as (master, port):
        wrk(port, seconds=1)
        before, used = sent_mails(port), processor_seconds(master)
        rate = wrk(port)
        mails = sent_mails(port) - before
        costs.append((processor_seconds(master) - used) / mails * 1e6)
        return rate


def spooled(costs):
    with tempfile.TemporaryDirectory() as folder:
        return local(costs, "--spool", os.path.join(folder, "spool"), "--spool-sync", "100ms")


@contextlib.contextmanager
def output_lines():
    """`serve --strategy local`; yields its output, line by line."""
    arguments = [binary("bgdemo"), "serve", "--strategy", "local", "--port", "0", *NOWHERE]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process.stdout
    finally:
        process.terminate()
        process.communicate()


def restart_times(title, times):
    """Milliseconds from `kill -9` of a child to `ready` of the next one."""
    found = []
    killed = None
    with output_lines() as lines:
        for line in lines:
            ready = re.search(rf"\[{title} @ (\d+)\] ready", line)
            if not ready:
                continue
            if killed:
                found.append((time.monotonic() - killed) * 1000)
            if len(found) == times:
                break
            killed = time.monotonic()
            os.kill(int(ready.group(1)), signal.SIGKILL)
    return found


def main():
    plain, kept = [], []
    compare(
        f"local: discard:, wrk -c64 for {SECONDS} s", "requests/s", lambda: local(plain), fire_and_forget,
        "fire-and-forget", 0.6)
    compare(
        "local: --spool, synced each 100 ms", "requests/s", lambda: spooled(kept), fire_and_forget, "fire-and-forget",
        0.45)
    for name, costs in (("in memory", plain), ("with a spool", kept)):
        judge(f"local: the master's CPU per mail, {name}", f"{spread(costs, '{:.1f}')} µs", max(costs) < 20, "under 20 µs")
    for title in ("email worker", "web server"):
        times = restart_times(title, 2 * ROUNDS)
        judge(
            f"local: restart of a killed {title}", f"{spread(times)} ms", max(times) < 1500, "within 1,500 ms")
