"""What `--otlp` costs: requests and jobs per second with and without it, beside a collector that throws the spans away."""

import contextlib
import sys
import time

from harness import ROUNDS, binary, compare, free_port, running, serve, wrk
from resque import FILL, JOB, Redis, redis

# A collector that reads each request and answers 200.
COLLECTOR = """
import http.server, sys
class Collector(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"{}")
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Collector).serve_forever()
"""


@contextlib.contextmanager
def collector():
    """The option that sends spans to it."""
    port = free_port()
    with running([sys.executable, "-c", COLLECTOR, str(port)], port):
        yield ["--otlp", f"http://127.0.0.1:{port}"]


def drain(options, seconds=2):
    """Jobs per second of a worker process, while jobs wait."""
    with redis() as port:
        watch = Redis(port)
        command = [binary("bgdemo"), "serve", "--strategy", "resque", "--role", "worker", "--smtp-url", "discard:"]
        with running([*command, "--redis-url", f"redis://127.0.0.1:{port}", *options]):
            while watch.count() < 2000:
                watch("EVAL", FILL, 1, "resque:queue:emailQueue", 1000, JOB)
            before, start = watch.count(), time.perf_counter()
            while time.perf_counter() - start < seconds:
                watch("EVAL", FILL, 1, "resque:queue:emailQueue", 1000, JOB)
                time.sleep(0.005)
            return (watch.count() - before) / (time.perf_counter() - start)


def main():
    with collector() as options:
        own = ("--strategy", "fire-and-forget", "--smtp-url", "discard:")
        with serve(*own, *options) as (_, traced), serve(*own) as (_, plain):
            wrk(traced, seconds=2), wrk(plain, seconds=2)
            compare("tracing: requests, wrk -c64", "requests/s", lambda: wrk(traced), lambda: wrk(plain), "without", 0.95)
        # More and shorter pairs than others: the speed of a machine changes by more than this costs.
        compare("tracing: resque drain", "jobs/s", lambda: drain(options), lambda: drain([]), "without", 0.95, rounds=3 * ROUNDS)
