"""The households example: its forms by hand, and the whole walk where pseudopeople can be had."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

HOUSEHOLDS = Path(__file__).resolve().parents[2] / "examples" / "households"
OFFLINE = 69


def forms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("forms", HOUSEHOLDS / "forms.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def person(number: int, relation: str, born: str = "05/06/1980", household: str = "h1", **more: str) -> dict[str, str]:
    row = dict.fromkeys(("first_name", "last_name", "street_number", "unit_number", "street_name", "city", "state", "age"), "")
    row |= {"simulant_id": f"s{number}", "household_id": household, "date_of_birth": born}
    return row | {"relationship_to_reference_person": relation} | more


FORM = [
    person(1, "Reference person"),
    person(2, "Opposite-sex spouse", "09/29/1982"),
    person(3, "Biological child", "01/02/2012"),
    person(4, "Stepchild", "11/12/2010"),
    person(5, "Biological child", "01/02/1999"),
    person(6, "Grandchild", "01/02/2019"),
    person(7, "Reference person", household="h2"),
]


def test_a_form_declares_partners_and_guardians_and_nothing_else() -> None:
    made = forms()
    rows = [dict(zip(made.CENSUS_COLUMNS, row, strict=True)) for row in made.census_rows(FORM)]
    code = [row["code"] for row in rows]
    assert len(set(code)) == 7
    assert all(each[7] == "9" for each in code)
    related = [(row["partner"], row["guardian_1"], row["guardian_2"]) for row in rows]
    assert related[:3] == [(code[1], "", ""), (code[0], "", ""), ("", code[0], code[1])]
    assert related[3] == ("", code[1], "")
    assert related[4] == ("", code[0], code[1])
    assert related[5:] == [("", "", ""), ("", "", "")]


def test_true_families_have_minors_only_and_two_members_at_least() -> None:
    found = list(forms().families(FORM, {f"s{number}" for number in range(1, 8)}))
    assert found == [("dwelling", "h1", f"s{number}") for number in (1, 2, 3, 4)]


def test_an_unreadable_birth_date_leaves_the_year_that_the_age_tells() -> None:
    made = forms()
    row = person(1, "Reference person", "07/71/1958", age="61")
    assert made.identity(row)[-1] == ""
    assert made.temporary_codes([row])[0].startswith("010159-900")
    assert made.temporary_codes([person(1, "Reference person", "", age="6l")]) == [""]


@pytest.mark.full
def test_families_of_pseudopeople_reach_their_floor_through_the_public_commands(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, str(HOUSEHOLDS / "run.py"), "--json", "--folder", str(tmp_path / "households")],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if ended.returncode == OFFLINE:
        pytest.skip("pseudopeople cannot be installed here: no package index")
    assert ended.returncode == 0, ended.stderr[-2000:]
    result = json.loads(ended.stdout)
    assert result["f1"] >= 0.95
    assert result["precision"] >= 0.98
    assert result["published_cells"] > 0
