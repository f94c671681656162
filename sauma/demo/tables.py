"""The demonstration's declared tables (names, places, error rates), and one random stream per purpose.

Each purpose draws from its own stream, named by a word: changing how one register errs leaves every other
register, and the people themselves, as they were.
"""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from schemas.contract import load_toml

AS_OF = datetime.date(2025, 12, 31)
"""The day on which the region is described; the registers cover the year that ends on it."""
YEAR_DAYS = 365.2425

Text = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]


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
