"""The agreement as a file: reading it, its detached signatures, and who may do what under it.

``agreement.toml`` is signed as canonical JSON, so its comments and layout are free.  The signatures lie beside it in
``agreement.toml.signatures/PARTY.sig``, one line of base64 each; it is in force when every party has signed.
"""

from __future__ import annotations

import base64
import datetime
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sauma import blanks, files, keys
from sauma.project import Project
from schemas import canonical
from schemas.agreement import SIGNATURE_PREFIX, Agreement, Party, Role, faults_of, load
from schemas.contract import IDENTIFIER, MAX_TOML_BYTES, load_toml
from schemas.errors import InputError, IntegrityError, PolicyRefusal
from schemas.public_key import PublicKey, parse_public_key

SIGNATURE_BYTES = 64
SIGNATURE_FILE_LIMIT = 200


def read_agreement(path: Path) -> Agreement:
    """The agreement in *path*, whether or not it is signed or in force; ``InputError`` S3001, S3002, S3003 or S3012."""
    place = files.shown(path)
    document = load_toml(files.read_bytes(path, limit=MAX_TOML_BYTES), place=place)
    blanks.refuse(document, place=place, wrong=faults_of)
    blanks.refuse_keyless(document, place=place, wrong=faults_of)
    return load(document, place=place)


def load_agreement(path: Path, *, today: datetime.date, need_signatures: bool = True) -> Agreement:
    """The agreement in *path*, in force on *today*.

    Raises ``PolicyRefusal`` S4002 outside its term and S4003 naming who has not signed, ``IntegrityError`` S5002
    naming the signature file that does not hold.
    """
    agreement = read_agreement(path)
    agreement.check_valid_on(today)
    signed = signatures(path, agreement)
    missing = [party.id for party in agreement.party if party.id not in signed]
    if need_signatures and missing:
        raise PolicyRefusal(
            "S4003",
            place=files.shown(path),
            reason=f"not signed by {', '.join(missing)}",
            hint="each party runs 'sauma agreement sign' and sends its .sig file",
        )
    return agreement


def signature_path(path: Path, party: str) -> Path:
    """Where *party*'s signature of the agreement in *path* lies."""
    return path.with_name(path.name + ".signatures") / f"{party}.sig"


def signatures(path: Path, agreement: Agreement) -> dict[str, bytes]:
    """The signatures (64 bytes) beside *path*, by party, each verified; ``IntegrityError`` S5002 naming a false one."""
    message = canonical.dumps(agreement.canonical())
    found: dict[str, bytes] = {}
    false: list[tuple[str, str]] = []
    for party in (party.id for party in agreement.party):
        file = signature_path(path, party)
        if file.exists():
            found[party] = _signature(files.read_bytes(file, limit=SIGNATURE_FILE_LIMIT), place=files.shown(file))
            if not _holds(keys.public_of(agreement, party), message, found[party]):
                false.append((party, files.shown(file)))
    if false:
        raise _false(path, false, others=bool(set(found) - {party for party, _ in false}))
    return found


def _holds(public: PublicKey, message: bytes, signature: bytes) -> bool:
    try:
        keys.verify(public, SIGNATURE_PREFIX, message, signature, place="agreement")
    except IntegrityError:
        return False
    return True


def _false(path: Path, false: list[tuple[str, str]], *, others: bool) -> IntegrityError:
    """The error for signatures (party, file) that do not hold; where none does, it is the agreement that was changed."""
    if others:
        named = ", ".join(file for _, file in false)
        reason = f"not the signature of {', '.join(party for party, _ in false)} over {files.shown(path)}"
        return IntegrityError("S5002", place=named, reason=reason, hint="fetch the .sig file again from its signer")
    named = ", ".join(f"{party}.sig" for party, _ in false)
    reason = f"changed since it was signed, or signed for another text: none of the signatures beside it holds ({named})"
    hint = "fetch the file that was signed again; a change of mind is an amendment, or is signed anew by all"
    return IntegrityError("S5002", place=files.shown(path), reason=reason, hint=hint)


