"""Servers on loopback, and many clients at once: what a request costs, how long it takes, how many go through."""

import http.client
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `make` gives the body of the n-th request; `status` is what the answer must be."""

    path: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    make: Callable[[int], str] | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What many requests at once gave: computing time of the server for each, how many a second, waits, bytes, failures."""

    cpu: float
    rate: float
    middle: float
    slow: float
    size: int
    failed: int


class Server:
    """A server with its workers."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def send(self, request: Request, number: int = 0) -> tuple[int, dict[str, str], bytes]:
        """Ask once, on a connection of its own, as behind a proxy."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = request.make(number) if request.make is not None else None
        headers = {"Accept-Encoding": "gzip", **request.headers}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("GET" if body is None else "POST", request.path, body, headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, content

    def cpu_seconds(self) -> float:
        """Return the computing time of all workers so far."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        total = 0
        for worker in listed:
            fields = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def load(self, request: Request, count: int, connections: int, first: int = 0) -> Answers:
        """Send so many requests, so many at once."""
        waits, sizes, failed = list[float](), list[int](), 0

        def one(number: int) -> tuple[float, int, bool]:
            begun = time.perf_counter()
            try:
                status, _, content = self.send(request, first + number)
            except OSError:
                return time.perf_counter() - begun, 0, True
            return time.perf_counter() - begun, len(content), status != request.status

        before, begun = self.cpu_seconds(), time.perf_counter()
        with ThreadPoolExecutor(connections) as pool:
            for wait, size, bad in pool.map(one, range(count)):
                waits.append(wait)
                sizes.append(size)
                failed += bad
        took, spent = time.perf_counter() - begun, self.cpu_seconds() - before
        waits.sort()
        return Answers(
            1000 * spent / count, count / took, 1000 * statistics.median(waits),
            1000 * waits[min(len(waits) - 1, int(len(waits) * 0.99))], max(sizes), failed,
        )  # fmt: skip


@contextmanager
def serving(app: str, port: int, environment: dict[str, str]) -> Iterator[Server]:
    """Serve an app with gunicorn: two processes of one thread each."""
    command = [
        sys.executable, "-m", "gunicorn", "--workers", str(PROCESSES), "--worker-class", "sync", "--bind",
        f"127.0.0.1:{port}", "--log-level", "error", "--timeout", "120", "--worker-tmp-dir", "/tmp", app,
    ]  # fmt: skip
    paths = os.pathsep.join((str(HERE.parent), str(HERE), os.environ.get("PYTHONPATH", "")))
    process = subprocess.Popen(command, cwd=HERE, env={**os.environ, "PYTHONPATH": paths, **environment})
    try:
        server = Server(process, port)
        _wait_for(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(server: Server) -> None:
    for _ in range(300):
        try:
            server.send(Request("/", 200))
        except OSError:
            if server.process.poll() is not None:
                raise SystemExit("the server did not start") from None
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not answer")


def token_in(html: str) -> str:
    """Return the token that forms of a page carry."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    if found is None:
        raise SystemExit("the page has no form")
    return found.group(1)


def print_row(cells: Sequence[str], first: int = 27) -> None:
    """Print cells in columns."""
    print(f"  {cells[0]:<{first}}" + "".join(f"{cell:>9}" for cell in cells[1:]), flush=True)
