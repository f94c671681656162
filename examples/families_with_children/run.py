"""Families with children, counted by four definitions, and the services that meet those with small children.

    .venv/bin/python examples/families_with_children/run.py [--json] [--folder DIR] [--persons 20000]

Every step is the public command, run in the folder of the role that runs it.  Afterwards, and only here, the tables are
held against the truth about the synthetic people.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from phenomenon import TOTAL, Told, Truth, cells, main, share, yes  # noqa: E402 - what the examples share lies beside them

DEFINITIONS = ("dwelling", "guardianship", "guardianship_dwelling", "service")


def findings(told: Told, truth: Truth) -> tuple[dict[str, Any], dict[str, bool]]:
    """What was found, and whether each claim of the README holds."""
    number = {name: told.count(f"families_{name}", TOTAL).value or 0 for name in DEFINITIONS}
    true = {name: by_children(truth, name) for name in DEFINITIONS}
    small = small_children(truth)
    cafes = cells(small, "day_care", "cafe")
    pairs = cells(small, "day_care", "support")
    reached = {code: told.measure("cafes", "reached", code, TOTAL).value or 0 for code in ("yes", "no")}
    nobody = told.measure("services", "met_by_none", TOTAL)
    none = share(cells(small, "met"), ("no",), (TOTAL,))
    found = {
        "families with children": {name: round(value) for name, value in number.items()},
        "in truth": {name: true[name][TOTAL,] for name in DEFINITIONS},
        "families with small children met by none of the four (share, interval)": [nobody.value, nobody.lower, nobody.upper],
        "met by none in truth": round(none, 3),
        "day-care families that child and family services meet too": told.measure("services", "support_of_day_care", TOTAL).value,
        "those in truth": round(share(pairs, ("yes", "yes"), ("yes", TOTAL)), 3),
        "reached by the family café, with day care and without": [reached["yes"], reached["no"]],
        "reached in truth": [round(share(cafes, (code, "yes"), (code, TOTAL)), 3) for code in ("yes", "no")],
    }
    claims = {
        "four definitions give four numbers: more families of guardians than homes, fewer that day care knows": (
            number["guardianship"] > number["dwelling"] > number["service"]
        ),
        "and so it is in truth": true["guardianship"][TOTAL,] > true["dwelling"][TOTAL,] > true["service"][TOTAL,],
        "by each definition the counts are near the truth": all(
            told.near(f"families_{name}", true[name], 0.04 * true[name][TOTAL,]) for name in DEFINITIONS
        ),
        "families met by nobody are counted near the truth": nobody.value is not None and abs(nobody.value - none) < 0.05,
        "the café is counted near the truth, a third of its names not found again": told.near(
            "cafes", cafes, 0.35 * cafes[TOTAL, "yes"] + 10
        ),
        "the family café reaches families without day care more often": reached["no"] > reached["yes"],
        "two to three times as often, in truth": 2
        < share(cafes, ("no", "yes"), ("no", TOTAL)) / share(cafes, ("yes", "yes"), ("yes", TOTAL))
        < 3,
        "and yet a minority of them": 0 <= reached["no"] < 0.5,
        "a minority in truth too": share(cafes, ("no", "yes"), ("no", TOTAL)) < 0.5,
    }
    return found, claims


def by_children(truth: Truth, definition: str) -> dict[tuple[str, ...], int]:
    """Families with children by the number of children under 18."""
    members = truth.families(definition)
    children = members[members["age"] < 18].groupby("family").size()
    return cells(pd.DataFrame({"children": children.clip(upper=3).map({1: "1", 2: "2", 3: "3+"})}), "children")


def small_children(truth: Truth) -> pd.DataFrame:
    """Families by dwelling with a child under 7, and what any member of theirs uses."""
    members = truth.families("dwelling").set_index("family")
    services = {
        "day_care": truth.users("early_education"),
        "school": truth.users("basic_education"),
        "support": truth.users("health_social", palvelu=("lapsiperhepalvelut",)),
        "cafe": truth.users("ngo_activities", toiminta=("perhekahvila",)),
    }
    used = pd.DataFrame({name: members["person"].isin(users) for name, users in services.items()} | {"small": members["age"] < 7})
    families = used.groupby(level="family").any()
    families["met"] = families[list(services)].any(axis=1)
    return families[families["small"]].apply(yes)


if __name__ == "__main__":
    sys.exit(main(HERE, __doc__ or "", findings))
