"""Every told figure of the demonstration counted again, by plain pandas: slow, obvious, and sharing no code with the product's counting.

What is read: the stewards' extracts, the truth, and, where a figure holds the linkage fixed (noise, and bounds on what one
privacy unit contributes), the linked set's random ids.  Nothing of ``privacy/`` or ``linkage/`` is used.
"""

from __future__ import annotations

import datetime
import io
from pathlib import Path

import pandas as pd

from sauma import keys
from sauma.agreements import load_agreement
from sauma.linkedset import open_families, open_links, read_linked

STEWARDS = {
    "population": "dvv",
    "basic_education": "espoo",
    "library_sports": "espoo",
    "youth_work": "youth",
    "health_social": "luvn",
    "ngo_activities": "ngo",
}
SK014, SK011 = {"078", "149", "710"}, {"049", "224", "235", "257", "444", "755", "927"}
DEFINITIONS = ("dwelling", "guardianship", "guardianship_dwelling", "service")
PERSONS_OF_A_UNIT, FAMILIES_OF_A_UNIT = 2, 2
"""The contribution bounds of the demonstration: of its agreement's budget, and of its tables of families."""
COUNT = "count"


def extract(top: Path, register: str) -> pd.DataFrame:
    """The accepted rows of a register as its steward wrote them, with ``record_id`` and the true ``person``."""
    data = (top / "stewards" / STEWARDS[register] / "extracts" / f"{register}.csv").read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    sep = ";" if ";" in text.split("\n", 1)[0] else ","
    rows = pd.read_csv(io.StringIO(text), sep=sep, dtype=str, keep_default_na=False)
    rows["row"] = range(1, len(rows) + 1)
    kept = pd.read_csv(top / "truth" / f"rows_{register}.csv")[["row", "record_id"]]
    truth = pd.read_csv(top / "truth" / "records.csv", dtype={"coded": str})
    truth = truth[truth["register"] == register][["row", "person"]]
    return rows.merge(kept.dropna(), on="row").merge(truth, on="row")


class Linked:
    """The linked set's ids as the analyst holds them: who is one person, one unit, one family; nothing else."""

    def __init__(self, top: Path) -> None:
        folder = top / "analyst"
        agreement = load_agreement(top / "agreement.toml", today=datetime.datetime.now(tz=datetime.UTC).date())
        me = keys.load(folder / "keys" / "analyst.key", (folder / "keys" / "passphrase.txt").read_bytes().strip())
        (place,) = (folder / "linked").iterdir()
        linked = read_linked(place, agreement)
        self.links = _hex(open_links(linked, me).to_pandas())
        self.families = _hex(open_families(linked, me).to_pandas())

    def of(self, rows: pd.DataFrame, register: str) -> pd.DataFrame:
        """*rows* of a register with ``study_id`` and ``unit_id``."""
        mine = self.links[self.links["register"] == register]
        return rows.merge(mine[["record_id", "study_id", "unit_id"]], on="record_id")


class Truth:
    """The same from the truth: everybody is who they are, in the families they have, and no contribution is bounded."""

    def __init__(self, top: Path) -> None:
        families = pd.read_csv(top / "truth" / "families.csv")
        self.families = families.rename(columns={"family": "family_id", "person": "study_id"}).assign(own=True)

    def of(self, rows: pd.DataFrame, register: str) -> pd.DataFrame:
        """*rows* of a register with ``study_id`` and ``unit_id``."""
        return rows.assign(study_id=rows["person"], unit_id="all")


def _hex(frame: pd.DataFrame) -> pd.DataFrame:
    for column in frame.columns:
        if column.endswith("_id"):
            frame[column] = frame[column].map(lambda value: value.hex() if isinstance(value, bytes) else value)
    return frame


def residents(top: Path) -> pd.Series:
    """The EXACT table from the truth alone: true persons by (municipality, age, sex), every level and total."""
    rows = population(extract(top, "population"))
    rows = rows.drop_duplicates("person")
    subregion = rows["place"].map(area)
    levels = [
        [rows["place"], subregion, subregion.map(lambda code: "HVA03" if code != "unknown" else "unknown"), "total"],
        [pd.cut(rows["age"], [-1, 6, 15, 29, 64, 200], labels=["0-6", "7-15", "16-29", "30-64", "65+"]).astype(str), "total"],
        [rows["sex"], "total"],
    ]
    counted: dict[tuple[str, ...], int] = {}
    for place in levels[0]:
        for age in levels[1]:
            for sex in levels[2]:
                cells = pd.DataFrame({"place": place, "age": age, "sex": sex}, index=rows.index)
                counted |= {tuple(map(str, key)): int(count) for key, count in cells.value_counts().items()}
    return pd.Series(counted)


def population(rows: pd.DataFrame) -> pd.DataFrame:
    """What the population payload says of a person: place (withheld from the restricted), age, sex, background."""
    rows = rows.copy()
    rows["place"] = rows["kotikunta"].where((rows["turvakielto"] != "1") & (rows["kotikunta"] != ""), "unknown")
    rows["age"] = 2025 - rows["syntymaaika"].str[:4].astype(int)
    rows["sex"] = rows["sukupuoli"].map({"1": "male", "2": "female"}).fillna("unknown")
    language = rows["kieliryhma"].map({"muu": "migrant", "fi": "none", "sv": "none", "saame": "none"})
    rows["background"] = language.where((rows["kieliryhma"] != "") & (rows["syntymamaa"] != ""), "unknown")
    return rows


