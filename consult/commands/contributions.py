"""What is merged: returned copies and filled comment forms, read file by file."""

from pathlib import Path

from consult import engine
from consult.commands import files
from consult.errors import Invalid


def split(argument: str) -> tuple[str, str]:
    """Return the organisation and the path of NAME=PATH; a path that exists as it stands has no name."""
    name, sign, path = argument.partition("=")
    if not sign or Path(argument).exists():
        return "", argument
    if not name.strip() or ";" in name:
        raise Invalid(f"“{name}” cannot be an organisation's name: it is empty or has a semicolon.", "bad-name")
    return name.strip(), path


class Contributions:
    """What the returned copies and filled comment forms of one merge contain, by organisation."""

    def __init__(self) -> None:
        self.sources: list[engine.Source] = []
        self.contributions: list[engine.Contribution] = []
        self.notices: list[engine.Notice] = []
        self.not_placed: list[str] = []
        self.taken: set[str] = set()

    def add_copy(self, organisation: str, path: str, copy: engine.ReturnedCopy) -> None:
        """Add what was read from one copy."""
        names = self._names(organisation, path, copy)
        for name in sorted(set(names.values())):
            theirs = [author for author, known in names.items() if known == name]
            edits = tuple(e for e in copy.edits if e.organisation in theirs)
            remarks = tuple(r for r in copy.remarks if r.organisation in theirs)
            self.contributions.append(engine.Contribution(name, edits, remarks))
        self.taken.update(names.values())
        self.sources.append(engine.source_of("; ".join(sorted(set(names.values()))), path, copy))
        self.notices += copy.notices
        self.not_placed += [f"{path}: {item.what}: {item.text} - {item.why}" for item in copy.not_placed]

    def add_form(self, organisation: str, path: str, draft: engine.Draft) -> None:
        """Read one filled comment form. Bad rows are listed. Raises Invalid, naming the file, for no form at all."""
        data = files.read(path)
        with files.naming(path):
            form = engine.read_comment_form(data, draft, organisation)
        self.contributions += form.contributions
        self.sources.append(engine.source_of_form(path, form))
        for bad in form.bad_rows:
            where = f"{bad.sheet}, row {bad.row}" if bad.sheet else f"row {bad.row}"
            self.not_placed.append(f"{path}: {where}: {bad.why}: {bad.text}")

    def _names(self, organisation: str, path: str, copy: engine.ReturnedCopy) -> dict[str, str]:
        """Return for each name in the copy the organisation it stands for: itself, or the file's name for no real one."""
        if organisation:
            if organisation in self.taken:
                raise Invalid(f"Two copies are named {organisation}. Give each its own name.", "name-twice")
            return {organisation: organisation}
        stem = Path(path).stem
        names = {}
        authors = [e.organisation for e in copy.edits] + [r.organisation for r in copy.remarks]
        for author, spelling in engine.one_spelling(authors or [""]).items():
            name = spelling.replace(";", ",").strip()
            if engine.is_nobody(name):
                name = stem  # Word's privacy setting leaves "Author"
            names[author] = f"{name} ({stem})" if name in self.taken else name
        return names
