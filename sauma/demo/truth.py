"""The truth about the synthetic people: whose row is whose, and who is in one family under each definition.

Relations count as they truly are on the day of the region, and so do homes: what a register missed, holds for longer
than it should, or withholds is not in here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sauma.demo import daycare
from sauma.demo.extract import Extract, lines
from sauma.demo.households import CHILD, HEAD, PARTNER
from sauma.demo.people import ADULT, NOBODY, People
from sauma.demo.tables import YEAR_DAYS, Flags, Numbers, Text, mapped, numerals
from sauma.files import write_private

COUPLE_GAP_YEARS = 16
Members = tuple[Numbers, Numbers]
"""Family and person of each membership."""
GROUPS = {"fi": "finnish", "sv": "swedish", "se": "sami", "ru": "russian", "et": "estonian", "so": "somali", "ar": "arabic", "xx": "other"}
"""Language groups, by culture."""


def records(extracts: Iterator[Extract]) -> Iterator[bytes]:
    """Lines ``register,row,person,coded``: rows count from 1; ``coded`` is 1 where the row carries a valid code."""
    yield b"register,row,person,coded\n"
    for extract in extracts:
        rows = np.arange(1, len(extract.person) + 1)
        name = np.full(len(rows), extract.register, dtype=object)
        yield _lines(name, numerals(rows), _named(extract.person), np.where(extract.coded, "1", "0").astype(object))


def write_people(people: People, seed: int, folder: Path) -> None:
    """``people.csv`` (person, language group, 1 January birth) and ``families.csv`` (definition, family, person)."""
    january = people.born == people.born.astype("datetime64[Y]").astype("datetime64[D]")
    languages = mapped(people.culture, GROUPS.__getitem__)
    groups = _lines(_named(np.arange(len(people))), languages, np.where(january, "yes", "no").astype(object))
    write_private(folder / "people.csv", b"person,language_group,born_1_january\n" + groups)
    parts = [b"definition,family,person\n"]
    for definition, (family, person) in families(people, seed):
        name = np.full(len(person), definition, dtype=object)
        parts.append(_lines(name, "f" + numerals(family), _named(person)))
    write_private(folder / "families.csv", b"".join(parts))


def families(people: People, seed: int) -> Iterator[tuple[str, Members]]:
    """Each definition of a family and its memberships.

    ``household``: who lives in one dwelling.  ``statistics_finland``: a couple, married or taken for one by the rule
    (same dwelling, different sex, under 16 years apart), with the children at home, or a parent with children.
    ``dwelling``: couples by the same rule, guardians and the minor children who live with them.
    ``guardianship``: children under 18 with the same guardians, and those guardians, wherever they live.
    ``guardianship_dwelling``: guardians and the children who live with them, connected within one dwelling.
    ``service``: head, the head's partner and the children whom day care holds under that head.
    """
    household, everyone = people.household, np.arange(len(people))
    yield "household", (household[people.housed], everyone[people.housed])
    adults = _couples(people)
    with_children = np.isin(household, household[people.part == CHILD])
    wide = (people.part == CHILD) | (np.isin(people.part, (HEAD, PARTNER)) & (with_children | adults))
    yield "statistics_finland", (household[wide], everyone[wide])
    couples, kin = _couple_edges(people, adults), _guardian_edges(people)
    yield "dwelling", _connected(np.concatenate([couples, kin], axis=1), len(people))
    yield "guardianship", _by_guardians(people)
    yield "guardianship_dwelling", _connected(kin, len(people))
    yield "service", _by_head(daycare.declared(people, seed))


def _couples(people: People) -> Flags:
    """Whether each person is one of a couple that the registers show."""
    head, partner = people.member(HEAD), people.member(PARTNER)
    gap = np.abs((people.born[head] - people.born[partner]).astype(np.int64)) / YEAR_DAYS
    inferred = (people.male[head] != people.male[partner]) & (gap < COUPLE_GAP_YEARS)
    shown = (partner != NOBODY) & (inferred | (people.spouse[head] != NOBODY))
    couples: Flags = shown[people.household] & np.isin(people.part, (HEAD, PARTNER))
    return couples


def _couple_edges(people: People, adults: Flags) -> Numbers:
    """The two of each couple with a home, shape (2, couples)."""
    head, partner = people.member(HEAD), people.member(PARTNER)
    shown = (partner != NOBODY) & adults[head] & people.housed[head]
    return np.stack([head[shown], partner[shown]])


def _guardian_edges(people: People) -> Numbers:
    """Each minor and each guardian who lives with it, shape (2, pairs)."""
    pairs = []
    for guardian in (people.guardian_1, people.guardian_2):
        child = np.flatnonzero((guardian != NOBODY) & people.housed)
        child = child[people.household[guardian[child]] == people.household[child]]
        pairs.append(np.stack([child, guardian[child]]))
    return np.concatenate(pairs, axis=1)


def _connected(edges: Numbers, persons: int) -> Members:
    """Families as connected persons; a family is called by its first member."""
    graph = coo_array((np.ones(edges.shape[1], dtype=np.int8), (edges[0], edges[1])), shape=(persons, persons))
    _, label = connected_components(graph, directed=False)
    person = np.unique(edges)
    _, first, family = np.unique(label[person], return_index=True, return_inverse=True)
    return person[first][family], person


def _by_guardians(people: People) -> Members:
    """One family for each set of guardians of minors."""
    child = np.flatnonzero((people.age < ADULT) & ((people.guardian_1 != NOBODY) | (people.guardian_2 != NOBODY)))
    guardians = np.sort(np.stack([people.guardian_1[child], people.guardian_2[child]]), axis=0)
    sets, family = np.unique(guardians, axis=1, return_inverse=True)
    number = np.tile(np.arange(sets.shape[1]), 2)
    adults = sets.ravel()
    known = adults != NOBODY
    return np.r_[family.ravel(), number[known]], np.r_[child, adults[known]]


def _by_head(declared: daycare.Declared) -> Members:
    """One family for each head with a child of its own under it today; a family is called by its head."""
    now = declared.now()
    child, head, partner = declared.child[now], declared.head[now], declared.partner[now]
    together = partner != NOBODY
    pairs = np.stack([np.r_[head, head, head[together]], np.r_[child, head, partner[together]]])
    family, person = np.unique(pairs, axis=1)
    return family, person


def _named(person: Numbers) -> Text:
    named: Text = "p" + numerals(person)
    return named


def _lines(*columns: Text) -> bytes:
    return lines(columns, ",", "\n").encode("ascii")
