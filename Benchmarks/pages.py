"""The pages: what an open page costs a strategy, its first page over a large estate, and its first paint."""

import statistics
import time
import urllib.request

from chromium import Chromium
from harness import ROUNDS, free_port, judge, running, binary, serve, spread, wrk
from resque import FILL, JOB, Redis, redis

# Each strategy with its pages that ask the most.
OPEN = (("foreground", "/"), ("resque", "/queues"), ("eventr", "/events"), ("queuebus", "/bus"))
QUEUED, FAILED = 1_000_000, 100_000
FIRST_PAGES = ("/queues", "/queues/queue/emailQueue", "/queues/failed", "/queues/failed?q=error:refused", "/queues/working",
               "/queues/workers", "/queues/delayed", "/queues/schedules", "/queues/redis")
ENTRY = '{"failed_at":"2026/11/23 15:19:23 UTC","payload":' + JOB + ',"exception":"MailRefused","error":"refused","queue":"emailQueue"}'


def costs(strategy, page):
    """Requests a second with the page open in a browser and closed, in turn, and either first in turn."""
    with redis() as port, Chromium() as browser:
        url = ("--redis-url", f"redis://127.0.0.1:{port}") if strategy != "foreground" else ()
        with serve("--strategy", strategy, "--smtp-url", "discard:", *url) as (_, web):
            def measured(address):
                browser.open(address)
                # Jobs that wait are taken many at a time, which is faster: the queue is as full as in any other round.
                wrk(web, seconds=1)
                return wrk(web)

            addresses = [f"http://127.0.0.1:{web}{page}", "about:blank"]
            pairs = []
            for turn in range(ROUNDS):
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
