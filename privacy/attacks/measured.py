"""The attacks that a steward can run before sealing, and whom they find: counts by group, never a person.

The attacker has no key.  Its list is some of the register's own people, with the errors of :mod:`~privacy.attacks.auxiliary`, and
once all of them without any error: nobody's list is better than that.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from privacy.attacks.auxiliary import drawn, overlap, with_errors
from privacy.attacks.exposed import Exposed, exposed, rewritten, taken
from privacy.attacks.frequency import frequency_matches
from privacy.attacks.graph import Graph, shared_tokens
from privacy.attacks.groups import groups
from privacy.attacks.signatures import Claims, extended, unique_matches
from privacy.pseudonymise.check.counts import HOUSE_FLOOR, Count, Shown, Tally, resolved
from privacy.pseudonymise.coded import Booleans, Integers
from privacy.pseudonymise.people import People
from schemas.agreement import Agreement
from schemas.register import Register

FORMAT: Final = "sauma/attack/v0"
OVERLAPS: Final = (("five_per_cent", 0.05, True), ("everybody", 1.0, True), ("everybody_without_errors", 1.0, False))
"""The attacker's lists: a name, the share of the register's people on it, and whether it has errors."""
SEED_BYTES: Final = 32
Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Attacked:
    """What came of one attack with one list.

    ``on_list``: who was on it; ``right``: whom it said rightly; ``wrong``: whom wrongly; each of shape (persons,).
    """

    attack: str
    knows: str
    on_list: Booleans
    right: Booleans
    wrong: Booleans

    @property
    def rate(self) -> Fraction:
        """The share of the people on the list who are said rightly."""
        listed = int(self.on_list.sum())
        return Fraction(int(self.right.sum()), listed) if listed else Fraction(0)


@dataclass(frozen=True, slots=True, repr=False)
class Measured:
    """All attacks on one register."""

    persons: int
    attacks: tuple[Attacked, ...]
    groups: Mapping[str, Mapping[str, Booleans]]

    @property
    def worst(self) -> Fraction:
        """The highest rate of any attack with any list: what the agreement's ceiling is held against."""
        return max((each.rate for each in self.attacks), default=Fraction(0))


def measure(people: People, register: Register, agreement: Agreement, entropy: Entropy) -> Measured:
    """Every attack on *people* of *register* with every list; what is drawn comes from *entropy*."""
    package = _Side.of(exposed(people, register, agreement, entropy))
    found: list[Attacked] = []
    for name, share, errors in OVERLAPS:
        rng = drawn(entropy(SEED_BYTES))
        who = overlap(people.count, share, rng)
        listed = rewritten(taken(people, who), functools.partial(with_errors, rng=rng) if errors else dict)
        mine = _Side.of(exposed(listed, register, agreement, entropy))
        found += [_judged(attack, name, who, claims, people.count) for attack, claims in _claims(mine, package).items()]
    return Measured(people.count, tuple(found), groups(people, register))


@dataclass(frozen=True, slots=True, repr=False)
class _Side:
    """What one side sees, and its graph of shared tokens."""

    seen: Exposed
    tokens: Graph | None

    @staticmethod
    def of(seen: Exposed) -> _Side:
        return _Side(seen, shared_tokens(seen.families) if seen.families else None)


def _claims(mine: _Side, package: _Side) -> dict[str, Claims]:
    found = {}
    if mine.tokens is not None and package.tokens is not None:
        found["match_tokens"] = extended(unique_matches(mine.tokens, package.tokens), mine.tokens, package.tokens)
        found["frequencies"] = frequency_matches(mine.seen.families, package.seen.families)
    one, other = mine.seen.relations, package.seen.relations
    if len(other.source):
        found["relations"] = extended(unique_matches(one, other), one, other)
    if package.seen.months.any():
        own = mine.seen.months, package.seen.months
        found["relations_and_months"] = extended(unique_matches(one, other, own=own), one, other)
    return found


def _judged(attack: str, knows: str, who: Integers, claims: Claims, count: int) -> Attacked:
    on_list, right, wrong = (np.zeros(count, dtype=np.bool_) for _ in range(3))
    on_list[who] = True
    right[who] = claims.record == who
    wrong[who] = claims.made & (claims.record != who)
    return Attacked(attack, knows, on_list, right, wrong)


def document(measured: Measured, agreement: Agreement) -> dict[str, Any]:
    """What may be shown of *measured*: counts from the floor on, rounded down and audited together; rates made of what is shown."""
    tally = Tally()
    floor = max(HOUSE_FLOOR, min(release.minimum_persons for release in agreement.release))
    persons = tally.count(measured.persons)
    attacks = [_counted(each, measured.groups, persons, tally) for each in measured.attacks]
    rounding = tally.rounding(floor)
    shown: dict[str, Any] = resolved({"persons": persons, "attacks": attacks}, rounding)
    for each in shown["attacks"]:
        for line in (each, *(line for group in each["groups"].values() for line in group.values())):
            line["rate"] = share(line["right"], line["on_list"])
    ceiling = agreement.linkage.attack_ceiling
    held = {} if ceiling is None else {"ceiling": ceiling, "above_ceiling": measured.worst > Fraction(ceiling)}
    return {"format": FORMAT, "floor": floor, "rounded_down_to": rounding.base, **shown, **held}


def _counted(each: Attacked, divided: Mapping[str, Mapping[str, Booleans]], persons: Count, tally: Tally) -> dict[str, Any]:
    whole = _line(each, np.ones(len(each.on_list), dtype=np.bool_), tally)
    tally.within(persons, (whole["on_list"],))
    by_group = {}
    for name, members in divided.items():
        lines = {label: _line(each, who, tally) for label, who in members.items()}
        for key in ("on_list", "right", "wrong"):
            tally.within(whole[key], [line[key] for line in lines.values()])
        by_group[name] = lines
    return {"attack": each.attack, "list": each.knows, **whole, "groups": by_group}


def _line(each: Attacked, who: Booleans, tally: Tally) -> dict[str, Count]:
    listed, right, wrong = (tally.count(int((flags & who).sum())) for flags in (each.on_list, each.right, each.wrong))
    tally.within(listed, (right, wrong))
    return {"on_list": listed, "right": right, "wrong": wrong}


def share(part: Shown, whole: Shown) -> str | None:
    """*part* of *whole* as decimals, from what is shown of both; nothing where the whole is hidden or nobody."""
    if not isinstance(whole, int) or not whole:
        return None
    if isinstance(part, int):
        return f"{part / whole:.3f}"
    return f"<{math.ceil(1000 * int(part.removeprefix('<')) / whole) / 1000:.3f}"
