"""What stays with the steward: the reject file and, in a demonstration only, the map from rows to record ids."""

from __future__ import annotations

import csv
import io

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from schemas.errors import Fault


def rejects_csv(faults: tuple[Fault, ...]) -> bytes:
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
