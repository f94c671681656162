"""From a linked set and what was asked to protected tables, and from those to a proposal on disk and in the ledger.

The order is the safety: count, then write the spend into the ledger, then draw noise, then write the directory, then
the proposal entry.  A crash after the spend wastes budget and never refunds it; a crash after the directory is
finished by the next run, which finds the proposal paid for and whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ledger import store
from privacy.protect import budget, dp, gate
from privacy.tabulate import relations
from privacy.tabulate.counts import Atoms, Bounded, atoms, bounded, classify, counts
from privacy.tabulate.plans import plan
from sauma import certificate, proposals
from sauma.version import SOFTWARE
from schemas.errors import InputError, PolicyRefusal
from schemas.ledger import ProposalEntry, SpendEntry
from schemas.release import Release, ReleasedTable

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ledger.store import Ledger
    from privacy.protect.noise import Draw
    from privacy.tabulate.cells import Integers
    from sauma.asking import Asked
    from sauma.keys import PartyKey
    from sauma.linkedset import OpenLinked
    from sauma.proposals import OpenProposal
    from schemas.agreement import Audience
    from schemas.batches import CountTable, ProtectedTable
    from schemas.release import Relations
    from schemas.step import Engine


@dataclass(frozen=True, slots=True)
class Writer:
    """Who proposes, where, when, and where randomness comes from."""

    me: PartyKey
    ledger: Path
    proposals: Path
    now: datetime.datetime
    entropy: Callable[[int], bytes]


@dataclass(frozen=True, slots=True, repr=False)
class ExactCounts:
    """What the gate needs of the EXACT tables of one unit.

    ``families``: distinct privacy units in every cell of each table told earlier; the columns of ``atoms.cells`` are
    the new tables, then those.
    """

    new: tuple[CountTable, ...]
    told: tuple[Relations, ...]
    atoms: Atoms
    families: tuple[Integers, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Counted:
    """Everything that was counted: per unit for EXACT tables, bounded finest counts and sums by plan digest for DP tables."""

    exact: tuple[ExactCounts, ...]
    bounded: Mapping[str, Bounded]


def count(engine: Engine, linked: OpenLinked, asked: Asked, me: PartyKey) -> Counted:
    """Open what *asked* needs of *linked* in *engine* and count it.  Only payloads that a table names are opened."""
    exact = asked.of_kind("EXACT")
    units = sorted({each.table.unit for each in exact})
    told = [(each, plan(each.request, each.table_id, asked.agreement, vintage=asked.vintage)) for each in asked.known]
    told = [(each, known) for each, known in told if known.table.unit in units]
    plans = [*asked.new, *(known for _, known in told)]
    load(engine, linked, asked, me, sorted({register for each in plans for register in each.registers}))
    classify(engine, plans)
    found = []
    for unit in units:
        new = [each for each in exact if each.table.unit == unit]
        beside = [(each, known) for each, known in told if known.table.unit == unit]
        joint = atoms(engine, [*new, *(known for _, known in beside)])
        kept = tuple(counts(engine, known).families for _, known in beside)
        found.append(ExactCounts(tuple(counts(engine, each) for each in new), tuple(each for each, _ in beside), joint, kept))
    bound = asked.agreement.budget.persons_per_family
    noisy = {each.digest: bounded(engine, each, units_max=budget.contribution(each.table, bound)) for each in asked.of_kind("DP")}
    return Counted(tuple(found), noisy)


def protect(asked: Asked, counted: Counted, key: bytes) -> tuple[ProtectedTable, ...]:
    """The EXACT tables, made safe with everything told before; ``PolicyRefusal`` S4303 if the gate finds no safe way."""
    classes = {each.audience: each for each in asked.agreement.release}
    done: list[ProtectedTable] = []
    for each in counted.exact:
        found = gate.protect_exact(each.new, each.told, each.atoms, each.families, classes, key, request=asked.request)
        if isinstance(found, gate.Refusal):
            raise PolicyRefusal(
                "S4303",
                place=f"tables {', '.join(found.tables)}",
                reason=found.reason,
                hint="ask for fewer or coarser tables, or for DP tables",
            )
        done.extend(found)
    return tuple(done)


def load(engine: Engine, linked: OpenLinked, asked: Asked, me: PartyKey, registers: Sequence[str]) -> None:
    """Make ``persons`` and the payload relations of *registers*; ``InputError`` S3304 naming one that was not linked."""
    from sauma.linkedset import open_families, open_links, open_payload

    missing = sorted(set(registers) - {package.manifest.register for package in linked.manifest.packages})
    if missing:
        raise InputError(
            "S3304", place="linked set", reason=f"it holds no {', '.join(missing)}, which the request names", hint="link all packages"
        )
    engine.load(relations.LINKS, open_links(linked, me))
    engine.load(relations.FAMILIES, open_families(linked, me))
    for register in registers:
        engine.scan(relations.rows(register), open_payload(linked, register, me))
    engine.run(
        (
            relations.persons(asked.agreement.linkage.family),
            *relations.payloads(asked.agreement.register_of(register) for register in registers),
        )
    )


def check_budget(asked: Asked, writer: Writer) -> None:
    """``BudgetExhausted`` S7001 if the agreement's total does not cover what is asked; before anything is counted."""
    state = store.open(writer.ledger).state
    budget.charge(state.spent, asked.epsilon, state.total)


def spend(asked: Asked, proposal_id: str, writer: Writer) -> dict[str, int]:
    """Write down what the noise will cost, before it is drawn: plan digest to ledger index."""
    check_budget(asked, writer)
    paid = {}
    for each in asked.of_kind("DP"):
        assert each.table.epsilon is not None
        entry = SpendEntry(
            kind="spend", proposal_id=proposal_id, plan=each.digest, audience=asked.request.audience, epsilon=each.table.epsilon
        )
        paid[each.digest] = store.append(writer.ledger, entry, writer.me, now=writer.now)
    return paid


