"""A mail server that accepts connections and sends nothing: the effect on other requests."""

import http.client
import socket
import time

from harness import MAIL, percentile, serve, judge

CLIENTS = 200


def main():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1024)
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with serve("--smtp-url", url, "--grace", "100ms") as (_, port):
            waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(CLIENTS)]
            for client in waiting:
                client.sendall(f"GET {MAIL} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            probe = http.client.HTTPConnection("127.0.0.1", port)
            times = []
            for _ in range(1000):
                began = time.monotonic()
                probe.request("GET", "/healthz")
                probe.getresponse().read()
                times.append((time.monotonic() - began) * 1000)
            judge(
                f"hanging: /healthz while {CLIENTS} mails hang", f"p99 {percentile(times, 0.99):.2f} ms, max {max(times):.2f} ms",
                percentile(times, 0.99) < 10, "under 10 ms")
            for client in waiting:
                client.close()