def area(municipality: str) -> str:
    """The sub-region of a municipality."""
    return "SK014" if municipality in SK014 else "SK011" if municipality in SK011 else "unknown"


def bounded(rows: pd.DataFrame, units: int) -> pd.DataFrame:
    """At most *units* rows of a privacy unit, the first by random id."""
    return rows.sort_values(["unit_id", "id"]).groupby("unit_id").head(units)


def noised(top: Path) -> dict[str, pd.DataFrame]:
    """What the noise of each DP table was added to: one row a counted person or family, after bounding."""
    tables = counted(top, Linked(top))
    return {name: bounded(rows, FAMILIES_OF_A_UNIT if name.startswith("families") else PERSONS_OF_A_UNIT) for name, rows in tables.items()}


def counted(top: Path, linked: Linked | Truth) -> dict[str, pd.DataFrame]:
    """By DP table, one row a person or family that it counts."""
    rows = {register: linked.of(extract(top, register), register) for register in STEWARDS}
    people = population(rows["population"]).sort_values("study_id").drop_duplicates("study_id").assign(id=lambda frame: frame["study_id"])
    health, school, library = rows["health_social"], rows["basic_education"], rows["library_sports"]
    youth = rows["youth_work"][rows["youth_work"]["paivamaara"].map(lambda day: day[-4:] == "2025" or day[:4] == "2025")]
    uses = {"school": school, "youth": youth, "library": library[library["vuosi"] == "2025"], "health": health}
    for name, used in uses.items():
        people[name] = people["study_id"].isin(used["study_id"])
    people["met"] = people[list(uses)].any(axis=1) | people["study_id"].isin(rows["ngo_activities"]["study_id"])
    hours = school.assign(excused=_numbers(school["poissa_luvalla"]), truant=_numbers(school["poissa_luvatta"]))
    people["hours"] = people["study_id"].map(hours.groupby("study_id")["excused"].sum()).fillna(0).clip(0, 100)
    truant = people["study_id"].map(hours.groupby("study_id")["truant"].sum()).fillna(0) >= 30
    mind = people["study_id"].isin(health[health["palvelu"] == "mielenterveys"]["study_id"])
    social = people["study_id"].isin(health[health["palvelu"].isin(["lapsiperhepalvelut", "aikuissosiaalityo"])]["study_id"])
    people["signs"] = (mind.astype(int) + social.astype(int) + truant.astype(int)).map({0: "0", 1: "1", 2: "2", 3: "3+"})
    people["subregion"] = people["place"].map(area)
    people["outside"] = people["met"].map({True: "no", False: "yes"})
    found = {
        "services": people[people["age"].between(7, 17)],
        "absences": people[people["school"]],
        "strain": people[people["age"].between(7, 28)],
        "young_outside": people[people["age"].between(16, 28)],
    }
    for definition in DEFINITIONS:
        name = "families" if definition == "dwelling" else f"families_{definition}"
        found[name] = families(linked, people, definition)
    return found


def families(linked: Linked | Truth, people: pd.DataFrame, definition: str) -> pd.DataFrame:
    """The families of a definition, each by its own members: sub-region of the first municipality, minors."""
    own = linked.families[(linked.families["definition"] == definition) & linked.families["own"]]
    members = own.merge(people[["study_id", "unit_id", "place", "age"]], on="study_id")
    grouped = members.groupby(["unit_id", "family_id"])  # a family is within one unit
    found = pd.DataFrame({"subregion": grouped["place"].min().map(area), "minors": grouped["age"].agg(lambda ages: int((ages < 18).sum()))})
    found["children"] = found["minors"].clip(upper=3).map({0: "0", 1: "1", 2: "2", 3: "3+"})
    return found.reset_index().assign(id=lambda frame: frame["family_id"])


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce").fillna(0)


def told(top: Path, table: str) -> pd.DataFrame:
    """The published rows of a table."""
    (file,) = (top / "published").rglob(f"{table}.csv")
    return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def again(rows: pd.DataFrame, key: dict[str, str], measure: str) -> float | None:
    """One figure of a DP table, from its counted *rows*; None for a ratio of nothing."""
    chosen = rows
    for dimension, code in key.items():
        chosen = chosen[_inside(chosen, dimension, code)]
    if measure == COUNT:
        return len(chosen)
    if measure == "hours":
        return float(chosen["hours"].sum())
    if measure == "hours_each":
        return float(chosen["hours"].mean()) if len(chosen) else None
    part, whole = {
        "two_or_more": ({"signs": "2plus"}, {"signs": "total"}),
        "health_of_pupils": ({"used": "school+health"}, {"used": "school"}),
    }[measure]
    among = again(rows, key | whole, COUNT)
    return (again(rows, key | part, COUNT) or 0) / among if among else None


def _inside(rows: pd.DataFrame, dimension: str, code: str) -> pd.Series:
    if code == "total":
        return pd.Series(True, index=rows.index)
    if dimension == "used":
        services = [] if code == "unknown" else code.split("+")
        return rows[services].all(axis=1) if services else pd.Series(False, index=rows.index)
    if code == "2plus":
        return rows[dimension].isin(["2", "3+"])
    return rows[dimension] == code
