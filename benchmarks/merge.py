"""Speed and size of the merge, side by side with its peers and with the floor, in one run.

python benchmarks/merge.py [--quick] [--runs 5] [--only REGEX]

Every measurement is a process of its own; the table gives medians. This process imports nothing heavy: a child's peak
of memory would begin with its parent's.
"""

import argparse
import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("child.py")
TIMEOUT = 900
ONE_COPY = ("python-redlines", "LibreOffice compare")
PEERS = ("docx-scalpel", *ONE_COPY)
TO_MERGE = ("ours", "ours, one process", "consult merge", "docx-scalpel", "floor")
CONSULTATION = 51_387  # comments that one real consultation on one draft received


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is measured: a short run for the tests, a long one for the figures."""

    small: int = 50
    big: int = 3000
    copies: int = 10
    growing_copies: tuple[int, ...] = (1, 2, 5, 10, 20, 40)
    growing_paragraphs: tuple[int, ...] = (300, 3000, 30_000)
    comments: int = CONSULTATION
    commenting: int = 40


QUICK = Sizes(12, 40, 2, (1, 2), (20, 40), 120, 2)


@dataclass(frozen=True, slots=True)
class Figures:
    """The median of a program's runs: seconds inside it, seconds of its whole process; the greatest peak; bytes."""

    seconds: float
    wall: float
    memory: float
    size: int


@dataclass(slots=True)
class Bench:
    """Makes drafts, runs programs on them, and says what is missing once."""

    runs: int
    only: re.Pattern[str]
    folder: Path
    missing: dict[str, str] = field(default_factory=dict)

    def made(self, paragraphs: int, copies: int, **shares: float) -> Path:
        """Return the folder of a draft and at least so many copies, written when first asked for."""
        folder = self.folder / "-".join(map(str, (paragraphs, *shares.values())))
        folder.mkdir(exist_ok=True)
        if not (folder / f"copy-{copies - 1}.docx").exists():
            call("make", folder, json.dumps({"paragraphs": paragraphs, "copies": copies, "shares": shares}))
        return folder

    def measure(self, program: str, folder: Path, copies: int, runs: int = 0) -> Figures | None:
        """Return a program's figures, or None when it is left out or not installed."""
        if program in self.missing or not self.only.search(program):
            return None
        found = list[dict[str, Any]]()
        for _ in range(runs or self.runs):
            answer = call(program, folder, str(copies))
            if "missing" in answer:
                self.missing[program] = answer["missing"]
                return None
            found.append(answer)
        return Figures(
            statistics.median(a["seconds"] for a in found),
            statistics.median(a["wall"] for a in found),
            max(a["memory"] for a in found),
            found[-1]["bytes"],
        )


