"""Every published figure of the demonstration, counted again by plain pandas (``recomputed.py``)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import recomputed
from scipy.stats import binom

MISSED = 0.05
"""The intervals are printed at 95 %."""
ERROR = 1e-6
"""The chance that a correct tool fails here, were each table's figures to miss alone; they do not quite, hence so small."""


@pytest.fixture(scope="session")
def whole_region(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """The demonstration at its own size."""
    sauma = Path(sys.executable).with_name("sauma")

    def make(folder: Path) -> None:
        subprocess.run([sauma, "demo", folder], check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=900)

    return made_once("whole-region", make)


def check_exact(top: Path) -> None:
    told = recomputed.told(top, "residents")
    shown = told[(told["measure"] == "count") & (told["status"] == "published")]
    true = recomputed.residents(top)
    again = [true.get(key, 0) for key in shown[["municipality", "age", "sex"]].itertuples(index=False, name=None)]
    assert len(shown) > 100
    assert shown["value"].astype(int).tolist() == again


def compared(top: Path, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every shown figure of the DP tables: table, measure, and whether its interval holds the figure counted again."""
    rows = []
    for name, counted in tables.items():
        told = recomputed.told(top, name)
        dimensions = list(told.columns[: list(told.columns).index("measure")])
        for row in told[told["status"] == "published"].to_dict("records"):
            again = recomputed.again(counted, {dimension: row[dimension] for dimension in dimensions}, row["measure"])
            held = again is not None and float(row["lower"]) <= again <= float(row["upper"])
            rows.append((name, row["measure"], held))
    return pd.DataFrame(rows, columns=["table", "measure", "held"])


def check_noised(top: Path) -> pd.DataFrame:
    """With the linkage held fixed, as the claim is, intervals hold what the noise was added to at their rate."""
    found = compared(top, recomputed.noised(top))
    missed = int((~found["held"]).sum())
    said = f"{missed} of {len(found)} intervals miss; error probability {ERROR}; the noise is fresh in every run"
    assert missed <= binom.isf(ERROR, len(found), MISSED), said
    return found


def test_exact_cells_equal_the_truth(region_made_once: Path) -> None:
    check_exact(region_made_once)


def test_intervals_hold_what_was_counted(region_made_once: Path) -> None:
    found = check_noised(region_made_once)
    assert len(found) >= 40


@pytest.mark.full
def test_the_whole_demonstration(whole_region: Path) -> None:
    check_exact(whole_region)
    found = check_noised(whole_region)
    # each measure has a figure far above the threshold for noise: of 20,000 drawings none hid all figures of any
    assert set(found["measure"]) == {"count", "hours", "hours_each", "two_or_more", "health_of_pupils"}
    # against the truth itself the linkage's errors and the contribution bounds come on top; the intervals do not cover those
    true = compared(whole_region, recomputed.counted(whole_region, recomputed.Truth(whole_region)))
    assert true["held"].mean() >= 0.7, true.groupby("table")["held"].agg(["size", "mean"])


@pytest.mark.full
def test_the_whole_demonstration_hides_little(whole_region: Path) -> None:
    residents = recomputed.told(whole_region, "residents")
    found = residents[residents["measure"] == "count"]
    hidden = (found["status"] == "suppressed").sum()
    assert hidden <= 0.35 * (found["value"] != "0").sum()
    places = found["municipality"].str.fullmatch("[0-9]{3}|unknown") & (found["age"] != "total") & (found["sex"] != "total")
    assert (found[places]["status"] == "published").mean() >= 0.5
