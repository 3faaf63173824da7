"""Copies are read in one process or in several: what comes out is the same, and so is what is refused."""

from pathlib import Path

import pytest

from consult.commands.copies import read_copies
from consult.errors import Invalid
from tests.engine.hostile import macros
from tests.engine.specimens import edit, specimen_draft, tracked_copy

NEVER, ALWAYS = 10**12, 0


@pytest.fixture
def named(tmp_path: Path) -> list[tuple[str, str]]:
    data = specimen_draft()
    for name in "abc":
        (tmp_path / name).write_bytes(tracked_copy(data, [edit(data, "two working days", f"{name} days")], name))
    return [(f"Mission {name}", str(tmp_path / name)) for name in "abc"]


def test_several_processes_read_what_one_reads_in_the_same_order(named: list[tuple[str, str]]) -> None:
    alone = list(read_copies(named, specimen_draft(), worth_it=NEVER))
    assert [copy.edits[0].new for copy in alone] == ["a days", "b days", "c days"]
    assert list(read_copies(named, specimen_draft(), worth_it=ALWAYS)) == alone


@pytest.mark.parametrize("worth_it", [NEVER, ALWAYS])
def test_the_first_copy_that_cannot_be_used_is_named(named: list[tuple[str, str]], worth_it: int) -> None:
    Path(named[1][1]).write_bytes(macros())
    copies = read_copies(named, specimen_draft(), worth_it=worth_it)
    assert next(copies).organisation == "Mission a"
    with pytest.raises(Invalid, match="macros") as refused:
        next(copies)
    assert refused.value.message.startswith(named[1][1])
    assert refused.value.reason == "macros"
