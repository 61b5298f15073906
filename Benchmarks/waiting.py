"""Foreground with a mail server that takes half a second: the times that 500 clients see."""

import asyncio
import statistics
import time

from harness import MAIL, memory, percentile, running, serve, binary, free_port, judge

DELAY = 0.5
CLIENTS = 500


async def ask(port, count, times, failures):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(count):
        began = time.monotonic()
        writer.write(f"GET {MAIL} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        await reader.readexactly(length)
        times.append(time.monotonic() - began)
        if not head.startswith(b"HTTP/1.1 200"):
            failures.append(head)
    writer.close()


def run_clients(port, each):
    times, failures = [], []

    async def all_of_them():
        await asyncio.gather(*(ask(port, each, times, failures) for _ in range(CLIENTS)))

    asyncio.run(all_of_them())
    return times, failures


def main():
    smtp = free_port()
    page = free_port()
    inbox = [binary("bgdemo"), "inbox", "--port", str(smtp), "--page-port", str(page), "--delay", f"{int(DELAY * 1000)}ms"]
    with running(inbox, smtp):
        url = f"smtp://127.0.0.1:{smtp}"
        with serve("--smtp-url", url, "--smtp-connections", str(CLIENTS), "--log-level", "warning") as (process, port):
            run_clients(port, 1)
            times, failures = run_clients(port, 10)
            median, late = statistics.median(times) / DELAY, percentile(times, 0.99) / DELAY
            judge(
                f"waiting: {CLIENTS} clients, {CLIENTS} connections, {DELAY} s of delay",
                f"median {median:.3f} and p99 {late:.3f} of the delay, {len(failures)} failed",
                median <= 1.10 and late <= 1.25 and not failures, "1.10 and 1.25, none failed")
            used = memory(process)
            judge("waiting: memory during the load", f"{used:.1f} MB", used < 100, "under 100 MB")
        with serve("--smtp-url", url, "--log-level", "warning") as (_, port):
            times, failures = run_clients(port, 1)
            # 50 connections send 500 mails in ten rounds.
            rounds = max(times) / DELAY / (CLIENTS / 50)
            judge(
                f"waiting: {CLIENTS} clients, 50 connections", f"the last after {rounds:.2f} of ten rounds, {len(failures)} failed",
                rounds < 1.25 and not failures, "1.25, none failed")
