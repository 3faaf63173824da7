"""Reads and writes zip archives on the level of their bytes: checks before inflating, raw copies when writing.

Python's zipfile inflates on trust and cannot copy a member's compressed bytes; both matter here. Structures after PKWARE
APPNOTE 6.3.3 §4.3; no zip64, no encryption, stored or deflated members only: what word processors write.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from consult.errors import Invalid
from consult.phrases import say

LARGEST_TOTAL = 200 * 1024 * 1024
LARGEST_RATIO = 100
RATIO_FROM = 4 * 1024 * 1024  # small members may be as compressible as they like: white pictures are
TOTAL_RATIO_FROM = 16 * 1024 * 1024
MOST_MEMBERS = 2000
STORED, DEFLATED = 0, 8
EPOCH = (0, 33)  # 1 January 1980, the first date a zip can have
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
UTF8_NAMES = 0x800


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive: what the directory says of it and where its compressed bytes lie."""

    name: str
    method: int
    crc: int
    compressed: int
    size: int
    start: int  # of the local header
    data: int  # of the compressed bytes
    time: tuple[int, int] = EPOCH

    @property
    def end(self) -> int:
        """The first byte behind the compressed bytes."""
        return self.data + self.compressed


def _broken(detail: str) -> Invalid:
    return Invalid(
        say(
            "This file is damaged: %(detail)s. Open it in Word, save it again as .docx and upload that.", detail=detail
        ),
        "damaged",
    )


def _bad_name(name: str) -> Invalid:
    shown = name.encode("ascii", "backslashreplace").decode()[:60]
    return Invalid(
        say("This file holds a part with a name that Word never writes: %(name)s. It is not opened.", name=shown),
        "bad-names",
    )


def read_directory(data: bytes) -> tuple[Member, ...]:
    """Return the members in the order of the central directory. Raises Invalid for what is broken or dangerous."""
    place = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if place < 0 or place + END.size > len(data):
        raise _broken(say("the end of the archive is missing"))
    _, disk, first_disk, here, total, size, start, _ = END.unpack_from(data, place)
    if disk or first_disk or here != total or 0xFFFF in (here, total) or 0xFFFFFFFF in (size, start):
        raise _broken(say("its archive is of a kind Word does not write"))
    if total > MOST_MEMBERS:
        raise Invalid(
            say("This file has %(count)s parts; at most %(most)s are accepted.", count=total, most=MOST_MEMBERS),
            "too-many-parts",
        )
    if start + size > place:
        raise _broken(say("its directory lies outside the file"))
    members, position = list[Member](), start
    for _ in range(total):
        member, position = _central(data, position, place)
        members.append(member)
    return tuple(members)


def _central(data: bytes, position: int, limit: int) -> tuple[Member, int]:
    if position + CENTRAL.size > limit:
        raise _broken(say("its directory is cut off"))
    (mark, made, _, flags, method, time, day, crc, compressed, size, names, extra, comment, _, _, external, start) = (
        CENTRAL.unpack_from(data, position)
    )
    if mark != b"PK\x01\x02":
        raise _broken(say("its directory is not readable"))
    raw = data[position + CENTRAL.size : position + CENTRAL.size + names]
    name = raw.decode("utf-8" if flags & UTF8_NAMES else "cp437", "replace")
    if flags & 0x1 or flags & 0x40:
        raise Invalid(
            say("This file is protected with a password. Remove the password in Word and upload it again."), "encrypted"
        )
    if method not in (STORED, DEFLATED):
        raise _broken(say("a part is packed in a way Word does not use"))
    if made >> 8 == 3 and external >> 28 == 0xA:
        raise _bad_name(name)  # a symbolic link
    data_start = _local(data, start, raw, flags, (method, crc, compressed, size))
    member = Member(name, method, crc, compressed, size, start, data_start, (time, day))
    return member, position + CENTRAL.size + names + extra + comment


def _local(data: bytes, start: int, raw: bytes, flags: int, said: tuple[int, int, int, int]) -> int:
    """Return where a member's compressed bytes begin, after checking that its own header agrees with the directory."""
    if start + LOCAL.size > len(data):
        raise _broken(say("a part lies outside the file"))
    mark, _, _, method, _, _, crc, compressed, size, names, extra = LOCAL.unpack_from(data, start)
    own_name = data[start + LOCAL.size : start + LOCAL.size + names]
    described_behind = bool(flags & 0x8)
    own = (method, crc, compressed, size)
    agrees = own == said or (described_behind and method == said[0] and own[1:] in ((0, 0, 0), (0, *said[2:])))
    if mark != b"PK\x03\x04" or own_name != raw or not agrees:
        raise Invalid(say("This file contradicts itself about what it holds. It is not opened."), "contradictory")
    return start + LOCAL.size + int(names) + int(extra)


