"""What an officer is shown: the figures as they would be published, and that a table which tells nothing says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sauma.reviewing import figures, warnings
from schemas.release import RelationCell
from schemas.request import Table

TABLE = Table.model_validate_json(
    json.dumps(
        {
            "id": "t", "title": {"fi": "t"}, "kind": "DP", "epsilon": "1", "unit": "person",
            "dimensions": [{"name": "age", "title": {"fi": "a"}, "value": "p.a", "codes": ["7-15", "16-28"]}],
        }
    )
)  # fmt: skip


def cells(*values: int | None) -> list[RelationCell]:
    keys = [("7-15",), ("16-28",), ("unknown",), ("total",)]
    return [
        RelationCell(key=key, value=value, **({} if value is None else {"lower": 0, "upper": 99}))
        for key, value in zip(keys, values, strict=True)
    ]


@pytest.mark.parametrize("values", [(None, None, 812, 812), (0, None, 812, 812)])
def test_a_table_of_the_unknown_alone_is_warned_of(values: tuple[int | None, ...]) -> None:
    assert list(warnings(TABLE, cells(*values))) == ["every code of dimension age but unknown is hidden or empty"]


def test_a_table_that_tells_something_is_not() -> None:
    assert list(warnings(TABLE, cells(None, 12, None, 40))) == []


def test_figures_are_shown_up_to_a_limit_that_says_where_the_rest_is() -> None:
    shown = list(figures(TABLE, cells(None, 12, None, 40), rows_max=2))
    assert [line.split() for line in shown[:3]] == [
        ["age", "measure", "value", "interval"],
        ["7-15", "count", ".."],
        ["16-28", "count", "12", "0", "to", "99"],
    ]
    assert "2 more figures: --full, or t.csv" in shown[3]
    assert len(list(figures(TABLE, cells(None, 12, None, 40), rows_max=None))) == 5


def test_the_folder_of_a_release_is_no_ledger_and_the_verifier_says_what_checks_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from ledger.verify import main

    (tmp_path / "release.json").touch()
    assert main([str(tmp_path)]) == 2
    assert "this is a release: check it with 'sauma inspect DIR'" in capsys.readouterr().err
