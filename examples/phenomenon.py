"""What the examples on the synthetic region share: every party's commands, the published figures, and the truth beside them.

The truth is about people who do not exist, and known here only: it shows whether a published table says what is there.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sauma.demo import folders, steps, truth, walk, writing
from sauma.demo.region import Region, generate
from sauma.demo.tables import AS_OF

PERSONS, SEED = 20_000, 7
TOTAL = "total"
Codes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure; without interval if it is exact, without value if it is hidden."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """What was published: each table's figures by measure and codes, and what its asking once more would cost."""

    tables: Mapping[str, Mapping[tuple[str, Codes], Figure]]
    again: Mapping[str, Any]

    def count(self, table: str, *codes: str) -> Figure:
        """A count; a figure without value if the table hides it."""
        return self.measure(table, "count", *codes)

    def measure(self, table: str, measure: str, *codes: str) -> Figure:
        """Another measure of the table."""
        return self.tables.get(table, {}).get((measure, codes), Figure(None, None, None))

    def near(self, table: str, true: Mapping[Codes, int], missed: float) -> bool:
        """Whether every shown count lies within its interval of the truth, give or take *missed* for links missed or false."""
        shown = {
            codes: figure
            for (measure, codes), figure in self.tables.get(table, {}).items()
            if measure == "count" and figure.value is not None
        }
        return bool(shown) and all(_distance(figure, true.get(codes, 0)) <= missed for codes, figure in shown.items())


class Truth:
    """Who is in the registers in truth.  ``population`` has a row for each person whom the population register holds, with its age."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.extracts = {extract.register: extract for extract in region.extracts}
        self.population = self.rows("population").set_index("person")
        born = self.region.people.born[self.population.index].astype("datetime64[Y]").astype(int) + 1970
        self.population["age"] = AS_OF.year - born

    def rows(self, register: str) -> pd.DataFrame:
        """The register's rows, each with its true person."""
        extract = self.extracts[register]
        return pd.DataFrame({**extract.columns, "person": extract.person})

    def users(self, register: str, **wanted: tuple[str, ...] | Callable[[pd.Series], pd.Series]) -> pd.Index:
        """The persons with a row whose columns have one of the *wanted* values, or fulfil the condition."""
        rows = self.rows(register)
        for column, values in wanted.items():
            rows = rows[values(rows[column]) if callable(values) else rows[column].isin(values)]
        found: pd.Index = rows.set_index("person").index.unique()
        return found

    def has(self, *users: pd.Index) -> pd.Series:
        """For each person of the population, whether it is among any of *users*."""
        found = pd.Series(data=False, index=self.population.index)
        for index in users:
            found |= found.index.isin(index)
        return found

    def families(self, definition: str) -> pd.DataFrame:
        """``family`` and ``person`` of each membership, with the person's age."""
        family, person = dict(truth.families(self.region.people, self.region.seed))[definition]
        members = pd.DataFrame({"family": family, "person": person})
        return members.join(self.population["age"], on="person", how="inner")


def cells(frame: pd.DataFrame, *dimensions: str) -> dict[Codes, int]:
    """How many rows have each combination of codes, with every total."""
    counted: Counter[Codes] = Counter()
    columns = [frame[name].astype(str) for name in dimensions]
    for row, number in Counter(zip(*columns, strict=True)).items():
        counted.update(dict.fromkeys(itertools.product(*((code, TOTAL) for code in row)), number))
    return counted


def yes(flags: pd.Series) -> pd.Series:
    """``yes`` or ``no``."""
    return flags.map({True: "yes", False: "no"})


def share(true: Mapping[Codes, int], part: Codes, whole: Codes) -> float:
    """How much of *whole* is in *part*, 0 to 1."""
    return true.get(part, 0) / true[whole] if true.get(whole) else 0.0


Findings = Callable[[Told, Truth], tuple[dict[str, Any], dict[str, bool]]]
"""An example's own check: what it found, and whether each claim of its README holds."""


def main(here: Path, description: str, findings: Findings) -> int:
    """Run the example in *here*; exit code 0 if everything it claims holds."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--folder", type=Path, help="keep everything in this new folder")
    parser.add_argument("--persons", type=int, default=PERSONS, help="people in the synthetic region")
    arguments = parser.parse_args()
    stream = sys.stderr if arguments.json else sys.stdout
    with tempfile.TemporaryDirectory() as scratch:
        top = (arguments.folder or Path(scratch) / "region").resolve()
        region = generate(arguments.persons, SEED)
        told = publish(region, here, top, lambda line: print(line, file=stream, flush=True))
    found, claims = findings(told, Truth(region))
    claims |= of_every_table(told)
    for name, value in found.items():
        print(f"{name}: {value}", file=stream)
    for claim, holds in claims.items():
        print(f"  {'holds' if holds else 'FAILS'}: {claim}", file=stream)
    if arguments.json:
        print(json.dumps({**found, "claims": claims}, indent=1, default=str))
    return 0 if all(claims.values()) else 1


def publish(region: Region, here: Path, top: Path, talk: Callable[[str], None]) -> Told:
    """Write the extracts, let each party run its commands, and read what was published; the example ends here if one fails."""
    writing.write_extracts(region, top / "stewards")
    writing.write_truth(region, top / "truth")
    request = "request"
    folders.furnish(top, (here / "agreement.toml").read_bytes(), {request: (here / "request.toml").read_bytes()})
    for step in walk.walk(top, talk, [request]):
        if step.exit:
            raise SystemExit(step.exit)
    words = ("sauma", "propose", steps.linked(top), "--request", f"requests/{request}.toml", "--dry-run", "--json")
    again = walk.run(steps.Step(folders.ANALYST, words), folders.home(top, folders.ANALYST))
    if again.exit:
        raise SystemExit(again.exit)
    return Told({path.stem: table(path) for path in sorted((top / "published").rglob("*.csv"))}, json.loads(again.stdout))


def table(path: Path) -> dict[tuple[str, Codes], Figure]:
    """A published table."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    dimensions = list(rows[0])[: list(rows[0]).index("measure")]
    return {(row["measure"], tuple(row[name] for name in dimensions)): figure(row) for row in rows}


def figure(row: Mapping[str, str]) -> Figure:
    """A row's value and interval."""
    value, lower, upper = (float(row[name]) if row[name] else None for name in ("value", "lower", "upper"))
    return Figure(value, lower, upper)


def of_every_table(told: Told) -> dict[str, bool]:
    """What holds for every example."""
    figures = [figure for figures in told.tables.values() for figure in figures.values() if figure.value is not None]
    return {
        "a shown figure lies within its printed interval": all(_distance(figure, figure.value or 0) == 0 for figure in figures),
        "the same question asked again costs nothing": told.again["epsilon"] == "0" and set(told.again["told"]) == set(told.tables),
    }


def _distance(figure: Figure, number: float) -> float:
    """How far *number* is outside the figure's interval; an exact figure is its own."""
    assert figure.value is not None
    low, high = (figure.value if end is None else end for end in (figure.lower, figure.upper))
    return max(low - number, number - high, 0)
