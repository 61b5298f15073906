"""Mails a second over 50 connections, against the plain C libcurl-multi loop in smtp/multi.c, into Postfix's smtp-sink.

The loop is one thread too. It is what libcurl's SMTP gives by itself: one command at a time, and everything waits for
each reply to a final dot. The courier pipelines where the server offers it, as smtp-sink does; the second line has that
switched off.
"""

import os
import re
import subprocess
import tempfile

from harness import ROOT, binary, compare, free_port, running, tool

MAILS = 20_000
CONNECTIONS = 50


def mails(arguments):
    """Mails per second, as both programs print it. A failure is no figure."""
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
                courier = [binary("bgdemo-smtp-client-bench"), f"smtp://127.0.0.1:{port}", str(MAILS), str(CONNECTIONS)]
                reference = [loop, f"127.0.0.1:{port}", str(MAILS), str(CONNECTIONS)]
                mails(courier), mails(reference)
                compare(
                    f"{name}: {CONNECTIONS} connections", "mails/s", lambda: mails(courier), lambda: mails(reference),
                    "the C loop", 0.85)
