"""Families by the four definitions and the privacy-unit rule, against a plain reading in Python sets."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference_families import FOREVER, SLOTS, Population
from synthetic import digest, entropy, source

from linkage.link import link
from linkage.units import Memberships, divide, privacy_units
from sauma.engine.duckdb import DuckDbEngine
from schemas.agreement import DEFINITIONS
from schemas.linked import FAMILY_COLUMNS, LINK_COLUMNS

NAMES = ("population", "school")


def agreement(cap):
    return SimpleNamespace(linkage=SimpleNamespace(accept_probability="0.9", hold_out_share="0.1", unit_persons_max=cap))


def person(name, dwelling="", guardians=(), partner="", **more):
    row = {"id_a": name, "dwelling": dwelling, "partner": partner, "surname": "virtanen", **more}
    return row | {f"guardian_{place}": guardian for place, guardian in enumerate(guardians, 1)}


class Linked:
    """What came out of linking *registers*, by the names of persons."""

    def __init__(self, *registers, cap=12):
        sources = [source(name, rows, match_tokens=False) for name, rows in zip(NAMES, registers, strict=False)]
        result = link(DuckDbEngine(threads=1), sources, agreement(cap), entropy(1))
        self.links, self.table, self.facts = result.links, result.families, result.facts
        named = {digest(name, str(i)): row["id_a"] for name, rows in zip(NAMES, registers, strict=False) for i, row in enumerate(rows)}
        self.studies, self.units = {}, defaultdict(set)
        for row in result.links.to_pylist():
            who = named[row["record_id"]]
            assert self.studies.setdefault(row["study_id"], who) == who
            self.units[row["unit_id"]].add(who)
        self.families, self.own, self.spans = defaultdict(lambda: defaultdict(set)), defaultdict(dict), {}
        for row in result.families.to_pylist():
            who = self.studies[row["study_id"]]
            self.families[row["definition"]][row["family_id"]].add(who)
            self.spans[row["family_id"]] = (row["valid_from"], row["valid_until"])
            if row["own"]:
                assert who not in self.own[row["definition"]]
                self.own[row["definition"]][who] = row["family_id"]

    def by(self, definition):
        return sorted(map(sorted, self.families[definition].values()))

    def span(self, definition):
        (family,) = self.families[definition]
        return self.spans[family]


def rank(*registers):
    """The order in which linkage numbers persons: by their first record."""
    places = [(number, digest(NAMES[number], str(i)), row["id_a"]) for number, rows in enumerate(registers) for i, row in enumerate(rows)]
    found = {}
    for place, (_, _, code) in enumerate(sorted(places)):
        found.setdefault(code, place)
    return found


HOME = [person("mother", "d", partner="father"), person("father", "d", partner="mother"), person("child", "d", ("mother", "father"))]


def test_the_tables_have_their_columns():
    linked = Linked(HOME)
    assert linked.links.column_names == list(LINK_COLUMNS)
    assert linked.table.column_names == list(FAMILY_COLUMNS)
    assert set(linked.table["definition"].to_pylist()) == set(DEFINITIONS) - {"service"}


def test_guardians_children_and_partners_in_one_dwelling():
    assert Linked([*HOME, person("lodger", "d")]).by("dwelling") == [["child", "father", "mother"]]


def test_a_surname_and_a_dwelling_make_no_family():
    assert not Linked([person("a", "d"), person("b", "d")]).table.num_rows


def test_relations_across_dwellings_make_no_dwelling_family():
    rows = [person("mother", "d"), person("x", "d"), person("child", "e", ("mother",)), person("y", "e")]
    linked = Linked(rows)
    assert (linked.by("dwelling"), linked.by("guardianship_dwelling"), linked.by("guardianship")) == ([], [], [["child", "mother"]])


def test_a_child_belongs_to_the_guardian_it_lives_with():
    rows = [person("mother", "d"), person("father", "e"), person("child", "d", ("mother", "father")), person("x", "e")]
    linked = Linked(rows)
    assert linked.by("dwelling") == [["child", "mother"]]
    assert linked.by("guardianship") == [["child", "father", "mother"]]
    assert sorted(map(sorted, linked.units.values())) == [["child", "father", "mother"], ["x"]]


def test_the_youngest_generation_comes_first():
    rows = [person("grandmother", "d"), person("young_mother", "d", ("grandmother",)), person("baby", "d", ("young_mother",))]
    assert Linked(rows).by("dwelling") == [["baby", "young_mother"]]
    siblings = [*rows, person("brother", "d", ("grandmother",))]
    linked = Linked(siblings)
    assert linked.by("dwelling") == [["baby", "young_mother"], ["brother", "grandmother"]]
    assert linked.by("guardianship_dwelling") == [["baby", "brother", "grandmother", "young_mother"]]
    assert linked.by("guardianship") == [["baby", "young_mother"], ["brother", "grandmother", "young_mother"]]


def test_a_restricted_person_without_a_dwelling_is_in_no_dwelling_family():
    rows = [person("mother", "d"), person("other", "d"), person("child", "", ("mother",))]
    assert Linked(rows).by("dwelling") == []


def test_the_first_register_that_knows_a_home_decides():
    population = [person("mother", "d"), person("child", "d", ("mother",)), person("father", "e"), person("x", "e")]
    school = [person("child", "s", ("father",)), person("father", "s")]
    assert Linked(population, school).by("dwelling") == [["child", "mother"]]
    assert Linked(school, population).by("dwelling") == [["child", "father"]]


def test_a_guardian_of_children_with_different_co_guardians_is_in_several_families_and_a_child_in_one():
    rows = [
        person("mother"), person("first"), person("second"),
        person("elder", guardians=("mother", "first")), person("younger", guardians=("second", "mother")), person("other", guardians=("mother", "first")),
    ]  # fmt: skip
    linked = Linked(rows)
    assert linked.by("guardianship") == [["elder", "first", "mother", "other"], ["mother", "second", "younger"]]
    large = next(family for family, members in linked.families["guardianship"].items() if len(members) == 4)
    assert linked.own["guardianship"]["mother"] == large
    assert len(linked.units) == 1


def test_guardians_without_a_record_tell_children_apart_only_where_two_name_them():
    rows = [person("mother")] + [person(f"child{i}", guardians=("mother", guardian)) for i, guardian in enumerate(("far", "far", "alone"))]
    assert Linked(rows).by("guardianship") == [["child0", "child1", "mother"], ["child2", "mother"]]


def test_the_later_declared_head_wins_and_conflicts_are_counted():
    def headed(name, since):
        return person("child", family_head=name, family_partner=f"{name}s_partner", family_from=since)

    adults = [person(name) for name in ("a", "b", "as_partner", "bs_partner")]
    linked = Linked([*adults, headed("a", "202401")], [headed("b", "202403")])
    assert linked.by("service") == [["b", "bs_partner", "child"]]
    assert linked.facts["children_under_two_heads"] == 1
    assert linked.span("service") == (202403, None)
    linked = Linked([*adults, headed("a", "")], [headed("a", "202403")])
    assert linked.by("service") == [["a", "as_partner", "child"]]
    assert linked.facts["children_under_two_heads"] == 0


def test_a_family_holds_from_the_latest_start_to_the_earliest_end():
    rows = [
        person("mother", "d", partner="father", partner_from="201505", dwelling_from="201701", dwelling_until="202612"),
        person("father", "d", dwelling_from="201802"),
        person("child", "d", ("mother", "father"), guardian_1_until="202609", guardian_2_from="201911"),
    ]
    linked = Linked(rows)
    assert linked.span("dwelling") == (201911, 202609)
    assert linked.span("guardianship") == (201911, 202609)
    assert Linked(HOME).span("dwelling") == (None, None)


def test_a_unit_over_the_cap_is_cut_back_to_dwelling_families():
    """Five homes in a chain of children with guardians in two homes."""
    rows = [person(f"parent{i}", f"d{i}") for i in range(5)]
    rows += [person(f"child{i}", f"d{i}", (f"parent{i}", f"parent{(i + 1) % 5}")) for i in range(5)]
    assert [len(unit) for unit in Linked(rows, cap=10).units.values()] == [10]
    linked = Linked(rows, cap=9)
    assert sorted(map(len, linked.units.values())) == [2] * 5
    assert (linked.facts["units"], linked.facts["units_cut"], linked.facts["persons_in_units_cut"]) == (5, 1, 10)
    assert linked.by("guardianship") == linked.by("dwelling")  # what is left of each family within the units
    assert {
        len(unit) for unit in Linked([person("head", "d"), *(person(f"c{i}", "d", ("head",)) for i in range(9))], cap=9).units.values()
    } == {1}


CODES = [f"p{i}" for i in range(8)]
STRANGERS = ("far", "away")
MONTHS = ("", "202401", "202405")


@st.composite
def registers(draw):
    """Two registers over up to eight persons, with relations of every kind, some to people without a record."""
    count = draw(st.integers(2, 8))
    anybody = st.sampled_from([*CODES[:count], *STRANGERS, "", "", "", "", ""])
    found = []
    for _ in NAMES:
        rows = []
        for code in CODES[:count]:
            row = {"id_a": code, "dwelling": draw(st.sampled_from(["d", "d", "e", "e", ""]))}
            row |= {slot: draw(anybody) for slot in SLOTS}
            row["family_from"] = draw(st.sampled_from(MONTHS))
            if draw(st.integers(0, 5)):
                rows.append(row)
        found.append(rows)
    return found


def linked_like_the_reference(found, cap):
    by_token = {code: -int.from_bytes(digest("id", code), "big") for code in (*STRANGERS, *CODES)}
    population = Population(found, rank(*found), by_token)
    linked = Linked(*found, cap=cap)
    units = population.units(cap)
    assert {frozenset(unit) for unit in linked.units.values()} == units
    for definition, families in population.families_within(units).items():
        assert {frozenset(family) for family in linked.families[definition].values()} == families, definition
    assert linked.facts["children_under_two_heads"] == population.torn()
    return linked, population


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(registers(), st.integers(2, 8))
def test_as_the_plain_reading(found, cap):
    linked, population = linked_like_the_reference(found, cap)
    members = [who for unit in linked.units.values() for who in unit]
    assert sorted(members) == sorted(population.everybody)  # every person in exactly one unit
    assert max(map(len, linked.units.values()), default=0) <= cap
    unit_of = {who: unit for unit, persons in linked.units.items() for who in persons}
    for definition, families in linked.families.items():
        assert all(len({unit_of[who] for who in family}) == 1 for family in families.values())
        assert set(linked.own[definition]) == set().union(*families.values())
        for who, own in linked.own[definition].items():
            assert len(families[own]) == max(len(family) for family in families.values() if who in family)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 11)), unique=True, max_size=40), st.integers(2, 12))
def test_taking_a_unit_out_changes_no_other_units_families(memberships, cap):
    """Once the units are fixed, a unit's families and own families follow from its own memberships alone."""
    columns = np.array(memberships or [(0, 0, 0)], dtype=np.int64).T
    of = Memberships(*columns)
    unit = privacy_units(12, of, cap).unit
    assert np.bincount(unit).max() <= cap

    def families(of):
        found = divide(of, unit)
        who, parts = of.person[found.row], defaultdict(set)
        for part, person_number in zip(found.part.tolist(), who.tolist(), strict=True):
            parts[part].add(person_number)
        return {
            (int(of.definition[row]), int(person_number)): (frozenset(parts[part]), own)
            for row, person_number, part, own in zip(found.row.tolist(), who.tolist(), found.part.tolist(), found.own.tolist(), strict=True)
            if own
        }

    every = families(of)
    for gone in range(int(unit.max()) + 1):
        left = unit[of.person] != gone
        rest = families(Memberships(of.definition[left], of.family[left], of.person[left]))
        assert rest == {key: value for key, value in every.items() if unit[key[1]] != gone}


