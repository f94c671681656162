"""Reading a published release: every digest is checked before a figure is believed.

``release.json`` names the digest of every other file; the ledger names the digest of ``release.json``.  Where a ledger
is at hand the release must be in it.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sauma.files import read_bytes, shown
from schemas import canonical
from schemas.contract import parse
from schemas.errors import InputError, IntegrityError
from schemas.release import CSV_TAIL, Release, ReleasedTable, Status
from schemas.request import Table

MAX_BYTES = 64 * 1024 * 1024
MAX_RELEASES = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """One published cell.  ``value`` is None unless ``status`` is ``published``; the bounds are None where exact."""

    value: int | None
    lower: int | None
    upper: int | None
    status: Status


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table as asked for, how it was protected, and its cells by code along each dimension."""

    table: Table
    protection: ReleasedTable
    figures: Mapping[tuple[str, ...], Figure]


@dataclass(frozen=True, slots=True)
class PublishedRelease:
    """One release directory; ``digest`` is that of ``release.json``."""

    release: Release
    digest: str
    tables: tuple[PublishedTable, ...]


def find_releases(folders: list[Path]) -> list[Path]:
    """The release directories among *folders* and beneath them, sorted; ``InputError`` S3401 if there are none."""
    found = sorted({file.parent for folder in folders for file in folder.rglob("release.json") if "/." not in file.as_posix()})
    if not found:
        raise InputError(
            "S3401", place=shown(folders[0]), reason="holds no published release", hint="give a folder that 'sauma publish' wrote to"
        )
    if len(found) > MAX_RELEASES:
        raise InputError("S3401", place=shown(folders[0]), reason=f"holds more than {MAX_RELEASES} releases", hint="give fewer folders")
    return found


def read_release(folder: Path) -> PublishedRelease:
    """The release in *folder*; ``IntegrityError`` S5180 naming the file whose bytes are not what ``release.json`` says."""
    data = read_bytes(folder / "release.json", limit=MAX_BYTES)
    place = shown(folder / "release.json")
    release = parse(Release, canonical.loads(data, place=place), place=place, error=IntegrityError, code="S5180")
    files = {file.name: _verified(folder, file.name, file.sha256) for file in release.files}
    tables = tuple(_table(folder, release, protection, files) for protection in release.tables)
    return PublishedRelease(release, hashlib.sha256(data).hexdigest(), tables)


def _verified(folder: Path, name: str, sha256: str) -> bytes:
    path = folder / name
    data = read_bytes(path, limit=MAX_BYTES) if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise IntegrityError(
            "S5180", place=shown(path), reason="is not the file that was approved", hint="fetch the release again from the analyst"
        )
    return data


def _table(folder: Path, release: Release, protection: ReleasedTable, files: Mapping[str, bytes]) -> PublishedTable:
    name = f"{protection.id}.csv"
    asked = next((table for table in release.request.table if table.id == protection.id), None)
    figures = _figures(asked, files[name]) if asked is not None and name in files else None
    if asked is None or figures is None:
        raise IntegrityError(
            "S5180", place=shown(folder / name), reason="is not a table of this release", hint="fetch the release again from the analyst"
        )
    return PublishedTable(asked, protection, figures)


def _figures(table: Table, data: bytes) -> dict[tuple[str, ...], Figure] | None:
    """The cells of a table's CSV; None if its header or a row does not fit the table."""
    names = tuple(dimension.name for dimension in table.dimensions)
    rows = csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline=""))
    if tuple(next(rows, ())) != (*names, *CSV_TAIL):
        return None
    figures = {}
    for row in rows:
        figure = _figure(row[len(names) + 1 :]) if len(row) == len(names) + len(CSV_TAIL) else None
        if figure is None:
            return None
        figures[tuple(row[: len(names)])] = figure
    return figures


def _figure(cells: list[str]) -> Figure | None:
    value, lower, upper = (_number(text) for text in cells[:3])
    match cells[3]:
        case "published" if value is not None:
            return Figure(value, lower, upper, "published")
        case "suppressed" | "not_collected" as status if value is None:
            return Figure(None, None, None, status)
    return None


def _number(text: str) -> int | None:
    return int(text) if text.removeprefix("-").isdecimal() and text.isascii() else None
