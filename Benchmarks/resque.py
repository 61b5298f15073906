"""The strategy resque: requests enqueued and jobs done per second, against redis-benchmark in the same minute."""

import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import tempfile
import time

from harness import ROUNDS, binary, compare, free_port, percentile, running, serve, spread, tool, judge, wrk

JOB = (
    '{"class":"sendEmail","queue":"emailQueue","args":'
    '[{"to":"you@example.org","subject":"hello","text":"it works","id":"01m87eh8kn000farrdkgyrpw91"}]}'
)
# Pushes jobs until there are so many, in one step.
FILL = "for i = redis.call('LLEN', KEYS[1]) + 1, ARGV[1] do redis.call('RPUSH', KEYS[1], ARGV[2]) end"


class Redis:
    """A minimal client, to observe and fill queues."""

    def __init__(self, port):
        self.file = socket.create_connection(("127.0.0.1", port)).makefile("rwb")

    def __call__(self, *words):
        words = [str(word).encode() for word in words]
        self.file.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        self.file.flush()
        return self.reply()

    def reply(self):
        line = self.file.readline()
        if line[:1] == b"$":
            length = int(line[1:])
            return None if length < 0 else self.file.read(length + 2)[:-2].decode()
        if line[:1] == b"*":
            return [self.reply() for _ in range(int(line[1:]))]
        if line[:1] == b"-":
            raise SystemExit(line.decode())
        return line[1:-2].decode()

    def count(self):
        return int(self("GET", "resque:stat:processed") or 0)


@contextlib.contextmanager
def redis():
    """A redis-server without persistence. Yields its port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        with running([tool("redis-server"), "--port", str(port), "--save", "", "--dir", folder], port):
            yield port


def pushes(port):
    """`redis-benchmark`'s RPUSH by 64 clients, in requests per second."""
    command = [tool("redis-benchmark"), "-p", str(port), "-t", "rpush", "-c", "64", "-n", "200000", "-q"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    subprocess.run(["redis-cli", "-p", str(port), "DEL", "mylist"], check=True, capture_output=True)
    return float(re.findall(r"RPUSH: ([\d.]+)", output)[-1])


@contextlib.contextmanager
def worker(port):
    command = [binary("bgdemo"), "serve", "--strategy", "resque", "--role", "worker", "--smtp-url", "discard:"]
    with running([*command, "--redis-url", f"redis://127.0.0.1:{port}"]) as process:
        yield process


def enqueue():
    with redis() as port:
        url = f"redis://127.0.0.1:{port}"
        arguments = ("--strategy", "resque", "--role", "server", "--redis-url", url)
        with serve(*arguments) as (_, ours), serve("--strategy", "fire-and-forget", "--smtp-url", "discard:") as (_, own):
            watch = Redis(port)

            def requests():
                watch("DEL", "resque:queue:emailQueue")
                return wrk(ours)

            wrk(ours, seconds=2), wrk(own, seconds=2)
            compare("resque: enqueue, wrk -c64", "requests/s", requests, lambda: wrk(own), "fire-and-forget", 0.8)
            compare("resque: enqueue, wrk -c64", "requests/s", requests, lambda: pushes(port), "redis-benchmark RPUSH", 0.4)
            latency(ours)


def open_loop_p99(port, rate=2000, seconds=5):
    """The p99 of the answers in ms in an open loop of `bgdemo bench`."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "result.json")
        subprocess.run(
            [binary("bgdemo"), "bench", "--target", f"http://127.0.0.1:{port}", "--rate", str(rate),
             "--duration", f"{seconds}s", "--json", path], check=True, capture_output=True)
        with open(path) as file:
            return json.load(file)["strategies"][0]["response"]["p99"]


def latency(port):
    rounds = [open_loop_p99(port) for _ in range(ROUNDS)]
    judge(
        "resque: enqueue p99 at 2,000 requests/s", f"{spread(rounds, '{:.1f}')} ms, measured from when each was due",
        statistics.median(rounds) < 5, "under 5 ms")


def drain(waiting):
    """Jobs per second of one worker process while `waiting` jobs are in the queue."""
    with redis() as port:
        watch = Redis(port)
        watch("EVAL", FILL, 1, "resque:queue:emailQueue", waiting, JOB)
        with worker(port):
            while watch.count() < 2000:
                watch("EVAL", FILL, 1, "resque:queue:emailQueue", waiting, JOB)
            before, start = watch.count(), time.perf_counter()
            while time.perf_counter() - start < 4:
                watch("EVAL", FILL, 1, "resque:queue:emailQueue", waiting, JOB)
                time.sleep(0.005)
            return (watch.count() - before) / (time.perf_counter() - start)


def idle():
    """The time from a push to the end of the job with an idle worker, and the commands of an idle worker."""
    with redis() as port, worker(port):
        watch, times = Redis(port), []
        while watch("HLEN", "resque:workers:heartbeat") == "0":
            time.sleep(0.05)
        time.sleep(1)
        for number in range(1, 101):
            time.sleep(0.02)
            start = time.perf_counter()
            watch("RPUSH", "resque:queue:emailQueue", JOB)
            while watch.count() < number:
                pass
            times.append((time.perf_counter() - start) * 1000)
        judge(
            "resque: from a push to its mail, idle worker", f"median {statistics.median(times):.1f} ms,"
            f" p99 {percentile(times, 0.99):.1f} ms", statistics.median(times) < 10, "under 10 ms")

        def commands():
            return int(re.search(r"total_commands_processed:(\d+)", watch("INFO", "stats")).group(1))

        before = commands()
        time.sleep(10)
        rate = (commands() - before) / 10
        judge("resque: idle worker", f"{rate:.1f} commands/s", rate <= 10, "a few")


def main():
    enqueue()
    few, many, rpush = [], [], []
    with redis() as port:
        for number in range(ROUNDS):
            # In turns, as the machine may be faster at one time than at another.
            turns = [(few, 1000), (many, 1_000_000)]
            for figures, waiting in turns if number % 2 == 0 else reversed(turns):
                figures.append(drain(waiting))
            rpush.append(pushes(port))
    share = statistics.median(mine / theirs for mine, theirs in zip(few, rpush))
    judge(
        "resque: drain, discard:", f"{spread(few)} jobs/s, redis-benchmark RPUSH {spread(rpush)}, ratio {share:.2f}",
        share >= 0.8, "0.8 or better")
    ratio = statistics.median(late / early for early, late in zip(few, many))
    judge(
        "resque: drain with 1,000,000 waiting", f"{spread(many)} jobs/s, {ratio:.2f} of that with 1,000",
        ratio >= 0.9, "0.9 or better")
    idle()


if __name__ == "__main__":
    main()
