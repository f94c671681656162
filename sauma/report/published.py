"""Finding and reading published releases: every byte is accounted for before a figure is believed.

``release.sha256`` vouches for ``release.json``, which names the digest of every other file; the ledger names the digest
of ``release.json``.  Where a ledger is at hand the release must be in it (``sauma report`` sees to that).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sauma.files import shown
from sauma.proposals import OpenProposal, read_proposal
from schemas.errors import InputError
from schemas.release import RelationCell, ReleasedTable
from schemas.request import Table

MAX_RELEASES = 1000


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table as asked for, how it was protected, and its cells by code along each dimension.

    A cell without a value is protected; a combination of codes without a cell was not collected.
    """

    table: Table
    protection: ReleasedTable
    cells: Mapping[tuple[str, ...], RelationCell]


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


def tables_of(release: OpenProposal) -> tuple[PublishedTable, ...]:
    """The tables of *release*, ready to be shown."""
    asked = {table.id: table for table in release.release.request.table}
    return tuple(
        PublishedTable(asked[protection.id], protection, {cell.key: cell for cell in release.tables[protection.id]})
        for protection in release.release.tables
    )
