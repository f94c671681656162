"""The certificate: what a release claims and what it does not, for people, in plain text beside the tables.

Written from ``release.json``, the agreement and the ledger's spends; it holds no figure of a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from privacy.protect.budget import contribution, decimal
from privacy.tabulate.rules import in_words
from schemas.dimension import TOTAL
from schemas.measures import Mean, Rate, Share, Sum
from schemas.request import main

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.agreement import Agreement
    from schemas.batches import ProtectedTable
    from schemas.release import ReleasedTable
    from schemas.request import Request, Table

EXACT_CLAIM = (
    "EXACT: true counts, small cells hidden, and others hidden with them, so that no hidden count can be narrowed to less than its "
    "protected band by arithmetic over everything told to this audience from this linked vintage.  Attackers: A0 linear algebra; A1 also "
    "knows the rules and public data.  Not covered: an attacker who holds a family's records (A2) or reruns the algorithm (A3)."
)
DP_CLAIM = (
    "DP: differentially private for the linked set.  Neighbours differ in one privacy unit: all persons of one family (or of the "
    "custody-connected families of a child with two homes) added or removed, linkage held fixed.  Pure epsilon, discrete Laplace noise on "
    "every cell of a public domain, zeros included.  Policy B: noise everywhere, then cells under the minimum are left blank; a blank may "
    "be worked out again from totals, which is safe.  A small true count can be shown as a larger one, and the other way round."
)
UNION_CLAIM = (
    "This audience is told EXACT and DP tables.  An EXACT table leaves the guarantee of each DP table as it is, but from then on no finite "
    "epsilon holds for all that this audience sees together."
)

NOISE_ONLY = "the intervals cover the added noise only: neither links that are missing or wrong nor errors of the registers"


@dataclass(frozen=True, slots=True)
class Spent:
    """Epsilon: by this proposal, this calendar year and in the agreement's life (both with it), and the total agreed."""

    here: Fraction
    year: Fraction
    life: Fraction
    total: Fraction


@dataclass(frozen=True, slots=True)
class Heading:
    """What the certificate's first lines say."""

    proposal_id: str
    vintage: str
    proposer: str
    made_on: str


def notes(agreement: Agreement, request: Request, kinds: Sequence[str], *, both: bool, entered: bool) -> tuple[str, ...]:
    """What has to be said beside the tables: the claims, the recorded exceptions, and when the request was made.

    *both*: the audience hears EXACT and DP tables.  *entered*: the ledger has the linkage that was counted.
    """
    said = []
    if "EXACT" in kinds:
        said.append(EXACT_CLAIM)
    if "DP" in kinds:
        bound = agreement.budget.persons_per_family
        said.append(
            f"{DP_CLAIM}  At most {bound} persons of one unit count in a table of persons, one family in a table of families, unless the "
            "table says otherwise; of more than that a part counts, chosen by random ids."
        )
    if both:
        said.append(UNION_CLAIM)
    default = any(rule.of == "family" for rule in request.derived)
    families = {table.family or agreement.linkage.family for table in request.table if table.unit == "family" or default}
    if families:
        said.append(f"Families: {', '.join(sorted(families))} families as of {agreement.linkage.family_as_of}.")
    said.extend(
        f"Exception agreed by all parties: {exception.subject.replace('_', ' ')}; {exception.reason}" for exception in agreement.exception
    )
    if not entered:
        said.append("The linkage that was counted is not in the ledger.")
    said.append("The request was not signed before the linked set was opened.")
    if agreement.demonstration:
        said.append("Demonstration: synthetic persons only.")
    return tuple(said)


