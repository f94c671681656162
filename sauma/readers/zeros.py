"""Postcodes that lost their leading zeros in a spreadsheet or a database: put back as they are compared, and never in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pyarrow.compute as pc

from privacy.pseudonymise.addresses import lost_zeros
from privacy.pseudonymise.check.counts import HOUSE_FLOOR
from schemas.batches import RawBatch
from schemas.register import Register

_MAY_BE: Final = r"^\D*(?:\d\D*){3,4}$"
"""What is looked at closer: a text with three or four digits."""


def telling_zeros(batches: Iterator[RawBatch], register: Register, tell: Callable[[str], None]) -> Iterator[RawBatch]:
    """*batches*, and when they have ended, *tell* how many postcodes are read with zeros that they had lost; few are not counted."""
    field, count = register.by_meaning("postcode"), 0
    for batch in batches:
        if field is not None:
            column = batch.columns[field.name]
            short = column.filter(pc.fill_null(pc.match_substring_regex(column, _MAY_BE), fill_value=False))
            count += sum(each["counts"] for each in pc.value_counts(short).to_pylist() if lost_zeros(each["values"]))
        yield batch
    if field is not None and count:
        told = f"fewer than {HOUSE_FLOOR} rows have" if count < HOUSE_FLOOR else f"{count} rows have"
        tell(f"column {field.name}: {told} a postcode without its leading zeros; they are put back (2600 is read as 02600)")
