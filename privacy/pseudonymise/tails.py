"""Tails of personal identity codes whose birth dates stand in a column of their own, as some legacy systems keep them.

A column declared as ``hetu`` may hold tails, with their sign (``-999W``) or without, beside a column of birth dates.  With the
sign nothing is guessed: the code's first six characters *are* the birth date, and the control character is checked over
both.  Without it the code stays ambiguous.  Row by row as :func:`~privacy.pseudonymise.hetu.assemble` would, for whole columns.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from privacy.pseudonymise.coded import MISSING, Coded, Integers, from_arrow
from privacy.pseudonymise.hetu import tail_of
from privacy.pseudonymise.normalise import calendar_date

LOOKED_AT_CHARACTERS: Final = 8
"""A tail has five; so many more may be spaces around it."""
NO_SIGN: Final = 0


def completed(codes: Coded, birth_date: Coded) -> Coded:
    """*codes* with every tail behind the birth date of its row, where it has one and the sign's century is that date's."""
    short = pc.less_equal(pc.utf8_length(codes.texts), LOOKED_AT_CHARACTERS).to_numpy(zero_copy_only=False)
    if not short.any():
        return codes
    rows = np.flatnonzero(codes.where(short) & birth_date.present)
    tails, days = codes.take(rows), birth_date.take(rows)
    ends = [tail_of(text) for text in tails.values]
    born = [calendar_date(text) for text in days.values]
    sign = np.array([century if tail else MISSING for tail, century in ends], dtype=np.int64)[tails.codes]
    century = np.array([day.year // 100 * 100 if day else MISSING for day in born], dtype=np.int64)[days.codes]
    fits = np.flatnonzero((sign != MISSING) & (century != MISSING) & ((sign == NO_SIGN) | (sign == century)))
    if not len(fits):
        return codes
    first = pa.array([f"{day:%d%m}{day.year % 100:02d}" if day else None for day in born], pa.string())
    second = pa.array([tail for tail, _ in ends], pa.string())
    joined = pc.binary_join_element_wise(first.take(pa.array(days.codes[fits])), second.take(pa.array(tails.codes[fits])), "")
    return _with(codes, rows[fits], from_arrow(joined, ordered=False))


def _with(codes: Coded, rows: Integers, joined: Coded) -> Coded:
    """*codes* with those of *joined* at *rows*."""
    known = pc.index_in(joined.texts, value_set=codes.texts)
    new = joined.texts.filter(known.is_null())
    place = known.fill_null(MISSING).to_numpy(zero_copy_only=False).astype(np.int64)
    place[place == MISSING] = len(codes.texts) + np.arange(len(new))
    changed = codes.codes.copy()
    changed[rows] = place[joined.codes]
    return Coded(changed, pa.concat_arrays([codes.texts, new])).take(np.arange(len(changed)))
