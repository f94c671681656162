"""Customer cards: what a clerk of one register wrote about one person, with that register's own errors.

A register makes each fault that ``error_rates.toml`` declares a rate for in its section, and no other.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sauma.demo import faults
from sauma.demo.extract import Extract
from sauma.demo.people import ADULT, NOBODY, People
from sauma.demo.tables import Days, Flags, Numbers, Text, rates, some, stream

PHONE_OF_ONES_OWN = 11
"""From this age on a child's card has the child's own number rather than a guardian's."""
_WAYS = ((0, "### ### ####"), (0, "##########"), (1, "+358 ## ### ####"), (0, "###-#######"), (1, "+358#########"))
"""Ways to write a phone number: from which digit on, and a mark for each digit."""
_WAY_SHARES = (0.35, 0.30, 0.15, 0.12, 0.08)


class Cards:
    """The cards of one register: ``who`` (person number of each), and the faults each was given so far (``found``)."""

    def __init__(self, region: People, seed: int, register: str) -> None:
        """No cards yet: see :meth:`issue`."""
        self.region, self.register = region, register
        self.rng, self.rate = stream(seed, register), rates(register)
        self.who: Numbers = np.zeros(0, dtype=np.int64)
        self.found: dict[str, Flags] = {}
        self.coded: Flags = np.zeros(0, dtype=bool)

    def issue(self, clients: Numbers) -> None:
        """A card for each of *clients*, and for some a second one."""
        self.who = clients
        if "duplicate" in self.rate:
            self.who = np.r_[clients, clients[some(self.rng, len(clients), self.rate["duplicate"])]]
            self.found["duplicate"] = np.arange(len(self.who)) >= len(clients)

    def mark(self, fault: str, among: Flags | None = None) -> Flags:
        """Flags of the cards that get *fault*, at its declared rate among those who can; nobody if none is declared."""
        if fault not in self.rate:
            return np.zeros(len(self.who), dtype=bool)
        self.found[fault] = some(self.rng, len(self.who), self.rate[fault], among)
        return self.found[fault]

    def names(self) -> dict[str, Text]:
        """Given names and surname."""
        region, rng, who = self.region, self.rng, self.who
        given = np.where(self.mark("call_name_only"), region.call[who], region.given[who]).astype(object)
        former = self.mark("surname_former", region.former_surname[who] != "")
        surname = np.where(former, region.former_surname[who], region.surname[who]).astype(object)
        variant = self.mark("name_variant")
        given, surname = faults.spellings(given, variant, rng), faults.spellings(surname, variant, rng)
        typo, in_given = self.mark("name_typo"), rng.random(len(who)) < 0.5
        given, surname = faults.typing_errors(given, typo & in_given, rng), faults.typing_errors(surname, typo & ~in_given, rng)
        capital, plain = self.mark("capitals"), self.mark("letters_folded")
        given, surname = faults.capitals(given, capital), faults.capitals(surname, capital)
        given, surname = faults.folded(given, plain), faults.folded(surname, plain)
        given, surname = faults.swapped(given, surname, self.mark("name_swapped"))
        return {"etunimet": given, "sukunimi": surname}

    def code(self) -> Text:
        """Personal identity codes; afterwards ``coded`` says which cards have a valid one, be it somebody else's."""
        region, rng, who = self.region, self.rng, self.who
        former = self.mark("hetu_former", region.former_hetu[who] != "")
        code = np.where(former, region.former_hetu[who], region.hetu[who]).astype(object)
        guardian = region.guardian_1[who]
        under = self.mark("hetu_of_guardian", guardian != NOBODY)
        code = np.where(under, region.hetu[np.maximum(guardian, 0)], code).astype(object)
        other = self.mark("hetu_of_another", (region.age[who] >= 7) & (region.age[who] <= 15))
        code = np.where(other, region.hetu[self._of_the_same_age()], code).astype(object)
        wrong, short = self.mark("hetu_wrong_control"), self.mark("hetu_sign_missing")
        code = faults.sign_missing(faults.wrong_control(code, wrong, rng), short)
        code = faults.untidy(code, self.mark("hetu_untidy"), rng)
        missing = self.mark("hetu_missing")
        self.coded = ~(wrong | short | missing)
        return np.where(missing, "", code).astype(object)

    def _of_the_same_age(self) -> Numbers:
        """Somebody else of the same age for each card, shape (cards,)."""
        age = self.region.age
        order = np.argsort(age, kind="stable")
        place = np.empty(len(age), dtype=np.int64)
        place[order] = np.arange(len(age))
        first, count = np.searchsorted(age[order], age[self.who]), np.bincount(age)[age[self.who]]
        step = 1 + (self.rng.random(len(self.who)) * (count - 1)).astype(np.int64)
        return order[first + (place[self.who] - first + step) % count]

    def born(self) -> Days:
        """Birth dates, NaT where nobody asked."""
        days = faults.wrong_dates(self.region.born[self.who], self.mark("birth_date_wrong"), self.rng)
        known: Days = np.where(self.mark("birth_date_missing"), np.datetime64("NaT", "D"), days)
        return known

    def address(self) -> dict[str, Text]:
        """The home address, of somebody else's household where stale, in either language."""
        region, who, home = self.region, self.who, self.region.home
        stale = self.mark("address_stale")
        household = np.where(stale, region.household[self.rng.integers(0, len(region), len(who))], region.household[who])
        other = self.mark("address_other_language", home.bilingual[household])
        swedish = (((region.culture[who] == "sv") & home.bilingual[household]) ^ other).astype(np.int64)
        return {
            "katunimi": home.street[household, swedish],
            "katunumero": home.number[household],
            "postinumero": home.postcode[household],
            "postitoimipaikka": home.post_office[household, swedish],
        }

    def postcode(self) -> Text:
        """The home's postcode alone: somebody else's where stale, often not asked."""
        home = self.region.home
        stale = self.mark("postcode_stale")
        household = np.where(stale, self.rng.integers(0, len(home.postcode), len(self.who)), self.region.household[self.who])
        return np.where(self.mark("postcode_missing"), "", home.postcode[household]).astype(object)

    def phone(self, among: Mapping[str, Flags] | None = None) -> Text:
        """Phone numbers as people write them: one's own, a guardian's for a small child, now and then an old one.

        *among* restricts the faults named in it to flagged cards.
        """
        region, who, limits = self.region, self.who, among or {}
        small = (region.age[who] < PHONE_OF_ONES_OWN) & (region.guardian_1[who] != NOBODY)
        whose = np.where(small, region.guardian_1[who], who)
        other = np.where(small, region.guardian_2[who], region.spouse[who])
        borrowed = self.mark("phone_of_another", (other != NOBODY) & ((region.age[who] >= ADULT) | small))
        whose = np.where(borrowed, np.maximum(other, 0), whose)
        number = np.where(self.mark("phone_former"), region.former_phone[whose], region.phone[whose]).astype(object)
        missing = np.zeros(len(who), dtype=bool)
        for fault in [name for name in self.rate if name.startswith("phone_missing")]:
            missing |= self.mark(fault, limits.get(fault))
        return np.where(missing, "", written(number, self.rng)).astype(object)

    def sex(self) -> Text:
        """``M`` (mies) or ``N`` (nainen), or nothing where it was not asked."""
        known = np.where(self.region.male[self.who], "M", "N")
        return np.where(self.mark("sex_missing"), "", known).astype(object)

    def restricted(self) -> Text:
        """``1`` where addresses must not be told."""
        return np.where(self.region.restricted[self.who], "1", "0").astype(object)

    def extract(self, cards: Mapping[str, Text], row: Numbers, rows: Mapping[str, Text], order: tuple[str, ...]) -> Extract:
        """The register's file: *rows* (one value a row) beside the values of their *cards*; ``row`` is each row's card.

        Rows are mixed: a register is not sorted by family.  Columns stand in *order*.
        """
        mixed = self.rng.permutation(len(row))
        card = row[mixed]
        columns = {name: cards[name][card] if name in cards else rows[name][mixed] for name in order}
        coded = self.coded[card] if len(self.coded) else np.zeros(len(card), dtype=bool)
        return Extract(self.register, columns, self.who[card], coded, self.who, self.found)


def written(numbers: Text, rng: np.random.Generator) -> Text:
    """Phone numbers of ten digits in one of the ways of writing them, shape (n,)."""
    digit = np.ascontiguousarray(numbers.astype("S10")).view(np.uint8).reshape(len(numbers), 10)
    out = numbers.copy()
    way = rng.choice(len(_WAYS), size=len(numbers), p=_WAY_SHARES)
    for number, (start, pattern) in enumerate(_WAYS):
        here = way == number
        grid = np.tile(np.frombuffer(pattern.encode("ascii"), dtype=np.uint8), (int(here.sum()), 1))
        grid[:, [place for place, letter in enumerate(pattern) if letter == "#"]] = digit[here][:, start:]
        out[here] = grid.view(f"S{len(pattern)}")[:, 0].astype(str).astype(object)
    return out


def days_between(first: int, count: int, year: int, rng: np.random.Generator) -> Days:
    """*count* days drawn from the first of January of *first* to the end of *year*."""
    start, end = np.datetime64(f"{first}-01-01", "D"), np.datetime64(f"{year}-12-31", "D")
    days: Days = start + rng.integers(0, int((end - start).astype(np.int64)) + 1, count).astype("timedelta64[D]")
    return days
