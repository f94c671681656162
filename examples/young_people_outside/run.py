"""Young people outside services: from four registers to one published, noisy table, and a check of what it claims.

    .venv/bin/python examples/young_people_outside/run.py [--json] [--folder DIR] [--persons 20000]

Every step is the public command, run in the folder of the role that runs it.  Afterwards, and only here, the table is
held against the truth about the synthetic people.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sauma.demo import folders, walk, writing
from sauma.demo.region import Region, generate

HERE = Path(__file__).resolve().parent
SEED = 7
Cells = dict[tuple[str, str], dict[str, str]]


def main() -> int:
    """Run the example; exit code 0 if everything it claims holds."""
    arguments = parsed()
    talk: Callable[[str], None] = lambda line: print(line, file=sys.stderr if arguments.json else sys.stdout)  # noqa: E731 - one line
    with tempfile.TemporaryDirectory() as scratch:
        top = (arguments.folder or Path(scratch) / "region").resolve()
        region = generate(arguments.persons, SEED)
        steps = publish(region, top, talk)
        if any(step.exit for step in steps):
            return next(step.exit for step in steps if step.exit)
        document = findings(published(top), truth(region))
    talk(f"\noutside services: {document['migrant_percent']} % with a migrant background, {document['none_percent']} % without")
    for claim, holds in document["claims"].items():
        talk(f"  {'holds' if holds else 'FAILS'}: {claim}")
    if arguments.json:
        print(json.dumps(document, indent=1))
    return 0 if all(document["claims"].values()) else 1


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Young people outside services, from registers to a published table.")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--folder", type=Path, help="keep everything in this new folder")
    parser.add_argument("--persons", type=int, default=20_000, help="people in the synthetic region")
    return parser.parse_args()


def publish(region: Region, top: Path, talk: Callable[[str], None]) -> list[walk.Done]:
    """Write the extracts, then let each party run its commands."""
    writing.write_extracts(region, top / "stewards")
    writing.write_truth(region, top / "truth")
    agreement, request = ((HERE / name).read_bytes() for name in ("agreement.toml", "request.toml"))
    folders.furnish(top, agreement, {"young_outside": request})
    return walk.walk(top, talk, ["young_outside"])


def published(top: Path) -> Cells:
    """The published table by (background, outside)."""
    (table,) = (top / "published").rglob("young_outside.csv")
    with table.open(encoding="utf-8-sig", newline="") as stream:
        return {(row["background"], row["outside"]): row for row in csv.DictReader(stream)}


def truth(region: Region) -> dict[tuple[str, str], int]:
    """What an all-knowing clerk would count: the same rules over the true persons."""
    people, extracts = region.people, {extract.register: extract for extract in region.extracts}
    population = extracts["population"]
    met = np.zeros(len(people), dtype=bool)
    for register in ("basic_education", "youth_work", "health_social"):
        met[extracts[register].person] = True
    who, columns = population.person, population.columns
    year = people.born[who].astype("datetime64[Y]").astype(int) + 1970
    unknown = (columns["kieliryhma"] == "") | (columns["syntymamaa"] == "")
    background = np.where(unknown, "unknown", np.where(columns["kieliryhma"] == "muu", "migrant", "none"))
    young = (2025 - year >= 16) & (2025 - year <= 28)
    groups = {"migrant": background == "migrant", "none": background == "none", "unknown": background == "unknown"}
    sides = {"yes": ~met[who], "no": met[who], "total": np.ones(len(who), dtype=bool)}
    cells = {(group, side): int((young & here & there).sum()) for group, here in groups.items() for side, there in sides.items()}
    return cells | {("total", side): int((young & there).sum()) for side, there in sides.items()}


def findings(cells: Cells, true: dict[tuple[str, str], int]) -> dict[str, Any]:
    """The finding, and whether each claim of the README holds."""
    shown = {key: int(row["value"]) for key, row in cells.items() if row["status"] == "published"}
    migrant, none = (share(shown, group) for group in ("migrant", "none"))
    # 10 noise scales of a group's two cells (bound 2 persons, 4 groupings, epsilon 1.5) and 3 % for links missed or false
    off = {key: abs(shown[key] - true[key]) for key in shown if key in true}
    within = all(distance <= 10 * 2 * 4 / 1.5 + 0.03 * true["total", "total"] for distance in off.values())
    claims = {
        "every group of the rule is in the table, the unknown too": {key[0] for key in cells} >= {"migrant", "none", "unknown", "total"},
        "both groups large enough to be spoken of are shown": all((group, "yes") in shown for group in ("migrant", "none")),
        "a shown figure lies within its printed interval": all(
            int(cells[key]["lower"]) <= value <= int(cells[key]["upper"]) for key, value in shown.items()
        ),
        "what is hidden has no figure": all(row["value"] == "" for row in cells.values() if row["status"] == "suppressed"),
        "the figures are near the truth, noise and linkage errors allowed for": within,
        "young people with a migrant background are outside more often": migrant > none,
        "and so they are in truth": share(true, "migrant") > share(true, "none"),
    }
    return {
        "migrant_percent": round(100 * migrant),
        "none_percent": round(100 * none),
        "true_migrant_percent": round(100 * share(true, "migrant")),
        "true_none_percent": round(100 * share(true, "none")),
        "furthest_from_truth": max(off.values(), default=0),
        "cells": {" ".join(key): row["value"] or row["status"] for key, row in cells.items()},
        "claims": claims,
    }


def share(counts: dict[tuple[str, str], int], group: str) -> float:
    """The share of *group* outside services, 0 to 1."""
    outside, met = counts.get((group, "yes"), 0), counts.get((group, "no"), 0)
    return outside / (outside + met) if outside + met else 0.0


if __name__ == "__main__":
    sys.exit(main())