def without(found, gone):
    """Their records are blank, so that all others keep their record ids, and with these their order."""
    return [[{"id_a": ""} if row["id_a"] in gone else row for row in rows] for rows in found]


def each_persons(linked, unit):
    """Of every person of *unit*: all families and the own one under each definition, with when they hold."""
    return {
        (definition, frozenset(members), linked.spans[family], frozenset(who for who in members if linked.own[definition][who] == family))
        for definition, families in linked.families.items()
        for family, members in families.items()
        if members & unit
    }


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(registers(), st.integers(2, 8), st.data())
def test_taking_a_units_records_out_changes_no_other_units_families(found, cap, data):
    """With persons and units fixed; where a unit was cut, its families are made again from its own records."""
    linked = Linked(*found, cap=cap)
    units = sorted((frozenset(unit) for unit in linked.units.values()), key=sorted)
    if not units:
        return
    gone = data.draw(st.sampled_from(units))
    kin = Population(found, {}, {}).kin()
    whole = {unit for unit in units if unit in kin}
    rest = Linked(*without(found, gone), cap=cap)
    for unit in set(units) - {gone}:
        again = rest if unit in whole else Linked(*without(found, linked_persons(found) - unit), cap=cap)
        assert set(unit) in again.units.values() or len(unit) == 1
        assert each_persons(again, unit) == each_persons(linked, unit)


