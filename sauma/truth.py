"""The truth of a demonstration, which only ``sauma quality --truth`` reads: whose record is each row.

``TRUTH.csv`` has the columns ``register,row,person``; beside it lie ``rows_REGISTER.csv`` with ``register,row,record_id``.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from linkage.measures import Pairs, between, shared, within
from sauma import files
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.agreement import Agreement

TRUTH_MAX = 4 * 1024 * 1024 * 1024
DECIMALS = 4


def compare(links: pa.Table, truth: Path, agreement: Agreement) -> dict[str, Any]:
    """Precision, recall and F1 over pairs of records: of all, of the residue, by pair of registers; share linked.

    The *residue* are the pairs with a record of a register that has no personal identity code.  ``InputError`` S3202
    if a truth file lacks a column or a row map lacks its register.
    """
    registers = sorted(set(links["register"].to_pylist()), key=[each.id for each in agreement.register].index)
    people = _people(truth, registers)
    joined = links.select(["register", "record_id", "study_id"]).join(people, "record_id", join_type="inner")
    names, studies, persons = (_codes(joined[name]) for name in ("register", "study_id", "person"))
    masks = {name: names == place for place, name in enumerate(_dictionary(joined["register"])) if name in registers}
    every = within(studies, persons)
    coded = np.logical_or.reduce([masks[name] for name in registers if agreement.register_of(name).by_meaning("hetu")] or [names < 0])
    return {
        **_rates(every),
        "residue": _rates(every.minus(within(studies[coded], persons[coded]))),
        "pairs_of_registers": {
            f"{first} {second}": _rates(between(studies, persons, masks[first], masks[second]))
            for place, first in enumerate(registers)
            for second in registers[place + 1 :]
        },
        "linked_share": {name: _share(*shared(studies, persons, masks[name])) for name in registers},
        "precision_of": {name: _rates(between(studies, persons, masks[name], ~masks[name]))["precision"] for name in registers},
    }


def _people(truth: Path, registers: Sequence[str]) -> pa.Table:
    """``record_id`` (16 bytes), ``person``: one row per record, of the person whose row comes first."""
    persons = _read(truth, ("register", "row", "person"))
    maps = [_read(truth.parent / f"rows_{register}.csv", ("register", "row", "record_id")) for register in registers]
    joined = pa.concat_tables(maps).join(persons, ["register", "row"], join_type="inner").sort_by("row")
    first = joined.group_by("record_id", use_threads=False).aggregate([("person", "first")])
    raw = b"".join(bytes.fromhex(text) for text in first["record_id"].to_pylist())
    ids = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), first.num_rows, [None, pa.py_buffer(raw)])
    return pa.table({"record_id": ids, "person": first["person_first"]})


def _read(path: Path, columns: tuple[str, ...]) -> pa.Table:
    data = files.read_bytes(path, limit=TRUTH_MAX)
    table = None
    try:
        options = arrow_csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()), include_columns=list(columns))
        table = arrow_csv.read_csv(io.BytesIO(data), convert_options=options)
    except (pa.ArrowInvalid, KeyError):
        table = None
    if table is None:
        raise InputError(
            "S3202",
            place=files.shown(path),
            reason=f"not a CSV file with the columns {','.join(columns)}",
            hint="see 'sauma explain S3202'",
        )
    return table


def _codes(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    codes: np.ndarray[tuple[int], np.dtype[np.int64]] = pc.index_in(column, pc.unique(column)).to_numpy().astype(np.int64)
    return codes


def _dictionary(column: pa.ChunkedArray) -> list[str]:
    names: list[str] = pc.unique(column).to_pylist()
    return names


def _rates(pairs: Pairs) -> dict[str, float | None]:
    rates = {"precision": pairs.precision, "recall": pairs.recall, "f1": pairs.f1}
    return {name: None if rate is None else round(rate, DECIMALS) for name, rate in rates.items()}


def _share(partners: int, linked: int) -> float | None:
    return round(linked / partners, DECIMALS) if partners else None
