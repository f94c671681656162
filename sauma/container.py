"""The package's container: a stored zip with exactly one possible byte string for given members.

Any zip tool can open it, but only the canonical bytes are accepted: :func:`unpack` rebuilds every byte that is not a
member's own and compares, because ordinary readers overlook flipped bytes in headers, extra fields, comments and gaps.
Layout: APPNOTE.TXT 6.3.10 sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end record); no
compression, no extra field, no comment, the date 1980-01-01.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence

from schemas.errors import IntegrityError

BYTES_MAX = 2**32 - 1
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _DATE = 20, 0x21


def pack(members: Mapping[str, memoryview | bytes]) -> bytes:
    """The canonical zip of *members*, in their order; ``ValueError`` at 4 GiB, which would need another layout."""
    if sum(len(content) + 200 for content in members.values()) > BYTES_MAX:
        raise ValueError("a package is limited to 4 GiB")
    return b"".join(_pieces(members))


def unpack(data: bytes, names: Sequence[str], *, place: str) -> dict[str, memoryview]:
    """The members of *data*, which must be the canonical zip of exactly *names*; ``IntegrityError`` S5004 otherwise."""
    members = _members(memoryview(data), names)
    if members is None or not _same(data, members):
        raise _no_package(place)
    return members


def front(data: bytes, names: Sequence[str], *, place: str) -> dict[str, memoryview]:
    """The first members, *names*, of a package of which *data* is the beginning; ``IntegrityError`` S5004."""
    members = _members(memoryview(data), names)
    if members is None or not data.startswith(b"".join(itertools.islice(_pieces(members), 2 * len(names)))):
        raise _no_package(place)
    return members


def check_length(length: int, lengths: Mapping[str, int], *, place: str) -> None:
    """``IntegrityError`` S5004 unless a package with members of *lengths*, by name, has *length* bytes."""
    parts = sum(_LOCAL.size + _CENTRAL.size + 2 * len(name) + size for name, size in lengths.items())
    if length != parts + _END.size:
        raise _no_package(place)


def _no_package(place: str) -> IntegrityError:
    return IntegrityError("S5004", place=place, reason="not byte for byte what a package is", hint="fetch the file again from its sender")


def _members(data: memoryview, names: Sequence[str]) -> dict[str, memoryview] | None:
    members, position = {}, 0
    for name in names:
        if len(data) < position + _LOCAL.size:
            return None
        size = _LOCAL.unpack_from(data, position)[8]
        start = position + _LOCAL.size + len(name)
        position = start + size
        members[name] = data[start:position]
        if len(members[name]) != size:
            return None
    return members


def _same(data: bytes, members: Mapping[str, memoryview]) -> bool:
    position = 0
    for piece in _pieces(members):
        if data[position : position + len(piece)] != piece:
            return False
        position += len(piece)
    return position == len(data)


def _pieces(members: Mapping[str, memoryview | bytes]) -> Iterator[bytes | memoryview]:
    """Every byte of the canonical zip, in order: local header and content of each member, directory, end record."""
    directory, offset = [], 0
    for name, content in members.items():
        label, check, size = name.encode("ascii"), zlib.crc32(content), len(content)
        yield _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, check, size, size, len(label), 0) + label
        yield content
        entry = _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, 0, 0, 0, _DATE, check, size, size, len(label), 0, 0, 0, 0, 0, offset)
        directory.append(entry + label)
        offset += _LOCAL.size + len(label) + size
    length = sum(len(entry) for entry in directory)
    yield from directory
    yield _END.pack(b"PK\x05\x06", 0, 0, len(directory), len(directory), length, offset, 0)
