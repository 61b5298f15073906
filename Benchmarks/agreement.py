"""`bgdemo chaos` beside a harness that shares nothing with it: the same faults by Python, mails counted by Postfix' smtp-sink.

Each strategy meets each fault in processes of its own, 40 requests a second for some seconds. A mail is lost if it was
answered with 200 and is not in the sink in the end. A cell agrees if both lost mails or both did not. Where a strategy
guarantees that nothing is lost, neither may have lost one. Elsewhere a few mails are lost by chance or not, as a connection
is cut between two of them: those cells are printed.

The power failures are not repeated here: they would be recorded by the same strace.
"""

import concurrent.futures
import contextlib
import glob
import json
import os
import random
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

from harness import await_port, binary, free_port, judge, tool

RATE = 40
# How long the sink takes for a mail, so that some are under way.
DELAY = 1
CELLS_AT_A_TIME = 8


class Mailbox:
    """smtp-sink, which writes each mail to a file, behind a proxy that refuses, cuts and closes."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "mails")
        os.makedirs(self.folder)
        os.chmod(folder, 0o777)
        os.chmod(self.folder, 0o777)
        self.upstream = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.sink = subprocess.Popen(
            [tool("smtp-sink"), *user, "-d", f"{self.folder}/", "-w", str(DELAY), f"127.0.0.1:{self.upstream}", "1000"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        await_port(self.upstream, self.sink)
        self.refused, self.cut, self.bad = 0, 0, None
        self.sockets, self.muted = set(), set()
        self.random = random.Random(1)
        self.port = free_port()
        self.open()

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=1000)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                client = listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.upstream))
                ends = (client, server)
                self.sockets.update(ends)
                threading.Thread(target=self.guard, args=(self.requests, *ends), daemon=True).start()
                threading.Thread(target=self.guard, args=(self.replies, *ends), daemon=True).start()

    def guard(self, pump, client, server):
        with contextlib.suppress(OSError, ValueError):
            pump(client, server)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            self.sockets.discard(end)

    def requests(self, client, server):
        """Line by line: a refused command does not reach the sink, and a cut comes before or after the final dot."""
        for line in client.makefile("rb"):
            if line.upper().startswith(b"MAIL FROM") and self.random.random() < self.refused:
                client.sendall(b"451 4.3.0 try again later\r\n")
                continue
            if self.bad and line.upper().startswith(b"RCPT TO") and self.bad in line:
                client.sendall(b"451 4.3.0 never\r\n")
                continue
            if line == b".\r\n" and self.random.random() < self.cut:
                return
            if line == b".\r\n" and self.random.random() < self.cut:
                self.muted.add(client)
                server.sendall(line)
                # By then the sink has the mail.
                time.sleep(0.2)
                return
            server.sendall(line)

    def replies(self, client, server):
        while piece := server.recv(1 << 16):
            if client not in self.muted:
                client.sendall(piece)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for end in list(self.sockets):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mails(self):
        """How often each subject came."""
        counts = {}
        for path in glob.glob(f"{self.folder}/*"):
            # The sink removes the file of a mail that does not come whole.
            with contextlib.suppress(FileNotFoundError), open(path, errors="replace") as file:
                if found := re.search(r"^Subject: (\S+)", file.read(), re.M):
                    counts[found.group(1)] = counts.get(found.group(1), 0) + 1
        return counts

    def end(self):
        self.close()
        self.sink.kill()
        self.sink.wait()


class Service:
    """The processes of one strategy."""

    def __init__(self, strategy, folder, mailbox, remote=False):
        self.strategy, self.folder, self.remote = strategy, folder, remote
        self.port, self.redis_port = free_port(), free_port()
        self.hosts = 0
        self.redis = None
        self.arguments = [
            "--strategy", strategy, "--port", str(self.port), "--smtp-url", f"smtp://127.0.0.1:{mailbox.port}",
            "--smtp-connections", "100", "--concurrency", "100", "--attempts", "20", "--retry-delay", "100ms", "--retry-cap",
            "2s", "--log-level", "warning"]
        if strategy in ("pubsub", "resque", "eventr", "queuebus"):
            self.arguments += ["--redis-url", f"redis://127.0.0.1:{self.redis_port}"]
            self.start_redis()
            self.roles = ["worker", "server"]
        else:
            self.roles = ["all"]
        self.processes = {}
        for role in self.roles:
            self.start(role)

    def start_redis(self):
        self.redis = subprocess.Popen(
            ["redis-server", "--port", str(self.redis_port), "--dir", self.folder, "--appendonly", "yes", "--save", ""],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        await_port(self.redis_port, self.redis)

    def start(self, role):
        host = []
        if self.remote and role == "worker":
            self.hosts += 1
            host = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--uts", "--pid", "--mount-proc",
                    "--fork", "--kill-child", "sh", "-c", 'hostname "$0" && exec "$@"', f"host-{self.hosts}"]
        process = subprocess.Popen(
            [*host, binary("bgdemo"), "serve", *self.arguments, "--role", role], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)
        while line := process.stdout.readline():
            if line.startswith(b"bgdemo "):
                break
        threading.Thread(target=process.stdout.read, daemon=True).start()
        self.processes[role] = process

    def child(self, role):
        """Of the master of local."""
        master = self.processes["all"].pid
        with open(f"/proc/{master}/task/{master}/children") as file:
            # The master's threads have children too.
            children = file.read().split()
        for path in glob.glob(f"/proc/{master}/task/*/children"):
            with contextlib.suppress(OSError), open(path) as file:
                children += file.read().split()
        for child in set(children):
            with contextlib.suppress(OSError), open(f"/proc/{child}/cmdline", "rb") as file:
                if f"--role\0{role}\0".encode() in file.read():
                    return int(child)
        raise SystemExit(f"local has no {role}")

    def pid(self, role):
        return self.processes[role].pid if role in self.processes else self.child(role)

    def kill(self, role):
        if role in self.processes:
            self.processes[role].kill()
            self.restart(role)
        else:
            os.kill(self.child(role), signal.SIGKILL)

    def restart(self, role):
        self.processes[role].wait()
        # The port of the killed one may be in use by what it had accepted.
        self.start(role)

    def end(self):
        for process in self.processes.values():
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
        if self.redis:
            self.redis.kill()
            self.redis.wait()


# MARK: Faults

def terminate(service, mailbox):
    for role in reversed(service.roles):
        service.processes[role].terminate()
    for role in service.roles:
        service.restart(role)


def stop_worker(service, mailbox):
    role = "worker"
    pid = service.pid(role)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(10)
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGCONT)


def mail_server_down(service, mailbox):
    mailbox.close()
    time.sleep(5)
    mailbox.open()


def kill_redis(service, mailbox):
    service.redis.kill()
    service.redis.wait()
    service.start_redis()


def cut_redis(service, mailbox):
    for kind in ("normal", "pubsub"):
        subprocess.run(
            ["redis-cli", "-p", str(service.redis_port), "CLIENT", "KILL", "TYPE", kind], check=True, capture_output=True)


def silence_redis(service, mailbox):
    service.redis.send_signal(signal.SIGSTOP)
    time.sleep(5)
    service.redis.send_signal(signal.SIGCONT)


def has_worker(strategy):
    return strategy not in ("foreground", "fire-and-forget")


def has_redis(strategy):
    return strategy in ("pubsub", "resque", "eventr", "queuebus")


# Name, seconds of load, whether a strategy has what it affects, what it does.
FAULTS = [
    ("kill-worker", 5, has_worker, lambda service, mailbox: service.kill("worker")),
    ("kill-remote-worker", 5, has_redis, lambda service, mailbox: service.kill("worker")),
    ("kill-server", 5, lambda strategy: True, lambda service, mailbox: service.kill(
        "all" if service.strategy in ("foreground", "fire-and-forget") else "server")),
    ("kill-master", 5, lambda strategy: strategy == "local", lambda service, mailbox: service.kill("all")),
    ("terminate", 5, lambda strategy: True, terminate),
    ("stop-worker", 5, has_worker, stop_worker),
    ("smtp-down", 7, lambda strategy: True, mail_server_down),
    ("smtp-moody", 5, lambda strategy: True, lambda service, mailbox: setattr(mailbox, "refused", 0.3)),
    ("bad-address", 5, lambda strategy: True, lambda service, mailbox: setattr(mailbox, "bad", b"fail-451@")),
    ("smtp-cut", 5, lambda strategy: True, lambda service, mailbox: setattr(mailbox, "cut", 0.15)),
    ("redis-killed", 5, has_redis, kill_redis),
    ("redis-cut", 5, has_redis, cut_redis),
    ("redis-silent", 7, has_redis, silence_redis),
]
STRATEGIES = ["foreground", "fire-and-forget", "local", "pubsub", "resque", "eventr", "queuebus"]


# MARK: Cells

def ask(port, subject, accepted, to="you"):
    with contextlib.suppress(OSError):
        with socket.create_connection(("127.0.0.1", port), 20) as connection:
            connection.sendall(
                f"GET /{to}@example.org/{subject}/text HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            connection.settimeout(20)
            answer = b""
            while b"\r\n" not in answer and (piece := connection.recv(1 << 16)):
                answer += piece
            if answer.startswith(b"HTTP/1.1 200"):
                accepted.append(subject)


def cell(strategy, fault):
    """Accepted, lost and duplicated mails."""
    name, seconds, _, inject = fault
    with tempfile.TemporaryDirectory(prefix="agreement-") as folder:
        mailbox = Mailbox(folder)
        service = Service(strategy, folder, mailbox, remote=name == "kill-remote-worker")
        try:
            accepted = []
            with concurrent.futures.ThreadPoolExecutor(400) as pool:
                began = time.monotonic()
                injecting = None
                for number in range(RATE * seconds):
                    time.sleep(max(0, began + number / RATE - time.monotonic()))
                    if number == RATE:
                        injecting = pool.submit(inject, service, mailbox)
                    pool.submit(ask, service.port, f"{strategy}-{number}", accepted)
                    if name == "bad-address" and number > RATE and number % 5 == 0:
                        pool.submit(ask, service.port, f"bad-{number}", [], "fail-451")
                injecting.result()
            # Until nothing has come for longer than the slowest lease.
            count, since = -1, time.monotonic()
            while time.monotonic() - since < 25 and len(set(accepted) - set(mailbox.mails())) > 0:
                if (now := sum(mailbox.mails().values())) != count:
                    count, since = now, time.monotonic()
                time.sleep(0.5)
            time.sleep(DELAY + 1)
            mails = mailbox.mails()
            lost = [subject for subject in accepted if subject not in mails]
            return len(accepted), len(lost), sum(count - 1 for count in mails.values())
        finally:
            service.end()
            mailbox.end()


def main():
    strategies = os.environ.get("STRATEGIES", "").split() or STRATEGIES
    faults = [fault for fault in FAULTS if not os.environ.get("FAULTS") or fault[0] in os.environ["FAULTS"].split()]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fates.json")
        subprocess.run(
            [binary("bgdemo"), "chaos", "--smtp-delay", f"{DELAY}s", "--strategies", ",".join(strategies), "--faults",
             ",".join(fault[0] for fault in faults), "--json", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(path) as file:
            rows = {row["strategy"]: {cell["fault"]: cell for cell in row["cells"]} for row in json.load(file)["fates"]["rows"]}
    cells = [(strategy, fault) for fault in faults for strategy in strategies if fault[2](strategy)]
    with concurrent.futures.ThreadPoolExecutor(CELLS_AT_A_TIME) as pool:
        results = list(pool.map(lambda one: cell(*one), cells))
    agreed, broken = 0, []
    for (strategy, fault), (accepted, lost, twice) in zip(cells, results):
        theirs = rows[strategy][fault[0]]
        same = (lost > 0) == (theirs["fate"]["lost"] > 0)
        agreed += same
        if theirs["mustLoseNothing"] and (lost or theirs["fate"]["lost"]):
            broken.append(f"{strategy} {fault[0]}")
        print(
            f"     {strategy}, {fault[0]}: {lost} of {accepted} lost, {twice} twice; chaos {theirs['fate']['lost']} of "
            f"{theirs['fate']['accepted']}, {theirs['fate']['duplicated']} twice{'' if same else ' <- differs'}", flush=True)
    judge("agreement: cells in which nothing may be lost", f"{len(broken)} lost mails{': ' + ', '.join(broken) if broken else ''}",
          not broken, "none")
    judge("agreement: cells with and without lost mails", f"{agreed} of {len(cells)} agree", agreed >= 0.95 * len(cells),
          "95 % agree")


if __name__ == "__main__":
    main()
