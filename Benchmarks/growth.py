"""What grows with what: waiting jobs, queues, processes, delayed jobs that are due at once, the memory of Redis; and the
times of single jobs under a steady load. `TABLE=docs/scale.md` puts the figures into that file."""

import contextlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import eventr
from slowness import Slowness
from harness import ROUNDS, SECONDS, binary, judge, percentile, processor_seconds, running, serve, spread, tool, wrk
from resque import FILL, JOB, Redis, drain, redis

FILL_ALL = "for _, key in ipairs(KEYS) do " + FILL.replace("KEYS[1]", "key") + " end"
# The time in microseconds, and how many jobs are left in each list.
LENGTHS = """
    local time, lengths = redis.call('TIME'), {}
    for place, key in ipairs(KEYS) do lengths[place] = redis.call('LLEN', key) end
    return {string.format('%d', time[1] * 1000000 + time[2]), lengths}"""
ROWS = []


def note(what, figure):
    ROWS.append(f"| {what} | {figure} |")
    print(f"     growth: {what}: {figure}", flush=True)


def job(number):
    """A mail of its own: its id tells it from others."""
    return JOB.replace("01m87eh8kn000farrdkgyrpw91", f"01m87eh8kn{number:016d}")


@contextlib.contextmanager
def workers(port, count=1, queues="emailQueue"):
    command = [binary("bgdemo"), "serve", "--strategy", "resque", "--role", "worker", "--smtp-url", "discard:", "--queues", queues]
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(running([*command, "--redis-url", f"redis://127.0.0.1:{port}"]))
        yield


