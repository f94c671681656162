"""Services two by two, exactly: overlapping cells, patterns that are never printed, and an attacker who knows all of it.

The attacker here shares no code with the house: SciPy's integer programming over all patterns, possible or not.
"""

from __future__ import annotations

import numpy as np
import pytest
from region import People, protect, request, rules, table
from scipy.optimize import Bounds, LinearConstraint, milp

from privacy.protect.gate import Refusal
from schemas.dimension import Dimension, Service
from schemas.errors import IntegrityError
from schemas.register import Titles

NAMES = ("school", "youth", "health")


def used(**more: object) -> Dimension:
    services = tuple(Service(id=name, title=Titles(fi=name), when=f"exists({name})") for name in NAMES)
    return Dimension(name="used", title=Titles(fi="used"), services=services, **more)


def people(seed: int, dimension: Dimension) -> People:
    random = np.random.default_rng(seed)
    number = int(random.integers(60, 260))
    uses = random.random((number, 3)) < random.random(3) * 0.6 + 0.1
    codes = uses @ np.array([1, 2, 4])
    place = random.choice(2, number, p=[0.8, 0.2])
    return People({dimension.rule: codes, "place": place}, np.arange(number))


def places() -> Dimension:
    return Dimension(name="place", title=Titles(fi="place"), value="place", codes=("p0", "p1"))


@pytest.mark.parametrize("seed", range(8))
def test_pairs_are_told_and_no_small_count_of_them_can_be_narrowed(seed: int) -> None:
    dimension = used()
    whole = people(seed, dimension)
    asked = request([table("t", [places(), dimension])])
    found = protect(whole, asked)
    assert not isinstance(found, Refusal)
    (protected,) = found
    assert {key[1] for key in (cell.key for cell in protected.cells)} == {*dimension.members}
    members = [
        dimension.members,
        {"p0": frozenset(["p0"]), "p1": frozenset(["p1"]), "unknown": frozenset(), "total": frozenset(["p0", "p1"])},
    ]
    atoms = [(place, code) for place in ("p0", "p1") for code in dimension.domain[:-1]]
    true = np.array(
        [
            sum((whole.codes["place"] == int(place[1])) & (whole.codes[dimension.rule] == dimension.domain.index(code)))
            for place, code in atoms
        ]
    )

    def row(key: tuple[str, ...]) -> np.ndarray:
        return np.array([float(place in members[1][key[0]] and code in members[0][key[1]]) for place, code in atoms])

    shown = [(row(cell.key), cell.value) for cell in protected.cells if cell.value is not None]
    hidden = [row(cell.key) for cell in protected.cells if cell.value is None]
    assert all(float(each @ true) == value for each, value in shown)
    assert all(value == 0 or value >= 5 for _, value in shown)
    least, most = rules().minimum_persons, true.sum()
    known = LinearConstraint(np.array([each for each, _ in shown]), *(np.array([float(value) for _, value in shown]),) * 2)
    for target in [each for each in hidden if 0 < each @ true < least]:
        best = milp(-target, constraints=[known], integrality=np.ones(len(atoms)), bounds=Bounds(0, float(most)))
        assert best.success
        assert -best.fun >= least


def test_what_was_kept_back_once_is_not_in_the_relations_and_the_store_still_checks() -> None:
    from region import told

    dimension = used()
    whole = people(3, dimension)
    first = request([table("t", [dimension])])
    (protected,) = protect(whole, first)  # type: ignore[misc]  # not refused
    before = told(protected, first)
    second = protect(whole, request([table("u", [places(), dimension])]), published=[before])
    assert not isinstance(second, Refusal)
    again = {cell.key[1]: cell.value for cell in second[0].cells if cell.key[0] == "total"}
    assert all(again[cell.key[0]] == cell.value for cell in protected.cells if cell.value is not None)
    forged = before.model_copy(update={"cells": before.cells[:-1]})
    with pytest.raises(IntegrityError, match="S5150"):
        protect(whole, request([table("u", [places(), dimension])]), published=[forged])
