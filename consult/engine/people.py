"""The people part: whose organisation an author's name in the consolidated file stands for.

It is where Word keeps who its authors are (MS-DOCX, w15:people): the display name, and an identity beside it.
"""

from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from consult.engine import ooxml
from consult.engine.additions import Additions
from consult.engine.margins import margin_comments
from consult.engine.ooxml import Element
from consult.engine.package import Package, parse_xml
from consult.engine.serializing import to_bytes
from consult.engine.stories import Document

RELATIONSHIP = "http://schemas.microsoft.com/office/2011/relationships/people"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.people+xml"
PERSON, PRESENCE = f"{{{ooxml.W15}}}person", f"{{{ooxml.W15}}}presenceInfo"
AUTHOR, PROVIDER, USER = (f"{{{ooxml.W15}}}{name}" for name in ("author", "providerId", "userId"))
NO_PROVIDER = "None"


def authors_in(document: Document) -> Iterator[str]:
    """Yield the authors of a document's own changes and comments."""
    for root in document.roots.values():
        for element in root.iter():
            if isinstance(element.tag, str) and (author := element.get(ooxml.AUTHOR)):
                yield author
    for comment in margin_comments(document):
        yield comment.author


def write_people(document: Document, people: Mapping[str, str], additions: Additions) -> None:
    """Note for each of these names its organisation."""
    if not people:
        return
    package = document.package
    part = package.related(package.main_part, "people")
    root = parse_xml(package.read(part)) if part else etree.Element(f"{{{ooxml.W15}}}people", nsmap={"w15": ooxml.W15})
    for name, organisation in sorted(people.items()):
        root.append(_person(name, organisation))
    if not part:
        part = f"{package.main_part.rpartition('/')[0]}/people.xml".lstrip("/")
        additions.declare(part, TYPE)
        additions.relate(package.main_part, RELATIONSHIP, part)
    additions.parts[part] = to_bytes(root)


def introduce(document: Document, authors: Iterable[str], additions: Additions) -> None:
    """Add to the people part, where there is one, the authors of comments that it lacks: it lists all of them."""
    part = document.package.related(document.package.main_part, "people")
    if not part:
        return
    root = parse_xml(additions.parts.get(part) or document.package.read(part))
    known = {person.get(AUTHOR) for person in root.iter(PERSON)}
    for author in dict.fromkeys(map(ooxml.printable, authors)):
        if author not in known:
            root.append(_person(author, author))
    additions.parts[part] = to_bytes(root)


def _person(name: str, organisation: str) -> Element:
    person = etree.Element(PERSON)
    person.set(AUTHOR, ooxml.printable(name))
    presence = etree.SubElement(person, PRESENCE)
    presence.set(PROVIDER, NO_PROVIDER)
    presence.set(USER, ooxml.printable(organisation))
    return person


def organisations_in(package: Package) -> dict[str, str]:
    """Return for each author whose organisation the file notes, its name."""
    part = package.related(package.main_part, "people")
    found = {}
    for person in parse_xml(package.read(part)).iter(PERSON) if part else ():
        presence = person.find(PRESENCE)
        if presence is not None and presence.get(PROVIDER) == NO_PROVIDER:
            found[person.get(AUTHOR, "")] = presence.get(USER, "")
    return found
