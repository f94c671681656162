"""Names of columns that leave: they stand beside names of ours, in an engine that knows no case."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.register import RESERVED, Register


def register(*columns: dict[str, Any]) -> Register:
    terms = {"id": "visits", "title": {"fi": "x"}, "controller": "espoo", "legal_basis": "x", "collected_for": "x", "coverage": "x"}
    window = {"first": "2025-01-01", "last": "2025-12-31"}
    return Register.model_validate_json(json.dumps({**terms, "window": window, "rows": "person", "columns": columns}))


def column(name: str, *, leaves: bool = True) -> dict[str, Any]:
    return {"name": name, "type": "integer", "leaves": "as_is" if leaves else "never"}


@pytest.mark.parametrize("name", [*sorted(RESERVED), "RECORD_ID", "Study_Id"])
def test_a_name_of_ours_may_stay_and_not_leave(name: str) -> None:
    assert register(column("visits"), column(name, leaves=False)).columns[1].name == name
    with pytest.raises(ValidationError, match="uses itself: family_id, record_id, study_id, unit_id"):
        register(column(name))


def test_names_that_differ_in_case_only_do_not_both_leave() -> None:
    assert len(register(column("Visits"), column("visits", leaves=False)).leaving) == 1
    with pytest.raises(ValidationError, match="differ in case only"):
        register(column("Visits"), column("visits"))
