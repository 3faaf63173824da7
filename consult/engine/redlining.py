"""Two documents -> the first with tracked changes that make the second of it."""

from consult.engine.consolidating import consolidate
from consult.engine.resolving import resolve
from consult.engine.returning import read_returned_copy
from consult.engine.values import Consolidation, Contribution, Notice, Remark
from consult.phrases import say


def compare_drafts(old: bytes, new: bytes, author: str, *, date: str = "", formatting: bool = False) -> Consolidation:
    """Return `old` with tracked changes by `author`: accepting them gives `new`, rejecting them gives `old`.

    Both are read as they stand with their own tracked changes accepted. The two may differ as much as they like; a
    paragraph that only changed its place is shown as moved. Margin comments that only `new` has come over in their own
    authors' names. With `formatting`, changed emphasis is tracked too. What cannot be shown as a tracked change is told
    in a notice. `date` (ISO 8601, UTC) is given to all changes.
    """
    before, after = resolve(old, "all"), resolve(new, "all")
    read = read_returned_copy(after, before, author, formatting=formatting, enough=0)
    contributions = [Contribution(author, read.edits), *_by_author(read.remarks)]
    made = consolidate(before, contributions, date=date)
    left_out = tuple(
        Notice(
            "not-shown", say("%(text)s - %(why)s", text=item.text, why=item.why), item.paragraph, author, "attention"
        )
        for item in read.not_placed
    )
    notices = (*_accepted_first(old != before, new != after), *read.notices, *made.notices, *left_out)
    return Consolidation(made.docx, made.edits, made.remarks, made.conflicts, notices)


def _by_author(remarks: tuple[Remark, ...]) -> list[Contribution]:
    authors = sorted({remark.author for remark in remarks})
    return [Contribution(name, (), tuple(r for r in remarks if r.author == name)) for name in authors]


def _accepted_first(in_old: bool, in_new: bool) -> list[Notice]:
    told = (
        (in_old, say("The first document has tracked changes of its own. They were accepted before comparing.")),
        (in_new, say("The second document has tracked changes of its own. They were accepted before comparing.")),
    )
    return [Notice("changes-accepted", text) for has, text in told if has]
