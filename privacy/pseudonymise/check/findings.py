"""What ``sauma check`` shows a steward about an extract: counts and column names, never a value.

Every count passes :mod:`~privacy.pseudonymise.check.counts`: hidden under the floor, rounded down otherwise, audited together.  Shares
and rankings are made of what is shown, so they tell nothing more.  Words and pages are made elsewhere, from the document alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from privacy.pseudonymise.check import coverage, fixes, leaving, linking
from privacy.pseudonymise.check.columns import codes, columns, contradictions
from privacy.pseudonymise.check.counts import HOUSE_FLOOR, Tally, least, per_cent, resolved
from privacy.pseudonymise.check.examined import Examined, examined
from privacy.pseudonymise.check.flaws import flaws
from privacy.pseudonymise.check.likeness import likeness
from privacy.pseudonymise.checking import refuse_fields, sightings
from schemas.agreement import Agreement
from schemas.batches import RawBatch

if TYPE_CHECKING:
    from privacy.pseudonymise.pipeline import Local

FORMAT: Final = "sauma/check/v0"


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings as one document of shown counts: an integer, or ``"<5"`` for a count that is hidden."""

    document: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The findings as JSON-ready data; see ``docs/check.md`` for the keys."""
        return self.document


def findings(raw: RawBatch, agreement: Agreement, local: Local) -> Findings:
    """The quality of *raw* for *agreement*.  Raises the policy refusals S4101 and S4102 of the way in."""
    return of_examined(examined(raw, agreement, local), agreement, local)


def of_examined(found: Examined, agreement: Agreement, local: Local) -> Findings:
    """The quality of what was *found*.  ``PolicyRefusal`` S4102 if an identifier would leave unchanged."""
    refuse_fields(found.register, {name: sightings(found.numbers[rows]) for name, rows in found.identifying.items()})
    tally = Tally()
    sections = _sections(found, agreement, local, tally)
    floor = max(HOUSE_FLOOR, min(release.minimum_persons for release in agreement.release))
    rounding = tally.rounding(floor)
    shown = resolved(sections, rounding)
    return Findings({
        "format": FORMAT,
        "floor": floor,
        "rounded_down_to": rounding.base,
        "zero_is_none": rounding.zeros_told,
        **_finished(shown, floor),
    })  # fmt: skip


def _sections(found: Examined, agreement: Agreement, local: Local, tally: Tally) -> dict[str, Any]:
    register, weak = found.register, flaws(found)
    rows, persons = tally.count(found.rows), tally.count(found.persons)
    repeated, lost = tally.count(found.rows - found.persons), tally.count(int(found.lost.sum()))
    left, kept_back = tally.count(persons.exact - lost.exact), tally.count(int((~found.whole).sum()))
    tally.sums(rows, [persons, repeated])
    tally.sums(persons, [left, lost])
    tally.within(rows, [kept_back])
    twice = fixes.duplicates(found)
    alike = tally.count(int(twice.sum()))
    tally.within(persons, [alike])
    held = linking.holdings(found)
    return {
        "window": {"first": register.window.first.isoformat(), "last": register.window.last.isoformat()},
        "rows": rows,
        "rows_kept_back": kept_back,
        "persons": {"in_extract": persons, "leaving": left, "lost": lost, "repeated_rows": repeated, "possible_duplicates": alike},
        "columns": columns(found, weak, tally, rows),
        "codes": codes(found, weak, local, tally, rows),
        "contradictions": contradictions(found, tally, rows),
        "coverage": coverage.coverage(found, tally, rows),
        "uniqueness": leaving.uniqueness(found, tally, left),
        "likeness": likeness(found, agreement, tally, left),
        "linkability": linking.linkability(found, held, tally, left),
        "fixes": fixes.fixes(found, fixes.worthwhile(found, weak, held), held, twice, tally, persons),
    }


def _finished(shown: dict[str, Any], floor: int) -> dict[str, Any]:
    """The document with what is made of shown counts: fill in per cent, marks, the expected share, and both rankings."""
    for column in shown["columns"]:
        column["filled_per_cent"] = None if column["empty"] is None else 100 - per_cent(column["empty"], shown["rows"])
        if "all_restricted" in column:  # of fewer persons it is not told
            column["all_restricted"] &= least(shown["persons"]["in_extract"]) >= floor
    shown["coverage"] = [coverage.marked(dated, floor) for dated in shown["coverage"]]
    shown["uniqueness"]["greediest"] = leaving.ranked(shown["uniqueness"]["greediest"])
    found = shown["linkability"]
    found["expected_per_cent"] = linking.expected(found["best"], shown["persons"]["leaving"])
    shown["fixes"] = fixes.ranked(shown["fixes"])
    return shown
