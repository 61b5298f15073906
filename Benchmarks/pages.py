"""The pages: what an open page costs a strategy, its first page over a large estate, and its first paint."""

import contextlib
import os
import re
import statistics
import time
import urllib.request

from chromium import Chromium
from harness import MAIL, ROUNDS, SECONDS, binary, free_port, judge, running, serve, spread
from resque import FILL, JOB, Redis, redis

# Each strategy with its pages that ask the most.
OPEN = (("foreground", "/"), ("resque", "/queues"), ("eventr", "/events"), ("queuebus", "/bus"))
# Seconds in which a page has loaded.
SETTLE = 0.7
QUEUED, FAILED = 1_000_000, 100_000
FIRST_PAGES = ("/queues", "/queues/queue/emailQueue", "/queues/failed", "/queues/failed?q=error:refused", "/queues/working",
               "/queues/workers", "/queues/delayed", "/queues/schedules", "/queues/redis")
ENTRY = '{"failed_at":"2026/11/23 15:19:23 UTC","payload":' + JOB + ',"exception":"MailRefused","error":"refused","queue":"emailQueue"}'


@contextlib.contextmanager
def on_core(number):
    """Processes that are started in the block stay on this core, where there is more than one."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(cores)[number % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def answered(port):
    """How many requests have been answered with 200."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    return float(re.search(r'^bgdemo_http_requests_total{status="200"} (.*)$', text, re.M).group(1))


def costs(strategy, page):
    """Requests a second under one steady load, while a browser has the page open and closed in turn.

    The server and its Redis have one core and the browser and the load another, as the browser of a person is on another
    machine: what the page costs is then what the server does for it.
    """
    with contextlib.ExitStack() as stack:
        with on_core(0):
            url = ()
            if strategy != "foreground":
                url = ("--redis-url", f"redis://127.0.0.1:{stack.enter_context(redis())}")
            _, web = stack.enter_context(serve("--strategy", strategy, "--smtp-url", "discard:", *url))
        with on_core(1):
            browser = stack.enter_context(Chromium())
            load = ["wrk", "-t1", "-c64", "-d600s", f"http://127.0.0.1:{web}{MAIL}"]
            stack.enter_context(running(load))

        def measured(address):
            browser.open(address)
            time.sleep(SETTLE)
            before, began = answered(web), time.monotonic()
            time.sleep(SECONDS)
            return (answered(web) - before) / (time.monotonic() - began)

        addresses = [f"http://127.0.0.1:{web}{page}", "about:blank"]
        measured("about:blank")
        pairs = []
        for turn in range(4 * ROUNDS):
            figures = {address: measured(address) for address in addresses[:: -1 if turn % 2 else 1]}
            pairs.append([figures[address] for address in addresses])
    ratios = [opened / closed for opened, closed in pairs]
    judge(
        f"pages: {strategy} with {page} open",
        f"{spread([pair[0] for pair in pairs])}/s, closed {spread([pair[1] for pair in pairs])}/s, "
        f"ratio {spread(ratios, '{:.3f}')}", statistics.median(ratios) > 0.97, "0.97 or better")


def fill(port):
    client = Redis(port)
    client("SADD", "resque:queues", "emailQueue")
    for key, entry, count in (("resque:queue:emailQueue", JOB, QUEUED), ("resque:failed", ENTRY, FAILED)):
        for end in range(10_000, count + 1, 10_000):
            client("EVAL", FILL, 1, key, end, entry)
    client("CONFIG", "SET", "slowlog-log-slower-than", "10000")
    client("SLOWLOG", "RESET")
    return client


def large():
    """The first page of each list, with a million jobs and 100,000 failed ones."""
    with redis() as port, Chromium() as browser:
        client, pages = fill(port), free_port()
        command = [binary("bgdemo"), "queues", "--serve", "--page-port", str(pages), "--redis-url", f"redis://127.0.0.1:{port}"]
        with running(command, pages):
            slowest = 0
            for page in FIRST_PAGES:
                times = []
                for _ in range(3):
                    began = time.monotonic()
                    urllib.request.urlopen(f"http://127.0.0.1:{pages}{page}").read()
                    times.append((time.monotonic() - began) * 1000)
                slowest = max(slowest, min(times))
                print(f"     pages: {page}: {spread(times, '{:.1f}')} ms", flush=True)
            judge(f"pages: the slowest over {QUEUED:,} jobs and {FAILED:,} failed", f"{slowest:.1f} ms", slowest < 100, "under 100 ms")
            commands = int(client("SLOWLOG", "LEN"))
            judge("pages: commands of Redis over 10 ms", str(commands), commands == 0, "none")
            paints = []
            for page in FIRST_PAGES:
                browser.open(f"http://127.0.0.1:{pages}{page}")
                time.sleep(0.3)
                paints.append(browser.run("return performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            judge("pages: first paint", f"{spread(paints, '{:.0f}')} ms", max(paints) < 300, "under 300 ms")


def main():
    large()
    for strategy, page in OPEN:
        costs(strategy, page)