def check_members(data: bytes, members: Sequence[Member]) -> None:
    """Refuse, before anything is inflated, what is too large, overlaps, or is named as no program names parts."""
    total = sum(m.size for m in members)
    if total > LARGEST_TOTAL:
        raise Invalid(
            say("This file would unpack to %(size)s MB; at most 200 MB are accepted.", size=total // 2**20), "too-large"
        )
    packed = sum(m.compressed for m in members)
    dense = [m for m in members if m.size > RATIO_FROM and m.size > LARGEST_RATIO * m.compressed]
    if dense or (total > TOTAL_RATIO_FROM and total > LARGEST_RATIO * packed):
        raise Invalid(say("This file is packed far more densely than a document can be. It is not opened."), "zip-bomb")
    for member in members:
        if member.method == STORED and member.size != member.compressed:
            raise Invalid(say("This file contradicts itself about what it holds. It is not opened."), "contradictory")
    by_place = sorted(members, key=lambda m: m.start)
    for one, other in pairwise(by_place):
        if other.start < one.end:
            raise Invalid(
                say("Parts of this file lie over one another, as in an attack. It is not opened."), "overlapping"
            )
    if by_place and by_place[-1].end > len(data):
        raise _broken(say("a part is cut off"))
    _check_names([m.name for m in members])


def _check_names(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        parts = name.split("/")
        unsafe = "\\" in name or name.startswith("/") or ":" in parts[0] or ".." in parts or not name
        if unsafe or any(character < " " for character in name):
            raise _bad_name(name)
        if name.casefold() in seen:
            raise Invalid(say("This file holds two parts with the same name. It is not opened."), "duplicate-parts")
        seen.add(name.casefold())


def inflate(data: bytes, member: Member) -> bytes:
    """Return a member's bytes, never more than it was said to have."""
    packed = data[member.data : member.end]
    if member.method == STORED:
        content = packed
    else:
        stream = zlib.decompressobj(-15)
        try:
            content = stream.decompress(packed, member.size + 1)
        except zlib.error:
            raise _broken(say("a part cannot be unpacked")) from None
        if len(content) > member.size or stream.unconsumed_tail:
            raise Invalid(say("This file contradicts itself about what it holds. It is not opened."), "contradictory")
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise _broken(say("a part does not have the content it should have"))
    return content


def write_zip(data: bytes, members: Sequence[Member], changes: Mapping[str, bytes]) -> bytes:
    """Return an archive with changed members deflated anew and all others as the compressed bytes they were.

    The order stays; new members stand at the end. The same input gives the same bytes.
    """
    known = {m.name for m in members}
    out, directory = bytearray(), bytearray()
    count = 0
    for member in members:
        if member.name in changes:
            _put(out, directory, member.name, changes[member.name], member.time)
        else:
            packed = data[member.data : member.end]
            _put_raw(out, directory, member.name, (member.method, member.crc, packed, member.size), member.time)
        count += 1
    for name in changes:
        if name not in known:
            _put(out, directory, name, changes[name], EPOCH)
            count += 1
    end = END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), len(out), 0)
    return bytes(out + directory) + end


def _put(out: bytearray, directory: bytearray, name: str, content: bytes, time: tuple[int, int]) -> None:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    _put_raw(out, directory, name, (DEFLATED, zlib.crc32(content), packed, len(content)), time)


def _put_raw(
    out: bytearray, directory: bytearray, name: str, content: tuple[int, int, bytes, int], time: tuple[int, int]
) -> None:
    method, crc, packed, size = content
    raw = name.encode()
    flags = 0 if name.isascii() else UTF8_NAMES
    start = len(out)
    out += LOCAL.pack(b"PK\x03\x04", 20, flags, method, *time, crc, len(packed), size, len(raw), 0) + raw + packed
    directory += CENTRAL.pack(
        b"PK\x01\x02", 20, 20, flags, method, *time, crc, len(packed), size, len(raw), 0, 0, 0, 0, 0, start
    )
    directory += raw
