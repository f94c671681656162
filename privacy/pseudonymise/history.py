"""Personal identity codes that were changed: old to current, as the population register tells (HENKILOTUNNUS_KORJAUS).

A code is changed for safety, after misuse, with a confirmed legal sex, or because it was wrong: who has a history is
sensitive in itself.  It is used before anything is hashed; no count of it is kept and nothing of it is logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from privacy.pseudonymise.hetu import Hetu, parse


@dataclass(frozen=True, slots=True, repr=False)
class History:
    """Changed codes.

    ``successor``: each old code and the code in force that it became, over any number of changes.  ``predecessor``: each
    code in force and the code right before it.
    """

    successor: Mapping[str, str]
    predecessor: Mapping[str, str]

    def current(self, code: str) -> str:
        """The code in force that *code* became; itself if it was never changed."""
        return self.successor.get(code, code)

    def previous(self, code: str) -> str:
        """The code before the one in force that *code* became; empty if there was none."""
        return self.predecessor.get(self.current(code), "")


def read_history(pairs: Mapping[str, str], *, today: date) -> History:
    """*pairs* of old and later codes, as written and in any order, as a :class:`History`.

    Pairs with a text that is no code are left out, and so is every change that leads into a circle: which of its codes
    is in force, nobody can tell.
    """
    parsed = ((parse(old, today=today), parse(new, today=today)) for old, new in pairs.items())
    change = {old.code: new.code for old, new in parsed if isinstance(old, Hetu) and isinstance(new, Hetu) and old.code != new.code}
    successor = in_force(change)
    last = {new: old for old, new in sorted(change.items(), reverse=True) if successor.get(old) == new}
    return History(successor, last)


def in_force(change: Mapping[str, str]) -> dict[str, str]:
    """Each old code of *change* and the code in force after all changes; those that come to a circle are left out."""
    ends: dict[str, str] = {}
    for code in change:
        path: dict[str, None] = {}
        while code in change and code not in ends and code not in path:
            path[code] = None
            code = change[code]
        end = "" if code in path else ends.get(code, code)
        ends.update(dict.fromkeys(path, end))
    return {old: end for old, end in ends.items() if end}
