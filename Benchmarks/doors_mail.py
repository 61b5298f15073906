"""What a stranger may send in mails, and a mail server in replies, for limits.py."""

import contextlib
import itertools
import socket
import threading
import urllib.request

from doors_http import TYPES, exchange, mail, marks, request
from harness import await_port, binary, free_port, running, serve

HEADER = 256_000
MESSAGE = 9_000_000
CHARSETS = ["iso-8859-2", "koi8-r", "gb18030", "shift_jis", "iso-2022-jp", "utf-16", "utf-7", "windows-1251"]


def words(size):
    """Encoded words, each in another charset than the one before."""
    names = itertools.cycle(CHARSETS)
    return " ".join(f"=?{next(names)}?q?a?=" for _ in range(size // 20))


def nested(size):
    """Multiparts in multiparts, 8 deep, and their parts."""
    text = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(8))
    return text + "Content-Type: image/png\r\n\r\n--b7\r\n" * (size // 35)


def plain(header, body="text"):
    return f"{header}\r\n\r\n{body}\r\n"


MESSAGES = [
    ("subject of marks", HEADER, lambda size: plain("Subject: " + marks(size))),
    ("subject of encoded words", HEADER, lambda size: plain("Subject: " + words(size))),
    ("subject of beginnings", HEADER, lambda size: plain("Subject: " + "=?" * (size // 2))),
    ("Content-Type of marks", HEADER, lambda size: plain("Content-Type: text/" + marks(size))),
    ("charset of marks", HEADER, lambda size: plain("Content-Type: text/plain; charset=" + marks(size))),
    ("parameters", HEADER, lambda size: plain("Content-Type: text/plain" + "; a*0=b" * (size // 8))),
    ("quotes", HEADER, lambda size: plain('Content-Type: text/plain; a="' + '\\"' * (size // 2))),
    ("boundary of marks", HEADER, lambda size: plain("Content-Type: multipart/mixed; boundary=" + marks(size), "--a")),
    ("header lines", HEADER, lambda size: plain("a: b\r\n" * (size // 6) + "Subject: s")),
    ("continued lines", HEADER, lambda size: plain("Subject: s\r\n" + " a\r\n" * (size // 4 - 1) + " a")),
    ("header without an end", MESSAGE, lambda size: "a" * size),
    ("nested parts", MESSAGE, nested),
    ("text of marks", MESSAGE, lambda size: plain("Subject: s", ("\u0301\u0323" * 200 + "\r\n") * (size // 802))),
    ("quoted-printable", MESSAGE, lambda size: plain("Content-Transfer-Encoding: quoted-printable", "=CC=81\r\n" * (size // 8))),
    ("base64 in utf-7", MESSAGE, lambda size: plain(
        "Content-Type: text/plain; charset=utf-7\r\nContent-Transfer-Encoding: base64", ("YSsv" * 18 + "\r\n") * (size // 74))),
    ("invalid utf-16", MESSAGE, lambda size: plain("Content-Type: text/plain; charset=utf-16", "\u0700\u0700" * (size // 4))),
]


def deliver(port, text):
    with socket.create_connection(("127.0.0.1", port)) as client:
        lines = client.makefile("rb")
        lines.readline()
        for command in (b"HELO a", b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@example.org>", b"DATA"):
            client.sendall(command + b"\r\n")
            lines.readline()
        client.sendall(text + b"\r\n.\r\n")
        return lines.readline()


@contextlib.contextmanager
def doors():
    """Each mail is delivered to the inbox and looked at in every form."""
    smtp, page = free_port(), free_port()
    command = [binary("bgdemo"), "inbox", "--port", str(smtp), "--page-port", str(page), "--keep", "1"]
    with running(command, smtp) as process:
        await_port(page, process)
        def door(name, limit, make):
            def send(text):
                if not deliver(smtp, text).startswith(b"250"):
                    raise SystemExit(f"the inbox refused a mail: {name}")
                listed = urllib.request.urlopen(f"http://127.0.0.1:{page}/mails.json").read()
                number = listed.split(b'"id":')[1].split(b",")[0].decode()
                for path in ("/", f"/mails/{number}", f"/mails/{number}.json"):
                    urllib.request.urlopen(f"http://127.0.0.1:{page}{path}").read()

            return (f"mail {name}", limit, lambda size: make(size).encode("utf-8", "surrogatepass"), send)

        def say(line):
            exchange_line(smtp, line)

        yield page, [door(*message) for message in MESSAGES] + [
            ("mail command line", 12_000, lambda size: b"MAIL FROM:<" + marks(size).encode() + b">", say),
            ("mail command of one line", MESSAGE, lambda size: b"a" * size, say),
        ]


def exchange_line(port, line):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(60)
        with contextlib.suppress(ConnectionError):
            client.recv(1000)
            client.sendall(line + b"\r\nQUIT\r\n")
            while client.recv(1 << 16):
                pass


REPLIES = [
    ("text of marks", lambda size: b"550 " + marks(size).encode() + b"\r\n"),
    ("lines", lambda size: b"250-a\r\n" * (size // 7) + b"250 b\r\n"),
    ("mechanisms", lambda size: b"250-a\r\n250 AUTH" + b"".join(b" M%d" % number for number in range(size // 7)) + b"\r\n"),
    ("no line end", lambda size: b"250 " + b"a" * size),
    ("replies in one piece", lambda size: b"250 a\r\n" * (size // 7)),
]


@contextlib.contextmanager
def server_doors():
    """A mail server says something large after EHLO; the request of foreground is answered."""
    said = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def talk(client):
            with client, contextlib.suppress(OSError):
                client.sendall(b"220 a\r\n")
                client.recv(1000)
                client.sendall(said[-1])
                while client.recv(1000):
                    client.sendall(b"221 b\r\n")

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        with serve("--smtp-url", url, "--smtp-timeout", "2s", "--log-level", "critical") as (_, port):
            def send(reply):
                said.append(reply)
                exchange(port, request(headers=[TYPES["json"]], body=mail()))

            yield port, [(f"smtp reply, {name}", 60_000, make, send) for name, make in REPLIES]
