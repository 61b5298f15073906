"""The strategy eventr on a Redis Cluster of one master and of three: events written and read per second."""

import contextlib
import os
import re
import subprocess
import tempfile
import time

from harness import ROUNDS, binary, compare, free_port, running, serve, tool, wrk

MAIL = '{"eventName":"emailEvent","email":{"to":"you@example.org","subject":"hello","text":"it-works"},"id":"01m87eh8kn000farrdkgyrpw91"}'
# A minute each, one after another on any of the masters.
PARTITIONS = 30
EVENTS = 10_000
CORES = os.cpu_count() or 1


def cli(port, *words):
    return subprocess.run(
        ["redis-cli", "-p", str(port), *map(str, words)], check=True, capture_output=True, text=True).stdout.strip()


def pinned(number, masters):
    """A core for each master, where one is left for the program: else what is measured is the machine's."""
    return ["taskset", "-c", str(number)] if CORES > masters else []


@contextlib.contextmanager
def cluster(masters):
    """A Redis Cluster without replicas and without persistence. Yields its ports."""
    with contextlib.ExitStack() as stack:
        ports = [free_port() for _ in range(masters)]
        for number, port in enumerate(ports):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            stack.enter_context(running([
                *pinned(number, masters), "redis-server", "--port", str(port), "--cluster-enabled", "yes", "--cluster-port",
                str(free_port()), "--save", "", "--dir", folder], port))
            cli(port, "cluster", "addslotsrange", 16384 * number // masters, 16384 * (number + 1) // masters - 1)
        for port in ports[1:]:
            bus = re.search(r"@(\d+)", cli(port, "cluster", "nodes"))[1]
            cli(ports[0], "cluster", "meet", "127.0.0.1", port, bus)
        deadline = time.monotonic() + 30
        while not all(f"cluster_known_nodes:{masters}" in (text := cli(port, "cluster", "info"))
                      and "cluster_state:ok" in text for port in ports):
            if time.monotonic() > deadline:
                raise SystemExit("the Redis Cluster is not ready after 30 s")
            time.sleep(0.05)
        yield ports


def url(ports):
    return "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port in ports)


def master_of(key, ports):
    for port in ports:
        if "MOVED" not in cli(port, "llen", key):
            return port
    raise SystemExit(f"no master has the slot of {key}")


def write(ports):
    """Writes events into partitions, which are spread over the masters."""
    for number in range(100, 100 + PARTITIONS):
        key = f"eventr:partitions:{{{number}}}"
        cli(master_of(key, ports), "eval", "for _ = 1, ARGV[1] do redis.call('RPUSH', KEYS[1], ARGV[2]) end", 1, key, EVENTS, MAIL)
        cli(master_of("eventr:partitions", ports), "zadd", "eventr:partitions", number, number)


def consume(ports, name):
    output = subprocess.run(
        [binary("bgdemo-eventr-bench"), "consume", url(ports), name, str(PARTITIONS * EVENTS)],
        check=True, capture_output=True, text=True).stdout
    found = re.fullmatch(r"(\d+) events/s\s*", output)
    return float(found[1]) if found else exit(f"bgdemo-eventr-bench failed:\n{output}")


def main():
    tool("redis-server"), tool("redis-cli"), tool("taskset")
    if CORES <= 3:
        print(f"     eventr: {CORES} cores are too few for three masters and the program: the masters are not pinned, and share"
              " the cores with what loads them")
    with cluster(1) as one, cluster(3) as three:
        options = ["--strategy", "eventr", "--role", "server", "--smtp-url", "discard:", "--log-level", "warning"]
        with serve(*options, "--redis-url", url(one)) as (_, single), serve(*options, "--redis-url", url(three)) as (_, triple):
            wrk(single, seconds=1), wrk(triple, seconds=1)
            # The events of a minute are on one master: three keep more, and write as fast.
            compare("eventr: written, three masters", "events/s", lambda: wrk(triple), lambda: wrk(single), "one master", 0.8)
        for ports in (one, three):
            for port in ports:
                cli(port, "flushall")
            write(ports)
        names = iter(range(2 * ROUNDS))
        compare(
            "eventr: read, three masters", "events/s", lambda: consume(three, f"bench{next(names)}"),
            lambda: consume(one, f"bench{next(names)}"), "one master", 0.8)
