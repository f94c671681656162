"""The proposal directory: writing it, reading it back, and holding it to the digests it carries.

::

    release.json      what is told, on whose behalf, and the digest of every other file (canonical JSON)
    release.sha256    the digest of release.json, as sha256sum writes it: any flipped byte shows without a ledger
    TABLE.csv         dimension columns, then measure,value,lower,upper,status: counts, sums, then what is derived
    TABLE.meta.json   titles, labels, levels, what the interval means, how the table was protected
    certificate.txt   the same for people

The digest of ``release.json`` is the proposal's digest.  A published release is the same bytes in another place.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from privacy.protect.derived import derived
from sauma.files import read_bytes, shown, staged_directory, write_private
from schemas import canonical
from schemas.contract import parse
from schemas.errors import IntegrityError
from schemas.measures import COUNT, Rate
from schemas.release import CSV_TAIL, RelationCell, Relations, Release, ReleasedFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.batches import ProtectedTable
    from schemas.release import ReleasedTable
    from schemas.request import Request, Table

RELEASE = "release.json"
SUM = "release.sha256"
CERTIFICATE = "certificate.txt"
FILE_MAX = 64 * 1024 * 1024
META_FORMAT = "sauma/table/v0"


@dataclass(frozen=True, slots=True, repr=False)
class OpenProposal:
    """A proposal (or published release) whose files are what its ``release.json`` says; ``tables`` by table id."""

    folder: Path
    release: Release
    digest: str
    tables: Mapping[str, tuple[RelationCell, ...]]
    certificate: str

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all files of the directory, in a fixed order."""
        return (RELEASE, SUM, *(file.name for file in self.release.files))

    @property
    def relations(self) -> tuple[Relations, ...]:
        """What each table tells, with the digests that ``release.json`` names."""
        return tuple(relations_of(self.release, table, self.tables[table.id]) for table in self.release.tables)


def relations_of(release: Release, table: ReleasedTable, cells: tuple[RelationCell, ...]) -> Relations:
    """What *table* of *release* tells its audience."""
    return Relations(
        format="sauma/relations/v0",
        audience=release.audience,
        vintage=release.vintage,
        base=release.request.base,
        kind=table.kind,
        plan=table.plan,
        request_digest=release.request_digest,
        table_id=table.id,
        request=release.request,
        cells=cells,
        salt=table.salt,
    )


def relations_digest(relations: Relations) -> str:
    """The digest that a release, a proposal entry and a relations file are named by."""
    return canonical.digest(relations.canonical())


def table_files(request: Request, protected: ProtectedTable, released: ReleasedTable) -> dict[str, bytes]:
    """``TABLE.csv`` and ``TABLE.meta.json`` of one table of *request*."""
    table = protected.table
    meta = _meta(request, table, released, protected.interval)
    return {f"{released.id}.csv": encode_csv(request, table, protected.cells), f"{released.id}.meta.json": canonical.dumps(meta)}


def listed(contents: Mapping[str, bytes]) -> tuple[ReleasedFile, ...]:
    """The digests of *contents*, by name."""
    return tuple(ReleasedFile(name=name, sha256=hashlib.sha256(data).hexdigest()) for name, data in sorted(contents.items()))


def write_proposal(folder: Path, release: Release, contents: Mapping[str, bytes]) -> str:
    """Write *release* and the *contents* it lists as the new directory *folder*, whole or not at all; returns the digest."""
    assert release.files == listed(contents)
    data = canonical.dumps(release.canonical())
    with staged_directory(folder) as staging:
        for name, content in sorted(contents.items()):
            write_private(staging / name, content)
        write_private(staging / RELEASE, data)
        write_private(staging / SUM, _sum(data))
    return hashlib.sha256(data).hexdigest()


def read_proposal(folder: Path) -> OpenProposal:
    """The proposal or published release in *folder*, every byte of it accounted for.

    Raises ``IntegrityError`` S5170 (or S5001) naming the file that is not what was written, ``InputError`` S3003 if a
    file is missing or larger than it may be.
    """
    if folder.is_symlink():  # whoever may turn it shows one proposal to be read and another to be published
        raise _changed(folder)
    data = read_bytes(folder / RELEASE, limit=FILE_MAX)
    if read_bytes(folder / SUM, limit=200) != _sum(data):
        raise _changed(folder / RELEASE, f", or {SUM} is not")
    place = shown(folder / RELEASE)
    release = parse(Release, canonical.loads(data, place=place), place=place, error=IntegrityError, code="S5170")
    contents = {file.name: read_bytes(folder / file.name, limit=FILE_MAX) for file in release.files}
    for file in release.files:
        if hashlib.sha256(contents[file.name]).hexdigest() != file.sha256:
            raise _changed(folder / file.name)
    expected = {RELEASE, SUM, CERTIFICATE, *(f"{table.id}{tail}" for table in release.tables for tail in (".csv", ".meta.json"))}
    if {path.name for path in folder.iterdir()} != expected or {RELEASE, SUM, *contents} != expected:
        raise _changed(folder)
    asked = {table.id: table for table in release.request.table}
    if not asked.keys() >= {table.id for table in release.tables}:
        raise _changed(folder / RELEASE)
    tables = {
        table.id: decode_csv(release.request, asked[table.id], contents[f"{table.id}.csv"], place=shown(folder / f"{table.id}.csv"))
        for table in release.tables
    }
    _check_described(folder, release, contents, tables)
    certificate = contents[CERTIFICATE].decode("utf-8", errors="replace")
    if certificate.encode("utf-8") != contents[CERTIFICATE]:
        raise _changed(folder / CERTIFICATE)
    opened = OpenProposal(folder, release, hashlib.sha256(data).hexdigest(), tables, certificate)
    if [relations_digest(relations) for relations in opened.relations] != [table.relations for table in release.tables]:
        raise _changed(folder / RELEASE)
    return opened


