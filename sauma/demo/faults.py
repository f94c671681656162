"""The ways in which registers are wrong: each takes texts and flags, and damages the flagged.

Every function returns the new texts; those that find nothing to damage in a text leave it as it was.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sauma.demo.hetu import CONTROL
from sauma.demo.tables import Flags, Text, table

_LETTERS = "aeioulnstrkmpäöhv"
_FOLD = str.maketrans("äöåõüéÄÖÅÕÜÉŠŽšž", "aoaoueAOAOUESZsz")


def each(values: Text, chosen: Flags, change: Callable[[str], str]) -> Text:
    """*values* with *change* applied where *chosen*."""
    out = values.copy()
    for place in np.flatnonzero(chosen):
        out[place] = change(values[place])
    return out


def typing_errors(values: Text, chosen: Flags, rng: np.random.Generator) -> Text:
    """One letter left out, doubled, replaced, or exchanged with the next."""

    def slip(text: str) -> str:
        if len(text) < 3:
            return text
        at, kind = int(rng.integers(1, len(text) - 1)), int(rng.integers(4))
        letter = _LETTERS[int(rng.integers(len(_LETTERS)))]
        middle = ("", text[at] * 2, letter, text[at + 1] + text[at])[kind]
        return text[:at] + middle + text[at + (2 if kind == 3 else 1) :]

    return each(values, chosen, slip)


def spellings(values: Text, chosen: Flags, rng: np.random.Generator) -> Text:
    """Another spelling of each name that has some, word by word."""
    others = {name: group["spellings"] for group in table("names.toml")["variants"] for name in group["spellings"]}

    def respell(text: str) -> str:
        return " ".join(str(rng.choice(others[word])) if word in others else word for word in text.split(" "))

    return each(values, chosen, respell)


def folded(values: Text, chosen: Flags) -> Text:
    """``Päivi`` as ``Paivi``: a system without the letters."""
    return each(values, chosen, lambda text: text.translate(_FOLD))


def capitals(values: Text, chosen: Flags) -> Text:
    """ALL CAPITALS, as old terminals wrote."""
    return each(values, chosen, str.upper)


def swapped(first: Text, second: Text, chosen: Flags) -> tuple[Text, Text]:
    """The two fields exchanged."""
    return np.where(chosen, second, first).astype(object), np.where(chosen, first, second).astype(object)


def wrong_dates(values: Text, chosen: Flags, rng: np.random.Generator) -> Text:
    """ISO dates: day and month exchanged where both allow it, else one digit of the day or of the year changed."""

    def err(text: str) -> str:
        year, month, day = text.split("-")
        if int(day) <= 12 and day != month and rng.random() < 0.5:
            return f"{year}-{day}-{month}"
        if rng.random() < 0.6:
            others = [other for other in range(1, 29) if other // 10 == int(day) // 10 and other != int(day)]
            return f"{year}-{month}-{int(rng.choice(others or [28])):02d}"
        return f"{int(year) - (1 if int(year) % 10 else -1)}-{month}-{min(int(day), 28):02d}"

    return each(values, chosen, err)


def wrong_control(values: Text, chosen: Flags, rng: np.random.Generator) -> Text:
    """Personal identity codes whose control character does not fit."""

    def err(code: str) -> str:
        place = int(np.flatnonzero(code[-1] == CONTROL)[0])
        return code[:-1] + str(CONTROL[(place + int(rng.integers(1, 31))) % 31])

    return each(values, chosen, err)


def sign_missing(values: Text, chosen: Flags) -> Text:
    """Ten characters: the century sign is lost, as in systems that stored birth date and tail."""
    return each(values, chosen, lambda code: code[:6] + code[7:])


def untidy(values: Text, chosen: Flags, rng: np.random.Generator) -> Text:
    """Lower case, or blanks around: the same code all the same."""
    return each(values, chosen, lambda code: code.lower() if rng.random() < 0.5 else f" {code} ")
