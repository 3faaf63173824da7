"""Orders to a process that forks workers and kills them; which of their lines to kill at."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HOUR = 3600
FEW, ALL = 1, 500  # kills in each phase, in the suite and in a proof


def kills_in_a_phase() -> int:
    """Return how often to kill in each phase: PROVE_KILLS says it, "all" is 500."""
    asked = os.environ.get("PROVE_KILLS", "")
    return int(asked) if asked.isdigit() else ALL if asked == "all" else FEW


class Forks:
    """Runs a task in a process of its own, killed at one of its lines or not at all."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.killed = Counter[str]()

    def run(self, task: str, *, kill_at: int = 0, ahead: int = 0, **given: Any) -> dict[str, Any]:
        """Run the task; where it is not killed it must come to its end."""
        assert self.process.stdin
        assert self.process.stdout
        order = {"task": task, "given": given, "kill_at": kill_at, "ahead": ahead}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert answer["is_killed"] or answer["status"] == 0, answer
        if answer["is_killed"]:
            self.killed[answer["phase"]] += 1
        return answer


@contextmanager
def forking(folder: Path, settings: dict[str, Any]) -> Iterator[Forks]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.kills.forks"], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps({"folder": str(folder), "base_url": "http://localhost", **settings}) + "\n")
    try:
        yield Forks(process)
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


def lines_to_kill_at(runs: list[list[Any]], number: int) -> list[int]:
    """Return lines of a whole run, so many of each phase, drawn the same every time; a short phase comes more than once."""
    lines: dict[str, list[int]] = {}
    for phase, first, last in runs:
        lines.setdefault(phase, []).extend(range(first, last + 1))
    dice = random.Random(5)
    found = []
    for ours in lines.values():
        rounds, rest = divmod(number, len(ours))
        found += ours * rounds + dice.sample(ours, rest)
    dice.shuffle(found)
    return found
