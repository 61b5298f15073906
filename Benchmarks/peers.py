"""`make bench-peers PEERS=folder`: one job, one Redis, and the workers of Ruby's Resque, node-resque and Sidekiq beside ours.

The folder has what the user has checked out and installed: `resque`, `node-resque` (with its `node_modules`, built), `sidekiq`. A gem
that is installed on the system is found without a folder. Each worker runs as its own documentation starts it, with its own default of
concurrency, for some seconds; the job does nothing, ours has it sent to `discard:`. The figure is jobs per second of one worker process.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from harness import ROUNDS, SECONDS, binary, running, spread
from resque import Redis, pushes, redis

PEERS = os.path.abspath(os.environ.get("PEERS", "."))
MAIL = {"to": "you@example.org", "subject": "hello", "text": "it works", "id": "01m87eh8kn000farrdkgyrpw91"}
RESQUE_JOB = json.dumps({"class": "SendEmail", "args": [MAIL], "queue": "emailQueue"}, separators=(",", ":"))
SIDEKIQ_JOB = json.dumps(
    {"class": "SendEmail", "args": [MAIL], "queue": "default", "jid": "a" * 24, "retry": True, "created_at": 1.0, "enqueued_at": 1.0},
    separators=(",", ":"))
FILL = "for i = redis.call('LLEN', KEYS[1]) + 1, ARGV[1] do redis.call('LPUSH', KEYS[1], ARGV[2]) end"

RUBY_RESQUE = """
require "resque"
class SendEmail
  def self.perform(mail) = nil
end
Resque.redis = ENV["REDIS_URL"]
worker = Resque::Worker.new("emailQueue")
worker.fork_per_job = ENV["FORK_PER_JOB"] != "false"
worker.work(0.1)
"""

SIDEKIQ = """
require "sidekiq"
class SendEmail
  include Sidekiq::Worker
  def perform(mail) = nil
end
"""

NODE_RESQUE = """
const { MultiWorker } = require("node-resque");
const jobs = { SendEmail: { perform: async () => null } };
const [host, port] = ["127.0.0.1", Number(process.env.REDIS_PORT)];
const worker = new MultiWorker({ connection: { host, port, database: 0, namespace: "resque" }, queues: ["emailQueue"] }, jobs);
worker.start();
"""


def gem(name):
    """Ruby's arguments to require a gem from its folder, or from the system; nil where it is in neither."""
    library = os.path.join(PEERS, name, "lib")
    arguments = ["-I", library] if os.path.isdir(library) else []
    found = shutil.which("ruby") and subprocess.run(["ruby", *arguments, "-e", f"require '{name}'"], capture_output=True)
    return arguments if found and found.returncode == 0 else None


def ours(port, _):
    return [binary("bgdemo"), "serve", "--strategy", "resque", "--role", "worker", "--job-class", "SendEmail", "--smtp-url", "discard:",
            "--redis-url", f"redis://127.0.0.1:{port}"], {}


def ruby_resque(fork):
    def command(port, _):
        arguments = gem("resque")
        variables = {"REDIS_URL": f"redis://127.0.0.1:{port}", "FORK_PER_JOB": fork}
        return arguments is not None and (["ruby", *arguments, "-e", RUBY_RESQUE], variables)
    return command


def sidekiq(port, folder):
    arguments = gem("sidekiq")
    executable = os.path.join(PEERS, "sidekiq", "bin", "sidekiq")
    executable = executable if os.path.exists(executable) else shutil.which("sidekiq")
    if arguments is None or not executable:
        return False
    path = os.path.join(folder, "job.rb")
    with open(path, "w") as file:
        file.write(SIDEKIQ)
    return ["ruby", *arguments, executable, "-r", path, "-q", "default"], {"REDIS_URL": f"redis://127.0.0.1:{port}"}


def node_resque(port, folder):
    checkout = os.path.join(PEERS, "node-resque")
    path = os.path.join(folder, "worker.cjs")
    with open(path, "w") as file:
        file.write(NODE_RESQUE.replace('require("node-resque")', f"require({json.dumps(checkout)})"))
    found = shutil.which("node") and subprocess.run(["node", "-e", f"require({json.dumps(checkout)})"], capture_output=True)
    return found and found.returncode == 0 and (["node", path], {"REDIS_PORT": str(port)})


def rate(command, queue, job, waiting=20_000):
    """Jobs per second of one worker process, once it works; None where it is not installed."""
    with redis() as port, tempfile.TemporaryDirectory() as folder:
        found = command(port, folder)
        if not found:
            return None
        arguments, variables = found
        watch, done = Redis(port), 0

        def refill():
            taken = waiting - int(watch("LLEN", queue))
            watch("EVAL", FILL, 1, queue, waiting, job)
            return taken

        watch("SADD", "queues", "default")
        watch("EVAL", FILL, 1, queue, waiting, job)
        with running(arguments, env={**os.environ, **variables}) as process:
            end = time.monotonic() + 60
            while int(watch("LLEN", queue)) > waiting - 50:
                if process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"{' '.join(arguments[:4])} … works no job")
                time.sleep(0.02)
            refill()
            start = time.perf_counter()
            while time.perf_counter() - start < SECONDS:
                time.sleep(0.01)
                done += refill()
            return done / (time.perf_counter() - start)


WORKERS = [
    ("bgdemo", ours, "resque:queue:emailQueue", RESQUE_JOB),
    ("Ruby's Resque, a fork for each job", ruby_resque("true"), "resque:queue:emailQueue", RESQUE_JOB),
    ("Ruby's Resque, FORK_PER_JOB=false", ruby_resque("false"), "resque:queue:emailQueue", RESQUE_JOB),
    ("Sidekiq", sidekiq, "queue:default", SIDEKIQ_JOB),
    ("node-resque's MultiWorker", node_resque, "resque:queue:emailQueue", RESQUE_JOB),
]


def main():
    figures = {name: [] for name, *_ in WORKERS}
    for _ in range(ROUNDS):  # in turns, so that a change of the machine's load meets all
        for name, command, queue, job in WORKERS:
            figures[name].append(rate(command, queue, job))
    with redis() as port:
        print(f"     RPUSH of redis-benchmark -c 64: {spread([pushes(port) for _ in range(ROUNDS)])} requests/s")
    mine = figures["bgdemo"]
    for name, rates in figures.items():
        if None in rates:
            print(f"     {name}: not installed, neither in {PEERS} nor on the system")
            continue
        ratios = [own / other for own, other in zip(mine, rates)]
        print(f"     {name}: {spread(rates)} jobs/s, ours {spread(ratios, '{:.1f}')} times as many", flush=True)


if __name__ == "__main__":
    main()
