"""The linkage key: HKDF over one secret contribution of every steward, so that no organisation chooses or holds it alone.

Each steward draws 32 bytes, commits to them, seals them to every steward (itself included) and signs.  No officer,
linker or analyst is ever a recipient: writing seals to stewards only, and reading refuses a file that names others.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sauma import files
from sauma.agreements import require_role
from sauma.keys import PartyKey, framed, from_base64, hpke_info, public_of, recipient, seal, verify
from schemas import canonical
from schemas.agreement import Agreement
from schemas.contract import parse
from schemas.errors import IntegrityError, KeyProblem, SaumaError
from schemas.keys import CONTRIBUTION_BYTES, CONTRIBUTION_PREFIX, Contribution, SignedContribution
from schemas.package import SealedKey
from schemas.public_key import FINGERPRINT_BYTES, grouped

LINKAGE_KEY_BYTES = 32
FILE_LIMIT = 4 * 1024 * 1024
PURPOSE = "linkage key contribution"


def contribution_path(folder: Path, party: str) -> Path:
    """Where *party*'s contribution lies in *folder*."""
    return folder / f"{party}.contribution.json"


def contribute(agreement: Agreement, me: PartyKey, entropy: Callable[[int], bytes], *, on: datetime.date | None = None) -> bytes:
    """The bytes of my contribution file.

    ``PolicyRefusal`` S4004 unless I am a steward; ``KeyProblem`` S6008 if a steward's key has expired *on* that day.
    """
    require_role(agreement, me.party, "steward")
    secret = entropy(CONTRIBUTION_BYTES)
    keys = []
    for steward in agreement.with_role("steward"):
        to = recipient(agreement, steward.id, on=on) if on else public_of(agreement, steward.id)
        message = seal(to, secret, _info(agreement, me.party, steward.id))
        keys.append(SealedKey(recipient=steward.id, sealed=base64.b64encode(message).decode()))
    contribution = Contribution(
        format="sauma/contribution/v0",
        genesis=agreement.genesis,
        party=me.party,
        commitment=_commitment(agreement, me.party, secret),
        keys=tuple(keys),
    )
    signature = me.sign(CONTRIBUTION_PREFIX, canonical.dumps(contribution.canonical()))
    whole = SignedContribution(contribution=contribution, signature=base64.b64encode(signature).decode())
    return canonical.dumps(whole.canonical())


def linkage_key(folder: Path, agreement: Agreement, me: PartyKey) -> bytes:
    """The linkage key (32 bytes) from every steward's contribution in *folder*.

    Raises ``PolicyRefusal`` S4004 unless I am a steward; ``KeyProblem`` S6007 naming the stewards whose file is
    missing; ``IntegrityError`` S5001, S5002, S5003 or S5005 naming a file that does not hold.
    """
    require_role(agreement, me.party, "steward")
    stewards = sorted(party.id for party in agreement.with_role("steward"))
    missing = [party for party in stewards if not contribution_path(folder, party).exists()]
    if missing:
        raise KeyProblem(
            "S6007",
            place=files.shown(folder),
            reason=f"no contribution of {', '.join(missing)}",
            hint="each steward runs 'sauma keys contribute' and sends the file to the other stewards",
        )
    secrets = [_secret(contribution_path(folder, party), party, agreement, me) for party in stewards]
    info = framed("sauma/linkage-key/v0", agreement.genesis, *stewards)
    return HKDF(SHA256(), LINKAGE_KEY_BYTES, salt=bytes.fromhex(agreement.genesis), info=info).derive(framed(*secrets))


def signed(path: Path, agreement: Agreement) -> Contribution:
    """The contribution in *path*, checked as far as nobody's key is needed; raises as :func:`linkage_key`."""
    place = files.shown(path)
    found = _read(path, agreement)
    stewards = [steward.id for steward in agreement.with_role("steward")]
    if found.contribution.party not in stewards or [sealed.recipient for sealed in found.contribution.keys] != stewards:
        raise _broken(place, "it is no steward's, or not sealed to exactly the stewards")
    _check_signature(agreement, found.contribution.party, found, place)
    return found.contribution


