"""ISO 29500 Strict -> Transitional: the same document in the namespaces that all programs, and this engine, write.

Strict differs in the names of namespaces and relationships (ISO/IEC 29500-1 against 29500-4, annex A) and leaves out
what is deprecated; its values are all allowed in Transitional too. So only names inside tags change, never a text.
"""

import re

STRICT = b"http://purl.oclc.org/ooxml/"
TAG = re.compile(rb"""<[^<>"'!?](?:[^<>"']|"[^"<]*"|'[^'<]*')*>""")
NAME = re.compile(rb"http://purl\.oclc\.org/ooxml/([A-Za-z]+(?:/[A-Za-z]+)*)")
CONFORMANCE = re.compile(rb"""\s(?:[\w.-]+:)?conformance\s*=\s*(?:"strict"|'strict')""")
TRANSITIONAL = b"http://schemas.openxmlformats.org/"
# The words of these are written otherwise in Transitional; all others only get the year.
RENAMED = {b"extendedProperties": b"extended-properties", b"customProperties": b"custom-properties"}
ENCODING = re.compile(r"""(<\?xml[^>]*?encoding\s*=\s*["'])[^"']*""")


def as_transitional(data: bytes) -> bytes:
    """Return an XML part with the names of Transitional; any other part as it is."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = ENCODING.sub(r"\1UTF-8", data.decode("utf-16", "replace"), count=1).encode()
    if STRICT not in data:
        return data
    return TAG.sub(lambda tag: _renamed(tag.group()), data)


def _renamed(tag: bytes) -> bytes:
    return CONFORMANCE.sub(b"", NAME.sub(lambda name: _transitional(name.group(1)), tag)) if STRICT in tag else tag


def _transitional(path: bytes) -> bytes:
    """Return a name: `wordprocessingml/main` is `wordprocessingml/2006/main` there."""
    family, _, rest = path.partition(b"/")
    words = [RENAMED.get(word, word) for word in rest.split(b"/")]
    return TRANSITIONAL + b"/".join((family, b"2006", *words))
