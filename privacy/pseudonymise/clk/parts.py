"""What a value is compared by: its n-grams, itself, or the numbers around it; each distinct part of a column once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from schemas.linkage_schema import Exact, Ngrams, Numeric

Integers = npt.NDArray[np.int64]
Whole = npt.NDArray[np.int32] | npt.NDArray[np.int64]
"""Whole numbers in the size that they need: half the memory is half the time."""
Ranks = npt.NDArray[np.integer[Any]]
SMALL_MAX: Final = 1 << 31
LISTED_MAX: Final = 1 << 22
"""Below so many possible parts, which of them occur is found by a table and not by sorting."""
NUMBER_MAX: Final = 1 << 62
NUMBER: Final = "is no number"


@dataclass(frozen=True, slots=True)
class Parts:
    """``texts``: the distinct parts, encoded.  ``groups``: places of values, shape (g,), and of their parts, shape (g, t), in order.

    Values of one group have the same number of parts; a value without parts is in none.  ``faults``: places of values that have none
    because they cannot be compared in this way.
    """

    texts: list[bytes]
    groups: tuple[tuple[Integers, Whole], ...]
    faults: tuple[int, ...] = ()


def parts(comparison: Ngrams | Exact | Numeric, texts: list[str], encoding: str) -> Parts:
    """The parts of each of *texts*, as bytes in *encoding*."""
    match comparison:
        case Ngrams():
            return _ngrams(comparison, texts, encoding)
        case Exact():
            places = [place for place, text in enumerate(texts) if text]
            own = np.array(places, dtype=np.int64), np.arange(len(places), dtype=np.int64)[:, None]
            return Parts([texts[place].encode(encoding) for place in places], (own,) if places else ())
        case Numeric():
            return _numbers(comparison, texts, encoding)


def _ngrams(comparison: Ngrams, texts: list[str], encoding: str) -> Parts:
    """All texts as one row of letters, those of equal length together; n-grams as numbers in the base of their alphabet."""
    n = comparison.n
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    order = np.argsort(lengths, kind="stable")
    order = order[np.searchsorted(lengths[order], 1) :]  # the empty text has no n-grams
    if not len(order):
        return Parts([], ())
    letters, alphabet = _ranked("".join(texts))
    starts = np.cumsum(lengths) - lengths
    blocks = list(_blocks(order, lengths[order], n))
    line = np.zeros(blocks[-1].end + n - 1, dtype=letters.dtype)  # 0 is the space
    for block in blocks:
        inner = line[block.begin : block.end].reshape(-1, block.width)[:, n - 1 : block.parts]
        inner[:] = letters[starts[block.values][:, None] + np.arange(inner.shape[1])]
    numbers, grams = _in_base(line, n, len(alphabet))
    size = len(grams)
    if comparison.positional:
        numbers = numbers.astype(np.int64) if size * blocks[-1].width >= SMALL_MAX else numbers
        for block in blocks:
            numbers[block.begin : block.end].reshape(-1, block.width)[:] += size * np.arange(block.width)
    found, distinct = _distinct(numbers, size * (blocks[-1].width if comparison.positional else 1))
    points = alphabet[grams[distinct % size]].astype(np.uint32)
    spelling = points.tobytes().decode("utf-32-le")
    spelled = [spelling[start : start + n] for start in range(0, len(spelling), n)]
    if comparison.positional:
        spelled = [f"{place + 1} {text}" for place, text in zip((distinct // size).tolist(), spelled, strict=True)]
    groups = tuple((each.values, found[each.begin : each.end].reshape(-1, each.width)[:, : each.parts]) for each in blocks)
    return Parts([text.encode(encoding) for text in spelled], groups)


@dataclass(frozen=True, slots=True)
class _Block:
    """Texts of one length in the row of letters: from ``begin`` to ``end``, ``width`` letters and so many ``parts`` each.

    What is read across the end of a text is spaces only, because spaces lie around each.
    """

    values: Integers
    begin: int
    end: int
    width: int
    parts: int


def _blocks(order: Integers, lengths: Integers, n: int) -> Iterator[_Block]:
    """*order* cut where the sorted *lengths* change."""
    cuts = np.flatnonzero(np.diff(lengths)) + 1
    begin = 0
    for values, length in zip(np.split(order, cuts), lengths[np.append(0, cuts)].tolist(), strict=True):
        width = length + 2 * (n - 1)
        yield _Block(values, begin, begin + width * len(values), width, length + n - 1)
        begin += width * len(values)


def _ranked(text: str) -> tuple[Ranks, Integers]:
    """The letters of *text* as places in its alphabet, the space first, and the alphabet as code points."""
    points = (
        np.frombuffer(text.encode("ascii"), dtype=np.uint8) if text.isascii() else np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    )
    occurs = np.zeros(max(int(points.max(initial=0)), ord(" ")) + 1, dtype=np.bool_)
    occurs[points] = True
    occurs[ord(" ")] = False
    alphabet = np.append(ord(" "), np.flatnonzero(occurs))
    place: Ranks = np.zeros(len(occurs), dtype=np.uint8 if len(alphabet) < 1 << 8 else np.uint16 if len(alphabet) < 1 << 16 else np.int32)
    place[alphabet] = np.arange(len(alphabet))
    return place[points], alphabet


def _in_base(line: Ranks, n: int, base: int) -> tuple[Whole, Integers]:
    """A number for the *n* letters from each place of *line* on (but its last *n* - 1), and the letters of each number."""
    count = len(line) - n + 1
    numbers: Whole = line[:count].astype(np.int32)
    grams = np.arange(base)[:, None]
    for shift in range(1, n):
        if len(grams) * base >= LISTED_MAX:
            numbers, distinct = _distinct(numbers, len(grams))
            grams = grams[distinct]
        if len(grams) * base >= SMALL_MAX:
            numbers = numbers.astype(np.int64)
        numbers *= base
        numbers += line[shift : shift + count]
        if len(grams) * base >= LISTED_MAX:  # too many to be listed unless they occur
            numbers, distinct = _distinct(numbers, len(grams) * base)
            grams = np.concatenate([grams[distinct // base], (distinct % base)[:, None]], axis=1)
        else:
            grams = np.concatenate([np.repeat(grams, base, axis=0), np.tile(np.arange(base), len(grams))[:, None]], axis=1)
    return numbers, grams


def _distinct(numbers: Whole, size: int) -> tuple[Whole, Integers]:
    """The place of each of *numbers* (under *size*) among the distinct ones, and these."""
    if size > max(LISTED_MAX, len(numbers)):
        distinct, found = np.unique(numbers, return_inverse=True)
        return found.astype(np.int32), distinct.astype(np.int64)
    occurs = np.zeros(size, dtype=np.bool_)
    occurs[numbers] = True
    distinct = np.flatnonzero(occurs)
    place = np.zeros(size, dtype=np.int32)
    place[distinct] = np.arange(len(distinct))
    return place[numbers], distinct


def _numbers(comparison: Numeric, texts: list[str], encoding: str) -> Parts:
    """Each number moved to the nearest multiple of the step, and so many multiples on either side."""
    step, around = comparison.step, comparison.resolution
    middles = [_middle(comparison, text) if text else None for text in texts]
    faults = tuple(place for place, (text, middle) in enumerate(zip(texts, middles, strict=True)) if text and middle is None)
    places = np.array([place for place, middle in enumerate(middles) if middle is not None], dtype=np.int64)
    known = [middle for middle in middles if middle is not None]
    whole: npt.NDArray[np.int64] | npt.NDArray[np.object_] = np.array(known, dtype=object)
    if all(abs(middle) < NUMBER_MAX for middle in known):
        whole = whole.astype(np.int64)
    distinct, found = np.unique(whole[:, None] + np.arange(-around, around + 1), return_inverse=True)
    shape = (len(known), 2 * around + 1)
    spelled = [str(middle * step).encode(encoding) for middle in distinct.tolist()]
    return Parts(spelled, ((places, found.astype(np.int64).reshape(shape)),) if known else (), faults)


def _middle(comparison: Numeric, text: str) -> int | None:
    """The multiple of the step that the number *text* is nearest to; None if it is none (or none that a float can hold)."""
    try:
        number = _scaled(text, comparison.precision) * 2 * comparison.resolution
        step = comparison.step
        rest = number % step
        return number // step + (0 if rest == 0 or rest < step / 2 else 1)
    except (ValueError, OverflowError):
        return None


def _scaled(text: str, precision: int) -> int:
    """The number *text* without its fraction, in units of ten to the power of minus *precision*."""
    scale: int = 10**precision
    try:
        return int(text) * scale
    except ValueError:
        number = float(text)
        return round(number * scale) if precision else int(number)
