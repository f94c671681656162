"""The linkage agreement: who may do what, with which fields, for what, and how much may be told.

``agreement.toml`` is read with tomllib into an :class:`Agreement`.  Its digest is the SHA-256 of its canonical JSON.
The digest of the first signed version is the *genesis digest*: the pseudonym domain that every key, package, linked
set, proposal, release and ledger entry is bound to.  An amendment names it in ``amends`` and keeps it.
"""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Annotated, Literal, Self, get_args

from pydantic import Field as Constrained
from pydantic import field_validator, model_validator

from schemas import canonical
from schemas.contract import Contract, Decimal, Digest, Identifier, IsoDate, Text, parse
from schemas.errors import Fault, InputError, PolicyRefusal, UsageError
from schemas.register import ACKNOWLEDGEMENT, Register
from schemas.tokens import Profile

FORMAT = "sauma/agreement/v0"
SIGNATURE_PREFIX = b"sauma/agreement/v0\n"
"""A party signs this prefix and the canonical JSON of the agreement."""

Role = Literal["steward", "linker", "analyst", "officer"]
Audience = Literal["internal", "public"]
Kind = Literal["EXACT", "DP"]
Definition = Literal["dwelling", "guardianship", "guardianship_dwelling", "service"]
"""What makes a family: see *Families* in ``docs/protocol.md``."""
DEFINITIONS: tuple[Definition, ...] = get_args(Definition)
Count = Annotated[int, Constrained(ge=0, le=10**9)]


class Party(Contract):
    """One organisation or officer.  ``public_key`` is the one line of its ``PARTY.pub``."""

    id: Identifier
    name: Text
    roles: Annotated[tuple[Role, ...], Constrained(min_length=1)]
    public_key: Text


class Linkage(Contract):
    """How records become persons, families and privacy units.

    ``family`` is the definition that tables count by unless they name another.  A privacy unit is everybody whom families
    of any definition connect; one of more than ``unit_persons_max`` persons is cut back to its dwelling families.
    ``attack_ceiling``: the share of people whom a keyless attack may find at most, on what a register would send, before it
    is sealed (``docs/attacks.md``); nothing is measured where it is absent.  ``near_equal_tokens``: whether tokens that several
    persons of a register hold are dropped (decision 32) or kept; kept, they show who is like whom.
    """

    token_profile: Profile = "standard"
    family: Definition = "dwelling"
    family_as_of: IsoDate
    unit_persons_max: Annotated[int, Constrained(ge=2, le=50)] = 12
    artificial_hetu: Literal["refuse", "link"] = "refuse"
    hold_out_share: Decimal = "0.1"
    accept_probability: Decimal = "0.85"
    attack_ceiling: Decimal | None = None
    near_equal_tokens: Literal["dropped", "kept"] = "dropped"

    @field_validator("attack_ceiling")
    @classmethod
    def _is_a_share(cls, ceiling: str | None) -> str | None:
        if ceiling is not None and Fraction(ceiling) > 1:
            raise ValueError("must be a share of people, at most 1")
        return ceiling


class ReleaseClass(Contract):
    """What may be told to one audience, and under which thresholds."""

    audience: Audience
    kinds: Annotated[tuple[Kind, ...], Constrained(min_length=1)]
    minimum_persons: Annotated[int, Constrained(ge=2, le=1000)]
    minimum_families: Annotated[int, Constrained(ge=1, le=1000)]
    zeros: Literal["published", "suppressed"] = "published"


class Budget(Contract):
    """The privacy budget of the agreement's life, in one currency.

    ``persons_per_family`` is the contribution bound: at most this many persons of one privacy unit count in one
    table; a family with more contributes a part of its members, chosen by a rule that does not look at the data.
    """

    currency: Literal["epsilon"] = "epsilon"
    total: Decimal
    persons_per_family: Annotated[int, Constrained(ge=1, le=50)] = 4


class Approvals(Contract):
    """How many officers must approve a proposal and cosign the checkpoint that covers it."""

    officers: Annotated[int, Constrained(ge=1, le=10)] = 1


class Retention(Contract):
    """Until when keys, packages and linked sets may be kept."""

    until: IsoDate


class RoleException(Contract):
    """A departure from the separation of roles, agreed to by all and printed on every certificate."""

    subject: Literal["linker_is_analyst"]
    reason: Text


