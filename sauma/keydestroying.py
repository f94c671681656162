"""Destroying keys and saying so: a party's own key, or the contributions to the linkage key that a steward holds.

The statement is signed first, for without the key nobody can sign it; then the files are overwritten and removed.  After
*every* steward has destroyed its contributions, or its key, nobody can make the linkage key again, and so no new token:
each contribution opens with a steward's key only.  One steward that keeps both can still make it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from sauma import destroying, saying
from sauma.agreements import require_role
from sauma.contributions import contribution_path
from sauma.files import shown
from sauma.keys import PartyKey
from schemas.agreement import Agreement
from schemas.errors import KeyProblem

Places = tuple[Path | None, Path]
"""The ledger (or None), and the folder of statements."""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The statement's file, and what to tell who ran the command."""

    statement: Path
    said: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The statement's path as a person should see it."""
        return shown(self.statement)


def finished(mine: Path) -> bool:
    """Whether an earlier run was stopped after its statement, and is finished now."""
    if not destroying.half_destroyed(mine):
        return False
    destroying.destroy(mine)
    return True


def key(mine: Path, agreement: Agreement, me: PartyKey, places: Places, now: datetime.datetime) -> Destroyed:
    """State that my key in the file *mine* is destroyed, and destroy it."""
    path = saying.destroyed(me, agreement, *places, now)
    destroying.destroy(mine)
    said = (
        f"destroyed the key of {me.party}; copies and backups elsewhere are yours to destroy",
        f"wrote {shown(path)}; send it to the analyst",
    )
    return Destroyed(path, said)


def contributions(folder: Path, agreement: Agreement, me: PartyKey, places: Places, now: datetime.datetime) -> Destroyed:
    """State that every contribution in *folder* is destroyed, and destroy them; ``PolicyRefusal`` S4004 unless a steward.

    ``KeyProblem`` S6007 if there is none.  A crash in between leaves contributions that the next run destroys.
    """
    require_role(agreement, me.party, "steward")
    stewards = sorted(party.id for party in agreement.with_role("steward"))
    held = [party for party in stewards if _there(contribution_path(folder, party))]
    if not held:
        raise KeyProblem("S6007", place=shown(folder), reason="there are no contributions here", hint="see 'contributions' in sauma.toml")
    path = saying.destroyed(me, agreement, *places, now, contributions=True)
    for party in held:
        destroying.destroy(contribution_path(folder, party))
    still = "the linkage key can still be made by each steward who keeps them; only when all have destroyed theirs is it gone"
    said = (f"destroyed the contributions of {', '.join(held)}", still, f"wrote {shown(path)}; send it to the analyst")
    return Destroyed(path, said)


def _there(path: Path) -> bool:
    return path.exists() or destroying.half_destroyed(path)
