"""What a stranger may make a process hold, for limits.py: each case with the most memory that the process had at any time."""

import contextlib
import re
import socket
import tempfile
import threading
import time
import urllib.request

from doors_http import TYPES, exchange, mail, request
from doors_mail import deliver
from harness import await_port, binary, free_port, running, serve

BODY = 4_000_000


def peak(process):
    """The most resident memory so far, in MB (of 1024 kB)."""
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) / 1024


def send(client, data):
    with contextlib.suppress(OSError):
        client.sendall(data)


def together(count, work):
    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


@contextlib.contextmanager
def clients(port, count):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(count)]


def bodies(port):
    """400 bodies, each without its last byte."""
    whole = request(headers=[TYPES["json"]], body=b"a" * BODY)
    with clients(port, 400) as waiting:
        for client in waiting:
            client.settimeout(0.5)
        together(8, lambda number: [send(client, whole[:-1]) for client in waiting[number::8]])
        time.sleep(1)


@contextlib.contextmanager
def with_token():
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("a-token-of-this-measurement")
        file.flush()
        with serve("--token-file", file.name, "--smtp-url", "discard:", "--log-level", "critical") as started:
            yield started


@contextlib.contextmanager
def for_anyone(*arguments):
    with serve("--smtp-url", "discard:", "--log-level", "critical", *arguments) as started:
        yield started


@contextlib.contextmanager
def hanging_server():
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with serve("--strategy", "fire-and-forget", "--smtp-url", url, "--log-level", "critical", "--grace", "100ms") as started:
            yield started


def texts(port):
    """400 texts of 1 MB, which a mail server that says nothing lets wait."""
    whole = request(headers=[TYPES["json"]], body=mail(text="a" * 1_000_000))
    refused = sum(b" 503 " in exchange(port, whole)[:20] for _ in range(400))
    if not refused:
        raise SystemExit("no text was refused, though the mail server hangs")


def lines(port):
    """50 requests with one header line of 9 MB each, without its end."""
    with clients(port, 50) as waiting:
        for client in waiting:
            client.settimeout(0.5)
            send(client, b"GET / HTTP/1.1\r\nHost: localhost\r\nx: " + b"a" * 9_000_000)


def one_key(port):
    """500 connections with 64 requests each, all with one Idempotency-Key."""
    each = request("/you@example.org/s/t", ["Idempotency-Key: k"]).replace(b"Connection: close\r\n", b"") * 64
    with clients(port, 500) as waiting:
        together(8, lambda number: [send(client, each) for client in waiting[number::8]])
        time.sleep(1)
    exchange(port, request("/healthz"))


@contextlib.contextmanager
def inbox():
    smtp, page = free_port(), free_port()
    with running([binary("bgdemo"), "inbox", "--port", str(smtp), "--page-port", str(page)], page) as process:
        await_port(smtp, process)

        def fill_and_list(port):
            """100 mails with a subject of 250 kB each, and their list four times at once."""
            for _ in range(100):
                deliver(smtp, b"Subject: " + b"a" * 250_000 + b"\r\n\r\ntext\r\n")
            for path in ("/", "/mails.json"):
                together(4, lambda _: urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read())

        yield process, page, fill_and_list


@contextlib.contextmanager
def hostile_redis():
    """A Redis whose replies say that they have 1 GiB, and begin to send it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def talk(client):
            with client, contextlib.suppress(OSError):
                client.recv(1 << 16)
                client.sendall(b"$1073741824\r\n")
                for _ in range(1024):
                    client.sendall(b"a" * (1 << 20))

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}"
        with serve("--strategy", "resque", "--role", "server", "--redis-url", url, "--log-level", "critical") as started:
            yield started


def enqueue(port):
    for _ in range(5):
        exchange(port, request(headers=[TYPES["json"]], body=mail()))


def cases():
    """Each: its name, what starts the process, what is sent to its port (None where the start says it)."""
    return [
        ("400 unfinished bodies of 4 MB without the token", with_token, bodies),
        ("400 unfinished bodies of 4 MB where anyone may send", for_anyone, bodies),
        ("400 texts of 1 MB, fire-and-forget, a mail server that hangs", hanging_server, texts),
        ("50 header lines of 9 MB", for_anyone, lines),
        ("500 × 64 requests with one Idempotency-Key", for_anyone, one_key),
        ("the inbox' list of 100 mails with subjects of 250 kB", inbox, None),
        ("a Redis reply of 1 GiB", hostile_redis, enqueue),
    ]


@contextlib.contextmanager
def started(start):
    with start() as values:
        process, port, *own = values
        yield process, port, (own[0] if own else None)