class Agreement(Contract):
    """Everything the parties agreed on.  ``demonstration`` marks synthetic people and nothing else."""

    hint = "'sauma agreement draft' writes a commented blank; [2] is the second"
    names_unknown_keys = True
    format: Literal["sauma/agreement/v0"]
    name: Text
    purpose: Text
    valid_from: IsoDate
    valid_until: IsoDate
    demonstration: bool = False
    amends: Digest | None = None
    party: Annotated[tuple[Party, ...], Constrained(min_length=1, max_length=400)]
    register: Annotated[tuple[Register, ...], Constrained(min_length=1, max_length=400)]
    linkage: Linkage
    release: Annotated[tuple[ReleaseClass, ...], Constrained(min_length=1)]
    budget: Budget
    approvals: Approvals = Approvals()
    retention: Retention
    exception: tuple[RoleException, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of this version, hex."""
        return canonical.digest(self.canonical())

    @property
    def genesis(self) -> str:
        """The genesis digest: that of the first signed version."""
        return self.amends or self.digest

    def party_of(self, party: str) -> Party:
        """The party called *party*; ``UsageError`` S2006 if the agreement does not name it."""
        for candidate in self.party:
            if candidate.id == party:
                return candidate
        raise UsageError(
            "S2006",
            place="agreement",
            reason="the agreement names no such party",
            hint="see 'party' in sauma.toml and [[party]] in the agreement",
        )

    def drops_near_equal(self, register: Register) -> bool:
        """Whether *register* sends no match token that two of its persons hold.

        Only where codes tell its persons apart: elsewhere one person may have several records that only tokens can join.
        """
        return self.linkage.near_equal_tokens == "dropped" and register.by_meaning("hetu") is not None

    def with_role(self, role: Role) -> tuple[Party, ...]:
        """The parties that hold *role*, in agreement order."""
        return tuple(party for party in self.party if role in party.roles)

    def register_of(self, register: str) -> Register:
        """The register called *register*; ``UsageError`` S2005 if the agreement does not name it."""
        for candidate in self.register:
            if candidate.id == register:
                return candidate
        known = ", ".join(candidate.id for candidate in self.register)
        raise UsageError("S2005", place="agreement", reason="the agreement names no such register", hint=f"registers: {known}")

    def release_class(self, audience: Audience) -> ReleaseClass:
        """The rules for *audience*; ``PolicyRefusal`` S4001 if the agreement grants it nothing."""
        for candidate in self.release:
            if candidate.audience == audience:
                return candidate
        raise PolicyRefusal("S4001", place="agreement", reason=f"no release class for the {audience} audience", hint="amend the agreement")

    def check_valid_on(self, day: datetime.date) -> None:
        """``PolicyRefusal`` S4002 unless *day* lies in the agreement's term."""
        if not self.valid_from <= day <= self.valid_until:
            raise PolicyRefusal(
                "S4002",
                place="agreement",
                reason="the agreement is not in force today",
                hint=f"in force from {self.valid_from} to {self.valid_until}",
            )

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        faults = list(_faults(self))
        if faults:
            raise ValueError("; ".join(faults))
        return self


def _faults(agreement: Agreement) -> list[str]:
    ids = [party.id for party in agreement.party]
    registers = [register.id for register in agreement.register]
    faults = []
    audiences = [release.audience for release in agreement.release]
    if len(set(audiences)) != len(audiences):
        faults.append("an audience has two release classes")
    if len(set(ids)) != len(ids) or len(set(registers)) != len(registers):
        faults.append("a party or register is named twice")
    if agreement.valid_from > agreement.valid_until or agreement.retention.until < agreement.valid_until:
        faults.append("the dates are out of order")
    if agreement.linkage.artificial_hetu == "link" and not agreement.demonstration:
        faults.append("artificial personal identity codes may be linked in a demonstration only")
    stewards = {party.id for party in agreement.with_role("steward")}
    if any(register.controller not in stewards for register in agreement.register):
        faults.append("a register's controller is not a party with the role steward")
    for role in ("linker", "analyst"):
        if len(agreement.with_role(role)) != 1:
            faults.append(f"exactly one party must be {role}")
    if len(agreement.with_role("officer")) < agreement.approvals.officers:
        faults.append("fewer officers than approvals")
    return faults + _role_faults(agreement)


def _role_faults(agreement: Agreement) -> list[str]:
    faults = []
    for party in agreement.party:
        roles = set(party.roles)
        if "officer" in roles and len(roles) > 1:
            faults.append("an officer holds another role")
        if "steward" in roles and roles & {"linker", "analyst"}:
            faults.append("a steward holds the linkage key and may not be linker or analyst")
        both = {"linker", "analyst"} <= roles
        if both and not any(exception.subject == "linker_is_analyst" for exception in agreement.exception):
            faults.append("linker and analyst are one party: record it as an exception")
    return faults


def faults_of(data: dict[str, object]) -> tuple[Fault, ...]:
    """What :func:`load` would refuse in *data* with S3001, fault by fault."""
    try:
        parse(Agreement, data, place="")
    except InputError as refused:
        return refused.faults
    return ()


def load(data: dict[str, object], *, place: str) -> Agreement:
    """*data*, as tomllib gives it, as an Agreement; ``InputError`` S3001 with every fault otherwise.

    ``PolicyRefusal`` S4110 if a register declares similarity encodings without acknowledging, word for word, what they are.
    """
    agreement = parse(Agreement, data, place=place)
    unacknowledged = [each.id for each in agreement.register if each.encoding and each.encoding.acknowledge != ACKNOWLEDGEMENT]
    if unacknowledged:
        reason = f"similarity encodings of {', '.join(unacknowledged)} are not acknowledged in the words that are asked for"
        raise PolicyRefusal("S4110", place=place, reason=reason, hint=f'write acknowledge = "{ACKNOWLEDGEMENT}" or leave them out')
    return agreement
