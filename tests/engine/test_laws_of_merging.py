"""The laws of the merge on drafts with every construct, one to six organisations, edits that overlap and agree at will.

One drawn round is consolidated once and asked for every law; the message says which one does not hold. PROVE_EXAMPLES
says how many rounds are drawn.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from consult import engine
from tests.engine.documents import Plan, plans, write_draft
from tests.engine.edits import ACT, DATE, NAMES, Act, Editor, Round, edits_of, rounds
from tests.engine.laws import EXAMPLES, LAW, Judge, show
from tests.engine.outlines import outline_of
from tests.tools import shared_documents

SOME = settings(LAW, max_examples=max(EXAMPLES // 10, 20))


@LAW
@given(rounds())
def test_the_laws_hold(given_round: Round) -> None:
    note("\n".join(show(given_round)))
    Judge(given_round).check_all_laws()


@SOME
@given(plans(), st.lists(ACT, min_size=1, max_size=6))
def test_what_all_organisations_want_is_one_change_in_all_names(plan: Plan, acts: list[Act]) -> None:
    """L8: the same edits by all are as many changes as by one, with all their names, and no conflict."""
    draft = write_draft(plan)
    contributions = []
    for name in NAMES:
        editor = Editor(name, outline_of(draft))
        for act in acts:
            editor.take(edits_of(act, editor.outline), tracked=True)
        contributions.append(engine.Contribution(name, tuple(editor.edits)))
    alone = engine.consolidate(draft, contributions[:1], date=DATE)
    together = engine.consolidate(draft, contributions, date=DATE)
    assert len(together.edits) == len(alone.edits), "L8: what all want is not counted as one"
    assert not together.conflicts, "L8: a conflict between those who agree"
    assert all(set(e.organisations) == set(NAMES) for e in together.edits), "L8: somebody's support is not named"


@pytest.mark.shared
def test_consolidated_files_follow_the_schema(tmp_path: Path) -> None:
    """L7: a sample of rounds against ECMA-376: as written, with everything accepted, with everything rejected."""
    schema = shared_documents().parent / "schemas" / "validate.py"
    files: list[str] = []

    @settings(SOME, database=None)
    @given(rounds())
    def write(given_round: Round) -> None:
        judge = Judge(given_round)
        for data in (judge.made.docx, judge.accepted, judge.rejected):
            file = tmp_path / f"{len(files)}.docx"
            file.write_bytes(data)
            files.append(str(file))

    write()
    for start in range(0, len(files), 500):
        command = [sys.executable, str(schema), *files[start : start + 500]]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, f"L7: {run.stdout[:2000]}"
