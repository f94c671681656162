"""The header of a delimited text: which delimiter divides it, and whether it names exactly the declared columns.

A message never quotes the header: in a file without one, the first line is somebody's data.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Sequence

from schemas.errors import Fault, InputError

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
HEADER_BYTES_MAX = 64 * 1024
FAULTS_MAX = 100


def divided(line: str, names: Sequence[str], delimiter: str | None, *, place: str) -> tuple[str, tuple[str, ...]]:
    """The delimiter of the header *line* and its column names in order, which must be exactly *names*; S3007 or S3008."""
    line = line[:HEADER_BYTES_MAX].rstrip("\r")
    splits = {candidate: cells(line, candidate) for candidate in DELIMITERS}
    best = max(splits, key=lambda candidate: len(set(splits[candidate]) & set(names)))
    chosen = divider(delimiter) if delimiter else best
    found = cells(line, chosen) if chosen else ()
    if not set(found) & set(names):
        raise _wrong_header(place, delimiter, best if set(splits[best]) & set(names) else "")
    check_names(found, names, place=place)
    return chosen, found


def check_names(found: Sequence[str], names: Sequence[str], *, place: str) -> None:
    """``InputError`` S3007 if a column name repeats, S3008 unless *found* are exactly the declared *names*."""
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


def divider(declared: str) -> str:
    """The sign that *declared* stands for (the tab may be spelled out); empty if no header can be divided by it."""
    sign = {"tab": "\t", "\\t": "\t"}.get(declared, declared)
    return sign if sign in DELIMITERS or _may_divide(sign) else ""


def _may_divide(sign: str) -> bool:
    return len(sign) == 1 and sign.isascii() and sign.isprintable() and sign != '"' and not sign.isalnum()


def cells(line: str, delimiter: str) -> tuple[str, ...]:
    """The cells of the header *line*, without the space around them."""
    row = next(csv.reader([line], delimiter=delimiter), [])
    return tuple(unicodedata.normalize("NFC", name).strip() for name in row)


def _wrong_header(place: str, declared: str | None, fitting: str) -> InputError:
    if declared and fitting:
        reason = f"wrong delimiter: the declared one does not divide the header, {DELIMITERS[fitting]} does"
        return InputError("S3007", place=place, reason=reason, hint="correct or remove 'delimiter' in sauma.toml")
    known = ", ".join(DELIMITERS.values())
    reason = f"the first line is not the declared header, whichever delimiter ({known}) is tried"
    return InputError("S3007", place=place, reason=reason, hint="check the delimiter, and that the first line holds the column names")
