"""Tables of families by several definitions: each person's own family under the one a table names, within privacy units."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import persons
from tabulate_world import Person, agreement, engine, identifier, one_table, table

from privacy.tabulate.counts import ABSENT, atoms, classify, counts
from schemas.agreement import Agreement

SIZE = {"name": "size", "value": "members(true)", "bands": [1, 2, 3, 5]}
CHILDREN = {"name": "children", "of": "family", "case": [{"when": "any(population.birth_year >= 2008)", "then": "yes"}], "otherwise": "no"}
SETTINGS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def several(draw: st.DrawFn) -> list[Person]:
    """Persons whose families under guardianship and service lie within units too."""
    found = draw(persons(10))
    for person in found:
        for definition in ("guardianship", "service"):
            family = draw(st.sampled_from([None, 3 * person.unit, 3 * person.unit + 1, 3 * person.unit + 2]))
            if family is not None:
                person.others[definition] = family
    return found


def family_of(person: Person, definition: str) -> int | None:
    return person.family if definition == "dwelling" else person.others.get(definition)


def agreed_on(definition: str) -> Agreement:
    agreed = agreement()
    return agreed.model_copy(update={"linkage": agreed.linkage.model_copy(update={"family": definition})})


def groups(people: list[Person], definition: str) -> dict[int, list[Person]]:
    """Families with somebody in the base."""
    found: dict[int, list[Person]] = defaultdict(list)
    for person in people:
        family = family_of(person, definition)
        if family is not None:
            found[family].append(person)
    return {family: members for family, members in found.items() if any("population" in each.rows for each in members)}


def band(size: int) -> int:
    return sum(size >= low for low in SIZE["bands"]) - 1


@SETTINGS
@given(people=several(), definition=st.sampled_from(["dwelling", "guardianship", "service"]), by_default=st.booleans())
def test_families_of_each_definition(people: list[Person], definition: str, by_default: bool) -> None:
    agreed = agreed_on(definition) if by_default else agreement()  # a table that names none counts by the agreement's definition
    made = one_table(table("f", [SIZE], unit="family", **({} if by_default else {"family": definition})), agreed=agreed)
    running = engine(people)
    classify(running, [made])
    found = counts(running, made)
    expected = Counter(band(len(members)) for members in groups(people, definition).values())
    assert found.units[:4].tolist() == [expected[place] for place in range(4)]
    assert found.families[-1] == len({members[0].unit for members in groups(people, definition).values()})


@SETTINGS
@given(people=several())
def test_a_persons_family_variable_follows_the_agreements_definition(people: list[Person]) -> None:
    dimension = {"name": "children", "value": "children", "codes": ["yes", "no"]}
    made = {each: one_table(table("p", [dimension]), derived=[CHILDREN], agreed=agreed_on(each)) for each in ("dwelling", "service")}
    running = engine(people)
    classify(running, list(made.values()))
    for definition, of in made.items():
        young = {
            family: any(((each.rows.get("population") or [{}])[0].get("birth_year") or 0) >= 2008 for each in members)
            for family, members in groups(people, definition).items()
        }
        counted = [person for person in people if "population" in person.rows]
        answers = Counter("unknown" if family_of(each, definition) is None else young[family_of(each, definition)] for each in counted)
        assert counts(running, of).units[:3].tolist() == [answers[True], answers[False], answers["unknown"]]


@SETTINGS
@given(people=several())
def test_atoms_of_two_definitions_keep_their_families_apart(people: list[Person]) -> None:
    made = [one_table(table("f", [SIZE], unit="family", family=each)) for each in ("dwelling", "guardianship")]
    running = engine(people)
    classify(running, made)
    found = atoms(running, made)
    expected: Counter[tuple[int, ...]] = Counter()
    for place, definition in enumerate(("dwelling", "guardianship")):
        for members in groups(people, definition).values():
            cells = [ABSENT, ABSENT]
            cells[place] = band(len(members))
            expected[tuple(cells)] += 1
    assert Counter(dict(zip(map(tuple, found.cells.tolist()), found.units.tolist(), strict=True))) == expected


@settings(SETTINGS, max_examples=8)
@given(people=several())
def test_taking_one_unit_out_moves_no_other_units_families(people: list[Person]) -> None:
    """The claim of differential privacy: every other unit's families, and the cells they are in, stay as they were."""
    made = [one_table(table("f", [SIZE], unit="family", family=each)) for each in ("dwelling", "guardianship", "service")]

    def assigned(remaining: list[Person]) -> list[set[tuple[bytes, bytes, int]]]:
        running = engine(remaining)
        classify(running, made)
        return [{tuple(row.values()) for row in running.fetch(each.output, rows_max=100).to_pylist()} for each in made]

    whole = assigned(people)
    for unit in {person.unit for person in people}:
        gone = identifier("unit", unit)
        rest = assigned([person for person in people if person.unit != unit])
        assert rest == [{row for row in rows if gone not in row} for rows in whole]


def test_definitions_are_different_questions() -> None:
    asked = [one_table(table("f", [SIZE], unit="family", family=each)).digest for each in ("dwelling", "guardianship", "service")]
    assert len(set(asked)) == len(asked)
    assert one_table(table("f", [SIZE], unit="family")).digest == asked[0]
