"""Young people with gaps in several dimensions of wellbeing, by two rules for a migrant background.

    .venv/bin/python examples/young_people_at_risk/run.py [--json] [--folder DIR] [--persons 20000]

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

CARE = ("neuvola", "kouluterveys", "avosairaanhoito", "suun_terveys", "mielenterveys")
SOCIAL = ("aikuissosiaalityo", "lapsiperhepalvelut")
GAPS = {"gaps_by_language": "background", "gaps_by_birth": "born_abroad"}


def findings(told: Told, truth: Truth) -> tuple[dict[str, Any], dict[str, bool]]:
    """What was found, and whether each claim of the README holds."""
    young = young_people(truth)
    outside = cells(young, "background", "outside")
    gaps = {table: cells(young, rule, "gaps") for table, rule in GAPS.items()}
    away = {group: told.measure("outside", "outside_share", group, TOTAL).value or 0 for group in ("migrant", "none")}
    three = {
        table: {group: told.measure(table, "three_or_more", group, TOTAL).value or 0 for group in ("migrant", "none")} for table in GAPS
    }
    true = {table: {group: share(gaps[table], (group, "3+"), (group, TOTAL)) for group in ("migrant", "none")} for table in GAPS}
    found = {
        "outside services (share), with a migrant background and without": list(away.values()),
        "outside in truth": [round(share(outside, (group, "yes"), (group, TOTAL)), 3) for group in away],
        "three gaps or more, by language": list(three["gaps_by_language"].values()),
        "by country of birth": list(three["gaps_by_birth"].values()),
        "three gaps or more in truth, by language": [round(value, 3) for value in true["gaps_by_language"].values()],
        "in truth, by country of birth": [round(value, 3) for value in true["gaps_by_birth"].values()],
        "young people with a migrant background, by the two rules": [told.count(table, "migrant", TOTAL).value for table in GAPS],
        "of unknown background": told.count("outside", "unknown", TOTAL).value,
    }
    # young people whom a register met and linkage did not find again count as missing from it: most of those are in the one
    # register that has no codes, youth work, and in the association's list
    missed = 0.03 * outside[TOTAL, TOTAL]
    claims = {
        "every group of the rule is in the table, the unknown too": all(
            told.count(table, group, TOTAL).value is not None for table in told.tables for group in ("migrant", "none", "unknown")
        ),
        "the figures are near the truth, links missed allowed for": (
            told.near("outside", outside, missed) and all(told.near(table, gaps[table], missed) for table in GAPS)
        ),
        "young people with a migrant background are outside services more often": away["migrant"] > away["none"],
        "and so they are in truth": share(outside, ("migrant", "yes"), ("migrant", TOTAL))
        > share(outside, ("none", "yes"), ("none", TOTAL)),
        "they have three gaps or more more often, by either rule": all(each["migrant"] > each["none"] for each in three.values()),
        "and so they have in truth": all(each["migrant"] > each["none"] for each in true.values()),
        "who counts as one of them hangs on the rule: more by language": gaps["gaps_by_language"]["migrant", TOTAL]
        > gaps["gaps_by_birth"]["migrant", TOTAL],
    }
    return found, claims


def young_people(truth: Truth) -> pd.DataFrame:
    """Those of 16 to 28 with their background by both rules, whether they are outside services, and their gaps."""
    people = truth.population
    unknown = (people["kieliryhma"] == "") | (people["syntymamaa"] == "")
    people["background"] = np.where(unknown, "unknown", np.where(people["kieliryhma"] == "muu", "migrant", "none"))
    people["born_abroad"] = np.where(unknown, "unknown", np.where(people["syntymamaa"] == "muu", "migrant", "none"))
    pupils = truth.users("basic_education")
    youth = truth.users("youth_work", paivamaara=this_year)
    outreach = truth.users("youth_work", paivamaara=this_year, toiminta=("etsiva",))
    hobbies = truth.users("library_sports", vuosi=("2025",)), truth.users("ngo_activities")
    gaps = (
        ~truth.has(truth.users("health_social", palvelu=CARE)),
        ~truth.has(pupils, youth),
        ~truth.has(*hobbies),
        truth.has(truth.users("health_social", palvelu=SOCIAL), outreach),
    )
    people["gaps"] = pd.concat(gaps, axis=1).sum(axis=1).clip(upper=3).map({0: "0", 1: "1", 2: "2", 3: "3+"})
    people["outside"] = yes(~truth.has(pupils, youth, *hobbies, truth.users("health_social")))
    return people[people["age"].between(16, 28)]


def this_year(days: pd.Series) -> pd.Series:
    """Which of the days, written ``9.3.2025``, are of 2025."""
    return days.str.endswith(".2025")


if __name__ == "__main__":
    sys.exit(main(HERE, __doc__ or "", findings))
