"""What stands in Redis, and what a Redis replies, for limits.py."""

import contextlib
import json
import socket
import threading
import time
import urllib.request

from doors_http import TYPES, exchange, mail, marks, request
from harness import serve
from resque import Redis, redis

TEXT = 1_000_000
LARGE = 16_000_000
# A text has at most 1,000,000 values, names among them, an event of the bus half as many; a reply 1,048,576 elements.
MEMBERS = 499_000
ELEMENTS = 1_048_576


def metric(port, name):
    """The sum of a metric over its labels."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.split("\n") if line.startswith(name))


def until(condition, limit=120):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("a job or an event was not performed within 120 s")
        time.sleep(0.002)


def command(*words):
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def text(value):
    return json.dumps(value, ensure_ascii=False)


def job(name, *arguments):
    return text({"class": name, "args": list(arguments)})


def event(**attributes):
    return text({"bus_event_type": "other", "bus_id": "1", **attributes, "bus_class_proxy": "QueueBus::Driver"})


RESQUE = [
    ("class of marks", LARGE, lambda size: job(marks(size))),
    ("argument of marks", LARGE, lambda size: job("SendEmail", marks(size))),
    ("key of marks", LARGE, lambda size: job("SendEmail", {marks(size): 1})),
    ("many keys", MEMBERS * 12, lambda size: '{"class":"SendEmail","args":[{' + ",".join(f'"{n:07x}":1' for n in range(size // 12)) + "}]}"),
    ("nested arguments", LARGE, lambda size: '{"class":"SendEmail","args":' + "[" * (size // 2) + "]" * (size // 2) + "}"),
    ("no JSON", LARGE, lambda size: "{" * size),
]
EVENTR = [
    ("name of marks", LARGE, lambda size: text({"eventName": marks(size)})),
    ("key of marks", LARGE, lambda size: text({"eventName": "email_requested", marks(size): 1})),
    ("no JSON", LARGE, lambda size: "{" * size),
]
BUS = [
    ("key of marks", LARGE, lambda size: event(**{marks(size): 1})),
    ("many keys", MEMBERS // 2 * 14, lambda size: event(**{f"{n:07x}": 1 for n in range(size // 14)})),
    ("type of marks", LARGE, lambda size: event(bus_event_type=marks(size))),
    ("text for a pattern", TEXT, lambda size: event(about="a" * size)),
]
PATTERNS = {
    "stars": "a" + "*" * 9000, "letters": ".*[" + "".join(chr(0x4e00 + 2 * n) for n in range(3000)) + "]Z",
    "nested": "(" * 150 + "a*" + ")*" * 150, "counted": "(a{0,90}){0,90}Z", "look": "(?=.*b)" * 200,
}


class Binary(Redis):
    """Sends bytes and large texts."""

    def __call__(self, *words):
        self.file.write(command(*words))
        self.file.flush()
        return self.reply()


@contextlib.contextmanager
def doors():
    """What a worker finds in Redis. Behind it comes a mail: the time until that is sent."""
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(redis())
        url = f"redis://127.0.0.1:{port}"
        client = Binary(port)
        measured = []
        pages = {}
        for strategy in ("resque", "eventr", "queuebus", "pubsub"):
            _, pages[strategy] = stack.enter_context(serve(
                "--strategy", strategy, "--redis-url", url, "--smtp-url", "discard:", "--log-level", "critical",
                # One at a time: the mail behind a job is sent when the job has ended.
                "--concurrency", "1"))

        def door(strategy, name, limit, make, put):
            page = pages[strategy]

            def send(item):
                before = metric(page, "bgdemo_sends_total")
                put(item)
                exchange(page, request(headers=[TYPES["json"]], body=mail()))
                until(lambda: metric(page, "bgdemo_sends_total") > before)

            measured.append((f"{strategy} {name}", limit, make, send))

        def write(event):
            minute = int(time.time()) // 60
            client("ZADD", "eventr:partitions", minute, minute)
            client("RPUSH", f"eventr:partitions:{minute}", event)

        def publish(event):
            client("RPUSH", "resque:queue:bus_incoming", job("QueueBus::Worker", event))

        for name, limit, make in RESQUE:
            door("resque", name, limit, make, lambda job: client("RPUSH", "resque:queue:emailQueue", job))
        for name, limit, make in EVENTR:
            door("eventr", name, limit, make, write)
        for name, limit, make in BUS:
            door("queuebus", name, limit, make, publish)
        door("pubsub", "message of marks", LARGE, lambda size: text({"to": marks(size)}), lambda message: client(
            "PUBLISH", "emailz", message))
        for name, pattern in PATTERNS.items():
            def subscribe(event, name=name, pattern=pattern):
                client("SADD", "resque:bus_apps", name)
                client("HSET", f"resque:bus_app:{name}", name, text(
                    {"queue_name": "q", "key": name, "class": "C", "matcher": {"about": pattern}}))
                publish(event)

            door("queuebus", f"pattern of {name}", TEXT, lambda size: event(about="a" * size), subscribe)
        yield pages["queuebus"], measured


# The largest of 64 MiB with its length.
REPLY = (64 << 20) - 64
REPLIES = [
    # With half of it, both are so large that the allocator asks the system for their memory.
    ("text", REPLY, lambda size: b"$%d\r\n" % size + b"a" * size + b"\r\n"),
    ("too long a text", 160_000_000, lambda size: b"$%d\r\n" % (1 << 30) + b"a" * size),
    ("error of marks", LARGE, lambda size: b"-" + marks(size).encode() + b"\r\n"),
    ("moved to marks", LARGE, lambda size: b"-MOVED 1 " + marks(size).encode() + b":1\r\n"),
    ("array", ELEMENTS * 4, lambda size: b"*%d\r\n" % (size // 4) + b":1\r\n" * (size // 4)),
    ("nested arrays", LARGE, lambda size: b"*1\r\n" * (size // 4)),
    ("no line end", LARGE, lambda size: b"+" + b"a" * size),
    ("replies to no command", LARGE, lambda size: b"+a\r\n" * (size // 4)),
]


@contextlib.contextmanager
def server_doors():
    """Something large comes in the place of the reply to RPUSH; the request that enqueues is answered."""
    said, asked = [], {}

    def pump(source, target, client):
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 16):
                if source is client:
                    asked[client] = piece
                elif said and b"RPUSH" in asked[client]:
                    target.sendall(said.pop())
                    piece = piece.partition(b"\r\n")[2]
                target.sendall(piece)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    with redis() as server, socket.create_server(("127.0.0.1", 0)) as listener:
        def accept():
            with contextlib.suppress(OSError):
                while True:
                    client, upstream = listener.accept()[0], socket.create_connection(("127.0.0.1", server))
                    for ends in ((client, upstream, client), (upstream, client, client)):
                        threading.Thread(target=pump, args=ends, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}"
        arguments = ("--strategy", "resque", "--role", "server", "--redis-url", url, "--log-level", "critical")
        with serve(*arguments) as (_, port):
            def send(reply):
                said.append(reply)
                exchange(port, request(headers=[TYPES["json"]], body=mail()))

            yield port, [(f"redis reply, {name}", limit, make, send) for name, limit, make in REPLIES]
