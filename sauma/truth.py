"""The truth of a demonstration, which only ``sauma quality --truth`` reads: whose record is each row.

``TRUTH.csv`` has the columns ``register,row,person``, and maybe ``coded`` (1 where the row as written carries a usable personal
identity code); beside it lie ``rows_REGISTER.csv`` with ``register,row,record_id``, and maybe ``families.csv`` with
``definition,family,person`` and ``people.csv`` with ``person`` and columns to compare groups of people by.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from linkage.measures import Codes, Mask, Pairs, between, shared, within
from sauma import files
from schemas.agreement import DEFINITIONS
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.agreement import Agreement

TRUTH_MAX = 4 * 1024 * 1024 * 1024
DECIMALS = 4
HEADER_MAX = 64 * 1024
PERSONS_MAX = 1 << 31
"""A pair of persons is one 64-bit number."""


FAMILIES, PEOPLE = "families.csv", "people.csv"


@dataclass(frozen=True, slots=True, repr=False)
class Judged:
    """Linked records with their true person: register, study id and person as codes; ``coded``: with an identity code; (n,)."""

    table: pa.Table
    study: Codes
    person: Codes
    coded: Mask

    def pairs(self, mine: Mask | None = None) -> Pairs:
        """Pairs among the records in *mine*, or all."""
        return within(self.study, self.person) if mine is None else within(self.study[mine], self.person[mine])

    def residue(self, mine: Mask | None = None) -> Pairs:
        """Those of the pairs in which either record has no identity code."""
        return self.pairs(mine).minus(self.pairs(self.coded if mine is None else self.coded & mine))


def compare(links: pa.Table, families: pa.Table, truth: Path, agreement: Agreement) -> dict[str, Any]:
    """Precision, recall and F1 over pairs of records: of all, of the residue, by pair of registers; share linked; families.

    The *residue* are the pairs in which either record has no personal identity code.  ``InputError`` S3202 if a truth file
    lacks a column or a row map lacks its register.
    """
    registers = sorted(set(links["register"].to_pylist()), key=[each.id for each in agreement.register].index)
    judged = _judged(links, truth, registers, agreement)
    names = _codes(judged.table["register"])
    masks = {name: names == place for place, name in enumerate(_dictionary(judged.table["register"]))}
    masks |= {name: names < 0 for name in registers if name not in masks}
    result: dict[str, Any] = {
        **_rates(judged.pairs()),
        "residue": _rates(judged.residue()),
        "pairs_of_registers": {
            f"{first} {second}": _rates(between(judged.study, judged.person, masks[first], masks[second]))
            for place, first in enumerate(registers)
            for second in registers[place + 1 :]
        },
        "linked_share": {name: _share(*shared(judged.study, judged.person, masks[name])) for name in registers},
        "precision_of": {name: _rates(between(judged.study, judged.person, masks[name], ~masks[name]))["precision"] for name in registers},
    }
    if (truth.parent / PEOPLE).is_file():
        result["by_group"] = _by_group(judged, truth.parent / PEOPLE)
    if (truth.parent / FAMILIES).is_file():
        result["families"] = compare_families(judged, families, truth.parent / FAMILIES)
    return result


def compare_families(judged: Judged, families: pa.Table, truth: Path) -> dict[str, dict[str, float | None]]:
    """By definition, rates over pairs of persons in one family; a study id stands for the person most of its records are of."""
    declared = _read(truth, ("definition", "family", "person"))
    studies, persons = pc.unique(judged.table["study_id"]), pc.unique(judged.table["person"])
    person_of = _mostly(judged)
    found: dict[str, dict[str, float | None]] = {}
    for definition in DEFINITIONS:
        mine = families.filter(pc.equal(families["definition"], definition))
        true = declared.filter(pc.equal(declared["definition"], definition))
        linked = _pairs(_codes(mine["family_id"]), person_of[_places(mine["study_id"], studies)])
        real = _pairs(_codes(true["family"]), _places(true["person"], persons))
        found[definition] = _rates(Pairs(len(np.intersect1d(linked, real, assume_unique=True)), len(linked), len(real)))
    return found


def _by_group(judged: Judged, path: Path) -> dict[str, dict[str, dict[str, float | None]]]:
    """Rates over the residue, by each column of *path* and each of its values.

    A pair is of a group if either of its records is of a person in the group; a true pair is of one person.
    """
    people = _read(path, ("person",), every=True)
    place = _places(judged.table["person"], people["person"])
    every, found = judged.residue(), {}
    for column in people.column_names[1:]:
        codes, values = _codes(people[column]), _dictionary(people[column])
        mine = np.append(codes, -1)[place]  # a person of no known group is in none
        found[column] = {value: _rates(every.minus(judged.residue(mine != code))) for code, value in enumerate(values)}
    return found


def _judged(links: pa.Table, truth: Path, registers: Sequence[str], agreement: Agreement) -> Judged:
    records = links.select(["register", "record_id", "study_id"])
    joined = records.join(_people(truth, registers), "record_id", join_type="inner").combine_chunks()
    with_codes = [name for name in registers if agreement.register_of(name).by_meaning("hetu")]
    coded = pc.coalesce(joined["coded"], pc.is_in(joined["register"], pa.array(with_codes, pa.string())))
    return Judged(joined, _codes(joined["study_id"]), _codes(joined["person"]), coded.to_numpy().astype(np.bool_))


def _people(truth: Path, registers: Sequence[str]) -> pa.Table:
    """``record_id`` (16 bytes), ``person``, ``coded``: one row per record, of the person whose row comes first."""
    persons = _read(truth, ("register", "row", "person"), perhaps=("coded",))
    maps = [_read(truth.parent / f"rows_{register}.csv", ("register", "row", "record_id")) for register in registers]
    joined = pa.concat_tables(maps).join(persons, ["register", "row"], join_type="inner").sort_by("row")
    first = joined.group_by("record_id", use_threads=False).aggregate([("person", "first"), ("coded", "max")])
    raw = b"".join(bytes.fromhex(text) for text in first["record_id"].to_pylist())
    ids = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), first.num_rows, [None, pa.py_buffer(raw)])
    return pa.table({"record_id": ids, "person": first["person_first"], "coded": pc.equal(first["coded_max"], "1")})


def _mostly(judged: Judged) -> Codes:
    """The person that most records of each study id are of, of equals the first; shape (studies,)."""
    (study, person), count = np.unique(np.stack([judged.study, judged.person]), axis=1, return_counts=True)
    order = np.lexsort((person, -count, study))
    _, first = np.unique(study[order], return_index=True)
    mostly: Codes = person[order][first]
    return mostly


def _pairs(family: Codes, person: Codes) -> Codes:
    """The distinct pairs of known persons who share a family, each as one number."""
    known = person >= 0
    family, person = family[known], person[known]
    order = np.lexsort((person, family))
    family, person = family[order], person[order]
    found = [np.zeros(0, dtype=np.int64)]
    for step in range(1, int(np.bincount(family, minlength=1).max())):
        together = (family[step:] == family[:-step]) & (person[step:] != person[:-step])
        found.append(person[:-step][together] * PERSONS_MAX + person[step:][together])
    return np.unique(np.concatenate(found))


def _places(column: pa.ChunkedArray, among: pa.ChunkedArray | pa.Array) -> Codes:
    """The place of each value *among* distinct values, -1 where it is not there; shape (n,)."""
    values = among.combine_chunks() if isinstance(among, pa.ChunkedArray) else among
    places: Codes = pc.fill_null(pc.index_in(column, values), -1).to_numpy().astype(np.int64)
    return places


def _read(path: Path, columns: tuple[str, ...], *, perhaps: tuple[str, ...] = (), every: bool = False) -> pa.Table:
    """The text *columns* of a CSV file, then those that are *perhaps* there (null where not), or *every* other column."""
    data = files.read_bytes(path, limit=TRUTH_MAX)
    head = data[:HEADER_MAX].decode("utf-8", errors="replace").split("\n", 1)[0].strip("\r\ufeff")
    there = next(csv.reader([head]), [])
    wanted = [*columns, *(name for name in there if every and name not in columns), *perhaps]
    table = None
    try:
        options = arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(wanted, pa.string()), include_columns=wanted, include_missing_columns=True
        )
        table = arrow_csv.read_csv(io.BytesIO(data), convert_options=options) if set(columns) <= set(there) else None
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
