"""Early education: children of one to six in day care, with the family that day care itself declared.

A child under two heads, or whose family changed, has two placements.  Some children have no personal identity code yet.
"""

from __future__ import annotations

import numpy as np

from sauma.demo import daycare
from sauma.demo.cards import Cards
from sauma.demo.extract import Extract
from sauma.demo.people import NOBODY, People
from sauma.demo.relations import codes_of
from sauma.demo.tables import AS_OF, Text, finnish, iso, numerals

REGISTER = daycare.REGISTER
FORMS = (("paivakoti", "perhepaivahoito", "esiopetus", "avoin"), (0.70, 0.08, 0.18, 0.04))
_ORDER = (
    "henkilotunnus", "etunimet", "sukunimi", "syntymaaika", "sukupuoli", "katunimi", "katunumero", "postinumero", "postitoimipaikka",
    "turvakielto", "puhelin", "paamies", "paamiehen_puoliso", "perhe_alkaen", "perhe_asti", "toimintamuoto", "tunnit_viikossa",
    "perheen_koko", "sijoitus_alkaen",
)  # fmt: skip


def extract(region: People, seed: int) -> Extract:
    """Placements of 2025: a row for each record of a child."""
    families = daycare.declared(region, seed)
    cards = Cards(region, seed, REGISTER)
    children, record = np.unique(families.child, return_inverse=True)
    cards.issue(children)
    count = len(children)
    columns = {
        "henkilotunnus": cards.code(),
        **cards.names(),
        "syntymaaika": iso(cards.born()),
        "sukupuoli": cards.sex(),
        **cards.address(),
        "turvakielto": cards.restricted(),
        "puhelin": cards.phone(),
        "toimintamuoto": np.array(FORMS[0], dtype=object)[cards.rng.choice(len(FORMS[0]), size=count, p=FORMS[1])],
        "tunnit_viikossa": numerals(cards.rng.choice([20, 25, 30, 35, 40], size=count)),
    }
    rows = _rows(region, families, cards)
    return cards.extract(columns, record, rows, _ORDER)


def _rows(region: People, families: daycare.Declared, cards: Cards) -> dict[str, Text]:
    """What each record says of the family: codes, days, size and start of the placement."""
    size = 1 + np.bincount(families.head, minlength=len(region))[families.head] + (families.partner != NOBODY)
    head = codes_of(region.hetu, families.head)
    lost = cards.rng.random(len(head)) < cards.rate["head_without_code"]
    start = np.minimum(families.since, np.datetime64(AS_OF, "D"))
    return {
        "paamies": np.where(lost, "", head).astype(object),
        "paamiehen_puoliso": codes_of(region.hetu, families.partner),
        "perhe_alkaen": finnish(families.since),
        "perhe_asti": finnish(families.until),
        "perheen_koko": numerals(np.minimum(size, 20)),
        "sijoitus_alkaen": iso(start),
    }