def signed_by(path: Path, agreement: Agreement) -> tuple[str, ...]:
    """The parties whose signature of *agreement* lies beside *path*; ``IntegrityError`` S5002 naming a false one."""
    return tuple(signatures(path, agreement))


def sign(path: Path, agreement: Agreement, me: keys.PartyKey) -> Path:
    """Sign *agreement* as it lies in *path* and write the signature beside it; returns the signature's path."""
    signature = me.sign(SIGNATURE_PREFIX, canonical.dumps(agreement.canonical()))
    target = signature_path(path, me.party)
    files.write_private(target, base64.b64encode(signature) + b"\n")
    return target


def _signature(line: bytes, *, place: str) -> bytes:
    """The signature in *line*, which must be exactly what :func:`sign` writes: base64 has slack bits that could be flipped."""
    raw = b""
    try:
        raw = base64.b64decode(line.strip(), validate=True)
    except ValueError:
        raw = b""
    if len(raw) != SIGNATURE_BYTES or base64.b64encode(raw) + b"\n" != line:
        raise IntegrityError("S5002", place=place, reason="not a signature file", hint="fetch the file again from its signer")
    return raw


def opened(project: Project, agreement: Path | None, today: datetime.date) -> Agreement:
    """The project's agreement (or the one in the flag), signed by all and in force on *today*."""
    return load_agreement(project.path("agreement", agreement), today=today)


def require_role(agreement: Agreement, party: str, *roles: Role) -> Party:
    """*party* in the agreement; ``PolicyRefusal`` S4004 unless it holds one of *roles*."""
    mine = agreement.party_of(party)
    if not set(roles) & set(mine.roles):
        raise PolicyRefusal(
            "S4004",
            place="agreement",
            reason=f"this command is for the {' or '.join(roles)}; {party} is {', '.join(mine.roles)}",
            hint="ask the party that holds the role",
        )
    return mine


def with_registers(blank: bytes, blocks: Sequence[bytes], *, place: str) -> bytes:
    """The *blank* agreement with *blocks* (``[[register]]`` tables) in place of its example; ``InputError`` S3002 if it is no TOML then."""
    start, end = blank.index(b"# One [[register]] for each"), blank.index(b"[linkage]")
    drafted = blank[:start] + b"\n".join(block.strip() + b"\n" for block in blocks) + b"\n" + blank[end:]
    load_toml(drafted, place=place)
    return drafted


def fill_public_keys(template: bytes, folder: Path, *, place: str) -> bytes:
    """*template* with each party's ``public_key`` set to the line in *folder*/PARTY.pub; comments and layout are kept.

    ``InputError`` S3001 if the result is not an agreement or says anything else than the template; S3003 if a
    PARTY.pub is missing.
    """
    before = load_toml(template, place=place)
    lines: list[str] = []
    inside = False
    for line in template.decode("utf-8").splitlines():
        if line.strip().startswith("["):
            inside = line.strip() == "[[party]]"
        key, _, value = (part.strip() for part in line.partition("="))
        if not (inside and key == "public_key"):
            lines.append(line)
        party = value.split("#")[0].strip().strip('"')
        if inside and key == "id" and re.fullmatch(IDENTIFIER, party):
            lines.append(f'public_key = "{_public_line(folder, party)}"')
    filled = ("\n".join(lines) + "\n").encode()
    after = load_toml(filled, place=place)
    blanks.refuse(after, place=place, wrong=faults_of)
    load(after, place=place)
    if _without_keys(before) != _without_keys(after):
        raise InputError(
            "S3001", place=place, reason="its parties cannot be filled in", hint="write each party as a [[party]] table of plain lines"
        )
    return filled


def _without_keys(agreement: dict[str, Any]) -> dict[str, Any]:
    parties = [{name: value for name, value in party.items() if name != "public_key"} for party in agreement["party"]]
    return {**agreement, "party": parties}


def _public_line(folder: Path, party: str) -> str:
    file = folder / f"{party}.pub"
    line = files.read_bytes(file, limit=keys.KEY_FILE_LIMIT).decode("ascii", "replace").strip()
    return parse_public_key(line, place=files.shown(file)).line
