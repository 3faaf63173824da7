"""The text that an HTML mail shows: lines and paragraphs, quotations with ">" before their lines. Links and looks go."""

import re
from html.parser import HTMLParser

UNSEEN = frozenset(("head", "script", "style", "title", "template", "noscript", "object", "svg"))
LINES = frozenset(
    ("address", "article", "aside", "div", "dd", "dl", "dt", "footer", "form", "header", "li", "main", "ol", "section",
     "table", "tr", "ul")
)  # fmt: skip
PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"))
RULER = "_" * 20
DEEPEST = 20


def text_of_html(written: str) -> str:
    """Return the text that a page shows. Never raises for what is no HTML."""
    reader = _Reader()
    reader.feed(written)
    reader.close()
    return reader.finished()


class _Reader(HTMLParser):
    """Gathers lines while it reads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line = ""
        self.depth = 0  # of quotations
        self.unseen = 0
        self.kept = 0  # depth of <pre>, where blanks and line breaks stand as they are

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self.unseen += 1
        elif tag == "br":
            self._break()
        elif tag == "hr":
            self._end_line()
            self.lines.append(self._marked(RULER))
        elif tag in LINES or tag in PARAGRAPHS:
            self._end_line(is_paragraph=tag in PARAGRAPHS)
            self.depth += tag == "blockquote" and self.depth < DEEPEST
            self.kept += tag == "pre"
            if tag == "li":
                self.line = "- "
        elif tag in ("td", "th") and self.line.strip():
            self.line += " "

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in LINES or tag in PARAGRAPHS:
            self._end_line(is_paragraph=tag in PARAGRAPHS)
            self.depth -= tag == "blockquote" and self.depth > 0
            self.kept -= tag == "pre" and self.kept > 0

    def handle_data(self, data: str) -> None:
        if self.unseen:
            return
        if self.kept:
            first, *others = data.split("\n")
            self.line += first
            for other in others:
                self._break()
                self.line = other
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        self.line += words.lstrip() if not self.line or self.line.endswith(" ") else words

    def _marked(self, line: str) -> str:
        return f"{'>' * self.depth} {line}".rstrip() if self.depth else line

    def _break(self) -> None:
        line = self.line if self.line == "-- " else self.line.rstrip()
        self.lines.append(self._marked(line))
        self.line = ""

    def _end_line(self, *, is_paragraph: bool = False) -> None:
        """End the line that is being gathered; a paragraph has a blank line behind it."""
        if self.line.strip():
            self._break()
            if is_paragraph:
                self.lines.append(self._marked(""))
        self.line = ""

    def finished(self) -> str:
        self._end_line()
        text = "\n".join(self.lines)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")
