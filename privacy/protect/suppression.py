"""Secondary suppression to a fixed point, over every audience that will read the new tables.

Each round lists what is protected given what is shown, attacks it, and hides more where the attacker wins: first by the
cheapest change of figures that opens a band (A1), then by elimination (A0 and singletons).  Hiding a cell changes which
small sums are implied, so rounds go on until an audit from scratch finds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from privacy.protect.attacker import attack, least_by_rules
from privacy.protect.forms import Equation, Form, equations, floors, small_sums
from privacy.protect.implied import Search
from privacy.protect.repair import Repairer
from privacy.protect.secondary import eliminate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from privacy.protect.knowledge import Flags, Knowledge, Mask
    from privacy.protect.repair import Prices
    from privacy.protect.views import View

ROUNDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Audit:
    """One audience against one pattern: the forms, and whether the attackers A0 and A1 fail against each.

    ``searched`` says whether the search for implied small sums came to its end, so that no form is missing.
    """

    forms: tuple[Form, ...]
    linear: tuple[bool, ...]
    bounds: tuple[bool, ...]
    searched: bool = True

    @property
    def safe(self) -> bool:
        """Whether every form is listed and both fail against each."""
        return self.searched and all(self.linear) and all(self.bounds)


@dataclass(frozen=True)
class Facts:
    """What one audience can write down of one pattern."""

    known: Flags
    equations: tuple[Equation, ...]
    positive: tuple[Mask, ...]
    forms: tuple[Form, ...]


def searcher(knowledge: Knowledge, view: View, *, whole: bool) -> Search:
    """A fresh search for the small sums that the readers of *view* can write down."""
    told = frozenset(knowledge.masks[cell] for cell in np.flatnonzero(view.told))
    return Search(knowledge, view.minimum[0], told, whole)


def facts(knowledge: Knowledge, view: View, shown: Flags, search: Search) -> Facts | None:
    """What the readers of *view* can write down once the new cells *shown* are out, and what is protected then.

    None if the small sums could not all be searched for.  *search* may have been used before only with more cells shown.
    """
    known = view.known(shown)
    written = equations(knowledge, known)
    positive = tuple(floors(knowledge, view.visible & ~known, view.positive, known))
    forms = {form.mask: form for form in view.forms}
    units, _ = view.minimum
    implied = search.find(written)
    if implied is None:
        return None
    for mask in (*small_sums(knowledge, known, view.families, view.pairs, view.minimum), *implied):
        if mask not in search.beyond:
            forms.setdefault(mask, Form(mask, 1, units))
    lows = tuple(Form(form.mask, least_by_rules(knowledge, positive, form), form.high, form.lone) for form in forms.values())
    return Facts(known, written, positive, tuple(Form(f.mask, f.low, max(f.low, f.high), f.lone) for f in lows))


def audit(knowledge: Knowledge, view: View, shown: Flags, cost: Prices) -> Audit:
    """Both attackers against one pattern, from scratch."""
    have = facts(knowledge, view, shown, searcher(knowledge, view, whole=True))
    if have is None:
        return Audit((), (), (), searched=False)
    nothing = np.zeros(len(knowledge.masks), dtype=np.bool_)
    told = set(eliminate(knowledge, have.known, nothing, have.forms, have.equations, cost).told)
    reach = attack(knowledge, have.equations, have.positive, have.forms)
    return Audit(have.forms, tuple(place not in told for place in range(len(have.forms))), tuple(reach.covers(have.forms)))


def suppress(knowledge: Knowledge, views: Sequence[View], fresh: Flags, hidden: Flags, cost: Prices) -> Flags | None:
    """The cells of the new tables to show, shape (cells,), audited from scratch for every reader.

    None if what was told earlier leaves no safe pattern.

    Args:
        knowledge: the cells.
        views: every audience that will read the new tables.
        fresh: cells of the new tables.
        hidden: those that may not be shown whatever else is.
        cost: price of hiding each cell.
    """
    shown = fresh & ~hidden
    firm = np.any([view.zero for view in views], axis=0)
    searches = [searcher(knowledge, view, whole=False) for view in views]
    for _ in range(ROUNDS_MAX):
        for view, search in zip(views, searches, strict=True):
            if not _open_bands(knowledge, view, shown, firm, cost, search):
                return None
            if not _break_spans(knowledge, view, shown, firm, cost, search):
                return None
        if all(audit(knowledge, view, shown, cost).safe for view in views):
            return shown
    return None


def _open_bands(knowledge: Knowledge, view: View, shown: Flags, firm: Flags, cost: Prices, search: Search) -> bool:
    """Hide cells until the attacker A1 fails against every form that is listed now; False if nothing helps."""
    have = facts(knowledge, view, shown, search)
    repairer: Repairer | None = None
    extra = 0
    while have is not None:
        reach = attack(knowledge, have.equations, have.positive, have.forms)
        failing = [place for place, covered in enumerate(reach.covers(have.forms)) if not covered]
        if not failing:
            return True
        repairer = repairer or Repairer(knowledge, have.known, shown & ~view.told & ~firm, have.positive, cost)
        hidden = 0
        for place in failing:
            form = have.forms[place]
            high, low = bool(reach.least[place] > form.low), bool(reach.greatest[place] < form.high)
            cells = _give_way(repairer, form, extra, too_high=high, too_low=low)
            if cells is None:
                return False
            shown[cells] = False
            hidden += len(cells)
        if not hidden and extra > max(form.high for form in have.forms):
            return False
        extra += 0 if hidden else 1
        have = facts(knowledge, view, shown, search)
        repairer = repairer if hidden else None
    return False


def _give_way(repairer: Repairer, form: Form, extra: int, *, too_high: bool, too_low: bool) -> list[int] | None:
    """Cells to hide so that *form* reaches the ends of its band; None if it cannot.

    Hiding a cell may itself say that somebody is in it, so the lower end may lie higher afterwards: the lowest that can
    be reached is taken.
    """
    cells: list[int] = []
    if too_low:
        found = repairer.widen(form, form.high + extra, greatest=True)
        if found is None:
            return None
        cells += found
    if too_high:
        reachable = (repairer.widen(form, bound, greatest=False) for bound in range(form.low, form.high + 1))
        found = next((each for each in reachable if each is not None), None)
        if found is None:
            return None
        cells += found
    return cells


def _break_spans(knowledge: Knowledge, view: View, shown: Flags, firm: Flags, cost: Prices, search: Search) -> bool:
    """Hide cells until the attacker A0 fails against every form; False if cells told earlier give one away."""
    have = facts(knowledge, view, shown, search)
    if have is None:
        return False
    found = eliminate(knowledge, have.known, shown & ~view.told & ~firm, have.forms, have.equations, cost)
    shown[list(found.hide)] = False
    return not found.told
