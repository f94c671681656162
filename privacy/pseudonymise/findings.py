"""What ``sauma check`` shows a steward about an extract: counts and column names, never a value.

A count of people below the agreement's smallest threshold is shown as less than it.  Restrictions of disclosure and
changed codes are not counted at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from privacy.pseudonymise import examine
from privacy.pseudonymise.people import persons
from privacy.pseudonymise.pipeline import Local, admit
from schemas.agreement import Agreement
from schemas.batches import RawBatch

FIXES: Final = {
    "missing": "fetch the missing personal identity codes",
    "sign_missing": "export personal identity codes with their sign",
    "partial": "export whole personal identity codes",
    "mojibake": "export again as UTF-8: letters were damaged",
    "bad_control": "correct mistyped personal identity codes",
    "bad_date": "correct mistyped personal identity codes",
    "bad_sign": "correct the sign of personal identity codes",
    "not_a_date": "correct birth dates that are no day in the calendar",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """Counts of rows, unless said otherwise.

    ``rejected``: rows that will not leave, by column and reason.  ``filled``: share of rows with a value, in per cent, by
    column.  ``codes``: personal identity codes by column and kind of finding.  ``unusable``: identity values that
    cannot serve linkage, by column and reason.  ``linkable``: persons by what links them.  ``uniqueness``: persons by how many share
    all values that would leave.  ``near``: per cent of persons whose match tokens meet another's.  ``fixes``: what to mend, most
    gain first.
    """

    floor: int
    rows: int
    persons: int
    repeated_rows: int
    rejected: Mapping[str, Mapping[str, int]]
    filled: Mapping[str, int]
    codes: Mapping[str, Mapping[str, int]]
    unusable: Mapping[str, Mapping[str, int]]
    linkable: Mapping[str, int]
    uniqueness: Mapping[str, int]
    near: Mapping[str, int]
    fixes: tuple[tuple[str, int], ...]

    def as_dict(self) -> dict[str, Any]:
        """The findings as JSON-ready data; small counts as text, ``"<5"``."""
        return {
            "rows": self.rows,
            "persons": self._shown(self.persons),
            "repeated_rows": self._shown(self.repeated_rows),
            "rejected": self._nested(self.rejected),
            "filled_per_cent": dict(self.filled),
            "codes": self._nested(self.codes),
            "unusable": self._nested(self.unusable),
            "linkable_persons": self._flat(self.linkable),
            "persons_by_uniqueness": self._flat(self.uniqueness),
            "near_per_cent": dict(self.near),
            "fixes": [{"fix": fix, "rows": self._shown(count)} for fix, count in self.fixes],
        }

    def lines(self) -> tuple[str, ...]:
        """The findings as lines of text for a terminal."""
        shown = self.as_dict()
        lines = [f"rows: {shown['rows']}, persons: {shown['persons']}, further rows of a person: {shown['repeated_rows']}"]
        lines += [f"  {column}: {per_cent} % filled" for column, per_cent in self.filled.items()]
        for title, key in (("rejected rows", "rejected"), ("personal identity codes", "codes"), ("of no use to linkage", "unusable")):
            lines += [f"{title}, {column}: {_listed(counts)}" for column, counts in shown[key].items()]
        for title, key in (
            ("persons linked by", "linkable_persons"),
            ("persons who share all values that leave", "persons_by_uniqueness"),
            ("per cent whose match tokens meet another person's", "near_per_cent"),
        ):
            if shown[key]:
                lines.append(f"{title}: {_listed(shown[key])}")
        lines += [f"fix: {each['fix']} ({each['rows']} rows)" for each in shown["fixes"]]
        return tuple(lines)

    def _shown(self, count: int) -> int | str:
        return count if count == 0 or count >= self.floor else f"<{self.floor}"

    def _flat(self, counts: Mapping[str, int]) -> dict[str, int | str]:
        return {name: self._shown(count) for name, count in counts.items()}

    def _nested(self, counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int | str]]:
        return {column: self._flat(inner) for column, inner in counts.items()}


def findings(raw: RawBatch, agreement: Agreement, local: Local) -> Findings:
    """The quality of *raw* for *agreement*.  Raises the policy refusals of :func:`~privacy.pseudonymise.pipeline.admit`."""
    admitted = admit(raw, agreement, local)
    codes, useless = examine.codes(raw, admitted), examine.useless(raw, admitted)
    found: dict[str, Any] = {"persons": 0, "repeated_rows": 0, "linkable": {}, "uniqueness": {}, "near": {}}
    if len(admitted.rows):
        artificial = agreement.linkage.artificial_hetu == "link"
        people = persons(raw.register, admitted.columns, admitted.codes, artificial=artificial, day=agreement.linkage.family_as_of)
        found = {
            "persons": people.count,
            "repeated_rows": len(admitted.rows) - people.count,
            "linkable": examine.linkable(raw, people),
            "uniqueness": examine.uniqueness(raw, admitted, people),
            "near": examine.near(people, agreement.linkage.token_profile) if raw.register.match_tokens else {},
        }
    return Findings(
        floor=min(release.minimum_persons for release in agreement.release),
        rows=len(raw.rows),
        rejected=examine.rejected(admitted),
        filled=examine.filled(raw),
        codes=codes,
        unusable=useless,
        fixes=_fixes(raw, codes, useless),
        **found,
    )


def _fixes(raw: RawBatch, codes: Mapping[str, Mapping[str, int]], useless: Mapping[str, Mapping[str, int]]) -> tuple[tuple[str, int], ...]:
    """What to mend and how many rows gain, most first; relations are left out, because they link nobody."""
    own = raw.register.by_meaning("hetu")
    gains: Counter[str] = Counter()
    for counts in (codes.get(own.name, {}) if own else {}, *useless.values()):
        for reason, rows in counts.items():
            if reason in FIXES:
                gains[FIXES[reason]] += rows
    return tuple(gains.most_common())


def _listed(counts: Mapping[str, int | str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
