"""The derived columns that token families read: every field in the forms two registers can agree on.

Input: the identity fields of persons by meaning, as text.  Output: one :class:`~privacy.pseudonymise.coded.Coded` per
derived column, all of the same length.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from privacy.pseudonymise import addresses, normalise, phones
from privacy.pseudonymise.coded import Coded, empty, together
from schemas.register import Meaning

PREFIX_CHARACTERS: Final = 3
ADDRESS: Final = ("street", "number", "postcode", "locality", "area", "municipality", "phone")
"""The derived columns that a restricted person does not have: where he or she can be found or reached."""
GIVEN_PARTS: Final = 4
SURNAME_PARTS: Final = 2


@functools.lru_cache(maxsize=1 << 16)
def iso_date(text: str) -> str:
    """``yyyy-mm-dd`` of a date as written, calendar or not; empty if it is none."""
    return "-".join(normalise.date_parts(text) or ())


def derive(fields: Mapping[Meaning, Coded], rows: int) -> dict[str, Coded]:
    """The derived columns of *rows* persons from their identity *fields* (absent meanings are missing throughout)."""

    def field(meaning: Meaning) -> Coded:
        return fields.get(meaning) or empty(rows)

    derived = _names(field("given_names"), field("surname"), field("former_surname"))
    derived["birth_date"] = field("birth_date").map(iso_date)
    written = field("street")
    place = written.only(~written.holds(addresses.nowhere))
    number = field("street_number").otherwise(place.map(addresses.number_within)).only(~written.holds(addresses.nowhere))
    derived["street"] = place.map(lambda text: normalise.sound(addresses.street(text)))
    derived["number"] = number.map(addresses.street_number)
    derived["postcode"] = field("postcode").map(addresses.postcode)
    derived["locality"] = field("locality").map(lambda text: normalise.sound(addresses.locality(text)))
    derived["area"] = field("area").map(lambda text: normalise.sound("".join(normalise.name_parts(text))))
    derived["municipality"] = field("municipality").map(normalise.clean)
    number = field("phone")
    derived["phone"] = number.replaced(phones.phones(number.texts))  # nearly all are different, so they are many
    return derived


def _names(given: Coded, surname: Coded, former: Coded) -> dict[str, Coded]:
    first = given.map(lambda text: "".join(normalise.given_names(text)[:1]))
    whole = surname.map(_whole)
    derived = {"given_letters": first, "surname_letters": whole}
    forms: dict[str, Callable[[str], str]] = {
        "folded": normalise.fold,
        "sound": normalise.sound,
        "prefix": lambda letters: normalise.fold(letters)[:PREFIX_CHARACTERS],
        "initial": lambda letters: normalise.fold(letters)[:1],
    }
    for form, function in forms.items():
        one, other = together(first.map(function), whole.map(function))
        derived[f"given_{form}"], derived[f"surname_{form}"] = one, other
        derived[f"low_{form}"], derived[f"high_{form}"] = _sorted(one, other)
    for number in range(GIVEN_PARTS):
        derived |= _nth(f"given_{number + 1}", given, normalise.given_names, number)
    for number in range(SURNAME_PARTS):
        derived |= _nth(f"surname_{number + 1}", surname, normalise.surnames, number)
        derived |= _nth(f"former_{number + 1}", former, normalise.surnames, number)
    return derived


def _whole(text: str) -> str:
    return "".join(normalise.surnames(text))


def _nth(name: str, column: Coded, parts: Callable[[str], tuple[str, ...]], number: int) -> dict[str, Coded]:
    """The part at *number* of what *parts* finds in each text: folded as *name*, by its sound as ``{name}_sound``."""
    part = column.map(lambda text: "".join(parts(text)[number : number + 1]))
    return {name: part.map(normalise.fold), f"{name}_sound": part.map(normalise.sound)}


def _sorted(one: Coded, other: Coded) -> tuple[Coded, Coded]:
    """Both columns over one dictionary, each row's lower value first; a row that lacks either has neither."""
    both = one.present & other.present
    low = Coded(np.minimum(one.codes, other.codes), one.texts)
    high = Coded(np.maximum(one.codes, other.codes), one.texts)
    return low.only(both), high.only(both)
