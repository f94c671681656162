"""What people are called: given names and the one used, surnames shared, kept, joined and changed.

Finnish and Swedish couples often share a surname; Russian women's surnames end in -a; a Somali child bears its own
name, its father's and its grandfather's, so nobody in the family shares a surname.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sauma.demo.households import ALONE, CHILD, HEAD, PARTNER, Households
from sauma.demo.relations import member
from sauma.demo.tables import Flags, Text, among, falling, mapped, rates, some, table

CULTURES = ("fi", "sv", "se", "ru", "et", "so", "ar", "xx")


@dataclass(frozen=True, slots=True, repr=False)
class Names:
    """One entry a person; ``former_surname`` is empty unless it changed."""

    given: Text
    call: Text
    surname: Text
    former_surname: Text


def name(homesteads: Households, culture: Text, rng: np.random.Generator, *, alone_former: float) -> Names:
    """Names for everyone, by culture, sex and family."""
    lists = table("names.toml")
    first, second, third = (_given(lists, homesteads.male, culture, rng) for _ in range(3))
    maiden = _surnames(lists, culture, rng)
    surname, former = _family_surnames(homesteads, culture, maiden, lists, rng)
    fathers = _given(lists, np.ones(len(first), dtype=bool), culture, rng)
    second, surname = _patronymics(homesteads, culture, first, second, surname, fathers)
    divorced = some(rng, len(first), alone_former, (homesteads.kind[homesteads.household] == ALONE) & ~homesteads.male & (culture != "so"))
    former = np.where(divorced, _surnames(lists, culture, rng), former)
    women = (culture == "ru") & ~homesteads.male
    surname, former = _feminine(surname, women, lists), _feminine(former, women, lists)
    former = np.where(former == surname, "", former)
    given = _joined(first, second, third, rng.random(len(first)), culture)
    return Names(given=given, call=_call(first, second, given, rng), surname=surname, former_surname=former.astype(object))


def _given(lists: Mapping[str, Any], male: Flags, culture: Text, rng: np.random.Generator) -> Text:
    out = np.empty(len(male), dtype=object)
    for group in CULTURES:
        for sex, key in ((True, "male"), (False, "female")):
            here = np.flatnonzero((culture == group) & (male == sex))
            pool = np.array(lists[group][key], dtype=object)
            out[here] = pool[rng.choice(len(pool), size=len(here), p=falling(len(pool)))]
    return out


def _surnames(lists: Mapping[str, Any], culture: Text, rng: np.random.Generator) -> Text:
    out = np.empty(len(culture), dtype=object)
    for group in CULTURES:
        here = np.flatnonzero(culture == group)
        parts = lists[group]
        pool = np.array(parts["whole"] + [start + end for start in parts["first"] for end in parts["last"]], dtype=object)
        out[here] = pool[rng.choice(len(pool), size=len(here), p=falling(len(pool)))]
    return out


def _family_surnames(
    homesteads: Households, culture: Text, maiden: Text, lists: Mapping[str, Any], rng: np.random.Generator
) -> tuple[Text, Text]:
    """Surname and former surname of each person, before gender endings."""
    count = len(homesteads.kind)
    head, partner = member(homesteads, HEAD), member(homesteads, PARTNER)
    shares = np.array([lists[group]["shared_surname"] for group in culture[head]])
    shared = homesteads.married & (rng.random(count) < shares)
    by_head = rng.random(count) < 0.25
    taken = np.where((partner < 0) | by_head, maiden[head], maiden[partner])
    surname, former = maiden.copy(), np.full(len(maiden), "", dtype=object)
    for whose, keeps in ((head, by_head), (partner, ~by_head)):
        changes = shared & ~keeps
        joins = changes & (rng.random(count) < 0.06) & (culture[whose] != "ru")
        former[whose[changes]] = maiden[whose[changes]]
        surname[whose[changes]] = taken[changes]
        separator = np.where(rng.random(count) < 0.7, "-", " ").astype(object)
        surname[whose[joins]] = maiden[whose[joins]] + separator[joins] + taken[joins]
    children = np.flatnonzero(homesteads.part == CHILD)
    surname[children] = taken[homesteads.household[children]]
    # children bore their mother's name until the parents agreed on one
    renamed = children[rng.random(len(children)) < rates("region")["renamed_child"]]
    former[renamed] = maiden[head[homesteads.household[renamed]]]
    return surname, former


def _patronymics(homesteads: Households, culture: Text, first: Text, second: Text, surname: Text, fathers: Text) -> tuple[Text, Text]:
    """Somali names: second name the father's, surname the grandfather's (the father's own second name)."""
    somali = culture == "so"
    second = np.where(somali, fathers, second)
    head, partner = member(homesteads, HEAD), member(homesteads, PARTNER)
    father = np.where((partner >= 0) & homesteads.male[partner], partner, head)
    known = homesteads.male[father] & somali[father]
    # a father who is not in the household still gave all his children one name: one child's draw stands for it
    own = np.where(known, first[father], fathers[member(homesteads, CHILD)])
    his = np.where(known, second[father], surname[head])
    children = np.flatnonzero((homesteads.part == CHILD) & somali)
    second[children] = own[homesteads.household[children]]
    surname = surname.copy()
    surname[children] = his[homesteads.household[children]]
    return second.astype(object), surname


def _feminine(surname: Text, women: Flags, lists: Mapping[str, Any]) -> Text:
    ending = women & among(surname, lists["ru"]["whole"])
    return np.where(ending, surname + "a", surname).astype(object)


def _joined(first: Text, second: Text, third: Text, chance: np.ndarray[Any, Any], culture: Text) -> Text:
    """One to three given names; Somali names always have the father's."""
    two = ((chance > 0.15) | (culture == "so")) & (second != first)
    three = (chance > 0.85) & two & (third != first) & (third != second) & (culture != "so")
    given: Text = first + np.where(two, " " + second, "") + np.where(three, " " + third, "")
    return given


def _call(first: Text, second: Text, given: Text, rng: np.random.Generator) -> Text:
    """The name used: mostly the first, sometimes the second or a part of a hyphenated one."""
    chance = rng.random(len(first))
    used = np.where((chance < 0.15) & (given != first), second, first)
    halves = mapped(used, lambda text: text.split("-")[0])
    result: Text = np.where(chance > 0.6, halves, used).astype(object)
    return result