def _check_described(folder: Path, release: Release, contents: Mapping[str, bytes], tables: Mapping[str, tuple[RelationCell, ...]]) -> None:
    """``IntegrityError`` S5170 unless numbers of cells and each ``TABLE.meta.json`` are what the request and the cells make them."""
    asked = {table.id: table for table in release.request.table}
    for table in release.tables:
        counts, name = [cell.value for cell in tables[table.id] if cell.measure is None], f"{table.id}.meta.json"
        if (table.cells, table.hidden) != (len(counts), counts.count(None)):
            raise _changed(folder / RELEASE)
        meta = canonical.loads(contents[name], place=shown(folder / name))
        interval = str(meta.get("interval", "")) if isinstance(meta, dict) else ""
        if canonical.dumps(_meta(release.request, asked[table.id], table, interval)) != contents[name]:
            raise _changed(folder / name)


def encode_csv(request: Request, table: Table, cells: Sequence[RelationCell]) -> bytes:
    """The told *cells* and what is derived from them as tidy CSV: UTF-8, commas, LF.

    Codes never begin like a formula (``schemas.dimension.Code``).
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*(dimension.name for dimension in table.dimensions), *CSV_TAIL])
    for cell in cells:
        numbers = ["" if number is None else number for number in (cell.value, cell.lower, cell.upper)]
        writer.writerow([*cell.key, cell.measure or COUNT, *numbers, "suppressed" if cell.value is None else "published"])
    for figure in derived(table, request.denominator, cells):
        writer.writerow([*figure.key, figure.measure, figure.value, figure.lower, figure.upper, figure.status])
    return stream.getvalue().encode("utf-8")


def decode_csv(request: Request, table: Table, data: bytes, *, place: str) -> tuple[RelationCell, ...]:
    """The told cells in *data*; ``IntegrityError`` S5170 unless :func:`encode_csv` would write exactly *data*.

    So a share, rate or mean that does not follow from the counts beside it is refused, whoever wrote it.
    """
    width = len(table.dimensions)
    told = {COUNT, *(total.id for total in table.sums)}
    cells: tuple[RelationCell, ...] = ()
    written = b""
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))[1:]
        cells = tuple(_cell(row, width) for row in rows if row[width] in told)
        written = encode_csv(request, table, cells)
    except (ValueError, LookupError, csv.Error):
        written = b""
    if written != data:
        raise IntegrityError("S5170", place=place, reason="is not a table as it was written", hint=_HINT)
    return cells


def _cell(row: list[str], width: int) -> RelationCell:
    value, lower, upper = (_count(text) if text else None for text in row[width + 1 : width + 4])
    measure = None if row[width] == COUNT else row[width]
    return RelationCell(key=tuple(row[:width]), measure=measure, value=value, lower=lower, upper=upper)


def _count(text: str) -> int:
    """The number that *text* is; ``ValueError`` if canonical JSON has none such."""
    number = int(text)
    canonical.check(number)
    return number


def _meta(request: Request, table: Table, released: ReleasedTable, interval: str) -> dict[str, Any]:
    used = {measure.denominator for measure in table.measures if isinstance(measure, Rate)}
    return {
        "format": META_FORMAT,
        "table": released.id,
        "kind": released.kind,
        "unit": released.unit,
        "family": released.family or "",
        "title": table.title.canonical(),
        "columns": [*(dimension.name for dimension in table.dimensions), *CSV_TAIL],
        "dimensions": [dimension.canonical() for dimension in table.dimensions],
        "measures": [measure.canonical() for measure in table.measures],
        "denominators": [each.canonical() for each in request.denominator if each.id in used],
        "status": {
            "published": "value",
            "suppressed": "hidden to protect people",
            "not_collected": "not known",
            "undefined": "nobody to take a share, rate or mean of",
        },
        "interval": interval,
        "epsilon": released.epsilon or "",
        "plan": released.plan,
    }


def _sum(data: bytes) -> bytes:
    return f"{hashlib.sha256(data).hexdigest()}  {RELEASE}\n".encode("ascii")


_HINT = "fetch the directory again, or propose again"


def _changed(path: Path, other: str = "") -> IntegrityError:
    return IntegrityError("S5170", place=shown(path), reason=f"is not what was written{other}", hint=_HINT)
