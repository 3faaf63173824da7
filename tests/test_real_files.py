"""Files of many programs go through a whole round, and hostile ones are refused in the jail, each within its time."""

import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from consult import jail
from consult.errors import ConsultError
from tests.engine.specimens import go_through
from tests.engine.test_damage import MUTANTS, memory_used, mutants
from tests.tools import shared_documents

# What no program writes: both declare a document type with an entity that reads a file of the reader's.
INVALID = {"docem__sample_oxml_xxe.docx": "doctype", "poi__ExternalEntityInText.docx": "doctype"}
LONGEST = 10.0  # seconds for one file
MOST_GROWTH = 20 * 1024 * 1024


def corpus(kind: str) -> list[Path]:
    return sorted(file for file in (shared_documents() / "corpus" / kind).iterdir() if file.is_file())


@pytest.mark.shared
@pytest.mark.parametrize("quarter", range(4))
def test_files_of_many_programs_go_through_a_whole_round(quarter: int) -> None:
    refused, broken = {}, {}
    for file in corpus("programs")[quarter::4]:
        try:
            go_through(file.read_bytes())
        except ConsultError as refusal:
            refused[file.name] = refusal.reason
        except Exception as error:
            broken[file.name] = repr(error)[:300]
    assert broken == {}
    assert refused == {name: reason for name, reason in INVALID.items() if name in refused}


@pytest.mark.shared
def test_all_valid_files_are_read_and_hostile_ones_refused_in_the_jail() -> None:
    before, outcomes = 0, Counter[str]()
    for number, file in enumerate(corpus("hostile")):
        data, began = file.read_bytes(), time.monotonic()
        try:
            jail.read_draft(data)
            outcomes["read"] += 1
        except ConsultError as refusal:
            outcomes[refusal.reason] += 1
        assert time.monotonic() - began < LONGEST, file.name
        if number == 20:
            before = memory_used()
    sys.stdout.write("".join(f"{count:4} {reason}\n" for reason, count in outcomes.most_common()))
    assert outcomes["parser-failed"] == outcomes["too-heavy"] == 0
    assert memory_used() - before < MOST_GROWTH


@pytest.mark.skipif(MUTANTS < 1000, reason="a long run: PROVE_MUTANTS=5000 (make prove)")
def test_mutants_end_in_the_jail_and_leave_no_memory_behind() -> None:
    before, outcomes = 0, Counter[str]()
    for number, data in enumerate(mutants(MUTANTS)):
        try:
            jail.read_draft(data)
            outcomes["read"] += 1
        except ConsultError as refusal:
            outcomes[refusal.reason] += 1
        if number == 100:
            before = memory_used()
    sys.stdout.write("".join(f"{count:5} {reason}\n" for reason, count in outcomes.most_common()))
    assert outcomes["parser-failed"] == outcomes["too-heavy"] == 0
    assert memory_used() - before < MOST_GROWTH
