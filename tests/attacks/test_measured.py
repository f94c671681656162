"""``sauma attack``: what it measures, what it shows of it, and the agreement's ceiling."""

from __future__ import annotations

import json
import os
import re
from fractions import Fraction

import numpy as np
import pytest
from attacked_world import EACH_SEED, SEEDS, agreed, register
from hypothesis import given
from hypothesis import strategies as st

from privacy.attacks.auxiliary import overlap, with_errors
from privacy.attacks.exposed import taken
from privacy.attacks.groups import groups
from privacy.attacks.measured import OVERLAPS, Attacked, Measured, document, measure, share
from sauma.attacking import ATTACKS as TITLES
from sauma.attacking import LISTS, lines, near_equal, next_step, percent, require_under_ceiling
from sauma.report import agreement_page
from sauma.report.agreement_words import words
from schemas.agreement import load
from schemas.errors import InputError, PolicyRefusal

ATTACKS = ("match_tokens", "frequencies", "relations", "relations_and_months")


@pytest.fixture(scope="module")
def measured() -> Measured:
    held = register("population", SEEDS[0])
    return measure(held.people, held.register, agreed(), os.urandom)


def agreement_with(**linkage: object) -> object:
    data = agreed().canonical()
    return load({**data, "linkage": {**data["linkage"], **linkage}}, place="test")


def test_every_attack_is_run_with_every_list(measured: Measured) -> None:
    assert [(each.attack, each.knows) for each in measured.attacks] == [(attack, name) for name, _, _ in OVERLAPS for attack in ATTACKS]
    for each in measured.attacks:
        assert not (each.right & each.wrong).any()
        assert not (each.right & ~each.on_list).any()
        assert each.rate == Fraction(int(each.right.sum()), int(each.on_list.sum()))
    assert measured.worst == max(each.rate for each in measured.attacks)


def test_a_better_list_finds_more(measured: Measured) -> None:
    rates = {(each.attack, each.knows): each.rate for each in measured.attacks}
    for attack in ("match_tokens", "relations_and_months"):
        assert rates[attack, "five_per_cent"] <= rates[attack, "everybody_without_errors"]
        assert rates[attack, "everybody"] <= rates[attack, "everybody_without_errors"]
    assert rates["relations_and_months", "everybody_without_errors"] > rates["relations", "everybody_without_errors"]


def test_what_is_shown_is_floored_rounded_and_holds_no_value(measured: Measured) -> None:
    shown = document(measured, agreed())
    assert shown["floor"] == 5

    def counts(tree: object) -> list[object]:
        if isinstance(tree, dict):
            return [
                found
                for key, value in tree.items()
                for found in ([value] if key in ("on_list", "right", "wrong", "persons") else counts(value))
            ]
        return [found for value in tree for found in counts(value)] if isinstance(tree, list) else []

    found = counts(shown)
    assert found
    assert all(value == "<5" or (isinstance(value, int) and (value == 0 or value >= 5) and value % 5 == 0) for value in found)
    told = "\n".join(lines(shown, "near-equal tokens are dropped"))
    text = json.dumps(shown) + told
    people = register("population", SEEDS[0]).people
    for meaning in ("surname", "given_names", "street", "postcode", "birth_date"):
        assert not [value for value in people.fields[meaning].values if len(value) > 4 and value in text]


def test_rates_are_made_of_what_is_shown() -> None:
    assert share(10, 100) == "0.100"
    assert share("<5", 100) == "<0.050"
    assert share(0, 100) == "0.000"
    assert share("<5", 48_000) == "<0.001"
    assert share("<5", "<5") is None
    assert share(0, 0) is None


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_ceiling_is_held_to_the_worst_rate(right: int, others: int) -> None:
    everybody = np.ones(right + others, dtype=bool)
    found = np.arange(right + others) < right
    measured = Measured(len(everybody), (Attacked("match_tokens", "everybody", everybody, found, ~everybody),), {})
    for ceiling in ("0", "0.25", "1"):
        refused = False
        try:
            require_under_ceiling(measured, "people", agreement_with(attack_ceiling=ceiling))
        except PolicyRefusal as error:
            refused = error.code == "S4103"
        assert refused == (bool(right + others) and Fraction(right, right + others) > Fraction(ceiling))
    require_under_ceiling(measured, "people", agreed())


def test_the_ceiling_is_a_share_and_absent_it_changes_no_digest() -> None:
    assert agreement_with().digest == agreed().digest
    assert agreement_with(attack_ceiling="0.01").digest != agreed().digest
    for wrong in ("1.01", "-0.1", "one", 0.5):
        with pytest.raises(InputError):
            agreement_with(attack_ceiling=wrong)


