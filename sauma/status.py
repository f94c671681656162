"""Where a party stands: what is done, what is missing, what waits for others, and the one next command."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sauma.files import shown
from sauma.project import Project

if TYPE_CHECKING:
    from ledger.state import Proposal, State
    from schemas.agreement import Agreement


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the flow as it stands; ``command`` does it where it is missing, ``done`` and ``waiting`` have none."""

    what: str
    state: Literal["done", "missing", "waiting"]
    command: str = ""

    def as_dict(self) -> dict[str, str]:
        """The step as JSON-ready data."""
        return asdict(self)


def standing(project: Project, *, today: datetime.date) -> list[Step]:
    """Every step of *project*'s party in the order of the flow; stops where later steps cannot be known yet.

    Reads the agreement, the ledger and file names, never data.  Raises what reading them raises: a ledger that does
    not verify is an integrity failure here too.
    """
    if project.settings is None:
        return [_missing("project file", "sauma init PARTY --role ROLE")]
    steps = [_have("key", project.path("key").exists(), f"sauma keys create {project.party}")]
    path = project.path("agreement")
    if not path.exists():
        return [*steps, _missing("agreement", f"sauma agreement draft --out {shown(path)}")]
    return steps + list(_under_agreement(project, path, today))


def next_command(steps: list[Step]) -> str:
    """The one next command; empty where the party can only wait, or has done everything."""
    return next((step.command for step in steps if step.state == "missing" and step.command), "")


def _under_agreement(project: Project, path: Path, today: datetime.date) -> Iterator[Step]:
    from sauma.agreements import load_agreement, signed_by

    agreement = load_agreement(path, today=today, need_signatures=False)
    signed = signed_by(path, agreement)
    yield _have("your signature on the agreement", project.party in signed, "sauma agreement sign")
    others = [party.id for party in agreement.party if party.id not in signed and party.id != project.party]
    if others:
        yield _waiting(f"signatures of {', '.join(others)}")
    if others or project.party not in signed:
        return
    yield Step("agreement in force", "done")
    roles = agreement.party_of(project.party).roles
    if "steward" in roles:
        yield from _steward(project, agreement)
    if "analyst" in roles:
        yield _have("ledger", _ledger(project) is not None, f"sauma ledger add {shown(path)}")
    if "linker" in roles:
        yield from _linker(project, agreement)
    if "analyst" in roles:
        yield from _analyst(project)
    if "officer" in roles:
        yield from _officer(project)


def _steward(project: Project, agreement: Agreement) -> Iterator[Step]:
    folder = project.path("contributions")
    absent = [party.id for party in agreement.with_role("steward") if not (folder / f"{party.id}.contribution.json").exists()]
    yield _have("your contribution to the linkage key", project.party not in absent, "sauma keys contribute")
    others = [party for party in absent if party != project.party]
    if others:
        yield _waiting(f"contributions of {', '.join(others)}")
    for register in agreement.register:
        if register.controller == project.party:
            package = project.path("packages") / f"{register.id}.sauma"
            yield _have(f"package of {register.id}", package.exists(), f"sauma pseudonymise {register.id}")


def _linker(project: Project, agreement: Agreement) -> Iterator[Step]:
    absent = [register.id for register in agreement.register if not (project.path("packages") / f"{register.id}.sauma").exists()]
    if absent:
        yield _waiting(f"packages of {', '.join(absent)}")
    linked = project.path("linked")
    held = any(linked.rglob("links.parquet")) if linked.is_dir() else False
    yield _have("linked set", held, "" if absent else "sauma link")


def _analyst(project: Project) -> Iterator[Step]:
    state = _ledger(project)
    if state is None:
        return
    if not state.proposals:
        yield _missing("proposal", "sauma propose LINKED --request REQUEST")
    for name, proposal in state.proposals.items():
        yield _proposed(project, name, proposal, state)
    if state.publications:
        yield Step("something to report: sauma report", "done")


def _proposed(project: Project, name: str, proposal: Proposal, state: State) -> Step:
    what = f"proposal {name[:8]}"
    if proposal.published is not None:
        return Step(f"{what} published", "done")
    if proposal.rejected:
        return Step(f"{what} rejected", "done")
    reason = state.missing(name, proposal.release)
    return (
        _waiting(f"{what}: {reason}")
        if reason
        else _missing(f"{what} approved", f"sauma publish {shown(project.path('proposals') / name)}")
    )


def _officer(project: Project) -> Iterator[Step]:
    state = _ledger(project)
    if state is None:
        yield _waiting("a copy of the ledger")
        return
    for name, proposal in state.proposals.items():
        yield _decided(project, name, proposal, state)


def _decided(project: Project, name: str, proposal: Proposal, state: State) -> Step:
    what, mine = f"proposal {name[:8]}", proposal.decisions.get(project.party)
    if proposal.published is not None or proposal.rejected:
        return Step(f"{what} {'published' if proposal.published is not None else 'rejected'}", "done")
    if mine is None and (project.path("statements") / f"decision-{name[:8]}.json").exists():
        return _waiting(f"{what}: the analyst adds your decision to the ledger")
    if mine is None:
        return _missing(f"{what} decided", f"sauma review {shown(project.path('proposals') / name)}")
    if project.party not in state.cosigned_after(mine.index):
        if _cosigned(project, mine.index):
            return _waiting(f"{what}: the analyst adds your signed checkpoint to the ledger")
        return _missing(f"{what}: your signature on the checkpoint", "sauma ledger checkpoint")
    return Step(f"{what} decided and witnessed", "done")


def _cosigned(project: Project, index: int) -> bool:
    """Whether a checkpoint that I cosigned for the analyst covers entry *index*."""
    found = (re.fullmatch(rf"{project.party}-(\d+)\.checkpoint", path.name) for path in project.path("statements").glob("*.checkpoint"))
    return any(int(match[1]) > index for match in found if match)


def _ledger(project: Project) -> State | None:
    """What the project's ledger says, verified; None where there is none yet."""
    from ledger import store

    folder = project.optional("ledger")
    return store.open(folder).state if folder is not None and store.begun(folder) else None


def _have(what: str, there: object, command: str) -> Step:
    return Step(what, "done") if there else _missing(what, command)


def _missing(what: str, command: str) -> Step:
    return Step(what, "missing", command)


def _waiting(what: str) -> Step:
    return Step(what, "waiting")
