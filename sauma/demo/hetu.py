"""Artificial personal identity codes: individual numbers 900-999 only, which no real person holds.

Even numbers for women and odd ones for men, as in real codes, so a birth date and sex has 50 codes per century sign.
When they run out the next sign takes over (``-`` Y X W V U, ``A`` B C D E F).
"""

from __future__ import annotations

import numpy as np

from sauma.demo.tables import Days, Flags, Numbers, Text, digits, spelled

LETTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
"""Control characters, by remainder modulo 31."""
CONTROL = np.array(list(LETTERS), dtype=object)
SIGNS = {18: "++++++", 19: "-YXWVU", 20: "ABCDEF"}
PER_SIGN = 50
PER_DAY = PER_SIGN * 6
"""How many codes there are for one birth date and sex."""
FIRST = 900
_ASCII = np.frombuffer(LETTERS.encode("ascii"), dtype=np.uint8)
_SIGNS = np.frombuffer("".join(SIGNS.values()).encode("ascii"), dtype=np.uint8).reshape(len(SIGNS), 6)


def codes(born: Days, male: Flags, late: Flags) -> Text:
    """A distinct valid code for each person, shape (n,).

    ``late`` persons, registered since December 2023, get a code with a new sign, so that some pairs of codes differ
    in nothing but the sign, as in real life.

    Raises:
        ValueError: more people share a birth date and sex than there are codes.
    """
    days = born.astype("datetime64[D]").astype(np.int64)
    slot = _slots(days * 2 + male, late)
    if slot.size and int(slot.max()) >= PER_DAY:
        raise ValueError("more people share a birth date than there are artificial codes")
    number = FIRST + 2 * ((days * 17 + slot) % PER_SIGN) + male
    months = born.astype("datetime64[M]")
    year = born.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (born - months.astype("datetime64[D]")).astype(np.int64) + 1
    date = day * 10_000 + month * 100 + year % 100
    sign = _SIGNS[year // 100 - min(SIGNS), slot // PER_SIGN]
    return spelled(digits(date, 6), sign, digits(number, 3), _ASCII[(date * 1000 + number) % len(LETTERS)])


def _slots(group: Numbers, late: Flags) -> Numbers:
    """Each person's place among the codes of its birth date and sex; late ones start at the next unused sign."""
    place = rank(group * 2 + late)
    kinds, index = np.unique(group, return_inverse=True)
    early = np.bincount(index[~late], minlength=len(kinds))
    start = np.maximum(1, -(-early // PER_SIGN)) * PER_SIGN
    slots: Numbers = np.where(late, start[index] + place, place)
    return slots


def rank(group: Numbers) -> Numbers:
    """0, 1, 2... within each value of *group*, in array order."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    first = np.r_[True, ordered[1:] != ordered[:-1]] if len(group) else np.zeros(0, dtype=bool)
    starts = np.maximum.accumulate(np.where(first, np.arange(len(group)), 0))
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group)) - starts
    return place
