"""The draft the demo circulates: about four pages with headings, lists, a table and a footnote, in our own words."""

import io
from collections.abc import Sequence
from copy import deepcopy

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.text.paragraph import Paragraph

TITLE = "Guidelines on co-operation in the protection of victims of trafficking"
FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"

BEFORE = (
    ("Heading 1", "Purpose"),
    (
        "Normal",
        "These guidelines describe how field operations and institutions co-operate when a person may be a victim of "
        "trafficking. They do not replace the law of the host country, nor do they create new structures. They are meant "
        "for the colleagues who receive a first report and must decide within hours whom to inform.",
    ),
    (
        "Normal",
        "The guidelines rest on the commitments that participating States have undertaken to prevent and to combat "
        "trafficking, and on the experience of the missions in the region. They will be reviewed after one year.",
    ),
    ("Heading 1", "Principles"),
    (
        "Normal",
        "Every step is guided by the safety and the wishes of the person concerned. Nobody is asked to repeat their account "
        "more often than necessary, and no information is passed on without consent unless a life is in danger.",
    ),
    ("List Bullet", "The victim decides whether and when to speak to the police."),
    ("List Bullet", "Personal data are collected only as far as the immediate protection requires."),
    ("List Bullet", "Interpreters are chosen with care and never from the person's own community without consent."),
    ("List Bullet", "Children are treated as children even where their age is in doubt."),
    ("Heading 1", "First contact"),
    (
        "Normal",
        "A mission that learns of a possible case informs the national co-ordinator within two working days. Where no "
        "co-ordinator has been appointed, it informs the body that the government has named for this purpose.",
    ),
    (
        "Normal",
        "The mission keeps a short record of the report: when it was received, what was asked for, and what was answered. "
        "The record does not contain the name of the person. It is kept in a locked place and destroyed after two years.",
    ),
    (
        "Normal",
        "Missions do not investigate. They do not interview the person beyond what is needed to understand whether there is "
        "an immediate danger, and they do not promise a result that depends on others.",
    ),
    ("Heading 1", "Referral"),
    (
        "Normal",
        "Missions should maintain a list of shelters, legal advisers and medical services in their area. The list is "
        "updated every six months and shared with the other missions in the region.",
    ),
    ("List Number", "The person is told which services exist and what each of them can offer."),
    ("List Number", "With the person's consent the mission makes the first call and stays until somebody has come."),
    ("List Number", "The mission asks after one week whether the referral has worked, and notes the answer."),
    (
        "Normal",
        "Where a person wishes to return to another country, the missions in both countries agree on one contact point "
        "before the journey begins. No journey is arranged by the missions themselves.",
    ),
    ("Heading 1", "Training and materials"),
    (
        "Normal",
        "Each mission should train its staff once a year. The institution in Warsaw makes its training materials available "
        "in English and supports their translation.",
    ),
    (
        "Normal",
        "Materials developed by one mission are offered to all others. The list of available resources is maintained at one "
        "place and states for each item in which languages it exists.",
    ),
    ("Heading 1", "Who does what"),
    ("Normal", "The following table summarises the tasks. It does not change the mandates of the missions."),
)
TABLE = (
    ("Task", "Who", "By when"),
    ("Name a focal point and a deputy", "Every mission", "Within four weeks"),
    ("Send the list of shelters and advisers", "Every mission", "End of the second quarter"),
    ("Circulate the format for national structures", "Mission to Bosnia and Herzegovina", "Within two weeks"),
    ("Outline of the regional project on legal assistance", "Mission to Moldova", "End of the third quarter"),
    ("Host the next meeting of focal points", "Presence in Albania", "December or January"),
)
AFTER = (
    ("Heading 1", "Reporting"),
    (
        "Normal",
        "The focal points report twice a year on what has been done. The reports contain figures and lessons, no accounts of "
        "single cases. The lead mission summarises them and circulates the summary before it goes to other bodies.",
    ),
    (
        "Normal",
        "Questions on data protection are collected and answered together. The answers are sent to all missions, whoever "
        "has asked.",
    ),
    ("Heading 1", "Entry into use"),
    (
        "Normal",
        "These guidelines are used from the day on which the missions have been informed of the final text. Comments on "
        "their use are welcome at any time and are taken up in the review.",
    ),
)
NOTE_ON = "prevent and to combat trafficking"
NOTE = "The relevant decisions of the Ministerial Council are listed in the annex to the meeting summary."


def write_demo_draft() -> bytes:
    """Return the demo's draft as a .docx."""
    document = docx.Document()
    document.styles["Normal"].paragraph_format.line_spacing = 1.35
    section = document.sections[0]
    section.header.paragraphs[0].text = "Draft guidelines – for comments"
    document.add_paragraph(TITLE, style="Title")
    _add(document, BEFORE)
    table = document.add_table(rows=0, cols=3, style="Table Grid")
    for row in TABLE:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    _add(document, AFTER)
    target = next(p for p in document.paragraphs if NOTE_ON in p.text)
    _add_footnote(document, target, NOTE_ON, NOTE)
    for zoom in document.settings.element.iter(qn("w:zoom")):
        zoom.set(qn("w:percent"), "100")  # required; the library's template lacks it
    core = document.core_properties
    core.author = core.last_modified_by = core.comments = ""
    core.title = TITLE
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _add(document: Document, paragraphs: Sequence[tuple[str, str]]) -> None:
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)


def _add_footnote(document: Document, paragraph: Paragraph, behind: str, text: str) -> None:
    """Put a footnote behind some words: python-docx writes none, so the part is made here (ECMA-376 §17.11)."""
    run = paragraph.runs[0]
    before, words, after = run.text.partition(behind)
    rest = deepcopy(run._r)
    run.text = before + words
    mark = OxmlElement("w:r")
    raised = OxmlElement("w:vertAlign")
    raised.set(qn("w:val"), "superscript")
    properties = OxmlElement("w:rPr")
    properties.append(raised)
    reference = OxmlElement("w:footnoteReference")
    reference.set(qn("w:id"), "2")
    mark.append(properties)
    mark.append(reference)
    run._r.addnext(mark)
    mark.addnext(rest)
    type(run)(rest, paragraph).text = after
    superscript = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
    separators = "".join(
        f'<w:footnote w:id="{number}" w:type="{kind}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'
        for number, kind in enumerate(("separator", "continuationSeparator"))
    )
    footnotes = parse_xml(
        f"<w:footnotes {nsdecls('w')}>{separators}"
        f'<w:footnote w:id="2"><w:p><w:r>{superscript}<w:footnoteRef/></w:r>'
        f'<w:r><w:t xml:space="preserve"> {text}</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    blob = docx.oxml.xmlchemy.serialize_for_reading(footnotes).encode()
    part = Part(PackURI("/word/footnotes.xml"), FOOTNOTES, blob, document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
