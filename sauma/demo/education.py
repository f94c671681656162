"""Basic education: pupils of the region's schools, two rows a pupil (spring and autumn term) with hours of absence.

Some pupils lack a code, some have a wrong one, a few are recorded under a guardian's; addresses and names are the
school's own, not always today's.
"""

from __future__ import annotations

import numpy as np

from sauma.demo import faults
from sauma.demo.extract import Extract, finnish, iso
from sauma.demo.households import CHILD
from sauma.demo.people import NOBODY, People
from sauma.demo.tables import AS_OF, Flags, Numbers, Text, rates, some, stream

REGISTER = "basic_education"


def extract(region: People, seed: int) -> Extract:
    """Pupils of 2025, and beside the extract the school's list of former personal identity codes."""
    rate, rng = rates(REGISTER), stream(seed, REGISTER)
    turning = AS_OF.year - (region.born.astype("datetime64[Y]").astype(np.int64) + 1970)
    enrolled = (turning >= 7) & (turning <= 16) & ~some(rng, len(region), rate["not_enrolled"])
    pupils = np.flatnonzero(enrolled)
    cards = np.r_[pupils, pupils[some(rng, len(pupils), rate["duplicate"])]]
    found: dict[str, Flags] = {"duplicate": np.arange(len(cards)) >= len(pupils)}
    columns = {
        "henkilotunnus": _codes(region, cards, found, rng),
        **names(region, cards, found, rng, REGISTER),
        "syntymaaika": finnish(faults.wrong_dates(iso(region.born[cards]), mark(found, "birth_date_wrong", rng, REGISTER), rng)),
        "sukupuoli": np.where(region.male[cards], "M", "N").astype(object),
        **_address(region, cards, found, rng),
        "turvakielto": np.where(region.restricted[cards], "1", "0").astype(object),
    }
    term, row = _terms(turning[cards])
    return Extract(
        REGISTER,
        {**{name: values[row] for name, values in columns.items()}, **_absences(turning[cards], term, row, rng)},
        cards[row],
        cards,
        found,
        beside={"history.csv": _history(region)},
    ).shuffled(rng)


def mark(found: dict[str, Flags], fault: str, rng: np.random.Generator, register: str, among: Flags | None = None) -> Flags:
    """Flags of the cards that get *fault*, at its declared rate among those who can; remembered in *found*."""
    count = len(found["duplicate"])
    found[fault] = some(rng, count, rates(register)[fault], among)
    return found[fault]


def names(region: People, cards: Numbers, found: dict[str, Flags], rng: np.random.Generator, register: str) -> dict[str, Text]:
    """Given names and surname as a clerk wrote them."""
    given = np.where(mark(found, "call_name_only", rng, register), region.call[cards], region.given[cards]).astype(object)
    former = mark(found, "surname_former", rng, register, region.former_surname[cards] != "")
    surname = np.where(former, region.former_surname[cards], region.surname[cards]).astype(object)
    variant = mark(found, "name_variant", rng, register)
    given, surname = faults.spellings(given, variant, rng), faults.spellings(surname, variant, rng)
    typo = mark(found, "name_typo", rng, register)
    in_given = rng.random(len(cards)) < 0.5
    given, surname = faults.typing_errors(given, typo & in_given, rng), faults.typing_errors(surname, typo & ~in_given, rng)
    capital, plain = mark(found, "capitals", rng, register), mark(found, "letters_folded", rng, register)
    given, surname = faults.capitals(given, capital), faults.capitals(surname, capital)
    given, surname = faults.folded(given, plain), faults.folded(surname, plain)
    given, surname = faults.swapped(given, surname, mark(found, "name_swapped", rng, register))
    return {"etunimet": given, "sukunimi": surname}


def _codes(region: People, cards: Numbers, found: dict[str, Flags], rng: np.random.Generator) -> Text:
    code = region.hetu[cards]
    former = mark(found, "hetu_former", rng, REGISTER, region.former_hetu[cards] != "")
    code = np.where(former, region.former_hetu[cards], code).astype(object)
    guardian = region.guardian_1[cards]
    under = mark(found, "hetu_of_guardian", rng, REGISTER, guardian != NOBODY)
    code = np.where(under, region.hetu[np.maximum(guardian, 0)], code).astype(object)
    code = faults.wrong_control(code, mark(found, "hetu_wrong_control", rng, REGISTER), rng)
    code = faults.sign_missing(code, mark(found, "hetu_sign_missing", rng, REGISTER))
    code = faults.untidy(code, mark(found, "hetu_untidy", rng, REGISTER), rng)
    return np.where(mark(found, "hetu_missing", rng, REGISTER), "", code).astype(object)


def _address(region: People, cards: Numbers, found: dict[str, Flags], rng: np.random.Generator) -> dict[str, Text]:
    """The home address, of somebody else's household where stale, in either language."""
    stale = mark(found, "address_stale", rng, REGISTER)
    household = np.where(stale, rng.permutation(region.household)[: len(cards)], region.household[cards])
    home = region.home
    other = mark(found, "address_other_language", rng, REGISTER, home.bilingual[household])
    swedish = (((region.culture[cards] == "sv") & home.bilingual[household]) ^ other).astype(np.int64)
    return {
        "katunimi": home.street[household, swedish],
        "katunumero": home.number[household],
        "postinumero": home.postcode[household],
        "postitoimipaikka": home.post_office[household, swedish],
    }


def _terms(turning: Numbers) -> tuple[Text, Numbers]:
    """Term and card of each row: spring for those who had started, autumn for those who had not finished."""
    spring, autumn = np.flatnonzero(turning >= 8), np.flatnonzero(turning <= 15)
    term = np.r_[np.full(len(spring), "kevat", dtype=object), np.full(len(autumn), "syksy", dtype=object)]
    return term, np.r_[spring, autumn]


def _absences(turning: Numbers, term: Text, row: Numbers, rng: np.random.Generator) -> dict[str, Text]:
    """School year, and hours of absence in the term: more in the higher years, unauthorised ones rarer."""
    year = turning[row] - np.where(term == "kevat", 7, 6)
    often = np.exp(rng.normal(0, 0.8, len(turning)))[row]
    authorised = rng.poisson(14 * often)
    unauthorised = rng.poisson(np.where(year >= 7, 4.0, 0.6) * often**2)
    return {
        "lukukausi": term,
        "vuosiluokka": np.clip(year, 1, 9).astype(str).astype(object),
        "poissa_luvalla": authorised.astype(str).astype(object),
        "poissa_luvatta": unauthorised.astype(str).astype(object),
    }


def _history(region: People) -> str:
    """The city's own list of changed codes of children, former and current, pupils or not."""
    changed = np.flatnonzero((region.former_hetu != "") & (region.part == CHILD))
    return "old;current\r\n" + "".join(f"{region.former_hetu[who]};{region.hetu[who]}\r\n" for who in changed)
