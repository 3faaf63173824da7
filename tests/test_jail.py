"""The process that reads foreign files: its answers, its limits, and what happens when it dies."""

import sys
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from consult import engine, jail
from consult.errors import Invalid
from consult.phrases import Phrase
from tests.engine.hostile import macros
from tests.engine.specimens import draft, edit, specimen_draft, tracked_copy


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
    assert isinstance(refusal.value.message, Phrase)  # it can be said in the reader's language


def test_what_a_refusal_is_about_comes_back_too() -> None:
    data = specimen_draft()
    with pytest.raises(Invalid) as refusal:
        jail.read_returned_copy(draft("# Recipes", "Take two eggs.", "Stir."), data, "A")
    message = refusal.value.message
    assert isinstance(message, Phrase)
    assert message == message.pattern % message.values


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


QUICK = replace(jail.READING, wall_seconds=1.0)


@pytest.mark.parametrize(
    "program",
    ["import time; time.sleep(60)", "import os, time; os.close(1); time.sleep(60)"],
    ids=["sleeping", "sleeping in silence"],
)
def test_a_child_that_hangs_is_ended(program: str) -> None:
    began = time.monotonic()
    with pytest.raises(Invalid) as refusal:
        jail.call("read_draft", [], [b"x"], child=child(program), limits=QUICK)
    assert refusal.value.reason == "too-heavy"
    assert time.monotonic() - began < 20


def test_a_child_that_floods_us_is_ended_and_fills_no_memory() -> None:
    flood = "import sys\nfor _ in range(16000): sys.stdout.buffer.write(bytes(65536))"
    tracemalloc.start()
    with pytest.raises(Invalid) as refusal:
        jail.call("read_draft", [], [b"x"], child=child(flood))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refusal.value.reason == "parser-failed"
    assert peak < 1.5 * jail.LARGEST_ANSWER


def test_whatever_a_child_started_ends_with_it() -> None:
    program = (
        "import subprocess, sys; p = subprocess.Popen(['sleep', '50'], stdout=subprocess.DEVNULL);"
        "sys.stdout.write(str(p.pid))"
    )
    code, answer = jail._run((sys.executable, "-c", program), b"", 20)
    assert code == 0
    assert has_ended(int(answer))


def has_ended(pid: int) -> bool:
    """Return whether a process is gone, or dead and only not yet cleared away."""
    for _ in range(100):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX":
            return True
        time.sleep(0.05)
    return False


def confined(program: str, memory: int = 1 << 29, cpu_seconds: int = 10) -> tuple[int, str]:
    """Run a program as the jail's child is run; return its exit code and what it printed."""
    root = str(engine.__file__).rsplit("/consult/", 1)[0]
    start = f"import sys; sys.path.insert(0, {root!r})\nimport os, socket\nfrom consult.jail_child import confine\n"
    code, answer = jail._run(
        (sys.executable, "-c", f"{start}confine({memory}, {cpu_seconds})\n{program}"), b"", wall_seconds=90
    )
    return code, answer.decode()


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "socket.create_connection(('127.0.0.1', 9), 1)",
        "socket.socket()",
        "[os.fork() for _ in range(100)]",
        "os.pipe()",
        "bytearray(600 << 20)",
        "os.truncate('/proc/self/comm', 0)",
    ],
    ids=["file", "connection", "socket", "fork bomb", "pipe", "memory", "writing"],
)
def test_the_child_cannot(attempt: str) -> None:
    program = f"try:\n    {attempt}\n    print('done')\nexcept (OSError, MemoryError):\n    print('could not')"
    assert confined(program) == (0, "could not\n")


def test_the_child_is_not_root() -> None:
    assert confined("print(0 in (*os.getresuid(), *os.getresgid()))") == (0, "False\n")


def test_the_childs_network_has_nothing_in_it() -> None:
    network = "before = os.readlink('/proc/self/ns/net')\nconfine(1 << 29, 10)\nprint(before)\n"
    program = network + "print(os.readlink('/proc/self/ns/net'))"
    root = str(engine.__file__).rsplit("/consult/", 1)[0]
    start = f"import sys; sys.path.insert(0, {root!r})\nimport os\nfrom consult.jail_child import confine\n"
    before, after = jail._run((sys.executable, "-c", start + program), b"", 60)[1].decode().split()
    if before == after:
        pytest.skip("this system gives nobody a network of their own")
    assert before != after


def test_computing_is_limited() -> None:
    began = time.monotonic()
    assert confined("while True: pass", cpu_seconds=1)[0] in jail.ENDED_FOR_TIME
    assert time.monotonic() - began < 60


def test_a_file_too_large_for_the_memory_is_told_as_such() -> None:
    with pytest.raises(Invalid) as refusal:
        jail.call("read_draft", [], [b"PK" * 80_000_000], limits=replace(jail.READING, memory=300 << 20))
    assert refusal.value.reason == "too-heavy"


def test_files_as_sent_are_read_within_half_a_gigabyte_and_ten_seconds() -> None:
    assert jail.READING.memory == 512 * 1024 * 1024
    assert jail.READING.cpu_seconds == 10
    lines = [f"Paragraph {n} of a long text that goes on and on, with words." for n in range(3000)]
    assert len(jail.read_draft(draft(*lines)).paragraphs) == 3000


def test_after_a_bad_file_the_next_is_read() -> None:
    for program in ("import os; os.abort()", "import os; os.kill(0, 9)"):
        with pytest.raises(Invalid):
            jail.call("read_draft", [], [b"x"], child=child(program))
        assert jail.read_draft(specimen_draft()).paragraphs


def test_only_the_functions_on_the_list_are_run() -> None:
    with pytest.raises(Invalid):
        jail.call("resolve_everything", [], [b"x"])
