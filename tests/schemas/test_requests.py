"""Requests: what is said in several languages, and faults that name the table, the measure and what there is to choose."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from schemas.contract import parse
from schemas.errors import InputError
from schemas.request import Request, main

DIMENSION = {"name": "x", "title": {"fi": "x"}, "value": "p.x", "codes": ["a", "b"], "labels": {"a": "yksi", "b": {"fi": "kaksi"}}}
TABLE = {"id": "t", "title": {"fi": "t"}, "kind": "EXACT", "unit": "person", "dimensions": [DIMENSION]}
WHOLE = {"format": "sauma/request/v0", "title": {"fi": "t"}, "purpose": "p", "decision": "d", "audience": "internal", "base": "p"}
SHARE = {"id": "m", "kind": "share", "title": {"fi": "m"}, "dimension": "x", "codes": ["a"]}
RATE = {"id": "r", "kind": "rate", "title": {"fi": "r"}, "denominator": "all"}
PUBLIC = {"id": "all", "title": {"fi": "a"}, "source": "s", "as_of": "2025-12-31", "by": ["x"], "counts": [{"codes": ["a"], "count": 9}]}


def made(*measures: dict[str, Any], **more: Any) -> Request:
    return parse(Request, copy.deepcopy({**WHOLE, "table": [{**TABLE, "measures": list(measures)}], **more}), place="r.toml")


def test_what_is_said_in_one_language_or_several_stays_so() -> None:
    plain, several = made(), made(purpose={"fi": "t", "en": "e"}, decision={"sv": "b"}, notes=["n", {"fi": "h"}])
    assert plain.canonical()["purpose"] == "p"
    assert "notes" not in plain.canonical()  # what was proposed before there were notes keeps its digest
    assert [main(several.purpose), main(several.decision)] == ["e", "b"]
    assert parse(Request, several.canonical(), place="r").digest == several.digest
    assert plain.table[0].dimensions[0].labels["a"].fi == "yksi"


@pytest.mark.parametrize("purpose", [{}, {"fi": ""}, {"de": "z"}, 3])
def test_a_purpose_says_something_in_a_known_language(purpose: Any) -> None:
    with pytest.raises(InputError, match="S3001"):
        made(purpose=purpose)


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ({**SHARE, "codes": ["c"]}, "measure m: 'codes' names a code that dimension x does not have: it has a, b, unknown, total"),
        ({**SHARE, "of": ["c"]}, "measure m: 'of' names a code that dimension x does not have: it has a, b, unknown, total"),
        ({**SHARE, "dimension": "y"}, "measure m: 'dimension' names no dimension of the table: it has x"),
        ({**SHARE, "codes": ["a"], "of": ["b"]}, "measure m: 'codes' are not part of 'of'"),
        ({"id": "m", "kind": "mean", "title": {"fi": "m"}, "of": "s"}, "measure m: 'of' names no sum of the table: it has none"),
        (RATE, "measure r: 'denominator' names none of the request: it has none"),
    ],
)
def test_a_measure_that_does_not_fit_says_which_and_what_there_is(measure: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match="S3001") as refused:
        made(measure)
    assert f"table t, {said}" in refused.value.reason
    assert refused.value.reason.count("measure") == 1
    assert "docs/requests.md" in refused.value.hint


def test_a_public_figure_of_a_code_that_is_not_there_is_refused() -> None:
    assert made(RATE, denominator=[PUBLIC]).denominator[0].id == "all"
    with pytest.raises(InputError, match="S3001") as refused:
        made(RATE, denominator=[{**PUBLIC, "counts": [{"codes": ["c"], "count": 9}]}])
    assert "denominator all: 'counts' has a code that dimension x of table t does not have: it has a, b, unknown, total" in (
        refused.value.reason
    )


def test_a_fault_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    from sauma.console import Console

    with pytest.raises(InputError) as refused:
        made({**SHARE, "codes": ["c"]})
    Console(as_json=False).failed(refused.value)
    assert capsys.readouterr().err.count("'codes' names") == 1
