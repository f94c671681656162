"""What stays with the steward: the reject file, the last package's number, and in a demonstration the map from rows to record ids."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pydantic import Field as Constrained

from sauma import files
from schemas import canonical
from schemas.contract import Contract, Digest, Identifier, parse
from schemas.errors import Fault, InputError, IntegrityError
from schemas.package import Manifest

LAST_BYTES_MAX = 4096


class LastPackage(Contract):
    """The last package of a register that this party has sealed, wherever it was written: nothing of it but its number."""

    format: Literal["sauma/last-package/v1"]
    genesis: Digest
    register: Identifier
    sequence: Annotated[int, Constrained(ge=1, le=10**6)]
    sha256: Digest

    @classmethod
    def of(cls, manifest: Manifest, sha256: str) -> Self:
        """What there is to remember of a package with *manifest* and digest *sha256*."""
        return cls(
            format="sauma/last-package/v1",
            genesis=manifest.genesis,
            register=manifest.register,
            sequence=manifest.sequence,
            sha256=sha256,
        )


def last_package(folder: Path, genesis: str, register: str) -> LastPackage | None:
    """What *folder* remembers of *register* under the agreement *genesis*; ``IntegrityError`` S5001 if that was changed."""
    path = _last_path(folder, genesis, register)
    if not path.exists():
        return None
    place = files.shown(path)
    data = files.read_bytes(path, limit=LAST_BYTES_MAX)
    last = parse(LastPackage, canonical.loads(data, place=place), place=place, error=IntegrityError, code="S5001")
    if (last.genesis, last.register) != (genesis, register):
        raise IntegrityError("S5001", place=place, reason="tells of another register", hint="remove it if you know what became of it")
    return last


def remember(folder: Path, last: LastPackage) -> None:
    """Write *last* to *folder*; ``InputError`` S3005 if it cannot be written."""
    files.write_private(_last_path(folder, last.genesis, last.register), canonical.dumps(last.canonical()))


def _last_path(folder: Path, genesis: str, register: str) -> Path:
    return folder / f"{register}.{genesis[:8]}.last.json"


def another_register(place: str) -> InputError:
    """The refusal to write one register's package over another's."""
    return InputError("S3004", place=place, reason="is the package of another register", hint="choose another name with --out")


def rejects_csv(faults: Iterable[Fault]) -> bytes:
    """The reject file: row number, column and reason code of each rejected row; never a value."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["row", "column", "reason"])
    writer.writerows((fault.row, fault.column, fault.reason) for fault in faults)
    return text.getvalue().encode()


def row_map_csv(register: str, rows: pa.Array, record_ids: pa.Array) -> bytes:
    """``register,row,record_id`` for each row that left; *record_ids* is 16 bytes a row, null where it was rejected."""
    left = record_ids.is_valid()
    joined = b"".join(record_ids.filter(left).to_pylist()).hex().encode()
    identifiers = np.frombuffer(joined, dtype="S32").astype("U32")
    count = len(identifiers)
    table = pa.table({"register": pa.repeat(register, count), "row": rows.filter(left), "record_id": pa.array(identifiers)})
    sink = io.BytesIO()
    arrow_csv.write_csv(table, sink, arrow_csv.WriteOptions(quoting_style="none", include_header=False))  # it would quote the header
    return b"register,row,record_id\n" + sink.getvalue()
