"""Counts, atoms and distinct privacy units against plain enumeration."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from people import persons
from tabulate_world import AGE, AREA, SEX, VINTAGE, Person, agreement, engine, identifier, one_table, request, table

from privacy.tabulate.counts import ABSENT, atoms, bounded, classify, counts
from privacy.tabulate.plans import plan
from schemas.errors import InputError, UsageError

SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CHILDREN = {
    "name": "children",
    "of": "family",
    "case": [
        {"when": "members(population.birth_year >= 2008) >= 2", "then": "many"},
        {"when": "any(population.birth_year >= 2008)", "then": "some"},
    ],
    "otherwise": "none",
}
BACKGROUND = {
    "name": "background",
    "case": [
        {"when": "population.language in ('fi', 'sv')", "then": "domestic"},
        {"when": "population.language is not null", "then": "foreign"},
    ],
}
OUTSIDE = {"name": "outside", "case": [{"when": "background = 'foreign' and not exists(youth)", "then": "outside"}], "otherwise": "inside"}


def value(person: Person, name: str):
    return (person.rows.get("population") or [{}])[0].get(name)


def based(people: list[Person]) -> list[Person]:
    return [person for person in people if "population" in person.rows]


def sex_of(person: Person) -> int:
    return {"female": 0, "male": 1}.get(value(person, "sex"), 2)


@SETTINGS
@given(people=persons())
def test_persons_and_distinct_units_of_every_cell(people: list[Person]) -> None:
    made = one_table(table("t", [SEX, AREA]))
    running = engine(people)
    classify(running, [made])
    found = counts(running, made)
    areas = ("049", "235", "257")
    for (sex, area), units, families in zip(made.space.keys, found.units, found.families, strict=True):

        def inside(person: Person, sex: str = sex, area: str = area) -> bool:
            own = value(person, "municipality") if value(person, "municipality") in areas else "unknown"
            in_sex = sex == "total" or ("female", "male", "unknown")[sex_of(person)] == sex
            return in_sex and (area in ("total", own) or own in {"east": ("049", "235"), "west": ("257",)}.get(area, ()))

        members = [person for person in based(people) if inside(person)]
        assert units == len(members)
        assert families == len({person.unit for person in members})


@SETTINGS
@given(people=persons())
def test_atoms_are_the_joint_refinement(people: list[Person]) -> None:
    first = one_table(table("first", [SEX]))
    second = one_table(table("second", [AGE], where="population.sex = 'female'"))
    other = one_table(table("other", [{"name": "kind", "value": "max(youth.kind)", "codes": ["a", "b"]}]), base="youth")
    running = engine(people)
    classify(running, [first, second, other])
    found = atoms(running, [first, second, other])
    expected: Counter[tuple[int, ...]] = Counter()
    for person in people:
        age = None if value(person, "birth_year") is None else 2026 - value(person, "birth_year")
        band = 3 if age is None else 0 if age < 7 else 1 if age < 18 else 2
        kinds = [row["kind"] for row in person.rows.get("youth", []) if row["kind"]]
        kind = ABSENT if "youth" not in person.rows else 2 if not kinds else 0 if max(kinds) == "a" else 1
        here = "population" in person.rows
        pattern = (sex_of(person) if here else ABSENT, band if here and sex_of(person) == 0 else ABSENT, kind)
        if set(pattern) != {ABSENT}:
            expected[pattern] += 1
    assert {tuple(row): int(units) for row, units in zip(found.cells.tolist(), found.units, strict=True)} == expected


@SETTINGS
@given(people=persons())
def test_derived_variables_of_persons_and_families(people: list[Person]) -> None:
    dimensions = [
        {"name": "outside", "value": "outside", "codes": ["outside", "inside"], "total": False},
        {"name": "children", "value": "children", "codes": ["many", "some", "none"], "total": False},
    ]
    made = one_table(table("t", dimensions), derived=[CHILDREN, BACKGROUND, OUTSIDE])
    running = engine(people)
    classify(running, [made])
    found = dict(zip(made.space.keys, counts(running, made).units.tolist(), strict=True))
    expected: Counter[tuple[str, str]] = Counter()
    for person in based(people):
        language = value(person, "language")
        out = language is not None and language not in ("fi", "sv") and "youth" not in person.rows
        young = [p for p in people if p.family == person.family and (value(p, "birth_year") or 0) >= 2008]
        children = "unknown" if person.family is None else "many" if len(young) >= 2 else "some" if young else "none"
        expected["outside" if out else "inside", children] += 1
    assert {key: units for key, units in found.items() if units} == expected


@SETTINGS
@given(people=persons())
def test_families_are_counted_within_their_unit(people: list[Person]) -> None:
    made = one_table(
        table("t", [{"name": "children", "value": "members(population.birth_year >= 2008)", "bands": [0, 1, 2]}], unit="family")
    )
    running = engine(people)
    classify(running, [made])
    found = counts(running, made)
    families = {person.family: person.unit for person in based(people) if person.family is not None}
    assert found.units[made.space.index[("total",)]] == len(families)
    assert found.families[made.space.index[("total",)]] == len(set(families.values()))


@settings(SETTINGS, max_examples=8)
@given(people=persons(9))
def test_taking_one_unit_out_moves_each_grouping_by_at_most_the_bound(people: list[Person]) -> None:
    """Remove each privacy unit and count everything again: the L1 change of every grouping is within the contribution."""
    tables = [
        (
            one_table(table("p", [{"name": "children", "value": "children", "codes": ["many", "some", "none"]}, AREA]), derived=[CHILDREN]),
            2,
        ),
        (one_table(table("f", [{"name": "y", "value": "sum(count(youth))", "bands": [0, 1, 3]}], unit="family")), 1),
    ]

    def counted(remaining: list[Person]) -> list[np.ndarray]:
        running = engine(remaining)
        classify(running, [made for made, _ in tables])
        return [made.space.sums(bounded(running, made, units_max=bound).counts) for made, bound in tables]

    whole = counted(people)
    for unit in {person.unit for person in people}:
        for (made, bound), before, after in zip(tables, whole, counted([person for person in people if person.unit != unit]), strict=True):
            change = np.abs(before - after)
            assert all(change[made.space.grouping == number].sum() <= bound for number in range(len(made.space.groupings)))


def test_bounding_keeps_the_same_rows_whatever_the_others_are() -> None:
    family = [Person(study, 0, 0, {"population": [{"sex": "female", "municipality": "049"}]}) for study in range(6)]
    made = one_table(table("t", [SEX]))
    running = engine(family)
    classify(running, [made])
    assert bounded(running, made, units_max=4).counts.tolist() == [4, 0, 0]
    kept = sorted(range(6), key=lambda study: identifier("study", study))[:4]
    marked = [Person(p.study, 0, 0, {"population": [{"sex": "male" if p.study in kept else "female"}]}) for p in family]
    running = engine(marked)
    classify(running, [made])
    assert bounded(running, made, units_max=4).counts.tolist() == [0, 4, 0]


def test_a_plan_reads_only_the_registers_it_names() -> None:
    assert one_table(table("t", [SEX])).registers == ("population",)
    assert one_table(table("t", [SEX], where="exists(youth)")).registers == ("population", "youth")
    unused = one_table(table("t", [SEX]), derived=[OUTSIDE | {"case": [{"when": "exists(health)", "then": "x"}]}])
    assert unused.registers == ("population",)


def test_equal_questions_have_equal_plans_and_others_do_not() -> None:
    first = one_table(table("t", [SEX], kind="DP", epsilon="1"))
    assert one_table(table("other", [{**SEX, "title": {"fi": "y"}}], kind="DP", epsilon="1.0")).digest == first.digest
    assert one_table(table("t", [SEX], kind="DP", epsilon="1"), derived=[CHILDREN]).digest == first.digest
    different = [
        one_table(table("t", [SEX], kind="DP", epsilon="2")),
        one_table(table("t", [SEX], where="exists(youth)", kind="DP", epsilon="1")),
        one_table(table("t", [SEX], kind="DP", epsilon="1"), base="youth"),
        one_table(table("t", [SEX], kind="DP", epsilon="1"), agreed=agreement(persons_per_family=4)),
        plan(request([table("t", [SEX], kind="DP", epsilon="1")]), "t", agreement(), vintage="b" * 64),
        plan(request([table("t", [SEX], kind="DP", epsilon="1")], audience="public"), "t", agreement(), vintage=VINTAGE),
    ]
    assert len({made.digest for made in [first, *different]}) == len(different) + 1


def test_the_base_must_be_a_register() -> None:
    with pytest.raises(UsageError) as refused:
        one_table(table("t", [SEX]), base="nowhere")
    assert refused.value.code == "S2005"


def test_bands_need_numbers() -> None:
    with pytest.raises(InputError) as refused:
        one_table(table("t", [{"name": "v", "value": "population.sex", "bands": [0, 1]}]))
    assert refused.value.code == "S3303"


def test_shared_steps_run_once() -> None:
    first, second = one_table(table("a", [SEX])), one_table(table("b", [SEX], where="population.sex = 'female'"))
    assert {step.output for step in first.steps} & {step.output for step in second.steps}
    running = engine([Person(0, 0, None, {"population": [{"sex": "female"}]})])
    classify(running, [first, second, first])
    assert counts(running, second).units.tolist() == [1, 0, 0, 1]
