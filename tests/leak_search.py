"""Looks for given texts in bytes, in every dress that a leak has worn so far.

A needle is a text in one dress: as it is, folded, reversed, as hex, base64 at each of three offsets, URL-encoded, in
UTF-8, UTF-16 or cp1252, or under a hash without a key.  Hashes count by their first eight bytes, in either byte order,
because a token may be a shortened hash.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import unicodedata
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

WINDOW = 8
"""Needles shorter than this would be found by chance."""
SIEVE_BITS = 20
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1252")


def folded(text: str) -> str:
    """Lower case, without accents."""
    return "".join(letter for letter in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(letter))


def spellings(text: str) -> set[str]:
    """*text* as a careless program may write it: cases, folded, decomposed, without signs, escaped, backwards."""
    plain = {text, text.lower(), text.upper(), text.title(), folded(text), unicodedata.normalize("NFD", text)}
    plain |= {re.sub(r"[\W_]", "", form) for form in plain}
    return plain | {form[::-1] for form in plain}


def dresses(text: str) -> Iterator[tuple[str, bytes]]:
    """Every needle for *text*, with the name of its dress."""
    for form in spellings(text):
        for encoding in ENCODINGS:
            raw = form.encode(encoding, "ignore")
            yield encoding, raw
            yield f"{encoding} in hex", raw.hex().encode()
            for offset in range(3):
                yield f"{encoding} in base64 at offset {offset}", _base64_inside(raw, offset)
            for algorithm in ("sha256", "sha1", "md5"):
                yield from _hashed(algorithm, raw)
        yield "escaped for JSON", json.dumps(form).strip('"').encode()
        yield "escaped by Python", form.encode("ascii", "backslashreplace")
        yield "URL-encoded", urllib.parse.quote(form).encode()


def _base64_inside(raw: bytes, offset: int) -> bytes:
    """The base64 letters that only *raw* decides when it starts at *offset* (mod 3) of what is encoded."""
    letters = base64.b64encode(bytes(offset) + raw)
    first = -(-offset * 8 // 6)
    return letters[first : (offset + len(raw)) * 8 // 6]


def _hashed(algorithm: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    digest = hashlib.new(algorithm, raw, usedforsecurity=False).digest()
    start = digest[:WINDOW]
    yield algorithm, start
    yield f"{algorithm}, little-endian", start[::-1]
    yield f"{algorithm} in hex", start.hex().encode()
    yield f"{algorithm} in base64", base64.b64encode(digest)[:10]
    yield f"{algorithm} as an integer", str(int.from_bytes(start, "big", signed=True)).lstrip("-").encode()


def _sieved(windows: np.ndarray) -> np.ndarray:
    """A few mixed bits of each eight-byte window: most windows of a file fall through the sieve here."""
    return (windows * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - SIEVE_BITS)


class Search:
    """A set of texts to look for; :meth:`found_in` says which are in some bytes."""

    def __init__(self, texts: list[str]) -> None:
        needles: dict[bytes, tuple[str, str]] = {}
        for text in texts:
            for dress, needle in dresses(text):
                if len(needle) >= WINDOW:
                    needles.setdefault(needle, (text, dress))
                    needles.setdefault(needle.lower(), (text, dress))
        self.needles = needles
        self._by_start: dict[int, list[bytes]] = {}
        for needle in needles:
            self._by_start.setdefault(int(np.frombuffer(needle[:WINDOW], dtype="<u8")[0]), []).append(needle)
        self._sieve = np.zeros(1 << SIEVE_BITS, dtype=np.bool_)
        self._sieve[_sieved(np.array(list(self._by_start), dtype="<u8"))] = True

    def found_in(self, data: bytes) -> set[tuple[str, str]]:
        """The texts in *data*, or in its lower-case form, each with the dress it wore."""
        return self._scan(data) | self._scan(data.lower())

    def _scan(self, data: bytes) -> set[tuple[str, str]]:
        found = set()
        for shift in range(min(WINDOW, max(0, len(data) - WINDOW + 1))):
            windows = np.frombuffer(data, dtype="<u8", offset=shift, count=(len(data) - shift) // WINDOW)
            for hit in np.flatnonzero(self._sieve[_sieved(windows)]).tolist():
                for needle in self._by_start.get(int(windows[hit]), ()):
                    if data.startswith(needle, shift + hit * WINDOW):
                        found.add(self.needles[needle])
        return found

    def found_under(self, folder: Path, excluded: tuple[Path, ...] = ()) -> set[tuple[str, str, str]]:
        """(file, text, dress) for every file under *folder*, its name included, that is not in *excluded*."""
        found = set()
        for path in sorted(folder.rglob("*")):
            if any(path.is_relative_to(other) for other in excluded):
                continue
            name = path.relative_to(folder).as_posix()
            contents = [name.encode(), path.read_bytes()] if path.is_file() else [name.encode()]
            found |= {
                (name, text, dress)
                for data, (text, dress) in itertools.chain(*([(data, hit) for hit in self.found_in(data)] for data in contents))
            }
        return found
