"""`bgdemo compare` as an instrument: the rate and the delay of its generator, its agreement with wrk, and how long a
comparison takes."""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

from harness import ROUNDS, SECONDS, binary, nginx, serve, spread, judge

# The request of `bgdemo bench`: a longer one costs the server more.
REQUEST = ["-H", "User-Agent: bgdemo-compare"]
PATH = "/compare-12345@example.org/01m8c5p35e00077tyemwts0kt3-12345/it-works"

# Load generator and server must not share a core: the scheduler would decide which of them waits.
PINNED = sys.platform == "linux" and (os.cpu_count() or 1) > 1


def on_core(number, arguments):
    return ["taskset", "-c", str(number), *arguments] if PINNED else arguments


def run(*arguments, core=None):
    """The JSON of one run."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "result.json")
        command = [binary("bgdemo"), *arguments, "--json", path]
        subprocess.run(command if core is None else on_core(core, command), check=True, capture_output=True)
        with open(path) as file:
            return json.load(file)


def bench(port, *arguments, core=1):
    return run("bench", "--target", f"http://127.0.0.1:{port}", *arguments, core=core)["strategies"][0]


def pin(process, core):
    if PINNED:
        subprocess.run(["taskset", "-a", "-c", "-p", str(core), str(process.pid)], check=True, capture_output=True)


def capacity(port):
    results = [bench(port, "--concurrency", "64", "--duration", f"{SECONDS}s") for _ in range(ROUNDS)]
    own = [next(p["cpuSeconds"] for p in r["processes"] if p["name"] == "load and inbox") for r in results]
    rates = [r["statuses"]["200"] / SECONDS for r in results]
    per_core = [r["statuses"]["200"] / seconds for r, seconds in zip(results, own)]
    judge(
        "compare: generator, closed loop -c64 at nginx",
        f"{spread(rates)} requests/s, {spread(per_core)} for each second of its own CPU time",
        statistics.median(rates) >= 20_000, "20,000 or better on one core")


def punctuality(port):
    delays = [bench(port, "--rate", "5000", "--duration", f"{SECONDS}s")["sending"]["p99"] for _ in range(ROUNDS)]
    judge(
        "compare: own delay at 5,000/s, p99", f"{spread(delays, '{:.3f}')} ms", statistics.median(delays) < 1,
        "under 1 ms")


def high_rate(port):
    """At this rate one core has little reserve after a pause; it falls behind for a moment, not for good."""
    delays = [bench(port, "--rate", "20000", "--duration", f"{SECONDS}s")["sending"] for _ in range(ROUNDS)]
    medians = [delay["p50"] for delay in delays]
    longest = [delay["max"] for delay in delays]
    judge(
        "compare: own delay at 20,000/s, median", f"{spread(medians, '{:.3f}')} ms, at most {spread(longest, '{:.0f}')} ms",
        statistics.median(medians) < 1, "under 1 ms")


def wrk_latency(port):
    """Requests per second, and the percentiles in milliseconds."""
    command = ["wrk", "-t1", "-c64", f"-d{SECONDS}s", "--latency", *REQUEST, f"http://127.0.0.1:{port}{PATH}"]
    text = subprocess.run(on_core(1, command), check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"wrk had errors:\n{text}")
    units = {"us": 0.001, "ms": 1, "s": 1000}
    found = {share: float(value) * units[unit] for share, value, unit in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)", text)}
    return {
        "requests/s": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        **{f"p{share} ms": found[share] for share in ("50", "90", "99")},
    }


def own_latency(port):
    result = bench(port, "--concurrency", "64", "--duration", f"{SECONDS}s")
    return {
        "requests/s": result["statuses"]["200"] / SECONDS,
        **{f"p{share} ms": result["response"][f"p{share}"] for share in ("50", "90", "99")},
    }


def beside_wrk(port, rounds):
    """Name, text and median ratio to wrk for each figure."""
    own_latency(port), wrk_latency(port)
    pairs = [(own_latency(port), wrk_latency(port)) for _ in range(rounds)]
    for figure in pairs[0][0]:
        ratios = [ours[figure] / theirs[figure] for ours, theirs in pairs]
        ours, theirs = ([pair[side][figure] for pair in pairs] for side in (0, 1))
        text = f"{spread(ours, '{:,.2f}')}, wrk {spread(theirs, '{:,.2f}')}, ratio {spread(ratios, '{:.3f}')}"
        yield figure, text, statistics.median(ratios)


def agreement():
    """Both report the same for a server that takes its time."""
    with serve("--strategy", "foreground", "--smtp-delay", "20ms") as (process, port):
        pin(process, 0)
        for figure, text, ratio in beside_wrk(port, 2 * ROUNDS):
            judge(f"compare: foreground, 20 ms a mail, -c64, {figure}", text, abs(ratio - 1) <= 0.05, "within 5 % of wrk")


def saturation():
    """Both report the same rate for a server at its limit, over several rounds: single rounds differ by a tenth. The
    percentiles are printed only: the scheduler decides which of the 64 requests waits."""
    with serve("--strategy", "fire-and-forget", "--smtp-url", "discard:") as (process, port):
        pin(process, 0)
        for figure, text, ratio in beside_wrk(port, 3 * ROUNDS):
            name = f"compare: fire-and-forget at its limit, -c64, {figure}"
            if figure == "requests/s":
                judge(name, text, abs(ratio - 1) <= 0.05, "within 5 % of wrk")
            else:
                print(f"     {name}: {text}", flush=True)


def durations():
    for name, arguments, limit in (("--quick", ["--quick"], 45), ("default", [], 180)):
        start = time.monotonic()
        results = run("compare", *arguments)["strategies"]
        seconds = time.monotonic() - start
        lost = sum(result["fate"]["lost"] + result["fate"]["duplicated"] for result in results)
        judge(
            f"compare: {name}, {len(results)} strategies", f"{seconds:.0f} s, {lost} mails lost or twice",
            seconds < limit and lost == 0, f"under {limit} s, none")


def main():
    with nginx() as port:
        bench(port, "--concurrency", "64", "--duration", "1s")
        capacity(port)
        punctuality(port)
        high_rate(port)
    agreement()
    saturation()
    durations()


if __name__ == "__main__":
    main()
