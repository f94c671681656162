"""Before anything is counted: what a request asks anew, what was told before, and whether it may be told at all.

Reads the ledger and the agreement, never data: a dry run stops here (``sauma/previewing.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from hyte.filling import filled
from privacy.protect import dp
from privacy.pseudonymise.checking import looks_identifying
from privacy.tabulate.plans import Plan, plan
from sauma.files import read_bytes, shown
from sauma.proposals import OpenProposal, read_proposal, relations_digest
from schemas.contract import MAX_TOML_BYTES, load_toml, parse
from schemas.errors import InputError, IntegrityError, PolicyRefusal, UsageError
from schemas.ledger import SpendEntry
from schemas.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.store import Ledger
    from schemas.agreement import Agreement, Audience
    from schemas.release import Relations


@dataclass(frozen=True, slots=True)
class Asked:
    """A request against one vintage.

    ``new``: the plans to be told.  ``told``: table id to the proposal that told it already (equal plan, vintage, unit
    and audience: returned, not paid).  ``known``: EXACT relations of this vintage that any audience was told, because
    readers inside read what is public too.
    """

    request: Request
    agreement: Agreement
    vintage: str
    new: tuple[Plan, ...]
    told: dict[str, str]
    known: tuple[Relations, ...]

    def of_kind(self, kind: str) -> tuple[Plan, ...]:
        """The new plans of one kind."""
        return tuple(plan for plan in self.new if plan.table.kind == kind)

    @property
    def epsilon(self) -> Fraction:
        """What the new tables cost."""
        return sum((Fraction(plan.table.epsilon or 0) for plan in self.new), Fraction(0))

    @property
    def checked_against(self) -> tuple[str, ...]:
        """Digests of the known relations, if an EXACT table is made safe with them."""
        return tuple(relations_digest(relations) for relations in self.known) if self.of_kind("EXACT") else ()


def read_request(path: Path, agreement: Agreement) -> Request:
    """The request in *path*, its code lists filled in as of the day on which *agreement* counts people and families.

    Raises ``InputError`` S3003, S3002 or S3001 with every fault, S3305 for a code list; ``PolicyRefusal`` S4304 if a
    text in it looks like an identifier: the request goes into the release word for word.
    """
    place = shown(path)
    document = load_toml(read_bytes(path, limit=MAX_TOML_BYTES), place=place)
    if any(looks_identifying(text, phones=False) for text in _texts(document)):  # first: a message may repeat declared codes
        raise PolicyRefusal(
            "S4304",
            place=place,
            reason="a text in it seems to hold a personal identifier",
            hint="a request is about many, and every word of it is published with its tables",
        )
    return filled(parse(Request, document, place=place), agreement.linkage.family_as_of, place=place)


def _texts(value: object) -> Iterator[str]:
    """Every text in a JSON value, keys too."""
    match value:
        case str():
            yield value
        case dict():
            for key, inside in value.items():
                yield key
                yield from _texts(inside)
        case list():
            for inside in value:
                yield from _texts(inside)


def ask(request: Request, agreement: Agreement, vintage: str, ledger: Ledger) -> Asked:
    """What *request* asks anew of *vintage*.

    Raises:
        InputError: S3301 (too large, or one question twice), S3302, S3303.
        UsageError: S2122 the ledger is another agreement's.
        PolicyRefusal: S4001, S4300 the audience may not have this kind, S4301 an EXACT table of another vintage, of the
            other unit or of another family definition was told, S4302 policy A, S4305 an EXACT sum or mean.
    """
    if ledger.state.agreement.genesis != agreement.genesis:
        raise UsageError(
            "S2122", place="ledger", reason="it is the ledger of another agreement", hint="see 'ledger' in sauma.toml, or --ledger"
        )
    may_tell(request, agreement)
    plans = [plan(request, table.id, agreement, vintage=vintage) for table in request.table]
    repeated = {later.table.id for place, later in enumerate(plans) if later.digest in {earlier.digest for earlier in plans[:place]}}
    if repeated:
        raise InputError("S3301", place=f"table {min(repeated)}", reason="an earlier table of the request asks the same", hint="ask once")
    told = _told(ledger, request.audience)
    known = exact_relations(ledger)
    asked = Asked(
        request,
        agreement,
        vintage,
        tuple(plan for plan in plans if plan.digest not in told),
        {plan.table.id: told[plan.digest] for plan in plans if plan.digest in told},
        tuple(relations for relations in known if relations.vintage == vintage),
    )
    if asked.of_kind("EXACT") and len(asked.known) != len(known):
        raise PolicyRefusal(
            "S4301",
            place="EXACT tables",
            reason="such tables of another linked vintage were already told, and differences between vintages tell about people",
            hint="ask for DP tables, or link again under a new agreement",
        )
    _one_unit(asked)
    return asked


def _one_unit(asked: Asked) -> None:
    """``PolicyRefusal`` S4301 if two kinds of units would both be counted exactly: persons, families, other families.

    Families by the number of their members say how many persons there are, and families by one definition how many
    there can be by another, so exact counts of one unit narrow hidden counts of the other; the gate models one at a time.
    """
    if any(each.table.unit == "person" and each.about_families for each in asked.of_kind("EXACT")):
        raise PolicyRefusal(
            "S4301",
            place="EXACT tables",
            reason="persons may not be counted exactly by what is said of their family: its members stand or fall together",
            hint="ask for it as a DP table, or count families",
        )
    default = asked.agreement.linkage.family
    new = {(each.table.unit, each.table.family or default) for each in asked.of_kind("EXACT")}
    told = {(table.unit, table.family or default) for each in asked.known for table in each.request.table if table.id == each.table_id}
    units = {(unit, family if unit == "family" else "") for unit, family in new | told}
    if new and len(units) > 1:
        mixed = "persons and families" if len({unit for unit, _ in units}) > 1 else "families by two definitions"
        raise PolicyRefusal(
            "S4301",
            place="EXACT tables",
            reason=f"{mixed} may not both be counted exactly: one count narrows what the other hides",
            hint="ask for one of them as DP tables",
        )


def exact_relations(ledger: Ledger) -> tuple[Relations, ...]:
    """Everything EXACT that was told under the agreement, internal first, in order of publication."""
    audiences: tuple[Audience, ...] = ("internal", "public")
    return tuple(relations for audience in audiences for relations in ledger.relations(audience) if relations.kind == "EXACT")


def may_tell(request: Request, agreement: Agreement) -> None:
    """``PolicyRefusal`` S4001, S4300 or S4302 unless the agreement lets the audience have what *request* asks."""
    rules = agreement.release_class(request.audience)
    for table in request.table:
        dp.check_policy(table)
        if table.kind not in rules.kinds:
            raise PolicyRefusal(
                "S4300",
                place=f"table {table.id}",
                reason=f"the agreement gives the {request.audience} audience {', '.join(rules.kinds)} tables only, not {table.kind}",
                hint="ask for another kind, or amend the agreement",
            )


def pending(asked: Asked, folder: Path, ledger: Ledger) -> OpenProposal | None:
    """A proposal in *folder* that answers exactly *asked* and still can: noise is drawn once, a retry reuses it."""
    wanted = sorted(plan.digest for plan in asked.new)
    for candidate in sorted(folder.glob("[!.]*")):  # a name with a dot is a folder that a crash left half made
        found = _readable(candidate)
        if (
            found is not None
            and sorted(table.plan for table in found.release.tables) == wanted
            and found.release.agreement == asked.agreement.digest
            and found.release.checked_against == asked.checked_against
            and _stands(found, ledger)
        ):
            return found
    return None


def _readable(folder: Path) -> OpenProposal | None:
    try:
        return read_proposal(folder)
    except (InputError, IntegrityError):
        return None  # not whole: it answers nothing, and review says so to who asks for it


def _stands(found: OpenProposal, ledger: Ledger) -> bool:
    """Whether the ledger has *found* undecided or approved, or has paid for it and a crash came before it was written down."""
    known = ledger.state.proposals.get(found.release.proposal_id)
    if known is not None:
        return known.release == found.digest and not known.rejected and known.published is None
    for table in (table for table in found.release.tables if table.kind == "DP"):
        index = table.spend_entry
        paid = ledger.entries[index].statement.entry if index is not None and index < len(ledger.entries) else None
        if not isinstance(paid, SpendEntry) or (paid.proposal_id, paid.plan) != (found.release.proposal_id, table.plan):
            return False
    return found.release.genesis == ledger.state.agreement.genesis


def _told(ledger: Ledger, audience: Audience) -> dict[str, str]:
    """Plan digest to the id of the proposal that told it to *audience*."""
    where = {digest: entry.entry.proposal_id for entry in ledger.state.publications for digest in entry.relations}
    return {relations.plan: where[relations_digest(relations)] for relations in ledger.relations(audience)}
