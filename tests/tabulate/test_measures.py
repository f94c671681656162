"""What is asked beside counts: tallies, services used together, clipped sums; against plain Python over the same persons."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import persons
from tabulate_world import SEX, Person, engine, one_table, request, table

from privacy.tabulate.cells import cell_space
from privacy.tabulate.counts import bounded, classify, counts
from schemas.dimension import UNKNOWN, Dimension
from schemas.errors import InputError

SETTINGS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CONDITIONS = {
    "woman": "population.sex = 'female'",
    "young": "population.birth_year > 2005",
    "visits": "exists(youth, youth.visits > 2)",
}


def holds(person: Person) -> dict[str, bool | None]:
    """The three conditions, without any of the house's code."""
    rows = person.rows.get("population", [{}])
    sex, born = rows[0].get("sex"), rows[0].get("birth_year")
    visits = any((row.get("visits") or 0) > 2 for row in person.rows.get("youth", []))
    return {"woman": None if sex is None else sex == "female", "young": None if born is None else born > 2005, "visits": visits}


def slow_tally(person: Person, unknown: str) -> int | None:
    number = 0
    for each in holds(person).values():
        if each is None and unknown == "unknown":
            return None
        number += 1 if each or (each is None and unknown == "yes") else 0
    return number


def counted(people: list[Person]) -> list[Person]:
    return [person for person in people if "population" in person.rows]


@SETTINGS
@given(people=persons(), unknown=st.sampled_from(["no", "yes", "unknown"]))
def test_a_tally_is_how_many_conditions_hold(people: list[Person], unknown: str) -> None:
    value = f"tally('{unknown}', {', '.join(CONDITIONS.values())})"
    made = one_table(table("t", [{"name": "n", "value": value, "bands": [0, 1, 2, 3]}]))
    running = engine(people)
    classify(running, [made])
    slow = [slow_tally(person, unknown) for person in counted(people)]
    expected = [slow.count(0), slow.count(1), slow.count(2), slow.count(3), slow.count(None), len(slow)]
    assert counts(running, made).units.tolist() == expected


@SETTINGS
@given(people=persons())
def test_services_two_by_two(people: list[Person]) -> None:
    services = [{"id": name, "title": {"fi": name}, "when": when} for name, when in CONDITIONS.items()]
    made = one_table(table("t", [{"name": "used", "services": services}]))
    running = engine(people)
    classify(running, [made])
    found = dict(zip(made.space.keys, counts(running, made).units.tolist(), strict=True))
    known = [each for each in map(holds, counted(people)) if None not in each.values()]
    for one in CONDITIONS:
        assert found[one,] == sum(bool(each[one]) for each in known)
    for one, two in itertools.combinations(CONDITIONS, 2):
        assert found[f"{one}+{two}",] == sum(bool(each[one] and each[two]) for each in known)
    assert found[UNKNOWN,] == len(counted(people)) - len(known)
    assert found["total",] == len(counted(people))


@SETTINGS
@given(people=persons(), bound=st.integers(1, 3), low=st.integers(-4, 1), width=st.integers(1, 6))
def test_a_sum_is_clipped_and_bounded(people: list[Person], bound: int, low: int, width: int) -> None:
    high = low + width
    total = {"id": "visits", "kind": "sum", "title": {"fi": "v"}, "value": "min(youth.visits)", "low": low, "high": high, "otherwise": low}
    made = one_table(table("t", [SEX], kind="DP", epsilon="1", measures=[total]))
    running = engine(people)
    classify(running, [made])
    found = bounded(running, made, units_max=bound)
    expected = [0, 0, 0]
    from tabulate_world import identifier

    by_unit: dict[int, list[Person]] = {}
    for person in counted(people):
        by_unit.setdefault(person.unit, []).append(person)
    for members in by_unit.values():
        for person in sorted(members, key=lambda each: identifier("study", each.study))[:bound]:
            visits = [row["visits"] for row in person.rows.get("youth", []) if row["visits"] is not None]
            value = min(max(min(visits), low), high) if visits else low
            place = {"female": 0, "male": 1}.get(person.rows["population"][0]["sex"] or "", 2)
            expected[place] += value
    assert found.sums[0].tolist() == expected
    assert found.counts.sum() <= bound * len(by_unit)


