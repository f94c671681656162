"""What a value is compared by: its n-grams, itself, or the numbers around it; each distinct part of a column once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.linkage_schema import Exact, Ngrams, Numeric

Integers = npt.NDArray[np.int64]
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
    groups: tuple[tuple[Integers, Integers], ...]
    faults: tuple[int, ...] = ()


def parts(comparison: Ngrams | Exact | Numeric, texts: list[str], encoding: str) -> Parts:
    """The parts of each of *texts*, as bytes in *encoding*."""
    match comparison:
        case Ngrams():
            return _ngrams(comparison, texts, encoding)
        case Exact():
            places = [place for place, text in enumerate(texts) if text]
            own = np.arange(len(places), dtype=np.int64)[:, None]
            return Parts([texts[place].encode(encoding) for place in places], ((np.array(places, dtype=np.int64), own),))
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
    around = " " * (n - 1)
    line = "".join([f"{around}{texts[place]}{around}" for place in order.tolist()])
    numbers, size = _in_base(line, n)
    longest = int(lengths[order[-1]]) + n - 1
    column = size * np.arange(longest) if comparison.positional else np.zeros(longest, dtype=np.int64)
    blocks = list(_blocks(order, lengths[order], n))
    pieces = [numbers[block.begin : block.end].reshape(-1, block.width)[:, : block.parts] + column[: block.parts] for block in blocks]
    found, first = _distinct(np.concatenate([piece.ravel() for piece in pieces]), size * (longest if comparison.positional else 1))
    ends = np.cumsum([piece.size for piece in pieces])
    spelled = []
    for block, place in ((blocks[at], place) for at, place in _within(ends, first)):
        row, start = divmod(place, block.parts)
        begin = block.begin + row * block.width + start
        text = line[begin : begin + n]
        spelled.append(f"{start + 1} {text}" if comparison.positional else text)
    cut = [piece.reshape(-1, block.parts) for piece, block in zip(np.split(found, ends[:-1]), blocks, strict=True)]
    return Parts([text.encode(encoding) for text in spelled], tuple(zip((block.values for block in blocks), cut, strict=True)))


@dataclass(frozen=True, slots=True)
class _Block:
    """Texts of one length in the row of letters: from ``begin`` to ``end``, ``width`` letters and so many ``parts`` each."""

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


def _within(ends: Integers, places: Integers) -> Iterator[tuple[int, int]]:
    """For each of *places* in pieces that have these *ends*: which piece it is in, and where in it."""
    pieces = np.searchsorted(ends, places, side="right")
    return zip(pieces.tolist(), (places - np.append(0, ends)[pieces]).tolist(), strict=True)


def _in_base(line: str, n: int) -> tuple[Integers, int]:
    """A number for the *n* letters from each place of *line* on, the same for the same letters, and a bound of all numbers."""
    points = np.frombuffer(line.encode("utf-32-le"), dtype=np.uint32)
    letters, size = _ranked(points.astype(np.int64), int(points.max()) + 1)
    base, numbers = size, letters
    for shift in range(1, n):
        if size * base >= NUMBER_MAX:
            numbers, size = _ranked(numbers, size)
        following = np.zeros_like(letters)
        following[: len(letters) - shift] = letters[shift:]
        numbers, size = numbers * base + following, size * base
    return numbers, size


def _ranked(numbers: Integers, size: int) -> tuple[Integers, int]:
    """*numbers* (under *size*) as places among the distinct ones, and how many these are."""
    found, first = _distinct(numbers, size)
    return found, len(first)


def _distinct(numbers: Integers, size: int) -> tuple[Integers, Integers]:
    """The place of each of *numbers* (under *size*) among the distinct ones, and where each distinct one occurs."""
    if size > max(LISTED_MAX, len(numbers)):
        _, first, found = np.unique(numbers, return_index=True, return_inverse=True)
        return found.astype(np.int64), first.astype(np.int64)
    occurs = np.full(size, -1, dtype=np.int64)
    occurs[numbers] = np.arange(len(numbers))
    present = np.flatnonzero(occurs >= 0)
    first = occurs[present]
    occurs[present] = np.arange(len(present))
    return occurs[numbers], first


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
