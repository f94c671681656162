"""What a register may declare of relations: each with its days, none of which leaves."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from schemas.agreement import DEFINITIONS, Linkage
from schemas.register import NEVER, VALIDITY, Field, Meaning, Register

HEAD = {"name": "head", "type": "text", "meaning": "family_head_hetu"}


def register(*columns: dict[str, Any]) -> Register:
    terms = {"id": "day_care", "title": {"fi": "x"}, "controller": "espoo", "legal_basis": "x", "collected_for": "x", "coverage": "x"}
    window = {"first": "2025-01-01", "last": "2025-12-31"}
    return Register.model_validate_json(json.dumps({**terms, "window": window, "rows": "person", "columns": columns}))


def days(meaning: str, **more: Any) -> dict[str, Any]:
    return {"name": meaning, "type": "date", "meaning": meaning, **more}


@pytest.mark.parametrize("meaning", VALIDITY)
def test_a_relations_days_stand_beside_it(meaning: Meaning) -> None:
    beside = [{"name": "relation", "type": "text", "meaning": VALIDITY[meaning][0]}]
    assert register(*beside, days(meaning)).by_meaning(meaning)
    with pytest.raises(ValidationError, match="without the relation itself"):
        register({"name": "other", "type": "text"}, days(meaning))
    with pytest.raises(ValidationError, match="is of type date"):
        register(*beside, days(meaning) | {"type": "text"})


@pytest.mark.parametrize("leaves", ["as_is", "year", "month"])
@pytest.mark.parametrize("meaning", VALIDITY)
def test_a_relations_days_never_leave(meaning: Meaning, leaves: str) -> None:
    with pytest.raises(ValidationError, match="only as a token or generalised"):
        Field.model_validate(days(meaning, leaves=leaves))


def test_relatives_codes_and_phone_numbers_never_leave() -> None:
    codes = {meaning for meaning in get_args(Meaning) if meaning.endswith("hetu")}
    assert codes | {"phone"} | set(VALIDITY) <= set(NEVER)


def test_a_second_adult_needs_a_head_and_an_address_is_a_home() -> None:
    partner = {"name": "partner", "type": "text", "meaning": "family_partner_hetu"}
    with pytest.raises(ValidationError, match="without the relation itself"):
        register(partner)
    assert register(HEAD, partner).by_meaning("family_partner_hetu")
    assert register({"name": "street", "type": "text", "meaning": "street"}, days("dwelling_from")).by_meaning("dwelling_from")


def test_the_agreement_names_one_of_four_definitions_and_a_cap() -> None:
    linkage = Linkage.model_validate_json('{"family_as_of": "2025-12-31"}')
    assert (linkage.family, linkage.unit_persons_max) == ("dwelling", 12)
    assert DEFINITIONS == ("dwelling", "guardianship", "guardianship_dwelling", "service")
    for wrong in ('"family": "household"', '"unit_persons_max": 1'):
        with pytest.raises(ValidationError):
            Linkage.model_validate_json(f'{{"family_as_of": "2025-12-31", {wrong}}}')
