"""What a steward can attack before sealing: the extract as it would leave, by somebody without a key, and the agreement's ceiling."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import InputError, PolicyRefusal

if TYPE_CHECKING:
    from privacy.attacks.measured import Measured
    from privacy.pseudonymise.admission import Local
    from schemas.agreement import Agreement
    from schemas.batches import RawBatch
    from schemas.package import Manifest

SUFFIX = ".sauma"


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


def lines(document: dict[str, Any]) -> list[str]:
    """*document* (:func:`privacy.attacks.measured.document`) for a person at a terminal: every attack, and the groups of the worst."""
    found = [f"{document['persons']} persons; counts are rounded down to multiples of {document['rounded_down_to']}"]
    if not document["attacks"]:
        return [*found, "no attack applies: neither match tokens nor relations nor months leave this register"]
    for each in document["attacks"]:
        found.append(f"{each['attack']}, list: {each['list']}: {_said(each)}")
    worst = max(document["attacks"], key=lambda each: float((each["rate"] or "0").removeprefix("<")))
    found.append(f"by group, {worst['attack']}, list: {worst['list']}:")
    for name, group in worst["groups"].items():
        found += [f"  {name} {label}: {_said(line)}" for label, line in group.items() if line["on_list"]]
    if "ceiling" in document:
        above = "ABOVE it: 'sauma pseudonymise' refuses" if document["above_ceiling"] else "not above it"
        found.append(f"the agreement's ceiling is {document['ceiling']}: {above}")
    return found


def _said(line: dict[str, Any]) -> str:
    rate = "" if line["rate"] is None else f", {line['rate']}"
    return f"{line['right']} of {line['on_list']} found{rate}; {line['wrong']} taken for somebody else"
