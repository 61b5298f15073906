"""What all benchmarks share: processes on free ports, alternating rounds, one line per result.

A figure is a ratio against a reference that runs on the same machine in the same minute; an absolute number says more about
the machine than about the program.
"""

import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS_EACH", "5"))


def binary(product):
    """The release build of a product, as `make bench` has built it."""
    return os.path.join(os.environ.get("BIN_PATH") or os.path.join(ROOT, ".build", "release"), product)


def tool(name):
    """A program that may be outside a user's PATH, such as those of Postfix."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/libexec/postfix")
    return path or sys.exit(f"{name} is missing: ./setup bench")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port, process, limit=20):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"{process.args[0]} ended with {process.returncode} before it listened")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.005)
    raise SystemExit(f"{process.args[0]} does not listen on {port} after {limit} s")


@contextlib.contextmanager
def running(arguments, port=None, **options):
    """A process that runs while the block runs; the block begins when it listens on `port`."""
    options.setdefault("stdout", subprocess.DEVNULL)
    options.setdefault("stderr", subprocess.STDOUT)
    process = subprocess.Popen(arguments, **options)
    try:
        if port:
            await_port(port, process)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def serve(*arguments):
    """`bgdemo serve`, and its port."""
    port = free_port()
    with running([binary("bgdemo"), "serve", "--port", str(port), *arguments], port) as process:
        yield process, port


@contextlib.contextmanager
def nginx():
    """nginx with `return 200` and its defaults: the fastest HTTP server on this machine. Yields its port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w") as conf:
            conf.write(f"""
                daemon off; worker_processes auto; pid {folder}/pid; error_log {folder}/error.log;
                events {{ worker_connections 1024; }}
                http {{ access_log off; keepalive_requests 1000000000;
                    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
                    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
                    server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ default_type application/json;
                        return 200 '{{"email":{{"to":"you@example.org","subject":"hello","text":"it-works"}},"id":"01m87eh8kn000farrdkgyrpw91","state":"unknown"}}'; }} }} }}
                """)
        with running([tool("nginx"), "-p", folder, "-c", path], port):
            yield port


MAIL = "/you@example.org/hello/it-works"


def wrk(port, target=MAIL, connections=64, seconds=SECONDS):
    """Requests per second of `wrk` over kept connections. Exits on an error."""
    url = f"http://127.0.0.1:{port}{target}"
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"wrk had errors:\n{output}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))


def spread(values, form="{:,.0f}"):
    """`median (min–max)`"""
    return f"{form.format(statistics.median(values))} ({form.format(min(values))}–{form.format(max(values))})"


FAILED = []


def judge(name, text, is_met, target):
    if not is_met:
        FAILED.append(name)
    print(f"{'ok  ' if is_met else 'MISS'} {name}: {text}; target {target}", flush=True)


def compare(name, unit, ours, reference, reference_name, target, rounds=ROUNDS):
    """Runs ours and the reference in turn and judges the median of the ratios of all rounds."""
    pairs = [(ours(), reference()) for _ in range(rounds)]
    ratios = [mine / theirs for mine, theirs in pairs]
    judge(
        name,
        f"{spread([mine for mine, _ in pairs])} {unit}, {reference_name} {spread([theirs for _, theirs in pairs])},"
        f" ratio {spread(ratios, '{:.2f}')}",
        statistics.median(ratios) >= target,
        f"{target} or better",
    )


def memory(process):
    """Resident memory in MB (of 1024 kB)."""
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) / 1024


def processor_seconds(process):
    """Processor time that a process has used, in seconds."""
    with open(f"/proc/{process.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_files(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]
