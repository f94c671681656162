"""Basic education: pupils of the region's schools, two rows a pupil (spring and autumn term) with hours of absence.

Some pupils lack a code, some have a wrong one, a few are recorded under a guardian's; addresses and names are the
school's own, not always today's.  Support changed its names with the reform of 1 August 2025.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sauma.demo.cards import Cards
from sauma.demo.extract import Extract
from sauma.demo.households import CHILD
from sauma.demo.people import People
from sauma.demo.tables import AS_OF, Flags, Numbers, Text, digits, finnish, numerals, some, spelled

REGISTER = "basic_education"
_ORDER = (
    "henkilotunnus", "etunimet", "sukunimi", "syntymaaika", "sukupuoli", "katunimi", "katunumero", "postinumero", "postitoimipaikka",
    "turvakielto", "lukukausi", "vuosiluokka", "poissa_luvalla", "poissa_luvatta", "puhelin", "koulu", "tuki",
)  # fmt: skip
SUPPORT = (("yleinen", "tehostettu", "erityinen"), ("yleinen", "ryhmakohtainen", "oppilaskohtainen"))
"""Kinds of support in spring and, since the reform, in autumn; shares of pupils: 72, 17 and 11 per cent."""


def extract(region: People, seed: int) -> Extract:
    """Pupils of 2025, and beside the extract the school's list of former personal identity codes."""
    cards = Cards(region, seed, REGISTER)
    rng = cards.rng
    turning = AS_OF.year - (region.born.astype("datetime64[Y]").astype(np.int64) + 1970)
    enrolled = (turning >= 7) & (turning <= 16) & ~some(rng, len(region), cards.rate["not_enrolled"])
    cards.issue(np.flatnonzero(enrolled))
    columns = {
        "henkilotunnus": cards.code(),
        **cards.names(),
        "syntymaaika": finnish(cards.born()),
        "sukupuoli": cards.sex(),
        **cards.address(),
        "turvakielto": cards.restricted(),
        "puhelin": cards.phone(),
        "koulu": _schools(region, cards.who),
    }
    turning = turning[cards.who]
    term, row = _terms(turning)
    level = np.searchsorted((0.72, 0.89), rng.random(len(turning)))[row]
    support = np.where(term == "kevat", np.array(SUPPORT[0], dtype=object)[level], np.array(SUPPORT[1], dtype=object)[level])
    rows = {"lukukausi": term, "tuki": support.astype(object), **_absences(turning, term, row, rng)}
    return replace(cards.extract(columns, row, rows, _ORDER), beside={"history.csv": _history(region)})


def _schools(region: People, who: Numbers) -> Text:
    """``049-07``: a school of the home municipality, one for all of a household."""
    household = region.household[who]
    number = 1 + household * 7919 % region.home.schools[household]
    dash = np.full(len(who), ord("-"), dtype=np.uint8)
    return spelled(digits(region.home.municipality[household].astype(np.int64), 3), dash, digits(number, 2))


def _terms(turning: Numbers) -> tuple[Text, Numbers]:
    """Term and card of each row: spring for those who had started, autumn for those who had not finished."""
    spring, autumn = np.flatnonzero(turning >= 8), np.flatnonzero(turning <= 15)
    term = np.r_[np.full(len(spring), "kevat", dtype=object), np.full(len(autumn), "syksy", dtype=object)]
    return term, np.r_[spring, autumn]


def _absences(turning: Numbers, term: Text, row: Numbers, rng: np.random.Generator) -> dict[str, Text]:
    """School year, and hours of absence in the term: more in the higher years, unauthorised ones rarer."""
    spring: Flags = term == "kevat"
    year = turning[row] - np.where(spring, 7, 6)
    often = np.exp(rng.normal(0, 0.8, len(turning)))[row]
    authorised = rng.poisson(14 * often)
    unauthorised = rng.poisson(np.where(year >= 7, 4.0, 0.6) * often**2)
    return {
        "vuosiluokka": numerals(np.clip(year, 1, 9)),
        "poissa_luvalla": numerals(authorised),
        "poissa_luvatta": numerals(unauthorised),
    }


def _history(region: People) -> str:
    """The city's own list of changed codes of children, former and current, pupils or not."""
    changed = np.flatnonzero((region.former_hetu != "") & (region.part == CHILD))
    return "old;current\r\n" + "".join(region.former_hetu[changed] + ";" + region.hetu[changed] + "\r\n")
