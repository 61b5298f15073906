"""The strategy eventr: the web half against resque's, events consumed per second, and what an event costs Redis."""

import contextlib
import os
import re
import subprocess
import tempfile
import time

from harness import ROUNDS, binary, compare, free_port, running, serve, spread, tool, judge, wrk
import statistics

MAIL = '{"eventName":"emailEvent","email":{"to":"you@example.org","subject":"hello","text":"it-works"},"id":"01m87eh8kn000farrdkgyrpw91"}'
EVENTS = 500_000
OLD = 10_000_000


@contextlib.contextmanager
def redis():
    """A redis-server without persistence. Yields its port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        with running(["redis-server", "--port", str(port), "--save", "", "--dir", folder], port):
            yield port


def cli(port, *words):
    return subprocess.run(
        ["redis-cli", "-p", str(port), *map(str, words)], check=True, capture_output=True, text=True).stdout.strip()


def info(port, section, field):
    return int(re.search(rf"{field}:(\d+)", cli(port, "info", section))[1])


def write(port, partition, count, event, read_by=""):
    """Writes events into a partition by a script; `read_by` names a consumer that has read them."""
    cli(port, "eval", """
        redis.call('ZADD', KEYS[1], ARGV[1], ARGV[1])
        for _ = 1, ARGV[2] do redis.call('RPUSH', KEYS[2], ARGV[3]) end
        if ARGV[4] ~= '' then redis.call('HSET', KEYS[3], ARGV[4], ARGV[2]) end
        """, 3, "eventr:partitions", f"eventr:partitions:{partition}", f"eventr:counters:{partition}",
        partition, count, event, read_by)


def consume(port, name, count):
    """Events per second of one consumer with two empty handlers."""
    output = subprocess.run(
        [binary("bgdemo-eventr-bench"), "consume", f"redis://127.0.0.1:{port}", name, str(count)],
        check=True, capture_output=True, text=True).stdout
    found = re.fullmatch(r"(\d+) events/s\s*", output)
    return float(found[1]) if found else exit(f"bgdemo-eventr-bench failed:\n{output}")


def rpush(port):
    """Pushes per second of redis-benchmark, one command per round trip on each of 64 connections."""
    output = subprocess.run(
        ["redis-benchmark", "-p", str(port), "-t", "rpush", "-c", "64", "-P", "1", "-n", "200000", "-q"],
        check=True, capture_output=True, text=True).stdout
    cli(port, "del", "mylist")
    return float(re.findall(r"RPUSH: ([\d.]+) requests per second", output)[-1])


def web_half():
    options = ["--role", "server", "--smtp-url", "discard:", "--log-level", "warning"]
    with redis() as port:
        url = ["--redis-url", f"redis://127.0.0.1:{port}"]
        with serve("--strategy", "eventr", *url, *options) as (_, ours):
            with serve("--strategy", "resque", *url, *options) as (_, resque):
                wrk(ours, seconds=2), wrk(resque, seconds=2)
                compare(
                    "eventr: web half, wrk -c64", "requests/s", lambda: wrk(ours), lambda: wrk(resque), "resque", 0.75)


def rate():
    with redis() as port:
        write(port, 100, EVENTS, MAIL)
        names = iter(range(1000))
        pairs = [(consume(port, f"bench{next(names)}", EVENTS), rpush(port)) for _ in range(ROUNDS)]
        ours, reference = [mine for mine, _ in pairs], [theirs for _, theirs in pairs]
        target = min(50_000, statistics.median(reference))
        judge(
            "eventr: one consumer, empty handlers",
            f"{spread(ours)} events/s, redis-benchmark -t rpush -c 64 -P 1 {spread(reference)}",
            statistics.median(ours) >= target, "50,000 events/s, or redis-benchmark's rate")
        before = info(port, "stats", "total_commands_processed")
        consume(port, "counted", EVENTS)
        commands = (info(port, "stats", "total_commands_processed") - before) / EVENTS
        print(f"     eventr: {commands:.4f} commands of a consumer per event, in batches of 500")


def old_events():
    with redis() as none, redis() as many:
        for partition in range(2000):
            write(many, partition, OLD // 2000, '{"eventName":"old"}', "bench")
        rates = []
        for number in range(ROUNDS):
            for port in (none, many):
                # The position of a consumer that has read these partitions.
                cli(port, "hset", "eventr:client_partitions", "bench", 1999)
                write(port, 100_000 + number, EVENTS, MAIL)
            rates.append((consume(many, "bench", EVENTS), consume(none, "bench", EVENTS)))
        ratios = [with_old / without for with_old, without in rates]
        judge(
            f"eventr: with {OLD:,} old events in {2000:,} partitions",
            f"{spread([one for one, _ in rates])} events/s, with none {spread([one for _, one in rates])},"
            f" ratio {spread(ratios, '{:.2f}')}", statistics.median(ratios) >= 0.85, "within 15 %")


def waking():
    with redis() as port:
        output = subprocess.run(
            [binary("bgdemo-eventr-bench"), "wake", f"redis://127.0.0.1:{port}", "sleeper", "300"],
            check=True, capture_output=True, text=True).stdout
        median, late = map(float, re.fullmatch(r"([\d.]+) ([\d.]+) ms\s*", output).groups())
        judge(
            "eventr: from the write to the handler of an idle consumer", f"median {median:.2f} ms, p99 {late:.2f}",
            late < 10, "under 10 ms")


def cost():
    with redis() as port:
        with serve("--strategy", "eventr", "--redis-url", f"redis://127.0.0.1:{port}", "--role", "server",
                   "--smtp-url", "discard:", "--log-level", "warning") as (_, http):
            wrk(http, seconds=1)
            memory, commands = info(port, "memory", "used_memory"), info(port, "stats", "total_commands_processed")
            before = lengths(port)
            wrk(http, seconds=3)
            time.sleep(0.2)
            events = lengths(port) - before
            memory = (info(port, "memory", "used_memory") - memory) / events
            commands = (info(port, "stats", "total_commands_processed") - commands) / events
        cli(port, "flushall")
        begin = info(port, "memory", "used_memory")
        cli(port, "eval", "for _ = 1, 100000 do redis.call('XADD', KEYS[1], '*', 'event', ARGV[1]) end", 1, "stream", MAIL)
        stream = (info(port, "memory", "used_memory") - begin) / 100_000
        print(f"     eventr: an event of {len(MAIL)} bytes takes {memory:.0f} bytes and {commands:.2f} commands to write,"
              f" including those within the script; in a Redis Stream {stream:.0f} bytes")


def lengths(port):
    return sum(int(cli(port, "llen", f"eventr:partitions:{number}"))
               for number in cli(port, "zrange", "eventr:partitions", 0, -1).split())


def shared(count=100_000):
    """Two consumers of three processes each: each event must be in each consumer's audit file once."""
    with redis() as port, tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        write(port, 100, count, '{"eventName":"number"}')
        begin = time.monotonic()
        for name in ("a", "b"):
            for _ in range(3):
                stack.enter_context(running([
                    binary("bgdemo"), "serve", "--strategy", "eventr", "--role", "worker", "--consumer", name, "--audit",
                    os.path.join(folder, name), "--redis-url", f"redis://127.0.0.1:{port}", "--smtp-url", "discard:",
                    "--log-level", "warning"]))
        while cli(port, "hmget", "eventr:counters:100", "a", "b").split() != [str(count)] * 2:
            time.sleep(0.05)
        seconds = time.monotonic() - begin
        lines = {name: open(os.path.join(folder, name)).read().split("\n")[:-1] for name in ("a", "b")}
        once = all(len(lines[name]) == count and len(set(lines[name])) == count for name in lines)
        judge(
            f"eventr: {count:,} events, two consumers, three processes each", f"{seconds:.1f} s, each once: {once}", once,
            "each once for each consumer")


def main():
    tool("redis-server"), tool("redis-benchmark")
    web_half()
    rate()
    old_events()
    waking()
    cost()
    shared()
