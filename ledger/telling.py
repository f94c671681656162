"""What one proposal tells, held to the ledger and the agreement, by whoever has its relations and no data.

The same question for the officer before anything is told and for everyone who verifies afterwards: was the noise of
each table paid for, and does no exact table show a count that the agreement hides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from schemas.release import Relations

if TYPE_CHECKING:
    from ledger.state import Proposal, State, Version
    from schemas.agreement import Audience, ReleaseClass
    from schemas.request import Table

FAMILIES_LEAST = 2
"""A count of one family is never told, even where the agreement's minimum is one (as in ``privacy.protect.primary``)."""


def unfit(state: State, proposal: Proposal, told: Sequence[Relations]) -> str:
    """Why *told*, everything that *proposal* tells, may not be told; empty if it may.  Never says a value."""
    spends = [spend for spend in state.spends if spend.proposal_id == proposal.entry.proposal_id]
    noisy = [relations.plan for relations in told if relations.kind == "DP"]
    if len(set(noisy)) != len(noisy):
        return "two tables with noise share one plan, and so one spend"
    versions = [version for version in state.versions if proposal.published is None or version.index < proposal.published]
    for relations in told:
        table = next((table for table in relations.request.table if table.id == relations.table_id), None)
        if table is None or table.kind != relations.kind or relations.audience != proposal.audience:
            return "a table is not of the kind, or for the audience, that was asked and proposed"
        classes = _classes(versions, relations)
        if not classes:
            return f"the agreement gives the audience no {relations.kind} tables"
        paid = [Fraction(spend.epsilon) for spend in spends if (spend.plan, spend.audience) == (relations.plan, relations.audience)]
        if table.kind == "DP" and (len(paid) != 1 or paid[0] < Fraction(table.epsilon or 0)):
            return f"the noise of table {table.id} is not paid for: its proposal needs one spend of at least its epsilon"
        if table.kind == "EXACT" and _shows_less(relations, _floor(table, classes)):
            return f"table {table.id} shows a count under the agreement's minimum"
    return ""


def _classes(versions: Iterable[Version], relations: Relations) -> list[ReleaseClass]:
    """The release classes under which the readers of *relations* may have been told such a table.

    Readers inside read what is public too, and what was told once, under an earlier version of the agreement, may be
    repeated: so a count may stand that any of these lets stand.  Versions need every party's consent.
    """
    audiences: tuple[Audience, ...] = ("internal", "public") if relations.audience == "internal" else ("public",)
    offered = [each for version in versions for each in version.agreement.release if relations.kind in each.kinds]
    granted = any(each.audience == relations.audience for each in offered)
    return [each for each in offered if each.audience in audiences] if granted else []


def _floor(table: Table, classes: Sequence[ReleaseClass]) -> int:
    """The least count of the table's own unit, above zero, that may be shown."""
    if table.unit == "person":
        return min(each.minimum_persons for each in classes)
    return max(min(each.minimum_families for each in classes), FAMILIES_LEAST)


def _shows_less(relations: Relations, floor: int) -> bool:
    return any(cell.value is not None and cell.value != 0 and cell.value < floor for cell in relations.cells)
