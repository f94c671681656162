"""Dwelling families: two generations at most, one family a person, never by surname."""

from __future__ import annotations

from types import SimpleNamespace

from synthetic import digest, entropy, source

from linkage.link import link
from sauma.engine.duckdb import DuckDbEngine

AGREEMENT = SimpleNamespace(linkage=SimpleNamespace(accept_probability="0.9", hold_out_share="0.1"))


def person(name, dwelling="", guardians=(), partner=""):
    row = {"id_a": name, "dwelling": dwelling, "partner": partner, "surname": "virtanen"}
    return row | {f"guardian_{place}": guardian for place, guardian in enumerate(guardians, 1)}


def families(*registers):
    sources = [source(name, rows, one=name == "population", match_tokens=False) for name, rows in registers]
    links = link(DuckDbEngine(threads=1), sources, AGREEMENT, entropy(1)).links.to_pylist()
    named = {digest(register, str(i)): row["id_a"] for register, rows in registers for i, row in enumerate(rows)}
    groups, units = {}, {}
    for row in links:
        assert row["unit_id"] is not None
        assert row["family_id"] in (None, row["unit_id"])
        units.setdefault(named[row["record_id"]], set()).add(row["unit_id"])
        if row["family_id"]:
            groups.setdefault(row["family_id"], set()).add(named[row["record_id"]])
    assert all(len(each) == 1 for each in units.values())  # one privacy unit a person
    return sorted(map(sorted, groups.values()))


def test_guardians_children_and_partners_in_one_dwelling():
    home = [person("mother", "d", partner="father"), person("father", "d", partner="mother"), person("child", "d", ("mother", "father"))]
    assert families(("population", [*home, person("lodger", "d")])) == [["child", "father", "mother"]]


def test_a_surname_and_a_dwelling_make_no_family():
    assert families(("population", [person("a", "d"), person("b", "d")])) == []


def test_relations_across_dwellings_make_no_family():
    assert families(("population", [person("mother", "d"), person("x", "d"), person("child", "e", ("mother",)), person("y", "e")])) == []


def test_a_child_belongs_to_the_guardian_it_lives_with():
    rows = [person("mother", "d"), person("father", "e"), person("child", "d", ("mother", "father")), person("x", "e")]
    assert families(("population", rows)) == [["child", "mother"]]


def test_the_youngest_generation_comes_first():
    rows = [person("grandmother", "d"), person("young_mother", "d", ("grandmother",)), person("baby", "d", ("young_mother",))]
    assert families(("population", rows)) == [["baby", "young_mother"]]
    siblings = [*rows, person("brother", "d", ("grandmother",))]
    assert families(("population", siblings)) == [["baby", "young_mother"], ["brother", "grandmother"]]


def test_a_restricted_person_without_a_dwelling_is_a_unit_alone():
    rows = [person("mother", "d"), person("other", "d"), person("child", "", ("mother",))]
    assert families(("population", rows)) == []


def test_the_first_register_that_knows_a_home_decides():
    population = [person("mother", "d"), person("child", "d", ("mother",)), person("father", "e"), person("x", "e")]
    school = [person("child", "s", ("father",)), person("father", "s")]
    assert families(("population", population), ("school", school)) == [["child", "mother"]]
    assert families(("school", school), ("population", population)) == [["child", "father"]]
