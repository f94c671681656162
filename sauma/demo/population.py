"""The population register: one record a person, with codes, names, addresses, guardians and spouses.

Written as the register's own extracts were for decades: ISO 8859-1 family, semicolons.
"""

from __future__ import annotations

import numpy as np

from sauma.demo.extract import Extract, iso
from sauma.demo.people import NOBODY, People
from sauma.demo.tables import Flags, Numbers, Text, rates, some, stream

REGISTER = "population"


def extract(region: People, seed: int) -> Extract:
    """Everyone but newcomers not registered yet and those who moved away."""
    rate, rng = rates(REGISTER), stream(seed, REGISTER)
    here = np.flatnonzero(~region.newcomer & ~region.moved_away)
    count = len(here)
    faults = {name: some(rng, count, rate[name]) for name in ("birth_country_missing", "language_missing", "municipality_missing")}
    faults["guardian_without_code"] = some(rng, count, rate["guardian_without_code"], region.guardian_1[here] != NOBODY)
    columns = {
        "henkilotunnus": region.hetu[here],
        "etunimet": region.given[here],
        "sukunimi": region.surname[here],
        "entinen_sukunimi": region.former_surname[here],
        "syntymaaika": iso(region.born[here]),
        "sukupuoli": np.where(region.male[here], "1", "2").astype(object),
        "kieliryhma": _unless(faults["language_missing"], _language(region.culture[here])),
        "syntymamaa": _unless(faults["birth_country_missing"], np.where(region.abroad[here], "muu", "suomi").astype(object)),
        "kotikunta": _unless(faults["municipality_missing"], region.home.municipality[region.household[here]]),
        **_address(region, here),
        "turvakielto": np.where(region.restricted[here], "1", "0").astype(object),
        "huoltaja_1": _unless(faults["guardian_without_code"], _codes(region, region.guardian_1[here])),
        "huoltaja_2": _codes(region, region.guardian_2[here]),
        "puoliso": _codes(region, region.spouse[here]),
    }
    return Extract(REGISTER, columns, here, here, faults, encoding="cp1252").shuffled(rng)


def _language(culture: Text) -> Text:
    return np.where((culture == "fi") | (culture == "sv"), culture, "muu").astype(object)


def _address(region: People, here: Numbers) -> dict[str, Text]:
    home, household = region.home, region.household[here]
    swedish = ((region.culture[here] == "sv") & home.bilingual[household]).astype(np.int64)
    nowhere = home.poste_restante[household]
    return {
        "katunimi": np.where(nowhere, "Poste restante", home.street[household, swedish]).astype(object),
        "katunumero": np.where(nowhere, "", home.number[household]).astype(object),
        "postinumero": home.postcode[household],
        "postitoimipaikka": home.post_office[household, swedish],
        "asuinpaikantunnus": home.dwelling[household],
    }


def _codes(region: People, whose: Numbers) -> Text:
    """The personal identity codes of *whose*, empty for nobody."""
    return np.where(whose == NOBODY, "", region.hetu[np.maximum(whose, 0)]).astype(object)


def _unless(missing: Flags, values: Text) -> Text:
    return np.where(missing, "", values).astype(object)
