"""The bytes of a text file as blocks of whole lines in clean UTF-8: every block checked before anybody parses it.

Nothing is repaired and nothing guessed silently: UTF-8 is tried strictly, another encoding must be declared, and a file
that was damaged on its way (mojibake, NUL bytes, lost letters) is refused with what is wrong.  A message never quotes
the file.  Memory does not grow with the file: a block is held, and a line of at most ``LINE_BYTES_MAX``.
"""

from __future__ import annotations

import codecs
from typing import IO

from sauma.readers import kinds, letters
from schemas.errors import Fault, InputError

ENCODINGS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "cp1252": "cp1252", "iso8859-1": "iso8859-1", "iso8859-15": "iso8859-15"}
"""Declarable encodings by Python's own name for them."""
LINE_BYTES_MAX = 1024 * 1024
BLOCK_BYTES = 8 * 1024 * 1024
TAIL_BYTES = 8
_LINE_ENDS = "line ends are mixed or old Mac"
SAY_ENCODING = (
    "save it as CSV UTF-8, or say its encoding, as cp1252 (Windows): --encoding cp1252 with 'sauma rehearse' and 'sauma register draft', "
    'else encoding = "cp1252" for the register in sauma.toml'
)


class Lines:
    """A file object for Arrow: each :meth:`read` gives whole lines, and nothing once a ``fault`` was found.

    Arrow calls it from a thread of its own, so what is wrong is kept in ``fault`` for the caller to raise.
    """

    def __init__(self, stream: IO[bytes], size: int, declared: str | None, *, place: str) -> None:
        self.fault: InputError | None = None
        self.closed = False
        self._stream, self._left, self._place = stream, size, place
        self._carry, self._ready, self._tail, self._row, self._ended = b"", b"", b"", 0, False
        self.encoding = _encoding_of(declared)
        if not self.encoding:
            self._refuse("the declared encoding is not one that is read", f"one of {', '.join(ENCODINGS)}")

    def read(self, _size: int = -1) -> bytes:
        """The next lines as UTF-8, at most ``BLOCK_BYTES + LINE_BYTES_MAX`` before decoding; empty at the end or at a fault."""
        if self._ready:
            ready, self._ready = self._ready, b""
            return ready
        if self.fault is not None or self._ended:
            return b""
        raw = self._raw()
        text = self._decoded(raw) if raw and self.fault is None else b""
        if self.fault is not None:
            return b""
        self._row += raw.count(b"\n")
        if self._ended and text and not text.endswith(b"\n"):
            text += b"\n"
        self._tail = text[-TAIL_BYTES:]
        return text

    def ends_in_a_cell(self, last: str | None) -> bool:
        """Whether the text, read to its end, ends within a quoted cell, *last* being what the parser took for its last cell.

        Such a cell takes in the line end that ends the text; one that ends with a line end of its own has its quote behind it.
        """
        return (last or "").endswith("\n") and not self._tail.replace(b"\r", b"").endswith(b'\n"\n')

    def unread(self, text: bytes) -> None:
        """Give *text*, the rest of a block, once more at the next :meth:`read`."""
        self._ready = text

    def close(self) -> None:
        """Nothing more is read (the stream belongs to whoever opened it)."""
        self.closed = True

    def readable(self) -> bool:
        """Always."""
        return True

    def writable(self) -> bool:
        """Never."""
        return False

    def seekable(self) -> bool:
        """Never."""
        return False

    def _raw(self) -> bytes:
        """Whole lines as they are in the file; the last may lack its end."""
        first = self._row == 0 and not self._carry
        data, self._carry = self._carry + self._chunk(), b""
        if first:
            self._refuse_other_formats(data)
            data = data.removeprefix(codecs.BOM_UTF8) if self.encoding == "utf-8" else data
        while not self._ended and b"\n" not in data and len(data) <= LINE_BYTES_MAX:
            data += self._chunk()
        if not self._ended:
            cut = data.rfind(b"\n") + 1
            data, self._carry = data[:cut], data[cut:]
        self._refuse_long_line(data)
        if self.fault is None and len(self._carry) > LINE_BYTES_MAX:
            self._refuse_line(data.count(b"\n"), old=b"\r" in self._carry)
        return data

    def _chunk(self) -> bytes:
        chunk = None
        try:
            chunk = self._stream.read(BLOCK_BYTES) or b""
        except OSError:
            chunk = None
        self._left -= len(chunk or b"")
        self._ended = not chunk or self._left == 0
        if chunk is None or self._left < 0 or (not chunk and self._left):
            reason = "cannot be read" if chunk is None else "changed while it was read"
            self.fault = InputError("S3003", place=self._place, reason=reason, hint="check the path, and who may read it")
        return chunk or b""

    def _refuse_long_line(self, data: bytes) -> None:
        position = 0
        while position + LINE_BYTES_MAX < len(data):
            end = data.rfind(b"\n", position, position + LINE_BYTES_MAX + 1)
            if end < 0:
                self._refuse_line(data.count(b"\n", 0, position), old=b"\r" in data[position : position + LINE_BYTES_MAX])
                return
            position = end + 1

    def _refuse_line(self, lines: int, *, old: bool) -> None:
        if old:
            self._refuse_rows(_LINE_ENDS, "save it with ordinary line ends")
            return
        said = f"line {self._row + lines + 1} is longer than {LINE_BYTES_MAX} bytes"
        self._refuse_rows(said, "look for an unclosed quote or a lost line end")

    def _refuse_other_formats(self, data: bytes) -> None:
        if not data.removeprefix(codecs.BOM_UTF8).strip():
            self._refuse_rows("the file is empty", "make the extract again")
        elif found := kinds.other(data[: kinds.HEAD_BYTES]):
            self._refuse_rows(f"{found.what}, not CSV", found.hint)
        elif data.removeprefix(codecs.BOM_UTF8)[:4].lower() == b"sep=":
            self._refuse_rows("the first line (sep=...) speaks to Excel: it is not the column names", "take that line away")
        elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _looks_utf16(data[:400]):
            self._refuse("UTF-16", "save it as CSV UTF-8 (in Excel: 'CSV UTF-8', not 'Unicode text')")

    def _decoded(self, raw: bytes) -> bytes:
        """*raw* as UTF-8, every check passed; else ``fault`` is set."""
        position = raw.find(b"\0")
        if position >= 0:
            self._refuse("holds NUL bytes", "the file was damaged: make the extract again", raw, position)
            return b""
        text, bad = "", -1
        try:
            text = raw.decode(self.encoding)
        except UnicodeDecodeError as problem:
            bad = problem.start
        if bad >= 0:
            named = "not UTF-8" if self.encoding == "utf-8" else f"not the declared {self.encoding}"
            hint = SAY_ENCODING
            self._refuse(named, hint if self.encoding == "utf-8" else "save it as CSV UTF-8", raw, bad)
            return b""
        data = raw if self.encoding == "utf-8" else text.encode()
        if found := letters.damage(text, data):
            self._refuse(found.reason, found.hint, data, found.position)
        if self.fault is None and raw.count(b"\r") != raw.count(b"\r\n"):
            self._refuse_rows(_LINE_ENDS, "save it with ordinary line ends")
        return data

    def _refuse(self, reason: str, hint: str, data: bytes = b"", position: int = -1) -> None:
        if self.fault is None:
            faults = (Fault(reason, row=self._row + data.count(b"\n", 0, position)),) if position >= 0 else ()
            self.fault = InputError("S3006", place=self._place, reason=reason, hint=hint, faults=faults)

    def _refuse_rows(self, reason: str, hint: str) -> None:
        if self.fault is None:
            self.fault = InputError("S3007", place=self._place, reason=reason, hint=hint)


def _encoding_of(declared: str | None) -> str:
    try:
        return ENCODINGS.get(codecs.lookup(declared or "utf-8").name, "")
    except (LookupError, ValueError):  # ValueError: a name with a NUL
        return ""


def _looks_utf16(head: bytes) -> bool:
    odd, even = head[1::2].count(0), head[0::2].count(0)
    return max(odd, even) * 4 > len(head) and min(odd, even) == 0
