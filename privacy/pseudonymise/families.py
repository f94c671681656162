"""Which match tokens there are: the families of a token profile, public and frozen by ``tests/vectors/tokens.json``.

A family is a tuple of *positions*, each filled from a derived column in each of its variants; a family with several
*alternatives* fills the same positions from different columns (a bag of names).  Slots are the product of the variants,
summed over the alternatives.

What may be a family: it holds the birth date with at most one wildcard or missing digit; or both names with an address part;
or the given name with two address parts; or the given name, or both initials, with a telephone number.  A surname with an
address and nothing else is a household, not a person: in the profile ``thorough`` only (docs/decisions/0025).  Never names
alone: they repeat in a population, and such tokens fall to a frequency attack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from schemas.tokens import Profile, TokenFamily

Variants = Literal["exact", "deletions", "date_wildcards", "date_deletions", "postcode_wildcards"]
DELETION_CHARACTERS: Final = 9
"""Deletion variants look at this many leading characters."""
DATE_DIGITS: Final = 8
POSTCODE_CHARACTERS: Final = 5
WILDCARD: Final = "*"
"""Stands for one date part or one postcode character; outside the alphabet of both."""
COUNTS: Final[dict[Variants, int]] = {
    "exact": 1,
    "deletions": DELETION_CHARACTERS + 1,
    "date_wildcards": 3,
    "date_deletions": DATE_DIGITS,
    "postcode_wildcards": POSTCODE_CHARACTERS,
}
HOLDERS_MAX: Final = 20
"""So many records of one register may hold a match token, unless its family says otherwise: one held by more shows a frequency."""


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

    def holders_max(self, *, alone: bool) -> int:
        """How many persons of one register may hold a token; if more do, it is replaced by random bits in all of them.

        Who shares tokens with whom within a register is a graph, and whoever has a list of its people can draw the same graph
        from the list.  So persons stand *alone* where codes tell them apart, unless the agreement says otherwise: then only
        namesakes of nearly one birth date share tokens, who are too few to be recognised by it (decision 32).
        """
        return HOLDERS_MAX if self.public.namesakes or not alone else 1

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
ANY_DIGIT: Final = Term("birth_date", "birth_date", "date_deletions")
ANY_POSTCODE: Final = Term("postcode", "postcode", "postcode_wildcards")
LEAN: Final[tuple[Profile, ...]] = ("lean", "standard", "thorough")
"""The profiles of a family that all of them have."""
STANDARD: Final[tuple[Profile, ...]] = ("standard", "thorough")
THOROUGH: Final[tuple[Profile, ...]] = ("thorough",)


def _both(form: str, *others: Term) -> tuple[tuple[Term, ...], ...]:
    """Both names in *form*, the alphabetically lower first: swapped fields give the same tuple."""
    return ((Term("low", f"low_{form}"), Term("high", f"high_{form}"), *others),)


def _either(columns: tuple[str, ...], variants: Variants, *others: Term) -> tuple[tuple[Term, ...], ...]:
    """Any one of *columns* in the one position ``name``."""
    return tuple((Term("name", column, variants), *others) for column in columns)


def _on_a_line(form: str, *others: Term) -> tuple[tuple[Term, ...], ...]:
    """Both names in *form* and either line of the address, in the one position ``line``: lines change places too."""
    return tuple((*_both(form)[0], Term("line", column), *others) for column in ("street", "area"))


def _given(form: str, *others: Term, variants: Variants = "exact") -> tuple[tuple[Term, ...], ...]:
    return ((Term("given", f"given_{form}", variants), *others),)


def _surname(form: str, *others: Term, variants: Variants = "exact") -> tuple[tuple[Term, ...], ...]:
    return ((Term("surname", f"surname_{form}", variants), *others),)


def _at(*columns: str) -> tuple[Term, ...]:
    return tuple(Term(column, column) for column in columns)


_GIVEN_SOUNDS: Final = ("given_1_sound", "given_2_sound", "given_3_sound", "given_4_sound")
_FAMILIES: Final[tuple[tuple[tuple[Profile, ...], tuple[tuple[Term, ...], ...]], ...]] = (
    # names and birth date: all that a register without addresses has
    (LEAN, ((Term("given", "given_letters"), Term("surname", "surname_letters"), DAY),)),
    (LEAN, _both("folded", ANY_PART)),
    (STANDARD, _both("sound", ANY_PART)),
    (LEAN, _both("prefix", ANY_PART)),
    (LEAN, _either(("given_prefix", "surname_prefix"), "exact", DAY)),
    (LEAN, _either(("given_sound", "surname_sound"), "exact", DAY)),
    (LEAN, _either(("given_1", "given_2", "given_3", "given_4"), "exact", DAY)),
    (LEAN, _either(("surname_1", "surname_2", "former_1", "former_2"), "exact", DAY)),
    # birth date and an address part: for names that changed altogether
    (LEAN, ((DAY, ANY_POSTCODE),)),
    (LEAN, ((DAY, *_at("locality")),)),
    (LEAN, ((DAY, *_at("number", "municipality")),)),
    (LEAN, ((ANY_PART, *_at("street", "number")),)),
    # both names and an address part: for birth dates that are missing or wrong
    (LEAN, _both("sound", *_at("postcode"))),
    (LEAN, _both("prefix", *_at("postcode"))),
    (LEAN, _both("sound", *_at("street"))),
    (LEAN, _both("sound", *_at("number", "municipality"))),
    (LEAN, _both("prefix", *_at("street", "number"))),
    (LEAN, _on_a_line("prefix")),
    (LEAN, _both("initial", *_at("street", "area"))),
    # given name and a street with one more part: for a changed surname
    (LEAN, _given("sound", *_at("street", "number"))),
    (LEAN, _given("sound", *_at("street", "area"))),
    (LEAN, _given("sound", *_at("area", "number"))),
    # a name and the telephone number: for those who leave no birth date
    (LEAN, _either(_GIVEN_SOUNDS, "exact", *_at("phone"))),
    (LEAN, _both("initial", *_at("phone"))),
    # the same with coarser names: for several errors at once
    (LEAN, _both("prefix", *_at("locality"))),
    (LEAN, _both("initial", *_at("number", "postcode"))),
    (LEAN, _given("prefix", *_at("number", "locality"))),
    (STANDARD, _given("prefix", *_at("street", "locality"))),
    (STANDARD, _given("prefix", *_at("postcode", "area"))),
    (STANDARD, _given("prefix", *_at("number", "area"))),
    (STANDARD, _on_a_line("initial", *_at("locality"))),
    (STANDARD, _both("prefix", ANY_POSTCODE)),
    # a finer name: of two namesakes in one postcode area, the one who is spelled alike or has the name among the given ones
    (STANDARD, _both("folded", *_at("postcode"))),
    (STANDARD, _either(_GIVEN_SOUNDS, "exact", Term("surname", "surname_sound"), *_at("postcode"))),
    # typing errors in the beginning of a name, in any digit of the birth date, in the address besides
    (STANDARD, _surname("folded", DAY, variants="deletions")),
    (STANDARD, ((ANY_DIGIT, *_at("postcode")),)),
    (STANDARD, ((DAY, *_at("area")),)),
    (STANDARD, ((ANY_PART, *_at("number", "area")),)),
    # two errors in what identifies: many tokens for few persons more
    (THOROUGH, _given("folded", DAY, variants="deletions")),
    (THOROUGH, _both("sound", ANY_DIGIT)),
    (THOROUGH, _both("prefix", ANY_DIGIT)),
    (THOROUGH, _either(("given_prefix", "surname_prefix"), "exact", ANY_DIGIT)),
    (THOROUGH, ((ANY_DIGIT, *_at("locality")),)),
    (THOROUGH, ((ANY_DIGIT, *_at("street")),)),
    (THOROUGH, _both("sound", ANY_POSTCODE)),
    (THOROUGH, _given("folded", Term("surname", "surname_sound"), *_at("postcode"), variants="deletions")),
    (THOROUGH, _surname("folded", Term("given", "given_sound"), *_at("postcode"), variants="deletions")),
    (THOROUGH, _given("folded", *_at("number", "locality"), variants="deletions")),
    # a surname and an address: a household, as the dwelling token is (decision 25)
    (THOROUGH, _surname("sound", *_at("street", "number"))),
    (THOROUGH, _surname("sound", *_at("street", "postcode"))),
    (THOROUGH, _surname("sound", *_at("street", "area"))),
    (THOROUGH, _surname("sound", *_at("number", "postcode"))),
    (THOROUGH, _surname("sound", *_at("number", "locality"))),
)


def _of(profile: Profile) -> tuple[Family, ...]:
    """The families of *profile*; a family has one number, and hence one key, in all of them."""
    return tuple(Family(f"m{number:02d}", alternatives) for number, (profiles, alternatives) in enumerate(_FAMILIES) if profile in profiles)


PROFILES: Final[dict[Profile, tuple[Family, ...]]] = {profile: _of(profile) for profile in LEAN}


def layout(profile: Profile) -> tuple[TokenFamily, ...]:
    """The families of *profile* in column order, as the manifest lists them."""
    return tuple(family.public for family in PROFILES[profile])
