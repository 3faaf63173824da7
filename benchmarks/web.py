"""Speed and size of the pages, side by side with a bare Flask app that does the same reads and writes, in one run.

python benchmarks/web.py [--quick] [--requests 300] [--only sqlite|postgresql]

Starts its own servers on loopback: gunicorn, two processes of one thread each, on SQLite and on PostgreSQL. CPU is the
computing time of the workers for each request, that of PostgreSQL not counted. The floor is benchmarks/bare.py, by
objects (ORM) and by rows (Core). Answers come packed where a server packs them.
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from load import Answers, Request, Server, free_port, print_row, serving, token_in
from sqlalchemy import create_engine, text

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = (1, 8, 32)
SESSION = "consult_session"


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is measured: a short run for the tests, a long one for the figures."""

    paragraphs: int = 100
    comments: int = 500
    requests: int = 300
    saves: int = 3000
    big_paragraphs: int = 3000
    big_comments: int = 10_000


QUICK = Sizes(12, 24, 6, 40, 200, 120)


@dataclass(frozen=True, slots=True)
class Round:
    """A filled database, and who asks."""

    database: str
    folder: Path
    facts: dict[str, Any]

    def cookie(self, who: str) -> str:
        """Return the cookie of a person."""
        return f"{SESSION}={self.facts[who]}"


