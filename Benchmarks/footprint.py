"""Start time and idle memory, and memory and open files after many requests."""

import contextlib
import http.client
import statistics
import subprocess
import time

from harness import MAIL, ROUNDS, binary, free_port, memory, open_files, serve, spread, judge


def start():
    """Seconds from the start of the process to its first answer."""
    port = free_port()
    began = time.monotonic()
    process = subprocess.Popen([binary("bgdemo"), "serve", "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                return time.monotonic() - began
            time.sleep(0.001)
    finally:
        process.terminate()
        process.wait(30)


def requests(port, count):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(count):
        connection.request("GET", MAIL)
        connection.getresponse().read()
    connection.close()


def many(port, count):
    """`count` requests over connections that send 50 each, one after the other."""
    request = f"GET {MAIL} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    # A client that only ends its output is kept for 100 ms, as it may be gone.
    body = request * 49 + request[:-2] + b"Connection: close\r\n\r\n"
    import socket
    for _ in range(count // 50):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(body)
            while client.recv(65536):
                pass


def main():
    starts = [start() * 1000 for _ in range(ROUNDS)]
    judge("footprint: start to first answer", f"{spread(starts)} ms", statistics.median(starts) < 150, "under 150 ms")
    with serve() as (process, _):
        time.sleep(1)
        idle = memory(process)
        judge("footprint: idle memory with the inbox", f"{idle:.1f} MB", idle < 25, "under 25 MB")
    with serve("--strategy", "fire-and-forget", "--smtp-url", "discard:", "--log-level", "warning") as (process, port):
        many(port, 20_000)
        time.sleep(1)
        before, files = memory(process), open_files(process)
        many(port, 200_000)
        time.sleep(2)
        grown, left = memory(process) - before, open_files(process) - files
        judge(
            "footprint: after 200,000 more requests on 4,000 connections", f"{grown:+.1f} MB, {left:+d} files",
            grown < 10 and left <= 0, "within 10 MB, no file left open")
