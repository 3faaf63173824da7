"""Symbols, language lines and marks of documents, as the OSCE writes them."""

import re

from consult.errors import Invalid
from consult.phrases import say

SYMBOL = re.compile(r"[A-Z]{2,5}\.[A-Z]{2,4}/\d{1,4}(/\d{2})?(/(Rev|Corr|Add)\.\d+)*", re.ASCII)
LANGUAGES = ("ENGLISH", "FRENCH", "GERMAN", "ITALIAN", "RUSSIAN", "SPANISH")
LINES = tuple(f"Original: {language}" for language in LANGUAGES) + tuple(f"{language} only" for language in LANGUAGES)
LONGEST_MARK = 60


def check_symbol(symbol: str) -> str:
    """Return a symbol without blanks around it; "" where a document has none. Raises Invalid for what is no symbol."""
    symbol = symbol.strip()
    if symbol and not SYMBOL.fullmatch(symbol):
        raise Invalid(
            say(
                "“%(symbol)s” is no document symbol. A symbol looks like SEC.GAL/116/19/Rev.1: two to five capital "
                "letters, a point, two to four capital letters, a stroke and a number; then, if needed, /19 for the "
                "year and /Rev.1, /Corr.1 or /Add.1. Marks such as OSCE+ have a field of their own.",
                symbol=symbol[:60],
            ),
            "bad-symbol",
        )
    return symbol


def check_line(line: str) -> str:
    """Return a language line. Raises Invalid for any other."""
    if line not in LINES:
        raise Invalid(say("Choose one of the language lines on the page."), "bad-language-line")
    return line


def check_mark(mark: str) -> str:
    """Return a mark in one line; "" is none. Raises Invalid for one that is too long."""
    mark = " ".join(mark.split())
    if len(mark) > LONGEST_MARK:
        raise Invalid(say("The mark has more than %(most)s characters. Shorten it.", most=LONGEST_MARK), "bad-mark")
    return mark
