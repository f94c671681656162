"""The whole flow on one page: one short function per verb, from the noun on its left to the noun on its right.

extract -> *pseudonymise* -> package -> *link* -> linked set -> *tabulate*, *protect* -> proposal -> *publish* -> release
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linkage.link import LinkResult
    from privacy.protect.noise import Draw
    from privacy.pseudonymise.pipeline import Local, Outcome
    from sauma.asking import Asked
    from sauma.keys import PartyKey
    from sauma.linkedset import OpenLinked
    from sauma.package import OpenPackage
    from sauma.proposals import OpenProposal
    from sauma.proposing import Writer
    from sauma.releases import Published
    from schemas.agreement import Agreement
    from schemas.batches import RawBatch
    from schemas.ledger import Entry
    from schemas.linked import LinkedManifest
    from schemas.package import Manifest
    from schemas.register import Register
    from schemas.step import Engine


def pseudonymise(
    batches: Iterable[RawBatch],
    register: Register,
    agreement: Agreement,
    me: PartyKey,
    *,
    linkage_key: bytes,
    local: Local,
    out: Path,
    entropy: Callable[[int], bytes],
    remembered: Path | None = None,
    row_map: bool = False,
) -> tuple[Manifest, Outcome]:
    """An extract of *register* becomes a package at *out*: tokens to the linker, a minimised payload to the analyst, nothing else.

    Returns the manifest and what stays with the steward: rejected rows, exact counts, and the record id of each row if
    *row_map* asks for it.
    """
    from privacy.pseudonymise import pipeline, tokens
    from sauma.packing import Origin, write_package
    from sauma.spill import spilling

    genesis = agreement.genesis
    layout = tokens.layout(agreement.linkage.token_profile) if register.match_tokens else ()
    origin = Origin(agreement, register, local.today, layout, tokens.linkage_key_commitment(linkage_key, genesis))
    secrets = pipeline.Secrets(linkage_key, genesis, entropy)
    with spilling(out, entropy) as spill:
        outcome = pipeline.pseudonymise(batches, agreement, secrets, local, spill, row_map=row_map)
        return write_package(out, outcome.batch, origin, me, facts=outcome.facts, entropy=entropy, remembered=remembered), outcome


def link(
    packages: Sequence[OpenPackage],
    agreement: Agreement,
    me: PartyKey,
    engine: Engine,
    *,
    out: Path | None,
    root: Callable[[], Path],
    enter: Callable[[Sequence[Entry]], None],
    today: datetime.date,
    entropy: Callable[[int], bytes],
) -> tuple[Path, LinkedManifest, LinkResult]:
    """Packages become a linked set, in *out* or a new folder of *root*: who is who, under random ids, no token kept.

    Packages and linkage *enter* the ledger before the linked set appears.
    """
    from linkage import link as who_is_who
    from linkage.inputs import RegisterInput
    from sauma.linkedset import write_linked
    from sauma.package import identity_reader

    inputs = []
    for package in packages:
        register, reader = agreement.register_of(package.manifest.register), identity_reader(package, me)
        inputs.append(RegisterInput(register, reader, package.manifest.tokens, drops=agreement.drops_near_equal(register)))
    result = who_is_who.link(engine, inputs, agreement, entropy)
    linked_id = entropy(16).hex()

    folder = out or root() / linked_id[:8]
    written = write_linked(
        folder,
        packages,
        result,
        agreement,
        me,
        linked_id=linked_id,
        today=today,
        entropy=entropy,
        before_it_appears=lambda written: enter(written.entries),
    )
    return folder, written.manifest, result


def propose(linked: OpenLinked, asked: Asked, engine: Engine, writer: Writer, *, draw: Draw) -> OpenProposal | None:
    """A linked set is counted into tables, and the tables are protected into a proposal.  None where nothing is new.

    Spend first: budget is in the ledger before noise is drawn.  A retry finds the proposal that is there already.
    """
    from ledger import store
    from sauma import asking, proposing

    if not asked.new:
        return None
    found = asking.pending(asked, writer.proposals, store.open(writer.ledger))
    if found is not None:
        proposing.enter(found, writer)
        return found
    proposing.check_budget(asked, writer)
    proposal_id = writer.entropy(16).hex()
    counted = proposing.count(engine, linked, asked, writer.me)
    exact = proposing.protect(asked, counted, writer.entropy(32))
    paid = proposing.spend(asked, proposal_id, writer)
    noised = proposing.draw_noise(asked, counted, draw)
    return proposing.write(asked, linked, (*exact, *noised), paid, proposal_id, writer)


def publish(opened: OpenProposal, me: PartyKey, *, ledger: Path, root: Path, now: datetime.datetime) -> Published:
    """An approved proposal becomes a release in *root*: the ledger says so first, then the files have their name."""
    from sauma import releases

    return releases.publish(opened, ledger, root, me, now)