@contextmanager
def a_round(database: str, paragraphs: int, comments: int) -> Iterator[Round]:
    """Fill an empty database; "" for SQLite."""
    folder = Path(tempfile.mkdtemp(prefix="consult-web-"))
    database = database or f"sqlite:///{folder / 'consult.sqlite'}"
    command = [sys.executable, str(Path(__file__).with_name("rounds.py")), str(folder), database]
    done = subprocess.run(
        [*command, str(paragraphs), str(comments)], capture_output=True, text=True, check=False, timeout=600,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the round could not be made:\n{done.stderr[-2000:]}")
    try:
        yield Round(database, folder, json.loads(done.stdout.splitlines()[-1]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def ours(made: Round) -> Iterator[Server]:
    """Serve our pages on a round."""
    port = free_port()
    environment = {
        "CONSULT_INSTANCE_PATH": str(made.folder), "CONSULT_DATABASE_URL": made.database,
        "CONSULT_BASE_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    with serving("consult.serving:wsgi_app()", port, environment) as server:
        yield server


@contextmanager
def floor(made: Round) -> Iterator[Server]:
    """Serve the floor on the same round."""
    with serving("bare:create_app()", free_port(), {"BARE_DATABASE": made.database}) as server:
        yield server


# ---- what is asked --------------------------------------------------------------------------------------------------


def our_requests(server: Server, made: Round) -> dict[str, Request]:
    """Return what is asked of our pages."""
    address = f"/rounds/{made.facts['round']}"
    reading = {"Cookie": _session(server, f"{address}/document", made.cookie("lead"))[0]}
    writing, token = _session(server, f"{address}/comments/new", made.cookie("writer"))
    return {
        "page": Request(f"{address}/document", 200, reading),
        "unchanged": Request(f"{address}/document", 304, {**reading, **_stamp(server, f"{address}/document", reading)}),
        "paragraph": Request(f"{address}/document/paragraphs/5", 200, reading),
        "save": Request(
            f"{address}/comments", 302, {"Cookie": writing},
            lambda n: urlencode({
                "csrf_token": token, "form_key": uuid.uuid4().hex, "paragraph": "5", "type": "substantive",
                "reason": f"Comment number {n}: the deadline should be longer where the host country has no authority.",
            }),
        ),
    }  # fmt: skip


def _session(server: Server, address: str, cookie: str) -> tuple[str, str]:
    """Return the cookies of a browser that has opened a page, and the token of the forms on it."""
    _, headers, content = server.send(Request(address, 200, {"Cookie": cookie, "Accept-Encoding": ""}))
    plain = gzip.decompress(content) if headers.get("content-encoding") == "gzip" else content
    return f"{cookie}; {headers['set-cookie'].partition(';')[0]}", token_in(plain.decode())


def _stamp(server: Server, address: str, headers: dict[str, str]) -> dict[str, str]:
    _, answered, _ = server.send(Request(address, 200, headers))
    return {"If-None-Match": answered["etag"]}


def floor_requests(server: Server, made: Round, way: str) -> dict[str, Request]:
    """Return the same of the floor, `way` being orm or core."""
    address, number = f"/{way}/{made.facts['round']}", made.facts["organisation"]
    reading, writing = {"Cookie": made.cookie("lead")}, {"Cookie": made.cookie("writer")}
    return {
        "page": Request(address, 200, reading),
        "unchanged": Request(address, 304, {**reading, **_stamp(server, address, reading)}),
        "paragraph": Request(f"{address}/paragraphs/5", 200, reading),
        "save": Request(
            f"{address}/comments", 204, writing,
            lambda n: urlencode({
                "organisation": number, "paragraph": "5",
                "reason": f"Comment number {n}: the deadline should be longer where the host country has no authority.",
            }),
        ),
    }  # fmt: skip


# ---- measuring ------------------------------------------------------------------------------------------------------

TITLES = {
    "page": "document page",
    "unchanged": "unchanged page",
    "paragraph": "one paragraph's comments",
    "save": "saving a comment",
}


READS, SAVES = ("page", "unchanged", "paragraph"), ("save",)


def measure(
    server: Server, requests: dict[str, Request], names: Sequence[str], sizes: Sizes
) -> dict[str, list[Answers]]:
    """Return what each of these requests costs at 1, 8 and 32 connections."""
    found = {}
    for name in names:
        request = requests[name]
        server.load(request, max(4, sizes.requests // 10), 2)  # every worker has seen it
        found[name] = [server.load(request, sizes.requests, connections) for connections in CONNECTIONS]
    return found


def compare(made: Round, sizes: Sizes) -> None:
    """Print our pages beside the floor. Both read before either saves: what is read must be the same."""
    of_ours, by_orm, by_core = dict[str, list[Answers]](), dict[str, list[Answers]](), dict[str, list[Answers]]()
    for names in (READS, SAVES):
        with ours(made) as server:
            of_ours |= measure(server, our_requests(server, made), names, sizes)
        with floor(made) as server:
            by_orm |= measure(server, floor_requests(server, made, "orm"), names, sizes)
            by_core |= measure(server, floor_requests(server, made, "core"), names, sizes)
    each = [cell for c in CONNECTIONS for cell in (f"{c}: n/s", "p50", "p99")]
    print_row(("", "CPU ms", "x ORM", "x Core", "bytes", *each))
    for name, told in TITLES.items():
        for label, answers in ((told, of_ours[name]), ("  floor, ORM", by_orm[name]), ("  floor, Core", by_core[name])):
            print_answers(label, answers, by_orm[name], by_core[name])


def print_answers(label: str, answers: list[Answers], by_orm: list[Answers], by_core: list[Answers]) -> None:
    """Print one line: computing time is the mean over all, the rest stands for each number of connections."""
    cpu, orm, core = (sum(a.cpu for a in found) / len(found) for found in (answers, by_orm, by_core))
    cells = [f"{cpu:.2f}", _ratio(cpu, orm), _ratio(cpu, core), str(answers[0].size)]
    for answer in answers:
        cells += [f"{answer.rate:.0f}", f"{answer.middle:.1f}", f"{answer.slow:.1f}"]
    if failed := sum(a.failed for a in answers):
        cells.append(f"{failed} FAILED")
    print_row((label, *cells))


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.2f}" if other else "-"


def save_many(made: Round, sizes: Sizes) -> None:
    """Print whether every one of very many saves at 32 connections goes through."""
    with ours(made) as server:
        answers = server.load(our_requests(server, made)["save"], sizes.saves, CONNECTIONS[-1], first=10**6)
    print(
        f"  {sizes.saves} saves at {CONNECTIONS[-1]} connections: {answers.failed} failed, {answers.rate:.0f} a second, "
        f"p50 {answers.middle:.0f} ms, p99 {answers.slow:.0f} ms"
    )


def view_big(made: Round, sizes: Sizes) -> None:
    """Print how long the first view of a big round takes: the very first after the start, and those that follow."""
    print(f"  {sizes.big_paragraphs} paragraphs, {sizes.big_comments} comments")
    with ours(made) as server:
        address = f"/rounds/{made.facts['round']}/document"
        cold = server.load(Request(address, 200, {"Cookie": made.cookie("lead")}), 1, 1)
        request = our_requests(server, made)["page"]
        server.load(request, 6, 1)
        found = {
            "first view, after a start": cold,
            "first view": server.load(request, max(4, sizes.requests // 10), 1),
        }
        for name, path in (
            ("the last section", f"{address}?section=99"),
            ("one more section", f"{address}/sections/1"),
            ("find", f"{address}/find?words=authority"),
            ("find in one organisation", f"{address}/find?words=authority&by={made.facts['organisation']}"),
        ):
            asked = Request(path, 200, request.headers)
            server.load(asked, 6, 1)
            found[name] = server.load(asked, max(4, sizes.requests // 10), 1)
    print_row(("", "CPU ms", "p50 ms", "p99 ms", "bytes"))
    for name, answers in found.items():
        failed = (f"{answers.failed} FAILED",) if answers.failed else ()
        print_row(
            (name, f"{answers.cpu:.0f}", f"{answers.middle:.0f}", f"{answers.slow:.0f}", str(answers.size), *failed)
        )


@contextmanager
def databases(only: str) -> Iterator[Iterator[tuple[str, Any]]]:
    """Give the databases: a name, and what returns the address of a new one."""

    def each() -> Iterator[tuple[str, Any]]:
        if only in ("", "sqlite"):
            yield "SQLite", lambda: ""
        if only in ("", "postgresql"):
            sys.path.append(str(ROOT))
            with import_module("tests.postgresql").postgresql() as url:
                if url:
                    yield "PostgreSQL", lambda: new_database(url)
                else:
                    print("\nleft out: PostgreSQL (no binaries)")

    yield each()


def new_database(url: str) -> str:
    """Make a database on a server and return its address."""
    name = f"consult_{uuid.uuid4().hex[:12]}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{url.rpartition('/')[0]}/{name}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the pages beside a bare Flask app.")
    parser.add_argument("--quick", action="store_true", help="a tiny round and few requests: does it run at all?")
    parser.add_argument("--requests", type=int, default=Sizes.requests, help="requests at each number of connections")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), default="", help="one of the two databases")
    given = parser.parse_args()
    sizes = QUICK if given.quick else Sizes(requests=given.requests)
    print(f"gunicorn, 2 processes of 1 thread; {os.cpu_count()} cores; {sizes.requests} requests each")
    with databases(given.only) as each:
        for where, database in each:
            print(f"\n{where}: {sizes.paragraphs} paragraphs, {sizes.comments} comments")
            with a_round(database(), sizes.paragraphs, sizes.comments) as made:
                compare(made, sizes)
                save_many(made, sizes)
            with a_round(database(), sizes.big_paragraphs, sizes.big_comments) as made:
                view_big(made, sizes)


if __name__ == "__main__":
    main()