def _read(path: Path, agreement: Agreement) -> SignedContribution:
    place = files.shown(path)
    document = canonical.loads(files.read_bytes(path, limit=FILE_LIMIT), place=place)
    found = parse(SignedContribution, document, place=place, error=IntegrityError, code="S5001")
    if found.contribution.genesis != agreement.genesis:
        raise IntegrityError("S5005", place=place, reason="made under another agreement", hint="its steward runs 'sauma keys contribute'")
    return found


def _secret(path: Path, party: str, agreement: Agreement, me: PartyKey) -> bytes:
    place = files.shown(path)
    found = _read(path, agreement)
    contribution = found.contribution
    recipients = [sealed.recipient for sealed in contribution.keys]
    if contribution.party != party or recipients != [steward.id for steward in agreement.with_role("steward")]:
        raise _broken(place, "it is another party's, or not sealed to exactly the stewards")
    _check_signature(agreement, party, found, place)
    mine = next(sealed.sealed for sealed in contribution.keys if sealed.recipient == me.party)
    secret = me.open(from_base64(mine, place=place), _info(agreement, party, me.party), place=place)
    if len(secret) != CONTRIBUTION_BYTES or _commitment(agreement, party, secret) != contribution.commitment:
        raise _broken(place, "the sealed secret is not the committed one")
    return secret


def _check_signature(agreement: Agreement, party: str, found: SignedContribution, place: str) -> None:
    message, holds = canonical.dumps(found.contribution.canonical()), True
    signature = from_base64(found.signature, place=place)
    try:
        verify(public_of(agreement, party), CONTRIBUTION_PREFIX, message, signature, place=place)
    except IntegrityError:
        holds = False
    if not holds:
        reason = f"not signed with the key that the agreement names for {party}: made with an older key, or not by {party}"
        raise IntegrityError("S5002", place=place, reason=reason, hint="its steward runs 'sauma keys contribute' again, for all")


def reviewed(folder: Path, agreement: Agreement, me: PartyKey) -> dict[str, SaumaError | None]:
    """What is wrong with each steward's contribution in *folder*, by party; None where it holds and opens with my key.

    ``PolicyRefusal`` S4004 unless I am a steward.
    """
    require_role(agreement, me.party, "steward")
    return {party.id: _fault(contribution_path(folder, party.id), party.id, agreement, me) for party in agreement.with_role("steward")}


def _fault(path: Path, party: str, agreement: Agreement, me: PartyKey) -> SaumaError | None:
    if not path.exists():
        hint = f"{party} runs 'sauma keys contribute' and sends the file to the other stewards"
        return KeyProblem("S6007", place=files.shown(path), reason=f"the contribution of {party} is missing", hint=hint)
    try:
        _secret(path, party, agreement, me)
    except SaumaError as fault:
        return fault
    return None


def comparison(folder: Path, agreement: Agreement, me: PartyKey) -> str:
    """128 bits that tell two stewards whether their contributions give one linkage key, written as a fingerprint.

    A key of its own is derived for it, so it tells nothing of the linkage key or of any token.  Raises as
    :func:`linkage_key`.
    """
    info, salt = framed("sauma/linkage-key/v0 comparison"), bytes.fromhex(agreement.genesis)
    return grouped(HKDF(SHA256(), FINGERPRINT_BYTES, salt=salt, info=info).derive(linkage_key(folder, agreement, me)))


def _broken(place: str, reason: str) -> IntegrityError:
    return IntegrityError("S5003", place=place, reason=reason, hint="its steward runs 'sauma keys contribute' again, for all")


def _commitment(agreement: Agreement, party: str, secret: bytes) -> str:
    return hashlib.sha256(framed("sauma/contribution/v0 commitment", agreement.genesis, party, secret)).hexdigest()


def _info(agreement: Agreement, sender: str, recipient: str) -> bytes:
    return hpke_info(purpose=PURPOSE, genesis=agreement.genesis, sender=sender, recipient=recipient, member="linkage")
