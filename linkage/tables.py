"""The tables of a linked set: records and families under random ids, with nothing left of tokens or record numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from linkage.relatives import FOREVER
from linkage.units import Families, Memberships, divide, privacy_units
from schemas.agreement import DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Entropy = Callable[[int], bytes]

ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True, repr=False)
class Tables:
    """``links`` (``LINK_COLUMNS``), ``families`` (``FAMILY_COLUMNS``) and true counts of units and families."""

    links: pa.Table
    families: pa.Table
    facts: Mapping[str, int]


def tables(rows: pa.Table, found: pa.Table, registers: Sequence[str], cap: int, entropy: Entropy) -> Tables:
    """The linked set's tables, under fresh random ids.

    Args:
        rows: reg, record_id and person of every record.
        found: definition, family, person, since and until of every membership.
        registers: the names of the registers that ``reg`` numbers.
        cap: how many persons a privacy unit may have.
        entropy: gives so many random bytes.
    """
    persons, person = np.unique(rows["person"].to_numpy(), return_inverse=True)
    of = Memberships(_int64(found, "definition"), _int64(found, "family"), np.searchsorted(persons, _int64(found, "person")))
    units = privacy_units(len(persons), of, cap)
    families = divide(of, units.unit)
    studies = random_ids(len(persons), entropy)
    links = pa.table(
        {
            "register": pa.array(registers, pa.string()).take(pa.array(rows["reg"].to_numpy())),
            "record_id": rows["record_id"].combine_chunks().cast(pa.binary(ID_BYTES)),
            "study_id": studies.take(pa.array(person)),
            "unit_id": random_ids(int(units.unit.max(initial=-1)) + 1, entropy).take(pa.array(units.unit[person])),
        }
    )
    facts = {**units.facts, **_counted(of, families)}
    return Tables(links, _families(found, of, families, studies, entropy), facts)


def random_ids(count: int, entropy: Entropy) -> pa.Array:
    """*count* random 128-bit ids."""
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(ID_BYTES), count, [None, pa.py_buffer(entropy(ID_BYTES * count))])


def _families(found: pa.Table, of: Memberships, families: Families, studies: pa.Array, entropy: Entropy) -> pa.Table:
    row = families.row
    since, until = (_int64(found, name)[row] for name in ("since", "until"))
    ids = random_ids(int(families.part.max(initial=-1)) + 1, entropy)
    return pa.table(
        {
            "definition": pa.array(DEFINITIONS, pa.string()).take(pa.array(of.definition[row])),
            "family_id": ids.take(pa.array(families.part)),
            "study_id": studies.take(pa.array(of.person[row])),
            "own": pa.array(families.own),
            "valid_from": pa.array(since.astype(np.int32), mask=since == 0),
            "valid_until": pa.array(until.astype(np.int32), mask=until == FOREVER),
        }
    )


def _counted(of: Memberships, families: Families) -> dict[str, int]:
    """How many families there are, and persons with a family, by definition."""
    definition, person = of.definition[families.row], of.person[families.row]
    counts = {}
    for number, name in enumerate(DEFINITIONS):
        here = definition == number
        counts[f"families_{name}"] = len(np.unique(families.part[here]))
        counts[f"persons_in_families_{name}"] = len(np.unique(person[here]))
    return counts


def _int64(table: pa.Table, column: str) -> Integers:
    values: Integers = table[column].to_numpy().astype(np.int64)
    return values
