"""Older people: home care by what they take part in, visits a week, and of whom the RAI assessment speaks.

    .venv/bin/python examples/older_people/run.py [--json] [--folder DIR] [--persons 20000]

Every step is the public command, run in the folder of the role that runs it.  Afterwards, and only here, the tables are
held against the truth about the synthetic people.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from phenomenon import TOTAL, Told, Truth, cells, main, share, yes  # noqa: E402 - what the examples share lies beside them

AGES = ("75-84", "85+")
"""The ages in which home care is common enough to compare."""
AREAS = ("SK011", "SK014")
VISITS_MAX = 25


def findings(told: Told, truth: Truth) -> tuple[dict[str, Any], dict[str, bool]]:
    """What was found, and whether each claim of the README holds."""
    clients = home_care(truth)
    older = older_people(truth, clients)
    care = cells(older, "age_group", "takes_part", "home_care")
    need = cells(older[(older["home_care"] == "yes") & (older["subregion"] != "unknown")], "subregion", "need")
    covered = {area: told.measure("assessed", "coverage", area, TOTAL).value for area in AREAS}
    true_cover = {area: 1 - share(need, (area, "not_assessed"), (area, TOTAL)) for area in AREAS}
    cared = {age: [told.measure("care", "in_home_care", age, part, TOTAL).value or 0 for part in ("yes", "no")] for age in (*AGES, TOTAL)}
    true = {age: [share(care, (age, part, "yes"), (age, part, TOTAL)) for part in ("yes", "no")] for age in (*AGES, TOTAL)}
    each, mean = told.measure("visits", "visits_each", TOTAL), clients["visits"].dropna().clip(upper=VISITS_MAX).mean()
    coverage, high = (told.measure("assessed", name, TOTAL, TOTAL).value or 0 for name in ("coverage", "high_need"))
    assessed = need[TOTAL, TOTAL] - need[TOTAL, "not_assessed"]
    found = {
        "in home care (share), of those who take part and of the others": cared,
        "in truth": {age: [round(value, 3) for value in both] for age, both in true.items()},
        "visits a week per client (mean, interval)": [each.value, each.lower, each.upper],
        "mean in truth": round(mean, 2),
        "coverage of the RAI assessment": coverage,
        "by sub-region": covered,
        "coverage by sub-region in truth": {area: round(value, 3) for area, value in true_cover.items()},
        "coverage in truth": round(assessed / need[TOTAL, TOTAL], 3),
        "high need among the assessed": high,
        "high need in truth": round(need[TOTAL, "high"] / assessed, 3),
    }
    claims = {
        "those who take part receive home care less often at the same age": all(cared[age][0] < cared[age][1] for age in AGES),
        "and so they do in truth": all(true[age][0] < true[age][1] for age in AGES),
        "the figures are near the truth, links missed allowed for": told.near("care", care, 0.03 * care[TOTAL, TOTAL, TOTAL]),
        "the true mean of visits lies in its interval, a tenth of a visit allowed for links missed": each.lower is not None
        and each.upper is not None
        and each.lower - 0.1 <= mean <= each.upper + 0.1,
        "the coverage of the assessment is printed beside what it says": coverage > 0 and high > 0,
        "the coverage of each sub-region is shown, and near the truth": all(
            value is not None and abs(value - true_cover[area]) < 0.1 for area, value in covered.items()
        ),
        "both are near the truth": abs(coverage - assessed / need[TOTAL, TOTAL]) < 0.02
        and abs(high - need[TOTAL, "high"] / assessed) < 0.02,
    }
    return found, claims


def home_care(truth: Truth) -> pd.DataFrame:
    """Clients of home care, by person: visits a week in the second half of the year, and the highest need of care by RAI."""
    rows = truth.rows("home_care")
    rows = rows[rows["person"].isin(truth.population.index)]
    visits = rows[rows["puolivuosi"] == "2"].groupby("person")["kaynnit_viikossa"].agg(lambda texts: texts.astype(int).max())
    need = pd.to_numeric(rows["rai_maple"]).groupby(rows["person"]).max()
    return pd.DataFrame({"need": need}).join(visits.rename("visits"))


def older_people(truth: Truth, clients: pd.DataFrame) -> pd.DataFrame:
    """Those of 65 and over, by age, sub-region, participation, home care and need of care."""
    people = truth.population
    people["age_group"] = pd.cut(people["age"], [64, 74, 84, 130], labels=["65-74", "75-84", "85+"])
    west = people["kotikunta"].isin(["078", "149", "710"])
    people["subregion"] = np.where(people["kotikunta"] == "", "unknown", np.where(west, "SK014", "SK011"))
    people["takes_part"] = yes(truth.has(truth.users("library_sports", vuosi=("2025",)), truth.users("ngo_activities")))
    people["home_care"] = yes(truth.has(clients.index))
    maple = clients["need"].reindex(people.index)
    people["need"] = np.select([maple >= 4, maple == 3, maple <= 2], ["high", "moderate", "low"], "not_assessed")
    return people[people["age"] >= 65]


if __name__ == "__main__":
    sys.exit(main(HERE, __doc__ or "", findings))
