#!/usr/bin/env python3
"""How many mails a second the inbox takes, against Postfix's own smtp-sink in the same run.

Both get the same load from Postfix's smtp-source (20 connections that are kept, 1,000 bytes a mail), in turns, so
that what else the machine does strikes both. One warming round is not counted. Exits with 1 below the bound.

    swift build -c release --product bgdemo
    Benchmarks/inbox.py [--rounds 5] [--mails 20000] [--bgdemo .build/release/bgdemo]
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time

BOUND = 0.7


def tool(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/libexec/postfix")
    return path or sys.exit(f"{name} is missing; apt-get install postfix (it need not run)")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port, process):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
    sys.exit(f"{process.args[0]} does not listen on port {port}")


def start_sink():
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    sink = subprocess.Popen([tool("smtp-sink"), "-c", *user, f"127.0.0.1:{port}", "1000"], stdout=subprocess.DEVNULL)
    await_port(port, sink)
    return sink, port


def start_inbox(bgdemo):
    inbox = subprocess.Popen([bgdemo, "inbox", "--port", "0", "--page-port", "0"], stdout=subprocess.PIPE, text=True)
    line = inbox.stdout.readline()
    found = re.search(r"smtp://127\.0\.0\.1:(\d+)", line)
    if not found:
        sys.exit(f"the inbox did not start: {line}")
    return inbox, int(found[1])


def rate(port, mails):
    """Mails a second; smtp-source fails unless each was taken."""
    source = [tool("smtp-source"), "-c", "-d", "-s", "20", "-m", str(mails), "-l", "1000", f"127.0.0.1:{port}"]
    began = time.monotonic()
    subprocess.run(source, check=True, stdout=subprocess.DEVNULL, timeout=300)
    return mails / (time.monotonic() - began)


def row(name, numbers, form):
    return f"{name:12}" + "".join(
        f"{form.format(f(numbers)):>10}" for f in (min, statistics.median, max))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--bgdemo", default=".build/release/bgdemo")
    options = parser.parse_args()

    (sink, sink_port), (inbox, inbox_port) = start_sink(), start_inbox(options.bgdemo)
    try:
        sinks, inboxes = [], []
        for turn in range(options.rounds + 1):
            pair = rate(sink_port, options.mails), rate(inbox_port, options.mails)
            if turn > 0:
                sinks.append(pair[0])
                inboxes.append(pair[1])
    finally:
        for process in (sink, inbox):
            process.terminate()
            process.wait(10)

    ratios = [inbox / sink for inbox, sink in zip(inboxes, sinks)]
    print(f"{'mails/s':12}{'min':>10}{'median':>10}{'max':>10}")
    print(row("smtp-sink", sinks, "{:.0f}"))
    print(row("inbox", inboxes, "{:.0f}"))
    print(row("ratio", ratios, "{:.2f}"), f"  (bound: median {BOUND})")
    return 0 if statistics.median(ratios) >= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
