"""The accept path: an HTTP request, a mail that is discarded at once, the answer; against nginx with `return 200`. Then the same
routes with a strategy that does nothing, on this project's HTTP server and on NIOHTTP1's."""

import contextlib

from harness import binary, compare, free_port, nginx, running, serve, wrk


@contextlib.contextmanager
def routes(server):
    port = free_port()
    with running([binary("bgdemo-http-bench"), server, str(port)], port):
        yield port


def main():
    with nginx() as reference, serve("--strategy", "fire-and-forget", "--smtp-url", "discard:") as (_, port):
        wrk(port, seconds=2)
        wrk(reference, seconds=2)
        compare(
            "accept: fire-and-forget discard:, wrk -c64", "requests/s", lambda: wrk(port), lambda: wrk(reference),
            "nginx return 200", 0.5)
    with routes("own") as own, routes("nio") as nio:
        wrk(own, seconds=2)
        wrk(nio, seconds=2)
        compare("accept: the routes alone, wrk -c64", "requests/s", lambda: wrk(own), lambda: wrk(nio), "on NIOHTTP1", 1)
