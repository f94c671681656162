"""What was told, held to the ledger and the agreement by a verifier without data: noise paid for, no small count shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ledger_world import begin, decide, hexes, proposal, publication, say, spend, told, witness

from ledger import relations, store, verify
from schemas.errors import IntegrityError

NOISY = {"table": {"kind": "DP", "epsilon": "0.5"}}
FAMILY = {"unit": "family"}


def published(folder: Path, *tables: dict[str, Any], epsilons: tuple[str, ...] = (), **terms: object) -> Path:
    """A ledger whose writer skipped every check of its own tables: *tables* told in one proposal, *epsilons* spent for it."""
    begin(folder, total="1000", **terms)
    found = [told("p", **changes) for changes in tables]
    for number, epsilon in enumerate(epsilons):
        paid = spend("p", epsilon)
        say(folder, paid if number == 0 else paid.model_copy(update={"plan": hexes(f"plan {number}")}))
    digests = tuple(relations.digest(each) for each in found)
    kinds = ("DP",) if epsilons else ("EXACT",)
    say(folder, proposal("p").model_copy(update={"relations": digests, "kinds": kinds}))
    decide(folder)
    witness(folder)
    for each in found:
        store.keep_relations(folder, each)
    say(folder, publication("p").model_copy(update={"relations": digests}))
    return folder


def failure(folder: Path) -> str:
    verify.verify(folder, with_relations=False)  # the log alone keeps every rule
    with pytest.raises(IntegrityError) as caught:
        verify.verify(folder)
    assert (caught.value.code, caught.value.place.split("/")[:2]) == ("S5205", ["relations", "public"])
    return caught.value.reason


@pytest.mark.parametrize("epsilon", ["0.5", "0.50", "0.6"])
def test_noise_that_was_paid_for_holds(tmp_path: Path, epsilon: str) -> None:
    assert verify.verify(published(tmp_path / "ledger", NOISY, epsilons=(epsilon,))).relations


@pytest.mark.parametrize("epsilon", ["0.000001", "0.499999999"])
def test_noise_that_cost_more_than_was_spent_is_found(tmp_path: Path, epsilon: str) -> None:
    assert "not paid for" in failure(published(tmp_path / "ledger", NOISY, epsilons=(epsilon,)))


def test_one_spend_pays_for_one_table(tmp_path: Path) -> None:
    again = {**NOISY, "table": {**NOISY["table"], "id": "by_grade"}, "value": 41}
    assert "share one plan" in failure(published(tmp_path / "shared", NOISY, again, epsilons=("0.5",)))
    other = {**NOISY, "plan": hexes("plan 1")}
    assert "not paid for" in failure(published(tmp_path / "unpaid", NOISY, other, epsilons=("0.5",)))
    assert verify.verify(published(tmp_path / "paid", NOISY, other, epsilons=("0.5", "0.5"))).relations


def test_noise_told_as_an_exact_table_is_found(tmp_path: Path) -> None:
    """A proposal of EXACT tables needs no spend; a DP table among them has none."""
    assert "not paid for" in failure(published(tmp_path / "ledger", NOISY))


@pytest.mark.parametrize(("table", "least"), [({}, 5), (FAMILY, 3)])
def test_a_count_under_the_minimum_is_found(tmp_path: Path, table: dict[str, str], least: int) -> None:
    for value in range(1, least):
        reason = failure(published(tmp_path / str(value), {"table": table, "value": value}))
        assert reason == "table by_grade shows a count under the agreement's minimum"
    for value in (0, least, None):
        assert verify.verify(published(tmp_path / str(value), {"table": table, "value": value})).relations


def test_one_family_is_never_told(tmp_path: Path) -> None:
    release = [{"audience": "public", "kinds": ["EXACT"], "minimum_persons": 5, "minimum_families": 1}]
    assert "minimum" in failure(published(tmp_path / "one", {"table": FAMILY, "value": 1}, release=release))
    assert verify.verify(published(tmp_path / "two", {"table": FAMILY, "value": 2}, release=release)).relations


def test_a_small_noisy_figure_is_no_small_count(tmp_path: Path) -> None:
    assert verify.verify(published(tmp_path / "ledger", {**NOISY, "value": 1}, epsilons=("0.5",))).relations


def test_a_kind_that_the_agreement_does_not_grant_is_found(tmp_path: Path) -> None:
    release = [{"audience": "public", "kinds": ["DP"], "minimum_persons": 5, "minimum_families": 3}]
    assert "gives the audience no EXACT tables" in failure(published(tmp_path / "ledger", {}, release=release))
