"""What one audience knows, will know, and may not learn.

Readers inside also read what is published: the internal audience's store holds the public tables too, and a public
table is checked against both stores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from privacy.protect.forms import Form, nested_pairs
from privacy.protect.primary import may_hide_zero, primary, threshold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from privacy.protect.knowledge import Flags, Knowledge, Mask
    from privacy.protect.primary import Primary
    from privacy.tabulate.cells import Integers
    from schemas.agreement import Audience, ReleaseClass
    from schemas.request import Request, Table


UNSEEN = 2**31
"""More families than any minimum: a cell that this audience never sees makes none of its sums small."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table in the store: the request it came from, its distinct families by cell, and what was printed of it.

    ``shown`` is None for a new table; for one told earlier it says of each cell whether its value was printed.
    """

    table: Table
    request: Request
    families: Integers
    shown: Flags | None = None

    @property
    def audience(self) -> Audience:
        """Whom the table is for."""
        return self.request.audience


@dataclass(frozen=True)
class View:
    """One audience's store, as flags over the distinct cells.

    Attributes:
        audience: who.
        visible: cells of tables that this audience sees.
        told: cells whose value it was told earlier.
        positive: cells that, when hidden, are known to hold somebody: a table prints them that hides no zero there.
        zero: empty cells of such a table: hiding one would call it something, so it is shown unless it was hidden before.
        families: distinct families of each cell, shape (cells,); ``UNSEEN`` for a cell of no table of this audience's.
        forms: primary cells and the rest of homogeneous groups.
        minimum: units and families under which an implied sum is small.
        pairs: nested cells that differ by a small count, shape (pairs, 2).
    """

    audience: Audience
    visible: Flags
    told: Flags
    positive: Flags
    zero: Flags
    families: Integers
    forms: tuple[Form, ...]
    minimum: tuple[int, int]
    pairs: Integers

    def known(self, shown: Flags) -> Flags:
        """Cells this audience knows once the cells *shown* of the new tables are out."""
        known: Flags = self.told | shown
        return known


def printed(knowledge: Knowledge, sources: Sequence[Source], *, shown: bool, audiences: Sequence[Audience]) -> Flags:
    """Distinct cells that some table told earlier to *audiences* prints (*shown*) or hides (not *shown*)."""
    flags = np.zeros(len(knowledge.masks), dtype=np.bool_)
    for number, source in zip(knowledge.number, sources, strict=True):
        if source.shown is not None and source.audience in audiences:
            flags[number[(number >= 0) & (source.shown == shown)]] = True
    return flags


def new_cells(knowledge: Knowledge, sources: Sequence[Source]) -> Flags:
    """Distinct cells of the new tables."""
    flags = np.zeros(len(knowledge.masks), dtype=np.bool_)
    for number, source in zip(knowledge.number, sources, strict=True):
        if source.shown is None:
            flags[number[number >= 0]] = True
    return flags


def readers(audience: Audience) -> tuple[Audience, ...]:
    """Whose tables *audience* reads."""
    return ("internal", "public") if audience == "internal" else ("public",)


def view(knowledge: Knowledge, sources: Sequence[Source], audience: Audience, classes: Mapping[Audience, ReleaseClass]) -> View:
    """The store of *audience*; *classes* holds the rules of each audience whose tables are there."""
    rules = classes[audience]
    visible, denied = np.zeros((2, len(knowledge.masks)), dtype=np.bool_)
    families = np.zeros(len(knowledge.masks), dtype=np.int64)
    told = printed(knowledge, sources, shown=True, audiences=readers(audience))
    forms: dict[Mask, Form] = {}
    for place, source in enumerate(sources):
        if source.shown is not None and source.audience not in readers(audience):
            continue
        number, space = knowledge.number[place], knowledge.spaces[place]
        used = number >= 0
        visible[number[used]] = True
        # a pattern of services that its table keeps to itself is not there whether it is empty or not
        denied[number[used & space.printed & ~may_hide_zero(source.table, space, classes[source.audience])]] = True
        families[number[used]] = np.maximum(families[number[used]], source.families[used])
        for form in _forms(knowledge, place, found=primary_of(knowledge, place, source, rules), high=threshold(source.table, rules)):
            before = forms.get(form.mask)
            forms[form.mask] = form if before is None else Form(form.mask, min(form.low, before.low), form.high, form.lone or before.lone)
    families[~visible] = UNSEEN
    minimum = (threshold(sources[0].table, rules), rules.minimum_families)
    positive = denied & (knowledge.counts > 0)
    open_forms = tuple(_banded(knowledge, forms, told, positive))
    return View(audience, visible, told, positive, denied & ~positive, families, open_forms, minimum, nested_pairs(knowledge, minimum[0]))


def primary_of(knowledge: Knowledge, place: int, source: Source, rules: ReleaseClass) -> Primary:
    """The primary cells of one table under *rules*."""
    space = knowledge.spaces[place]
    return primary(source.table, space, knowledge.table_counts(place)[space.inner], source.families, rules)


def _forms(knowledge: Knowledge, place: int, *, found: Primary, high: int) -> list[Form]:
    """The forms of one table.  The rest of a homogeneous group is harmless when large, so only the upper end is asked of it."""
    number, space = knowledge.number[place], knowledge.spaces[place]
    forms = [
        Form(knowledge.masks[number[cell]], 0 if found.small[cell] else high, high, bool(found.lone[cell]))
        for cell in np.flatnonzero(found.hidden)
        if number[cell] >= 0
    ]
    inner = number[space.inner]
    for group in found.groups:
        mask = 0
        for cell in group:
            mask |= knowledge.masks[inner[cell]] if inner[cell] >= 0 else 0
        forms.append(Form(mask, high, high))
    return forms


def _banded(knowledge: Knowledge, forms: Mapping[Mask, Form], told: Flags, positive: Flags) -> list[Form]:
    """Forms with the lower end of their band; cells that were told are beyond protection."""
    cells = {mask: cell for cell, mask in enumerate(knowledge.masks)}
    banded = []
    for mask, form in forms.items():
        cell = cells.get(mask)
        if cell is None or not told[cell]:
            least = 1 if cell is not None and positive[cell] else 0
            banded.append(Form(mask, max(form.low, least), form.high, form.lone))
    return banded