def drained(queues=1, processes=1, seconds=3):
    """Jobs a second, while each queue has jobs."""
    names = [f"queue{number}" for number in range(queues)]
    with redis() as port:
        watch = Redis(port)

        def fill():
            watch("EVAL", FILL_ALL, queues, *(f"resque:queue:{name}" for name in names), max(20, 2000 // queues), JOB)

        watch("SADD", "resque:queues", *names)
        fill()
        with workers(port, processes, ",".join(names)):
            while watch.count() < 2000 * processes:
                fill()
            before, start = watch.count(), time.perf_counter()
            while time.perf_counter() - start < seconds:
                fill()
                time.sleep(0.002)
            return (watch.count() - before) / (time.perf_counter() - start)


@contextlib.contextmanager
def monitored(port):
    """The commands of a Redis, as a list of lines that is complete after the block."""
    lines = []
    with tempfile.TemporaryFile("w+") as file:
        with running([tool("redis-cli"), "-p", str(port), "MONITOR"], stdout=file):
            time.sleep(0.3)
            yield lines
            time.sleep(0.3)
        file.seek(0)
        lines += file


ID = re.compile(r"01m87eh8kn(\d{16})")


def times(lines, word):
    """By the numbers of the jobs, when a command with this word first had them, by the clock of Redis."""
    first = {}
    for line in lines:
        if word in line[:120]:
            for number in ID.findall(line):
                first.setdefault(int(number), float(line.split(" ", 1)[0]))
    return first


def latencies(what, subject, limit, measure, rounds=ROUNDS):
    """p50 and p99 in ms, as medians of all rounds; and how often the machine itself was slow meanwhile. `limit` is the target
    of p99; None is none."""
    with Slowness() as slowness:
        middles, lates = zip(*(measure() for _ in range(rounds)))
    note(what, f"p50 {spread(middles, '{:.1f}')} ms, p99 {spread(lates, '{:.1f}')} ms; the machine was slow {slowness.share:.1%} of the time")
    if limit:
        late = statistics.median(lates)
        judge(f"growth: {subject}", f"{late:.1f} ms", late <= limit, f"{limit} ms or less")


def pickup(rate=1000, seconds=10):
    """p50 and p99 in ms from the push of a job to the record that a worker has it, in an open loop."""
    with redis() as port, workers(port):
        watch = Redis(port)
        while watch("HLEN", "resque:workers:heartbeat") == "0":
            time.sleep(0.05)
        with monitored(port) as lines:
            start = time.perf_counter()
            for number in range(rate * seconds):
                while time.perf_counter() - start < number / rate:
                    time.sleep(0.0002)
                watch("RPUSH", "resque:queue:emailQueue", job(number))
            time.sleep(1)
        pushed, had = times(lines, '"RPUSH"'), times(lines, '"MSET"')
        waits = [(had[number] - pushed[number]) * 1000 for number in pushed]
        return percentile(waits, 0.5), percentile(waits, 0.99)


def event_times(what, count):
    """p50 and p99 in ms from the write of an event to its handler."""
    with redis() as port:
        output = subprocess.run(
            [binary("bgdemo-eventr-bench"), what, f"redis://127.0.0.1:{port}", "sleeper", str(count)],
            check=True, capture_output=True, text=True).stdout
    figures = re.fullmatch(r"([\d.]+) ([\d.]+) ms\s*", output)
    return tuple(map(float, figures.groups())) if figures else sys.exit(f"bgdemo-eventr-bench {what}: {output}")


def delayed(count, seconds):
    """Jobs that are due in these seconds, so many in each: how late they come into their queue."""
    with redis() as port, workers(port):
        watch = Redis(port)
        due = int(time.time()) + 3 + count * seconds // 50_000
        for second in range(seconds):
            for first in range(0, count, 1000):
                numbers = range(second * count + first, second * count + min(first + 1000, count))
                watch("RPUSH", f"resque:delayed:{due + second}", *(job(number) for number in numbers))
            watch("ZADD", "resque:delayed_queue_schedule", due + second, due + second)
        if time.time() > due - 0.5:
            raise SystemExit("growth: the delayed jobs were not written in time")
        time.sleep(max(0, due - 0.5 - time.time()))
        waits, left = [], [count] * seconds
        keys = [f"resque:delayed:{due + second}" for second in range(seconds)]
        # MONITOR would cost Redis more than the moving does.
        while any(left):
            now, lengths = watch("EVAL", LENGTHS, seconds, *keys)
            for second, length in enumerate(lengths):
                waits += [int(now) / 1000 - (due + second) * 1000] * (left[second] - int(length))
                left[second] = int(length)
            time.sleep(0.0005)
        while watch.count() < count * seconds:
            time.sleep(0.01)
        return (percentile(waits, 0.5), percentile(waits, 0.99)), time.time() - due - seconds + 1


def memory():
    """Bytes of Redis for each job and event that waits."""
    with redis() as port:
        watch = Redis(port)

        def used():
            return int(re.search(r"used_memory:(\d+)", watch("INFO", "memory")).group(1))

        before = used()
        watch("EVAL", FILL, 1, "resque:queue:emailQueue", 1_000_000, JOB)
        jobs = used() - before
        eventr.write(port, 100, 1_000_000, eventr.MAIL)
        note("Redis' memory for a job that waits", f"{jobs / 1e6:.0f} bytes; its JSON has {len(JOB)}")
        note("Redis' memory for an event", f"{(used() - before - jobs) / 1e6:.0f} bytes; its JSON has {len(eventr.MAIL)}")


class Costs:
    """Processor time and bytes of Redis, and processor time of a process, from one moment to another."""

    def __init__(self, watch, process):
        self.watch, self.process = watch, process
        self.before = self.read()

    def read(self):
        text = self.watch("INFO")
        fields = ("used_cpu_user", "used_cpu_sys", "total_net_input_bytes", "total_net_output_bytes")
        user, system, read, written = (float(re.search(rf"{field}:([\d.]+)", text).group(1)) for field in fields)
        return processor_seconds(self.process), user + system, read + written

    def note(self, who, what, count):
        own, redis, size = (after - before for after, before in zip(self.read(), self.before))
        note(f"{who}: processor time for {what}", f"{own / count * 1e6:.1f} µs, Redis' {redis / count * 1e6:.1f} µs")
        note(f"bytes to and from Redis for {what}", f"{size / count:.0f}")


def costs():
    """What a mail costs each of those that it passes, while all are busy."""
    with redis() as port:
        watch = Redis(port)
        url = ("--redis-url", f"redis://127.0.0.1:{port}")
        with serve("--strategy", "resque", "--role", "server", *url) as (process, web):
            wrk(web, seconds=1)
            costs, waiting = Costs(watch, process), int(watch("LLEN", "resque:queue:emailQueue"))
            wrk(web)
            costs.note("web server", "a request", int(watch("LLEN", "resque:queue:emailQueue")) - waiting)
        watch("FLUSHALL")
        watch("EVAL", FILL, 1, "resque:queue:emailQueue", 100_000 * SECONDS, JOB)
        command = [binary("bgdemo"), "serve", "--strategy", "resque", "--role", "worker", "--smtp-url", "discard:", *url]
        with running(command) as process:
            while watch.count() < 2000:
                time.sleep(0.01)
            costs, done = Costs(watch, process), watch.count()
            time.sleep(SECONDS)
            costs.note("worker", "a job, without SMTP", watch.count() - done)


def write_table(path):
    """Puts the rows behind the head of the file's first table, in the place of those that are there."""
    with open(path) as file:
        before, head, rest = file.read().partition("| --- | --- |\n")
    lines = rest.split("\n")
    while lines and lines[0].startswith("| "):
        del lines[0]
    with open(path, "w") as file:
        file.write(before + head + "\n".join([*ROWS, *lines]))


def main():
    rounds = range(min(ROUNDS, 3))
    for waiting in (1_000, 1_000_000):
        note(f"resque, {waiting:,} jobs wait: one worker", f"{spread([drain(waiting) for _ in rounds])} jobs/s")
    for queues in (1, 10, 100):
        note(f"resque, {queues} queue{'s' * (queues > 1)}: one worker", f"{spread([drained(queues=queues) for _ in rounds])} jobs/s")
    for processes in (1, 2, 4, 8):
        note(f"resque, {processes} worker process{'es' * (processes > 1)} together",
             f"{spread([drained(processes=processes) for _ in rounds])} jobs/s")
    costs()
    latencies("resque, 1,000 jobs/s: from the push to the worker's record", "pickup p99 at 1,000 jobs/s", 3, pickup)
    latencies("resque, 1,000 delayed jobs due in each second: late", "lateness p99 of 1,000 delayed jobs/s", 20,
              lambda: delayed(1000, 10)[0])
    (_, last), took = delayed(100_000, 1)
    note("resque, 100,000 delayed jobs due at once", f"p99 in their queue after {last / 1000:.1f} s, all done after {took:.1f} s")
    latencies("eventr, from the write to the handler of an idle consumer", "", None, lambda: event_times("wake", 300))
    latencies("eventr, 1,000 events/s: from when it was due to its handler", "eventr p99 at 1,000 events/s", 3,
              lambda: event_times("paced", 10_000))
    for waiting in (100_000, 1_000_000):
        with redis() as port:
            eventr.write(port, 100, waiting, eventr.MAIL)
            figures = [eventr.consume(port, f"bench{number}", waiting) for number in rounds]
            note(f"eventr, {waiting:,} events: one consumer", f"{spread(figures)} events/s")
    memory()
    if os.environ.get("TABLE"):
        write_table(os.environ["TABLE"])


if __name__ == "__main__":
    main()
