"""Primary rules, group disclosure, hidden zeros, two audiences, and how much is hidden."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from region import People, count, dimension, hidden_shares, municipalities, protect, request, rules, table, told

from privacy.protect.gate import Refusal, wrap_noised
from privacy.protect.primary import primary, threshold
from privacy.tabulate.cells import cell_space
from schemas.batches import NoisedTable
from schemas.errors import IntegrityError
from schemas.release import RelationCell

PLACES = tuple(f"{place:03d}" for place in range(10))
AGES = tuple(f"g{age}" for age in range(8))


def values(protected, number: int = 0) -> dict[tuple[str, ...], int | None]:
    return {cell.key: cell.value for cell in protected[number].cells}


def folk(counts: dict[tuple[int, int], int], *, family: np.ndarray | None = None) -> People:
    pairs = [pair for pair, size in counts.items() for _ in range(size)]
    codes = np.array(pairs)
    return People({"a": codes[:, 0], "b": codes[:, 1]}, np.arange(len(pairs)) if family is None else family)


def plain(**options):
    return table("t", [dimension("a", ("a0", "a1", "a2")), dimension("b", ("b0", "b1"), **options)])


def test_six_persons_of_one_family_are_a_cell_of_one() -> None:
    people = folk({(0, 0): 6, (0, 1): 30, (1, 0): 30, (1, 1): 30})
    assert values(protect(people, request([plain()])))[("a0", "b0")] == 6
    people.family[:6] = 0
    assert values(protect(people, request([plain()])))[("a0", "b0")] is None


@pytest.mark.parametrize(("size", "shown"), [(4, False), (5, True)])
def test_the_minimum_itself_is_shown_and_one_less_is_not(size: int, shown: bool) -> None:
    people = folk({(0, 0): size, (0, 1): 30, (1, 0): 30, (1, 1): 30})
    assert (values(protect(people, request([plain()])))[("a0", "b0")] is not None) == shown


def test_a_table_of_families_counts_families_against_the_minimum_of_families() -> None:
    people = folk({(0, 0): 3, (0, 1): 2, (1, 0): 30, (1, 1): 30, (2, 0): 30, (2, 1): 30})
    of = table("t", [dimension("a", ("a0", "a1", "a2")), dimension("b", ("b0", "b1"))], unit="family")
    assert threshold(of, rules()) == 3
    counted = count(people, of)
    found = primary(of, cell_space(of), counted.units[cell_space(of).inner], counted.families, rules())
    keys = cell_space(of).keys
    assert not found.small[keys.index(("a0", "b0"))]
    assert found.small[keys.index(("a0", "b1"))]


def test_two_hidden_siblings_are_not_given_away_by_their_sum() -> None:
    """a0 has 2 + 1 + 30: the total would tell that two hidden cells hold three together."""
    people = folk({(0, 0): 2, (0, 1): 1, (0, 2): 30, (1, 0): 40, (1, 1): 40, (1, 2): 40, (2, 0): 40, (2, 1): 40, (2, 2): 40})
    got = values(protect(people, request([plain()])))
    row = [got[("a0", code)] for code in ("b0", "b1", "unknown")]
    assert got[("a0", "total")] is None or row == [None, None, None]


def test_differences_between_code_lists_of_two_tables_are_protected() -> None:
    """Bands that are shifted by one age, of which there are three persons."""
    ages = np.repeat([0, 1, 2, 3], [20, 20, 3, 20])
    people = People({"age": ages}, np.arange(len(ages)))
    first = table("t", [dimension("age", ("g0", "g1", "g2", "g3"), groups={"young": ("g0", "g1"), "old": ("g2", "g3")}, total=False)])
    second = table("u", [dimension("age", ("g0", "g1", "g2", "g3"), groups={"low": ("g0", "g1", "g2"), "high": ("g3",)}, total=False)])
    both = protect(people, request([first, second]))
    young, low, high = values(both)[("young",)], values(both, 1)[("low",)], values(both, 1)[("high",)]
    old = values(both)[("old",)]
    assert young is None or low is None
    assert old is None or high is None
    assert values(both)[("g2",)] is None


def test_a_group_that_is_all_alike_is_not_told_to_be() -> None:
    people = folk({(0, 0): 12, (1, 0): 20, (1, 1): 20, (2, 0): 20, (2, 1): 20})
    open_table = protect(people, request([plain()]))
    assert values(open_table)[("a0", "b1")] == 0
    assert values(open_table)[("a0", "b0")] == 12
    got = values(protect(people, request([plain(disclosive=("b0",))])))
    assert got[("a0", "b1")] is None
    assert got[("a0", "b0")] is None or got[("a0", "total")] is None


def test_all_but_one_is_protected_too_and_all_but_two_is_not() -> None:
    for others, hidden in ((1, True), (2, False)):
        people = folk({(0, 0): 12, (0, 1): others, (1, 0): 20, (1, 1): 20, (2, 0): 20, (2, 1): 20})
        of = plain(disclosive=("b0",))
        counted = count(people, of)
        found = primary(of, cell_space(of), counted.units[cell_space(of).inner], counted.families, rules(persons=2, families=1))
        assert bool(found.groups) == hidden


def test_zeros_are_hidden_where_the_agreement_says_so() -> None:
    people = folk({(0, 0): 30, (1, 0): 20, (1, 1): 20, (2, 0): 20, (2, 1): 20})
    shown = values(protect(people, request([plain()])))
    assert shown[("a0", "b1")] == 0
    hidden = protect(people, request([plain()]), classes={"internal": rules(zeros="suppressed")})
    assert not isinstance(hidden, Refusal)
    assert values(hidden)[("a0", "b1")] is None
    assert 0 not in values(hidden).values()
    assert values(hidden)[("a0", "total")] is None or values(hidden)[("a0", "b0")] is None


def test_a_public_table_is_made_safe_beside_what_readers_inside_know() -> None:
    people = municipalities(4000, seed=5)
    inside = request([table("t", [dimension("place", PLACES), dimension("sex", ("male", "female"))])])
    classes = {"internal": rules(), "public": rules("public", persons=10)}
    first = protect(people, inside, classes=classes)
    outside = request([table("u", [dimension("place", PLACES), dimension("trait", tuple("wxyz"))])], audience="public")
    second = protect(people, outside, published=[told(first[0], inside)], classes=classes)
    assert not isinstance(second, Refusal)
    both = protect(people, request([*inside.table, *outside.table]), classes=classes)
    assert not isinstance(both, Refusal)
    small = count(people, outside.table[0]).units
    assert all(cell.value is None for cell, units in zip(second[0].cells, small, strict=True) if 0 < units < 10)


def test_cells_hidden_once_stay_hidden_from_that_audience() -> None:
    people = municipalities(3000, seed=2)
    of = table("t", [dimension("place", PLACES), dimension("trait", tuple("wxyz"))])
    first = protect(people, request([of]))
    again = table("u", list(of.dimensions))
    second = protect(people, request([again]), published=[told(first[0], request([of]))], key=b"another key" * 3)
    assert [cell.value for cell in second[0].cells] == [cell.value for cell in first[0].cells]


def test_a_figure_that_was_told_wrong_is_an_integrity_failure() -> None:
    people = municipalities(2000, seed=3)
    asked = request([table("t", [dimension("place", PLACES)])])
    before = told(protect(people, asked)[0], asked)
    place = next(number for number, cell in enumerate(before.cells) if cell.value)
    cells = list(before.cells)
    cells[place] = RelationCell(key=cells[place].key, value=cells[place].value + 1)
    later = request([table("u", [dimension("sex", ("male", "female"))])])
    with pytest.raises(IntegrityError, match="S5150"):
        protect(people, later, published=[before.model_copy(update={"cells": tuple(cells)})])


def test_a_refusal_names_tables_and_no_cell() -> None:
    """Told without a disclosive category first: that a group is all alike is out, and cannot be taken back."""
    people = folk({(0, 0): 12, (1, 0): 20, (1, 1): 20, (2, 0): 20, (2, 1): 20})
    first = protect(people, request([plain()]))
    stricter = table("u", [dimension("a", ("a0", "a1", "a2")), dimension("b", ("b0", "b1"), disclosive=("b0",))])
    refused = protect(people, request([stricter]), published=[told(first[0], request([plain()]))])
    assert isinstance(refused, Refusal)
    assert set(refused.tables) == {"t", "u"}
    assert not any(code in refused.reason for code in ("a0", "b0", "b1"))


def test_a_zero_hidden_earlier_stops_tables_that_could_tell_it() -> None:
    """The new code list does not fit the told one, so nobody can say which patterns could fill the hidden zero."""
    people = folk({(0, 0): 12, (1, 0): 20, (1, 1): 20, (2, 0): 20, (2, 1): 20})
    first = request([plain(disclosive=("b0",))])
    before = told(protect(people, first)[0], first)
    fits = request([table("u", [dimension("b", ("b0", "b1"))])])
    assert not isinstance(protect(people, fits, published=[before]), Refusal)
    other = request([table("u", [dimension("c", ("b0",), value="b")])])
    people.codes["b"] = np.minimum(people.codes["b"], 1)
    assert isinstance(protect(people, other, published=[before]), Refusal)


def test_a_noised_table_is_only_wrapped() -> None:
    cells = (RelationCell(key=("a0", "b0"), value=7, lower=3, upper=12),)
    wrapped = wrap_noised(NoisedTable(plain(), "0" * 64, cells, "95 %"))
    assert (wrapped.cells, wrapped.attacks, wrapped.interval) == (cells, (), "95 %")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000))
def test_realistic_tables_stay_useful(seed: int) -> None:
    """20,000 people, 10 places of very unequal size, 8 age bands, 2 sexes: at most 35 % hidden, at least half of inner cells shown."""
    of = table("t", [dimension("place", PLACES), dimension("age", AGES), dimension("sex", ("male", "female"))])
    people = municipalities(20_000, seed)
    smaller = People({name: codes[::3] for name, codes in people.codes.items()}, people.family[::3])
    for crowd in (people, smaller):
        hidden, inner = hidden_shares(protect(crowd, request([of]))[0], count(crowd, of))
        assert hidden <= 0.35
        assert inner >= 0.5


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000))
def test_the_same_key_gives_the_same_pattern(seed: int) -> None:
    people = municipalities(1500, seed)
    asked = request([table("t", [dimension("place", PLACES), dimension("trait", tuple("wxyz"))])])
    assert protect(people, asked) == protect(people, asked)
