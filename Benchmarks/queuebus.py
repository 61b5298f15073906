"""The strategy queuebus: copies driven and ridden per second, what an event costs Redis, and the web half against resque's.

A driver copies an event to each subscriber's queue; a rider performs a copy (the words of queue-bus).
"""

import json
import re
import statistics
import subprocess
import time

from eventr import cli, info, redis
from harness import ROUNDS, binary, compare, serve, spread, tool, judge, wrk

EVENT = json.dumps(
    {"bus_published_at": 1795447222, "bus_event_type": "email_requested",
     "bus_id": "1795447222-2c6f4f9a-4fd7-4f7c-9a59-0d8f0e6a7b11", "bus_app_hostname": "web-1", "to": "you@example.org",
     "subject": "hello", "text": "it-works", "id": "01m87eh8kn000farrdkgyrpw91",
     "bus_class_proxy": "QueueBus::Driver"}, separators=(",", ":"))
JOB = json.dumps({"class": "QueueBus::Worker", "queue": "bus_incoming", "args": [EVENT]}, separators=(",", ":"))
COPIES = 200_000


def publish(port, count):
    """Puts events on the bus by a script."""
    cli(port, "eval", "for _ = 1, ARGV[1] do redis.call('RPUSH', KEYS[1], ARGV[2]) end", 1,
        "resque:queue:bus_incoming", count, JOB)


def bench(port, what, events, subscribers):
    """Copies per second."""
    output = subprocess.run(
        [binary("bgdemo-queuebus-bench"), what, f"redis://127.0.0.1:{port}", str(events), str(subscribers)],
        check=True, capture_output=True, text=True).stdout
    found = re.fullmatch(r"(\d+) copies/s\s*", output)
    return float(found[1]) if found else exit(f"bgdemo-queuebus-bench failed:\n{output}")


def rate(what, subscribers):
    events = COPIES // subscribers
    rates = []
    for _ in range(ROUNDS):
        with redis() as port:
            publish(port, events)
            rates.append(bench(port, what, events, subscribers))
    words = {"drive": "driven", "ride": "driven and ridden"}[what]
    judge(
        f"queuebus: {events:,} events {words}, {subscribers} subscribers", f"{spread(rates)} copies/s",
        statistics.median(rates) >= 8000, "8,000 copies/s")


def cost(subscribers, events=20_000):
    """Commands and memory of an event and of its copies."""
    with redis() as port:
        empty = info(port, "memory", "used_memory")
        publish(port, events)
        event = (info(port, "memory", "used_memory") - empty) / events
        before = info(port, "stats", "total_commands_processed")
        bench(port, "drive", events, subscribers)
        time.sleep(0.2)
        drive = (info(port, "stats", "total_commands_processed") - before) / events
        scripts = scripts_run(port) / events
        copy = (info(port, "memory", "used_memory") - empty) / events / subscribers
        cli(port, "flushall")
        cli(port, "config", "resetstat")
        publish(port, events)
        before = info(port, "stats", "total_commands_processed")
        bench(port, "ride", events, subscribers)
        ride = (info(port, "stats", "total_commands_processed") - before) / events
        print(f"     queuebus, {subscribers} subscribers: {scripts:.2f} round trips to drive an event and"
              f" {(scripts_run(port) / events - scripts) / subscribers:.2f} to ride a copy,"
              f" {drive:.1f} and {(ride - drive) / subscribers:.1f} commands, including those within the scripts;"
              f" an event of {len(EVENT)} bytes takes {event:.0f} bytes, a copy {copy:.0f}")


def scripts_run(port):
    return int(re.search(r"cmdstat_evalsha:calls=(\d+)", cli(port, "info", "commandstats"))[1])


def web_half():
    options = ["--role", "server", "--smtp-url", "discard:", "--log-level", "warning"]
    with redis() as port:
        url = ["--redis-url", f"redis://127.0.0.1:{port}"]
        with serve("--strategy", "queuebus", *url, *options) as (_, ours):
            with serve("--strategy", "resque", *url, *options) as (_, resque):
                wrk(ours, seconds=2), wrk(resque, seconds=2)
                compare(
                    "queuebus: web half, wrk -c64", "requests/s", lambda: wrk(ours), lambda: wrk(resque), "resque", 0.75)


def main():
    tool("redis-server")
    for subscribers in (2, 20):
        rate("drive", subscribers)
        rate("ride", subscribers)
    for subscribers in (2, 20):
        cost(subscribers)
    web_half()
