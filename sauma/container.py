"""The package's container: a stored zip with exactly one possible byte string for given members.

Any zip tool can open it, but only the canonical bytes are accepted: :func:`unpack` rebuilds every byte that is not a
member's own and compares, because ordinary readers overlook flipped bytes in headers, extra fields, comments and gaps.
Layout: APPNOTE.TXT 6.3.10 sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 (Zip64 end record), 4.3.15
(its locator), 4.3.16 (end record) and 4.5.3 (Zip64 extra field).  No compression, no comment, the date 1980-01-01; all
lengths and offsets in Zip64 fields, also where they would fit: one layout for every size.  ``docs/package.md`` has the
bytes one by one.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sauma.sink import CHUNK_BYTES
from sauma.system import forget
from schemas.errors import IntegrityError

_LOCAL = struct.Struct("<4s5H3I2H")
_LOCAL_EXTRA = struct.Struct("<2H2Q")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_CENTRAL_EXTRA = struct.Struct("<2H3Q")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")
_VERSION, _DATE, _ZIP64 = 45, 0x21, 1
_IN_ZIP64, _IN_ZIP64_SHORT = 0xFFFFFFFF, 0xFFFF
FORGET_BYTES = 32 * CHUNK_BYTES


@dataclass(frozen=True, slots=True)
class Part:
    """What a zip says of one member besides its content: ``name`` (ASCII), ``size`` in bytes, ``crc`` (CRC-32)."""

    name: str
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A container whose every byte was checked: its SHA-256, and each member with its own."""

    sha256: str
    members: Mapping[str, memoryview]
    digests: Mapping[str, str]


def part(name: str, content: bytes | memoryview) -> Part:
    """The part that is *content*."""
    return Part(name, len(content), zlib.crc32(content))


def before(member: Part) -> bytes:
    """The local header, which stands before *member*'s content."""
    name = member.name.encode("ascii")
    extra = _LOCAL_EXTRA.pack(_ZIP64, 16, member.size, member.size)
    sizes = (member.crc, _IN_ZIP64, _IN_ZIP64, len(name), len(extra))
    return _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, *sizes) + name + extra


def after(members: Sequence[Part]) -> bytes:
    """What stands behind the last member's content: central directory, Zip64 end record, its locator, end record."""
    directory, offset = [], 0
    for member in members:
        name = member.name.encode("ascii")
        extra = _CENTRAL_EXTRA.pack(_ZIP64, 24, member.size, member.size, offset)
        sizes = (member.crc, _IN_ZIP64, _IN_ZIP64, len(name), len(extra), 0, 0, 0, 0, _IN_ZIP64)
        directory.append(_CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, 0, 0, 0, _DATE, *sizes) + name + extra)
        offset += len(before(member)) + member.size
    listed, count = b"".join(directory), len(members)
    end = _END64.pack(b"PK\x06\x06", _END64.size - 12, _VERSION, _VERSION, 0, 0, count, count, len(listed), offset)
    locator = _LOCATOR.pack(b"PK\x06\x07", 0, offset + len(listed), 1)
    short = (0, 0, _IN_ZIP64_SHORT, _IN_ZIP64_SHORT, _IN_ZIP64, _IN_ZIP64, 0)
    return listed + end + locator + _END.pack(b"PK\x05\x06", *short)


def pack(members: Mapping[str, bytes | memoryview]) -> bytes:
    """The canonical zip of *members*, in their order."""
    parts = [part(name, content) for name, content in members.items()]
    pieces = [piece for each, content in zip(parts, members.values(), strict=True) for piece in (before(each), content)]
    return b"".join([*pieces, after(parts)])


def length(sizes: Mapping[str, int]) -> int:
    """The bytes of a container with members of *sizes*, by name."""
    parts = [Part(name, size, 0) for name, size in sizes.items()]
    return sum(len(before(each)) + each.size for each in parts) + len(after(parts))


def front(data: memoryview, names: Sequence[str], *, sizes_max: Sequence[int], place: str) -> dict[str, bytes]:
    """The first members, *names*, of a package that begins like *data*, none of more than *sizes_max* bytes.

    Reads no more of *data* than they have.  ``IntegrityError`` S5004 if it does not begin as a package does.
    """
    found, position = {}, 0
    for name, size_max in zip(names, sizes_max, strict=True):
        content = _member(data, position, name)
        if content is None or len(content) > size_max:
            raise no_package(place)
        header = before(part(name, content))
        if data[position : position + len(header)] != header:
            raise no_package(place)
        position += len(header) + len(content)
        found[name] = bytes(content)
    return found


def unpack(data: bytes | memoryview, names: Sequence[str], *, place: str) -> Unpacked:
    """The members of *data*, which must be the canonical zip of exactly *names*; ``IntegrityError`` S5004 otherwise.

    Each byte is read once and none is kept: a mapped file is not held in memory.
    """
    view, position = memoryview(data), 0
    whole, parts, members, digests = hashlib.sha256(), [], {}, {}
    for name in names:
        content = _member(view, position, name)
        if content is None:
            raise no_package(place)
        start = position + len(before(Part(name, 0, 0)))
        whole.update(view[position:start])
        digest, crc = hashlib.sha256(), 0
        for chunk in _chunks(content):
            whole.update(chunk)
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
        parts.append(Part(name, len(content), crc))
        if view[position:start] != before(parts[-1]):
            raise no_package(place)
        members[name], digests[name] = content, digest.hexdigest()
        position = start + len(content)
    if view[position:] != after(parts):
        raise no_package(place)
    whole.update(view[position:])
    return Unpacked(whole.hexdigest(), members, digests)


def _chunks(content: memoryview) -> Iterator[memoryview]:
    """*content* in pieces; the pages of a mapped file are let go behind us."""
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]
        if isinstance(content.obj, mmap.mmap) and start % FORGET_BYTES == 0:
            forget(content.obj)


def sha256(content: bytes | memoryview) -> str:
    """The digest of *content*, which may be a mapped file larger than memory."""
    digest = hashlib.sha256()
    for chunk in _chunks(memoryview(content)):
        digest.update(chunk)
    return digest.hexdigest()


def no_package(place: str) -> IntegrityError:
    """The refusal of *place*."""
    return IntegrityError("S5004", place=place, reason="not byte for byte what a package is", hint="fetch the file again from its sender")


def _member(data: memoryview, position: int, name: str) -> memoryview | None:
    """The content of the member whose local header begins at *position*, by the size that its header says."""
    start = position + _LOCAL.size + len(name) + _LOCAL_EXTRA.size
    if len(data) < start:
        return None
    size = _LOCAL_EXTRA.unpack_from(data, start - _LOCAL_EXTRA.size)[2]
    return data[start : start + size] if size <= len(data) - start else None
