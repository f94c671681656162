"""The ways in which registers are wrong: each takes texts and flags, and damages the flagged.

Every function returns the new texts; those that find nothing to damage in a text leave it as it was.  None walks
through the texts one by one: they work on grids of letters, shape (texts, letters), or on distinct values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice, product

import numpy as np
import numpy.typing as npt
import pandas as pd

from sauma.demo.hetu import LETTERS
from sauma.demo.tables import Days, Flags, Numbers, Text, mapped, table, texts

_LETTERS = np.array([ord(letter) for letter in "aeioulnstrkmpäöhv"], dtype=np.uint32)
_CONTROL = np.array([ord(letter) for letter in LETTERS], dtype=np.uint32)
_FOLD = str.maketrans("äöåõüéáÄÖÅÕÜÉÁŠŽšžŋčđŧŊČĐŦ", "aoaoueaAOAOUEASZszncdtNCDT")
_SPELLINGS_MAX = 12
"""Spellings of one whole name that are told apart: the first of all combinations."""
_Grid = npt.NDArray[np.uint32]


def each(values: Text, chosen: Flags, change: Callable[[str], str]) -> Text:
    """*values* with *change* applied where *chosen*, once for each distinct text."""
    out = values.copy()
    out[chosen] = mapped(values[chosen], change)
    return out


def typing_errors(values: Text, chosen: Flags, rng: np.random.Generator) -> Text:
    """One letter left out, doubled, replaced, or exchanged with the next; texts of one or two letters stay."""
    out = values.copy()
    grid, length = _letters(values[chosen])
    at = 1 + (rng.random(len(length)) * (length - 2)).astype(np.int64)
    kind = rng.integers(4, size=len(length))
    grid[kind == 2, at[kind == 2]] = rng.choice(_LETTERS, size=int((kind == 2).sum()))
    place = np.arange(grid.shape[1])[None, :]
    here = at[:, None]
    source = np.where((kind == 0)[:, None] & (place >= here), place + 1, place)
    source = np.where((kind == 1)[:, None] & (place > here), place - 1, source)
    exchanged = (kind == 3)[:, None] & ((place == here) | (place == here + 1))
    source = np.where(exchanged, 2 * here + 1 - place, source)
    damaged = np.take_along_axis(grid, np.minimum(source, grid.shape[1] - 1), axis=1)
    out[chosen] = np.where(length >= 3, _words(damaged), values[chosen])
    return out


def spellings(values: Text, chosen: Flags, rng: np.random.Generator) -> Text:
    """Another spelling of each name that has some, word by word."""
    groups = {name: group["spellings"] for group in table("names.toml")["variants"] for name in group["spellings"]}
    codes, found = pd.factorize(values[chosen])
    ways = [_respelled(text, groups) for text in found]
    count = np.array([len(way) for way in ways], dtype=np.int64)
    first = np.cumsum(count) - count
    out = values.copy()
    drawn = (rng.random(len(codes)) * count[codes]).astype(np.int64)
    out[chosen] = texts([text for way in ways for text in way])[first[codes] + drawn]
    return out


def _respelled(text: str, groups: Mapping[str, list[str]]) -> list[str]:
    """The ways to write *text*, each word in any spelling of its group; the first few of all combinations."""
    ways = product(*(groups.get(word, [word]) for word in text.split(" ")))
    return [" ".join(words) for words in islice(ways, _SPELLINGS_MAX)]


def folded(values: Text, chosen: Flags) -> Text:
    """``Päivi`` as ``Paivi``: a system without the letters."""
    return each(values, chosen, lambda text: text.translate(_FOLD))


def capitals(values: Text, chosen: Flags) -> Text:
    """ALL CAPITALS, as old terminals wrote."""
    return each(values, chosen, str.upper)


def swapped(first: Text, second: Text, chosen: Flags) -> tuple[Text, Text]:
    """The two fields exchanged."""
    return np.where(chosen, second, first).astype(object), np.where(chosen, first, second).astype(object)


def wrong_dates(days: Days, chosen: Flags, rng: np.random.Generator) -> Days:
    """Day and month exchanged where both allow it, else one digit of the day or of the year changed."""
    whole = days[chosen]
    months = whole.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (whole - months.astype("datetime64[D]")).astype(np.int64) + 1
    exchanged = (day <= 12) & (day != month) & (rng.random(len(day)) < 0.5)
    other_day = ~exchanged & (rng.random(len(day)) < 0.6)
    tens = day // 10
    # the digits that a day of the same tens may end in: 1-9, 10-19, 20-28; another one than it has
    low, size = np.where(tens == 0, 1, 0), np.select([tens == 0, tens == 1], [9, 10], 9)
    turned = (day % 10 - low + rng.integers(1, 8, len(day))) % size + low + 10 * tens
    changed_day = np.where(tens == 3, 28, turned)
    later = np.where(year % 10, -1, 1)
    new_year = np.where(exchanged | other_day, year, year + later)
    new_month = np.where(exchanged, day, month)
    new_day = np.select([exchanged, other_day], [month, changed_day], np.minimum(day, 28))
    out = days.astype("datetime64[D]").copy()
    out[chosen] = date_of(new_year, new_month, new_day)
    return out


def date_of(year: Numbers, month: Numbers, day: Numbers) -> Days:
    """The calendar days of numbers, shape (n,)."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    found: Days = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    return found


def wrong_control(values: Text, chosen: Flags, rng: np.random.Generator) -> Text:
    """Personal identity codes whose control character does not fit."""
    out = values.copy()
    grid, length = _letters(values[chosen])
    place = np.array([LETTERS.find(chr(code)) for code in range(128)], dtype=np.int64)
    ends = np.arange(len(length)), length - 1
    grid[ends] = _CONTROL[(place[grid[ends]] + rng.integers(1, len(LETTERS), len(length))) % len(LETTERS)]
    out[chosen] = _words(grid)
    return out


def sign_missing(values: Text, chosen: Flags) -> Text:
    """Ten characters: the century sign is lost, as in systems that stored birth date and tail."""
    return each(values, chosen, lambda code: code[:6] + code[7:])


def untidy(values: Text, chosen: Flags, rng: np.random.Generator) -> Text:
    """Lower case, or blanks around: the same code all the same."""
    lower = chosen & (rng.random(len(values)) < 0.5)
    return each(each(values, lower, str.lower), chosen & ~lower, lambda code: f" {code} ")


def _letters(values: Text) -> tuple[_Grid, Numbers]:
    """The letters of each text as code points, shape (n, longest + 1), and how many each has."""
    words = values.astype(str)
    width = words.dtype.itemsize // 4
    grid = np.zeros((len(words), width + 1), dtype=np.uint32)
    grid[:, :width] = np.ascontiguousarray(words).view(np.uint32).reshape(len(words), width)
    return grid, (grid != 0).sum(axis=1)


def _words(grid: _Grid) -> Text:
    words: Text = np.ascontiguousarray(grid).view(f"U{grid.shape[1]}")[:, 0].astype(object)
    return words
