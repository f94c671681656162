"""What a steward can attack before sealing: the extract as it would leave, by somebody without a key, and the agreement's ceiling."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from privacy.attacks.groups import NAME_HOLDERS
from schemas.errors import InputError, PolicyRefusal

if TYPE_CHECKING:
    from privacy.attacks.measured import Measured
    from privacy.pseudonymise.admission import Local
    from schemas.agreement import Agreement
    from schemas.batches import RawBatch
    from schemas.package import Manifest
    from schemas.register import Register

SUFFIX = ".sauma"
MANY: Final = Fraction(1, 20)
"""Where the agreement sets no ceiling, a larger share than this is worth doing something about."""


def attacked(batches: Iterable[RawBatch], register: str, agreement: Agreement, local: Local, package: Manifest | None) -> Measured:
    """Every attack on the extract in *batches*; no key is read, because which tokens are equal is the same under every key.

    ``InputError`` S3103 if *package* cannot have been made of it; S3100 if nothing of it can leave.
    """
    from privacy.attacks.exposed import people_of
    from privacy.attacks.measured import measure
    from sauma import readers
    from schemas.package import band

    declared = agreement.register_of(register)
    people, rows = people_of(readers.joined(declared, batches), agreement, local, os.urandom)
    if package is not None and band(rows) != package.rows_band:
        hint = "give the extract it was made of with --extract, or make the package again"
        raise InputError("S3103", place=register, reason=f"the package holds {package.rows_band} rows, the extract others", hint=hint)
    if not people.count:
        raise InputError("S3100", place=register, reason="no row of the extract can leave", hint=f"see 'sauma check {register}'")
    return measure(people, declared, agreement, os.urandom)


def named(what: str, agreement: Agreement) -> tuple[str, Manifest | None]:
    """The register that *what* names: by its id, or as a package of ours, whose integrity is verified and whose layout is today's.

    ``InputError`` S3103 if the package's tokens are laid out otherwise than this program would.
    """
    from privacy.pseudonymise.tokens import layout
    from sauma import files
    from sauma.package import read_package

    path = Path(what)
    if what in {register.id for register in agreement.register} or not (path.suffix == SUFFIX or path.exists()):
        return agreement.register_of(what).id, None
    opened = read_package(path, agreement)
    opened.close()
    register = agreement.register_of(opened.manifest.register)
    today = layout(agreement.linkage.token_profile) if register.match_tokens else ()
    if opened.manifest.tokens != today:
        hint = "make the package again with 'sauma pseudonymise', or attack it with the version that made it"
        raise InputError("S3103", place=files.shown(path), reason="its tokens are laid out otherwise than they would be today", hint=hint)
    return register.id, opened.manifest


def require_under_ceiling(measured: Measured, register: str, agreement: Agreement) -> None:
    """``PolicyRefusal`` S4103 if an attack finds a larger share of people than the agreement allows."""
    ceiling = agreement.linkage.attack_ceiling
    if ceiling is not None and measured.worst > Fraction(ceiling):
        reason = f"an attack without any key finds more people than the agreement's ceiling of {ceiling} allows"
        raise PolicyRefusal("S4103", place=register, reason=reason, hint=f"see 'sauma attack {register}'; nothing was sealed")


def lines(document: dict[str, Any], near_equal: str) -> list[str]:
    """*document* (:func:`privacy.attacks.measured.document`) for a person at a terminal: every attack, and the groups of the worst.

    *near_equal*: what is said of near-equal tokens (:func:`near_equal`).
    """
    found = [f"{document['persons']} persons; counts are rounded down to multiples of {document['rounded_down_to']}"]
    if not document["attacks"]:
        return [*found, "no attack applies: neither match tokens nor relations nor months leave this register"]
    found.append(f"A share is the part of the people on the attacker's list whose record it names rightly without any key; {near_equal}.")
    found += [f"{_titled(each)}: {_said(each)}" for each in document["attacks"]]
    worst = max(document["attacks"], key=lambda each: float((each["rate"] or "0").removeprefix("<")))
    found.append(f"by group, {_titled(worst)}:")
    for name, group in worst["groups"].items():
        found += [
            f"  {GROUPINGS.get(name, name)}, {GROUPS.get(label, label)}: {_said(line)}" for label, line in group.items() if line["on_list"]
        ]
    if "ceiling" in document:
        above = "ABOVE it: 'sauma pseudonymise' refuses" if document["above_ceiling"] else "not above it"
        found.append(f"the agreement's ceiling is {percent(document['ceiling'])}: {above}")
    return found


ATTACKS: Final = {
    "match_tokens": "who shares match tokens with whom",
    "frequencies": "how often match tokens occur",
    "relations": "who is in one family or dwelling with whom",
    "relations_and_months": "who is in one family or dwelling with whom since which month",
}
LISTS: Final = {
    "five_per_cent": "a list of 5 % of the people, with errors",
    "everybody": "a list of everybody, with errors",
    "everybody_without_errors": "a list of everybody, without errors",
}
GROUPINGS: Final = {"born_1_january": "born on 1 January", "restricted": "disclosure restricted", "name": "whole name"}
GROUPS: Final = {
    "one_holder": "borne by nobody else",
    "few_holders": "borne by a few",
    "many_holders": f"borne by {NAME_HOLDERS[-1]} or more",
}
"""What a person reads for the words of the document; others are words already."""


def near_equal(register: Register, agreement: Agreement) -> str:
    """Whether tokens that several persons of *register* hold are dropped or kept under *agreement*, and why."""
    if not register.match_tokens:
        return "no match tokens leave this register"
    if agreement.drops_near_equal(register):
        return "tokens that two persons of this register share (near-equal tokens) were dropped, but for those of a name and the birth date"
    because = (
        'the agreement says near_equal_tokens = "kept"'
        if agreement.linkage.near_equal_tokens == "kept"
        else "no column of it has the meaning hetu, so codes do not tell its persons apart"
    )
    return f"tokens that persons of this register share (near-equal tokens) were KEPT, because {because}"


def next_step(document: dict[str, Any], register: str) -> str:
    """The command to run after an attack: what can be done, where too many people are found, else sealing."""
    if not document.get("above_ceiling", "ceiling" not in document and _many_found(document)):
        return f"sauma pseudonymise {register}"
    return "sauma explain S4103"


def _many_found(document: dict[str, Any]) -> bool:
    """Whether a list of everybody finds more than :data:`MANY`; a hidden count is not many."""
    rates = (each["rate"] for each in document["attacks"] if each["list"].startswith("everybody"))
    return any(Fraction(rate) > MANY for rate in rates if rate and not rate.startswith("<"))


def percent(share: str) -> str:
    """*share*, a decimal that may begin with ``<``, in per cent."""
    shown = f"{float(Fraction(share.removeprefix('<')) * 100):.4g}"
    return f"{'less than ' * share.startswith('<')}{shown} %"


def _titled(attack: dict[str, Any]) -> str:
    return f"{ATTACKS[attack['attack']]}; {LISTS[attack['list']]}"


def _said(line: dict[str, Any]) -> str:
    rate = "" if line["rate"] is None else f" ({percent(line['rate'])})"
    return f"{line['right']} of {line['on_list']} found{rate}, {line['wrong']} taken for somebody else"