@pytest.mark.parametrize("text", ["tally()", "tally('no')", "tally(2, true)", "tally('perhaps', true)", "tally('no', 1) > 0"])
def test_a_tally_says_what_the_unknown_count_as(text: str) -> None:
    with pytest.raises(InputError) as refused:
        one_table(table("t", [{"name": "n", "value": text, "bands": [0, 1]}]))
    assert refused.value.code in ("S3302", "S3303")


def test_eight_services_make_all_pairs_and_keep_their_patterns_to_themselves() -> None:
    services = [{"id": f"a{n}", "title": {"fi": "x"}, "when": "exists(youth)"} for n in range(8)]
    made = one_table(table("t", [{"name": "used", "services": services}]))
    assert made.space.finest_size == 2**8 + 1
    assert int(made.space.printed.sum()) == 8 + 28 + 1 + 1
    shown = one_table(table("t", [{"name": "used", "services": services, "patterns": True}]))
    assert shown.space.printed.all()
    with pytest.raises(InputError, match="S3001"):
        request([table("t", [{"name": "used", "services": [*services, {**services[0], "id": "a9"}]}])])


def test_what_changes_the_figures_changes_the_plan_and_what_is_derived_does_not() -> None:
    total = {"id": "v", "kind": "sum", "title": {"fi": "v"}, "value": "count(youth)", "low": 0, "high": 5, "otherwise": 0}
    services = [{"id": name, "title": {"fi": name}, "when": when} for name, when in CONDITIONS.items()]
    used = {"name": "used", "services": services}

    def digest(*dimensions: dict, **more: object) -> str:
        return one_table(table("t", dimensions, kind="DP", epsilon="1", **more)).digest

    share = {"id": "s", "kind": "share", "title": {"fi": "s"}, "dimension": "sex", "codes": ["female"]}
    assert digest(SEX) == digest(SEX, measures=[share])
    assert digest(SEX, measures=[total]) == digest(SEX, measures=[{**total, "title": {"fi": "other"}}, share])
    assert digest(used) == digest({**used, "services": [{**each, "title": {"fi": "other"}} for each in services]})
    told = [
        digest(SEX),
        digest(SEX, measures=[total]),
        digest(SEX, measures=[{**total, "high": 6}]),
        digest(SEX, measures=[{**total, "otherwise": 1}]),
        digest(SEX, measures=[{**total, "value": "count(health)"}]),
        digest(SEX, measures=[{**total, "weight": 2}]),
        digest(SEX, measures=[total], count_weight=2),
        digest(SEX, contribution=2),
        digest(used),
        digest({**used, "patterns": True}),
        digest({**used, "services": [{**services[0], "when": "true"}, *services[1:]]}),
    ]
    size = {"name": "n", "value": "members(true)", "bands": [1, 2]}
    told += [digest(size, unit="family", family=family) for family in ("dwelling", "guardianship", "guardianship_dwelling", "service")]
    assert len(set(told)) == len(told)
    assert digest(size, unit="family") == digest(size, unit="family", family="dwelling")  # the agreement's own


def test_every_printed_code_has_its_members() -> None:
    of = Dimension.model_validate_json(
        json.dumps({"name": "u", "title": {"fi": "u"}, "services": [{"id": n, "title": {"fi": n}, "when": "true"} for n in "abc"]})
    )
    assert set(of.members) == {"a", "b", "c", "a+b", "a+c", "b+c", UNKNOWN, "total"}
    assert of.members["a+b"] == of.members["a"] & of.members["b"]
    space = cell_space(
        one_table(table("t", [{"name": "u", "services": [json.loads(each.model_dump_json()) for each in of.services]}])).table
    )
    assert [key for (key,), kept in zip(space.keys, space.printed, strict=True) if kept] == [
        UNKNOWN,
        "a",
        "b",
        "c",
        "a+b",
        "a+c",
        "b+c",
        "total",
    ]
