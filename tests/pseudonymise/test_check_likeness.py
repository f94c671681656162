"""The graph of near-equal records that the check shows is the one that the tokens have."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_check import but, found, people

from privacy.pseudonymise.check.likeness import MANY, others
from privacy.pseudonymise.coded import Coded, from_arrow
from privacy.pseudonymise.columns import derive
from privacy.pseudonymise.families import HOLDERS_MAX, layout
from privacy.pseudonymise.tokens import match_tokens
from schemas.register import Meaning

FIELDS: dict[Meaning, list[str]] = {
    "given_names": ["", "Eva", "Ewa", "Liisa", "Anna Liisa", "Virtanen"],
    "surname": ["", "Virtanen", "Virtane", "Korhonen", "Eva"],
    "birth_date": ["", "1990-05-04", "1990-05-05", "1990-01-01", "1991-05-04", "2001-01-01"],
    "postcode": ["", "02100", "02200"],
    "street": ["", "Koulukatu 1", "Koulukatu"],
    "street_number": ["", "1", "2"],
    "phone": ["", "040 1234567"],
}
RECORD = st.tuples(*(st.sampled_from(values) for values in FIELDS.values()))


def derived(records: Sequence[tuple[str, ...]]) -> dict[str, Coded]:
    columns = zip(*records, strict=True)
    return derive(
        {meaning: from_arrow(pa.array(values, pa.string())) for meaning, values in zip(FIELDS, columns, strict=True)}, len(records)
    )


def by_tokens(columns: dict[str, Coded], rows: int, *, alone: bool = False) -> list[int]:
    """The slow way: every pair's tokens compared, under a key that nobody keeps."""
    slots = match_tokens(columns, key=os.urandom(32), genesis="00" * 32, profile="standard", entropy=os.urandom, alone=alone)
    held = [{(family.name, int(slots[name][row])) for family in layout("standard") for name in family.columns} for row in range(rows)]
    met: list[set[int]] = [set() for _ in range(rows)]
    for one, other in combinations(range(rows), 2):
        if held[one] & held[other]:
            met[one].add(other)
            met[other].add(one)
    return [min(len(each), MANY) for each in met]


@settings(max_examples=40, deadline=None)
@given(records=st.lists(RECORD, min_size=1, max_size=14), alone=st.booleans())
def test_the_graph_is_that_of_the_tokens(records: list[tuple[str, ...]], alone: bool) -> None:
    columns, every = derived(records), np.ones(len(records), dtype=np.bool_)
    found = others(columns, "standard", every, alone=alone).tolist()
    assert found == by_tokens(columns, len(records), alone=alone)


@pytest.mark.parametrize("holders", [HOLDERS_MAX, HOLDERS_MAX + 1])
def test_tokens_held_by_too_many_are_no_edges(holders: int) -> None:
    records = [("Eva", "Virtanen", "1990-05-04", "02100", "", "", "")] * holders
    columns = derived(records)
    assert (
        others(columns, "standard", np.ones(holders, dtype=np.bool_), alone=False).tolist()
        == by_tokens(columns, holders)
        == [MANY if holders <= HOLDERS_MAX else 0] * holders
    )


def test_a_few_thousand_records_have_the_degrees_that_sorting_every_pair_gives() -> None:
    draw = np.random.default_rng(7)
    records = [tuple(values[draw.integers(len(values))] for values in FIELDS.values()) for _ in range(120)]
    columns = derived(records)
    assert others(columns, "standard", np.ones(len(records), dtype=np.bool_), alone=False).tolist() == by_tokens(columns, len(records))


def test_groups_are_those_that_the_register_declares_and_never_the_restricted() -> None:
    twins = but(people(20), hetu="", given="Eva", surname="Virtanen", born="2010-02-03", restricted="1")
    years = [record | {"born": f"{1950 + number}-01-01", "hetu": ""} for number, record in enumerate(people(10, 40))]
    shown = {(each["group"], each["column"], each["code"]): each for each in found(*twins, *years)["likeness"]}
    assert shown["all", None, None]["persons"] == 30
    assert shown["born_1_january", None, "born_1_january"]["share"] == {"none": 10, "one": 0, "two_to_four": 0, "five_or_more": 0}
    assert shown["born_on_another_day", None, "born_on_another_day"]["share"]["five_or_more"] == 20
    assert {("code", "sex", "1"), ("code", "sex", "2")} <= set(shown)
    assert not [key for key in shown if key[1] in ("restricted", "municipality", "note")]


def test_a_register_without_match_tokens_has_no_graph() -> None:
    assert found(*people(20), match_tokens=False)["likeness"] == []
