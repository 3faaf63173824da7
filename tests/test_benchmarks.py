"""The benchmark runs and prints its tables. What it measures is never asserted: a test machine is no yardstick."""

import subprocess
import sys

from tests.tools import ROOT


def test_the_benchmark_prints_our_merge_beside_the_floor_and_how_it_grows() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "merge.py"), "--quick", "--only", "ours|floor"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("  floor ") == 4  # one and two copies of the small and of the big draft
    for line in ("Small draft", "Big draft", "Growth with the copies", "Growth with the paragraphs", "120 comments"):
        assert line in done.stdout
    assert "docx-scalpel  " not in done.stdout


def test_the_same_seed_makes_the_same_files_with_the_changes_in_them() -> None:
    program = (
        "import sys; sys.path[:0] = ['benchmarks', '.']\n"
        "import drafts\nfrom consult import engine\n"
        "made = drafts.make_draft(200)\ncopy = drafts.make_copy(made, 0)\n"
        "assert drafts.write_docx(made, copy) == drafts.write_docx(drafts.make_draft(200), drafts.make_copy(made, 0))\n"
        "data = drafts.write_docx(made)\n"
        "assert len(engine.read_draft(data).paragraphs) == 200\n"
        "read = engine.read_returned_copy(drafts.write_docx(made, copy), data, 'Mission')\n"
        "assert {e.paragraph for e in read.edits} and not read.not_placed\n"
        "assert len({e.paragraph for e in read.edits}) == len(copy.changes)\n"
        "assert len(read.remarks) == sum(map(len, copy.comments.values())) > 0\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)


def test_the_benchmark_of_the_pages_prints_them_beside_the_floor() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "web.py"), "--quick", "--only", "sqlite"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("  floor, ORM ") == done.stdout.count("  floor, Core ") == 4
    for line in (
        "document page",
        "unchanged page",
        "one paragraph's comments",
        "saving a comment",
        " 0 failed,",
        "find",
    ):
        assert line in done.stdout
    assert "FAILED" not in done.stdout
