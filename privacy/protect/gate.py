"""The gate: choose, protect, attack, wrap or refuse.  The only place that makes a ``ProtectedTable``.

EXACT tables are protected together, over everything that their readers were told before; a refusal is a value that
names tables and never cells.  DP tables come noised and blanked, and are only wrapped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from privacy.protect.knowledge import gather
from privacy.protect.repair import prices
from privacy.protect.suppression import suppress
from privacy.protect.views import Source, new_cells, primary_of, printed, readers, view
from privacy.protect.zeros import with_possible_zeros
from privacy.tabulate.cells import cell_space
from schemas.batches import ProtectedTable
from schemas.errors import IntegrityError
from schemas.release import AttackResult, RelationCell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from privacy.protect.knowledge import Flags, Knowledge
    from privacy.protect.views import View
    from privacy.tabulate.cells import Integers
    from privacy.tabulate.counts import Atoms
    from schemas.agreement import Audience, ReleaseClass
    from schemas.batches import CountTable, NoisedTable
    from schemas.release import Relations
    from schemas.request import Request

A0 = "Gaussian elimination modulo 2^31-1 over all cells told to this audience, singletons included"
A1 = "HiGHS linear and integer programmes over the same, with the rules known; every interval has whole-number witnesses"


@dataclass(frozen=True, slots=True)
class Refusal:
    """No safe pattern: why, and the tables that cannot be told together, by id; never a cell."""

    reason: str
    tables: tuple[str, ...]


def protect_exact(
    new: Sequence[CountTable],
    published: Sequence[Relations],
    atoms: Atoms,
    families: Sequence[Integers],
    classes: Mapping[Audience, ReleaseClass],
    key: bytes,
    *,
    request: Request,
) -> tuple[ProtectedTable, ...] | Refusal:
    """Protect EXACT tables of one unit together with everything told earlier.

    Args:
        new: counts of the new tables.
        published: relations of EXACT tables of the same vintage and unit told earlier, to either audience.
        atoms: joint refinement of the new tables, then the published ones, in that order of columns.
        families: distinct privacy units in every cell of each published table, shape (cells,) each.
        classes: the release classes of the agreement, by audience.
        key: a secret of the analyst's, for the order in which cells are given up.
        request: the request of the new tables: whom they are for, whom they count.

    Raises:
        IntegrityError: S5150 if a published figure is not what the linked set counts.
    """
    audience = request.audience
    sources = _sources(new, published, families, request)
    tables = [source.table for source in sources]
    patterns, units = with_possible_zeros(sources, atoms.cells, atoms.units, classes)
    knowledge = gather(tables, patterns, units)
    _check_store(knowledge, sources, published, len(new))
    views = [view(knowledge, sources, reader, classes) for reader in _readers(sources, audience, classes)]
    fresh, hidden = new_cells(knowledge, sources), _hidden(knowledge, sources, audience, classes)
    cost = prices(knowledge, [table.id for table in tables], key)
    if _unprotected_zero(knowledge, sources, views, classes):
        return Refusal("a zero must be hidden that these tables together cannot hide", tuple(table.id for table in tables[: len(new)]))
    shown = suppress(knowledge, views, fresh, hidden, cost)
    if shown is None:
        return Refusal("no safe way to show these tables beside what was told earlier", _conflict(sources))
    attacks = (AttackResult(rung="A0", safe=True, method=A0), AttackResult(rung="A1", safe=True, method=A1))
    shown |= views[0].told
    return tuple(_wrap(knowledge, place, table, shown, views[0].minimum[0], attacks) for place, table in enumerate(new))


def wrap_noised(noised: NoisedTable) -> ProtectedTable:
    """A differentially private table through the gate: what it shows is a function of noisy figures alone."""
    return ProtectedTable(noised.table, noised.cells, (), noised.interval)


def _sources(new: Sequence[CountTable], published: Sequence[Relations], families: Sequence[Integers], request: Request) -> list[Source]:
    """The new tables, then the published ones."""
    sources = [Source(count.table, request, count.families) for count in new]
    for told, units in zip(published, families, strict=True):
        table = next(table for table in told.request.table if table.id == told.table_id)
        shown = {cell.key for cell in told.cells if cell.value is not None}
        sources.append(Source(table, told.request, units, np.array([key in shown for key in cell_space(table).keys], dtype=np.bool_)))
    return sources


def _readers(sources: Sequence[Source], audience: Audience, classes: Mapping[Audience, ReleaseClass]) -> list[Audience]:
    """Who will read the new tables: readers inside read what is public too, once they were told something themselves."""
    inside = any(source.audience == "internal" for source in sources) and "internal" in classes
    return [audience, "internal"] if audience == "public" and inside else [audience]


def _hidden(knowledge: Knowledge, sources: Sequence[Source], audience: Audience, classes: Mapping[Audience, ReleaseClass]) -> Flags:
    """Cells that may not be shown: primary in a new table, printed by none, or hidden from this very audience before; told ones apart."""
    hidden = printed(knowledge, sources, shown=False, audiences=(audience,))
    unprinted = new_cells(knowledge, sources)
    for place, source in enumerate(sources):
        if source.shown is None:
            number, found = knowledge.number[place], primary_of(knowledge, place, source, classes[audience])
            hidden[number[found.hidden & (number >= 0)]] = True
            unprinted[number[knowledge.spaces[place].printed & (number >= 0)]] = False
    hidden |= unprinted
    return hidden & ~printed(knowledge, sources, shown=True, audiences=readers(audience))


def _unprotected_zero(
    knowledge: Knowledge, sources: Sequence[Source], views: Sequence[View], classes: Mapping[Audience, ReleaseClass]
) -> bool:
    """Whether a zero is hidden, now or earlier, that no possible pattern could fill: it could be told to be zero."""
    for place, source in enumerate(sources):
        seen = any(source.audience in readers(each.audience) for each in views)
        hidden = primary_of(knowledge, place, source, classes[source.audience]).hidden
        if source.shown is not None:
            hidden = ~source.shown & (knowledge.spaces[place].printed | hidden)
        if seen and (hidden & (knowledge.number[place] < 0)).any():
            return True
    return any(not form.mask for each in views for form in each.forms)


def _check_store(knowledge: Knowledge, sources: Sequence[Source], published: Sequence[Relations], first: int) -> None:
    """An inconsistent store is an integrity failure, never evidence of safety."""
    for place, told in enumerate(published, start=first):
        space = knowledge.spaces[place]
        counted = {key: count for key, count, kept in zip(space.keys, knowledge.table_counts(place), space.printed, strict=True) if kept}
        same = [cell.key for cell in told.cells] == list(counted) and all(
            cell.value is None or cell.value == counted[cell.key] for cell in told.cells
        )
        if not same:
            raise IntegrityError(
                "S5150",
                place=f"relations of table {sources[place].table.id}",
                reason="a figure told earlier is not what this linked set counts",
                hint="the linked set or the ledger was changed: verify both",
            )


def _conflict(sources: Sequence[Source]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source.table.id for source in sources))


def _wrap(
    knowledge: Knowledge, place: int, count: CountTable, shown: Flags, high: int, attacks: tuple[AttackResult, ...]
) -> ProtectedTable:
    filled = knowledge.number[place] >= 0
    seen = np.ones(len(filled), dtype=np.bool_)
    seen[filled] = shown[knowledge.number[place][filled]]
    values = knowledge.table_counts(place)
    assert (values == count.units).all()
    space = knowledge.spaces[place]
    rows = zip(space.keys, values, seen, space.printed, strict=True)
    cells = tuple(RelationCell(key=key, value=int(value) if visible else None) for key, value, visible, printed in rows if printed)
    interval = f"from all that is shown, every protected count may be anything from the least its rules allow to at least {high}"
    return ProtectedTable(count.table, cells, attacks, interval)
