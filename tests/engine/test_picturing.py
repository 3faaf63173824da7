"""A draft on pages: its pictures, its own tracked changes, tables in tables."""

import hashlib
import io
import struct

import docx
from docx.shared import Cm
from lxml import html

from consult import engine
from consult.engine.picturing import picture_of
from consult.engine.rendering import RenderedTable
from tests.engine.bases import png
from tests.engine.specimens import draft, edit, tracked_copy

ADDRESS = "/pictures/"


def with_picture(words: str = "") -> bytes:
    document = docx.Document()
    document.add_paragraph("Before.")
    document.add_picture(io.BytesIO(png()), width=Cm(2))
    for properties in document.element.body.xpath(".//wp:docPr"):
        properties.set("descr", words)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def atom_of(data: bytes) -> engine.Atom:
    return next(atom for p in engine.read_draft(data).paragraphs for atom in p.atoms)


def test_a_page_shows_the_picture_that_stands_in_the_draft() -> None:
    data = with_picture("A map of the region")
    (picture,) = engine.read_pictures(data)
    assert picture.media_type == "image/png"
    assert picture.sha256 == hashlib.sha256(picture.data).hexdigest()
    paragraph = next(p for p in engine.read_draft(data).paragraphs if p.atoms)
    image = html.fromstring(engine.render_paragraph(paragraph, ADDRESS)).find(".//img")
    assert image is not None
    assert (image.get("src"), image.get("alt")) == (ADDRESS + picture.sha256, "A map of the region")
    assert "[picture: A map of the region]" in engine.render_paragraph(paragraph)


def test_a_file_name_is_not_told_as_what_a_picture_shows() -> None:
    assert atom_of(with_picture("C:\\Users\\Ana\\map")).words == ""
    assert atom_of(with_picture("ana-private.PNG")).words == ""
    assert atom_of(with_picture("The region")).words == "The region"


def test_a_description_cannot_bring_markup() -> None:
    paragraph = next(p for p in engine.read_draft(with_picture('"><script>x</script>')).paragraphs if p.atoms)
    shown = html.fromstring(engine.render_paragraph(paragraph, ADDRESS))
    assert shown.find(".//script") is None
    assert shown.find(".//img").get("alt") == '"><script>x</script>'  # type: ignore[union-attr]


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    inner = b"".join(n + struct.pack("<I", len(c)) + c + bytes(len(c) % 2) for n, c in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(inner)) + b"WEBP" + inner


def test_a_webp_is_shown_without_what_it_tells_of_its_making() -> None:
    head = bytes((0x0C, *bytes(9)))
    found = picture_of(riff((b"VP8X", head), (b"VP8 ", b"pixels!"), (b"EXIF", b"secret"), (b"XMP ", b"secret")))
    assert found is not None
    assert found.media_type == "image/webp"
    assert found.data == riff((b"VP8X", bytes(10)), (b"VP8 ", b"pixels!"))
    assert picture_of(riff((b"EXIF", b"secret"))) is None


def test_what_browsers_do_not_show_stays_a_word() -> None:
    assert picture_of(b"II*\0" + bytes(40)) is None
    assert picture_of(b"<svg xmlns='http://www.w3.org/2000/svg'/>") is None
    assert picture_of(b"\x89PNG\r\n\x1a\n" + b"cut short") is None


def test_the_drafts_own_changes_are_shown_and_do_not_move_the_places_in_the_text() -> None:
    plain = draft("Within two working days after the report.")
    data = tracked_copy(plain, [edit(plain, "two working", "five")], "Somebody")
    (paragraph,) = engine.read_draft(data).paragraphs
    assert paragraph.text == "Within five days after the report."
    shown = html.fromstring(f"<p>{engine.render_paragraph(paragraph)}</p>")
    assert "".join(e.text_content() for e in shown.iter("ins")) == "five"
    assert "".join(e.text_content() for e in shown.iter("del")) == "two working"
    spans = {int(e.get("data-at", "")): e.text_content() for e in shown.xpath(".//span[@data-at]")}
    assert all(paragraph.text[at : at + len(words)] == words for at, words in spans.items())
    assert "".join(spans[at] for at in sorted(spans)) == paragraph.text


def test_words_deleted_within_words_that_look_alike_stand_where_they_stood() -> None:
    plain = draft("Missions shall promptly inform.")
    data = tracked_copy(plain, [edit(plain, "promptly ", "")], "Somebody")
    (paragraph,) = engine.read_draft(data).paragraphs
    assert html.fromstring(f"<p>{engine.render_paragraph(paragraph)}</p>").text_content() == (
        "Missions shall promptly inform."
    )


def test_a_table_in_a_cell_is_a_table_there_also_where_the_cell_begins_with_it() -> None:
    document = docx.Document()
    outer = document.add_table(rows=1, cols=2)
    outer.cell(0, 0).add_table(rows=1, cols=2).cell(0, 1).text = "inner"
    first = outer.cell(0, 0)._tc
    first.remove(first.p_lst[0])  # the cell now begins with its table
    outer.cell(0, 0).paragraphs[-1].text = "behind it"
    outer.cell(0, 1).text = "beside it"
    document.add_table(rows=1, cols=1).cell(0, 0).text = "another table"
    out = io.BytesIO()
    document.save(out)
    blocks = engine.render_draft(engine.read_draft(out.getvalue()).paragraphs)
    tables = [block for block in blocks if isinstance(block, RenderedTable)]
    assert [[[texts(cell) for cell in row] for row in table.rows] for table in tables] == [
        [[[["", "inner"], "behind it"], ["beside it"]]],
        [[["another table"]]],
    ]


def texts(cell: object) -> list[object]:
    found: list[object] = []
    for block in cell.blocks:  # type: ignore[attr-defined]
        if isinstance(block, RenderedTable):
            found.append(["".join(map(str, texts(inner))) for row in block.rows for inner in row])
        else:
            found.append(block.paragraph.text)
    return found
