"""Mails per second that the inbox receives, against Postfix's smtp-sink with the same smtp-source."""

import os
import subprocess
import time

from harness import binary, compare, free_port, running, tool

MAILS = 20_000


def smtp_source(port):
    """Mails per second over 20 kept connections, 1,000 bytes per mail."""
    began = time.monotonic()
    subprocess.run(
        [tool("smtp-source"), "-d", "-s", "20", "-m", str(MAILS), "-l", "1000", "-f", "a@b.example", "-t", "c@d.example",
         f"127.0.0.1:{port}"], check=True)
    return MAILS / (time.monotonic() - began)


def smtp_sink(port):
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    return [tool("smtp-sink"), *user, f"127.0.0.1:{port}", "1000"]


def main():
    sink, inbox = free_port(), free_port()
    ours = [binary("bgdemo"), "inbox", "--port", str(inbox), "--page-port", "0"]
    with running(smtp_sink(sink), sink), running(ours, inbox):
        smtp_source(sink)
        smtp_source(inbox)
        compare(
            "inbox: smtp-source -d -s 20", "mails/s", lambda: smtp_source(inbox), lambda: smtp_source(sink),
            "smtp-sink", 0.7)
