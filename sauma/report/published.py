"""Finding and reading published releases: every byte is accounted for before a figure is believed.

``release.sha256`` vouches for ``release.json``, which names the digest of every other file; the ledger names the digest
of ``release.json``.  Where a ledger is at hand the release must be in it (``sauma report``, ``audit`` and ``ledger verify`` see to that).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from privacy.protect.derived import derived
from sauma.files import shown
from sauma.proposals import OpenProposal, read_proposal
from schemas.errors import InputError, IntegrityError
from schemas.measures import COUNT, Denominator
from schemas.release import RelationCell, ReleasedTable, Status
from schemas.request import Table

MAX_RELEASES = 1000


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure as it stands in the file: None where there is none to read, and then ``status`` says why."""

    value: Fraction | None
    interval: tuple[Fraction, Fraction] | None = None
    status: Status = "published"


Readings = Mapping[tuple[str, ...], Reading]


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table as asked for, how it was protected, and its figures: by measure, then by code along each dimension.

    ``count`` comes first.  A combination of codes without a figure was not collected.
    """

    table: Table
    protection: ReleasedTable
    readings: Mapping[str, Readings]

    @property
    def counts(self) -> Readings:
        """The counts."""
        return self.readings[COUNT]


def find_releases(folders: list[Path]) -> list[Path]:
    """The release directories among *folders* and beneath them, sorted; ``InputError`` S3401 if there are none."""
    found = sorted({file.parent for folder in folders for file in folder.rglob("release.json") if not _staged(file, folder)})
    if not 1 <= len(found) <= MAX_RELEASES:
        reason = "holds no published release" if not found else f"holds more than {MAX_RELEASES} releases"
        raise InputError("S3401", place=shown(folders[0]), reason=reason, hint="give a folder that 'sauma publish' wrote to")
    return found


def _staged(file: Path, folder: Path) -> bool:
    """Whether *file* lies in a folder that a crash left half made: those have names that start with a dot."""
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def read_releases(folders: list[Path]) -> list[OpenProposal]:
    """Every release in *folders*; ``IntegrityError`` S5170 or S5001 naming a file that is not what was approved."""
    return [read_proposal(folder) for folder in find_releases(folders)]


def check_told(releases: Sequence[OpenProposal], told: Iterable[str]) -> None:
    """``IntegrityError`` S5180 if one of *releases* is not among those *told*: the digests of the ledger's publications."""
    known = set(told)
    if any(release.digest not in known for release in releases):
        raise IntegrityError(
            "S5180",
            place="release.json",
            reason="a release is not among the publications in the ledger",
            hint="report published releases only, and with the newest copy of the ledger",
        )


def tables_of(release: OpenProposal) -> tuple[PublishedTable, ...]:
    """The tables of *release*, ready to be shown."""
    asked = {table.id: table for table in release.release.request.table}
    public = release.release.request.denominator
    return tuple(
        PublishedTable(asked[protection.id], protection, _readings(asked[protection.id], public, release.tables[protection.id]))
        for protection in release.release.tables
    )


def _readings(table: Table, public: Sequence[Denominator], cells: tuple[RelationCell, ...]) -> Mapping[str, Readings]:
    found: dict[str, dict[tuple[str, ...], Reading]] = {name: {} for name in (COUNT, *(measure.id for measure in table.measures))}
    for cell in cells:
        ends = None if cell.lower is None or cell.upper is None else (Fraction(cell.lower), Fraction(cell.upper))
        told = Reading(None, status="suppressed") if cell.value is None else Reading(Fraction(cell.value), ends)
        found[cell.measure or COUNT][cell.key] = told
    for figure in derived(table, public, cells):
        ends = (Fraction(figure.lower), Fraction(figure.upper)) if figure.lower and figure.upper else None
        found[figure.measure][figure.key] = Reading(Fraction(figure.value) if figure.value else None, ends, figure.status)
    return found
