"""What a stranger may send over HTTP, for limits.py."""

import contextlib
import json
import socket

from harness import serve

# Two combining marks against their order: text of them takes quadratic time to compare as Swift's String does.
MARKS = "\u0301\u0323"


def marks(size):
    """`size` bytes of UTF-8 or a few less: a letter with as many marks as fit."""
    return "a" + MARKS * (max(size - 1, 0) // 4)


def exchange(port, request):
    """Sends the request and reads until the server closes the connection, which it may do before it has read all."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(120)
        with contextlib.suppress(ConnectionError):
            client.sendall(request)
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(1 << 16):
                answer += piece
    return answer


def request(target="/", headers=(), body=None, method=None):
    lines = [f"{method or ('GET' if body is None else 'POST')} {target} HTTP/1.1".encode(), b"Host: localhost", b"Connection: close"]
    lines += [line if isinstance(line, bytes) else line.encode() for line in headers]
    if body is not None and not any(line.lower().startswith(b"transfer-encoding") for line in lines):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


TYPES = {"json": "Content-Type: application/json", "form": "Content-Type: application/x-www-form-urlencoded"}


def mail(**fields):
    return json.dumps({"to": "you@example.org", "subject": "s", "text": "t", **fields}, ensure_ascii=False).encode()


def keys(size):
    """Many members, each with a name of its own."""
    return ("{" + ",".join(f'"{number:07x}":1' for number in range(size // 12)) + "}").encode()


def chunks(size):
    """A body in chunks of one byte."""
    return b"1\r\na\r\n" * size + b"0\r\n\r\n"


BODY = 4_000_000
TEXT = 1_000_000


@contextlib.contextmanager
def doors():
    with serve("--strategy", "fire-and-forget", "--smtp-url", "discard:", "--log-level", "warning") as (_, port):
        def door(name, limit, make):
            return (f"http {name}", limit, make, lambda request: exchange(port, request))

        def header(name):
            return door(f"header {name}", 16_000, lambda size: request("/readyz", [f"{name}: ".encode() + marks(size).encode()]))

        def body(name, kind, make, headers=()):
            return door(f"{kind} {name}", BODY, lambda size: request(headers=[TYPES[kind], *headers], body=make(size)))

        # A door: its name, its limit in bytes, what makes a request of so many bytes, what sends it.
        yield port, [
            door("path of marks", 8_000, lambda size: request("/you@example.org/s/" + marks(size - 20))),
            door("path, percent-encoded", 8_000, lambda size: request("/you@example.org/s/" + "%CC%81%CC%A3" * (size // 12))),
            door("path without a mail", 8_000, lambda size: request("/" + marks(size))),
            door("address of marks", 8_000, lambda size: request("/" + marks(size - 20) + "@example.org/s/t")),
            *[header(name) for name in ("Accept", "Authorization", "Content-Type", "Idempotency-Key", "Origin", "Referer",
                                        "Sec-Fetch-Site", "Sec-Purpose", "X-Unknown")],
            door("headers, 100 lines", 16_000, lambda size: request("/readyz", [f"x{n}: {'a' * (size // 100 - 8)}" for n in range(98)])),
            body("key of marks", "json", lambda size: json.dumps({marks(size): "a"}, ensure_ascii=False).encode()),
            body("many keys", "json", keys),
            body("nested arrays", "json", lambda size: b"[" * size),
            body("nested value", "json", lambda size: mail(x=[])[:-3] + b"[" * (size // 2) + b"]" * (size // 2) + b"}"),
            body("blanks", "json", lambda size: b" " * size + b"{}"),
            body("escapes in a text", "json", lambda size: mail()[:-3] + rb"\u0301" * (size // 6) + b'"}'),
            body("long number", "json", lambda size: b'{"delay":' + b"1" * size + b"}"),
            body("array of mails", "json", lambda size: b"[" + b",".join([mail(text="t" * (size // 101))] * 100) + b"]"),
            body("key of marks", "form", lambda size: marks(size).encode() + b"=a"),
            body("many fields", "form", lambda size: b"a=1&" * (size // 4)),
            body("percent-encoded", "form", lambda size: b"to=you@example.org&subject=s&text=" + b"%CC%81" * (size // 6)),
            door("json text of marks", TEXT, lambda size: request(headers=[TYPES["json"]], body=mail(text=marks(size)))),
            door("json delay of marks", TEXT, lambda size: request(headers=[TYPES["json"]], body=mail(delay=marks(size)))),
            door("json subject of marks", 998, lambda size: request(headers=[TYPES["json"]], body=mail(subject=marks(size)))),
            door("form delay of marks", TEXT, lambda size: request(
                headers=[TYPES["form"]], body=b"to=you@example.org&subject=s&text=t&delay=" + marks(size).encode())),
            door("json text of marks with an Idempotency-Key", TEXT, lambda size: request(
                headers=[TYPES["json"], f"Idempotency-Key: {size}"], body=mail(text=marks(size)))),
            door("chunks of one byte", BODY // 5, lambda size: request(headers=[TYPES["form"], "Transfer-Encoding: chunked"], body=chunks(size))),
            door("requests in one piece, one key", 32_000, lambda size: request(
                headers=["Idempotency-Key: k"]).replace(b"Connection: close\r\n", b"") * (size // 60) + request()),
        ]
