"""The population register: one record a person, with codes, names, addresses, guardians and spouses, each with its days.

Written as the register's own extracts were for decades: ISO 8859-1 family, semicolons, letters outside it lost.
"""

from __future__ import annotations

import numpy as np

from sauma.demo import faults
from sauma.demo.extract import Extract
from sauma.demo.people import NOBODY, People
from sauma.demo.relations import Tie, codes_of
from sauma.demo.tables import AS_OF, Days, Flags, Numbers, Text, among, iso, rates, some, stream

REGISTER = "population"
ENCODING = "cp1252"


def extract(region: People, seed: int) -> Extract:
    """Everyone but newcomers not registered yet and those who moved away."""
    rate, rng = rates(REGISTER), stream(seed, REGISTER)
    here = rng.permutation(np.flatnonzero(~region.newcomer & ~region.moved_away))
    count = len(here)
    faults_of = {name: some(rng, count, rate[name]) for name in ("birth_country_missing", "language_missing", "municipality_missing")}
    faults_of["guardian_without_code"] = some(rng, count, rate["guardian_without_code"], region.guardian_1[here] != NOBODY)
    columns = {
        "henkilotunnus": region.hetu[here],
        "etunimet": _writable(region.given[here]),
        "sukunimi": _writable(region.surname[here]),
        "entinen_sukunimi": _writable(region.former_surname[here]),
        "syntymaaika": iso(region.born[here]),
        "sukupuoli": np.where(region.male[here], "1", "2").astype(object),
        "kieliryhma": _unless(faults_of["language_missing"], _language(region.culture[here])),
        "syntymamaa": _unless(faults_of["birth_country_missing"], np.where(region.abroad[here], "muu", "suomi").astype(object)),
        "kotikunta": _unless(faults_of["municipality_missing"], region.home.municipality[region.household[here]]),
        **_address(region, here),
        "turvakielto": np.where(region.restricted[here], "1", "0").astype(object),
        "huoltaja_1": _unless(faults_of["guardian_without_code"], _codes(region, region.first, here)),
        "huoltaja_2": _codes(region, region.second, here),
        "puoliso": _codes(region, region.married, here),
        **_days_at_home(region, here),
    }
    for name, tie in (("huoltaja_1", region.first), ("huoltaja_2", region.second), ("puoliso", region.married)):
        columns |= {f"{name}_alkaen": iso(tie.since[here]), f"{name}_asti": iso(tie.until[here])}
    return Extract(REGISTER, columns, here, np.ones(count, dtype=bool), here, faults_of, encoding=ENCODING)


def _language(culture: Text) -> Text:
    groups = np.where(culture == "se", "saame", culture)
    return np.where(among(culture, ("fi", "sv", "se")), groups, "muu").astype(object)


def _writable(names: Text) -> Text:
    """Names in the letters that the register knows; of others the mark is lost, as the Sámi complained."""
    marked = {text for text in set(names) if text.encode(ENCODING, "replace").decode(ENCODING) != text}
    return faults.folded(names, among(names, marked))


def _address(region: People, here: Numbers) -> dict[str, Text]:
    """The registered address, which some have left for another: in the house of some other household."""
    home, household = region.home, region.household[here]
    elsewhere = region.elsewhere[here]
    swedish = ((region.culture[here] == "sv") & home.bilingual[household]).astype(np.int64)
    nowhere = home.poste_restante[household]
    ended = nowhere & _had_a_home(household)
    return {
        "katunimi": np.where(nowhere, "Poste restante", home.street[household, swedish]).astype(object),
        "katunumero": np.where(nowhere, "", _door(home.number[household], elsewhere)).astype(object),
        "postinumero": home.postcode[household],
        "postitoimipaikka": home.post_office[household, swedish],
        "asuinpaikantunnus": np.where(elsewhere | ended, home.left[household], home.dwelling[household]).astype(object),
    }


def _door(number: Text, elsewhere: Flags) -> Text:
    """House number, staircase and apartment; of those registered elsewhere, the staircase that nobody lives in."""
    return faults.each(number, elsewhere, lambda text: " ".join([text.split(" ")[0], "E", text.split(" ")[2]]))


def _had_a_home(household: Numbers) -> Flags:
    """Half of the households, and so of those without a dwelling: the register still has the one they left."""
    flags: Flags = household % 2 == 0
    return flags


def _days_at_home(region: People, here: Numbers) -> dict[str, Text]:
    """Since when each dwelling holds, and until when, of those who left their last one."""
    household, day = region.household[here], np.datetime64(AS_OF, "D")
    nowhere = region.home.poste_restante[household]
    since: Days = region.moved_in[here].copy()
    until = np.full(len(here), np.datetime64("NaT", "D"))
    ended = nowhere & _had_a_home(household)
    until[ended] = (since + (day - since) // 2)[ended]
    since[nowhere & ~ended] = np.datetime64("NaT", "D")
    return {"asuinpaikka_alkaen": iso(since), "asuinpaikka_asti": iso(until)}


def _codes(region: People, tie: Tie, here: Numbers) -> Text:
    """The code of whoever the relation is or was with."""
    return codes_of(region.hetu, np.where(tie.who == NOBODY, tie.past, tie.who)[here])


def _unless(missing: Flags, values: Text) -> Text:
    return np.where(missing, "", values).astype(object)