def linked_persons(found):
    return {row["id_a"] for rows in found for row in rows}


def test_a_lodger_decides_nothing_about_a_childs_home():
    population = [person("mother", "d1"), person("child", "d2", ("mother",)), person("lodger", "d2")]
    school = [person("mother", "s"), person("child", "s", ("mother",))]
    linked = Linked(population, school)
    assert linked.by("dwelling") == Linked(population[:2], school).by("dwelling") == [["child", "mother"]]
    assert sorted(map(sorted, linked.units.values())) == [["child", "mother"], ["lodger"]]


def test_who_name_one_guardian_without_a_record_are_one_unit():
    rows = [person("A"), person("c1", "", ("A", "G")), person("c3", "", ("A",)), person("B"), person("c2", "", ("B", "G"))]
    linked = Linked(rows)
    assert linked.by("guardianship") == [["A", "c1"], ["A", "c3"], ["B", "c2"]]
    assert sorted(map(sorted, linked.units.values())) == [["A", "B", "c1", "c2", "c3"]]
    assert Linked(rows[:3]).by("guardianship") == [["A", "c1", "c3"]]
    cut = Linked(rows, cap=4)
    assert (len(cut.units), cut.table.num_rows) == (5, 0)


def test_nobody_at_all():
    linked = Linked([], [])
    assert (linked.links.num_rows, linked.table.num_rows, linked.facts["units"]) == (0, 0, 0)
    assert FOREVER > 999000


@pytest.mark.parametrize("cap", [2, 12])
def test_ids_are_drawn_afresh_and_never_shared(cap):
    linked = Linked([*HOME, *[person(f"lodger{i}", "d") for i in range(3)]], cap=cap)
    ids = [set(linked.links["study_id"].to_pylist()), set(linked.links["unit_id"].to_pylist()), set(linked.table["family_id"].to_pylist())]
    assert len(set().union(*ids)) == sum(map(len, ids))


def test_a_head_has_one_partner_the_latest_declared_then_the_smaller_person():
    adults = [person(name) for name in ("head", "one", "other")]

    def children(*months):
        return [
            person(f"child{i}", family_head="head", family_partner=partner, family_from=since)
            for i, (partner, since) in enumerate(zip(("one", "other"), months, strict=True))
        ]

    later = [*adults, *children("202401", "202402")]
    assert Linked(later).by("service") == [["child0", "child1", "head", "other"]]
    tied = [*adults, *children("202401", "202401")]
    first = min(("one", "other"), key=rank(tied).__getitem__)
    assert Linked(tied).by("service") == [sorted(["child0", "child1", "head", first])]