def call(task: str, folder: Path, detail: str) -> dict[str, Any]:
    """Run a child and return its answer with the wall time of the whole process."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(CHILD), task, str(folder), detail],
        capture_output=True, timeout=TIMEOUT, check=False, text=True,
    )  # fmt: skip
    wall = time.perf_counter() - begun
    if done.returncode:
        if task in PEERS:
            return {"missing": f"it failed: {(done.stderr.splitlines() or [''])[-1][:200]}"}
        raise SystemExit(f"{task} failed:\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**answer, "wall": wall}


# ---- tables ---------------------------------------------------------------------------------------------------------


def compare_programs(bench: Bench, sizes: Sizes) -> None:
    """Print all programs side by side on the small and on the big draft."""
    for name, paragraphs in (("Small", sizes.small), ("Big", sizes.big)):
        folder = bench.made(paragraphs, sizes.copies)
        print(f"\n{name} draft, {paragraphs} paragraphs, 5 % edited and 2 % commented in each copy")
        print_row(("program", "copies", "seconds", "process", "MB", "KB out", "x floor"))
        for copies in sorted({1, math.ceil(sizes.copies / 2), sizes.copies}):
            floor = bench.measure("floor", folder, copies)
            for program in (*TO_MERGE[:-1], *(ONE_COPY if copies == 1 else ())):
                print_figures(program, copies, bench.measure(program, folder, copies), floor)
            print_figures("floor", copies, floor, floor)


def measure_growth(bench: Bench, sizes: Sizes) -> None:
    """Print how time and memory grow with the copies and with the paragraphs."""
    if not bench.only.search("ours"):
        return
    folder = bench.made(sizes.big, max(sizes.growing_copies))
    print(f"\nGrowth with the copies, {sizes.big} paragraphs")
    points = list(_points(bench, [(n, folder, n) for n in sizes.growing_copies]))
    print_growth("copies", points)
    print(f"\nGrowth with the paragraphs, {sizes.copies} copies")
    folders = [(n, bench.made(n, sizes.copies), sizes.copies) for n in sizes.growing_paragraphs]
    print_growth("paragraphs", list(_points(bench, folders)))


def _points(bench: Bench, steps: Sequence[tuple[int, Path, int]]) -> Iterator[tuple[int, Figures, Figures]]:
    for size, folder, copies in steps:
        floor, ours = bench.measure("floor", folder, copies), bench.measure("ours", folder, copies)
        if ours is not None:
            yield size, ours, floor or ours


def print_growth(what: str, points: Sequence[tuple[int, Figures, Figures]]) -> None:
    """Print the points and the exponents: 1 is linear. The first ones hold what every run costs."""
    print_row((what, "", "seconds", "process", "MB", "KB out", "x floor"))
    for size, ours, floor in points:
        print_figures("ours", size, ours, floor)
    if len(points) > 1:
        whole = exponent([(size, ours.seconds) for size, ours, _ in points])
        last = exponent([(size, ours.seconds) for size, ours, _ in points[-2:]])
        print(f"  exponent {whole:.2f} over all, {last:.2f} over the last two")


def measure_comments(bench: Bench, sizes: Sizes) -> None:
    """Print what very many comments on one draft cost."""
    if not bench.only.search("ours"):
        return
    each = sizes.comments / sizes.commenting / sizes.big
    folder = bench.made(sizes.big, sizes.commenting, commented=each)
    print(f"\n{sizes.comments} comments of {sizes.commenting} organisations on {sizes.big} paragraphs")
    print_row(("program", "copies", "seconds", "process", "MB", "KB out", ""))
    print_figures("ours", sizes.commenting, bench.measure("ours", folder, sizes.commenting, 1), None)


def print_figures(program: str, copies: int, figures: Figures | None, floor: Figures | None) -> None:
    """Print one line of a table; none for a program that is not measured."""
    if figures is None:
        return
    ratio = f"{figures.seconds / floor.seconds:.1f}" if floor is not None else ""
    print_row(
        (program, str(copies), f"{figures.seconds:.3f}", f"{figures.wall:.3f}", f"{figures.memory:.0f}",
         str(figures.size // 1024), ratio)
    )  # fmt: skip


def print_row(cells: Sequence[str]) -> None:
    """Print cells in columns."""
    print(f"  {cells[0]:<20}" + "".join(f"{cell:>9}" for cell in cells[1:]), flush=True)


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of a straight line through the points in logarithms: cost grows as size to this power."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    middle_x, middle_y = statistics.fmean(xs), statistics.fmean(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    return sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the merge beside its peers.")
    parser.add_argument("--quick", action="store_true", help="tiny drafts and one run: does it run at all?")
    parser.add_argument("--runs", type=int, default=5, help="runs of which the median counts")
    parser.add_argument("--only", default="", help="a regular expression: only these programs")
    given = parser.parse_args()
    sizes, runs = (QUICK, 1) if given.quick else (Sizes(), given.runs)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(runs, re.compile(given.only), Path(folder))
        print(f"Median of {runs}; seconds without, process with the start of the interpreter; MB at the peak")
        compare_programs(bench, sizes)
        measure_growth(bench, sizes)
        measure_comments(bench, sizes)
        for program, missing in bench.missing.items():
            print(f"\nleft out: {program} ({missing})")


if __name__ == "__main__":
    main()
