"""The form of a delimited text file: its encoding, its delimiter and its header, each checked before a row is read.

Nothing is repaired and nothing guessed silently: UTF-8 is tried strictly, another encoding must be declared, and a file
that was damaged on its way (mojibake, NUL bytes, a lost header) is refused with what is wrong.  A message never quotes
the file, not even its header: in a file without one, the first line is somebody's data.
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Sequence

from schemas.errors import Fault, InputError

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
ENCODINGS = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "cp1252": "cp1252", "iso8859-1": "iso8859-1", "iso8859-15": "iso8859-15"}
"""Declarable encodings by Python's own name for them."""
HEADER_BYTES_MAX = 64 * 1024
FAULTS_MAX = 100
_DAMAGED = sorted({letter.encode().decode(wrong) for letter in "äöåÄÖÅéüšž" for wrong in ("cp1252", "latin-1")})
"""What common letters look like when their UTF-8 bytes were read as Windows-1252 or Latin-1."""
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]")


def decode(data: bytes, declared: str | None, *, place: str) -> tuple[bytes, str]:
    """*data* as UTF-8 bytes without a byte order mark, and its encoding; ``InputError`` S3006 or S3007."""
    _refuse_other_formats(data, place=place)
    encoding = _declared(declared, place=place)
    text, row = data, None
    if encoding == "utf-8":
        text = data.removeprefix(codecs.BOM_UTF8)
        row = _first_bad_row(text)
        if row is not None:
            hint = 'save it as CSV UTF-8, or declare its encoding in sauma.toml, for example encoding = "cp1252"'
            raise _encoding(place, "not UTF-8", hint, row)
    else:
        try:
            text = data.decode(encoding).encode()
        except UnicodeDecodeError as problem:
            row = data.count(b"\n", 0, problem.start)
        if row is not None:
            raise _encoding(place, f"not the declared {encoding}", "save it as CSV UTF-8", row)
    _refuse_damage(text, place=place)
    return text, encoding


def _declared(declared: str | None, *, place: str) -> str:
    name = ""
    try:
        name = ENCODINGS.get(codecs.lookup(declared or "utf-8").name, "")
    except LookupError:
        name = ""
    if not name:
        raise _encoding(place, "the declared encoding is not one that is read", f"one of {', '.join(ENCODINGS)}")
    return name


def _refuse_other_formats(data: bytes, *, place: str) -> None:
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError("S3007", place=place, reason="the file is empty", hint="make the extract again")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _looks_utf16(data[:400]):
        raise _encoding(place, "UTF-16", "save it as CSV UTF-8 (in Excel: 'CSV UTF-8', not 'Unicode text')")
    if data.startswith((b"PK\x03\x04", b"PAR1", b"PARE", b"\xd0\xcf\x11\xe0")):
        raise InputError("S3007", place=place, reason="a spreadsheet or Parquet file, not CSV", hint="save it as CSV UTF-8")
    position = data.find(b"\0")
    if position >= 0:
        raise _encoding(place, "holds NUL bytes", "the file was damaged: make the extract again", data.count(b"\n", 0, position))


def _looks_utf16(head: bytes) -> bool:
    odd, even = head[1::2].count(0), head[0::2].count(0)
    return max(odd, even) * 4 > len(head) and min(odd, even) == 0


def _first_bad_row(data: bytes) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    step = 1 << 24
    for start in range(0, len(data) + 1, step):
        try:
            decoder.decode(data[start : start + step], final=start + step > len(data))
        except UnicodeDecodeError as problem:
            return data.count(b"\n", 0, start + problem.start)
    return None


def _refuse_damage(text: bytes, *, place: str) -> None:
    for damaged in _DAMAGED:
        position = text.find(damaged.encode())
        if position >= 0:
            hint = "an earlier program read UTF-8 as Windows-1252: make the extract again, or correct the declared encoding"
            raise _encoding(place, "letters are damaged (mojibake)", hint, text.count(b"\n", 0, position))
    lost, control = text.find("\ufffd".encode()), _CONTROL.search(text)
    hint = "make the extract again, or correct the declared encoding"
    if lost >= 0:
        raise _encoding(place, "holds replacement characters: letters were lost", hint, text.count(b"\n", 0, lost))
    if control:
        raise _encoding(place, "holds control characters", hint, text.count(b"\n", 0, control.start()))


def _encoding(place: str, reason: str, hint: str, row: int | None = None) -> InputError:
    faults = (Fault(reason, row=row),) if row is not None else ()
    return InputError("S3006", place=place, reason=reason, hint=hint, faults=faults)


def read_header(text: bytes, names: Sequence[str], delimiter: str | None, *, place: str) -> tuple[str, tuple[str, ...]]:
    """The delimiter of *text* and its column names in order, which must be exactly *names*; ``InputError`` S3007 or S3008."""
    if text.count(b"\r") != text.count(b"\r\n"):
        raise InputError("S3007", place=place, reason="line ends are mixed or old Mac", hint="save it with ordinary line ends")
    end = text.find(b"\n")
    line = text[: min(end if end >= 0 else len(text), HEADER_BYTES_MAX)].decode("utf-8", "replace").rstrip("\r")
    splits = {candidate: _names(line, candidate) for candidate in DELIMITERS}
    best = max(splits, key=lambda candidate: len(set(splits[candidate]) & set(names)))
    chosen = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter) or best
    found = splits.get(chosen) or (_names(line, chosen) if len(chosen) == 1 else ())
    if not set(found) & set(names):
        raise _wrong_header(place, delimiter, best if set(splits[best]) & set(names) else "")
    _check_names(found, names, place=place)
    return chosen, found


def _names(line: str, delimiter: str) -> tuple[str, ...]:
    row = next(csv.reader([line], delimiter=delimiter), [])
    return tuple(unicodedata.normalize("NFC", name).strip() for name in row)


def _wrong_header(place: str, declared: str | None, fitting: str) -> InputError:
    if declared and fitting:
        reason = f"wrong delimiter: the declared one does not divide the header, {DELIMITERS[fitting]} does"
        return InputError("S3007", place=place, reason=reason, hint="correct or remove 'delimiter' in sauma.toml")
    known = ", ".join(DELIMITERS.values())
    reason = f"the first line is not the declared header, whichever delimiter ({known}) is tried"
    return InputError("S3007", place=place, reason=reason, hint="check the delimiter, and that the first line holds the column names")


def _check_names(found: tuple[str, ...], names: Sequence[str], *, place: str) -> None:
    first: dict[str, int] = {}
    repeated = [position + 1 for position, name in enumerate(found) if first.setdefault(name, position) != position]
    if repeated:
        faults = tuple(Fault("repeats an earlier column name", column=f"number {position}") for position in repeated[:FAULTS_MAX])
        raise InputError("S3007", place=place, reason="duplicate header", hint="give each column its own name", faults=faults)
    there, declared = set(found), set(names)
    missing = [name for name in names if name not in there]
    extra = [position + 1 for position, name in enumerate(found) if name not in declared]
    faults = tuple(Fault("is declared but missing", column=name) for name in missing)
    faults += tuple(Fault("is not declared in the agreement", column=f"number {position}") for position in extra[:FAULTS_MAX])
    if faults:
        reason = f"{len(missing)} declared columns are missing, {len(extra)} columns are not declared"
        hint = "export exactly the agreed columns; names are compared letter by letter"
        raise InputError("S3008", place=place, reason=reason, hint=hint, faults=faults)
