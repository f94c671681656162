"""Which match tokens there are: the families of a token profile, public and frozen by ``tests/vectors/tokens.json``.

A family is a tuple of *positions*, each filled from a derived column in each of its variants; a family with several
*alternatives* fills the same positions from different columns (a bag of names).  Slots are the product of the variants,
summed over the alternatives.

What may be a family: it holds the birth date with at most one wildcard; or both names with an address part; or the given
name with a street and one more address part; or the given name, or both initials, with a telephone number.  Never a
surname with an address or a number and nothing else: that is a household, not a person.  Never names alone: they repeat
in a population, and such tokens fall to a frequency attack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from schemas.tokens import Profile, TokenFamily

Variants = Literal["exact", "deletions", "date_wildcards", "postcode_wildcards"]
DELETION_CHARACTERS: Final = 9
"""Deletion variants look at this many leading characters."""
POSTCODE_CHARACTERS: Final = 5
WILDCARD: Final = "*"
"""Stands for one date part or one postcode character; outside the alphabet of both."""
COUNTS: Final[dict[Variants, int]] = {
    "exact": 1,
    "deletions": DELETION_CHARACTERS + 1,
    "date_wildcards": 3,
    "postcode_wildcards": POSTCODE_CHARACTERS,
}


@dataclass(frozen=True, slots=True)
class Term:
    """One position of a family, filled from *column* in each of *variants*."""

    position: str
    column: str
    variants: Variants = "exact"

    @property
    def slots(self) -> int:
        """How many variants the term always has, used or not."""
        return COUNTS[self.variants]

    def __str__(self) -> str:
        return self.column if self.variants == "exact" else f"{self.column}:{self.variants}"


@dataclass(frozen=True, slots=True)
class Family:
    """A token family: alternatives that fill the same positions."""

    name: str
    alternatives: tuple[tuple[Term, ...], ...]

    @property
    def slots(self) -> int:
        """The fixed number of tokens a record has in this family."""
        total = 0
        for alternative in self.alternatives:
            product = 1
            for term in alternative:
                product *= term.slots
            total += product
        return total

    @property
    def columns(self) -> tuple[str, ...]:
        """The derived columns the family reads, each once: together the record's canonical tuple."""
        return tuple(dict.fromkeys(term.column for alternative in self.alternatives for term in alternative))

    @property
    def public(self) -> TokenFamily:
        """The family as the manifest names it."""
        components = tuple("+".join(map(str, alternative)) for alternative in self.alternatives)
        return TokenFamily(name=self.name, components=components, slots=self.slots)


DAY: Final = Term("birth_date", "birth_date")
ANY_PART: Final = Term("birth_date", "birth_date", "date_wildcards")


def _both(form: str, *others: Term) -> tuple[tuple[Term, ...], ...]:
    """Both names in *form*, the alphabetically lower first: swapped fields give the same tuple."""
    return ((Term("low", f"low_{form}"), Term("high", f"high_{form}"), *others),)


def _either(columns: tuple[str, ...], variants: Variants, *others: Term) -> tuple[tuple[Term, ...], ...]:
    """Any one of *columns* in the one position ``name``."""
    return tuple((Term("name", column, variants), *others) for column in columns)


def _at(*columns: str) -> tuple[Term, ...]:
    return tuple(Term(column, column) for column in columns)


_STANDARD: Final = (
    # names and birth date: all that a register without addresses has
    ((Term("given", "given_letters"), Term("surname", "surname_letters"), DAY),),
    _both("folded", ANY_PART),
    _both("sound", ANY_PART),
    _both("prefix", ANY_PART),
    _either(("given_folded", "surname_folded"), "deletions", DAY),
    _either(("given_sound", "surname_sound"), "exact", DAY),
    _either(("given_1", "given_2", "given_3", "given_4"), "exact", DAY),
    _either(("surname_1", "surname_2", "former_1", "former_2"), "exact", DAY),
    # birth date and an address part: for names that changed altogether
    ((DAY, Term("postcode", "postcode", "postcode_wildcards")),),
    ((DAY, *_at("locality")),),
    ((DAY, *_at("number", "municipality")),),
    ((ANY_PART, *_at("street", "number")),),
    # both names and an address part: for birth dates that are missing or wrong
    _both("sound", *_at("postcode")),
    _both("prefix", *_at("postcode")),
    _both("sound", *_at("street")),
    _both("sound", *_at("number", "municipality")),
    _both("prefix", *_at("street", "number")),
    _both("prefix", *_at("area")),
    _both("initial", *_at("street", "area")),
    # given name and a street with one more part: for a changed surname
    ((Term("given", "given_sound"), *_at("street", "number")),),
    ((Term("given", "given_sound"), *_at("street", "area")),),
    ((Term("given", "given_sound"), *_at("area", "number")),),
    # a name and the telephone number: for those who leave no birth date
    _either(("given_1_sound", "given_2_sound", "given_3_sound", "given_4_sound"), "exact", *_at("phone")),
    _both("initial", *_at("phone")),
)
PROFILES: Final[dict[Profile, tuple[Family, ...]]] = {
    "standard": tuple(Family(f"m{number:02d}", alternatives) for number, alternatives in enumerate(_STANDARD)),
}


def layout(profile: Profile) -> tuple[TokenFamily, ...]:
    """The families of *profile* in column order, as the manifest lists them."""
    return tuple(family.public for family in PROFILES[profile])
