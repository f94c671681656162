"""Distinct values of a column as clkhash encodes them: checked against the feature's format, in one form, missing ones replaced.

Nothing is repaired: no case, accent, space or Unicode form is changed, because clkhash changes none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from schemas.linkage_schema import DateFormat, EnumFormat, Feature, Format, IntegerFormat, TextFormat

NUMBER, DAY, LISTED = "is no whole number", "is no day of the declared format", "is not in the list of values"
SMALL, LARGE, SHORT, LONG = "is under the minimum", "is over the maximum", "is shorter than minLength", "is longer than maxLength"
PATTERN, UPPER, LOWER, LETTERS = "does not match the pattern", "is not upper case", "is not lower case", "has letters outside its encoding"
_FIXED: Final = {"Y": 4, "m": 2, "d": 2}


@dataclass(slots=True)
class Formatted:
    """``texts``: what is encoded of each distinct value; ``faults``: the places of values by what is wrong with them."""

    texts: list[str]
    faults: dict[str, list[int]] = field(default_factory=dict)

    def refuse(self, reason: str, places: Iterable[int]) -> None:
        """Note that the values at *places* have a fault."""
        found = list(places)
        if found:
            self.faults.setdefault(reason, []).extend(found)


def formatted(feature: Feature, texts: list[str]) -> Formatted:
    """The distinct *texts* of *feature*, missing ones as the empty text, in the form that is encoded."""
    missing = feature.hashing.missing if feature.hashing else None
    absent = None
    if missing is not None and missing.sentinel in texts:  # it is neither checked nor brought to a form
        absent = texts.index(missing.sentinel)
        texts = [*texts[:absent], *texts[absent + 1 :]]
    done = _by_format(feature.format, texts) if feature.format else Formatted(texts)
    if absent is None or missing is None:
        return done
    replacement = missing.sentinel if missing.replacement is None else missing.replacement
    shifted = {reason: [place + (place >= absent) for place in places] for reason, places in done.faults.items()}
    whole = Formatted([*done.texts[:absent], replacement, *done.texts[absent:]], shifted)
    if isinstance(feature.format, TextFormat) and feature.format.encoding == "ascii" and not replacement.isascii():
        whole.refuse(LETTERS, [absent])
    return whole


def _by_format(form: Format, texts: list[str]) -> Formatted:
    match form:
        case TextFormat():
            return _text(form, texts)
        case IntegerFormat():
            return _integer(form, texts)
        case DateFormat():
            return _date(form, texts)
        case EnumFormat():
            return _listed(form, texts)


def _text(form: TextFormat, texts: list[str]) -> Formatted:
    done = Formatted(texts)

    def require(holds: Callable[[str], object], reason: str) -> None:
        done.refuse(reason, (place for place, text in enumerate(texts) if not holds(text)))

    if form.encoding == "ascii":
        require(str.isascii, LETTERS)
    if form.pattern is not None:
        require(re.compile(form.pattern).fullmatch, PATTERN)
    lower, upper = form.minimum, form.maximum
    lengths = list(map(len, texts)) if lower is not None or upper is not None else []
    if lower is not None and min(lengths, default=lower) < lower:
        require(lambda text: len(text) >= lower, SHORT)
    if upper is not None and max(lengths, default=upper) > upper:
        require(lambda text: len(text) <= upper, LONG)
    if form.case == "upper":
        require(lambda text: text.upper() == text, UPPER)
    if form.case == "lower":
        require(lambda text: text.lower() == text, LOWER)
    return done


def _integer(form: IntegerFormat, texts: list[str]) -> Formatted:
    numbers = _whole(texts)
    if None not in numbers:
        done = Formatted(list(map(str, numbers)))
    else:
        done = Formatted(["" if number is None else str(number) for number in numbers])
        done.refuse(NUMBER, (place for place, number in enumerate(numbers) if number is None))
    lower, upper = form.minimum, form.maximum
    if lower is not None:
        done.refuse(SMALL, [place for place, number in enumerate(numbers) if number is not None and number < lower])
    if upper is not None:
        done.refuse(LARGE, [place for place, number in enumerate(numbers) if number is not None and number > upper])
    return done


def _whole(texts: list[str]) -> Sequence[int | None]:
    """*texts* as Python reads whole numbers: with a sign, outer space, underscores or digits of any script."""
    try:
        return list(map(int, texts))
    except ValueError:  # also one of more digits than Python reads
        return [_number(text) for text in texts]


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _listed(form: EnumFormat, texts: list[str]) -> Formatted:
    done, values = Formatted(texts), frozenset(form.values)
    done.refuse(LISTED, (place for place, text in enumerate(texts) if text not in values))
    return done


def _date(form: DateFormat, texts: list[str]) -> Formatted:
    days = _plain_days(form.format, texts)
    if days is None:
        days = [_day(text, form.format) for text in texts]
    done = Formatted(["" if day is None else day for day in days])
    done.refuse(DAY, (place for place, day in enumerate(days) if day is None))
    return done


def _day(text: str, form: str) -> str | None:
    try:
        return datetime.strptime(text, form).strftime("%Y%m%d")  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return None


def _plain_days(form: str, texts: list[str]) -> list[str | None] | None:
    """*texts* by whole columns of digits, where *form* is year, month and day in any order and all are written in full; else None."""
    parts = re.findall(r"%(.)|([^%])", form, re.DOTALL)
    if sorted(name for name, _ in parts if name) != ["Y", "d", "m"] or any(sign.isspace() for _, sign in parts):
        return None
    widths = [_FIXED[name] if name else 1 for name, _ in parts]
    joined = "".join(texts)
    if not texts or not joined.isascii() or any(len(text) != sum(widths) for text in texts):
        return None
    letters = np.frombuffer(joined.encode(), dtype=np.uint8).reshape(len(texts), -1)
    pieces, start = {}, 0
    for (name, sign), width in zip(parts, widths, strict=True):
        piece, start = letters[:, start : start + width], start + width
        if name:
            pieces[name] = piece
        elif not sign.isascii() or (piece != ord(sign)).any():
            return None
    found = np.concatenate([pieces[name] for name in "Ymd"], axis=1)
    if ((found < ord("0")) | (found > ord("9"))).any() or not _exist(found.astype(np.int64) - ord("0")):
        return None  # a fault, or a form that strptime reads and this does not
    plain = found.tobytes().decode()
    return [plain[start : start + 8] for start in range(0, len(plain), 8)]


def _exist(digits: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> bool:
    """Whether all days of *digits*, ``yyyymmdd``, are in the calendar, from the year 1000 on."""
    year = digits[:, :4] @ [1000, 100, 10, 1]
    month, day = digits[:, 4:6] @ [10, 1], digits[:, 6:] @ [10, 1]
    if (year < 1000).any() or ((month < 1) | (month > 12) | (day < 1)).any():
        return False
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    lengths = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    return bool((day <= lengths).all())
