"""How changes and comments are signed in the consolidated file: by organisation, with initials, or by person.

Whatever is written, changes are merged, counted and set against each other by organisation.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from consult.engine.values import Contribution

Naming = Literal["organisation", "initials", "person"]
# What programs write for nobody: Word's privacy setting and LibreOffice without a name, in the languages of the users.
NOBODY = frozenset(
    (
        *("", "author", "autor", "auteur", "autore", "автор", "unknown author", "unbekannter autor", "auteur inconnu"),
        *("autor desconocido", "autore sconosciuto", "неизвестный автор"),
    )
)


def is_nobody(author: str) -> bool:
    """Return whether a file's author is no name: empty, "Author", "Unknown Author"."""
    return " ".join(author.split()).casefold() in NOBODY


def person_key(author: str) -> str:
    """Return what several spellings of one name have in common: case, blanks, diacritics, "Last, First" do not count."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", _in_reading_order(author)) if not unicodedata.combining(c))
    return " ".join(plain.casefold().replace(".", " ").split())


def one_spelling(authors: Iterable[str]) -> dict[str, str]:
    """Return for each name as found the spelling that stands for that person: the commonest, then the fullest."""
    counts = Counter(authors)
    spellings: dict[str, list[str]] = defaultdict(list)
    for author in counts:
        spellings[person_key(author)].append(author)

    def rank(author: str) -> tuple[int, bool, bool, str]:
        return counts[author], "," not in author, not author.isascii(), author

    best = {key: max(names, key=rank) for key, names in spellings.items()}
    return {author: best[person_key(author)] for author in counts}


def initials_in(author: str) -> str:
    """Return a person's initials: Ana Banu is A.B., and so is "Banu, Ana (Moldova)"."""
    name = re.sub(r"\(.*?\)|\[.*?\]", " ", _in_reading_order(author))
    return "".join(f"{word[0].upper()}." for word in name.split() if word[0].isalpha())


def sign(
    contributions: Sequence[Contribution], naming: Naming, taken: Collection[str] = ()
) -> tuple[list[Contribution], dict[str, str]]:
    """Return the contributions signed, and for each signature that is no organisation's name, whose it is.

    Nobody's changes bear the organisation's name. A person has the organisation in brackets where the bare name is
    also somebody else's: another organisation's person, an organisation, one of the draft's own authors in `taken`.
    """
    if naming == "organisation":
        return list(contributions), {}
    spellings = {c.organisation: one_spelling(_authors(c)) for c in contributions}
    used = Counter(key for known in spellings.values() for key in {person_key(author) for author in known})
    used.update(person_key(name) for name in (*taken, *(c.organisation for c in contributions)))
    signed, people = list[Contribution](), dict[str, str]()
    for c in contributions:
        names = {
            a: _signature(spelling, c.organisation, naming, used) for a, spelling in spellings[c.organisation].items()
        }
        people.update({name: c.organisation for name in names.values() if name != c.organisation})
        signed.append(_signed(c, names))
    return signed, people


def _authors(contribution: Contribution) -> list[str]:
    everybody = [e.author for e in contribution.edits] + [r.author for r in contribution.remarks]
    return [a for a in everybody if not is_nobody(a) and person_key(a) != person_key(contribution.organisation)]


def _signature(author: str, organisation: str, naming: Naming, used: Mapping[str, int]) -> str:
    name = " ".join(author.replace(";", ",").split())
    if naming == "initials":
        initials = initials_in(author)
        return f"{organisation} ({initials})" if initials else organisation
    return f"{name} ({organisation})" if used[person_key(author)] > 1 else name


def _signed(contribution: Contribution, names: Mapping[str, str]) -> Contribution:
    own = contribution.organisation
    return replace(
        contribution,
        edits=tuple(replace(e, signature=names.get(e.author, own)) for e in contribution.edits),
        remarks=tuple(replace(r, signature=names.get(r.author, own)) for r in contribution.remarks),
    )


def _in_reading_order(author: str) -> str:
    """Return "First Last" for "Last, First"; anything with more commas stays."""
    last, comma, first = author.partition(",")
    return f"{first} {last}" if comma and first.strip() and "," not in first else author