@pytest.mark.parametrize("seed", EACH_SEED)
def test_groups_divide_and_name_no_value(seed: int) -> None:
    for name in ("population", "early_education", "youth_work"):
        held = register(name, seed)
        for grouping, members in groups(held.people, held.register).items():
            total = sum(flags.astype(int) for flags in members.values())
            assert total.max() <= 1, grouping
        assert "language" not in groups(held.people, held.register)


def test_the_list_has_the_errors_it_says_and_nobody_else() -> None:
    """Given names change in 2 % of people: of 2,900, 58 expected; outside 20 to 110 once in a million runs."""
    held, rng = register("population", SEEDS[0]), np.random.default_rng(5)
    fields = dict(held.people.fields)
    changed = with_errors(fields, rng)
    before, after = (each["given_names"].to_arrow().to_pylist() for each in (fields, changed))
    assert 20 < sum(one != other for one, other in zip(before, after, strict=True)) < 110
    who = overlap(1000, 0.05, rng)
    assert len(who) == 50
    assert len(set(who.tolist())) == 50
    some = taken(held.people, who)
    assert some.fields["surname"].to_arrow().to_pylist() == [held.people.fields["surname"].to_arrow().to_pylist()[place] for place in who]


def test_near_equal_tokens_are_dropped_unless_the_agreement_keeps_them_and_it_says_which() -> None:
    assert agreement_with().linkage.near_equal_tokens == "dropped"
    assert agreement_with(near_equal_tokens="kept").digest != agreement_with().digest
    with pytest.raises(InputError):
        agreement_with(near_equal_tokens="some")
    for lang, left_out, kept in (("fi", "jätetään pois", "säilytetään"), ("sv", "utelämnas", "behålls"), ("en", "left out", "are kept")):
        assert left_out in str(agreement_page._ceiling(agreement_with(), lang))
        assert kept in str(agreement_page._ceiling(agreement_with(near_equal_tokens="kept"), lang))
        assert words(lang)["near_equal_few"] not in agreement_page._ceiling(agreement_with(), lang)  # six registers have codes


def test_every_word_of_the_document_is_said_in_plain_words(measured: Measured) -> None:
    assert set(TITLES) == set(ATTACKS)
    assert set(LISTS) == {name for name, _, _ in OVERLAPS}
    told = "\n".join(lines(document(measured, agreed()), "dropped"))
    assert "_" not in told
    assert re.search(r"\((less than )?[0-9.]+ %\)", told)
    assert not re.search(r"\b0\.\d{3}\b(?! %)", told)


def test_shares_are_told_in_per_cent() -> None:
    shares = ("0.763", "1.000", "0.000", "<0.050", "0.05", "<0.001", "0.0005")
    assert [percent(each) for each in shares] == ["76.3 %", "100 %", "0 %", "less than 5 %", "5 %", "less than 0.1 %", "0.05 %"]


@pytest.mark.parametrize(
    ("lists", "ceiling", "step"),
    [
        ({"everybody": "0.051"}, {}, "sauma explain S4103"),
        ({"everybody_without_errors": "0.763"}, {}, "sauma explain S4103"),
        ({"everybody": "0.050"}, {}, "sauma pseudonymise pupils"),
        ({"five_per_cent": "0.900", "everybody": "<0.900"}, {}, "sauma pseudonymise pupils"),
        ({"everybody": None}, {}, "sauma pseudonymise pupils"),
        ({"everybody": "0.400"}, {"ceiling": "0.5", "above_ceiling": False}, "sauma pseudonymise pupils"),
        ({"everybody": "0.001"}, {"ceiling": "0", "above_ceiling": True}, "sauma explain S4103"),
        ({}, {}, "sauma pseudonymise pupils"),
    ],
)
def test_the_next_step_is_what_can_be_done_where_many_are_found(
    lists: dict[str, str | None], ceiling: dict[str, object], step: str
) -> None:
    shown = {"attacks": [{"list": name, "rate": rate} for name, rate in lists.items()], **ceiling}
    assert next_step(shown, "pupils") == step


def test_it_is_said_why_near_equal_tokens_were_kept_or_dropped() -> None:
    with_codes = agreed().register_of("population")
    without = with_codes.model_copy(update={"columns": tuple(field for field in with_codes.columns if field.meaning != "hetu")})
    silent = with_codes.model_copy(update={"match_tokens": False})
    assert "were dropped" in near_equal(with_codes, agreement_with())
    assert 'KEPT, because the agreement says near_equal_tokens = "kept"' in near_equal(with_codes, agreement_with(near_equal_tokens="kept"))
    assert "KEPT, because no column of it has the meaning hetu" in near_equal(without, agreement_with())
    assert near_equal(silent, agreement_with()) == "no match tokens leave this register"
