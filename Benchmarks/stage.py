"""The stage: time to the first mail, its own share of a core, its memory, and the frames of its page.

`STAGE_SECONDS` is how long seven lanes are loaded with 20 requests/s each. Default: 60.
"""

import contextlib
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

from chromium import Chromium
from harness import ROUNDS, binary, judge, memory, percentile, processor_seconds, spread

SECONDS = int(os.environ.get("STAGE_SECONDS", "60"))


@contextlib.contextmanager
def stage(*arguments):
    """`bgdemo stage`, and its URL."""
    process = subprocess.Popen(
        [binary("bgdemo"), "stage", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield process, re.search(r"http://\S+/", process.stdout.readline())[0]
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def idle(lane):
    """A script with one step, which does nothing: the talk's own first step would change the rates."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        step = {"address": "idle", "title": "idle", "lanes": [lane], "actions": []}
        json.dump({"steps": [step]}, file)
        file.flush()
        yield file.name


def act(url, text):
    urllib.request.urlopen(urllib.request.Request(url + "do", text.encode()), timeout=60).close()


def scores(url):
    with urllib.request.urlopen(url + "stage.json") as response:
        return json.load(response)["scores"]


def first_mail():
    """Seconds from the command to the first mail that moves on a page."""
    began = time.monotonic()
    with stage() as (_, url), urllib.request.urlopen(url + "events", timeout=60) as events:
        for line in events:
            if line.startswith(b"data: ") and json.loads(line[6:]).get("mails"):
                return time.monotonic() - began


def loaded():
    """Seven lanes with 20 requests/s each, and a page that shows one of them."""
    with idle("resque") as acts, stage("--acts", acts) as (process, url), Chromium() as browser:
        browser.open(url)
        act(url, "rate 20 all")
        # Longer than a mail that has arrived is remembered.
        time.sleep(40)
        browser.run("stage.frames.length = stage.work.length = 0; return 0")
        begin, used, before = time.monotonic(), processor_seconds(process), memory(process)
        time.sleep(SECONDS)
        share = (processor_seconds(process) - used) / (time.monotonic() - begin) * 100
        grown = memory(process) - before
        frames, work = browser.run("return [stage.frames, stage.work]")
        judge("stage: its own processor time", f"{share:.1f} % of a core", share < 25, "under 25 %")
        judge(f"stage: memory in {SECONDS} s", f"{before:.1f} MB, {grown:+.1f} MB", grown < 5, "flat")
        for name, values in (("time of a frame", frames), ("work of a frame", work)):
            judge(
                f"stage: {name}, p95 of {len(values)}",
                f"{percentile(values, .95):.1f} ms, p50 {percentile(values, .5):.1f} ms",
                percentile(values, .95) < 20, "under 20 ms")


def answered(url, seconds=8):
    """Answers a second of the one lane."""
    begin, before = time.monotonic(), scores(url)[0]["answered"]
    time.sleep(seconds)
    return (scores(url)[0]["answered"] - before) / (time.monotonic() - begin)


def page_costs():
    """One lane at full load, with its page open and closed, in turn."""
    lane = "foreground"
    with (idle(lane) as acts, stage("--lanes", lane, "--smtp-delay", "1ms", "--acts", acts) as (_, url),
          Chromium() as browser):
        act(url, f"rate 5000 {lane}")
        time.sleep(5)
        pairs = []
        for _ in range(ROUNDS):
            browser.open(url)
            opened = answered(url)
            browser.open("about:blank")
            pairs.append((opened, answered(url)))
        ratios = [opened / closed for opened, closed in pairs]
        judge(
            "stage: answers with the page open",
            f"{spread([pair[0] for pair in pairs])}/s, closed {spread([pair[1] for pair in pairs])}/s, "
            f"ratio {spread(ratios, '{:.3f}')}", statistics.median(ratios) > 0.95, "0.95 or better")


def main():
    times = [first_mail() for _ in range(ROUNDS)]
    judge("stage: command to first mail", f"{spread(times, '{:.2f}')} s", statistics.median(times) < 3, "under 3 s")
    loaded()
    page_costs()
