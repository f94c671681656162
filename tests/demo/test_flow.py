"""The whole walk: what a finished demonstration shows."""

from __future__ import annotations

import csv
import json
from pathlib import Path


def rows(top: Path, table: str) -> list[dict[str, str]]:
    (file,) = (top / "published").rglob(f"{table}.csv")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["measure"] == "count"]


def test_every_step_of_the_demonstration_succeeded(region_made_once: Path) -> None:
    document = json.loads((region_made_once / "demo.json").read_text(encoding="ascii"))
    assert len(document["steps"]) > 40
    assert {step["exit"] for step in document["steps"]} == {0}
    verbs = {step["command"].split(" ")[1] for step in document["steps"] if step["command"].startswith("sauma ")}
    wanted = {"keys", "agreement", "check", "pseudonymise", "inspect", "link", "quality", "propose", "review", "publish", "ledger"}
    assert wanted | {"report", "audit"} <= verbs


def test_each_kind_of_release_was_published(region_made_once: Path) -> None:
    for table in ("residents", "families", "young_outside"):
        found = rows(region_made_once, table)
        assert {row["status"] for row in found} <= {"published", "suppressed", "undefined"}
        assert any(row["status"] == "published" for row in found)
        assert all((row["value"] == "") == (row["status"] != "published") for row in found)


def test_files_that_travel_or_are_published_name_nobody(region_made_once: Path) -> None:
    people = region_made_once / "stewards" / "dvv" / "extracts" / "population.csv"
    with people.open(encoding="cp1252", newline="") as stream:
        codes = [row["henkilotunnus"] for row in csv.DictReader(stream, delimiter=";")]
    folders = ("packages", "analyst", "published", "ledger", "officer")
    data = b"".join(path.read_bytes() for name in folders for path in (region_made_once / name).rglob("*") if path.is_file())
    data += (region_made_once / "report.html").read_bytes() + (region_made_once / "audit.html").read_bytes()
    assert len(data) > 100_000
    assert not [code for code in codes if code.encode("ascii") in data]
