"""Mails per second over 50 connections into Postfix's smtp-sink, against the plain C libcurl-multi loop in smtp/multi.c.

The loop is one thread too. It does what libcurl's SMTP does by itself: one command at a time on each connection. The SMTP client
pipelines where the server offers it, as smtp-sink does; the second line is without pipelining.
"""

import os
import re
import subprocess
import tempfile

from harness import ROOT, binary, compare, free_port, running, tool

MAILS = 20_000
CONNECTIONS = 50


def mails(arguments):
    """Mails per second, as both programs print it. Exits on a failure."""
    output = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    found = re.fullmatch(r"(\d+) mails/s, 0 failed\s*", output)
    return float(found[1]) if found else exit(f"{arguments[0]} failed:\n{output}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        loop = os.path.join(folder, "multi")
        source = os.path.join(ROOT, "Benchmarks", "smtp", "multi.c")
        subprocess.run(["cc", "-O2", "-Wall", "-o", loop, source, "-lcurl"], check=True)
        for name, options in [("smtp", []), ("smtp without pipelining", ["-p"])]:
            port = free_port()
            user = ["-u", "nobody"] if os.geteuid() == 0 else []
            with running([tool("smtp-sink"), *user, *options, f"127.0.0.1:{port}", "1000"], port):
                ours = [binary("bgdemo-smtp-client-bench"), f"smtp://127.0.0.1:{port}", str(MAILS), str(CONNECTIONS)]
                reference = [loop, f"127.0.0.1:{port}", str(MAILS), str(CONNECTIONS)]
                mails(ours), mails(reference)
                compare(
                    f"{name}: {CONNECTIONS} connections", "mails/s", lambda: mails(ours), lambda: mails(reference),
                    "the C loop", 0.85)
