"""What a network between the processes costs: `bgdemo compare` with Redis, then with the mail server, 0, 1 and 5 ms away (a round
trip). `TABLE=docs/distance.md` puts the figures into that file, in the place of those that are there.
"""

import json
import os
import subprocess
import tempfile

from harness import binary, judge

DISTANCES = ["0ms", "1ms", "5ms"]


def compare(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "result.json")
        subprocess.run([binary("bgdemo"), "compare", "--quick", "--json", path, *arguments], check=True, capture_output=True)
        with open(path) as file:
            return {result["name"]: result for result in json.load(file)["strategies"]}


def figures(result):
    response, inbox = result["response"], result["toInbox"]
    return f"{response['p50']:.2f}, {response['p99']:.1f} | {inbox['p50']:.0f}, {inbox['p99']:.0f}"


def table(runs):
    head = " | ".join(f"answer at {distance} | inbox at {distance}" for distance in DISTANCES)
    lines = [f"| strategy | {head} |", "| --- |" + " ---: |" * 2 * len(DISTANCES)]
    for name in runs[0]:
        if all(name in run for run in runs):
            lines.append(f"| {name} | " + " | ".join(figures(run[name]) for run in runs) + " |")
    return lines


def write(path, tables):
    with open(path) as file:
        lines = file.read().split("\n")
    written, rest = [], list(tables)
    inside = False
    for line in lines:
        if line.startswith("| "):
            if not inside:
                written += rest.pop(0)
            inside = True
        else:
            inside = False
            written.append(line)
    with open(path, "w") as file:
        file.write("\n".join(written))


def main():
    near = compare()
    redis = [near] + [compare("--redis-latency", distance) for distance in DISTANCES[1:]]
    smtp = [near] + [compare("--smtp-latency", distance) for distance in DISTANCES[1:]]
    remote = [{name: result for name, result in run.items() if result.get("redis")} for run in redis]
    tables = [table(remote), table(smtp)]
    for lines in tables:
        print("\n".join(lines), flush=True)
    lost = sum(result["fate"]["lost"] + result["fate"]["duplicated"] for run in redis + smtp for result in run.values())
    judge("distance: mails lost or twice", str(lost), lost == 0, "none")
    if os.environ.get("TABLE"):
        write(os.environ["TABLE"], tables)


if __name__ == "__main__":
    main()