def certificate(
    heading: Heading,
    agreement: Agreement,
    request: Request,
    tables: Sequence[tuple[ReleasedTable, ProtectedTable]],
    said: Sequence[str],
    spent: Spent,
) -> str:
    """The text of ``certificate.txt``."""
    lines = [
        "CERTIFICATE OF A SAUMA PROPOSAL",
        "",
        f"title       {request.title.en or request.title.fi}",
        f"purpose     {main(request.purpose)}",
        f"decision    {main(request.decision)}",
        f"audience    {request.audience}",
        f"agreement   {agreement.name}",
        f"genesis     {agreement.genesis}",
        f"proposal    {heading.proposal_id}",
        f"vintage     {heading.vintage}",
        f"made        {heading.made_on} by {heading.proposer}",
        "",
        "TABLES",
    ]
    for released, protected in tables:
        lines.extend(_table(released, protected, agreement, request))
    lines += ["", "PRIVACY BUDGET (epsilon; years do not reset it)"]
    lines += [
        f"this proposal     {decimal(spent.here)}",
        f"this year         {decimal(spent.year)}",
        f"the whole life    {decimal(spent.life)} of {decimal(spent.total)}",
        "",
        "NOTES",
    ]
    lines.extend(f"- {note}" for note in said)
    return "\n".join(lines) + "\n"


def _table(released: ReleasedTable, protected: ProtectedTable, agreement: Agreement, request: Request) -> list[str]:
    title = protected.table.title.en or protected.table.title.fi
    lines = [
        "",
        f"{released.id}: {title}",
        f"  {released.kind}, counts {_counted(protected.table, agreement)}",
        f"  {released.cells} cells, {released.hidden} of them hidden",
    ]
    if released.epsilon:
        bound = contribution(protected.table, agreement.budget.persons_per_family)
        paid = "" if released.spend_entry is None else f", paid by ledger entry {released.spend_entry}"
        lines.append(f"  epsilon {released.epsilon}, contribution of one privacy unit at most {bound}{paid}")
    lines.extend(f"  attacker {attack.rung}: {'safe' if attack.safe else 'NOT SAFE'} ({attack.method})" for attack in released.attacks)
    lines.append(f"  {protected.interval}")
    if released.kind == "DP":
        lines.append(f"  {NOISE_ONLY}")
    lines += [f"  {line}" for line in measures(protected.table, request)]
    return [
        *lines,
        "  rules",
        *(f"    {name}: {rule}" for name, rule in in_words(request.derived, protected.table)),
        *_numbered(protected.table),
    ]


def _numbered(table: Table) -> list[str]:
    """What the numbers in the codes of printed patterns of services stand for."""
    shown = [dimension for dimension in table.dimensions if dimension.services and dimension.patterns]
    names = [", ".join(f"{number} {service.id}" for number, service in enumerate(each.services, 1)) for each in shown]
    return [f"    patterns of {each.name} (s1.2: 1 and 2 and no other): {named}" for each, named in zip(shown, names, strict=True)]


def _counted(table: Table, agreement: Agreement) -> str:
    return "persons" if table.unit == "person" else f"{table.family or agreement.linkage.family} families"


def measures(table: Table, request: Request) -> list[str]:
    """What is said beside the counts of *table*, one line a measure, with what it is made of."""
    public = {each.id: each for each in request.denominator}
    lines = []
    for measure in table.measures:
        match measure:
            case Share():
                whole = f"{measure.dimension} {', '.join(measure.of or (TOTAL,))}"
                lines.append(f"{measure.id}: share, {measure.dimension} {', '.join(measure.codes)} of {whole}; from the counts")
            case Rate():
                by = public[measure.denominator]
                lines.append(f"{measure.id}: per {measure.per} of {by.id} ({by.source}, {by.as_of}); from the counts")
            case Sum():
                part, *parts = (table.count_weight, *(total.weight for total in table.sums))
                lines.append(
                    f"{measure.id}: sum of {measure.value}, each between {measure.low} and {measure.high}, unknown as {measure.otherwise}; "
                    f"told, for {measure.weight} of {part + sum(parts)} parts of epsilon"
                )
            case Mean():
                lines.append(f"{measure.id}: mean, {measure.of} by the count; from told figures")
    return lines
