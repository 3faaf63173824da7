"""The process that reads foreign files: its answers, its limits, and what happens when it dies."""

import subprocess
import sys
import time

import pytest

from consult import engine, jail
from consult.errors import Invalid
from tests.engine.hostile import macros
from tests.engine.specimens import edit, specimen_draft, tracked_copy


def child(program: str) -> tuple[str, ...]:
    """Return a child that runs this program instead of ours."""
    return (sys.executable, "-I", "-c", program)


def test_the_jail_gives_what_the_engine_gives() -> None:
    data = specimen_draft()
    draft = jail.read_draft(data)
    assert draft == engine.read_draft(data)
    identity = engine.CopyIdentity(draft.sha256, "Ж", 1, "Title")
    assert jail.write_copy(data, identity) == engine.write_copy(data, identity)
    edits = (edit(data, "two working days", "one day", "A"),)
    copy = tracked_copy(data, edits, "A")
    assert jail.read_returned_copy(copy, data, "A") == engine.read_returned_copy(copy, data, "A")
    contribution = engine.Contribution("A", edits)
    assert jail.consolidate(data, [contribution]) == engine.consolidate(data, [contribution])
    assert jail.write_next_draft(data, edits) == engine.write_next_draft(data, edits)


def test_a_refusal_comes_back_with_its_reason() -> None:
    with pytest.raises(Invalid) as refusal:
        jail.read_draft(macros())
    assert refusal.value.reason == "macros"


@pytest.mark.parametrize(
    "program",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "pass",
        "print('garbage' * 1000)",
        "import sys; sys.stdout.buffer.write((1 << 60).to_bytes(8, 'big') + b'x')",
        "import os; os._exit(3)",
    ],
    ids=["crash", "silence", "garbage", "a lying length", "an exit code"],
)
def test_a_child_that_dies_is_a_sentence_not_a_crash(program: str) -> None:
    with pytest.raises(Invalid) as refusal:
        jail.call("read_draft", [], [b"x"], child=child(program))
    assert refusal.value.reason == "parser-failed"


def test_a_child_that_hangs_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(Invalid) as refusal:
        jail.call("read_draft", [], [b"x"], child=child("import time; time.sleep(60)"), wall_seconds=1)
    assert refusal.value.reason == "too-heavy"
    assert time.monotonic() - began < 20


def test_memory_is_limited() -> None:
    with pytest.raises(Invalid) as refusal:
        jail.call("read_draft", [], [b"PK" * 80_000_000], memory=300 * 1024 * 1024)
    assert refusal.value.reason in ("parser-failed", "too-heavy")


def test_the_child_has_no_network_and_writes_no_files() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[0] or '.');"
        "from consult.jail_child import confine; confine(1 << 30, 10);"
        "import socket, os\n"
        "try: socket.create_connection(('127.0.0.1', 9), 1); print('reached')\n"
        "except OSError as error: print('network', error.errno)\n"
    )

    root = str(engine.__file__).rsplit("/consult/", 1)[0]
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=30, check=False
    )
    assert "reached" not in run.stdout
    assert "network" in run.stdout


def test_only_the_functions_on_the_list_are_run() -> None:
    with pytest.raises(Invalid):
        jail.call("resolve_everything", [], [b"x"])
