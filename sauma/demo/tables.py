"""The demonstration's declared tables (names, places, error rates), and one random stream per purpose.

Each purpose draws from its own stream, named by a word: changing how one register errs leaves every other
register, and the people themselves, as they were.
"""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas.contract import load_toml

AS_OF = datetime.date(2025, 12, 31)
"""The day on which the region is described; the registers cover the year that ends on it."""
YEAR_DAYS = 365.2425

Text = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]
Bytes = npt.NDArray[np.uint8]


def table(name: str) -> Mapping[str, Any]:
    """The package's own table *name* (``names.toml``, ``places.toml``, ``error_rates.toml``)."""
    return load_toml(resources.files("sauma.demo").joinpath(name).read_bytes(), place=name)


def rates(section: str) -> Mapping[str, float]:
    """The declared error rates of one register, or of the region: probability per person or card."""
    chosen: Mapping[str, float] = table("error_rates.toml")[section]
    return chosen


def stream(seed: int, purpose: str) -> np.random.Generator:
    """The random stream of *purpose* under *seed*."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode("ascii"))])


def texts(values: Sequence[str]) -> Text:
    """*values* as an object array, shape (n,)."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def mapped(values: Text, change: Callable[[str], str]) -> Text:
    """*change* of each value, worked out once for each distinct one; shape of *values*."""
    codes, found = pd.factorize(values)
    return texts([change(value) for value in found])[codes]


def among(values: Text, chosen: Collection[str]) -> Flags:
    """Whether each value is one of *chosen*; shape of *values*."""
    codes, found = pd.factorize(values)
    flags: Flags = np.array([value in chosen for value in found], dtype=bool)[codes]
    return flags


def numerals(numbers: Numbers) -> Text:
    """Whole numbers as text, each distinct one written once; shape (n,)."""
    codes, found = pd.factorize(numbers)
    return texts([str(number) for number in found.tolist()])[codes]


def digits(numbers: Numbers, width: int) -> Bytes:
    """Decimal digits as ASCII, leading zeros kept, shape (n, width)."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    shown: Bytes = (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    return shown


def spelled(*columns: Bytes) -> Text:
    """ASCII columns side by side as text, shape (n,); each column is (n,) or (n, letters)."""
    grid = np.ascontiguousarray(np.hstack([column.reshape(len(column), -1) for column in columns]))
    words: Text = grid.view(f"S{grid.shape[1]}")[:, 0].astype(str).astype(object)
    return words


def iso(days: Days) -> Text:
    """Dates as ``2014-03-09``, empty for no date."""
    return _dates(days, lambda year, month, day: f"{year}-{month:02d}-{day:02d}")


def finnish(days: Days) -> Text:
    """Dates as ``9.3.2014``, without leading zeros, empty for no date."""
    return _dates(days, lambda year, month, day: f"{day}.{month}.{year}")


def _dates(days: Days, form: Callable[[int, int, int], str]) -> Text:
    """Each distinct day written once."""
    codes, found = pd.factorize(days.astype("datetime64[D]").astype(np.int64))
    shown = [value.item() for value in found.astype("datetime64[D]")]
    return texts([form(day.year, day.month, day.day) if day else "" for day in shown])[codes]


def falling(count: int, exponent: float = 0.6) -> Reals:
    """Probabilities that fall with rank as names do: proportional to rank ** -exponent, shape (count,)."""
    weight = np.arange(1, count + 1, dtype=np.float64) ** -exponent
    shares: Reals = weight / weight.sum()
    return shares


def some(rng: np.random.Generator, count: int, rate: float, among: Flags | None = None) -> Flags:
    """Independent flags with probability *rate*, never set outside *among*; shape (count,)."""
    chosen: Flags = rng.random(count) < rate
    return chosen if among is None else chosen & among


def ages(born: Days, day: datetime.date = AS_OF) -> Numbers:
    """Whole years lived on *day*, by the calendar; shape of *born*."""
    months = born.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    number = (born - months.astype("datetime64[D]")).astype(np.int64) + 1
    had = (month < day.month) | ((month == day.month) & (number <= day.day))
    result: Numbers = day.year - year - np.where(had, 0, 1)
    return result
