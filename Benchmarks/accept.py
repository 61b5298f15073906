"""The accept path: an HTTP request, a mail that is discarded at once, the answer; against nginx with `return 200`."""

from harness import compare, nginx, serve, wrk


def main():
    with nginx() as reference, serve("--strategy", "fire-and-forget", "--smtp-url", "discard:") as (_, port):
        wrk(port, seconds=2)
        wrk(reference, seconds=2)
        compare(
            "accept: fire-and-forget discard:, wrk -c64", "requests/s", lambda: wrk(port), lambda: wrk(reference),
            "nginx return 200", 0.5)
