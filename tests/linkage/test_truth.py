"""Comparison with the truth, against counting by hand: residue by coded rows, groups of people, families."""

from __future__ import annotations

import hashlib
import itertools
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauma.truth import compare
from schemas.agreement import DEFINITIONS
from schemas.errors import InputError
from schemas.linked import FAMILY_COLUMNS

REGISTERS = ("a", "b")
AGREEMENT = SimpleNamespace(
    register=[SimpleNamespace(id=name) for name in REGISTERS],
    register_of=lambda name: SimpleNamespace(by_meaning=lambda _: name == "a"),
)


def key(*parts):
    return hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:16]


class World:
    """Records as (register, study, person, coded); families as (definition, family, study) and true ones by person."""

    def __init__(self, folder, records, families=(), true=None, groups=None, coded=True):
        self.folder, self.records = folder, records
        rows = [(register, place, person, int(has)) for place, (register, _, person, has) in enumerate(records)]
        header = "register,row,person" + (",coded" if coded else "")
        self.write("records.csv", header, [row if coded else row[:3] for row in rows])
        for name in REGISTERS:
            self.write(f"rows_{name}.csv", "register,row,record_id", [(name, row[1], key(row[1]).hex()) for row in rows if row[0] == name])
        if true is not None:
            self.write("families.csv", "definition,family,person", true)
        if groups is not None:
            self.write("people.csv", "person,language_group", groups)
        self.links = pa.table(
            {
                "register": pa.array([record[0] for record in records], pa.string()),
                "record_id": pa.array([key(place) for place in range(len(records))], pa.binary(16)),
                "study_id": pa.array([key("study", record[1]) for record in records], pa.binary(16)),
            }
        )
        made = [(definition, key(definition, family), key("study", study), True, None, None) for definition, family, study in families]
        types = (pa.string(), pa.binary(16), pa.binary(16), pa.bool_(), pa.int32(), pa.int32())
        schema = pa.schema(zip(FAMILY_COLUMNS, types, strict=True))
        self.families = pa.Table.from_pylist([dict(zip(FAMILY_COLUMNS, row, strict=True)) for row in made], schema=schema)

    def write(self, name, header, rows):
        (self.folder / name).write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")

    def compare(self):
        return compare(self.links, self.families, self.folder / "records.csv", AGREEMENT)


def rates(right, linked, true):
    divided = (right / linked if linked else None, right / true if true else None, 2 * right / (linked + true) if linked + true else None)
    return dict(zip(("precision", "recall", "f1"), (None if each is None else round(each, 4) for each in divided), strict=True))


def counted(pairs):
    pairs = list(pairs)
    return rates(sum(s and t for s, t in pairs), sum(s for s, _ in pairs), sum(t for _, t in pairs))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(REGISTERS), st.integers(0, 4), st.sampled_from("pqrs"), st.booleans()), min_size=2, max_size=9))
def test_residue_and_groups_as_by_hand(tmp_path_factory, records):
    groups = {"p": "fi", "q": "fi", "r": "sv"}  # of s nothing is known
    world = World(tmp_path_factory.mktemp("truth"), records, groups=groups.items())
    found = world.compare()
    pairs = [(x, y, (x[1] == y[1], x[2] == y[2])) for x, y in itertools.combinations(records, 2)]
    assert found["residue"] == counted(same for x, y, same in pairs if not (x[3] and y[3]))
    for group in ("fi", "sv"):
        inside = (same for x, y, same in pairs if not (x[3] and y[3]) and group in (groups.get(x[2]), groups.get(y[2])))
        assert found["by_group"]["language_group"][group] == counted(inside)
    assert {name: found[name] for name in ("precision", "recall", "f1")} == counted(same for *_, same in pairs)


def test_without_the_column_a_record_is_coded_where_its_register_has_codes(tmp_path):
    records = [("a", 1, "p", 1), ("a", 1, "p", 0), ("b", 1, "p", 1), ("b", 2, "p", 1)]
    found = World(tmp_path, records, coded=False).compare()
    assert found["residue"] == rates(2, 2, 5)
    assert not found.keys() & {"by_group", "families"}


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(DEFINITIONS), st.integers(0, 2), st.integers(0, 5)), max_size=25, unique=True),
    st.lists(
        st.tuples(st.sampled_from([*DEFINITIONS, "household"]), st.integers(0, 2), st.sampled_from("pqrstz")), max_size=25, unique=True
    ),
)
def test_pairs_of_persons_in_one_family_as_by_hand(tmp_path_factory, families, true):
    """Study 5 is person p too; nobody's record is of person z."""
    records = [("a", study, person, 1) for study, person in enumerate("pqrst")] + [("b", 5, "p", 1), ("b", 5, "p", 1), ("a", 5, "q", 1)]
    found = World(tmp_path_factory.mktemp("truth"), records, families, true).compare()["families"]
    person_of = dict(enumerate("pqrstp"))
    assert set(found) == set(DEFINITIONS)
    for definition in DEFINITIONS:

        def pairs(members, definition=definition):
            mine = [(family, person) for name, family, person in members if name == definition and person != "z"]
            return {frozenset((p, q)) for (one, p), (other, q) in itertools.combinations(mine, 2) if one == other and p != q}

        linked, real = pairs([(name, family, person_of[study]) for name, family, study in families]), pairs(true)
        assert found[definition] == rates(len(linked & real), len(linked), len(real))


@pytest.mark.parametrize("name", ["families.csv", "people.csv"])
def test_a_truth_file_without_its_columns_is_refused(tmp_path, name):
    world = World(tmp_path, [("a", 1, "p", 1)], true=[], groups=[])
    world.write(name, "something,else", [("1", "2")])
    with pytest.raises(InputError) as refused:
        world.compare()
    assert refused.value.code == "S3202"
    assert name in refused.value.place
