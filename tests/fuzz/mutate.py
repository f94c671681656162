"""Structure-aware mutation: a valid seed, damaged in the ways that files are damaged and attackers damage them."""

from __future__ import annotations

import random
import re
import struct

INTERESTING = (
    b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\xef\xbb\xbf", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", "\u2028".encode(),
    "\ufffd".encode(), "Ã¤".encode(), "\u0345\u1e9e".encode(), b'"', b'""', b"'", b"\\", b"\\u0000", b"\r", b"\n", b"\r\n", b"\t", b";", b",", b"|",
    b"{", b"}", b"[", b"]", b"(", b")", b"<", b">", b"&lt;", b"<!DOCTYPE a>", b"=", b"#", b"..", b"../", b"/", b"\\\\?\\", b"%s", b"${x}", b"-", b"+",
    b"-0", b"1e999", b"1E400", b"9" * 30, b"9" * 5000, b"0x10", b"1_000", b"NaN", b"Infinity", b"null", b"true", b"9999-12-31", b"0000-00-00",
    b"2024-02-30", b"[[register]]", b"PAR1", b"PK\x03\x04", b"\xff\xfe", b"A" * 70_000, b"[" * 2_000, b"(" * 2_000, b"a." * 500,
)  # fmt: skip
TOKEN = re.compile(rb"[A-Za-z_]+|[0-9]+|\"[^\"\n]{0,200}\"|[^A-Za-z0-9_\s]")
SIZE_MAX = 300_000
WINDOW = 2_000
"""Words are looked for in so many bytes around a random place."""


def mutated(data: bytes, others: list[bytes], draw: random.Random) -> bytes:
    """*data* after one to four changes; *others* are seeds to cross with."""
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
        data = draw.choice(CHANGES)(data, others, draw)
    return data[:SIZE_MAX]


def _at(data: bytes, draw: random.Random) -> int:
    return draw.randrange(len(data) + 1)


def _flip(data: bytes, _: list[bytes], draw: random.Random) -> bytes:
    if not data:
        return b"\0"
    place = draw.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << draw.randrange(8))]) + data[place + 1 :]


def _insert(data: bytes, _: list[bytes], draw: random.Random) -> bytes:
    place = _at(data, draw)
    return data[:place] + draw.choice(INTERESTING) + data[place:]


def _overwrite(data: bytes, _: list[bytes], draw: random.Random) -> bytes:
    place, piece = _at(data, draw), draw.choice(INTERESTING)[:8]
    return data[:place] + piece + data[place + len(piece) :]


def _number(data: bytes, _: list[bytes], draw: random.Random) -> bytes:
    """A length or offset of a binary format, made absurd."""
    place, kind = _at(data, draw), draw.choice(("<H", "<I", "<Q", ">I"))
    piece = struct.pack(kind, draw.choice((0, 1, 2**15, 2**16 - 1)) if kind == "<H" else draw.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1)))
    return data[:place] + piece + data[place + len(piece) :]


def _cut(data: bytes, _: list[bytes], draw: random.Random) -> bytes:
    start = _at(data, draw)
    return data[:start] + data[start + draw.choice((1, 2, 8, 64, len(data))) :]


def _repeat(data: bytes, _: list[bytes], draw: random.Random) -> bytes:
    start = _at(data, draw)
    piece = data[start : start + draw.choice((1, 8, 60, 400))]
    return data[:start] + piece * draw.choice((2, 2, 3, 50)) + data[start:]


def _token(data: bytes, others: list[bytes], draw: random.Random) -> bytes:
    """A word, number or sign replaced by another of the seeds, or by something of interest."""
    found = list(TOKEN.finditer(data, start := max(0, _at(data, draw) - WINDOW // 2), start + WINDOW))
    if not found:
        return _insert(data, others, draw)
    place, other = draw.choice(found), draw.choice(others)
    words = TOKEN.findall(other, start := max(0, _at(other, draw) - WINDOW // 2), start + WINDOW)
    piece = draw.choice(words) if words and draw.random() < 0.6 else draw.choice(INTERESTING)
    return data[: place.start()] + piece + data[place.end() :]


def _line(data: bytes, others: list[bytes], draw: random.Random) -> bytes:
    """A line left out, doubled, moved, or taken from another seed."""
    lines = data.splitlines(keepends=True) or [b""]
    place = draw.randrange(len(lines))
    match draw.randrange(4):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, lines[place])
        case 2:
            lines.insert(draw.randrange(len(lines)), lines.pop(place))
        case _:
            lines.insert(place, draw.choice(draw.choice(others).splitlines(keepends=True) or [b""]))
    return b"".join(lines)


def _cross(data: bytes, others: list[bytes], draw: random.Random) -> bytes:
    other = draw.choice(others)
    return data[: _at(data, draw)] + other[_at(other, draw) :]


CHANGES = (_flip, _flip, _insert, _overwrite, _number, _cut, _repeat, _token, _token, _line, _cross)