def draw_noise(asked: Asked, counted: Counted, draw: Draw) -> tuple[ProtectedTable, ...]:
    """The DP tables, their noise paid for."""
    rules = asked.agreement.release_class(asked.request.audience)
    bound = asked.agreement.budget.persons_per_family
    noised = (dp.noised(each, counted.bounded[each.digest], rules, persons_per_family=bound, draw=draw) for each in asked.of_kind("DP"))
    return tuple(gate.wrap_noised(each) for each in noised)


def write(
    asked: Asked, linked: OpenLinked, tables: Sequence[ProtectedTable], paid: Mapping[str, int], proposal_id: str, writer: Writer
) -> OpenProposal:
    """The proposal directory and its ledger entry; returns it read back.  Tables stand in the order they were asked for."""
    ledger = store.open(writer.ledger)
    order = {each.table.id: place for place, each in enumerate(asked.new)}
    tables = sorted(tables, key=lambda table: order[table.table.id])
    released = [_released(asked, linked, table, paid, writer) for table in tables]
    kinds = sorted({table.kind for table in released})
    entered = linked.manifest.linked_id in ledger.state.links
    said = certificate.notes(asked.agreement, asked.request, kinds, both=_both(asked, ledger, kinds), entered=entered)
    heading = certificate.Heading(proposal_id, asked.vintage, writer.me.party, writer.now.date().isoformat())
    pairs = list(zip(released, tables, strict=True))
    text = certificate.certificate(heading, asked.agreement, asked.request, pairs, said, _spent(ledger, asked, writer))
    contents = {name: data for one, table in pairs for name, data in proposals.table_files(asked.request, table, one).items()}
    contents[proposals.CERTIFICATE] = text.encode("utf-8")
    release = _release(asked, linked, released, said, contents, proposal_id, writer)
    proposals.write_proposal(writer.proposals / proposal_id, release, contents)
    found = proposals.read_proposal(writer.proposals / proposal_id)
    enter(found, writer)
    return found


def enter(found: OpenProposal, writer: Writer) -> int:
    """The proposal's ledger entry; its index, also where it was there already."""
    entry = ProposalEntry(
        kind="proposal",
        proposal_id=found.release.proposal_id,
        release=found.digest,
        audience=found.release.audience,
        kinds=tuple(kind for kind in ("EXACT", "DP") if any(table.kind == kind for table in found.release.tables)),
        tables=tuple(table.id for table in found.release.tables),
        relations=tuple(table.relations for table in found.release.tables),
    )
    return store.append(writer.ledger, entry, writer.me, now=writer.now)


def _released(asked: Asked, linked: OpenLinked, protected: ProtectedTable, paid: Mapping[str, int], writer: Writer) -> ReleasedTable:
    table = protected.table
    digest = next(each.digest for each in asked.new if each.table.id == table.id)
    released = ReleasedTable(
        id=table.id,
        kind=table.kind,
        unit=table.unit,
        family=(table.family or asked.agreement.linkage.family) if table.unit == "family" else None,
        plan=digest,
        cells=sum(cell.measure is None for cell in protected.cells),
        hidden=sum(cell.measure is None and cell.value is None for cell in protected.cells),
        epsilon=table.epsilon,
        attacks=protected.attacks,
        relations="0" * 64,
        salt=writer.entropy(16).hex(),
        spend_entry=paid.get(digest),
    )
    draft = _release(asked, linked, [released], (), {}, "0" * 32, writer)
    told = proposals.relations_of(draft, released, protected.cells)
    return released.model_copy(update={"relations": proposals.relations_digest(told)})


def _release(
    asked: Asked,
    linked: OpenLinked,
    released: Sequence[ReleasedTable],
    said: Sequence[str],
    contents: Mapping[str, bytes],
    proposal_id: str,
    writer: Writer,
) -> Release:
    return Release(
        format="sauma/release/v0",
        software=SOFTWARE,
        proposal_id=proposal_id,
        genesis=asked.agreement.genesis,
        agreement=asked.agreement.digest,
        vintage=asked.vintage,
        linked_id=linked.manifest.linked_id,
        audience=asked.request.audience,
        made_on=writer.now.date(),
        proposer=writer.me.party,
        request=asked.request,
        request_digest=asked.request.digest,
        demonstration=asked.agreement.demonstration,
        tables=tuple(released),
        files=proposals.listed(contents),
        notes=tuple(said),
        checked_against=asked.checked_against,
    )


def _both(asked: Asked, ledger: Ledger, kinds: Sequence[str]) -> bool:
    """Whether the audience hears EXACT and DP tables, with this proposal and all that it was told before."""
    audiences: tuple[Audience, ...] = ("internal", "public") if asked.request.audience == "internal" else ("public",)
    heard = {one.kind for audience in audiences for one in ledger.relations(audience)}
    return {*heard, *kinds} == {"EXACT", "DP"}


def _spent(ledger: Ledger, asked: Asked, writer: Writer) -> certificate.Spent:
    year = str(writer.now.year)
    spends = [signed.statement for signed in ledger.entries if isinstance(signed.statement.entry, SpendEntry)]
    this_year = [said for said in spends if said.at.startswith(year)]
    loss = sum((Fraction(said.entry.epsilon) for said in this_year if isinstance(said.entry, SpendEntry)), Fraction(0))
    return certificate.Spent(asked.epsilon, loss, ledger.state.spent, ledger.state.total)
