"""The strategy pubsub: requests published per second, and messages that one subscriber works per second."""

import contextlib
import re
import statistics
import subprocess
import time
import urllib.request

from harness import ROUNDS, compare, running, serve, spread, tool, judge, wrk
from resque import Redis, redis

MESSAGE = '{"to":"you@example.org","subject":"hello","text":"it works","id":"01m87eh8kn000farrdkgyrpw91"}'
# The publisher is at most so far ahead: Redis disconnects a subscriber that is 32 MB behind.
AHEAD = 20_000
BATCH = 500


@contextlib.contextmanager
def listener(port):
    """A subscriber that discards all messages, so that each mail has one."""
    with running([tool("redis-cli"), "-p", str(port), "SUBSCRIBE", "emailz"], stdin=subprocess.DEVNULL):
        await_listener(Redis(port))
        yield


def await_listener(watch):
    while watch("PUBSUB", "NUMSUB", "emailz")[1] != "1":
        time.sleep(0.01)


def web_half():
    with redis() as port:
        arguments = ("--strategy", "pubsub", "--role", "server", "--redis-url", f"redis://127.0.0.1:{port}")
        own = ("--strategy", "fire-and-forget", "--smtp-url", "discard:")
        with listener(port), serve(*arguments) as (_, ours), serve(*own) as (_, reference):
            wrk(ours, seconds=2), wrk(reference, seconds=2)
            compare(
                "pubsub: publish, wrk -c64", "requests/s", lambda: wrk(ours), lambda: wrk(reference),
                "fire-and-forget", 0.75)


def worked(page):
    """The mails that the process at this port has sent, by its metrics."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{page}/metrics").read().decode()
    found = re.search(r'bgdemo_sends_total\{outcome="sent"\} (\d+)', text)
    return int(found.group(1)) if found else 0


def subscriber(seconds=4):
    """Messages per second that one process works while a publisher keeps ahead of it."""
    with redis() as port:
        arguments = ("--strategy", "pubsub", "--smtp-url", "discard:", "--redis-url", f"redis://127.0.0.1:{port}")
        with serve(*arguments) as (_, page):
            publisher, published = Redis(port), 0
            await_listener(publisher)
            words = [b"PUBLISH", b"emailz", MESSAGE.encode()]
            batch = (b"*3\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)) * BATCH

            def until(end):
                nonlocal published
                done = worked(page)
                while time.perf_counter() < end:
                    while published - done < AHEAD:
                        publisher.file.write(batch)
                        publisher.file.flush()
                        for _ in range(BATCH):
                            if publisher.file.readline() != b":1\r\n":
                                raise SystemExit("a message did not have exactly one subscriber")
                        published += BATCH
                    done = worked(page)
                return done

            before, start = until(time.perf_counter() + 1), time.perf_counter()
            return (until(start + seconds) - before) / (time.perf_counter() - start)


def main():
    web_half()
    rates = [subscriber() for _ in range(ROUNDS)]
    judge(
        "pubsub: one subscriber, discard:", f"{spread(rates)} messages/s", statistics.median(rates) >= 30_000,
        "30,000 or better")


if __name__ == "__main__":
    main()
